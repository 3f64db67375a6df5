"""Asking for a person."""

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from offboarding import clock
from offboarding.audit import service as audit
from offboarding.background.service import schedule
from offboarding.database import new_identifier
from offboarding.handoffs.model import HandOff
from offboarding.identity.service import checked_email, valid_identity


def request(session: Session, conversation_id: str, requested_by: str = "customer") -> HandOff:
    """Record that a person is wanted and have support mailed; asked again, it is the same one.

    `requested_by` is `customer` or `assistant`.
    """
    known = hand_off_of(session, conversation_id)
    if known is not None:
        return known
    identity = valid_identity(session, conversation_id)
    hand_off = HandOff(
        conversation_id=conversation_id,
        customer_id=identity.customer_id if identity else None,
        requested_by=requested_by,
        requested_at=clock.now(),
    )
    try:
        with session.begin_nested():
            session.add(hand_off)
            session.flush()
    except IntegrityError:  # somebody else asked in this instant
        found = hand_off_of(session, conversation_id)
        if found is None:
            raise
        return found
    audit.record(session, "person_requested", conversation_id, requested_by=requested_by)
    schedule(session, "mail.hand_off", hand_off.id)
    schedule(session, "notice.person_requested", hand_off.id)
    return hand_off


def hand_off_of(session: Session, conversation_id: str) -> HandOff | None:
    """The hand-off of a conversation, if a person was asked for."""
    return session.scalar(sa.select(HandOff).where(HandOff.conversation_id == conversation_id))


def add_note(session: Session, hand_off: HandOff, note: str) -> None:
    """Note what the customer wrote, as far as the person has to know it, and tell support.

    What was noted before stays; beyond 2,000 characters the rest is left in the conversation.
    """
    noted = f"{hand_off.note} / {note}" if hand_off.note else note
    if note in hand_off.note:
        return
    hand_off.note = noted[:2000]
    schedule(
        session, "mail.hand_off", hand_off.id, key=f"mail.hand_off:{hand_off.id}:{new_identifier()}"
    )


def add_contact(session: Session, hand_off: HandOff, email: str) -> None:
    """Note where a customer who is not identified can be answered, and tell support.

    Raises EmailInvalidError.
    """
    checked = checked_email(email)
    if hand_off.contact_email == checked:
        return
    hand_off.contact_email = checked
    schedule(
        session, "mail.hand_off", hand_off.id, key=f"mail.hand_off:{hand_off.id}:{new_identifier()}"
    )
