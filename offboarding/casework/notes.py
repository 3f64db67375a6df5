"""The notes of a case: written when a step is settled by hand, erased with the customer's data."""

from collections.abc import Mapping, Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session

from offboarding import clock
from offboarding.casework.model import LONGEST_NOTE, CaseNote
from offboarding.erasure.service import Subject
from offboarding.errors import OffboardingError
from offboarding.steps.plan import StepKind


class NoteInvalidError(OffboardingError):
    """A note that says nothing, or more than is kept."""

    word = "note_invalid"


def checked(words: str) -> str:
    """A note as it is kept. Raises NoteInvalidError."""
    note = " ".join(words.split())
    if not note:
        raise NoteInvalidError("Write how it was done, so that others can follow.")
    if len(note) > LONGEST_NOTE:
        raise NoteInvalidError(f"Shorten the note: {LONGEST_NOTE} characters at the most are kept.")
    return note


def write(session: Session, case_id: str, about: StepKind, words: str, *, by: str) -> None:
    """Keep a note about a step. Raises NoteInvalidError."""
    session.add(
        CaseNote(case_id=case_id, about=about, by=by, words=checked(words), written_at=clock.now())
    )


def notes_of(session: Session, case_id: str) -> Sequence[CaseNote]:
    """The notes of a case, the oldest first."""
    wanted = sa.select(CaseNote).where(CaseNote.case_id == case_id)
    return session.scalars(wanted.order_by(CaseNote.written_at)).all()


def erase_notes(session: Session, subject: Subject) -> Mapping[str, int]:
    """What staff wrote about the cases of whoever is erased."""
    of_them = CaseNote.case_id.in_([case.id for case in subject.cases])
    subject.key_owners.update(session.scalars(sa.select(CaseNote.id).where(of_them)))
    result = session.execute(sa.delete(CaseNote).where(of_them))
    return {"notes of staff": int(getattr(result, "rowcount", 0))}
