"""Whose account an agent may act on: the customer's of this conversation, while it is sure."""

from collections.abc import Sequence

from sqlalchemy.orm import Session

from offboarding.accounts import service as accounts
from offboarding.accounts.model import Customer, Subscription
from offboarding.cases import service as cases
from offboarding.errors import NotFoundError, OffboardingError
from offboarding.handoffs.model import HandOff
from offboarding.identity.service import identified_customer

HOW_TO_VERIFY = (
    "It is not sure who writes here. Ask them to sign in, or to cancel with Cancel now; or hand "
    "back, and the assistant makes sure by a code sent to their e-mail address."
)


class NotVerifiedError(OffboardingError):
    """It is not sure, or not any more, who the customer is."""

    word = "not_verified"

    def __init__(self) -> None:
        super().__init__(HOW_TO_VERIFY)


def verified_customer(session: Session, hand_off: HandOff) -> Customer:
    """The customer, known for sure now. Raises NotVerifiedError."""
    customer = identified_customer(session, hand_off.conversation_id)
    if customer is None:
        raise NotVerifiedError
    return customer


def leavable(session: Session, customer: Customer) -> Sequence[Subscription]:
    """What the customer has and has not cancelled, in the order it is always listed."""
    return [each for each in accounts.subscriptions(session, customer.account_id) if each.renews]


def chosen(
    session: Session, hand_off: HandOff, customer: Customer, subscription_id: str | None
) -> Subscription:
    """The subscription meant: the one named, else the one the talk is about, else the first.

    Raises NotFoundError when it is not this customer's, or there is none.
    """
    of_account = accounts.subscriptions(session, customer.account_id)
    known = {each.id: each for each in of_account}
    if subscription_id is not None:
        if subscription_id not in known:
            raise NotFoundError("They have no such plan any more. Close this window and look anew.")
        return known[subscription_id]
    case = cases.case_in_conversation(session, hand_off.conversation_id, customer)
    of_talk = case.subscription if case is not None and case.subscription_id in known else None
    candidates = [each for each in of_account if each.renews]
    if of_talk is not None and of_talk.renews:
        return of_talk
    if not candidates:
        raise NotFoundError("They have no plan that goes on, so there is nothing to do here.")
    return candidates[0]
