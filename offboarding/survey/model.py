"""Answers to the exit survey."""

from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from offboarding.database import IDENTIFIER, Base, enumeration, new_identifier
from offboarding.encryption.columns import EncryptedText


class SurveyQuestion(StrEnum):
    """The two questions."""

    IMPROVE = "improve"
    RETURN = "return"


class SurveyAnswer(Base):
    """What a leaver answered to one question; `answer` is None when it was skipped, or erased."""

    __tablename__ = "survey_answer"
    __table_args__ = (sa.UniqueConstraint("case_id", "question"),)

    id: Mapped[str] = mapped_column(IDENTIFIER, primary_key=True, default=new_identifier)
    case_id: Mapped[str] = mapped_column(sa.ForeignKey("off_boarding_case.id"))
    question: Mapped[SurveyQuestion] = mapped_column(enumeration(SurveyQuestion))
    answer: Mapped[str | None] = mapped_column(
        EncryptedText("survey_answer.answer", owner="case_id")
    )
    skipped: Mapped[bool] = mapped_column(default=False, server_default=sa.false())
    answered_at: Mapped[datetime] = mapped_column(index=True)
