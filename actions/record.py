"""What each action answered to each message, so that a message heard twice is acted on once."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from offboarding.database import IDENTIFIER, Base


class ActionRun(Base):
    """An action's answer to a message, committed together with what the action changed."""

    __tablename__ = "action_run"

    message_id: Mapped[str] = mapped_column(IDENTIFIER, primary_key=True)
    action: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    answer: Mapped[dict[str, Any]]
    """`messages` and `events`, as rasa-sdk hands them to Rasa."""
    ran_at: Mapped[datetime]
