"""What was offered to a customer and what became of it, in a few words for agents."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from channels.conversations.model import Conversation
from offboarding.accounts.model import Customer
from offboarding.handoffs.model import HandOff
from offboarding.offers.model import AgentOffer, Offer, OfferKind, ProposalState
from offboarding.offers.terms import months_reduced
from offboarding.wording import date_text

_NOT_PRESENTED = {
    ProposalState.WAITING: "waits for somebody else to approve it",
    ProposalState.REFUSED: "not approved",
    ProposalState.WITHDRAWN: "withdrawn before it was approved",
}


def offer_made(
    session: Session, conversation: Conversation, customer: Customer, since: datetime
) -> str | None:
    """The newest offer to the customer's account, for example "35% less for 4 months, accepted".

    Also of one that an agent proposed here and nobody has approved yet. One from before the
    conversation has its day, and is left out where it is older than `since`; one that waits for an
    answer here comes first. None where nothing was offered.
    """
    begun = conversation.created_at
    offers = session.scalars(
        sa.select(Offer).where(
            Offer.account_id == customer.account_id, Offer.presented_at >= min(since, begun)
        )
    ).all()
    newest = max(
        offers,
        key=lambda each: (each.answer is None and each.presented_at >= begun, each.presented_at),
        default=None,
    )
    proposal = _not_presented(session, conversation.id)
    if proposal is not None and (newest is None or proposal.proposed_at > newest.presented_at):
        return f"{described(proposal)}, {_NOT_PRESENTED[proposal.state]}"
    if newest is None:
        return None
    answer = newest.answer.value if newest.answer is not None else "not answered"
    moment = newest.answered_at or newest.presented_at
    day = f" on {date_text(moment, customer)}" if moment < begun else ""
    return f"{_offered(newest)}, {answer}{day}"


def described(proposal: AgentOffer) -> str:
    """What an agent offers, in a few words for agents."""
    months = proposal.months
    if proposal.kind is OfferKind.DISCOUNT and months is not None:
        months = months_reduced(proposal.case.subscription.plan, months)
    return _in_words(proposal.kind, proposal.percent, months, proposal.days)


def _not_presented(session: Session, conversation_id: str) -> AgentOffer | None:
    return session.scalar(
        sa.select(AgentOffer)
        .join(HandOff, AgentOffer.hand_off_id == HandOff.id)
        .where(
            HandOff.conversation_id == conversation_id,
            AgentOffer.state.in_(list(_NOT_PRESENTED)),
        )
        .order_by(AgentOffer.proposed_at.desc())
        .limit(1)
    )


def _offered(offer: Offer) -> str:
    """What an offer promises, read from its terms; of one without dates only the kind is known."""
    terms = offer.terms
    if offer.kind is OfferKind.SMALLER_PLAN and "offer_plan_name" in terms:
        return f"{terms['offer_plan_name']} in place of {terms['plan_name']}"
    if offer.kind is OfferKind.CALL:
        return "a call with their account manager"
    if "starts_at" not in terms or "ends_at" not in terms:
        return offer.kind.value.replace("_", " ")
    starts_at = datetime.fromisoformat(terms["starts_at"])
    ends_at = datetime.fromisoformat(terms["ends_at"])
    # Months are added by the calendar, so that 31 January and one is a day of February.
    months = (ends_at.year - starts_at.year) * 12 + ends_at.month - starts_at.month
    return _in_words(offer.kind, terms.get("percent"), months, (ends_at - starts_at).days)


def _in_words(kind: OfferKind, percent: int | None, months: int | None, days: int | None) -> str:
    match kind:
        case OfferKind.PAUSE:
            return f"a pause of {_several(months, 'month')}"
        case OfferKind.DISCOUNT:
            return f"{percent}% less for {_months(months)}"
        case OfferKind.TRIAL_EXTENSION:
            return f"{_several(days, 'day')} more of the trial"
        case _:
            return "the smaller plan"


def _months(number: int | None) -> str:
    """A yearly payment is reduced as a whole, so that its discount is one of years."""
    if number and number % 12 == 0:
        return _several(number // 12, "year")
    return _several(number, "month")


def _several(number: int | None, name: str) -> str:
    return f"{number} {name}{'' if number == 1 else 's'}"
