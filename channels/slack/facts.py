"""What the desk is told of a hand-off: gathered once, shown on the card, in commands and lists."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from channels.conversations.model import Conversation
from channels.desk.offers_made import offer_made
from channels.desk.verified import leavable
from offboarding import clock
from offboarding.accounts import service as accounts
from offboarding.accounts.model import Customer, Subscription
from offboarding.billing.port import BillingPort
from offboarding.billing.stripe.failures import BillingUnknownError
from offboarding.cases import service as cases
from offboarding.cases.model import Case
from offboarding.handoffs.facts import case_of
from offboarding.handoffs.model import HandOff
from offboarding.handoffs.value import monthly_value
from offboarding.identity.service import (
    identified_customer,
    sure_at_most_until,
    valid_identity,
)
from offboarding.offers.allowed import NO_MOMENT, barred, hard_moment
from offboarding.policies.store import Policies
from offboarding.wording import date_text, money_text


@dataclass(frozen=True)
class DeskFacts:
    """What is known of who waits, in words; None where it is not known."""

    hand_off: HandOff
    channel: str
    """By which channel they write: web or sms."""
    customer: Customer | None
    verified_until: datetime | None
    """So long it is sure that the customer writes, if nobody writes again; None: it is not now."""
    sure_at_most_until: datetime | None
    """By text it is not sure for longer, however often they write; None where it may be."""
    plans: str | None
    monthly_value: str | None
    since: str | None
    case: Case | None
    case_opened_on: str | None
    """The day of a case that is not of this conversation."""
    offer: str | None
    """The newest offer and what became of it, in whichever case it was made."""
    language: str | None
    renews: bool
    """Whether they have a plan that goes on: something to offer on, or to cancel."""
    offers_barred: str | None
    """Why nothing may be offered on any of their plans, in a sentence; None where something may."""

    @property
    def verified(self) -> bool:
        """Whether it is sure now that the customer writes."""
        return self.verified_until is not None


def facts_for_desk(
    session: Session, hand_off: HandOff, policies: Policies, billing: BillingPort
) -> DeskFacts:
    """Everything, as it is now."""
    conversation = session.get(Conversation, hand_off.conversation_id)
    speaker = identified_customer(session, hand_off.conversation_id)
    identity = valid_identity(session, hand_off.conversation_id) if speaker is not None else None
    customer = speaker or (
        session.get(Customer, hand_off.customer_id) if hand_off.customer_id else None
    )
    since = clock.now() - timedelta(days=policies.offers.cooldown_days)
    case = _case(session, hand_off, customer, since) if customer is not None else None
    elsewhere = case is not None and case.conversation_id != hand_off.conversation_id
    going_on = leavable(session, customer) if customer is not None else ()
    return DeskFacts(
        hand_off=hand_off,
        channel=conversation.channel if conversation is not None else "web",
        customer=customer,
        verified_until=sure_until(identity.lapses_at) if identity is not None else None,
        sure_at_most_until=sure_at_most_until(session, identity) if identity is not None else None,
        plans=_plans(session, customer) if customer is not None else None,
        monthly_value=_value(session, customer, billing) if customer is not None else None,
        since=date_text(customer.created_at, customer) if customer is not None else None,
        case=case,
        case_opened_on=(
            date_text(case.opened_at, customer)
            if case is not None and customer is not None and elsewhere
            else None
        ),
        offer=(
            offer_made(session, conversation, customer, since)
            if conversation is not None and customer is not None
            else None
        ),
        language=(conversation.locale if conversation is not None else None),
        renews=bool(going_on),
        offers_barred=_barred(session, hand_off, going_on, policies),
    )


def sure_until(lapses_at: datetime | None) -> datetime | None:
    """Until when it is sure who writes, as the card says it; None once it is not.

    Each message moves it on: by the quarter of an hour, so that not every one rewrites the card,
    and never later than it is.
    """
    moment = clock.now()
    if lapses_at is None or lapses_at < moment:
        return None
    minute = lapses_at.replace(second=0, microsecond=0)
    quarter = minute.replace(minute=minute.minute // 15 * 15)
    return quarter if quarter > moment else minute


def _case(session: Session, hand_off: HandOff, customer: Customer, since: datetime) -> Case | None:
    """The case of this conversation, else the account's newest: it may go on by text, on a page."""
    known = case_of(session, hand_off, customer)
    return known or cases.newest_case(session, customer, since)


def _barred(
    session: Session,
    hand_off: HandOff,
    subscriptions: Sequence[Subscription],
    policies: Policies,
) -> str | None:
    if not subscriptions:
        return NO_MOMENT if hard_moment(session, hand_off.conversation_id) else None
    reasons = [barred(session, hand_off, each, policies) for each in subscriptions]
    return None if None in reasons else reasons[0]


def _plans(session: Session, customer: Customer) -> str:
    names = [
        f"{subscription.plan.name} ({subscription.state.value}"
        + (
            f", ends {date_text(subscription.cancel_at, customer)})"
            if subscription.cancel_at
            else ")"
        )
        for subscription in accounts.subscriptions(session, customer.account_id)
    ]
    return ", ".join(names) or "no plan"


def _value(session: Session, customer: Customer, billing: BillingPort) -> str | None:
    try:
        value = monthly_value(session, customer.account_id, billing)
    except BillingUnknownError:
        return "can't be seen just now"
    if value.currency is None:
        return None
    return f"{money_text(value.minor, value.currency)} a month"
