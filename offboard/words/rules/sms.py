"""SMS: a form of its own where a text is long, that fits, and that no network acts on."""

import re
import unicodedata
from collections.abc import Iterator, Mapping

from channels.sms.choices import line as numbered_line
from channels.sms.keywords import RESERVED, is_reserved
from channels.sms.segments import MOST_SEGMENTS_A_TEXT, REPLACEMENTS, outside, segmentation
from offboard.words.house import House
from offboard.words.rules.rule import Fault, Rule
from offboard.words.texts import Form, Response

LONG = 2
"""Segments from which on a text for the screen is too long to be sent as it is."""
LONGEST = MOST_SEGMENTS_A_TEXT

_ASKED_FOR = re.compile(
    r"(?:(?<!\byou )\b(?:reply|answer|write|text|send|type|say)(?:\s+with)?(?:\s+an?)?"
    r"|\ba\s+(?:plain|simple|bare|clear))\s+[\"']?"
    rf"({'|'.join(sorted(RESERVED))})\b"
    r"(?=[\"']|\s*(?:[.,;:?)]|$|(?:to|or|for|if|is|will)\b))",
    re.IGNORECASE,
)
_WRITE_ONE = 'Add a form with `channel: "sms"`: the same facts in fewer words.'
_MORE_WORDS = 'Use a number, or more words: "Yes, I could", "cancel my plan".'


def as_sent(form: Form, values: Mapping[str, str]) -> str:
    """What goes out: the text with its values, and each button as a numbered line."""
    options = [
        numbered_line(number, choice.title.filled(values))
        for number, choice in enumerate(form.choices, start=1)
    ]
    return "\n".join([*(piece.filled(values) for piece in form.said), *options])


def _sms_form(response: Response, house: House) -> Iterator[Fault]:
    if response.sms:
        return
    card = next((form for form in response.web if form.card), None)
    if card is not None:
        yield Fault(response.line, "a card, which no SMS can show", _WRITE_ONE)
        return
    count = max(segmentation(as_sent(form, house.values)).segments for form in response.forms)
    if count > LONG:
        yield Fault(response.line, f"{count} segments as an SMS, buttons included", _WRITE_ONE)


def _sms_length(response: Response, house: House) -> Iterator[Fault]:
    for form in response.sms:
        count = segmentation(as_sent(form, house.values)).segments
        if count > LONGEST:
            yield Fault(
                form.line,
                f"{count} segments with realistic values, buttons included",
                f"Say it in {LONGEST}: drop words, not facts.",
                form,
            )


def _sms_characters(response: Response, _house: House) -> Iterator[Fault]:
    for form in response.sent_by_sms:
        for piece in (*form.said, *(choice.title for choice in form.choices)):
            for character in outside(piece.text):
                name = unicodedata.name(character, f"U+{ord(character):04X}").lower()
                yield Fault(piece.line, f'"{character}" ({name})', _instead(character), form)


def _instead(character: str) -> str:
    plain = unicodedata.normalize("NFKD", character).encode("ascii", "ignore").decode()
    replacement = REPLACEMENTS.get(character) or plain
    return f"Write {replacement!r} instead." if replacement else "Write it in words, or drop it."


def _sms_reserved(response: Response, _house: House) -> Iterator[Fault]:
    for form in response.sent_by_sms:
        for choice in form.choices:
            if is_reserved(choice.title.text):
                yield Fault(
                    choice.title.line, f'the button "{choice.title.text}"', _MORE_WORDS, form
                )
        for asked in _ASKED_FOR.findall(form.text):
            yield Fault(form.line, f'asks for the answer "{asked}"', _MORE_WORDS, form)


RULES = (
    Rule(
        name="sms-form",
        asks=f"A response with a card, or of more than {LONG} segments, has a form for SMS.",
        why="Each segment costs money and may come late or alone; a card does not come at all.",
        source="docs/writing.md; 3GPP TS 23.038 (153 characters a segment)",
        look=_sms_form,
    ),
    Rule(
        name="sms-length",
        asks=f"A form for SMS fits {LONGEST} segments, with realistic values and its buttons.",
        why="Longer ones are cut, reordered or dropped by some networks, and nobody reads them.",
        source="3GPP TS 23.038; the values are in offboard/words/house.yml",
        look=_sms_length,
    ),
    Rule(
        name="sms-characters",
        asks="What goes out by SMS is written in the SMS alphabet.",
        why="One curly quote turns the whole text into one of which fewer than half fit a segment.",
        source="3GPP TS 23.038 (GSM 7-bit)",
        look=_sms_characters,
    ),
    Rule(
        name="sms-reserved",
        asks=f"No answer offered by SMS is one of the words {', '.join(sorted(RESERVED))} alone.",
        why=(
            "Networks and providers act on these words: the number is blocked, or help is sent, "
            "and the wish to cancel never arrives."
        ),
        source=(
            "House rule R12 (these words are taken before anything is understood); "
            "47 CFR 64.1200(a)(10); the opt-out words of SMS providers"
        ),
        look=_sms_reserved,
    ),
)
