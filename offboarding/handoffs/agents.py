"""The agents: who they are, known by their name where they work."""

import sqlalchemy as sa
from sqlalchemy.orm import Session

from offboarding import clock
from offboarding.handoffs.model import Agent


def known_agent(session: Session, outer_id: str) -> Agent | None:
    """The agent of this outer id, if they ever acted here."""
    return session.scalar(sa.select(Agent).where(Agent.outer_id == outer_id))


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
