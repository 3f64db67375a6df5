"""How those fared who asked for a person, and how many answered the survey."""

from dataclasses import dataclass
from datetime import timedelta
from statistics import median

import sqlalchemy as sa
from sqlalchemy.orm import Session

from offboarding import clock
from offboarding.handoffs.causes import HandOffCause
from offboarding.handoffs.model import HandOff
from offboarding.insights.period import Period
from offboarding.survey.model import SurveyAnswer, SurveyQuestion


@dataclass(frozen=True)
class People:
    """The requests for a person of a period."""

    asked_for: int
    by_cause: tuple[tuple[HandOffCause, int], ...]
    """The most frequent first."""
    promised: int
    """Those to which a time was promised that is over, or kept."""
    kept: int
    """Those of them that somebody took within it."""
    median_wait: timedelta | None
    """Half of those who were taken waited no longer; None where nobody was."""
    nobody_came: int
    """To how many it had to be said that nobody could come."""


@dataclass(frozen=True)
class Answered:
    """How many were asked a question of the survey, and how many did not skip it."""

    question: SurveyQuestion
    asked: int
    answered: int


def people(session: Session, period: Period) -> People:
    """How the requests of a period fared. Notices in writing are among them."""
    rows = session.execute(
        sa.select(
            HandOff.cause,
            HandOff.requested_at,
            HandOff.claimed_at,
            HandOff.claim_due_at,
            HandOff.unanswered_at,
        ).where(HandOff.requested_at >= period.starts_at, HandOff.requested_at < period.ends_at)
    ).all()
    causes: dict[HandOffCause, int] = {}
    for row in rows:
        causes[row.cause] = causes.get(row.cause, 0) + 1
    promised = [
        row
        for row in rows
        if row.claim_due_at and (row.claimed_at or row.claim_due_at <= clock.now())
    ]
    waits = [(row.claimed_at - row.requested_at).total_seconds() for row in rows if row.claimed_at]
    return People(
        asked_for=len(rows),
        by_cause=tuple(sorted(causes.items(), key=lambda each: (-each[1], each[0]))),
        promised=len(promised),
        kept=sum(
            row.claimed_at is not None and row.claimed_at <= row.claim_due_at for row in promised
        ),
        median_wait=timedelta(seconds=median(waits)) if waits else None,
        nobody_came=sum(row.unanswered_at is not None for row in rows),
    )


def answered(session: Session, period: Period) -> list[Answered]:
    """How the questions were taken that were asked in a period."""
    rows = session.execute(
        sa.select(
            SurveyAnswer.question,
            sa.func.count(),
            sa.func.sum(sa.case((SurveyAnswer.skipped, 0), else_=1)),
        )
        .where(
            SurveyAnswer.answered_at >= period.starts_at, SurveyAnswer.answered_at < period.ends_at
        )
        .group_by(SurveyAnswer.question)
    )
    found = {question: Answered(question, asked, given) for question, asked, given in rows}
    return [found[question] for question in SurveyQuestion if question in found]
