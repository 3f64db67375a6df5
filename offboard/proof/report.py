"""Says what the walks found, to the person who changed the dialogue."""

from collections.abc import Iterator, Sequence

from offboard.proof.checks import PROMISES, Distance
from offboard.proof.proving import Broken, Farthest, Line, Outcome

LONGEST_ANSWER = 160


def walked(outcome: Outcome) -> str:
    """One line for one kind of customer."""
    found = "keeps every promise" if not outcome.broken else "breaks a promise, see below"
    return (
        f"  {outcome.kind}: {outcome.states} situations, {outcome.turns} turns, "
        f"{outcome.seconds:.0f} s: {found}"
    )


def report(outcomes: Sequence[Outcome], depth: int, carried: int, seconds: float) -> Iterator[str]:
    """Everything, line by line: what is broken last, where it is read."""
    yield (
        f"{sum(each.states for each in outcomes)} situations, "
        f"{sum(each.turns for each in outcomes)} turns, talks of up to {depth} turns, "
        f"up to {carried} things carried along beside the way and not gone on from after that, "
        f"{seconds:.0f} s."
    )
    closed = [each.kind for each in outcomes if each.closed]
    if closed:
        yield f"Nothing new is left for: {', '.join(closed)}. There it holds for every length."
    yield from _worst(max((each.farthest for each in outcomes), key=_how_far))
    locked = sum(each.locked for each in outcomes)
    if locked:
        yield (
            f"In {locked} situations no code counts for now (five wrong ones, or five sent): there "
            "the way out is a person, offered with a button."
        )
    broken = sorted(
        (each for outcome in outcomes for each in outcome.broken), key=lambda each: each.promise
    )
    for each in broken:
        yield from _broken(each)
    yield _verdict(broken)


def _worst(farthest: Farthest) -> Iterator[str]:
    yield (
        f"Cancel is at most {_distance(farthest.distance)} away. The farthest talk "
        f"({farthest.kind}, {farthest.beginning}):"
    )
    yield from _talk(farthest.talk)


def _how_far(farthest: Farthest) -> tuple[int, int]:
    distance = farthest.distance
    return distance.turns, distance.who + distance.which


def _distance(distance: Distance) -> str:
    parts = [f"{distance.turns} turns"]
    if distance.who:
        parts.append(f"{distance.who} that say who they are")
    if distance.which:
        parts.append(f"{distance.which} that says which plan")
    return " and ".join(parts)


def _broken(broken: Broken) -> Iterator[str]:
    promised = next(each.sentence for each in PROMISES if each.letter == broken.promise)
    yield ""
    yield f"({broken.promise}) Promised: {promised}."
    yield (
        f"    But {broken.sentence}; in {broken.times} situations, first "
        f"({broken.kind}, {broken.beginning}):"
    )
    yield from _talk(broken.talk)


def _talk(talk: Sequence[Line]) -> Iterator[str]:
    for line in talk:
        yield f"      - {line.customer}"
        yield f"          {_short(line.assistant)}"


def _short(text: str) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= LONGEST_ANSWER else f"{flat[:LONGEST_ANSWER]} …"


def _verdict(broken: Sequence[Broken]) -> str:
    if not broken:
        return "Nobody is trapped: every promise is kept in every situation."
    return (
        f"{len(broken)} ways in which a promise is broken; docs/proof.md says what each means and "
        "how to mend it."
    )
