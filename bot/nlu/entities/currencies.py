"""The names and signs of money, and the currency that each stands for."""

from __future__ import annotations

from unicodedata import category

from babel import Locale

_SYMBOLS = Locale.parse("en").currency_symbols

# These codes, in capitals, are what an angry letter is made of; "XXX" is no currency.
_WORDS = frozenset({"ALL", "BOB", "COP", "CUP", "GEL", "MAD", "PEN", "SOS", "TOP", "TRY", "XXX"})

CODES = frozenset(_SYMBOLS) - _WORDS
"""The currency codes in use, as Unicode's tables have them."""

SIGNS = {"us$": "USD"} | {
    symbol.casefold(): code
    for code, symbol in _SYMBOLS.items()
    if code in CODES and any(category(character) == "Sc" for character in symbol)
}
"""Each sign, and the currency it stands for: "€", "CA$"."""

NAMES = {
    "euro": "EUR", "euros": "EUR", "eur": "EUR", "pound": "GBP", "pounds": "GBP", "quid": "GBP",
    "pfund": "GBP", "libras": "GBP", "gbp": "GBP", "usd": "USD", "franken": "CHF", "chf": "CHF",
    "rupees": "INR", "yen": "JPY", "zloty": "PLN",
}  # fmt: skip
"""What people say, where it means one currency."""

_MEANT = SIGNS | NAMES

DOLLARS = frozenset({"$", "dollar", "dollars", "dólar", "dólares", "buck", "bucks"})
"""Several countries have dollars; config.yml says whose are meant where nothing else is said."""

OF_SEVERAL_COUNTRIES = frozenset({"peso", "pesos", "kr", "kronor", "kroner", "francs", "cents"})
"""Money all the same, though not which."""


def currency_named(said: str, dollar: str) -> str | None:
    """The code of the currency that is named, if it is one; `dollar` is that of dollars."""
    if said.casefold() in DOLLARS:
        return dollar
    return said if said in CODES else _MEANT.get(said.casefold())
