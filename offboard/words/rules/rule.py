"""What a rule is, and the ways in which one looks at a response."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from offboard.words.house import House
from offboard.words.texts import Form, Piece, Response


@dataclass(frozen=True)
class Fault:
    """Something that breaks a rule. `form` is where; None when the whole response breaks it."""

    line: int
    seen: str
    mend: str
    form: Form | None = None


Look = Callable[[Response, House], Iterable[Fault]]


@dataclass(frozen=True)
class Rule:
    """One rule of words.

    `asks` is the rule in a sentence, `why` a reason that one can argue with, `source` where the
    reason comes from. `everywhere` is whether it also holds for mails, pages and the widget.
    """

    name: str
    asks: str
    why: str
    source: str
    look: Look
    everywhere: bool = False

    def holds_for(self, response: Response) -> bool:
        """Whether it is about things said there."""
        return self.everywhere or response.in_talk


def in_pieces(look: Callable[[Piece], Iterable[tuple[str, str]]]) -> Look:
    """A look at each piece of text by itself; what it finds is what was seen, and the mend."""

    def look_at(response: Response, _house: House) -> Iterator[Fault]:
        for form in response.forms:
            for piece in form.pieces:
                for seen, mend in look(piece):
                    yield Fault(piece.line, seen, mend, form)

    return look_at


def phrases(mends: Mapping[str, str]) -> Look:
    """A look for phrases, whatever their case and apostrophes: patterns, and the mend of each.

    The names of values are no words that anybody reads.
    """
    patterns = [
        (re.compile(pattern, re.IGNORECASE | re.VERBOSE), mend) for pattern, mend in mends.items()
    ]

    def look(piece: Piece) -> Iterator[tuple[str, str]]:
        text = piece.words.replace("\N{RIGHT SINGLE QUOTATION MARK}", "'")
        for pattern, mend in patterns:
            for match in pattern.finditer(text):
                yield f'"{match[0]}"', mend

    return in_pieces(look)


def any_of(*words: str) -> str:
    """A pattern for any of these as whole words; a space stands for any gap between words."""
    return r"\b(?:" + "|".join(word.replace(" ", r"\s+") for word in words) + r")\b"
