"""Asking for a person."""

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from offboarding import clock
from offboarding.accounts.model import Customer
from offboarding.audit import service as audit
from offboarding.background.service import schedule
from offboarding.billing.port import BillingPort
from offboarding.cases.reasons import ChurnReason
from offboarding.database import new_identifier
from offboarding.handoffs.causes import HandOffCause
from offboarding.handoffs.facts import facts_of
from offboarding.handoffs.hours import opening
from offboarding.handoffs.model import HandOff
from offboarding.handoffs.routing import route
from offboarding.handoffs.states import OPEN
from offboarding.handoffs.waiting import is_known_by_mail, promise
from offboarding.identity.service import checked_email, valid_identity
from offboarding.policies.routing import RoutingPolicy


def request(
    session: Session,
    conversation_id: str,
    requested_by: str = "customer",
    *,
    cause: HandOffCause = HandOffCause.CUSTOMER_ASKED,
    desk: RoutingPolicy | None = None,
    billing: BillingPort | None = None,
    reason: ChurnReason | None = None,
) -> HandOff:
    """Record that a person is wanted, and have one sent for; asked again, it is the same one.

    `requested_by` is `customer` or `assistant`. `desk` says which team takes it and when; without
    one support is mailed at once, as it is where nobody of the team is there. The team is chosen by
    what the account is worth too, which `billing` says, and by `reason`, why they leave, where no
    case has it yet.
    """
    known = open_hand_off(session, conversation_id)
    if known is not None:
        if known.team is None and desk is not None:  # it was asked for where there is no chat
            _send_for(session, known, desk, billing, reason)
        return known
    identity = valid_identity(session, conversation_id)
    hand_off = HandOff(
        conversation_id=conversation_id,
        customer_id=identity.customer_id if identity else None,
        requested_by=requested_by,
        cause=cause,
        requested_at=clock.now(),
    )
    earlier = hand_off_of(session, conversation_id)
    if earlier is not None:
        hand_off.contact_email = earlier.contact_email
    try:
        with session.begin_nested():
            session.add(hand_off)
            session.flush()
    except IntegrityError:  # somebody else asked in this instant
        found = open_hand_off(session, conversation_id)
        if found is None:
            raise
        return found
    audit.record(
        session,
        "person_requested",
        conversation_id,
        requested_by=requested_by,
        **({"cause": cause.value} if cause is not HandOffCause.CUSTOMER_ASKED else {}),
    )
    _send_for(session, hand_off, desk, billing, reason)
    schedule(session, "notice.person_requested", hand_off.id)
    return hand_off


def hand_off_of(session: Session, conversation_id: str) -> HandOff | None:
    """The newest hand-off of a conversation, if a person was ever asked for."""
    return session.scalar(
        sa.select(HandOff)
        .where(HandOff.conversation_id == conversation_id)
        .order_by(HandOff.requested_at.desc())
        .limit(1)
    )


def open_hand_off(session: Session, conversation_id: str) -> HandOff | None:
    """The hand-off of a conversation in which a person is wanted or there, if there is one."""
    return session.scalar(
        sa.select(HandOff).where(
            HandOff.conversation_id == conversation_id, HandOff.state.in_(list(OPEN))
        )
    )


def sent_for(session: Session) -> Sequence[str]:
    """The open hand-offs that some team was asked to take."""
    return session.scalars(
        sa.select(HandOff.id)
        .where(HandOff.state.in_(list(OPEN)), HandOff.team.is_not(None))
        .order_by(HandOff.requested_at)
    ).all()


def add_note(session: Session, hand_off: HandOff, note: str) -> None:
    """Note what the customer wrote, as far as the person has to know it, and tell them.

    What was noted before stays; beyond 2,000 characters the rest is left in the conversation.
    """
    noted = f"{hand_off.note} / {note}" if hand_off.note else note
    if note in hand_off.note:
        return
    hand_off.note = noted[:2000]
    _tell_anew(session, hand_off)


def add_contact(session: Session, hand_off: HandOff, email: str) -> None:
    """Note where a customer who is not identified can be answered, and tell the person.

    Raises EmailInvalidError.
    """
    checked = checked_email(email)
    if hand_off.contact_email == checked:
        return
    hand_off.contact_email = checked
    _tell_anew(session, hand_off)


def answer_to(session: Session, hand_off: HandOff) -> str | None:
    """The address where the customer can be answered by mail, if one is known."""
    if hand_off.customer_id is not None:
        return session.get_one(Customer, hand_off.customer_id).email
    return hand_off.contact_email


def mail_support(session: Session, hand_off: HandOff, *, anew: bool = False) -> None:
    """Have support mailed about it, once; `anew` once more."""
    key = f"mail.hand_off:{hand_off.id}:{new_identifier()}" if anew else ""
    schedule(session, "mail.hand_off", hand_off.id, key=key)


def _send_for(
    session: Session,
    hand_off: HandOff,
    desk: RoutingPolicy | None,
    billing: BillingPort | None,
    reason: ChurnReason | None,
) -> None:
    if desk is None:
        return mail_support(session, hand_off)
    team = route(desk, facts_of(session, hand_off, billing, reason))
    hand_off.team = team.key
    audit.record(
        session,
        "hand_off_routed",
        hand_off.conversation_id,
        policy_version=desk.version.isoformat(),
        team=team.key,
    )
    promise(session, hand_off, opening(team, clock.now()), team)
    schedule(session, "desk.hand_off", hand_off.id)
    if hand_off.claim_due_at is None:
        mail_support(session, hand_off)
    return None


def _tell_anew(session: Session, hand_off: HandOff) -> None:
    """Somebody has been told before this was known: mail goes again, the desk shows it."""
    key = f"{hand_off.id}:{new_identifier()}"
    if hand_off.team is not None:
        schedule(session, "desk.update", hand_off.id, key=f"desk.update:{key}")
    if is_known_by_mail(hand_off):
        schedule(session, "mail.hand_off", hand_off.id, key=f"mail.hand_off:{key}")
