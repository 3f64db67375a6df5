"""Taking back what was agreed in place of leaving, while it has yet to come."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from offboarding import clock
from offboarding.accounts.model import Customer, Subscription
from offboarding.audit import service as audit
from offboarding.billing.port import BillingPort
from offboarding.cases import service as cases
from offboarding.cases.model import Case
from offboarding.errors import TransitionError
from offboarding.offers.model import Offer, OfferAnswer, OfferKind
from offboarding.receipts import service as receipts
from offboarding.receipts.model import Receipt, ReceiptKind


def to_be_taken_back(session: Session, subscription: Subscription) -> Offer | None:
    """The pause or the smaller plan that was agreed by an offer of ours and has yet to begin.

    The newest of several. None where it has begun, was taken back before, or was agreed elsewhere:
    then it is for a person.
    """
    if not subscription.renews:
        return None
    taken_back = sa.select(Receipt.case_id).where(Receipt.kind == ReceiptKind.UNDO)
    agreed = session.scalars(
        sa.select(Offer)
        .join(Case, Case.id == Offer.case_id)
        .where(
            Case.subscription_id == subscription.id,
            Offer.answer == OfferAnswer.ACCEPTED,
            Offer.kind.in_([OfferKind.PAUSE, OfferKind.SMALLER_PLAN]),
            Case.id.not_in(taken_back),
        )
        .order_by(Offer.answered_at.desc())
    )
    return next((offer for offer in agreed if _has_yet_to_come(offer, subscription)), None)


def take_back(
    session: Session, offer: Offer, customer: Customer, *, billing: BillingPort
) -> Receipt:
    """Let the subscription go on as it was before the offer was taken.

    A second time changes nothing. Raises NotFoundError when it is not this customer's, and
    TransitionError when it has begun, or something else was agreed or cancelled since.
    """
    case = session.get_one(Case, offer.case_id)
    cases.check_owner(case, customer)
    cases.lock(session, case)
    done = receipts.receipt_of(session, case, ReceiptKind.UNDO)
    if done is not None:
        return done
    subscription = case.subscription
    if to_be_taken_back(session, subscription) is not offer:
        raise TransitionError("It can't be taken back any more.")
    key = f"{offer.id}:taken-back"
    if offer.kind is OfferKind.PAUSE:
        billing.undo_pause(subscription, key=key)
    else:
        billing.stay_on_plan(subscription, subscription.plan, key=key)
    case.customer = customer
    audit.record(session, "offer_taken_back", case.id, offer=offer.name)
    upcoming = billing.next_payment(subscription)
    return receipts.issue(
        session,
        case,
        ReceiptKind.UNDO,
        {
            "offer": offer.kind.value,
            "plan_name": subscription.plan.name,
            "currency": subscription.plan.currency,
            "next_payment_minor": upcoming.amount_minor if upcoming else None,
            "next_payment_at": upcoming.at.isoformat() if upcoming else None,
        },
    )


def _has_yet_to_come(offer: Offer, subscription: Subscription) -> bool:
    starts_at = datetime.fromisoformat(offer.terms["starts_at"])
    if starts_at <= clock.now():
        return False
    if offer.kind is OfferKind.PAUSE:
        return subscription.paused_until is not None
    next_plan = subscription.next_plan
    return next_plan is not None and next_plan.id == offer.terms["offer_plan_id"]
