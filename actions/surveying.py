"""The exit survey: two questions, after the cancellation, each of which may be skipped."""

from actions.base import ConversationAction
from actions.turn import Turn
from actions.values import case_values, is_at_once
from offboarding.accounts.model import Customer
from offboarding.cases.model import Case
from offboarding.cases.states import CaseState
from offboarding.clock import now
from offboarding.survey import service as survey
from offboarding.survey.model import SurveyQuestion

_NO_ANSWER = frozenset({"deny", "affirm", "thanks", "greet"})
"""What a few words say that are no feedback."""


def begin_survey(turn: Turn) -> None:
    """Ask the first question; in a hard moment none, and a quiet goodbye."""
    case, customer = cancelled_case(turn), turn.customer
    if case is None or customer is None:  # they identified themselves too long ago
        turn.say("utter_goodbye")
        return turn.end()
    if not turn.slot("hard_moment"):
        return turn.ask("survey_improve", "utter_ask_survey_improve")
    at_once = "_at_once" if is_at_once(case) else ""
    turn.say(f"utter_farewell_hard_moment{at_once}", case_values(turn, case, customer))
    return turn.end()


def cancelled_case(turn: Turn) -> Case | None:
    """The case that was cancelled in this talk; of several, the last."""
    customer = turn.customer
    if customer is None:
        return None
    case = turn.session.get(Case, turn.slot("cancelled_in_talk") or "") or turn.case
    if case is None or not (case.state is CaseState.SCHEDULED or _has_just_ended(case)):
        return None
    return case if case.subscription.account_id == customer.account_id else None


def _has_just_ended(case: Case) -> bool:
    """Whether it ended while they were still being asked about it."""
    return case.state is CaseState.ENDED and is_at_once(case)


class TakeSurveyAnswer(ConversationAction):
    """They answered one of the two questions."""

    action_name = "action_take_survey_answer"
    takes_all_words = True

    def act(self, turn: Turn) -> None:
        """See the class."""
        answer = turn.heard.entity("option") or turn.heard.text
        no_words = turn.slot("open_question") == "survey_improve" and len(answer.split()) <= 3
        bare = no_words and turn.heard.leading in _NO_ANSWER
        if turn.heard.leading == "skip" or bare or not answer.strip():
            return _record(turn, None)
        return _record(turn, answer.strip())


class SkipSurveyQuestion(ConversationAction):
    """They skipped it."""

    action_name = "action_skip_survey_question"

    def act(self, turn: Turn) -> None:
        """See the class."""
        skip_survey_question(turn)


def skip_survey_question(turn: Turn) -> None:
    """Go on without an answer."""
    _record(turn, None)


def _record(turn: Turn, answer: str | None) -> None:
    case, customer = cancelled_case(turn), turn.customer
    if case is None or customer is None:
        # They identified themselves too long ago, or took the cancellation back on the page.
        turn.say("utter_goodbye")
        return turn.end()
    if turn.slot("open_question") == "survey_improve":
        survey.record_answer(turn.session, case, SurveyQuestion.IMPROVE, answer)
        turn.say("utter_survey_thanks" if answer else "utter_understood")
        return turn.ask("survey_return", "utter_ask_survey_return")
    survey.record_answer(turn.session, case, SurveyQuestion.RETURN, answer)
    return say_goodbye(turn, case, customer)


def say_goodbye(turn: Turn, case: Case, customer: Customer) -> None:
    """Thank for something real, and leave the door open with a fact."""
    years = (now() - case.subscription.started_at).days // 365
    values = case_values(turn, case, customer)
    if is_at_once(case):
        turn.say("utter_farewell_at_once", values)
    elif years >= 2:
        turn.say("utter_farewell_years", {**values, "years": str(years)})
    else:
        turn.say("utter_farewell", values)
    turn.end()
