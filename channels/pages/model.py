"""What the pages keep: which links from a chat were used."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column

from offboarding.database import IDENTIFIER, Base


class PageEntry(Base):
    """A link from a conversation to the cancel page was used, by one visit.

    Links that were not used have no row. A visit knows its conversation by this, too.
    """

    __tablename__ = "page_entry"

    id: Mapped[str] = mapped_column(IDENTIFIER, primary_key=True)
    """The link's own number, which is in its token."""
    conversation_id: Mapped[str] = mapped_column(IDENTIFIER, index=True)
    visit_id: Mapped[str] = mapped_column(IDENTIFIER, index=True)
    used_at: Mapped[datetime] = mapped_column(index=True)


def conversation_of(session: Session, visit_id: str) -> str:
    """The conversation a visit came from; a visit that came by itself stands for its own."""
    found = session.scalar(
        sa.select(PageEntry.conversation_id).where(PageEntry.visit_id == visit_id).limit(1)
    )
    return found or visit_id
