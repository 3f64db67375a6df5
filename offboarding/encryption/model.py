"""Which columns have been gone through, so that nothing of theirs is left in clear."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from offboarding.database import Base


class SealedColumn(Base):
    """What was kept in a column before it was encrypted is sealed by now."""

    __tablename__ = "sealed_column"

    place: Mapped[str] = mapped_column(sa.String(80), primary_key=True)
    """`table.column`."""
    finished_at: Mapped[datetime]
