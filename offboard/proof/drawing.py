"""Draws the dialogue: its questions, and what is heard between them."""

from collections import defaultdict, deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from offboard.proof.model import Dialogue, Situation

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


class Sketch:
    """Goes to every question once, the shortest way, and notes where each move leads from there."""

    def __init__(self) -> None:
        self.passages: set[Passage] = set()
        self._seen: set[tuple[str | None, bool]] = set()

    def add(self, dialogue: Dialogue) -> None:
        """Go through one more dialogue, anew only where it begins."""
        waiting = deque(standing for _, standing in dialogue.beginnings())
        while waiting:
            standing = waiting.popleft()
            self._seen.add(_key(standing.situation))
            for move in dialogue.moves(standing.situation, 0):
                after = dialogue.take(standing, move).after
                if after is None:
                    continue
                if move.drawn:
                    self._note(standing.situation, move.label, after.situation)
                if _key(after.situation) not in self._seen:
                    self._seen.add(_key(after.situation))
                    waiting.append(after)

    def _note(self, before: Situation, heard: str, after: Situation) -> None:
        if before.question != after.question:
            at, to = before.question or NOTHING_OPEN, after.question or NOTHING_OPEN
            self.passages.add(Passage(at, heard, to))


def _key(situation: Situation) -> tuple[str | None, bool]:
    return situation.question, situation.identified


HEAD = """\
# The dialogue, drawn

Written by `offboard dialogue draw` from talks with the trained bot; do not edit it. A box is a
question that waits for an answer (the slot `open_question`), an arrow what is heard there and leads
to another question, the first time that the question is asked. What leads to one question from
almost all others is in the table. That nobody is trapped: [proof.md](proof.md).
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
