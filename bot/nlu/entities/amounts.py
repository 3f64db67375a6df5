"""Finds the amounts of money in a text, and their worth where the currency is named."""

from __future__ import annotations

from decimal import Decimal

import regex
from babel.numbers import NumberFormatError, get_currency_precision, parse_decimal

from bot.nlu.entities.currencies import (
    CODES,
    DOLLARS,
    NAMES,
    OF_SEVERAL_COUNTRIES,
    SIGNS,
    currency_named,
)
from bot.nlu.entities.shapes import compiled, words
from bot.nlu.entities.span import Span, apart

LARGEST_MINOR = 10**12
"""What is more than this is no sum that anybody was charged."""

# "1,200.50" is how one half of the world writes it, "1.200,50" the other.
_WAYS_OF_WRITING = ("en", "de")

_VOCABULARY = {
    "sign": [*SIGNS, "$"],
    "code": CODES,
    "name": [*NAMES, *DOLLARS - {"$"}, *OF_SEVERAL_COUNTRIES],
    "written": words("""
        one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen
        sixteen seventeen eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety
        hundred thousand and zwei drei vier fünf zehn zwanzig dreißig fünfzig hundert dos tres
        cuatro cinco diez veinte treinta cincuenta cien
    """),
    # A bare number after one of these is most likely money: "you charged me 29".
    "paying": words("""
        charge charged charges charging bill billed bills pay paid pays paying took take taken cost
        costs costing debited deducted owe owes refund return back price fee rent premium
        abgebucht berechnet zahle bezahlt kostet cobraron cobrado cobran pago pagué cuesta
    """),
    "between": words("""
        me us him her them my our your mom mum dad of for the a an another extra over just only
        about was is from rose up by to almost nearly around mir uns nur nos solo
    """),
    "time": words("day week month mth mo quarter year yr woche monat jahr mes año"),
    # A day, a version, a time or a size: "am 3.11", "version 2.10", "8.30 am", "2.50 GB".
    "no_money": words("version release windows ios android am zum vom on since"),
    "measure": words("am pm uhr h kb mb gb tb kg km m cm l"),
    # What may follow such a number. "charged 20 times" is no money, "charged 29 twice" is.
    "following": words("""
        a per each every for on in back again more extra twice and but instead when although this
        last from to now since please pls he she you was pro im al por el the which why
    """),
    # Before one of these it is too: "my 60 returned".
    "returned": words("back returned refunded credited deposit debited deducted"),
}  # fmt: skip

_NUMBER = r"[0-9]{1,3}(?:[.,'\s][0-9]{3}){1,3}(?:[.,][0-9]{1,2})?|[0-9]{1,9}(?:[.,][0-9]{1,2})?"
# One digit is more often a word: "refund 4 this month".
_BARE = rf"(?![0-9](?![0-9.,]))(?:{_NUMBER})"
_WRITTEN = r"(?:an?\s)?\L<written>(?:[\s-]\L<written>){0,4}"

_SHAPES = (
    # $14.99, € 9,50, EUR 9,50
    rf"(?<!\w)(?P<money>\L<sign>|(?-i:\L<code>)|\L<name>)\s?(?P<number>{_NUMBER})(?![\w%])",
    # 29 euros, 12€, 1,200.00 USD, twenty bucks
    (
        rf"(?<!\w)(?:(?P<number>{_NUMBER})\s?|{_WRITTEN}[\s-])"
        r"(?P<money>\L<sign>|(?:(?-i:\L<code>)|\L<name>)(?!\w))"
    ),
    # it went from 9.99 to 14.99
    (
        r"(?<!\w|\b\L<no_money>\s)(?!(?<=\bat\s)[0-9]{1,2}\.[0134][05]\b)"
        r"(?P<number>[0-9]{1,5}[.,][0-9]{2})(?!\w|\s?(?:%|\L<measure>\b))"
    ),
    # 29 a month
    rf"(?<!\w)(?P<number>{_BARE})(?=\s?(?:a|per|/|pro|im|al|por)\s?\L<time>\b)",
    # you charged me 29
    (
        rf"(?<=\b\L<paying>(?:\s\L<between>){{0,3}}\s)(?P<number>{_BARE})"
        r"(?=\s?(?:$|[.,!?;:)](?![0-9])|\s\L<following>\b))"
    ),
    # I want my 60 returned
    rf"(?<!\w)(?P<number>{_BARE})(?=\s(?:was\s|got\s)?\L<returned>\b)",
)

_AMOUNT_SHAPES = [
    # Not inside a longer number, a version or an address.
    compiled(rf"(?<![0-9][.,/:-]|[.,/:#-](?=[0-9])|[$€£])(?:{shape})(?![.,/:-]?[0-9])", _VOCABULARY)
    for shape in _SHAPES
]


def amounts_in(text: str, dollar: str) -> list[Span]:
    """The amounts in a text, none on another; `dollar` is the currency that dollars are in."""
    return apart(
        Span("amount", found.start(), found.end(), found.group(), _worth(found, dollar))
        for shape in _AMOUNT_SHAPES
        for found in shape.finditer(text)
    )


def _worth(found: regex.Match[str], dollar: str) -> dict[str, str | int]:
    said = found.groupdict()
    code = currency_named(said.get("money") or "", dollar)
    if code is None:
        return {}
    minor = _minor_units(said.get("number") or "", get_currency_precision(code))
    return {"currency": code} if minor is None else {"currency": code, "minor_units": minor}


def _minor_units(number: str, decimals: int) -> int | None:
    """The number in the currency's smallest coin, if both ways of writing agree on it."""
    readings = {_decimal(number, locale) for locale in _WAYS_OF_WRITING} - {None}
    fitting = {
        int(reading.scaleb(decimals))
        for reading in readings
        if reading is not None and -int(reading.as_tuple().exponent) <= decimals
    }
    return fitting.pop() if len(fitting) == 1 and max(fitting) <= LARGEST_MINOR else None


def _decimal(number: str, locale: str) -> Decimal | None:
    try:
        return parse_decimal(number, locale=locale, strict=True)
    except NumberFormatError:
        return None
