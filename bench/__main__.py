"""`python -m bench`: measures this project beside Rasa's default, in one run, and prints both.

No figure is asserted: on a shared machine only ratios within one run mean something.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from bench import house, report
from bench.environment import python_with_tensorflow
from bench.figures import HouseFigures, RasaFigures
from bench.load import at_once, one_at_a_time
from bench.processes import BenchError, free_port, peak_megabytes, running
from bench.rasas import (
    CHECKOUT,
    Conversation,
    DefaultRasa,
    OurRasa,
    Rasa,
    Training,
    action_stub,
)
from tools.steps import StepError, say

CONVERSATIONS_AT_ONCE = 16
WARMING_TURNS = 20
KEPT = CHECKOUT / "var" / "bench"


def main() -> int:
    options = _options()
    try:
        if options.only_house:
            _show(report.house(_measure_house(options)))
        else:
            _whole(options)
    except (BenchError, StepError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


def _whole(options: argparse.Namespace) -> None:
    both: tuple[Rasa, Rasa] = (OurRasa(), DefaultRasa(python_with_tensorflow(), KEPT))
    with ExitStack() as stack:
        folders = [
            Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-rasa-")))
            for _ in both
        ]
        trainings = []
        for rasa, folder in zip(both, folders, strict=True):
            say(f"Training {rasa.title} …")
            trainings.append(rasa.train(folder, anew=options.train_anew))
        actions = stack.enter_context(_actions())
        # One straight after the other, so that both find the machine in much the same state.
        ours, default = (
            _ask(rasa, training, folder, actions, options)
            for rasa, training, folder in zip(both, trainings, folders, strict=True)
        )
    figures = _measure_house(options)
    _show(report.rasas(ours, default))
    _show(report.house(figures))
    _show(report.aims(ours, default, figures))


def _ask(
    rasa: Rasa, training: Training, folder: Path, actions: int, options: argparse.Namespace
) -> RasaFigures:
    say(f"Asking {rasa.title} …")
    began = time.perf_counter()
    with rasa.serving(training.model, folder, actions) as (port, process_id):
        started = time.perf_counter() - began

        def begin() -> Conversation:
            return rasa.converse(port)

        one_at_a_time(begin, WARMING_TURNS)
        single = one_at_a_time(begin, options.turns)
        crowd = at_once(begin, CONVERSATIONS_AT_ONCE, options.turns_each)
        memory = peak_megabytes(process_id)
    return RasaFigures(training.seconds, training.earlier, started, single, crowd, memory)


def _measure_house(options: argparse.Namespace) -> HouseFigures:
    say("Asking the whole house …")
    counts = house.Counts(options.turns, CONVERSATIONS_AT_ONCE, options.turns_each, options.turns)
    with house.furnished() as opened:
        return house.measure(opened, counts)


@contextmanager
def _actions() -> Iterator[int]:
    port = free_port()
    with (
        tempfile.TemporaryDirectory(prefix="bench-actions-") as folder,
        running(action_stub(port), CHECKOUT, Path(folder) / "log", {}),
    ):
        yield port


def _show(lines: Iterator[str]) -> None:
    say("\n" + "".join(lines))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--turns", type=int, default=200, help="one at a time (default: 200)")
    parser.add_argument(
        "--turns-each", type=int, default=20, help="of each of 16 conversations (default: 20)"
    )
    parser.add_argument(
        "--train-anew",
        action="store_true",
        help="train Rasa's default also when var/bench has its model of the same data",
    )
    parser.add_argument("--only-house", action="store_true", help="no Rasa by itself")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
