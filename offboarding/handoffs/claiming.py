"""What an agent does with a hand-off: claims it, releases it, hands it back, resolves it.

Of two at once one wins, in the database; the other is told who was first.
"""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from offboarding import clock
from offboarding.audit import service as audit
from offboarding.handoffs.errors import (
    AlreadyClaimedError,
    HandOffEndedError,
    NotClaimedByYouError,
)
from offboarding.handoffs.hours import opening
from offboarding.handoffs.model import Agent, HandOff
from offboarding.handoffs.states import TRANSITIONS, HandOffState
from offboarding.handoffs.teams import team_of
from offboarding.handoffs.waiting import promise
from offboarding.policies.routing import RoutingPolicy

SETTLED = "hand_off_settled"
"""In the audit log: that somebody of the staff noted one as seen to, which nobody had claimed."""


def claim(session: Session, hand_off: HandOff, agent: Agent) -> bool:
    """The agent takes the conversation; False when it was theirs already.

    Raises AlreadyClaimedError or HandOffEndedError.
    """
    moment = clock.now()
    if _move(
        session,
        hand_off,
        HandOffState.WAITING,
        HandOffState.CLAIMED,
        agent_id=agent.id,
        claimed_at=moment,
    ):
        audit.record(session, "hand_off_claimed", hand_off.conversation_id, agent=agent.id)
        return True
    if hand_off.state is not HandOffState.CLAIMED:
        raise HandOffEndedError
    if hand_off.agent_id != agent.id:
        raise AlreadyClaimedError(_name(hand_off))
    return False


def was_claimed(session: Session, hand_off: HandOff) -> bool:
    """Whether anybody ever claimed it, also one who has released it since."""
    return any(
        entry.event == "hand_off_claimed" and entry.at >= hand_off.requested_at
        for entry in audit.entries(session, hand_off.conversation_id)
    )


def release(session: Session, hand_off: HandOff, desk: RoutingPolicy) -> None:
    """Nobody talks with the customer any more; the team is asked again.

    Raises HandOffEndedError.
    """
    if not _move(
        session,
        hand_off,
        HandOffState.CLAIMED,
        HandOffState.WAITING,
        agent_id=None,
        claimed_at=None,
        unanswered_at=None,
    ):
        if hand_off.open:
            return
        raise HandOffEndedError
    audit.record(session, "hand_off_released", hand_off.conversation_id)
    team = team_of(desk, hand_off.team)
    promise(session, hand_off, opening(team, clock.now()), team)


def hand_back(session: Session, hand_off: HandOff, agent: Agent) -> None:
    """The assistant goes on with the customer. Raises NotClaimedByYouError or HandOffEndedError."""
    check_claimed_by(hand_off, agent)
    _end(session, hand_off, HandOffState.HANDED_BACK, agent)


def resolve(session: Session, hand_off: HandOff, agent: Agent) -> None:
    """What they wanted a person for is settled.

    Raises NotClaimedByYouError or HandOffEndedError.
    """
    check_claimed_by(hand_off, agent)
    _end(session, hand_off, HandOffState.RESOLVED, agent)


def settle(session: Session, hand_off: HandOff, *, by: str) -> bool:
    """What came in writing was seen to, without any talk; False when it was before.

    `by` is who of the staff says so, as the audit log has it.
    """
    start, to = HandOffState.WAITING, HandOffState.RESOLVED
    if not _move(session, hand_off, start, to, ended_at=clock.now()):
        return False
    audit.record(session, SETTLED, hand_off.conversation_id, by=by)
    return True


def check_claimed_by(hand_off: HandOff, agent: Agent) -> None:
    """Raises NotClaimedByYouError or HandOffEndedError unless this agent is in charge."""
    if not hand_off.open:
        raise HandOffEndedError
    if hand_off.state is not HandOffState.CLAIMED or hand_off.agent_id != agent.id:
        raise NotClaimedByYouError(_name(hand_off) if hand_off.agent else None)


def _end(session: Session, hand_off: HandOff, to: HandOffState, agent: Agent) -> None:
    if not _move(session, hand_off, HandOffState.CLAIMED, to, ended_at=clock.now()):
        raise HandOffEndedError
    audit.record(session, f"hand_off_{to.value}", hand_off.conversation_id, agent=agent.id)


def _move(
    session: Session,
    hand_off: HandOff,
    start: HandOffState,
    to: HandOffState,
    **values: str | datetime | None,
) -> bool:
    """Compare and set in the database; whether it was `start`. The row is seen anew either way."""
    if to not in TRANSITIONS[start]:
        raise ValueError(f"a hand-off that is {start} cannot become {to}")
    session.flush()
    changed = session.execute(
        sa.update(HandOff)
        .where(HandOff.id == hand_off.id, HandOff.state == start)
        .values(state=to, **values)
        .execution_options(synchronize_session=False)
        .returning(HandOff.id)
    ).all()
    session.refresh(hand_off)
    return bool(changed)


def _name(hand_off: HandOff) -> str:
    return hand_off.agent.full_name if hand_off.agent is not None else "Somebody"
