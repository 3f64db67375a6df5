"""What was agreed in place of leaving is taken back before it begins, once, with a receipt."""

from datetime import timedelta

import pytest
import sqlalchemy as sa
import time_machine
from sqlalchemy.orm import Session

from channels.facts import receipt_facts
from offboarding.accounts.model import Subscription
from offboarding.audit import service as audit
from offboarding.billing.ledger import LedgerBilling
from offboarding.billing.model import LedgerEntry
from offboarding.billing.port import Payment
from offboarding.cases.model import Case
from offboarding.database import Database
from offboarding.errors import NotFoundError, TransitionError
from offboarding.offers import service as offers
from offboarding.offers.model import Offer, OfferKind
from offboarding.offers.taking_back import take_back, to_be_taken_back
from offboarding.policies.store import Policies
from offboarding.receipts.model import Receipt
from tests.factories import make_customer
from tests.offboarding.test_offers import leave, subscribe

KINDS = [OfferKind.PAUSE, OfferKind.SMALLER_PLAN]
COLUMNS = ("plan_id", "next_plan_id", "paused_from", "paused_until", "state", "cancel_at")


def agree(
    session: Session, kind: OfferKind, policies: Policies
) -> tuple[Subscription, Offer, Case]:
    """A subscription of which this was agreed on request, in a case."""
    subscription = subscribe(session)
    case = leave(session, subscription)
    offer = offers.offer_on_request(session, case, kind, policies)
    assert offer is not None
    offers.accept(session, case, offer, LedgerBilling(session))
    return subscription, offer, case


@pytest.mark.parametrize("kind", KINDS)
def test_it_goes_on_and_is_paid_as_before_with_a_receipt_and_a_line_in_the_log(
    database: Database, policies: Policies, now: time_machine.Traveller, kind: OfferKind
) -> None:
    with database.write() as session:
        subscription, offer, case = agree(session, kind, policies)
        billing = LedgerBilling(session)
        assert to_be_taken_back(session, subscription) is offer
        receipt = take_back(session, offer, case.customer, billing=billing)
        assert take_back(session, offer, case.customer, billing=billing) is receipt
        assert (subscription.plan.name, subscription.next_plan) == ("Pro", None)
        assert (subscription.paused_from, subscription.paused_until) == (None, None)
        assert subscription.period_end is not None
        assert billing.next_payment(subscription) == Payment(2900, "EUR", subscription.period_end)
        assert len(session.scalars(sa.select(LedgerEntry)).all()) == 2
        lines = [line.event for line in audit.entries(session, case.id)]
        assert lines.count("offer_taken_back") == 1


@pytest.mark.parametrize("kind", KINDS)
def test_both_receipts_say_that_it_was_taken_back(
    database: Database, policies: Policies, now: time_machine.Traveller, kind: OfferKind
) -> None:
    with database.write() as session:
        _subscription, offer, case = agree(session, kind, policies)
        undone = take_back(session, offer, case.customer, billing=LedgerBilling(session))
        first = session.scalars(sa.select(Receipt).where(Receipt.id != undone.id)).one()
        facts = receipt_facts(session, undone)
        assert "cancellation" not in facts.heading
        assert {row.label for row in facts.rows} == {"Case", "Plan", "Undone on", "Next payment"}
        [sentence] = receipt_facts(session, first).sentences
        assert "taken back on" in sentence
        assert "Pro goes on as before." in sentence


@pytest.mark.parametrize("kind", KINDS)
def test_what_has_begun_is_not_taken_back(
    database: Database, policies: Policies, now: time_machine.Traveller, kind: OfferKind
) -> None:
    with database.write() as session:
        subscription, offer, case = agree(session, kind, policies)
        assert subscription.period_end is not None
        now.move_to(subscription.period_end + timedelta(minutes=1))
        assert to_be_taken_back(session, subscription) is None
        before = [getattr(subscription, name) for name in COLUMNS]
        with pytest.raises(TransitionError):
            take_back(session, offer, case.customer, billing=LedgerBilling(session))
        assert [getattr(subscription, name) for name in COLUMNS] == before


def test_what_is_arranged_elsewhere_once_ours_was_taken_back_is_not_ours(
    database: Database, policies: Policies, now: time_machine.Traveller
) -> None:
    """Else "that is taken back" would be said, and nothing done."""
    with database.write() as session:
        subscription, offer, case = agree(session, OfferKind.SMALLER_PLAN, policies)
        basic, billing = subscription.next_plan, LedgerBilling(session)
        receipt = take_back(session, offer, case.customer, billing=billing)
        subscription.next_plan = basic  # as the payment provider's own pages do
        session.flush()
        assert to_be_taken_back(session, subscription) is None
        assert take_back(session, offer, case.customer, billing=billing) is receipt
        assert subscription.next_plan is basic


def test_a_pause_is_still_to_be_taken_back_when_the_plan_agreed_after_it_was(
    database: Database, policies: Policies, now: time_machine.Traveller
) -> None:
    with database.write() as session:
        subscription, pause, case = agree(session, OfferKind.PAUSE, policies)
        billing = LedgerBilling(session)
        now.shift(timedelta(minutes=1))
        second = leave(session, subscription)
        plan = offers.offer_on_request(session, second, OfferKind.SMALLER_PLAN, policies)
        assert plan is not None
        offers.accept(session, second, plan, billing)
        assert to_be_taken_back(session, subscription) is plan
        take_back(session, plan, case.customer, billing=billing)
        assert to_be_taken_back(session, subscription) is pause
        take_back(session, pause, case.customer, billing=billing)
        assert (subscription.next_plan, subscription.paused_until) == (None, None)
        assert to_be_taken_back(session, subscription) is None


def test_somebody_else_takes_nothing_back(
    database: Database, policies: Policies, now: time_machine.Traveller
) -> None:
    with database.write() as session:
        subscription, offer, _case = agree(session, OfferKind.PAUSE, policies)
        with pytest.raises(NotFoundError):
            take_back(
                session,
                offer,
                make_customer(session, "other@example.org"),
                billing=LedgerBilling(session),
            )
        assert subscription.paused_until is not None
