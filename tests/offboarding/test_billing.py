"""The ledger: every effect once, and what it says of the next payment and of the end."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
import time_machine
from sqlalchemy.orm import Session

from offboarding import clock
from offboarding.accounts.model import Subscription, SubscriptionState
from offboarding.billing.ledger import LedgerBilling
from offboarding.billing.model import EntryKind, LedgerEntry
from offboarding.billing.port import Payment
from offboarding.database import Database
from offboarding.errors import OffboardingError
from tests.factories import make_account, make_customer, make_plan, make_subscription

LATER = datetime(2027, 3, 1, tzinfo=UTC)


def subscribe(session: Session, price: str = "29.00", **how: object) -> Subscription:
    plan = make_plan(session, f"Plan for {price}", price=price)
    return make_subscription(session, make_customer(session), plan, **how)  # type: ignore[arg-type]


def entries(session: Session) -> list[LedgerEntry]:
    return list(session.scalars(sa.select(LedgerEntry)))


# --- keys


def _change_plan(billing: LedgerBilling, subscription: Subscription, session: Session) -> None:
    smaller = make_plan(session, "Basic", price="9.00")
    billing.change_plan(subscription, smaller, at=LATER, key="k")


WRITES: dict[str, Callable[[LedgerBilling, Subscription, Session], object]] = {
    "cancel": lambda billing, it, _: billing.cancel_at_period_end(it, key="k"),
    "end": lambda billing, it, _: billing.end(it, key="k"),
    "pause": lambda billing, it, _: billing.pause(
        it, starts_at=clock.now(), ends_at=LATER, key="k"
    ),
    "discount": lambda billing, it, _: billing.discount(it, percent=25, until=LATER, key="k"),
    "change plan": _change_plan,
    "extend trial": lambda billing, it, _: billing.extend_trial(it, until=LATER, key="k"),
}


@pytest.mark.parametrize("write", list(WRITES))
def test_a_key_makes_each_effect_happen_once(
    database: Database, now: time_machine.Traveller, write: str
) -> None:
    with database.write() as session:
        subscription = subscribe(session)
        before = _columns(subscription)
        WRITES[write](LedgerBilling(session), subscription, session)
        session.flush()
        once = _columns(subscription)
        assert once != before
        WRITES[write](LedgerBilling(session), subscription, session)
        session.flush()
        assert _columns(subscription) == once
        assert len(entries(session)) == 1


def test_a_late_repetition_does_not_bring_back_what_was_undone_since(database: Database) -> None:
    with database.write() as session:
        subscription, billing = subscribe(session), LedgerBilling(session)
        billing.cancel_at_period_end(subscription, key="case:cancel")
        billing.undo_cancellation(subscription, key="case:undo")
        billing.cancel_at_period_end(subscription, key="case:cancel")
        assert subscription.cancel_at is None


@pytest.mark.parametrize("write", ["pause", "change plan"])
def test_what_was_taken_back_is_paid_as_before_and_no_late_repetition_brings_it_back(
    database: Database, write: str
) -> None:
    with database.write() as session:
        subscription, billing = subscribe(session), LedgerBilling(session)
        before, payment = _columns(subscription), billing.next_payment(subscription)
        WRITES[write](billing, subscription, session)
        for _ in range(2):
            if write == "pause":
                billing.undo_pause(subscription, key="u")
            else:
                billing.stay_on_plan(subscription, subscription.plan, key="u")
            WRITES[write](billing, subscription, session)
        session.flush()
        assert (_columns(subscription), billing.next_payment(subscription)) == (before, payment)
        assert len(entries(session)) == 2


def test_a_plan_that_was_left_is_not_stayed_on(database: Database) -> None:
    with database.write() as session:
        subscription, billing = subscribe(session), LedgerBilling(session)
        before = subscription.plan
        subscription.plan = make_plan(session, "Basic", price="9.00")
        with pytest.raises(OffboardingError, match="moved to another plan"):
            billing.stay_on_plan(subscription, before, key="s")
        assert entries(session) == []


def test_the_ledger_notes_what_was_agreed_and_in_which_currency(database: Database) -> None:
    with database.write() as session:
        subscription = subscribe(session)
        LedgerBilling(session).discount(subscription, percent=25, until=LATER, key="k")
        [entry] = entries(session)
        assert (entry.kind, entry.currency, entry.amount_minor) == (EntryKind.DISCOUNT, "EUR", 0)
        assert entry.details == {"percent": 25, "until": LATER.isoformat()}


def test_the_database_itself_refuses_a_second_entry_of_a_key(database: Database) -> None:
    with database.write() as session:
        subscription = subscribe(session)
        LedgerBilling(session).end(subscription, key="k")
        session.add(
            LedgerEntry(
                subscription_id=subscription.id,
                kind=EntryKind.REFUND,
                currency="EUR",
                key="k",
                occurred_at=clock.now(),
                details={},
            )
        )
        with pytest.raises(sa.exc.IntegrityError):
            session.flush()
        session.rollback()


def test_what_has_ended_cannot_be_taken_back(database: Database) -> None:
    with database.write() as session:
        subscription, billing = subscribe(session), LedgerBilling(session)
        billing.cancel_at_period_end(subscription, key="cancel")
        billing.end(subscription, key="end")
        with pytest.raises(OffboardingError, match="ended already"):
            billing.undo_cancellation(subscription, key="undo")


# --- the next payment


def test_the_next_payment_is_the_price_at_the_end_of_the_period(database: Database) -> None:
    with database.write() as session:
        subscription = subscribe(session)
        assert subscription.period_end is not None
        expected = Payment(2900, "EUR", subscription.period_end)
        assert LedgerBilling(session).next_payment(subscription) == expected


def test_the_first_payment_after_a_trial_is_at_its_end(database: Database) -> None:
    with database.write() as session:
        subscription = subscribe(session, state=SubscriptionState.TRIALING)
        LedgerBilling(session).extend_trial(subscription, until=LATER, key="k")
        assert LedgerBilling(session).next_payment(subscription) == Payment(2900, "EUR", LATER)


def test_nothing_is_ever_taken_for_a_free_plan(database: Database) -> None:
    with database.write() as session:
        assert LedgerBilling(session).next_payment(subscribe(session, "0")) is None


def test_nothing_is_taken_for_what_was_cancelled(database: Database) -> None:
    with database.write() as session:
        subscription, billing = subscribe(session), LedgerBilling(session)
        billing.cancel_at_period_end(subscription, key="k")
        assert billing.next_payment(subscription) is None


def test_nothing_is_taken_for_what_has_ended(database: Database) -> None:
    with database.write() as session:
        subscription = subscribe(session, state=SubscriptionState.ENDED)
        assert LedgerBilling(session).next_payment(subscription) is None


def test_a_pause_moves_the_next_payment_to_its_end(database: Database) -> None:
    with database.write() as session:
        subscription, billing = subscribe(session), LedgerBilling(session)
        assert subscription.period_end is not None
        until = subscription.period_end + timedelta(days=60)
        billing.pause(subscription, starts_at=subscription.period_end, ends_at=until, key="k")
        assert billing.next_payment(subscription) == Payment(2900, "EUR", until)


def test_a_pause_that_is_over_moves_nothing(database: Database) -> None:
    with database.write() as session:
        subscription = subscribe(session)
        subscription.paused_from = clock.now() - timedelta(days=60)
        subscription.paused_until = clock.now() - timedelta(days=1)
        upcoming = LedgerBilling(session).next_payment(subscription)
        assert upcoming is not None
        assert upcoming.at == subscription.period_end


@pytest.mark.parametrize(
    ("price", "percent", "amount"),
    [("29.00", 25, 2175), ("9.99", 33, 670), ("0.01", 50, 1), ("29.00", 90, 290)],
)
def test_a_discount_is_taken_off_and_never_rounded_against_the_company(
    database: Database, price: str, percent: int, amount: int
) -> None:
    with database.write() as session:
        subscription, billing = subscribe(session, price), LedgerBilling(session)
        billing.discount(subscription, percent=percent, until=LATER, key="k")
        subscription.period_end = LATER - timedelta(seconds=1)
        upcoming = billing.next_payment(subscription)
        assert upcoming is not None
        assert upcoming.amount_minor == amount


def test_a_payment_at_the_discounts_last_instant_is_whole_again(database: Database) -> None:
    with database.write() as session:
        subscription, billing = subscribe(session, period_end=LATER), LedgerBilling(session)
        billing.discount(subscription, percent=25, until=LATER, key="k")
        assert billing.next_payment(subscription) == Payment(2900, "EUR", LATER)


def test_a_pause_may_outlast_a_discount(database: Database) -> None:
    with database.write() as session:
        subscription, billing = subscribe(session), LedgerBilling(session)
        assert subscription.period_end is not None
        end = subscription.period_end
        billing.discount(subscription, percent=25, until=end + timedelta(days=30), key="discount")
        until = end + timedelta(days=60)
        billing.pause(subscription, starts_at=end, ends_at=until, key="pause")
        assert billing.next_payment(subscription) == Payment(2900, "EUR", until)


def test_the_next_payment_is_that_of_the_plan_it_moves_to(database: Database) -> None:
    with database.write() as session:
        subscription, billing = subscribe(session), LedgerBilling(session)
        assert subscription.period_end is not None
        basic = make_plan(session, "Basic", price="9.00")
        billing.change_plan(subscription, basic, at=subscription.period_end, key="k")
        assert billing.next_payment(subscription) == Payment(900, "EUR", subscription.period_end)


def test_moving_to_a_free_plan_spares_the_next_payment(database: Database) -> None:
    with database.write() as session:
        subscription, billing = subscribe(session), LedgerBilling(session)
        free = make_plan(session, "Free", price="0")
        billing.change_plan(subscription, free, at=LATER, key="k")
        assert billing.next_payment(subscription) is None


def test_the_last_payment_is_the_latest_charge(database: Database) -> None:
    with database.write() as session:
        subscription, billing = subscribe(session), LedgerBilling(session)
        assert billing.last_payment(subscription) is None
        for month in (9, 11, 10):
            session.add(
                LedgerEntry(
                    subscription_id=subscription.id,
                    kind=EntryKind.CHARGE,
                    amount_minor=2900,
                    currency="EUR",
                    key=f"charge:{month}",
                    occurred_at=datetime(2026, month, 1, tzinfo=UTC),
                    details={},
                )
            )
        expected = Payment(2900, "EUR", datetime(2026, 11, 1, tzinfo=UTC))
        assert billing.last_payment(subscription) == expected


# --- the end of what is paid


@pytest.mark.parametrize(
    ("zone", "moment", "end"),
    [
        ("Europe/Berlin", "2026-11-23T09:30:00+00:00", "2026-11-23T23:59:59+01:00"),
        ("Europe/Berlin", "2026-11-23T23:30:00+00:00", "2026-11-24T23:59:59+01:00"),
        # Clocks go forward and back in the small hours.
        ("Europe/Berlin", "2026-03-29T00:30:00+00:00", "2026-03-29T23:59:59+02:00"),
        ("Europe/Berlin", "2026-10-25T00:30:00+00:00", "2026-10-25T23:59:59+01:00"),
        # Midnight does not exist on the next day: 23:59:59 is followed by 01:00.
        ("Africa/Cairo", "2026-04-23T12:00:00+00:00", "2026-04-23T23:59:59+02:00"),
        # The last hour comes twice: the day ends with the second.
        ("Asia/Beirut", "2026-10-24T12:00:00+00:00", "2026-10-24T23:59:59+02:00"),
        ("Asia/Beirut", "2026-10-24T21:30:00+00:00", "2026-10-24T23:59:59+02:00"),
        ("Pacific/Kiritimati", "2026-11-23T09:30:00+00:00", "2026-11-23T23:59:59+14:00"),
    ],
)
def test_a_free_plan_ends_with_the_accounts_own_day(
    database: Database, zone: str, moment: str, end: str
) -> None:
    with (
        time_machine.travel(datetime.fromisoformat(moment), tick=False),
        database.write() as session,
    ):
        account = make_account(session, time_zone=zone)
        customer = make_customer(session, account=account)
        subscription = make_subscription(session, customer, make_plan(session, "Free", price="0"))
        ends_at = LedgerBilling(session).preview_cancellation(subscription).ends_at
        assert ends_at == datetime.fromisoformat(end)
        assert ends_at.astimezone(ZoneInfo(zone)).isoformat() == end


def test_a_period_that_is_over_ends_today_and_not_in_the_past(
    database: Database, now: time_machine.Traveller
) -> None:
    with database.write() as session:
        subscription = subscribe(session, days_left=-3)
        ends_at = LedgerBilling(session).preview_cancellation(subscription).ends_at
        assert ends_at == datetime(2026, 11, 23, 23, 59, 59, tzinfo=UTC)


def test_the_preview_is_just_what_is_done(database: Database) -> None:
    with database.write() as session:
        subscription, billing = subscribe(session), LedgerBilling(session)
        preview = billing.preview_cancellation(subscription)
        assert billing.cancel_at_period_end(subscription, key="k") == preview.ends_at


def test_a_preview_of_what_is_cancelled_already_tells_its_end_and_spares_nothing(
    database: Database,
) -> None:
    with database.write() as session:
        ends_at = clock.now() + timedelta(days=3)
        subscription = subscribe(session, cancel_at=ends_at)
        preview = LedgerBilling(session).preview_cancellation(subscription)
        assert (preview.ends_at, preview.spared) == (ends_at, None)


def _columns(row: Subscription) -> dict[str, object]:
    return {column.key: getattr(row, column.key) for column in row.__table__.columns}
