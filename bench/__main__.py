"""`python -m bench`: measures this project beside Rasa's default, in one run, and prints both.

No figure is asserted: on a shared machine only ratios within one run mean something.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path

from bench import house, report
from bench.cases import __main__ as cases
from bench.default_project import EPOCHS
from bench.desk import __main__ as desk
from bench.environment import python_with_tensorflow
from bench.figures import HouseFigures, RasaFigures
from bench.load import at_once_in_turn, in_turn
from bench.nlu import __main__ as understanding
from bench.processes import BenchError, free_port, peak_megabytes, processor_seconds, running
from bench.rasas import (
    CHECKOUT,
    DefaultRasa,
    OurRasa,
    Rasa,
    Seated,
    Training,
    action_stub,
)
from bench.sms import __main__ as sms
from tools.steps import StepError, say

CONVERSATIONS_AT_ONCE = 16
WARMING_TURNS = 20
FEW_EPOCHS = 3
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
    both: tuple[Rasa, Rasa] = (
        OurRasa(),
        DefaultRasa(python_with_tensorflow(), KEPT, options.epochs),
    )
    with ExitStack() as stack:
        folders = [
            Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-rasa-")))
            for _ in both
        ]
        trainings = []
        for rasa, folder in zip(both, folders, strict=True):
            say(f"Training {rasa.title} …")
            trainings.append(rasa.train(folder, anew=options.train_anew))
        ours, default = _side_by_side(both, trainings, folders, options)
    figures = _measure_house(options)
    _show(report.rasas(ours, default, options.epochs))
    _show(report.house(figures))
    _show(report.aims(ours, default, figures))
    desk.main([])
    sms.main([])
    cases.main([])
    if understanding.main([]):
        raise BenchError("Understanding could not be compared; the lines above say why.")


def _side_by_side(
    both: Sequence[Rasa],
    trainings: Sequence[Training],
    folders: Sequence[Path],
    options: argparse.Namespace,
) -> list[RasaFigures]:
    """Serve both and ask them in turn, so that whatever else the machine does troubles both."""
    with ExitStack() as stack:
        actions = stack.enter_context(_actions())
        seated = []
        for rasa, training, folder in zip(both, trainings, folders, strict=True):
            say(f"Starting {rasa.title} …")
            began = time.perf_counter()
            port, process_id = stack.enter_context(rasa.serving(training.model, folder, actions))
            seated.append(Seated(rasa, port, process_id, time.perf_counter() - began))
        say("Asking both in turn …")
        begins = [partial(each.rasa.converse, each.port) for each in seated]
        in_turn(begins, WARMING_TURNS)
        used = [processor_seconds(each.process_id) for each in seated]
        singles = in_turn(begins, options.turns)
        used = [
            processor_seconds(each.process_id) - before
            for each, before in zip(seated, used, strict=True)
        ]
        crowds = at_once_in_turn(begins, CONVERSATIONS_AT_ONCE, options.turns_each)
        return [
            RasaFigures(
                training_seconds=training.seconds,
                trained_earlier=training.earlier,
                start_seconds=each.start_seconds,
                one_at_a_time=single,
                processor_milliseconds=1000 * spent / len(single.milliseconds),
                at_once=crowd,
                peak_megabytes=peak_megabytes(each.process_id),
            )
            for each, training, single, spent, crowd in zip(
                seated, trainings, singles, used, crowds, strict=True
            )
        ]


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
    parser.add_argument(
        "--epochs",
        type=int,
        default=FEW_EPOCHS,
        help=f"rounds that Rasa's default learns (default: {FEW_EPOCHS}); its own {EPOCHS} take "
        "hours on two slow cores, and answers take as long after few",
    )
    parser.add_argument("--only-house", action="store_true", help="no Rasa by itself")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
