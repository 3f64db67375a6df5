"""What is learnt from, and the messages that measure: read, sampled, and dealt into folds."""

import json
import random
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.processes import BenchError
from bench.rasas import CHECKOUT
from offboard.examples.reading import SEPARATOR, read_examples

EXAMPLES = CHECKOUT / "data" / "nlu"
TEST_SET = CHECKOUT / "bench" / "nlu" / "messages.jsonl"
SEED = 20261124


@dataclass(frozen=True)
class Learnt:
    """An example: its text, and all intents that it carries."""

    text: str
    intents: tuple[str, ...]


@dataclass(frozen=True)
class Message:
    """A message that measures."""

    text: str
    answers: tuple[frozenset[str], ...]
    """Each of them is a whole right answer; the first is the label."""
    optional: frozenset[str] = frozenset()
    """May be heard too: neither rewarded nor punished."""
    slice: str = ""


def examples(folder: Path = EXAMPLES) -> list[Learnt]:
    """What the model learns from; what only buttons send is not."""
    return [
        Learnt(example.text, tuple(example.label.split(SEPARATOR)))
        for example in read_examples([folder]).examples
        if not example.text.startswith("/")
    ]


def read_test_set(file: Path) -> list[Message]:
    """Our own messages that measure; raises BenchError naming the line that can't be read."""
    messages = []
    for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), start=1):
        if not line.strip():
            continue
        try:
            messages.append(_message(json.loads(line)))
        except (ValueError, KeyError, TypeError) as error:
            raise BenchError(
                f"{file}, line {number}: expected a JSON object with `text`, `label` and `slice` "
                f"({error!r}). Correct it."
            ) from error
    return messages


def as_message(example: Learnt) -> Message:
    """An example that was held back from learning."""
    return Message(example.text, (frozenset(example.intents),))


def sampled(learnt: Sequence[Learnt], size: int) -> list[Learnt]:
    """So many examples, of each label its share, the same ones each time."""
    if len(learnt) <= size:
        return list(learnt)
    dealt = list(_dealt(learnt))
    step = len(dealt) / size
    return [dealt[int(number * step)] for number in range(size)]


def folds(learnt: Sequence[Learnt], count: int) -> Iterator[tuple[list[Learnt], list[Learnt]]]:
    """What to learn and what to ask, so often that each example is asked once.

    Each label is spread over all folds as evenly as its number allows.
    """
    dealt = list(_dealt(learnt))
    for fold in range(count):
        asked = dealt[fold::count]
        yield [each for number, each in enumerate(dealt) if number % count != fold], asked


def _dealt(learnt: Sequence[Learnt]) -> Iterator[Learnt]:
    """Label after label, each shuffled."""
    by_label: defaultdict[tuple[str, ...], list[Learnt]] = defaultdict(list)
    for each in learnt:
        by_label[each.intents].append(each)
    chance = random.Random(SEED)  # noqa: S311 (nothing to guess)
    for label in sorted(by_label):
        chance.shuffle(by_label[label])
        yield from by_label[label]


def _message(read: dict[str, object]) -> Message:
    text, label, name = read["text"], read["label"], read["slice"]
    further, optional = read.get("alt") or [], read.get("optional") or []
    if not (isinstance(text, str) and isinstance(label, str) and isinstance(name, str)):
        raise TypeError("text, label and slice are words")
    if not (isinstance(further, list) and isinstance(optional, list)):
        raise TypeError("alt and optional are lists")
    answers = tuple(frozenset(str(each).split(SEPARATOR)) for each in (label, *further))
    return Message(text, answers, frozenset(str(each) for each in optional), name)
