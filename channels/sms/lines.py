"""A phone and a sender of ours: finding the line between them, and what is said over it."""

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from channels.sms.model import SmsLine, SmsPost, SmsPostState
from channels.sms.segments import segmentation
from offboarding import clock
from offboarding.accounts import service as accounts
from offboarding.accounts.model import Customer
from offboarding.encryption.lookup import is_value
from offboarding.identity import service as identity

GOOD_FOR = timedelta(hours=2)
"""What could not be sent for so long would surprise; they hear by mail how to go on."""


def hold_line(session: Session, number: str, sender: str) -> SmsLine:
    """The line, begun now if there is none, held until the transaction ends."""
    wanted = (
        sa.select(SmsLine)
        .where(is_value(session, SmsLine.number, number), SmsLine.sender == sender)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    known = session.scalar(wanted)
    if known is not None:
        return known
    try:
        with session.begin_nested():
            session.add(SmsLine(number=number, sender=sender, created_at=clock.now()))
    except IntegrityError:  # its first two texts came at once
        pass
    return session.scalars(wanted).one()


def line_of(session: Session, conversation_id: str) -> SmsLine | None:
    """The line over which a conversation goes on, if it does over any; the newest of several."""
    return session.scalar(
        sa.select(SmsLine)
        .where(SmsLine.conversation_id == conversation_id)
        .order_by(SmsLine.created_at.desc())
        .limit(1)
    )


def put_out(
    session: Session,
    line: SmsLine,
    body: str,
    key: str,
    *,
    after_opt_out: bool = False,
    due_at: datetime | None = None,
    good_for: timedelta | None = None,
    through: int | None = None,
) -> bool:
    """Have a text sent after the commit, or at `due_at`, once for its key; whether it is new.

    Not before the line has its turn (`new_numbers`). It is not sent any more once `good_for` from
    now is over; without that, two hours after it was to go. `through` is the number of the message
    of the line's talk that it carries, the last of several.

    Where they have opted out it is kept as withheld, so that nobody wonders where it went;
    `after_opt_out` is the one confirmation that may still go.
    """
    if session.scalar(sa.select(SmsPost.position).where(SmsPost.key == key)) is not None:
        return False
    moment = clock.now()
    due_at = max(due_at or moment, line.answered_from or moment)
    withheld = line.opted_out_at is not None and not after_opt_out
    session.add(
        SmsPost(
            key=key,
            line_id=line.id,
            after_opt_out=after_opt_out,
            conversation_id=line.conversation_id if through is not None else None,
            through=through,
            body="" if withheld else body,
            segments=segmentation(body).segments,
            state=SmsPostState.WITHHELD if withheld else SmsPostState.PENDING,
            created_at=moment,
            due_at=due_at,
            good_until=moment + good_for if good_for is not None else due_at + GOOD_FOR,
            settled_at=moment if withheld else None,
        )
    )
    session.flush()
    return True


def withhold_waiting(session: Session, line: SmsLine) -> None:
    """They have opted out: what waits is not sent any more."""
    session.execute(
        sa.update(SmsPost)
        .where(
            SmsPost.line_id == line.id,
            SmsPost.state == SmsPostState.PENDING,
            SmsPost.after_opt_out.is_(False),
        )
        .values(state=SmsPostState.WITHHELD, settled_at=clock.now(), body="")
        .execution_options(synchronize_session=False)
    )


def send_what_waits_for_morning(session: Session, line: SmsLine) -> None:
    """They write, so they are up: what was to wait for the morning may go now.

    What waits for the line's turn does not: otherwise a second text would be a way around it.
    """
    moment = clock.now()
    due_at = max(moment, line.answered_from or moment)
    session.execute(
        sa.update(SmsPost)
        .where(
            SmsPost.line_id == line.id,
            SmsPost.state == SmsPostState.PENDING,
            SmsPost.attempts == 0,
            SmsPost.due_at > due_at,
        )
        .values(due_at=due_at)
        .execution_options(synchronize_session=False)
    )


def candidates(session: Session, line: SmsLine) -> list[Customer]:
    """Who may be at the other end: who has proven to be, else all who have the number on file.

    Nothing may be shown to them or done for them by that alone; a mail to the address on file may
    go to each.
    """
    if line.conversation_id is not None:
        known = identity.identified_customer(session, line.conversation_id)
        if known is not None:
            return [known]
    return list(accounts.customers_by_phone(session, line.number))
