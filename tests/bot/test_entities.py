"""Dates, amounts and plan names in a message, and what is certain about each."""

import time
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from bot.nlu.contact_entities import contact_entities
from bot.nlu.entities.amounts import amounts_in
from bot.nlu.entities.dates import dates_in, day_meant
from bot.nlu.entities.extractor import (
    LONGEST_SEARCHED,
    DateAmountPlanExtractor,
    entities_in,
)
from bot.nlu.entities.message_day import possible_days
from bot.nlu.entities.plan_names import PlanNames
from bot.nlu.labels import LabelImporter
from rasa.engine.storage.local_model_storage import LocalModelStorage
from rasa.engine.storage.resource import Resource
from rasa.shared.exceptions import InvalidConfigException
from rasa.shared.nlu.constants import ENTITIES, TEXT
from rasa.shared.nlu.training_data.message import Message

from conftest import ROOT, Application, Bot

TUESDAY = date(2026, 11, 24)

Found = list[tuple[str, str | None]]

DATES: list[tuple[str, Found]] = [
    # A day that can be no other.
    ("Please let my plan run out on 14 December.", [("14 December", "2026-12-14")]),
    ("end it on the 14th of December", [("the 14th of December", "2026-12-14")]),
    ("My last day is December 31st, 2026", [("December 31st, 2026", "2026-12-31")]),
    ("could it stop from 1 January", [("1 January", "2027-01-01")]),
    ("you took it on Nov. 3 again", [("Nov. 3", "2026-11-03")]),
    ("it's over on Friday, 4 December 2026", [("Friday, 4 December 2026", "2026-12-04")]),
    ("the contract ends 2027-02-28", [("2027-02-28", "2027-02-28")]),
    ("it renews on 14.12.2026, stop that", [("14.12.2026", "2026-12-14")]),
    ("effective 12/31/26 if you would", [("12/31/26", "2026-12-31")]),
    ("CANCEL IT TODAY", [("TODAY", "2026-11-24")]),
    ("end it tomorrow, or the day after tomorrow", [
        ("tomorrow", "2026-11-25"), ("the day after tomorrow", "2026-11-26"),
    ]),
    ("yesterday it still worked", [("yesterday", "2026-11-23")]),
    # A day that may be another: the words are all there is.
    ("end it for the 14th", [("the 14th", None)]),
    ("end it on 03/04", [("03/04", None)]),
    ("ended 03/04/2026", [("03/04/2026", None)]),
    ("I want out by Friday", [("Friday", None)]),
    ("run it until next Monday", [("next Monday", None)]),
    ("we married on 3 May", [("3 May", None)]),
    ("stop it on 31 February", [("31 February", None)]),
    # What is no day.
    ("end it with the end of the month", [("the end of the month", None)]),
    ("away from 1 to 15 August", [("1 to 15 August", None)]),
    ("I moved away in March 2025", [("March 2025", None)]),
    ("paying for nothing since may", [("may", None)]),
    ("ended it in two weeks, asked three days ago", [
        ("in two weeks", None), ("three days ago", None),
    ]),
    ("a customer since 2019", [("2019", None)]),
    ("nobody plays before Christmas", [("Christmas", None)]),
    # German and Spanish.
    ("Ich gehe zum 31.12.2026", [("31.12.2026", "2026-12-31")]),
    ("bitte zum 14. Dezember beenden", [("14. Dezember", "2026-12-14")]),
    ("ab 1. Januar 2027 nicht mehr", [("1. Januar 2027", "2027-01-01")]),
    ("am 3.11. kam wieder etwas", [("3.11.", None)]),
    ("morgen gehe ich", [("morgen", None)]),
    ("Ende des Monats ist Schluss", [("Ende des Monats", None)]),
    ("me voy a partir del 1 de enero", [("1 de enero", "2027-01-01")]),
    ("el 14 de diciembre de 2026 me voy", [("14 de diciembre de 2026", "2026-12-14")]),
    ("hasta el 31/12/2026 y nada más", [("31/12/2026", "2026-12-31")]),
    ("mañana me voy, o a fin de mes", [("mañana", None), ("fin de mes", None)]),
    # No dates.
    ("I may come back, we march on", []),
    ("four years with you, 67 years old", []),
    ("the 2nd invoice, the 3rd time", []),
    ("open 24/7, call me at 5:30", []),
    ("order 4711 and code 123456", []),
    ("it happens every monday", []),
    ("3/4 of it never worked", []),
    ("29 Euro im Monat", []),
]  # fmt: skip

AMOUNTS: list[tuple[str, Found]] = [
    ("29 euros a month, too much", [("29 euros", "EUR 2900")]),
    ("why was $14.99 taken", [("$14.99", "USD 1499")]),
    ("my £5 please", [("£5", "GBP 500")]),
    ("give EUR 9,50 back to my card", [("EUR 9,50", "EUR 950")]),
    ("it says 1,200.00 USD, which is wrong", [("1,200.00 USD", "USD 120000")]),
    ("I lost 40 quid, then 12€", [("40 quid", "GBP 4000"), ("12€", "EUR 1200")]),
    ("it is CA$20 there", [("CA$20", "CAD 2000")]),
    ("500 yen too many", [("500 yen", "JPY 500")]),
    ("1.500 euro last year", [("1.500 euro", "EUR 150000")]),
    # The currency is named and the number is in words, or the other way round.
    ("twenty bucks for a joke", [("twenty bucks", "USD")]),
    ("a hundred and ten pounds a year", [("a hundred and ten pounds", "GBP")]),
    ("some 30 pesos more", [("30 pesos", None)]),
    ("you charged me 29", [("29", None)]),
    ("it rose from 9.99 to 14.99", [("9.99", None), ("14.99", None)]),
    ("I want my 60 back", [("60", None)]),
    ("49 a month and it crashes", [("49", None)]),
    # German and Spanish.
    ("Sie haben 14,99 € abgebucht", [("14,99 €", "EUR 1499")]),
    ("mir wurden 1.200,50 EUR berechnet", [("1.200,50 EUR", "EUR 120050")]),
    ("5 Euro pro Monat sind mir zu viel", [("5 Euro", "EUR 500")]),
    ("me cobraron 29 euros de más", [("29 euros", "EUR 2900")]),
    ("son 15 dólares al mes", [("15 dólares", "USD 1500")]),
    ("vuelvan los 9,50 €", [("9,50 €", "EUR 950")]),
    # No amounts.
    ("I have 3 notebooks and 2 phones", []),
    ("my card was charged 20 times", []),
    ("version 2.10 crashes, 10% off is no help", []),
    ("it fails at 8.45 each day", []),
    ("zum 3.11 bitte", []),
    ("invoice 4711 of 192.168.10.20", []),
    ("I paid all 3 and try 2 more", []),
]

PLANS: list[tuple[str, Found]] = [
    ("move me from pro to BASIC", [("Pro", None), ("Basic", None)]),
    ("I am on Pro yearly", [("Pro yearly", None)]),
    ("annual pro costs a lot", [("Pro yearly", None)]),
    ("back to Team, please", [("Team", None)]),
    ("our team plan is too small", [("Team", None)]),
    ("is there a free version", [("Free", None)]),
    ("the team is rude, feel free to tell them", []),
    ("Dear Team, I am leaving", []),
    ("Team, I am leaving", []),
    ("5 Euro pro Monat, pro-rated", []),
    ("improve the program", []),
    ("", []),
]


@pytest.fixture(scope="module")
def plan_names() -> PlanNames:
    names = str(ROOT / "data" / "nlu" / "plan_names.yml")
    return PlanNames.listed_in(LabelImporter(training_data_paths=[names]).get_nlu_data())


@pytest.fixture
def extractor(tmp_path: Path, plan_names: PlanNames) -> DateAmountPlanExtractor:
    config = DateAmountPlanExtractor.get_default_config()
    return DateAmountPlanExtractor(
        config, LocalModelStorage(tmp_path), Resource("entities"), plan_names
    )


def read(extractor: DateAmountPlanExtractor, text: str, **further: Any) -> list[dict[str, Any]]:
    [message] = extractor.process([Message({TEXT: text, **further})])
    entities: list[dict[str, Any]] = message.get(ENTITIES)
    return entities


@pytest.mark.parametrize(("text", "found"), DATES)
def test_dates_are_found(text: str, found: Found) -> None:
    assert [(each.value, each.certain.get("day")) for each in dates_in(text, {TUESDAY})] == found


@pytest.mark.parametrize(("text", "found"), AMOUNTS)
def test_amounts_are_found(text: str, found: Found) -> None:
    worth = [
        (each.value, " ".join(str(part) for part in each.certain.values()) or None)
        for each in amounts_in(text, "USD")
    ]
    assert worth == found


@pytest.mark.parametrize(("text", "found"), PLANS)
def test_plans_are_found(plan_names: PlanNames, text: str, found: Found) -> None:
    assert [(each.value, None) for each in plan_names.find(text)] == found


@pytest.mark.parametrize(
    ("words", "written_on", "day"),
    [
        ("3 January", "2026-12-30", "2027-01-03"),
        ("30 December", "2027-01-03", "2026-12-30"),
        ("29 February", "2028-01-10", "2028-02-29"),
        ("29 February", "2027-01-10", None),
        ("24 August", "2026-11-24", "2026-08-24"),
        ("23 August", "2026-11-24", None),
        ("the 9th", "2026-11-24", None),
        ("9/9/2026", "2026-11-24", "2026-09-09"),
        ("heute", "2026-11-24", "2026-11-24"),
        ("99 Quintember", "2026-11-24", None),
    ],
)
def test_a_day_is_meant_only_where_it_can_be_no_other(
    words: str, written_on: str, day: str | None
) -> None:
    meant = day_meant(words, {date.fromisoformat(written_on)})
    assert (meant and meant.isoformat()) == day


def test_the_customers_day_is_the_one_that_is_told_or_any_that_it_is_somewhere() -> None:
    evening = datetime(2026, 11, 24, 20, tzinfo=UTC)
    both = {TUESDAY, date(2026, 11, 25)}
    assert possible_days({"day": "2026-11-23"}, evening) == {date(2026, 11, 23)}
    for nothing_told in (None, {}, {"day": "soon"}, {"day": 5}):
        assert possible_days(nothing_told, evening) == both


def test_tomorrow_is_certain_only_where_the_customers_day_is(
    extractor: DateAmountPlanExtractor,
) -> None:
    [told] = read(extractor, "end it tomorrow", metadata={"day": "2026-11-24"})
    assert told["day"] == "2026-11-25"
    [untold] = read(extractor, "end it tomorrow")
    assert untold["value"] == "tomorrow"
    assert "day" not in untold


def test_all_kinds_are_found_together(extractor: DateAmountPlanExtractor) -> None:
    text = "You took 29 euros on 3 November 2026 though I left Pro"
    found = read(extractor, text)
    name = {"extractor": "DateAmountPlanExtractor"}
    assert found == [
        {"entity": "amount", "value": "29 euros", "start": 9, "end": 17, **name,
         "currency": "EUR", "minor_units": 2900},
        {"entity": "date", "value": "3 November 2026", "start": 21, "end": 36, **name,
         "day": "2026-11-03"},
        {"entity": "plan", "value": "Pro", "start": 51, "end": 54, **name},
    ]  # fmt: skip


def test_an_address_is_left_whole_and_a_code_stays_a_code(
    extractor: DateAmountPlanExtractor,
) -> None:
    for text in ("basic-march@june.example", "pro@example.com", "the code is 123456"):
        before = contact_entities(text)
        assert len(before) == 1
        assert read(extractor, text, entities=before) == before


def test_a_sum_with_its_currency_is_no_code(extractor: DateAmountPlanExtractor) -> None:
    text = "I paid 1200 euros, and got the code 123456"
    assert [found["value"] for found in contact_entities(text)] == ["1200", "123456"]
    found = read(extractor, text, entities=contact_entities(text))
    assert [(each["entity"], each["value"]) for each in found] == [
        ("code", "123456"),
        ("amount", "1200 euros"),
    ]


def assert_apart_and_inside(text: str, plan_names: PlanNames) -> None:
    end = 0
    for span in entities_in(text, {TUESDAY}, plan_names, "USD"):
        assert end <= span.start < span.end <= len(text)
        if span.entity != "plan":
            assert span.value == text[span.start : span.end]
        end = span.end


def test_what_is_found_lies_in_the_text_and_apart(plan_names: PlanNames) -> None:
    texts = [text for text, _ in [*DATES, *AMOUNTS, *PLANS]]
    for one, other in zip(texts, reversed(texts), strict=True):
        for between in ("", " ", ". ", "\n", "-"):
            assert_apart_and_inside(one + between + other, plan_names)


@pytest.mark.parametrize(
    "part",
    ["1", "1 ", "12.", "\x00", "$1 ", "a", "the 1st to the ", "monday, the 1 to 2 ", "one hundred ",
     "charged me me me 20 ", "the end of the my ", "yearly pro ", "\ud800", "ı İ ſ K "],
)  # fmt: skip
def test_no_text_makes_the_search_slow(plan_names: PlanNames, part: str) -> None:
    text = part * (100_000 // len(part))
    started = time.process_time()
    found = entities_in(text, {TUESDAY}, plan_names, "USD")
    assert time.process_time() - started < 1
    assert all(span.end <= LONGEST_SEARCHED for span in found)
    assert_apart_and_inside(text, plan_names)


def test_nothing_is_read_off_a_number_that_the_cut_goes_through(plan_names: PlanNames) -> None:
    text = "x" * (LONGEST_SEARCHED - 5) + " $1234567"
    assert entities_in(text, {TUESDAY}, plan_names, "USD") == []


def test_dollars_are_those_of_the_company() -> None:
    [amount] = amounts_in("$14.99", "CAD")
    assert amount.certain == {"currency": "CAD", "minor_units": 1499}
    [amount] = amounts_in("US$14.99", "CAD")
    assert amount.certain == {"currency": "USD", "minor_units": 1499}


def test_a_dollar_that_is_no_currency_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidConfigException, match="dollar: bucks`, which is no currency"):
        DateAmountPlanExtractor(
            {"dollar": "bucks"}, LocalModelStorage(tmp_path), Resource("entities")
        )


def test_a_company_that_lists_no_plan_has_none(tmp_path: Path) -> None:
    PlanNames().save(tmp_path)
    assert PlanNames.load(tmp_path).find("bin the pro") == []


def heard_by_an_action(application: Application) -> list[dict[str, Any]]:
    entities: list[dict[str, Any]] = application.calls[-1]["tracker"]["latest_message"]["entities"]
    return entities


def test_an_action_is_told_what_was_found(bot: Bot, application: Application) -> None:
    bot.say("please cancel my gold plan, I paid 29 euros, end it on 31/12/2029")
    certain = ("day", "currency", "minor_units")
    found = [
        (each["entity"], each["value"], *(each[name] for name in certain if name in each))
        for each in heard_by_an_action(application)
    ]
    assert found == [
        ("plan", "Gold"),
        ("amount", "29 euros", "EUR", 2900),
        ("date", "31/12/2029", "2029-12-31"),
    ]


def test_a_wished_date_changes_no_rule(bot: Bot, application: Application) -> None:
    for text in ("please cancel my plan", "please cancel my gold plan for 31 December 2029"):
        bot.say(text)
        assert application.calls[-1]["next_action"] == "action_start_leaving"
