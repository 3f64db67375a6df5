"""What is paid back to who leaves: by law within 14 days, beyond it by rule, never too much."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
import time_machine
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from offboarding.accounts.model import Account, AccountKind, Customer, Interval, Subscription
from offboarding.billing.ledger import LedgerBilling
from offboarding.cases.reasons import ChurnReason
from offboarding.database import Database, new_identifier
from offboarding.handoffs.declaring import WrittenDeclaration, declare
from offboarding.policies.refunds import BY_LAW, RefundPolicy
from offboarding.policies.store import Policies
from offboarding.receipts.model import Declaration
from offboarding.refunds.model import Refund, refund_from_json
from offboarding.refunds.preview import refund_preview, verdicts
from offboarding.refunds.withdrawal import last_day
from tests.factories import (
    make_account,
    make_customer,
    make_payment,
    make_plan,
    make_subscription,
)
from tests.offboarding.conftest import NOW

BERLIN = ZoneInfo("Europe/Berlin")
YEARLY = {
    "name": "yearly",
    "because": "you leave within 30 days of the payment",
    "intervals": ["year"],
    "within_days_of_payment": 30,
    "pays_back": "unused_months",
}
LAST_PAYMENT = {**YEARLY, "name": "last", "intervals": ["month", "year"]} | {
    "pays_back": "last_payment"
}


def policy(*goodwill: dict[str, Any], **withdrawal: Any) -> RefundPolicy:
    return RefundPolicy.model_validate(
        {
            "version": "2026-11-28",
            "reviewed_by": "nobody",
            "withdrawal": {
                "countries": sorted(BY_LAW),
                "days": 14,
                "pays_back": "everything",
                "because": "you may withdraw",
                **withdrawal,
            },
            "ask_a_person_above": {"EUR": 50000},
            "goodwill": list(goodwill),
        }
    )


def subscribed(
    session: Session,
    *,
    days_ago: int = 3,
    interval: Interval = Interval.MONTH,
    price: str = "29.00",
    paid: bool = True,
    **account: Any,
) -> Subscription:
    """Somebody in Germany whose contract began so many days ago, at noon, and who paid then."""
    place = make_account(session, **{"country": "DE", "time_zone": "Europe/Berlin", **account})
    customer = make_customer(session, f"{new_identifier()}@example.org", account=place)
    began = NOW.astimezone(BERLIN).replace(hour=12, minute=0) - timedelta(days=days_ago)
    months = 12 if interval is Interval.YEAR else 1
    plan = make_plan(session, f"plan {interval} {price}", interval=interval, price=price)
    subscription = make_subscription(
        session, customer, plan, started_at=began, period_end=_months_after(began, months)
    )
    if paid:
        make_payment(session, subscription)
    return subscription


def _months_after(moment: datetime, months: int) -> datetime:
    year, month = divmod(moment.month - 1 + months, 12)
    return moment.replace(year=moment.year + year, month=month + 1, day=min(moment.day, 28))


def preview(
    session: Session, subscription: Subscription, by: RefundPolicy, **how: Any
) -> Refund | None:
    return refund_preview(subscription, LedgerBilling(session), by, **how)


def local(wall: str, zone: str) -> datetime:
    """The instant at which the clock on the wall shows this in a zone."""
    return datetime.fromisoformat(wall).replace(tzinfo=ZoneInfo(zone))


def amount(refund: Refund | None) -> int:
    return 0 if refund is None else refund.amount_minor


# --- until which day


@pytest.mark.parametrize(
    ("country", "zone", "began", "last"),
    [
        # Monday to Monday: the day it began is not counted.
        ("IE", "Europe/Dublin", "2026-11-09T10:00", "2026-11-23"),
        ("IE", "Europe/Dublin", "2026-11-09T00:00:01", "2026-11-23"),
        # Saturday and Sunday: the Monday after.
        ("IE", "Europe/Dublin", "2026-11-07T10:00", "2026-11-23"),
        ("IE", "Europe/Dublin", "2026-11-08T10:00", "2026-11-23"),
        # Over the end of a month, of a short one, of a leap day, of a year.
        ("DE", "Europe/Berlin", "2027-01-18T09:00", "2027-02-01"),
        ("DE", "Europe/Berlin", "2027-02-16T09:00", "2027-03-02"),
        ("DE", "Europe/Berlin", "2028-02-15T09:00", "2028-02-29"),
        ("DE", "Europe/Berlin", "2028-02-16T09:00", "2028-03-01"),
        # Christmas Day on a Friday, then Boxing Day, then Sunday; New Year's Day on a Friday.
        ("DE", "Europe/Berlin", "2026-12-11T09:00", "2026-12-28"),
        ("DE", "Europe/Berlin", "2026-12-18T09:00", "2027-01-04"),
        # Clocks go back (25 October 2026) and forward (28 March 2027) on the way.
        ("DE", "Europe/Berlin", "2026-10-12T23:30", "2026-10-26"),
        ("DE", "Europe/Berlin", "2027-03-16T00:30", "2027-03-30"),
        # A day of its own in the zone of the account.
        ("FR", "Pacific/Auckland", "2026-11-10T00:30", "2026-11-24"),
    ],
)
def test_the_last_day_is_the_fourteenth_or_the_next_working_day(
    country: str, zone: str, began: str, last: str
) -> None:
    account = Account(country=country, time_zone=zone)
    assert last_day(local(began, zone), 14, account) == date.fromisoformat(last)


def test_a_holiday_of_the_region_counts_where_the_region_is_known() -> None:
    began = datetime(2026, 10, 18, 9, tzinfo=BERLIN)  # 14 days later is All Saints', a Sunday
    assert last_day(began, 14, Account(country="DE", time_zone="Europe/Berlin")).day == 2
    began = datetime(2024, 10, 18, 9, tzinfo=BERLIN)  # All Saints' on a Friday, in Bavaria alone
    at_home = Account(country="DE", region="BY", time_zone="Europe/Berlin")
    assert last_day(began, 14, at_home) == date(2024, 11, 4)
    elsewhere = Account(country="DE", region="BE", time_zone="Europe/Berlin")
    assert last_day(began, 14, elsewhere) == date(2024, 11, 1)


@pytest.mark.parametrize(
    ("moment", "fits"),
    [
        ("2026-11-23T23:59:59", True),
        ("2026-11-24T00:00:00", False),
    ],
)
def test_the_right_ends_with_the_last_day_where_the_account_is(
    database: Database, now: time_machine.Traveller, moment: str, fits: bool
) -> None:
    with database.write() as session:
        subscription = subscribed(session, days_ago=14, time_zone="America/Guadeloupe")
        now.move_to(local(moment, "America/Guadeloupe"))
        assert (preview(session, subscription, policy()) is not None) is fits


# --- withdrawal


def test_a_consumer_within_the_days_gets_all_back(
    database: Database, now: time_machine.Traveller
) -> None:
    with database.write() as session:
        refund = preview(session, subscribed(session), policy())
        assert refund is not None
        assert (refund.rule, refund.amount_minor, refund.currency) == ("withdrawal", 2900, "EUR")
        assert (refund.is_withdrawal, refund.by_a_person) == (True, False)
        assert refund.policy_version == "2026-11-28"
        assert refund_from_json(refund.as_json()) == refund


@pytest.mark.parametrize(
    ("how", "because"),
    [
        ({"kind": AccountKind.BUSINESS}, "not for a business account"),
        ({"country": "US"}, "not for accounts in US"),
        ({"days_ago": 15}, "the last day was 23 November 2026"),
        ({"paid": False}, "nothing was paid"),
    ],
)
def test_who_has_not_the_right_is_told_why(
    database: Database, now: time_machine.Traveller, how: dict[str, Any], because: str
) -> None:
    now.move_to(datetime(2026, 11, 24, 9, tzinfo=UTC))
    with database.write() as session:
        subscription = subscribed(session, **{"days_ago": 2, **how})
        if how.get("days_ago") == 15:
            subscription.started_at = datetime(2026, 11, 9, 9, tzinfo=UTC)
        [verdict] = verdicts(subscription, LedgerBilling(session), policy())
        assert not verdict.fits
        assert because in verdict.because


def test_every_payment_since_the_beginning_comes_back_each_from_itself(
    database: Database, now: time_machine.Traveller
) -> None:
    with database.write() as session:
        subscription = subscribed(session)
        second = make_payment(session, subscription, 1000, at=NOW - timedelta(days=1))
        refund = preview(session, subscription, policy())
        assert refund is not None
        assert [part.amount_minor for part in refund.parts] == [1000, 2900]
        assert refund.parts[0].payment == second.id


def test_what_was_paid_back_before_is_not_paid_back_again(
    database: Database, now: time_machine.Traveller
) -> None:
    with database.write() as session:
        subscription, billing = subscribed(session), LedgerBilling(session)
        billing.refund(subscription, amount_minor=2000, key="before")
        assert amount(preview(session, subscription, policy())) == 900
        billing.refund(subscription, amount_minor=900, key="the rest")
        assert preview(session, subscription, policy()) is None


def test_proportionally_is_for_those_alone_who_asked_that_it_begin(
    database: Database, now: time_machine.Traveller
) -> None:
    by = policy(pays_back="proportionally")
    with database.write() as session:
        subscription = subscribed(session, days_ago=10, price="30.00")
        assert amount(preview(session, subscription, by)) == 3000
        subscription.begun_on_request_at = subscription.started_at
        # From 13 November to 13 December are 30 days, of which ten were given: 10 euros.
        assert amount(preview(session, subscription, by)) == 2000
        assert amount(preview(session, subscription, policy())) == 3000


def test_proportionally_is_less_what_came_back_before(
    database: Database, now: time_machine.Traveller
) -> None:
    with database.write() as session:
        subscription = subscribed(session, days_ago=10, price="30.00")
        subscription.begun_on_request_at = subscription.started_at
        LedgerBilling(session).refund(subscription, amount_minor=1500, key="before")
        assert amount(preview(session, subscription, policy(pays_back="proportionally"))) == 500


def declare_withdrawal(session: Session, subscription: Subscription, on: datetime) -> None:
    """Of the account's customer, on the page without signing in."""
    customer = session.scalars(
        sa.select(Customer).where(Customer.account_id == subscription.account_id)
    ).one()
    with time_machine.travel(on, tick=False):
        declared = WrittenDeclaration(Declaration.WITHDRAWAL, "Amara", "Pro", customer.email)
        declare(session, declared, new_identifier())


def test_a_withdrawal_that_was_declared_counts_from_its_moment_for_fourteen_days(
    database: Database, now: time_machine.Traveller
) -> None:
    """It began on 9 November: the last day to withdraw is the 23rd."""
    with database.write() as session:
        subscription = subscribed(session, days_ago=0)
        subscription.started_at = datetime(2026, 11, 9, 9, tzinfo=UTC)
        declared_at = datetime(2026, 11, 23, 22, 59, tzinfo=UTC)  # a minute before midnight
        declare_withdrawal(session, subscription, declared_at)
        for later, paid_back in ((timedelta(minutes=2), 2900), (timedelta(days=14), 2900)):
            now.move_to(declared_at + later)
            assert amount(preview(session, subscription, policy())) == paid_back
        [verdict] = verdicts(subscription, LedgerBilling(session), policy())
        assert "declared on 23 November 2026" in verdict.because
        assert verdict.refund is not None
        assert verdict.refund.because.startswith("your withdrawal reached us within the days")
        now.move_to(declared_at + timedelta(days=14, seconds=1))
        assert preview(session, subscription, policy()) is None


@pytest.mark.parametrize(
    "declared_at",
    [
        pytest.param(datetime(2026, 11, 23, 23, 0, tzinfo=UTC), id="a day too late"),
        pytest.param(datetime(2026, 11, 9, 8, 59, tzinfo=UTC), id="of an earlier contract"),
    ],
)
def test_a_withdrawal_that_was_not_declared_within_the_days_moves_nothing(
    database: Database, now: time_machine.Traveller, declared_at: datetime
) -> None:
    with database.write() as session:
        subscription = subscribed(session, days_ago=0)
        subscription.started_at = datetime(2026, 11, 9, 9, tzinfo=UTC)
        declare_withdrawal(session, subscription, declared_at)
        now.move_to(datetime(2026, 11, 24, 9, tzinfo=UTC))
        assert preview(session, subscription, policy()) is None


def test_proportionally_the_days_are_given_until_the_withdrawal_came_in(
    database: Database, now: time_machine.Traveller
) -> None:
    by = policy(pays_back="proportionally")
    with database.write() as session:
        subscription = subscribed(session, days_ago=10, price="30.00")
        subscription.begun_on_request_at = subscription.started_at
        declare_withdrawal(session, subscription, NOW - timedelta(days=1))
        assert amount(preview(session, subscription, by)) == 2100


@pytest.mark.parametrize(
    ("pays_back", "goodwill", "paid_back"),
    [
        ("proportionally", LAST_PAYMENT, ("last", 2900)),
        ("proportionally", {**LAST_PAYMENT, "plans": ["another"]}, ("withdrawal", 1740)),
        ("everything", LAST_PAYMENT, ("withdrawal", 2900)),
    ],
)
def test_nobody_is_paid_back_less_because_somebody_declared_that_they_withdraw(
    database: Database,
    now: time_machine.Traveller,
    pays_back: str,
    goodwill: dict[str, Any],
    paid_back: tuple[str, int],
) -> None:
    """Anybody can declare it, with the address of anybody."""
    by = policy(goodwill, pays_back=pays_back)
    with database.write() as session:
        subscription = subscribed(session, days_ago=20)
        subscription.begun_on_request_at = subscription.started_at
        without = amount(preview(session, subscription, by))
        declare_withdrawal(session, subscription, NOW - timedelta(days=8))
        refund = preview(session, subscription, by)
        assert refund is not None
        assert (refund.rule, refund.amount_minor) == paid_back
        assert refund.amount_minor >= without


def test_what_is_large_or_in_an_unnamed_currency_is_released_by_a_person(
    database: Database, now: time_machine.Traveller
) -> None:
    with database.write() as session:
        small = preview(session, subscribed(session, price="500.00"), policy())
        large = preview(session, subscribed(session, price="500.01"), policy())
        assert small is not None
        assert large is not None
        assert (small.by_a_person, large.by_a_person) == (False, True)
        other = subscribed(session, paid=False)
        make_payment(session, other, 100, currency="SEK")
        swedish = preview(session, other, policy())
        assert swedish is not None
        assert (swedish.currency, swedish.by_a_person) == ("SEK", True)


def test_of_two_currencies_the_last_one_comes_back_and_a_person_sees_to_the_rest(
    database: Database, now: time_machine.Traveller
) -> None:
    with database.write() as session:
        subscription = subscribed(session)
        make_payment(session, subscription, 700, currency="USD", at=NOW - timedelta(days=1))
        refund = preview(session, subscription, policy())
        assert refund is not None
        assert (refund.amount_minor, refund.currency, refund.by_a_person) == (700, "USD", True)


# --- goodwill


def test_beyond_the_law_nothing_is_paid_back_as_shipped(
    database: Database, policies: Policies, now: time_machine.Traveller
) -> None:
    with database.write() as session:
        subscription = subscribed(session, days_ago=40, interval=Interval.YEAR)
        assert preview(session, subscription, policies.refunds) is None


@pytest.mark.parametrize(("days_ago", "left"), [(0, 12), (1, 11), (20, 11), (30, 11), (31, None)])
def test_unused_months_come_back_whole(
    database: Database, now: time_machine.Traveller, days_ago: int, left: int | None
) -> None:
    """A month that begins today is unused; the day of the payment is not counted."""
    with database.write() as session:
        subscription = subscribed(
            session, days_ago=days_ago, interval=Interval.YEAR, price="120.00", country="US"
        )
        refund = preview(session, subscription, policy(YEARLY))
        assert amount(refund) == 1000 * (left or 0)


def test_of_a_years_renewal_the_last_payment_counts_and_no_other(
    database: Database, now: time_machine.Traveller
) -> None:
    with database.write() as session:
        subscription = subscribed(session, days_ago=375, interval=Interval.YEAR, price="120.00")
        subscription.period_end = NOW + timedelta(days=355)
        renewed = make_payment(session, subscription, at=NOW - timedelta(days=10))
        refund = preview(session, subscription, policy(YEARLY))
        assert refund is not None
        assert [(part.payment, part.amount_minor) for part in refund.parts] == [(renewed.id, 11000)]


def test_a_period_that_was_not_paid_pays_nothing_back(
    database: Database, now: time_machine.Traveller
) -> None:
    """The payment of the period before is not what they do without."""
    with database.write() as session:
        subscription = subscribed(session, days_ago=28, country="US")
        subscription.period_end = NOW + timedelta(days=30)  # it renewed today, unpaid
        [_, verdict] = verdicts(subscription, LedgerBilling(session), policy(LAST_PAYMENT))
        assert verdict.because == "the period that runs was not paid"


@pytest.mark.parametrize(
    ("rule", "because"),
    [
        ({"intervals": ["year"]}, "not for a plan paid by the month"),
        ({"account_kinds": ["business"]}, "not for a consumer account"),
        ({"plans": ["team"]}, "not for the plan plan-month-29.00"),
        ({"countries": ["DE", "US-MN"]}, "not for accounts in US-CA"),
        ({"reasons": ["low_quality"]}, "does not fit the reason (unused)"),
        ({"within_days_of_payment": 2}, "paid more than 2 days ago, on 20 November 2026"),
    ],
)
def test_a_rule_that_does_not_fit_says_why(
    database: Database, now: time_machine.Traveller, rule: dict[str, Any], because: str
) -> None:
    with database.write() as session:
        subscription = subscribed(session, country="US", region="CA")
        by = policy({**LAST_PAYMENT, **rule})
        judged = verdicts(subscription, LedgerBilling(session), by, ChurnReason.UNUSED)
        assert [(each.fits, each.because) for each in judged[1:]] == [(False, because)]


def test_a_rule_that_fits_in_all_is_applied(
    database: Database, now: time_machine.Traveller
) -> None:
    rule = {
        **LAST_PAYMENT,
        "account_kinds": ["consumer"],
        "plans": ["plan-month-29.00"],
        "countries": ["US-CA"],
        "reasons": ["unused"],
    }
    with database.write() as session:
        subscription = subscribed(session, country="US", region="CA")
        refund = preview(session, subscription, policy(rule), reason=ChurnReason.UNUSED)
        assert amount(refund) == 2900
        assert preview(session, subscription, policy(rule)) is None


def test_the_first_rule_that_fits_is_applied_and_the_law_comes_before_all(
    database: Database, now: time_machine.Traveller
) -> None:
    second = {**LAST_PAYMENT, "name": "second"}
    with database.write() as session:
        abroad = preview(session, subscribed(session, country="US"), policy(LAST_PAYMENT, second))
        assert abroad is not None
        assert abroad.rule == "last"
        at_home = preview(session, subscribed(session), policy(LAST_PAYMENT, second))
        assert at_home is not None
        assert at_home.rule == "withdrawal"


# --- whatever happens


@hypothesis_settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    hours=st.integers(0, 9 * 365 * 24),
    zone=st.sampled_from(
        ["Europe/Berlin", "Europe/London", "Atlantic/Azores", "Pacific/Auckland", "UTC"]
    ),
    seconds_later=st.integers(0, 40 * 86400),
    charges=st.lists(st.tuples(st.integers(1, 99999), st.integers(0, 40)), max_size=4),
    back=st.lists(st.integers(1, 99999), max_size=4),
    interval=st.sampled_from(Interval),
    kind=st.sampled_from(AccountKind),
    country=st.sampled_from(["DE", "GB", "NO", "US"]),
    pays_back=st.sampled_from(["everything", "proportionally"]),
    requested=st.booleans(),
    goodwill=st.lists(st.sampled_from([YEARLY, LAST_PAYMENT]), max_size=2, unique_by=id),
)
def test_never_more_than_paid_never_less_than_nothing_never_twice(
    database: Database,
    *,
    hours: int,
    zone: str,
    seconds_later: int,
    charges: Sequence[tuple[int, int]],
    back: Sequence[int],
    interval: Interval,
    kind: AccountKind,
    country: str,
    pays_back: str,
    requested: bool,
    goodwill: Sequence[dict[str, Any]],
) -> None:
    start = datetime(2024, 1, 1, tzinfo=UTC) + timedelta(hours=hours)
    moment = start + timedelta(seconds=seconds_later)
    by = policy(*goodwill, pays_back=pays_back)
    with time_machine.travel(moment, tick=False), database.write() as session:
        subscription = subscribed(
            session, paid=False, interval=interval, kind=kind, country=country, time_zone=zone
        )
        subscription.started_at = start
        subscription.period_end = moment + timedelta(days=13)
        subscription.begun_on_request_at = start if requested else None
        billing = LedgerBilling(session)
        for minor, day in charges:
            make_payment(session, subscription, minor, at=start + timedelta(days=day))
        for taken, minor in zip(billing.payments(subscription), back, strict=False):
            billing.refund(
                subscription,
                amount_minor=min(minor, taken.left_minor),
                key=new_identifier(),
                payment=taken.payment.reference,
            )

        left = {each.payment.reference: each.left_minor for each in billing.payments(subscription)}
        refund = preview(session, subscription, by)
        if refund is not None:
            named = [part.payment for part in refund.parts]
            assert len(named) == len(set(named))
            assert all(0 < part.amount_minor <= left[part.payment] for part in refund.parts)
            for part in refund.parts:  # the ledger, which has the last word, agrees
                billing.refund(
                    subscription,
                    amount_minor=part.amount_minor,
                    key=new_identifier(),
                    payment=part.payment,
                )
            if refund.rule == "withdrawal" and pays_back == "everything":
                assert refund.amount_minor == sum(left.values())
                assert preview(session, subscription, by) is None
        has_the_right = (
            kind is AccountKind.CONSUMER
            and country != "US"
            and sum(left.values()) > 0
            and moment.astimezone(ZoneInfo(zone)).date()
            <= start.astimezone(ZoneInfo(zone)).date() + timedelta(days=14)
        )
        if has_the_right and pays_back == "everything":
            assert refund is not None
            assert refund.rule == "withdrawal"
        session.rollback()
