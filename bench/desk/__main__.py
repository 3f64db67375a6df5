"""`python -m bench.desk`: the desk's times; with `--storm` also a storm of conversations."""

import argparse
import asyncio
import logging
import sys
from collections.abc import Iterator

import structlog

from bench.desk.latency import SAMPLES, measured
from bench.desk.storm import Verdict, storm
from bench.figures import Times
from offboarding.settings import SlackTransport

AIM_MILLISECONDS = 100.0


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
            conversations=options.conversations,
            agents=options.agents,
            seconds=options.seconds,
            restarts=options.restarts,
            pace=options.pace,
        )
    )
    for line in _storm(verdict):
        _show(line)
    wrong = verdict.lost + verdict.doubled + verdict.out_of_order + verdict.from_the_assistant
    return 1 if wrong else 0


def _times(samples: int) -> Iterator[str]:
    yield "| the desk, one message after the other, ms | p50 | p95 |\n|---|---:|---:|\n"
    worst = 0.0
    for transport in SlackTransport:
        to_slack, to_customer = asyncio.run(measured(transport, samples))
        yield f"| customer to Slack | {_two(to_slack)} |\n"
        yield f"| Slack to customer, by {transport.value} | {_two(to_customer)} |\n"
        worst = max(worst, to_slack.p95, to_customer.p95)
    met = "met" if worst < AIM_MILLISECONDS else "not met"
    yield f"Aim: below {AIM_MILLISECONDS:g} ms (p95): {worst:.0f} ms, {met}.\n"


def _storm(verdict: Verdict) -> Iterator[str]:
    yield f"\n| a storm of {verdict.seconds:.0f} s | |\n|---|---:|\n"
    for name, number in (
        ("conversations", verdict.conversations),
        ("messages, both ways", verdict.said),
        ("restarts in the middle", verdict.restarts),
        ("lost", verdict.lost),
        ("doubled", verdict.doubled),
        ("out of order", verdict.out_of_order),
        ("from the assistant while a person was in charge", verdict.from_the_assistant),
    ):
        yield f"| {name} | {number} |\n"
    calls = ", ".join(f"{word} {times}" for word, times in verdict.calls.most_common())
    yield f"Answers to our calls: {calls}. Events delivered twice: {verdict.doubled_events}.\n"


def _two(times: Times) -> str:
    return f"{times.p50:.1f} | {times.p95:.1f}"


def _show(line: str) -> None:
    sys.stdout.write(line)
    sys.stdout.flush()


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.desk", description=__doc__)
    parser.add_argument("--samples", type=int, default=SAMPLES)
    parser.add_argument("--storm", action="store_true", help="five minutes of bad weather as well")
    parser.add_argument("--conversations", type=int, default=200)
    parser.add_argument("--agents", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=300.0)
    parser.add_argument("--pace", type=float, default=20.0, help="seconds between two messages")
    parser.add_argument("--restarts", type=int, default=3)
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
