"""The company's own name, out of the way: whoever cancels "larkspur notes" cancels the service.

No model can have learnt the name, and one that learns it is good for that company alone. So before
a message is heard, the name gives way to a word that every model knows: the whole name, or its
first distinctive word, in any case. Distinctive is a word that the examples hardly use: of "Basic
Notes" there is none, and a message may speak of both. Such a name counts only as a whole, and with
the capitals that the company writes it with; of one such word ("Now") nothing is replaced. Whoever
stops the company's payments, by its name, stops the subscription: no bank is meant.
"""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterable
from functools import lru_cache

SETTING = "OFFBOARD_COMPANY_NAME"
NEUTRAL = "service"
FEWEST_LETTERS = 3
"""Of a distinctive word: shorter ones are slips of the thumb as well."""
FEWEST_EXAMPLES = 2
"""From as many examples on that use it a word is an everyday one."""

_WORD = re.compile(r"[^\W_]+")
_STOP_PAYMENTS = re.compile(
    r"\b((?:stop|end|cancel)(?: (?:the|my|all|these|those|this))*) "
    rf"{NEUTRAL}(?:'s)? (?:(?:monthly|yearly|direct) )?(?:payments?|charges?|debits?|fees?)\b",
    re.IGNORECASE,
)
_NO_PART_OF_AN_ADDRESS = (r"(?<![\w@./-])", r"(?![\w@-]|\.\w)")


def company_name() -> str:
    """The name that the application was given; empty where nobody said it."""
    return os.environ.get(SETTING, "").strip()


def everyday_words(texts: Iterable[str]) -> frozenset[str]:
    """The words that examples use as customers do."""
    used_by = Counter(word for text in texts for word in {*_WORD.findall(text.casefold())})
    return frozenset(word for word, examples in used_by.items() if examples >= FEWEST_EXAMPLES)


def without_company_name(text: str, name: str, everyday: frozenset[str]) -> str:
    """The text with a neutral word wherever the company is named."""
    pattern = _pattern(name, everyday)
    if pattern is None or pattern.search(text) is None:
        return text
    return _STOP_PAYMENTS.sub(r"\1 subscription", pattern.sub(NEUTRAL, text))


@lru_cache(maxsize=4)
def _pattern(name: str, everyday: frozenset[str]) -> re.Pattern[str] | None:
    words = _WORD.findall(name)
    distinctive = next((word for word in words if _is_distinctive(word, everyday)), None)
    before, after = _NO_PART_OF_AN_ADDRESS
    whole = r"[\W_]{0,3}".join(map(re.escape, words))
    if distinctive is not None:
        either = f"{whole}|{re.escape(distinctive)}"
        return re.compile(rf"{before}(?:{either}){after}", re.IGNORECASE)
    return re.compile(rf"{before}{whole}{after}") if len(words) > 1 else None


def _is_distinctive(word: str, everyday: frozenset[str]) -> bool:
    return len(word) >= FEWEST_LETTERS and word.casefold() not in everyday
