"""Meeting a hard moment: fewest words, no why, no offer, no survey; an end at once, or a person."""

from actions.base import ConversationAction
from actions.calling_in import OF_HARD_MOMENTS, fetch
from actions.handing_off import add_person, request_person
from actions.leaving import acknowledge, go_on_with_case, start_leaving, take_reason_heard
from actions.questions import ask_again, ask_hard_wish
from actions.turn import Turn
from offboarding.cases import service as cases
from offboarding.cases.reasons import ChurnReason
from offboarding.clock import now
from offboarding.handoffs import service as handoffs
from offboarding.handoffs.declared import taken_back_by
from offboarding.hearing.hard_moments import HardMoment, declares_withdrawal, hard_moment

_LEFT_TO_ITS_ACTION = frozenset(
    {
        "cancel",
        "human",
        "refund",
        "billing_question",
        "timeline_or_status",
        "data_export",
        "data_delete",
        "pause",
        "change_plan",
    }
)
"""What can be done in a hard moment as in any other."""
_ANSWERS = frozenset({"affirm", "deny", "keep_subscription"})
_WHY_AND_OFFER = frozenset({"reason", "offer", "requested_offer"})
_ANSWERED_IN_FREE_WORDS = frozenset({"email", "code", "contact_email", "subscription"})
_WITHDRAWS = "Withdrawal from the contract, declared"
"""How the note of it begins."""


def meet_hard_moment(turn: Turn, action: ConversationAction) -> bool:
    """Note a hard moment that is spoken of now; whether that was the answer to the message."""
    moment = hard_moment(turn.heard.text)
    known = turn.slot("hard_moment")
    if moment is None and known and _says_yes_to_either(turn):
        start_leaving(turn)
        return True
    if moment is None or turn.heard.pressed:
        return False
    withdrawal = _withdrawal(turn)
    if not withdrawal and (known == moment.value or action.takes_all_words):
        return False
    turn.set("hard_moment", moment.value)
    acknowledge(turn)
    if withdrawal:
        turn.set("wished_way", "at_once")
    if moment is HardMoment.DANGER:
        _send_help(turn, withdrawal)
    elif withdrawal and _pass_it_on(turn, withdrawal):
        return True
    fetch(turn, OF_HARD_MOMENTS[moment])
    if action.takes_all_words:
        return _end_survey(turn)
    return _take_as_reason(turn) or _ask_for_one_step(turn)


def _withdrawal(turn: Turn) -> str:
    """The note of a withdrawal that is declared, alone or beside a hard moment.

    Once in a talk, and once more after one of the staff noted that it was taken back.
    """
    if not declares_withdrawal(turn.heard.text):
        return ""
    known = handoffs.hand_off_of(turn.session, turn.conversation_id)
    noted = known if known is not None and _WITHDRAWS in known.note else None
    if noted is not None and taken_back_by(turn.session, noted) is None:
        return ""
    return f"{_WITHDRAWS} {now():%Y-%m-%d %H:%M} UTC: {turn.heard.text}"


def _end_survey(turn: Turn) -> bool:
    """No more is asked of who withdraws from the contract when they were asked for feedback."""
    turn.nothing_open()
    ask_hard_wish(turn)
    return True


def _pass_it_on(turn: Turn, note: str) -> bool:
    """A withdrawal goes to a person with their words and the time; whether that was all.

    From somebody whom we do not know, where to answer comes before anything else.
    """
    if turn.customer is None:
        request_person(turn, note)
        return True
    add_person(turn, note)
    return False


def _send_help(turn: Turn, withdrawal: str) -> None:
    """Who is in danger gets a person at once, who knows what was said; erasing is up to them."""
    turn.set("mail_not_safe", "yes")
    note = "May not be safe, and may be watched, by mail too. "
    add_person(turn, note + (withdrawal or f"They wrote: {turn.heard.text}"), by="assistant")
    turn.answered |= {"data_delete", "data_export", "out_of_scope"}


def _take_as_reason(turn: Turn) -> bool:
    """Told at the question why, or at the offer, it is why; neither is asked any more."""
    question, case = turn.slot("open_question"), turn.undecided_case
    if case is None or question not in _WHY_AND_OFFER or _wants_something_else(turn):
        return False
    if case.reason is None:
        reason = turn.heard.reason or ChurnReason.OTHER
        cases.record_reason(turn.session, case, reason, turn.heard.text)
    take_reason_heard(turn, case)
    go_on_with_case(turn, case)
    return True


def _ask_for_one_step(turn: Turn) -> bool:
    """An end or a person, or the question that is open; what they wish is left to its action."""
    question = turn.slot("open_question")
    if question in _ANSWERED_IN_FREE_WORDS:
        return False
    nothing_asked = question in {None, "wish", "meaning"}
    left_to_it = _LEFT_TO_ITS_ACTION if nothing_asked else _LEFT_TO_ITS_ACTION | _ANSWERS
    answered = turn.heard.leading in turn.answered
    if turn.heard.leading in left_to_it and turn.heard.sure and not answered:
        return False
    turn.set("misunderstood", None)
    if nothing_asked:
        ask_hard_wish(turn)
    else:
        ask_again(turn)
    return True


def _says_yes_to_either(turn: Turn) -> bool:
    """A yes to "shall I cancel it, or would you like a person?": what it would mean is shown."""
    return turn.slot("open_question") == "wish" and turn.heard.leading == "affirm"


def _wants_something_else(turn: Turn) -> bool:
    return turn.heard.sure and turn.heard.leading in _LEFT_TO_ITS_ACTION - {"cancel"}
