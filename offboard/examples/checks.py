"""What is wrong with the training examples: each finding with its place and its mend."""

from collections.abc import Iterator

from bot.nlu.decision import LEADING_ORDER
from bot.nlu.text import LONGEST_BEGINNING, LONGEST_END
from offboard.examples.exceptions import Exceptions
from offboard.examples.likeness import Words, changes, near_pairs, words_of
from offboard.examples.reading import (
    SEPARATOR,
    Example,
    Heading,
    Outside,
    Place,
    Reading,
    Slip,
)

BUTTONS = "buttons.yml"
LONGEST = LONGEST_BEGINNING + LONGEST_END
"""In characters; what lies between the two is cut out before anything is heard."""
FEWEST_WORDS_OF_A_LEAK = 5
""""Yes please" stands in every test and in every list of examples."""


def findings(
    reading: Reading, intents: frozenset[str], outside: list[Outside], exceptions: Exceptions
) -> list[Slip]:
    """All that is wrong, in the order of the files."""
    found = [
        *reading.slips,
        *_labels(reading.headings, intents),
        *_lines(reading.examples),
        *_likenesses(reading.examples, outside, exceptions),
    ]
    found += exceptions.left_over(reading.examples)
    return sorted(found, key=lambda slip: (str(slip.place.file), slip.place.line))


def _labels(headings: list[Heading], intents: frozenset[str]) -> Iterator[Slip]:
    for heading in headings:
        named = heading.label.split(SEPARATOR)
        unknown = [intent for intent in named if intent not in intents]
        if unknown:
            yield Slip(
                heading.place,
                f"{' and '.join(repr(name) for name in unknown)} is no intent of domain.yml. "
                "Correct the label, or list the intent there.",
            )
        elif heading.place.file.name != BUTTONS:
            yield from _order(heading, named)


def _order(heading: Heading, named: list[str]) -> Iterator[Slip]:
    from_buttons = [intent for intent in named if intent not in LEADING_ORDER]
    if from_buttons:
        yield Slip(
            heading.place,
            f"{from_buttons[0]} comes from buttons only. Move it to {BUTTONS}.",
        )
        return
    ordered = sorted(set(named), key=LEADING_ORDER.index)
    if named != ordered:
        yield Slip(
            heading.place,
            f"{heading.label} does not name each intent once, the leading one first. "
            f"Write {SEPARATOR.join(ordered)}.",
        )


def _lines(examples: list[Example]) -> Iterator[Slip]:
    for example in examples:
        button = example.text.startswith("/")
        if button != (example.place.file.name == BUTTONS):
            where = f"only {BUTTONS} has such lines" if button else "nobody types what is here"
            yield Slip(example.place, f"{_quoted(example)}: {where}. Move or remove it.")
        if len(example.text) > LONGEST:
            yield Slip(
                example.place,
                f"the example has {len(example.text)} characters, and what is beyond {LONGEST} "
                "is never heard. Shorten it.",
            )


def _likenesses(
    examples: list[Example], outside: list[Outside], exceptions: Exceptions
) -> Iterator[Slip]:
    spoken = [example for example in examples if not example.text.startswith("/")]
    texts: list[Example | Outside] = [*spoken, *outside]
    words = [words_of(each.text) for each in texts]
    leaked: set[Place] = set()
    for earlier, later in near_pairs(words):
        one, other, pair = texts[earlier], texts[later], (words[earlier], words[later])
        if isinstance(one, Outside):
            continue  # two texts of tests
        if isinstance(other, Example):
            sentence = _twice(one, other, pair)
            if sentence and not exceptions.let_stand(one, other):
                yield Slip(other.place, sentence)
        elif _is_leak(one, other, pair) and one.place not in leaked:
            leaked.add(one.place)
            if not exceptions.let_stand(one, other):
                yield Slip(one.place, _leak(one, other, pair))


def _twice(one: Example, other: Example, pair: tuple[Words, Words]) -> str | None:
    """What is wrong about two examples; None where they only differ in meaning."""
    if one.intents == other.intents:
        return (
            f"{_quoted(other)} {_as(pair)} {_quoted(one)} in {one.place}. "
            "Remove one, or let it teach something else."
        )
    if pair[0] != pair[1]:
        return None
    return (
        f"{_quoted(other)} is {other.label} here and {one.label} in {one.place}. "
        "Decide for one, or write what tells them apart."
    )


def _is_leak(example: Example, outside: Outside, pair: tuple[Words, Words]) -> bool:
    if min(len(words) for words in pair) < FEWEST_WORDS_OF_A_LEAK:
        return False
    if not changes(*pair):
        return True
    return not outside.only_the_same and outside.intents in {None, example.intents}


def _leak(example: Example, outside: Outside, pair: tuple[Words, Words]) -> str:
    # A text that measures is named by its place alone, so that nobody reads it here.
    return (
        f"{_quoted(example)} {_as(pair)} the text of {outside.place}, which must not be learnt. "
        "Write either anew."
    )


def _as(pair: tuple[Words, Words]) -> str:
    if pair[0] == pair[1]:
        return "has the same words as"
    if not changes(*pair):
        return "has the same words, in another order, as"
    return "is nearly the same as"


def _quoted(example: Example) -> str:
    text = example.text
    return f"“{text if len(text) <= 60 else text[:57] + '…'}”"
