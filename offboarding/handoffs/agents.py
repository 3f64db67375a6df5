"""The agents: who they are, known by their name where they work."""

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session

from offboarding import clock
from offboarding.handoffs.model import Agent, HandOff
from offboarding.handoffs.states import HandOffState


def known_agent(session: Session, outer_id: str) -> Agent | None:
    """The agent of this outer id, if they ever acted here."""
    return session.scalar(sa.select(Agent).where(Agent.outer_id == outer_id))


def deactivate(session: Session, outer_id: str) -> Agent | None:
    """Note that somebody works here no more; the agent, if they ever acted here."""
    agent = known_agent(session, outer_id)
    if agent is not None:
        agent.active = False
    return agent


def claimed_by(session: Session, agent: Agent) -> Sequence[str]:
    """The hand-offs in which this agent talks with the customer now."""
    return session.scalars(
        sa.select(HandOff.id).where(
            HandOff.agent_id == agent.id, HandOff.state == HandOffState.CLAIMED
        )
    ).all()


def talking_agents(session: Session) -> Sequence[str]:
    """The outer ids of those who talk with a customer now."""
    return session.scalars(
        sa.select(Agent.outer_id)
        .join(HandOff, HandOff.agent_id == Agent.id)
        .where(HandOff.state == HandOffState.CLAIMED)
        .distinct()
    ).all()


def remember_agent(session: Session, outer_id: str, full_name: str) -> Agent:
    """The agent of this outer id, made now if they act for the first time; their name as it is now.

    Safe when two of their clicks arrive in the same instant.
    """
    agent = known_agent(session, outer_id)
    if agent is None:
        agent = Agent(outer_id=outer_id, full_name=full_name[:200], created_at=clock.now())
        try:
            with session.begin_nested():
                session.add(agent)
                session.flush()
        except sa.exc.IntegrityError:
            found = known_agent(session, outer_id)
            if found is None:
                raise
            agent = found
    agent.active = True
    if full_name:
        agent.full_name = full_name[:200]
    return agent
