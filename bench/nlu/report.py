"""The figures as tables in text, and in docs/understanding.md."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from bench.nlu.calibration import Bin
from bench.nlu.comparison import Result
from bench.nlu.scoring import Figures, Share
from bench.processes import BenchError
from bench.rasas import CHECKOUT

DOCUMENT = CHECKOUT / "docs" / "understanding.md"
DIAGRAM = CHECKOUT / "docs" / "images" / "reliability.svg"
PICTURE = "![Confidence beside how often the leading intent was right](images/reliability.svg)"
BEGIN = "<!-- figures: written by python -m bench.nlu --write-docs -->"
END = "<!-- end of the figures -->"
NOTHING = "n/a"

_COLUMNS = (
    "top-1",
    "whole",
    "macro F1",
    "false cancels",
    "missed cancels",
    "two intents",
    "out of scope",
    "sent away",
    "ECE",
)


def tables(results: Sequence[Result], names: Sequence[str]) -> Iterator[str]:
    """Each set's table, then what understanding costs; a set that was not measured has none."""
    sets: tuple[Callable[[Result], Figures | None], ...] = (
        lambda result: result.on_test_set,
        lambda result: result.on_measuring_set,
        lambda result: result.in_folds,
    )
    for name, of in zip(names, sets, strict=True):
        measured = sum(of(result) is not None for result in results)
        # One that was measured in an earlier run, beside none of today, compares nothing.
        if measured > (len(results) > 1):
            yield f"**{name}**\n\n"
            yield _head("approach", _COLUMNS)
            yield from (_row(result.title, _cells(of(result))) for result in results)
            yield "\n"
    yield "**What it costs, on one core**\n\n"
    yield _head("approach", ("learning, s", "a message, ms", "on disk, MB", "in memory, MB"))
    for result in results:
        costs = result.costs
        yield _row(
            result.title,
            (
                f"{costs.learning_seconds:.0f}",
                f"{costs.milliseconds:.1f}",
                f"{costs.disk_megabytes:.1f}",
                f"{costs.resident_megabytes:.0f}",
            ),
        )


def slices(result: Result) -> Iterator[str]:
    """One contender's figures on each slice of our test set."""
    yield _head("slice", ("messages", "top-1", "whole", "false cancels", "missed cancels"))
    for name, figures in result.slices.items():
        yield _row(
            name,
            (
                str(figures.top_1.of),
                percent(figures.top_1),
                percent(figures.whole),
                counted(figures.false_cancels),
                counted(figures.missed_cancels),
            ),
        )


def reliability(bins: Sequence[Bin]) -> Iterator[str]:
    """Confidence beside what was right, bin by bin."""
    yield _head("messages", ("mean confidence", "leading intent right"))
    for each in bins:
        yield _row(str(each.count), (f"{each.confidence:.3f}", f"{each.accuracy:.3f}"))


def write(figures: str, document: Path = DOCUMENT) -> None:
    """Put the figures between their marks in the document."""
    text = document.read_text(encoding="utf-8")
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise BenchError(f"{document} lacks the lines {BEGIN!r} and {END!r}: put them back.")
    document.write_text(f"{before}{BEGIN}\n\n{figures.strip()}\n\n{END}{after}", encoding="utf-8")


def percent(share: Share | None) -> str:
    """A share as per cent."""
    if share is None or share.rate is None:
        return NOTHING
    return f"{100 * share.rate:.1f}"


def counted(share: Share) -> str:
    """A share of which each one matters."""
    return f"{share.count} of {share.of}" if share.of else NOTHING


def _cells(figures: Figures | None) -> Sequence[str]:
    if figures is None:
        return [NOTHING] * len(_COLUMNS)
    return (
        percent(figures.top_1),
        percent(figures.whole),
        _decimal(figures.macro_f1),
        counted(figures.false_cancels),
        counted(figures.missed_cancels),
        percent(figures.two_intents),
        percent(figures.out_of_scope),
        percent(figures.sent_away),
        _decimal(figures.calibration_error),
    )


def _decimal(value: float | None) -> str:
    return NOTHING if value is None else f"{value:.3f}"


def _head(first: str, columns: Sequence[str]) -> str:
    return f"| {first} | {' | '.join(columns)} |\n|---|{'---:|' * len(columns)}\n"


def _row(first: str, cells: Sequence[str]) -> str:
    return f"| {first} | {' | '.join(cells)} |\n"
