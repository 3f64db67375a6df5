"""The exit survey: after the cancellation, skippable, and never a condition."""

import sqlalchemy as sa

from offboarding.cases.model import Case
from offboarding.cases.states import CaseState
from offboarding.database import Database
from offboarding.policies.store import Policies
from offboarding.survey.model import SurveyAnswer, SurveyQuestion
from offboarding.survey.service import record_answer
from tests.factories import cancel, make_customer, make_subscription


def left(database: Database, policies: Policies) -> Case:
    with database.write() as session:
        customer = make_customer(session)
        case, _ = cancel(session, customer, make_subscription(session, customer), policies)
        return case


def answers(database: Database) -> dict[str, str | None]:
    with database.read() as session:
        return {row.question.value: row.answer for row in session.scalars(sa.select(SurveyAnswer))}


def test_an_answer_is_kept_as_it_was_given(database: Database, policies: Policies) -> None:
    case = left(database, policies)
    with database.write() as session:
        record_answer(session, case, SurveyQuestion.IMPROVE, "Offline-Modus, bitte! 🙏")
    assert answers(database) == {"improve": "Offline-Modus, bitte! 🙏"}


def test_a_later_answer_replaces_the_earlier(database: Database, policies: Policies) -> None:
    case = left(database, policies)
    for words in ("cheaper", "much cheaper"):
        with database.write() as session:
            record_answer(session, case, SurveyQuestion.IMPROVE, words)
    assert answers(database) == {"improve": "much cheaper"}


def test_each_question_may_be_skipped_and_the_cancellation_stands(
    database: Database, policies: Policies
) -> None:
    """R5."""
    case = left(database, policies)
    with database.write() as session:
        for question in SurveyQuestion:
            record_answer(session, case, question, None)
    assert answers(database) == {"improve": None, "return": None}
    with database.read() as session:
        assert session.get_one(Case, case.id).state is CaseState.SCHEDULED


def test_an_endless_answer_is_cut_and_not_refused(database: Database, policies: Policies) -> None:
    case = left(database, policies)
    with database.write() as session:
        record_answer(session, case, SurveyQuestion.RETURN, "yes " * 5000)
    assert len(answers(database)["return"] or "") == 2000
