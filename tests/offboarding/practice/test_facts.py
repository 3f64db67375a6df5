"""Dates and amounts of the account sheet are heard however people write them."""

from datetime import date
from decimal import Decimal

import pytest

from offboarding.practice.facts import Fact

LAST_DAY = Fact(label="Paid until", date=date(2026, 12, 14))
PRICE = Fact(label="Price", amount=Decimal("29.00"))


@pytest.mark.parametrize(
    "text",
    [
        "It ends on 14 December.",
        "It ends on 14 December 2026",
        "14th of December, at midnight",
        "Dec 14",
        "December 14th, 2026",
        "until 14.12.",
        "until 14.12.2026, then no more",
        "until 14.12.26",
        "14/12 it is",
        "12/14/2026",
        "2026-12-14",
        "on the 14th",
        "14. DEC",
    ],
)
def test_a_date_is_heard_in_any_usual_form(text: str) -> None:
    assert LAST_DAY.is_in(text)


@pytest.mark.parametrize(
    "text",
    [
        "It ends on 15 December.",
        "14 November",
        "14 December 2027",
        "2026-12-15",
        "14.12.2027",
        "114 December",
        "for 14 months",
        "0 December",
        "soon",
        "",
    ],
)
def test_another_date_is_not_taken_for_it(text: str) -> None:
    assert not LAST_DAY.is_in(text)


@pytest.mark.parametrize(
    "text", ["29", "€29", "29€", "29.00 euros", "29,00 EUR", "it's 29 a month.", "29eur"]
)
def test_an_amount_is_heard_in_any_usual_form(text: str) -> None:
    assert PRICE.is_in(text)


@pytest.mark.parametrize(
    "text", ["290", "29%", "29.50", "129", "29 December", "2.29", "29th", "1,029"]
)
def test_another_number_is_not_taken_for_it(text: str) -> None:
    assert not PRICE.is_in(text)


def test_a_thousand_may_be_parted() -> None:
    assert Fact(label="Invoice", amount=Decimal(12500)).is_in("That is 12,500.00 euros.")
    assert Fact(label="Invoice", amount=Decimal(12500)).is_in("12 500 euros")


def test_a_row_can_have_words_of_its_own() -> None:
    tomorrow = Fact(label="Answer by", date=date(2026, 11, 24), also=("tomorrow",))
    assert tomorrow.is_in("They write by TOMORROW, noon.")
    assert not tomorrow.is_in("They write some day.")


def test_values_are_shown_as_customers_read_them() -> None:
    assert (LAST_DAY.value, PRICE.value) == ("14 December 2026", "€29.00")
    assert Fact(label="Price", amount=Decimal(980), currency="JPY").value.endswith("980")
