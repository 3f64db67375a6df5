"""Offers that agents make: within policy, and above a limit with a second person's yes.

They are answered and carried out by the same functions as the assistant's
(`offboarding.offers.service`). Whoever calls these holds the hand-off.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session

from offboarding import clock
from offboarding.audit import service as audit
from offboarding.cases import service as cases
from offboarding.cases.model import Case
from offboarding.handoffs.claiming import check_claimed_by
from offboarding.handoffs.model import Agent, HandOff
from offboarding.handoffs.states import HandOffState
from offboarding.offers import service as offers
from offboarding.offers.allowed import Wish, check_allowed, offers_in
from offboarding.offers.errors import (
    OfferDecidedError,
    OfferNotAllowedError,
    OwnOfferError,
)
from offboarding.offers.model import (
    AgentOffer,
    Offer,
    ProposalState,
)
from offboarding.offers.terms import offer_terms
from offboarding.policies.store import Policies

BY_AGENT = "by-agent"
"""The name under which such an offer is kept, in place of a rule of policy/offers.yml."""


def propose(
    session: Session,
    hand_off: HandOff,
    case: Case,
    wish: Wish,
    *,
    agent: Agent,
    policies: Policies,
) -> AgentOffer:
    """Offer it: the customer has it at once, or it waits for another agent's approval.

    Raises OfferBoundsError or OfferNotAllowedError, which name the field, and what
    `claiming.check_claimed_by` raises; then there is no offer.
    """
    known = session.scalar(sa.select(AgentOffer).where(AgentOffer.key == wish.key))
    if known is not None:
        return known
    check_claimed_by(hand_off, agent)
    cases.lock(session, case)
    asks = check_allowed(session, hand_off, case, wish, policies)
    _check_none_waits(session, case)
    version = policies.routing.version.isoformat()
    proposal = AgentOffer(
        key=wish.key,
        case=case,
        hand_off=hand_off,
        agent=agent,
        kind=wish.kind,
        percent=wish.percent,
        months=wish.months,
        days=wish.days,
        customer_asked=wish.customer_asked,
        policy_version=version,
        state=ProposalState.WAITING,
        proposed_at=clock.now(),
    )
    session.add(proposal)
    session.flush()
    audit.record(
        session,
        "agent_offer_proposed",
        case.id,
        policy_version=version,
        agent=agent.id,
        kind=wish.kind.value,
        percent=wish.percent,
        months=wish.months,
        days=wish.days,
        customer_asked=wish.customer_asked,
        needs_approval=asks,
    )
    if not asks:
        _present(session, proposal)
    return proposal


def approve(session: Session, proposal: AgentOffer, agent: Agent, policies: Policies) -> Offer:
    """Another agent agrees, and the customer has the offer.

    Raises OwnOfferError, OfferDecidedError once it was decided, OfferNotAllowedError or
    OfferBoundsError when policy has changed since.
    """
    _check_waits(session, proposal)
    if proposal.agent_id == agent.id:
        raise OwnOfferError
    check_claimed_by(proposal.hand_off, proposal.agent)
    cases.lock(session, proposal.case)
    check_allowed(session, proposal.hand_off, proposal.case, _wish_of(proposal), policies)
    _decide(session, proposal, ProposalState.PRESENTED, agent)
    return _present(session, proposal)


def refuse(session: Session, proposal: AgentOffer, agent: Agent) -> None:
    """Another agent does not agree, or who proposed it thinks better of it.

    Raises OfferDecidedError.
    """
    _check_waits(session, proposal)
    _decide(session, proposal, ProposalState.REFUSED, agent)


def waiting_for(session: Session, agent: Agent | None) -> Sequence[AgentOffer]:
    """The proposals that this agent can approve: those of others, the longest waiting first.

    None is an agent who never acted here. Left out is what nobody can approve, since whoever
    proposed it does not talk with the customer now.
    """
    query = (
        sa.select(AgentOffer)
        .join(HandOff, AgentOffer.hand_off_id == HandOff.id)
        .where(
            AgentOffer.state == ProposalState.WAITING,
            HandOff.state == HandOffState.CLAIMED,
            HandOff.agent_id == AgentOffer.agent_id,
        )
        .order_by(AgentOffer.proposed_at, AgentOffer.id)
    )
    if agent is not None:
        query = query.where(AgentOffer.agent_id != agent.id)
    return session.scalars(query).all()


def withdraw_all(session: Session, hand_off: HandOff) -> None:
    """The person has left: what they offered and was not answered stands no more."""
    _withdraw(session, AgentOffer.hand_off_id == hand_off.id)


def withdraw_in(session: Session, case: Case) -> None:
    """The case is decided: what agents offered in it stands no more."""
    _withdraw(session, AgentOffer.case_id == case.id)


def made_in(session: Session, conversation_id: str, offer_id: str) -> AgentOffer | None:
    """The agent's offer of this identifier, if it was made in this conversation."""
    return session.scalar(
        sa.select(AgentOffer)
        .join(HandOff, AgentOffer.hand_off_id == HandOff.id)
        .where(AgentOffer.offer_id == offer_id, HandOff.conversation_id == conversation_id)
    )


def _check_none_waits(session: Session, case: Case) -> None:
    waiting = sa.select(AgentOffer.id).where(
        AgentOffer.case_id == case.id, AgentOffer.state == ProposalState.WAITING
    )
    if session.scalar(waiting) is not None:
        raise OfferNotAllowedError(
            "An offer waits for approval. Have it approved or refused first."
        )


def _check_waits(session: Session, proposal: AgentOffer) -> None:
    session.refresh(proposal)
    if proposal.state is not ProposalState.WAITING:
        raise OfferDecidedError(proposal)


def _decide(session: Session, proposal: AgentOffer, to: ProposalState, agent: Agent) -> None:
    """Compares and sets in the database, so that of two at once one decides."""
    session.flush()
    decided = session.execute(
        sa.update(AgentOffer)
        .where(AgentOffer.id == proposal.id, AgentOffer.state == ProposalState.WAITING)
        .values(state=to, decided_by_id=agent.id, decided_at=clock.now())
        .execution_options(synchronize_session=False)
        .returning(AgentOffer.id)
    ).all()
    session.refresh(proposal)
    if not decided:
        raise OfferDecidedError(proposal)
    event = "agent_offer_approved" if to is ProposalState.PRESENTED else "agent_offer_refused"
    audit.record(
        session,
        event,
        proposal.case_id,
        policy_version=proposal.policy_version,
        agent=agent.id,
        proposed_by=proposal.agent_id,
    )


def _present(session: Session, proposal: AgentOffer) -> Offer:
    case = proposal.case
    before = session.scalar(offers_in(case, None))
    if before is not None:  # the assistant's is not answered, or they asked for another
        offers.withdraw(session, before)
        session.flush()
    offer = Offer(
        agent_id=proposal.agent_id,
        name=BY_AGENT,
        kind=proposal.kind,
        terms=offer_terms(
            case.subscription,
            proposal.kind,
            percent=proposal.percent,
            months=proposal.months,
            days=proposal.days,
        ),
        policy_version=proposal.policy_version,
    )
    offers.present(session, case, offer)
    proposal.offer, proposal.state = offer, ProposalState.PRESENTED
    case.offer_considered_at = clock.now()  # from here on the assistant makes none
    session.flush()
    audit.record(
        session, "agent_offer_presented", case.id, policy_version=proposal.policy_version,
        agent=proposal.agent_id,
    )  # fmt: skip
    return offer


def _withdraw(session: Session, which: sa.ColumnElement[bool]) -> None:
    for proposal in session.scalars(sa.select(AgentOffer).where(which)):
        if proposal.state is ProposalState.WAITING:
            proposal.state, proposal.decided_at = ProposalState.WITHDRAWN, clock.now()
            audit.record(session, "agent_offer_withdrawn", proposal.case_id)
        elif proposal.offer is not None and proposal.offer.answer is None:
            offers.withdraw(session, proposal.offer)
    session.flush()


def _wish_of(proposal: AgentOffer) -> Wish:
    return Wish(
        kind=proposal.kind,
        percent=proposal.percent,
        months=proposal.months,
        days=proposal.days,
        customer_asked=proposal.customer_asked,
        key=proposal.key,
    )
