"""From what is shown in a conversation to the texts that say the same on a phone.

A text has at most three segments, and what is said in one turn has five. Short messages of a turn
go as one text: it costs less, and two texts may arrive in either order. If a turn is longer, then
first the cards' notes are left out, then those rows that only repeat a message. What is still too
long is sent whole, in more texts: a sixth segment costs a cent, and a missing fact or half a letter
costs the customer more. So no letter is too long here; who writes to a phone has to know it.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from channels.conversations.card import Card
from channels.conversations.messages import ShownMessage
from channels.conversations.model import Author
from channels.sms.choices import numbered, reworded
from channels.sms.segments import (
    MOST_SEGMENTS_A_TEXT,
    MOST_SEGMENTS_A_TURN,
    Encoding,
    plain,
    segmentation,
    split,
)

_STARTS = (re.compile(r"\n\s*(?=\S)|(?<=[.!?])\s+(?=\S)"), re.compile(r"\s+(?=\S)"))
"""Where a question may begin: after a sentence or a line, else after a word."""
_LONGEST_MARK = "(999/999)"
_LONGEST_NAME = 40


@dataclass(frozen=True)
class _Detail:
    """How much of a card is said."""

    notes: bool
    repeated_rows: bool


_DETAILS = (_Detail(notes=True, repeated_rows=True), _Detail(notes=False, repeated_rows=True))
_LEAST_DETAIL = _Detail(notes=False, repeated_rows=False)


@dataclass(frozen=True)
class _Said:
    """One message in the alphabet of texts: who says it, what, and what to choose from."""

    name: str
    body: str
    choices: str

    @property
    def whole(self) -> str:
        """All of it, as one text would have it."""
        return _introduced(self.name) + _lines(self.body, self.choices)


def texts_of(message: ShownMessage, base_url: str) -> list[str]:
    """The texts that say one message; see `texts_of_turn`."""
    return texts_of_turn([message], base_url)


def texts_of_turn(messages: Sequence[ShownMessage], base_url: str) -> list[str]:
    """The texts that say what was said in one turn, in order; `base_url` begins relative links.

    What customers wrote themselves is left out. Choices are numbered for the newest message that
    has any, whose quick replies alone can still be pressed; they end the text that asks for them.
    A message too long for one text is split and its texts are marked (1/3). The words of a person
    begin with their name; the assistant and the house need none.
    """
    spoken = [message for message in messages if message.author is not Author.CUSTOMER]
    live = next((message for message in reversed(spoken) if message.quick_replies), None)

    def texts(detail: _Detail) -> list[str]:
        said = [_said(each, base_url, detail, live=each is live) for each in spoken]
        return _packed([each for each in said if each.body or each.choices])

    for detail in _DETAILS:
        enough = texts(detail)
        if _segments(*enough) <= MOST_SEGMENTS_A_TURN:
            return enough
    return texts(_LEAST_DETAIL)


def _said(message: ShownMessage, base_url: str, detail: _Detail, *, live: bool) -> _Said:
    name = plain(message.author_name or "") if message.author is Author.AGENT else ""
    card = Card.model_validate(message.card) if message.card is not None else None
    shown = [] if card is None else list(_card_lines(card, message.text, base_url, detail))
    parts = (message.text, *shown)
    if live and shown:
        statement, question = _question_last(message.text)
        parts = (statement, *shown, question)
    titles = [plain(reply.title) for reply in message.quick_replies] if live else []
    return _Said(
        name=name[:_LONGEST_NAME],
        body=plain(_lines(*parts)).strip(),
        choices=_lines(*numbered(reworded(titles))),
    )


def _question_last(text: str) -> tuple[str, str]:
    """What a text says, and what it asks at its end: on a phone that comes after the card."""
    start = max((match.end() for match in _STARTS[0].finditer(text)), default=0)
    return (text[:start].strip(), text[start:]) if text.endswith("?") else (text, "")


def _card_lines(card: Card, text: str, base_url: str, detail: _Detail) -> Iterator[str]:
    if not _says(f"{text} {' '.join(link.title for link in card.links)}", card.title):
        yield card.title
    for row in card.rows:
        if detail.repeated_rows or not (_says(text, row.label) and _says(text, row.value)):
            yield f"{row.label}: {row.value}"
    if detail.notes and card.note:
        yield card.note
    for link in card.links:
        url = link.url if link.url.startswith("http") else f"{base_url.rstrip('/')}{link.url}"
        yield f"{link.title}: {url}"


def _says(text: str, part: str) -> bool:
    """Whether a text has these words, in whatever case and whatever stands at their end."""
    wanted = re.escape(" ".join(part.casefold().split()).rstrip("."))
    return re.search(rf"(?<!\w){wanted}(?!\w)", " ".join(text.casefold().split())) is not None


def _packed(said: Sequence[_Said]) -> list[str]:
    """The texts, with those put together that fit into one and cost no more as one."""
    texts: list[str] = []
    open_ended = False
    for each in said:
        several = _texts(each)
        begins_anew = bool(each.name) or len(several) > 1
        if open_ended and not begins_anew and _is_better_as_one(texts[-1], several[0]):
            texts[-1] = _lines(texts[-1], several[0])
        else:
            texts += several
        open_ended = not begins_anew and not each.choices
    return texts


def _is_better_as_one(first: str, second: str) -> bool:
    together = _segments(_lines(first, second))
    return together <= MOST_SEGMENTS_A_TEXT and together <= _segments(first, second)


def _texts(said: _Said) -> list[str]:
    if _fits(said.whole):
        return [said.whole]
    pieces = _pieces(said, _introduced(said.name, _LONGEST_MARK))
    return [
        _introduced(said.name, f"({number}/{len(pieces)})") + piece
        for number, piece in enumerate(pieces, start=1)
    ]


def _pieces(said: _Said, before: str) -> list[str]:
    """A message in parts; the last one ends with the choices and as much before as fits."""
    if not said.choices:
        return split(said.body, MOST_SEGMENTS_A_TEXT, before=before)
    for pattern in _STARTS:
        for match in pattern.finditer(said.body):
            last = _lines(said.body[match.end() :], said.choices)
            if _fits(before + last):
                first = said.body[: match.start()]
                return [*split(first, MOST_SEGMENTS_A_TEXT, before=before), last]
    return split(_lines(said.body, said.choices), MOST_SEGMENTS_A_TEXT, before=before)


def _introduced(name: str, mark: str = "") -> str:
    who = " ".join(part for part in (name, mark) if part)
    return f"{who}: " if name else f"{who} " if mark else ""


def _lines(*parts: str) -> str:
    return "\n".join(part for part in parts if part)


def _fits(text: str) -> bool:
    # A character is a unit at least: most that do not fit need no counting.
    room = MOST_SEGMENTS_A_TEXT * Encoding.GSM7.joined
    return len(text) <= room and _segments(text) <= MOST_SEGMENTS_A_TEXT


def _segments(*texts: str) -> int:
    return sum(segmentation(text).segments for text in texts)
