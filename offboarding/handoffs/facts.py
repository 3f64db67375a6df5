"""What is known of who waits for a person, for choosing the team."""

from sqlalchemy.orm import Session

from offboarding.accounts.model import Customer
from offboarding.billing.port import BillingPort
from offboarding.billing.stripe.failures import BillingUnknownError
from offboarding.cases import service as cases
from offboarding.cases.model import Case
from offboarding.cases.reasons import ChurnReason
from offboarding.handoffs.causes import HandOffCause
from offboarding.handoffs.model import HandOff
from offboarding.handoffs.routing import RoutingFacts
from offboarding.handoffs.value import MonthlyValue, monthly_value


def facts_of(
    session: Session,
    hand_off: HandOff,
    billing: BillingPort | None,
    reason: ChurnReason | None = None,
) -> RoutingFacts:
    """The facts that policy/routing.yml asks for; of a stranger only the cause and the reason.

    `billing` says what the account is worth; without it, or where it can't say, no route by value
    fits. `reason` is why they leave, as far as they said it before there was a case.
    """
    customer = session.get(Customer, hand_off.customer_id) if hand_off.customer_id else None
    return facts_about(
        session, hand_off.conversation_id, customer, hand_off.cause, billing, reason=reason
    )


def facts_about(
    session: Session,
    conversation_id: str,
    customer: Customer | None,
    cause: HandOffCause | None,
    billing: BillingPort | None,
    *,
    reason: ChurnReason | None = None,
) -> RoutingFacts:
    """As `facts_of`, before there is a hand-off."""
    if customer is None:
        return RoutingFacts(cause=cause, reason=reason)
    account = customer.account
    value = _value(session, account.id, billing)
    case = cases.case_in_conversation(session, conversation_id, customer)
    return RoutingFacts(
        cause=cause,
        reason=(case.reason if case else None) or reason,
        plan_id=case.subscription.plan_id if case else None,
        account_kind=account.kind,
        account_manager=account.account_manager_name is not None,
        monthly_value_minor=value.minor if value is not None else None,
        currency=value.currency if value is not None else None,
        jurisdiction=account.jurisdiction,
        language=customer.locale.split("-")[0].split("_")[0].lower(),
    )


def _value(session: Session, account_id: str, billing: BillingPort | None) -> MonthlyValue | None:
    if billing is None:
        return None
    try:
        return monthly_value(session, account_id, billing)
    except BillingUnknownError:  # who waits must not wait for that
        return None


def case_of(session: Session, hand_off: HandOff, customer: Customer) -> Case | None:
    """The off-boarding case that the conversation is about, if there is one."""
    return cases.case_in_conversation(session, hand_off.conversation_id, customer)
