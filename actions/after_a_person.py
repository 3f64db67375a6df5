"""A person has left the chat: what is true now, in one sentence, and on from the exact step.

Nobody has written anything: these turns come from the house. What the person did is read from the
business; the slots still say where the talk was before.
"""

from datetime import datetime

from actions.base import ConversationAction
from actions.confirming import after_cancelling
from actions.questions import ask_again, ask_confirm, ask_who, ask_wish, open_subscriptions
from actions.surveying import begin_survey
from actions.turn import Turn
from actions.values import case_values
from offboarding.accounts.model import Customer
from offboarding.cases.model import Case
from offboarding.cases.states import CaseState
from offboarding.handoffs import service as handoffs
from offboarding.identity.model import VerifiedIdentity
from offboarding.offers import service as offers
from offboarding.survey import service as survey

_LEAVING = frozenset({"reason", "offer", "requested_offer", "confirm"})
_AFTERWARDS = frozenset({"export", "survey_improve", "survey_return", "undo"})
_SURVEY = frozenset({"survey_improve", "survey_return"})
_NOTHING_ASKED = frozenset({None, "wish", "meaning"})
_NEEDS_TO_KNOW_WHO = _LEAVING | _AFTERWARDS | {"subscription"}


class PersonHandedBack(ConversationAction):
    """The assistant goes on: what changed meanwhile, then the open question or the next step."""

    action_name = "action_person_handed_back"
    of_the_house = True

    def act(self, turn: Turn) -> None:
        """See the class."""
        _forget_the_wish_for_a_person(turn)
        case, customer = turn.case, turn.customer
        if customer is None:
            return _go_on_with_stranger(turn)
        if case is None:
            return _ask_what_is_open(turn)
        if _was_cancelled_meanwhile(turn, case):
            _say_cancelled(turn, case, customer)
            return after_cancelling(turn)
        if _say_what_became_of_it(turn, case):
            turn.end()
            return ask_wish(turn)
        return _ask_what_is_open(turn)


class PersonResolved(ConversationAction):
    """It is settled: the survey after a cancellation, else a warm end without a why."""

    action_name = "action_person_resolved"
    of_the_house = True

    def act(self, turn: Turn) -> None:
        """See the class."""
        _forget_the_wish_for_a_person(turn)
        case, customer = turn.case, turn.customer
        if case is None or customer is None:
            return _close(turn)
        if _was_cancelled_meanwhile(turn, case):
            _say_cancelled(turn, case, customer)
        elif turn.undecided_case is not None and turn.slot("open_question") in _LEAVING:
            return turn.say("utter_goodbye_unfinished")
        elif not _say_what_became_of_it(turn, case) and turn.slot("cancelled_in_talk") is None:
            return _close(turn)
        if case.state is not CaseState.SCHEDULED or _survey_was_asked(turn, case):
            return _close(turn)
        return begin_survey(turn)


def _forget_the_wish_for_a_person(turn: Turn) -> None:
    """A person was here: neither the wish for one nor where they may answer is open any more."""
    if turn.slot("open_question") == "contact_email":
        turn.set("open_question", turn.slot("question_before_contact"))
        turn.set("question_before_contact", None)
    owed = [thing for thing in turn.slot("owed") or [] if thing != "human"]
    turn.set("owed", owed or None)
    turn.set("misunderstood", None)


def _go_on_with_stranger(turn: Turn) -> None:
    """Nobody knows for sure who this is: not yet, or not any more after a long talk."""
    question = turn.slot("open_question")
    known_before = turn.session.get(VerifiedIdentity, turn.conversation_id) is not None
    if question in _SURVEY:
        return _close(turn)
    if known_before and question in _NEEDS_TO_KNOW_WHO:
        turn.set("question_before_lapse", question)
        turn.say("utter_back_who")
        return ask_who(turn, "resume")
    if question in _NOTHING_ASKED:
        return _ask_stranger_who(turn, known_before=known_before)
    return _ask_what_is_open(turn)


def _ask_stranger_who(turn: Turn, *, known_before: bool) -> None:
    """On with what they wanted: for that we have to know who they are.

    What they told the person we have not heard. Who is handed to us unknown is so mostly because
    they want to leave, which nobody but us can make sure of.
    """
    purpose = turn.slot("purpose")
    if purpose:
        if known_before:
            turn.say("utter_back_who")
        return ask_who(turn, purpose)
    if known_before or turn.slot("hard_moment"):
        return ask_wish(turn)
    turn.set("purpose", "leave")
    return turn.ask("email", "utter_back_ask_email")


def _was_cancelled_meanwhile(turn: Turn, case: Case) -> bool:
    """Whether it was cancelled while the person was here, or while we had not yet asked for it."""
    if case.state is not CaseState.SCHEDULED or turn.slot("cancelled_in_talk") == case.id:
        return False
    return turn.slot("open_question") in _LEAVING or _since_claimed(turn, case.confirmed_at)


def _say_cancelled(turn: Turn, case: Case, customer: Customer) -> None:
    turn.say("utter_back_cancelled", case_values(turn, case, customer))
    turn.turn_to(case)
    turn.set("cancelled_in_talk", case.id)


def _say_what_became_of_it(turn: Turn, case: Case) -> bool:
    """Say that it was kept or taken back meanwhile, if it was; whether it was."""
    question, plan = turn.slot("open_question"), {"plan": case.subscription.plan.name}
    news = _since_claimed(turn, case.closed_at)
    if case.state is CaseState.KEPT and (news or question in _LEAVING):
        turn.say("utter_back_not_cancelled", plan)
        return True
    if case.state is CaseState.UNDONE and (news or question in _AFTERWARDS):
        turn.say("utter_back_undone", plan)
        return True
    return False


def _ask_what_is_open(turn: Turn) -> None:
    """The open question once more where it still makes sense, else the step after it."""
    question, case = turn.slot("open_question"), turn.undecided_case
    if question == "subscription" and len(open_subscriptions(turn)) == 0:
        return ask_wish(turn)
    if question in {"offer", "requested_offer"} and case is not None and _answered(turn, case):
        return ask_confirm(turn)
    if question == "confirm":
        return ask_confirm(turn)  # in full: what is shown may be other than it was
    if question in _NOTHING_ASKED:
        return ask_wish(turn)
    return ask_again(turn)


def _answered(turn: Turn, case: Case) -> bool:
    """Whether the one offer has its answer."""
    offer = offers.offer_of(turn.session, case)
    return offer is not None and offer.answer is not None


def _survey_was_asked(turn: Turn, case: Case) -> bool:
    return turn.slot("open_question") in _SURVEY or survey.was_answered(turn.session, case)


def _close(turn: Turn) -> None:
    """One goodbye; that they can cancel at any time, as long as there is something to cancel."""
    unknown = turn.customer is None and turn.slot("cancelled_in_talk") is None
    turn.say("utter_resolved" if unknown or open_subscriptions(turn) else "utter_goodbye")
    turn.end()


def _since_claimed(turn: Turn, moment: datetime | None) -> bool:
    """Whether it happened while the person was here."""
    hand_off = handoffs.hand_off_of(turn.session, turn.conversation_id)
    claimed_at = hand_off.claimed_at if hand_off is not None else None
    return claimed_at is not None and moment is not None and moment >= claimed_at
