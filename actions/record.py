"""What each action answered to each message, so that a message heard twice is acted on once."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column

from offboarding.database import IDENTIFIER, Base


class ActionRun(Base):
    """An action's answer to a message, committed together with what the action changed."""

    __tablename__ = "action_run"

    message_id: Mapped[str] = mapped_column(IDENTIFIER, primary_key=True)
    action: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    answer: Mapped[dict[str, Any]]
    """`messages` and `events`, as rasa-sdk hands them to Rasa; empty once it is answered."""
    ran_at: Mapped[datetime]


def forget_answers(session: Session, message_id: str) -> None:
    """Keep that actions ran for a message that is answered now, and no longer what they answered.

    What they said is in the conversation, encrypted; here it would be in clear.
    """
    session.execute(
        sa.update(ActionRun)
        .where(ActionRun.message_id == message_id)
        .values(answer={"messages": [], "events": []})
        .execution_options(synchronize_session=False)
    )
