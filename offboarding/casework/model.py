"""What staff write about a case."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from offboarding.database import IDENTIFIER, Base, enumeration, new_identifier
from offboarding.encryption.columns import EncryptedText
from offboarding.steps.plan import StepKind

LONGEST_NOTE = 1000


class CaseNote(Base):
    """How a step that was stuck was done by hand, in the words of who did it.

    Words may name somebody, so they stand here and not in the audit log, and are erased.
    """

    __tablename__ = "case_note"

    id: Mapped[str] = mapped_column(IDENTIFIER, primary_key=True, default=new_identifier)
    case_id: Mapped[str] = mapped_column(sa.ForeignKey("off_boarding_case.id"), index=True)
    about: Mapped[StepKind] = mapped_column(enumeration(StepKind))
    by: Mapped[str] = mapped_column(sa.String(64))
    """Who wrote it, as in the audit log: see `offboarding.staff.members.mark_of`."""
    words: Mapped[str] = mapped_column(EncryptedText("case_note.words", owner="id"))
    """With a key of its own: staff may have to write one after the customer's was destroyed."""
    written_at: Mapped[datetime]
