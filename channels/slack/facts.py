"""What the desk is told of a hand-off: gathered once, shown on the card, in commands and lists."""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from channels.conversations.model import Conversation
from channels.desk.verified import leavable
from offboarding.accounts import service as accounts
from offboarding.accounts.model import Customer
from offboarding.cases.model import Case
from offboarding.handoffs.facts import case_of
from offboarding.handoffs.model import HandOff
from offboarding.handoffs.value import monthly_value
from offboarding.identity.service import identified_customer
from offboarding.offers.model import Offer
from offboarding.offers.service import offer_of
from offboarding.wording import date_text, money_text


@dataclass(frozen=True)
class DeskFacts:
    """What is known of who waits, in words; None where it is not known."""

    hand_off: HandOff
    channel: str
    """By which channel they write: web or sms."""
    customer: Customer | None
    verified: bool
    """Whether it is sure now that the customer writes."""
    plans: str | None
    monthly_value: str | None
    since: str | None
    case: Case | None
    offer: Offer | None
    language: str | None
    renews: bool
    """Whether they have a plan that goes on: something to offer on, or to cancel."""


def facts_for_desk(session: Session, hand_off: HandOff) -> DeskFacts:
    """Everything, as it is now."""
    conversation = session.get(Conversation, hand_off.conversation_id)
    speaker = identified_customer(session, hand_off.conversation_id)
    customer = speaker or (
        session.get(Customer, hand_off.customer_id) if hand_off.customer_id else None
    )
    case = case_of(session, hand_off, customer) if customer is not None else None
    return DeskFacts(
        hand_off=hand_off,
        channel=conversation.channel if conversation is not None else "web",
        customer=customer,
        verified=speaker is not None,
        plans=_plans(session, customer) if customer is not None else None,
        monthly_value=_value(session, customer) if customer is not None else None,
        since=date_text(customer.created_at, customer) if customer is not None else None,
        case=case,
        offer=offer_of(session, case) if case is not None else None,
        language=(conversation.locale if conversation is not None else None),
        renews=customer is not None and bool(leavable(session, customer)),
    )


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


def _value(session: Session, customer: Customer) -> str | None:
    value = monthly_value(session, customer.account_id)
    if value.currency is None:
        return None
    return f"{money_text(value.minor, value.currency)} a month"
