"""Numbered choices: what buttons are on a phone that has none."""

import re
import unicodedata
from collections.abc import Sequence

from channels.sms.keywords import is_reserved
from channels.sms.segments import plain

_NUMBERS = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
_ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth")
_NAME = r"(?:(?:option|choice|number|answer|button|nr|num)\.? ?|[#№] ?)"
_WISH = (
    r"(?:(?:i|i'll|i will) (?:choose|pick|take|go with)|(?:i'd|i would) like|i want"
    r"|(?:let's )?(?:take|go with)) "
)
_SHAPES = (
    re.compile(rf"(?:{_WISH})?{_NAME}?(?P<digits>[1-9]\d?)"),
    re.compile(rf"{_NAME}?(?P<number>{'|'.join(_NUMBERS)})"),
    re.compile(rf"(?:the )?(?P<ordinal>{'|'.join(_ORDINALS)}) (?:one|option|choice)"),
)
_COURTESY = re.compile(r",? (?:please|pls|plz|thanks|thank you|thx)$")
_BEFORE = " ([\"'*<"
_AFTER = " )]\"'*>.,:;!="
_WITH_TITLE = re.compile(
    r"[(\[]?(?P<number>[1-9]\d?)[)\]]?\s*[=.:)-]?\s*(?P<title>\D.*)", re.DOTALL
)


def numbered(titles: Sequence[str]) -> list[str]:
    """The choices as lines, such as `1 = Cancel it`.

    Raises ValueError for a title that is a reserved word: networks act on it when somebody writes
    it instead of the number. Texts are checked for such titles before they are used; for those that
    data makes, such as a plan's name, see `reworded`.
    """
    for title in titles:
        if is_reserved(title):
            raise ValueError(
                f'"{title}" cannot be offered by SMS, since networks act on that word themselves. '
                'Say it in more words: "Cancel it".'
            )
    return [line(number, title) for number, title in enumerate(titles, start=1)]


def reworded(titles: Sequence[str]) -> list[str]:
    """The titles, and with one that is a reserved word the number that is to be written instead."""
    return [
        f"{title} (send {number})" if is_reserved(title) else title
        for number, title in enumerate(titles, start=1)
    ]


def line(number: int, title: str) -> str:
    """One choice as it is printed."""
    return f"{number} = {title}"


def chosen(text: str, count: int) -> int | None:
    """Which of so many choices a text picks, from 1; None where it may say something else.

    It is a number and what people put around it: "2", "(2)", "#2", "option 2", "I'll take 2",
    "two, please", "the second one"; its digits may be those of any script. A number with anything
    else beside it ("2 weeks", "1 or 2", "1?") is language, since a wrong guess here cancels or
    keeps what nobody meant, and a right one only saves a question. So is "no. 2": who would say
    whether that is a number or a no.
    """
    said = _folded(text).strip(_AFTER).lstrip(_BEFORE)
    said = _COURTESY.sub("", said).strip(_AFTER)
    for shape in _SHAPES:
        match = shape.fullmatch(said)
        if match is not None:
            number = _value(match[match.lastgroup or 0])
            return number if number <= count else None
    return None


def chosen_among(text: str, titles: Sequence[str]) -> int | None:
    """Which of these choices a text picks: by number, by title, or by both where they agree."""
    number = chosen(text, len(titles))
    if number is not None:
        return number
    bare = [_bare(title) for title in titles]
    with_title = _WITH_TITLE.fullmatch(_folded(text))
    if with_title is not None:
        number = int(with_title["number"])
        agrees = number <= len(titles) and _bare(with_title["title"]) == bare[number - 1]
        return number if agrees else None
    said = _bare(text)
    return bare.index(said) + 1 if said and bare.count(said) == 1 else None


def _value(said: str) -> int:
    if said.isdecimal():
        return int(said)
    return (_NUMBERS if said in _NUMBERS else _ORDINALS).index(said) + 1


def _folded(text: str) -> str:
    """The text in small letters and ASCII digits, on one line."""
    shown = (each for each in plain(text) if unicodedata.category(each) != "Cf")
    digits = (str(unicodedata.decimal(each, each)) for each in shown)
    return " ".join("".join(digits).casefold().split())


def _bare(title: str) -> str:
    return _folded(title).strip(_BEFORE + _AFTER)
