"""Which response of domain.yml a message is: talks name what was said, for words change."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from offboarding.settings import REPOSITORY

DOMAIN = REPOSITORY / "domain.yml"
_FILLED = re.compile(r"\{\w+\}")
_BESIDE = ("kind", "title", "note")


@dataclass(frozen=True)
class _Variation:
    """One wording of a response, as patterns that its filled form fits."""

    text: re.Pattern[str]
    buttons: Sequence[re.Pattern[str]]
    card: Sequence[re.Pattern[str]] | None

    def fits(self, message: Mapping[str, Any]) -> bool:
        titles = [reply["title"] for reply in message["quick_replies"]]
        own = titles[: len(self.buttons)]  # an action may add some after them
        return (
            self.text.fullmatch(message["text"].strip()) is not None
            and _all_fit(self.buttons, own)
            and _card_fits(self.card, message["card"])
        )


class Responses:
    """The responses of a domain file, and the names of what was said."""

    def __init__(self, path: Path = DOMAIN) -> None:
        content = YAML(typ="safe").load(path.read_text(encoding="utf-8"))
        self._variations = {
            str(name): [_variation(each) for each in variations]
            for name, variations in content["responses"].items()
        }

    def names_of(self, message: Mapping[str, Any]) -> frozenset[str]:
        """The response a message is; several where domain.yml words them alike."""
        return frozenset(
            name
            for name, variations in self._variations.items()
            if any(variation.fits(message) for variation in variations)
        )

    def check(self, wanted: str) -> str:
        """The name, or a pattern such as utter_offer_*. Raises ValueError where nothing has it."""
        if not any(fnmatchcase(name, wanted) for name in self._variations):
            near = get_close_matches(wanted, self._variations, n=1)
            hint = f"; there is {near[0]}" if near else ""
            raise ValueError(f"domain.yml has no response {wanted}{hint}")
        return wanted


@cache
def responses() -> Responses:
    """Those of the product."""
    return Responses()


def _variation(written: Mapping[str, Any]) -> _Variation:
    card = written.get("custom")
    return _Variation(
        text=_pattern(str(written.get("text") or "").strip()),
        buttons=[_pattern(button["title"]) for button in written.get("buttons") or ()],
        card=None if not card else [_pattern(words) for words in _words_of(card)],
    )


def _pattern(words: str) -> re.Pattern[str]:
    """What `words` are like once every {value} is filled."""
    literal = (re.escape(part) for part in _FILLED.split(words))
    return re.compile(".+?".join(literal), re.DOTALL)


def _words_of(card: Mapping[str, Any]) -> list[str]:
    beside = [str(card.get(part) or "") for part in _BESIDE]
    rows = [f"{row['label']}: {row['value']}" for row in card.get("rows") or ()]
    links = [f"{link['title']} {link['url']}" for link in card.get("links") or ()]
    return [*beside, *rows, *links]


def _card_fits(patterns: Sequence[re.Pattern[str]] | None, card: Mapping[str, Any] | None) -> bool:
    if patterns is None or card is None:
        return patterns is None and card is None
    return _all_fit(patterns, _words_of(card))


def _all_fit(patterns: Sequence[re.Pattern[str]], words: Sequence[str]) -> bool:
    return len(patterns) == len(words) and all(
        pattern.fullmatch(each) for pattern, each in zip(patterns, words, strict=True)
    )
