"""Every wish is counted once, as what became of it; nobody who left is counted as having stayed."""

import json
import shutil
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import time_machine
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from offboarding import clock
from offboarding.accounts.model import Interval, SubscriptionState
from offboarding.cases.reasons import ChurnReason
from offboarding.cases.states import CaseState
from offboarding.database import Database, new_identifier
from offboarding.erasure import service as erasure
from offboarding.handoffs import service as handoffs
from offboarding.insights import words
from offboarding.insights.departures import OUTCOMES, Outcome, Way, departures
from offboarding.insights.intervals import Share, difference
from offboarding.insights.period import (
    EARLIEST,
    MOST_DAYS,
    Period,
    PeriodInvalidError,
    last_days,
    period,
)
from offboarding.insights.report import as_json
from offboarding.insights.service import NOT_GIVEN, Insights, insights
from offboarding.insights.table import table
from offboarding.insights.tallies import Money
from offboarding.offers.model import OfferKind
from offboarding.offers.service import held_out, offer_on_request
from offboarding.policies.store import Policies
from offboarding.settings import REPOSITORY
from tests.factories import make_customer, make_plan, make_subscription
from tests.offboarding.conftest import NOW
from tests.offboarding.insights.leavers import Leavers

LONDON, BERLIN = ZoneInfo("Europe/London"), ZoneInfo("Europe/Berlin")
R = ChurnReason


@pytest.fixture
def session(database: Database, now: time_machine.Traveller) -> Iterator[Session]:
    with database.write() as session:
        yield session


@pytest.fixture
def people(session: Session, policies: Policies) -> Leavers:
    return Leavers(session, policies)


def seen(session: Session, days: int = 30) -> Insights:
    session.flush()
    return insights(session, last_days(days, LONDON))


# --- which days


def test_a_period_is_of_whole_days_where_the_company_is(now: time_machine.Traveller) -> None:
    found = period(date(2026, 10, 24), date(2026, 10, 25), BERLIN)  # clocks go back on the 25th
    assert found.starts_at == datetime(2026, 10, 23, 22, tzinfo=UTC)
    assert found.ends_at - found.starts_at == timedelta(hours=49)
    assert found.before == Period(date(2026, 10, 22), date(2026, 10, 23), BERLIN)
    assert last_days(1, BERLIN).first == last_days(1, BERLIN).last == date(2026, 11, 23)


@pytest.mark.parametrize(
    ("first", "last", "said"),
    [
        (date(2026, 11, 2), date(2026, 11, 1), "The last day is before the first"),
        (date(2026, 11, 24), date(2026, 11, 30), "That has not begun yet"),
        (date(2020, 1, 1), date(2026, 11, 1), f"Choose {MOST_DAYS:,} at most"),
        (date(2026, 11, 1), date.max, f"Choose {MOST_DAYS:,} at most"),
        (date.min, date.min, "Choose a first day from 2000-01-01 on"),
        (date(1999, 12, 31), date(2000, 1, 1), "Choose a first day from 2000-01-01 on"),
        (date.max, date.max, "That has not begun yet"),
    ],
)
def test_days_that_can_not_be_looked_at_are_named(
    now: time_machine.Traveller, first: date, last: date, said: str
) -> None:
    with pytest.raises(PeriodInvalidError) as refused:
        period(first, last, LONDON)
    assert said in refused.value.sentence


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/New_York", "Pacific/Kiritimati"])
def test_the_earliest_days_have_as_many_before_them(now: time_machine.Traveller, zone: str) -> None:
    last = EARLIEST + timedelta(days=MOST_DAYS - 1)
    found = period(EARLIEST, last, ZoneInfo(zone))
    assert found.before.ends_at == found.starts_at
    assert found.before.days == MOST_DAYS


def test_a_wish_counts_on_its_day_there_and_once(people: Leavers, session: Session) -> None:
    for moment in (
        datetime(2026, 10, 31, 22, 59, tzinfo=UTC),  # 23:59 in Berlin
        datetime(2026, 10, 31, 23, 0, tzinfo=UTC),
        datetime(2026, 11, 30, 22, 59, tzinfo=UTC),
        datetime(2026, 11, 30, 23, 0, tzinfo=UTC),
    ):
        people.wishes().opened_at = moment
    session.flush()
    november = Period(date(2026, 11, 1), date(2026, 11, 30), BERLIN)
    assert [each.opened_at.day for each in departures(session, november)] == [31, 30]
    assert len(departures(session, november.before)) == 1


# --- what became of it


def test_nobody_is_counted_as_having_stayed_who_only_went_away(
    people: Leavers, session: Session
) -> None:
    people.leaves(people.wishes(R.UNUSED))
    people.stays(people.wishes())
    people.comes_back(people.wishes())
    people.wishes()
    found = seen(session).all
    assert (found.wishes, found.left, found.stayed, found.came_back, found.undecided) == (
        4, 1, 1, 1, 1,
    )  # fmt: skip
    assert (found.decided, found.still_here) == (3, Share(2, 3))


def test_who_stayed_and_left_later_did_not_stay(
    people: Leavers, session: Session, now: time_machine.Traveller
) -> None:
    kept = people.wishes(R.TOO_EXPENSIVE)
    people.accepts(kept)
    now.shift(timedelta(days=20))
    people.leaves(people.wish_of(kept.subscription))
    found = seen(session)
    assert (found.all.stayed, found.all.left, found.all.left_later) == (1, 1, 1)
    assert found.all.still_here == Share(0, 2)
    [first, second] = found.departures
    assert first.left_at == second.confirmed_at == clock.now()
    assert first.still_here_after(19)
    assert not first.still_here_after(20)


def test_a_plan_that_ended_without_a_case_is_no_longer_here(
    people: Leavers, session: Session, now: time_machine.Traveller
) -> None:
    ended, unknown = people.wishes(), people.wishes()
    for case in (ended, unknown):
        people.stays(case)
        case.subscription.state = SubscriptionState.ENDED
    ended.subscription.cancel_at = NOW + timedelta(days=5)
    now.shift(timedelta(days=9))
    found = seen(session)
    assert found.all.left_later == 2
    assert [each.still_here_after(3) for each in found.departures].count(True) == 1


def test_who_begins_another_plan_after_the_end_has_returned(
    people: Leavers, session: Session, now: time_machine.Traveller
) -> None:
    case = people.wishes()
    people.leaves(case)
    people.ends(case, now)
    assert seen(session).all.returned == 0
    now.shift(timedelta(days=1))
    make_subscription(session, case.customer, started_at=clock.now())
    assert seen(session).all.returned == 1


def test_what_they_paid_is_counted_by_the_month_and_each_currency_by_itself(
    people: Leavers, session: Session
) -> None:
    people.leaves(people.wishes())
    people.leaves(people.wishes())
    yearly = make_plan(session, "Year", price="100.00", interval=Interval.YEAR, currency="USD")
    customer = make_customer(session, "year@example.org")
    people.leaves(people.wish_of(make_subscription(session, customer, yearly)))
    free = make_plan(session, "Free", price="0.00")
    people.leaves(
        people.wish_of(make_subscription(session, make_customer(session, "free@example.org"), free))
    )
    assert seen(session).all.leaving == (Money(5800, "EUR"), Money(833, "USD"))


# --- why


def test_reasons_are_told_with_those_of_the_days_before(
    people: Leavers, session: Session, now: time_machine.Traveller
) -> None:
    for reason in (R.UNUSED, R.UNUSED, R.LOW_QUALITY):
        people.leaves(people.wishes(reason))
    now.shift(timedelta(days=30))
    people.leaves(people.wishes(R.UNUSED))
    people.leaves(people.wishes(), source="page")
    people.leaves(people.wishes(), source="agent:1")
    found = seen(session)
    lines = {line.name: (line.tally.wishes, line.before) for line in found.reasons}
    assert lines == {NOT_GIVEN: (2, 0), "unused": (1, 2), "low_quality": (0, 1)}
    assert [line.name for line in found.reasons] == [NOT_GIVEN, "unused", "low_quality"]
    assert found.reasons[0].share == pytest.approx(2 / 3)
    assert found.ways == [(Way.CHAT, 1), (Way.PAGE, 1), (Way.PERSON, 1)]


def test_by_time_with_us_and_country(people: Leavers, session: Session) -> None:
    people.wish_of(people.subscriber(started_at=NOW - timedelta(days=31)))
    people.wish_of(people.subscriber(started_at=NOW - timedelta(days=32)))
    people.wishes(country="DE")
    found = seen(session)
    assert [(line.name, line.tally.wishes) for line in found.stays] == [
        ("Up to a month", 1),
        ("One to three months", 1),
        ("Longer than two years", 1),
    ]
    assert [(line.name, line.tally.wishes) for line in found.countries] == [("GB", 2), ("DE", 1)]


def test_the_course_has_every_week_and_every_month_also_without_a_wish(
    people: Leavers, session: Session
) -> None:
    people.wishes()
    assert [tally.wishes for _, tally in seen(session, 15).course] == [0, 0, 1]
    by_month = seen(session, 100).course
    assert [start for start, _ in by_month] == [
        date(2026, 8, 16), date(2026, 9, 1), date(2026, 10, 1), date(2026, 11, 1),
    ]  # fmt: skip
    assert [tally.wishes for _, tally in by_month] == [0, 0, 0, 1]


def test_how_quickly_they_were_let_go(
    people: Leavers, session: Session, now: time_machine.Traveller
) -> None:
    for seconds in range(10, 110, 10):
        case = people.wishes()
        now.shift(timedelta(seconds=seconds))
        people.leaves(case)
    speed = seen(session).speed
    assert (speed.median, speed.nine_of_ten) == (50, 90)
    assert seen(session, 1).speed == speed


# --- offers


def test_an_offer_has_helped_only_who_is_still_here(
    people: Leavers, session: Session, now: time_machine.Traveller
) -> None:
    takers = [people.wishes(R.UNUSED) for _ in range(4)]
    for case in takers:
        people.accepts(case)
    declined, open_one = people.wishes(R.UNUSED), people.wishes(R.UNUSED)
    people.offered(open_one)
    people.declines(declined)
    now.shift(timedelta(days=45))
    people.leaves(people.wish_of(takers[0].subscription))
    now.shift(timedelta(days=20))
    [line] = seen(session, 90).offers
    assert (line.name, line.made, line.accepted, line.declined, line.unanswered) == (
        "pause-for-a-while", 6, 4, 1, 1,
    )  # fmt: skip
    assert [each.share for each in line.still_here] == [Share(4, 4), Share(3, 4), Share(0, 0)]


@pytest.fixture
def policies_with_holdout(tmp_path: Path) -> Policies:
    """Policies as shipped, but that a third get no offer."""
    folder = tmp_path / "policy"
    shutil.copytree(REPOSITORY / "policy", folder)
    offers = (folder / "offers.yml").read_text()
    (folder / "offers.yml").write_text(offers.replace("holdout_percent: 0", "holdout_percent: 33"))
    return Policies(folder)


def test_with_whom_an_offer_is_left_out_chance_decides_and_it_is_compared(
    session: Session, policies_with_holdout: Policies, now: time_machine.Traveller
) -> None:
    people = Leavers(session, policies_with_holdout)
    policy = policies_with_holdout.offers
    left_out = 0
    for _ in range(60):
        case = people.wishes(R.UNUSED)
        offer = people.offered(case)
        out = held_out(policy, case.subscription.account_id)
        assert (offer is None) is out
        assert people.offered(case) is offer  # asked again it is the same
        left_out += out
        if out:
            people.leaves(case)
        else:
            people.accepts(case)
    now.shift(timedelta(days=31))
    found = seen(session, 60)
    assert 5 <= left_out <= 40
    [line] = found.offers
    assert line.made == 60 - left_out
    [compared] = found.holdouts
    assert [each.share for each in compared.made][:2] == [
        Share(60 - left_out, 60 - left_out),
        Share(0, 0),
    ]
    assert compared.held_out[0].share == Share(0, left_out)
    month, *later = compared.differences
    assert month is not None
    assert (month.value, month.sure) == (1.0, True)
    assert later == [None, None]


def test_what_a_customer_asks_for_is_never_left_out(
    session: Session, policies_with_holdout: Policies
) -> None:
    people = Leavers(session, policies_with_holdout)
    case = people.wishes(R.UNUSED)
    while not held_out(policies_with_holdout.offers, case.subscription.account_id):
        case = people.wishes(R.UNUSED)
    assert people.offered(case) is None
    asked = offer_on_request(session, case, OfferKind.PAUSE, policies_with_holdout)
    assert asked is not None


@given(st.integers(0, 400), st.integers(0, 400))
def test_an_interval_holds_its_share_and_narrows_with_more(count: int, more: int) -> None:
    share = Share(count, count + more)
    low, high = share.interval
    assert 0 <= low <= high <= 1
    if share.of:
        assert low <= share.value <= high
        tenfold = Share(count * 10, share.of * 10).interval
        assert tenfold[1] - tenfold[0] <= high - low


def test_a_difference_is_the_one_of_newcombes_paper() -> None:
    """Statistics in Medicine 17 (1998), table II, example (a), method 10."""
    found = difference(Share(56, 70), Share(48, 80))
    assert found is not None
    assert (round(found.value, 4), round(found.low, 4), round(found.high, 4)) == (
        0.2, 0.0524, 0.3339,
    )  # fmt: skip
    assert found.sure
    assert difference(Share(0, 0), Share(1, 2)) is None


# --- people, survey and words


def test_who_skipped_a_question_is_told_from_whose_words_were_erased(
    people: Leavers, session: Session, now: time_machine.Traveller
) -> None:
    erased, skipped = people.wishes(R.UNUSED, "I never open it"), people.wishes()
    for case in (erased, skipped):
        people.leaves(case)
    people.answers(erased, "Work offline", None)
    people.answers(skipped, None, None)
    people.ends(erased, now)
    assert len(words.said(session, last_days(60, LONDON)).said) == 2
    erasure.erase(session, erased, [])
    session.flush()
    survey = {each.question.value: (each.asked, each.answered) for each in seen(session, 60).survey}
    assert survey == {"improve": (2, 1), "return": (2, 0)}
    assert words.said(session, last_days(60, LONDON)).said == []
    assert seen(session, 60).reasons[-1].name in {"unused", NOT_GIVEN}


def test_words_are_read_without_who_wrote_them(people: Leavers, session: Session) -> None:
    case = people.wishes(R.OTHER, "Mail me at amara@example.org or call +44 20 7946 0018, 25% less")
    people.leaves(case)
    people.answers(case, "Cheaper than 1,200 a year", None)
    people.wishes(R.UNUSED, "no time")
    found = words.said(session, last_days(1, LONDON))
    assert {each.words for each in found.said} == {
        "Mail me at … or call …, 25% less",
        "Cheaper than 1,200 a year",
        "no time",
    }
    only = words.said(session, last_days(1, LONDON), reason=R.UNUSED)
    assert [each.words for each in only.said] == ["no time"]
    assert len(words.said(session, last_days(1, LONDON), most=1).said) == 1


@pytest.mark.parametrize(
    "told",
    [
        "I have breast cancer, stage 3, Dr Meyer says six months",
        "my mother Anna Lefebvre died on Tuesday",
        "my ex Tom Lefebvre stalks me, I hide at 12 Rue Foch",
        "I lost my job at Larkspur",
        "I want to die",
    ],
)
def test_what_tells_of_a_hard_moment_is_counted_and_not_read(
    people: Leavers, session: Session, told: str
) -> None:
    case = people.wishes(R.OTHER, told)
    people.leaves(case)
    people.answers(case, "Work offline", f"Nothing, {told}")
    found = words.said(session, last_days(1, LONDON))
    assert [each.words for each in found.said] == ["Work offline"]
    assert found.left_out == 2
    assert words.said(session, last_days(1, LONDON), reason=R.UNUSED).left_out == 0
    assert [(each.name, each.tally.wishes) for each in seen(session).reasons] == [("other", 1)]


@pytest.mark.parametrize(
    "number",
    [
        "0170 123 4567",
        "0170\u00a0123\u00a04567",
        "0170\u2011123\u20114567",
        "0170\u2013123\u20134567",
        "0170 \u2013 123 \u2013 4567",
        "0170_123_4567",
        "0170\t123\t4567",
        "0170\u200b123\u200b4567",
        "0170\u202f123\u00ad4567",
        "+49 (0) 170 - 123 45 67",
        "1,234,567,890",
        "1'234'567",
        "\uff10\uff11\uff17\uff10\uff11\uff12\uff13",
        "4111\u00b71111\u00b71111\u00b71111",
        "4242, 4242, 4242, 4242",
        "5105; 1051; 0510; 5100",
        "3782, 822463, 10005",
    ],
)
def test_a_long_number_is_masked_whatever_divides_it(number: str) -> None:
    assert words.masked(f"call {number} please") == "call … please"


@pytest.mark.parametrize(
    "address",
    [
        "maya@northwind.com",
        "maya\uff20northwind.com",
        "maya\ufe6bnorthwind\uff0ecom",
        "maya@northwind\u3002com",
        "maya@northwind\uff61com",
        "maya at northwind dot com",
        "Maya dot O AT northwind DOT co DOT uk",
        "maya(at)northwind.com",
        "maya [at] northwind [dot] com",
    ],
)
def test_an_address_is_masked_in_whatever_characters(address: str) -> None:
    assert words.masked(f"mail {address}, please") == "mail …, please"


@pytest.mark.parametrize(
    "said",
    [
        "it was €29.00, €39.00, €49.00",
        "20%, 25%, 30%, 35% more in four years",
        "from 1,200 to 1,500 a year since 2024",
        "9 of 10 times, 24/7",
        "in 2023, 2024 and 2025",
        "in 2021, 2022, 2023, 2024",
        "1200, 1300, 1400, 1500 notes",
        "we looked at notion.so, at least",
        "I was at home. The dot of the i is missing",
        "meet us @ noon",
    ],
)
def test_amounts_shares_and_years_are_no_long_numbers(said: str) -> None:
    assert words.masked(said) == said


@pytest.mark.parametrize(
    "again", ["1.", "1,", "1", "a.", "a@", "a dot ", "a at ", "1 ", "(at)", "4242, ", "[ ", "a b@"]
)
def test_long_words_are_masked_in_time(again: str) -> None:
    """A page may hold 200 texts. Read anew from each character, this takes most of a minute."""
    long = again * (100_000 // len(again))
    began = time.process_time()
    words.masked(long)
    assert time.process_time() - began < 5


def test_how_those_fared_who_asked_for_a_person(
    session: Session, now: time_machine.Traveller
) -> None:
    for minutes in (2, 4):
        hand_off = handoffs.request(session, new_identifier())
        hand_off.claim_due_at = clock.now() + timedelta(minutes=3)
        hand_off.claimed_at = clock.now() + timedelta(minutes=minutes)
    alone = handoffs.request(session, new_identifier())
    alone.claim_due_at = alone.unanswered_at = clock.now()
    found = seen(session).people
    assert (found.asked_for, found.promised, found.kept, found.nobody_came) == (3, 3, 1, 1)
    assert found.median_wait == timedelta(minutes=3)


# --- for programs


def test_the_table_has_every_wish_and_nothing_of_a_person(
    people: Leavers, session: Session
) -> None:
    case = people.wishes(R.UNUSED, "=HYPERLINK()", plan="=Pro")
    people.offered(case)
    people.leaves(case)
    columns, row = table(seen(session).departures, with_cases=True)
    cells = dict(zip(columns, row, strict=True))
    assert cells["case"] == case.number
    assert cells["plan"] == "'=Pro"
    assert (cells["outcome"], cells["reason"], cells["way"]) == ("left", "unused", "chat")
    assert (cells["monthly_minor"], cells["currency"]) == ("2900", "EUR")
    assert cells["said_at"] == "2026-11-23T09:30:00Z"
    assert cells["offers"] == "pause-for-a-while=unanswered"
    assert "HYPERLINK" not in str(row)
    assert list(table(seen(session).departures, with_cases=False)) == [columns[1:], row[1:]]
    assert columns[0] == "case"


def test_all_of_it_is_json(people: Leavers, session: Session) -> None:
    people.accepts(people.wishes(R.UNUSED))
    people.leaves(people.wishes(R.LOW_QUALITY))
    found = json.loads(json.dumps(as_json(seen(session))))
    assert found["all"]["still_here"]["count"] == 1
    assert found["reasons"][0]["wishes"] == 1
    assert found["offers"][0]["still_here"][0] == {"days": 30, "count": 0, "of": 0}
    assert (found["from"], found["to"]) == ("2026-10-25", "2026-11-23")


def test_of_nobody_there_is_nothing_to_learn(session: Session) -> None:
    found = seen(session)
    assert (found.all.wishes, found.reasons, found.offers, found.all.leaving) == (0, [], [], ())
    assert found.speed.median is None
    assert json.dumps(as_json(found))


def test_what_became_of_each_state_is_known() -> None:
    assert set(OUTCOMES) == set(CaseState)
    assert set(OUTCOMES.values()) == set(Outcome)
