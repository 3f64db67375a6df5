"""Whether an agent may make an offer here. What holds for the assistant's offers holds for theirs.

None where law, policy or the moment forbids it; after a no, only if the customer asks.
"""

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from offboarding.accounts.model import Subscription
from offboarding.cases.model import Case
from offboarding.handoffs.causes import HandOffCause
from offboarding.handoffs.model import HandOff
from offboarding.offers import service as offers
from offboarding.offers.bounds import Choice, choices
from offboarding.offers.errors import OfferBoundsError, OfferNotAllowedError
from offboarding.offers.model import Offer, OfferAnswer, OfferKind
from offboarding.policies.store import Policies

HARD_MOMENTS = frozenset(
    {
        HandOffCause.DANGER,
        HandOffCause.BEREAVEMENT,
        HandOffCause.HARDSHIP,
        HandOffCause.FRAUD,
        HandOffCause.LEGAL_THREAT,
        HandOffCause.WITHDRAWAL,
    }
)
"""Causes of a hand-off after which nobody makes an offer in this conversation."""

NO_MOMENT = "This is no moment for an offer. Help them with what they came for."

ASKED = "asked"
"""The field that says whether the customer asked for it."""


@dataclass(frozen=True)
class Wish:
    """What an agent wants to offer. `key` is the window's: the same again is the same offer."""

    kind: OfferKind
    percent: int | None
    months: int | None
    days: int | None
    customer_asked: bool
    key: str


def hard_moment(session: Session, conversation_id: str) -> bool:
    """Whether a person was ever wanted here for a cause after which nobody makes an offer."""
    causes = sa.select(HandOff.id).where(
        HandOff.conversation_id == conversation_id, HandOff.cause.in_(list(HARD_MOMENTS))
    )
    return session.scalar(causes.limit(1)) is not None


def barred(
    session: Session, hand_off: HandOff, subscription: Subscription, policies: Policies
) -> str | None:
    """Why nothing may be offered here, in a sentence for the agent; None where it may."""
    if hard_moment(session, hand_off.conversation_id):
        return NO_MOMENT
    forbidden = offers.barred_by_law(policies.offers, subscription)
    if forbidden is not None:
        return f"Nothing can be offered: {forbidden}."
    if not subscription.renews:
        return f"Nothing can be offered: {subscription.plan.name} is cancelled already."
    if not choices(subscription, policies.routing.agent_offers):
        return f"Policy has nothing to offer for {subscription.plan.name}."
    return None


def only_if_asked(
    session: Session, case: Case | None, subscription: Subscription, policies: Policies
) -> str | None:
    """Why an offer may be made only if the customer asked for one, in a sentence; else None."""
    recent = offers.recent_offers(policies.offers, subscription)
    if case is not None:
        if session.scalar(offers_in(case, OfferAnswer.DECLINED).limit(1)) is not None:
            return "They said no to an offer. Make another one only if they asked for it."
        if _open_offer_by_agent(session, case) is not None:
            return "They have not answered your last offer. Replace it only if they asked for it."
        recent = recent.where(Offer.case_id != case.id)
    if session.scalar(recent.limit(1)) is not None:
        days = policies.offers.cooldown_days
        return f"They had an offer in the last {days} days. Make one only if they asked for it."
    return None


def check_allowed(
    session: Session, hand_off: HandOff, case: Case, wish: Wish, policies: Policies
) -> bool:
    """Whether a wish needs a second person.

    Raises OfferNotAllowedError or OfferBoundsError.
    """
    if case.state not in offers.UNDECIDED:
        raise OfferNotAllowedError("This case is decided already, so nothing can be offered.")
    forbidden = barred(session, hand_off, case.subscription, policies)
    if forbidden is not None:
        raise OfferNotAllowedError(forbidden)
    condition = only_if_asked(session, case, case.subscription, policies)
    if condition is not None and not wish.customer_asked:
        raise OfferNotAllowedError(condition, ASKED)
    choice = _choice(case.subscription, wish.kind, policies)
    return choice.check(percent=wish.percent, months=wish.months, days=wish.days)


def _choice(subscription: Subscription, kind: OfferKind, policies: Policies) -> Choice:
    for choice in choices(subscription, policies.routing.agent_offers):
        if choice.kind is kind:
            return choice
    because = next(offers.impossibilities(kind, subscription), "policy does not have it")
    raise OfferBoundsError(f"This can't be offered: {because}.")


def offers_in(case: Case, answer: OfferAnswer | None) -> sa.Select[Offer]:
    """The offers of a case with this answer; None: those that wait for one."""
    return sa.select(Offer).where(Offer.case_id == case.id, Offer.answer == answer)


def _open_offer_by_agent(session: Session, case: Case) -> Offer | None:
    offer = session.scalar(offers_in(case, None))
    return offer if offer is not None and offer.agent_id is not None else None
