"""A declaration as a hand-off keeps it, and that it was taken back."""

from collections.abc import Sequence
from itertools import takewhile

import sqlalchemy as sa
from sqlalchemy.orm import Session

from offboarding.audit import service as audit
from offboarding.audit.model import AuditEntry
from offboarding.handoffs.model import HandOff

FROM_PAGES = "page-"
"""How the identifier of what was written on a page begins; see IDENTIFIER."""
TAKEN_BACK = "declaration_taken_back"
"""In the audit log: that staff noted of a declaration that it was not meant, or was taken back."""

CONTRACT = "Contract"
_FIRST = "Declaration"
_LAST = "Confirmation to"


def note_of(kind: str, said: Sequence[tuple[str, str]], email: str) -> str:
    """What was declared, a line for each, as `declared_rows` reads it.

    No value may have a line end, and what is empty is left out.
    """
    rows = [(_FIRST, kind), *said, (_LAST, email)]
    return "\n".join(f"{label}: {value}" for label, value in rows if value)


def declared_rows(hand_off: HandOff) -> list[tuple[str, str]]:
    """What was declared, each with its name; nothing where it was erased or is none."""
    if not is_declaration(hand_off):
        return []
    parted = (line.partition(": ") for line in hand_off.note.split("\n"))
    # What staff noted since stands behind the last one, and is for staff alone.
    rows = takewhile(lambda row: row[0] != _LAST, ((label, value) for label, _, value in parted))
    return [*rows, (_LAST, hand_off.contact_email or "")]


def declared_contract(hand_off: HandOff) -> str:
    """Which contract it is, as they named it; empty where it is no such declaration."""
    return dict(declared_rows(hand_off)).get(CONTRACT, "")


def is_declaration(hand_off: HandOff) -> bool:
    """Whether it came by the page for declarations, and not out of a talk."""
    # Nobody can write anything else where such a page notes it.
    on_a_page = hand_off.conversation_id.startswith(FROM_PAGES)
    return on_a_page and hand_off.note.startswith(f"{_FIRST}: ")


def take_back(session: Session, hand_off: HandOff, *, by: str) -> bool:
    """Note that it was not meant, or taken back, and counts no more; False when that was before.

    `by` is who of the staff says so, as the audit log has it.
    """
    # Of two at once the second waits here, and sees what the first noted.
    session.execute(sa.select(HandOff.id).where(HandOff.id == hand_off.id).with_for_update())
    if taken_back_by(session, hand_off) is not None:
        return False
    audit.record(session, TAKEN_BACK, _subject(hand_off), by=by)
    return True


def taken_back_by(session: Session, hand_off: HandOff) -> str | None:
    """Who of the staff noted that it was taken back, as the audit log has it; None for nobody."""
    noted = audit.entries(session, _subject(hand_off))
    return next(
        (str(each.details.get("by", "")) for each in noted if each.event == TAKEN_BACK), None
    )


def is_not_taken_back() -> sa.ColumnElement[bool]:
    """The condition on a hand-off that nobody of the staff noted this of it."""
    taken_back = sa.select(AuditEntry.subject_id).where(AuditEntry.event == TAKEN_BACK)
    return sa.and_(
        HandOff.id.not_in(taken_back),
        HandOff.conversation_id.not_in(taken_back),
    )


def _subject(hand_off: HandOff) -> str:
    """Under what the audit log has it.

    That is the place of what was written on a page, which holds nothing else; of a talk, in which
    they may declare it anew, the very hand-off.
    """
    on_a_page = hand_off.conversation_id.startswith(FROM_PAGES)
    return hand_off.conversation_id if on_a_page else hand_off.id
