"""`python -m bench.sms`: the SMS channel's times; with `--storm` also a storm of phones."""

import argparse
import asyncio
import logging
import sys
from collections.abc import Iterator

import structlog

from bench.figures import Times
from bench.sms.latency import SAMPLES, measured
from bench.sms.storm import Verdict, storm

AIM_MILLISECONDS = 20.0


def main(arguments: list[str] | None = None) -> int:
    """Measure and print."""
    options = _options(arguments)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    logging.disable(logging.CRITICAL)
    for line in _times(options.samples):
        _show(line)
    if not options.storm:
        return 0
    verdict = asyncio.run(
        storm(
            phones=options.phones,
            seconds=options.seconds,
            restarts=options.restarts,
            pace=options.pace,
        )
    )
    for line in _storm(verdict):
        _show(line)
    wrong = verdict.lost + verdict.doubled + verdict.out_of_order + verdict.after_opt_out
    return 1 if wrong else 0


def _times(samples: int) -> Iterator[str]:
    answer, reply = asyncio.run(measured(samples))
    yield "| by SMS, one text after the other, ms | p50 | p95 |\n|---|---:|---:|\n"
    yield f"| our answer to Twilio's webhook | {_two(answer)} |\n"
    yield f"| until Twilio has the reply | {_two(reply)} |\n"
    met = "met" if answer.p95 < AIM_MILLISECONDS else "not met"
    yield f"Aim: the webhook below {AIM_MILLISECONDS:g} ms (p95): {answer.p95:.1f} ms, {met}.\n"


def _storm(verdict: Verdict) -> Iterator[str]:
    yield f"\n| a storm of {verdict.seconds:.0f} s | |\n|---|---:|\n"
    for name, number in (
        ("phones", verdict.phones),
        ("texts that had to arrive, both ways", verdict.texts),
        ("restarts in the middle", verdict.restarts),
        ("lost", verdict.lost),
        ("doubled", verdict.doubled),
        ("out of order", verdict.out_of_order),
        ("sent after an opt-out", verdict.after_opt_out),
    ):
        yield f"| {name} | {number} |\n"
    calls = ", ".join(f"{word} {times}" for word, times in verdict.calls.most_common())
    yield f"Answers to our calls: {calls}. Webhooks, with their repeats: {verdict.webhooks}.\n"


def _two(times: Times) -> str:
    return f"{times.p50:.1f} | {times.p95:.1f}"


def _show(line: str) -> None:
    sys.stdout.write(line)
    sys.stdout.flush()


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.sms", description=__doc__)
    parser.add_argument("--samples", type=int, default=SAMPLES)
    parser.add_argument("--storm", action="store_true", help="five minutes of bad weather as well")
    parser.add_argument("--phones", type=int, default=100)
    parser.add_argument("--seconds", type=float, default=300.0)
    parser.add_argument("--pace", type=float, default=10.0, help="seconds between two texts")
    parser.add_argument("--restarts", type=int, default=3)
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
