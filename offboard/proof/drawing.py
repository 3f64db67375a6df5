"""Draws the dialogue as it was walked: its questions, and what is heard between them."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from offboard.proof.walk import Walk

DRAWN_DEPTH = 3
"""Turns of a talk that are drawn: the same in a short walk and in a long one."""
NOTHING_OPEN = "nothing_open"
EVERYWHERE = 0.6
LEAST = 3
"""From this share of the questions, and so many, something has to lead to the same one to be drawn
once for all."""


@dataclass(frozen=True, order=True)
class Passage:
    """What was heard at a question, and the question after it."""

    at: str
    heard: str
    to: str


def passages(walk: Walk) -> frozenset[Passage]:
    """The passages of the first turns of all talks."""
    found = set()
    for edge in walk.edges:
        if edge.after is None or walk.visits[edge.before].depth >= DRAWN_DEPTH:
            continue
        at, to = edge.before.situation.question, edge.after.situation.question
        if at != to and edge.move.drawn:
            found.add(Passage(at or NOTHING_OPEN, edge.move.label, to or NOTHING_OPEN))
    return frozenset(found)


HEAD = """\
# The dialogue, drawn

Written by `offboard dialogue prove --draw`, which walks through every talk; do not edit it.
A box is a question that waits for an answer (the slot `open_question`), an arrow what is heard.
What leads back to the same question is not drawn; what leads to one question from almost all
others is in the table. What the walk promises: [proof.md](proof.md).
"""


def page(found: Iterable[Passage]) -> str:
    """The page of docs/ that shows them, in Mermaid's words."""
    everywhere, own = _split(frozenset(found))
    arrows = "\n".join(f"  {line}" for line in _arrows(own))
    rows = "\n".join(f"| {', '.join(heard)} | {_named(to)} |" for to, heard in _table(everywhere))
    return (
        f"{HEAD}\n```mermaid\nflowchart LR\n{arrows}\n```\n\n"
        f"| heard at almost every question | leads to |\n|---|---|\n{rows}\n"
    )


def _split(found: frozenset[Passage]) -> tuple[set[tuple[str, str]], set[Passage]]:
    """What leads to the same question from almost everywhere, and all that is left."""
    questions = {passage.at for passage in found}
    starts: dict[tuple[str, str], set[str]] = defaultdict(set)
    for passage in found:
        starts[passage.heard, passage.to].add(passage.at)
    everywhere = {
        way
        for way, at in starts.items()
        # The question itself is where it leads to, so it cannot be a start.
        if len(at) >= max(LEAST, EVERYWHERE * len(questions - {way[1]}))
    }
    return everywhere, {each for each in found if (each.heard, each.to) not in everywhere}


def _arrows(found: Iterable[Passage]) -> Iterator[str]:
    heard: dict[tuple[str, str], set[str]] = defaultdict(set)
    for passage in found:
        heard[passage.at, passage.to].add(passage.heard)
    names = sorted({name for ends in heard for name in ends})
    for name in names:
        yield f"{name}[{_named(name)}]"
    for (at, to), labels in sorted(heard.items()):
        yield f'{at} -->|"{_labels(labels)}"| {to}'


def _table(everywhere: Iterable[tuple[str, str]]) -> Iterator[tuple[str, list[str]]]:
    heard: dict[str, list[str]] = defaultdict(list)
    for label, to in sorted(everywhere):
        heard[to].append(label)
    yield from sorted(heard.items())


def _labels(labels: set[str]) -> str:
    """All reasons in a word, for they are many and lead to the same."""
    reasons = {label for label in labels if label.startswith("reason_")}
    kept = sorted(labels - reasons)
    return ", ".join([*kept, *(["a reason"] if reasons else [])])


def _named(question: str) -> str:
    return "no question open" if question == NOTHING_OPEN else question
