"""The figures side by side, and whether what was aimed at was reached."""

from collections.abc import Iterator

from bench.default_project import EPOCHS
from bench.figures import HouseFigures, RasaFigures, Times

AIM_TIMES_FASTER = 4.0
AIM_OVERHEAD_MILLISECONDS = 5.0
_MORE_IS_BETTER = "a second"


def rasas(ours: RasaFigures, default: RasaFigures, epochs: int) -> Iterator[str]:
    """Both Rasas, asked straight, and how many times better ours is, after so many epochs."""
    yield "| straight at Rasa, same training data, same instant actions | this project "
    yield "| Rasa's default | times better |\n|---|---:|---:|---:|\n"
    note = " (in an earlier run)" if default.trained_earlier else ""
    note += f" ({epochs} of {EPOCHS} epochs)" if epochs != EPOCHS else ""
    rows = (
        (f"training{note}, s", ours.training_seconds, default.training_seconds),
        ("start to first answer, s", ours.start_seconds, default.start_seconds),
        ("answer, one at a time, p50, ms", ours.one_at_a_time.p50, default.one_at_a_time.p50),
        ("answer, one at a time, p95, ms", ours.one_at_a_time.p95, default.one_at_a_time.p95),
        (
            "processor time a message, ms",
            ours.processor_milliseconds,
            default.processor_milliseconds,
        ),
        ("16 at once, messages a second", ours.at_once.per_second, default.at_once.per_second),
        ("16 at once, answer p50, ms", ours.at_once.times.p50, default.at_once.times.p50),
        ("16 at once, answer p95, ms", ours.at_once.times.p95, default.at_once.times.p95),
        ("peak memory, MB", ours.peak_megabytes, default.peak_megabytes),
    )
    for name, mine, theirs in rows:
        better = mine / theirs if name.endswith(_MORE_IS_BETTER) else theirs / mine
        yield f"| {name} | {_number(mine)} | {_number(theirs)} | {better:.1f} |\n"


def house(figures: HouseFigures) -> Iterator[str]:
    """The house, by the gateway."""
    yield "| the whole house, real actions | p50 | p95 |\n|---|---:|---:|\n"
    for name, times in (
        ("POST to the bot's message on the stream, ms", figures.answers),
        ("the same turn straight at Rasa, ms", figures.straight),
        ("the gateway's own, pair by pair, ms", figures.overhead),
        ("16 conversations at once, ms", figures.at_once.times),
        ("Cancel-now page, ms", figures.cancel_page),
    ):
        yield f"| {name} | {_two(times)} |\n"
    yield "\n| the whole house | |\n|---|---:|\n"
    yield f"| start until ready, s | {figures.start_seconds:.1f} |\n"
    yield f"| 16 at once, messages a second | {figures.at_once.per_second:.0f} |\n"
    spent = figures.application_milliseconds_a_turn
    yield f"| processor time of the application a message, ms | {spent:.1f} |\n"
    for name, percent in figures.idle_percent.items():
        yield f"| idle, {name}, % of a core | {percent:.1f} |\n"
    for name, megabytes in figures.peak_megabytes.items():
        yield f"| peak memory, {name}, MB | {megabytes:.0f} |\n"


def aims(ours: RasaFigures, default: RasaFigures, house_figures: HouseFigures) -> Iterator[str]:
    """What was aimed at, and what came of it."""
    faster = default.one_at_a_time.p50 / ours.one_at_a_time.p50
    yield (
        f"Aim: answers at least {AIM_TIMES_FASTER:g} times as fast as Rasa's default (p50): "
        f"{faster:.1f} times, {_met(met=faster >= AIM_TIMES_FASTER)}.\n"
    )
    overhead = house_figures.overhead.p50
    yield (
        f"Aim: the gateway's own below {AIM_OVERHEAD_MILLISECONDS:g} ms (p50): "
        f"{overhead:.1f} ms, {_met(met=overhead < AIM_OVERHEAD_MILLISECONDS)}.\n"
    )


def _met(*, met: bool) -> str:
    return "met" if met else "NOT met"


def _two(times: Times) -> str:
    return f"{times.p50:.1f} | {times.p95:.1f}"


def _number(value: float) -> str:
    return f"{value:.0f}" if value >= 100 else f"{value:.1f}"
