"""What is read: things that are said, each in one or more forms, down to the piece of text."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

WEB = None
"""The channel of a form that names none: for the web, and for SMS where it has no form."""
SMS = "sms"

VALUE = re.compile(r"\{(\w+)\}")
"""A value filled from the account."""


@dataclass(frozen=True)
class Piece:
    """A text as one reads it, and the line it begins on."""

    line: int
    text: str

    @property
    def values(self) -> frozenset[str]:
        """The names in {braces}."""
        return frozenset(VALUE.findall(self.text))

    @property
    def words(self) -> str:
        """The text without what is filled in."""
        return VALUE.sub("", self.text)

    def filled(self, values: Mapping[str, str]) -> str:
        """The text with these values; one that is not among them keeps its name."""
        return VALUE.sub(lambda match: values.get(match[1], match[1]), self.text)


@dataclass(frozen=True)
class Choice:
    """A button: its title, and what pressing it means (`/affirm`)."""

    title: Piece
    payload: str

    @property
    def meaning(self) -> str:
        """The intent it stands for."""
        return self.payload.removeprefix("/").partition("{")[0]


@dataclass(frozen=True)
class Allowance:
    """`# words: allow RULE: REASON`, as it stands in the file."""

    line: int
    rule: str
    reason: str


@dataclass(frozen=True)
class Form:
    """One way in which something is said: a variant, or what is said on one channel.

    `addresses` are those behind a card's links, which nobody reads.
    """

    line: int
    said: Sequence[Piece]
    choices: Sequence[Choice] = ()
    card: Sequence[Piece] = ()
    addresses: Sequence[Piece] = ()
    channel: str | None = WEB
    allowances: Sequence[Allowance] = ()

    @property
    def pieces(self) -> Iterator[Piece]:
        """Everything in it that is read."""
        yield from self.said
        yield from (choice.title for choice in self.choices)
        yield from self.card

    @property
    def text(self) -> str:
        """What is said, without buttons and card."""
        return "\n".join(piece.text for piece in self.said)

    @property
    def values(self) -> frozenset[str]:
        """The facts it gives: the values named by text and card."""
        giving = (*self.said, *self.card, *self.addresses)
        return frozenset[str]().union(*(piece.values for piece in giving))


@dataclass(frozen=True)
class Response:
    """Something that is said, by its name.

    A mail, a page and a string of the widget count as one each; they are not `in_talk`.
    """

    file: Path
    name: str
    line: int
    forms: Sequence[Form]
    in_talk: bool = True
    allowances: Sequence[Allowance] = ()

    @property
    def web(self) -> Sequence[Form]:
        """The variants for the screen."""
        return [form for form in self.forms if form.channel is WEB]

    @property
    def sms(self) -> Sequence[Form]:
        """The forms written for SMS."""
        return [form for form in self.forms if form.channel == SMS]

    @property
    def sent_by_sms(self) -> Sequence[Form]:
        """What goes out by SMS: its own forms, else those for the screen."""
        return self.sms or self.web
