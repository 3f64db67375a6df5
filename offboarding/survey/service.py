"""Keeping what a leaver answers at the end (rule R5: after the cancellation, and skippable)."""

import sqlalchemy as sa
from sqlalchemy.orm import Session

from offboarding import clock
from offboarding.cases.model import Case
from offboarding.survey.model import SurveyAnswer, SurveyQuestion


def record_answer(
    session: Session, case: Case, question: SurveyQuestion, answer: str | None
) -> None:
    """Keep an answer; None is a skipped question. A later answer replaces the earlier."""
    known = session.scalar(
        sa.select(SurveyAnswer).where(
            SurveyAnswer.case_id == case.id, SurveyAnswer.question == question
        )
    )
    words = answer[:2000] if answer else None
    if known is not None:
        known.answer, known.skipped, known.answered_at = words, words is None, clock.now()
        return
    session.add(
        SurveyAnswer(
            case_id=case.id,
            question=question,
            answer=words,
            skipped=words is None,
            answered_at=clock.now(),
        )
    )
    session.flush()


def was_answered(session: Session, case: Case) -> bool:
    """Whether a question was answered or skipped, so that none is asked again."""
    known = sa.select(SurveyAnswer.id).where(SurveyAnswer.case_id == case.id).limit(1)
    return session.scalar(known) is not None
