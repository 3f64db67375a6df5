"""While nobody has come: what was promised, and what happens when it is not kept."""

from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from offboarding import clock
from offboarding.audit import service as audit
from offboarding.background.service import schedule
from offboarding.database import new_identifier
from offboarding.handoffs.hours import Opening
from offboarding.handoffs.model import HandOff
from offboarding.handoffs.states import HandOffState
from offboarding.policies.teams import Team


def promise(session: Session, hand_off: HandOff, opening: Opening, team: Team) -> None:
    """Note by when somebody comes, or when the team is there again; look then whether it was kept.

    Spain allows three minutes before a person must be there (Ley 10/2025), so policy cannot
    promise more.
    """
    moment = clock.now()
    if not opening.open:
        hand_off.claim_due_at, hand_off.opens_at = None, opening.opens_at
        return
    hand_off.claim_due_at = moment + timedelta(seconds=team.claim_within_seconds)
    hand_off.opens_at = None
    key = f"{hand_off.id}:{hand_off.claim_due_at.isoformat()}"
    schedule(
        session,
        "hand_off.unclaimed",
        hand_off.id,
        key=f"hand_off.unclaimed:{key}",
        due_at=hand_off.claim_due_at,
    )
    schedule(
        session,
        "desk.remind",
        hand_off.id,
        key=f"desk.remind:{key}",
        due_at=moment + timedelta(seconds=team.remind_after_seconds),
    )


def position(session: Session, hand_off: HandOff) -> int:
    """Which of those to whom somebody of the same team is to come this one is: 1 is next.

    Who was told that nobody came, or was promised an answer by mail, waits in no chat any more.
    """
    before = session.scalar(
        sa.select(sa.func.count(HandOff.id)).where(
            HandOff.state == HandOffState.WAITING,
            HandOff.team == hand_off.team,
            HandOff.requested_at < hand_off.requested_at,
            HandOff.claim_due_at > clock.now(),
            HandOff.unanswered_at.is_(None),
        )
    )
    return (before or 0) + 1


def withdraw(session: Session, hand_off: HandOff) -> bool:
    """The customer would rather have no person; False when one has come, or it is over already."""
    session.flush()
    changed = session.execute(
        sa.update(HandOff)
        .where(HandOff.id == hand_off.id, HandOff.state == HandOffState.WAITING)
        .values(state=HandOffState.RESOLVED, ended_at=clock.now())
        .execution_options(synchronize_session=False)
        .returning(HandOff.id)
    ).all()
    session.refresh(hand_off)
    if not changed:
        return False
    audit.record(session, "hand_off_withdrawn", hand_off.conversation_id)
    if hand_off.team is not None:
        schedule(
            session, "desk.update", hand_off.id, key=f"desk.update:{hand_off.id}:{new_identifier()}"
        )
    schedule(session, "notice.person_withdrawn", hand_off.id)
    if is_known_by_mail(hand_off):
        schedule(session, "mail.hand_off_withdrawn", hand_off.id)
    return True


def is_known_by_mail(hand_off: HandOff) -> bool:
    """Whether support, or the account manager, was mailed about it."""
    promised_here = hand_off.team is not None and hand_off.claim_due_at is not None
    return not promised_here or hand_off.unanswered_at is not None


def note_unanswered(
    session: Session,
    hand_off: HandOff,
    *,
    at_once: bool = False,
    whatever_was_promised: bool = False,
) -> bool:
    """Note that the promised time is over and nobody came; whether that is so, and new.

    `at_once` when it is known before that nobody can come; `whatever_was_promised` also where the
    team was to be there later. Harmless when somebody came meanwhile, or when it was noted before.
    """
    session.flush()
    moment = clock.now()
    late = HandOff.claim_due_at.is_not(None) if at_once else HandOff.claim_due_at <= moment
    if whatever_was_promised:
        late = sa.true()
    noted = session.execute(
        sa.update(HandOff)
        .where(
            HandOff.id == hand_off.id,
            HandOff.state == HandOffState.WAITING,
            HandOff.unanswered_at.is_(None),
            late,
        )
        .values(unanswered_at=moment)
        .execution_options(synchronize_session=False)
        .returning(HandOff.id)
    ).all()
    session.refresh(hand_off)
    if not noted:
        return False
    audit.record(session, "hand_off_unanswered", hand_off.conversation_id, team=hand_off.team)
    return True
