"""Meeting a hard moment: fewest words, no why, no offer, no survey; an end at once, or a person."""

from actions.base import ConversationAction
from actions.hard_moments import hard_moment
from actions.leaving import acknowledge, go_on_with_case, start_leaving, take_reason_heard
from actions.questions import ask_again, ask_hard_wish
from actions.turn import Turn
from offboarding.cases import service as cases
from offboarding.cases.reasons import ChurnReason

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


def meet_hard_moment(turn: Turn, action: ConversationAction) -> bool:
    """Note a hard moment that is spoken of now; whether that was the answer to the message."""
    moment = hard_moment(turn.heard.text)
    known = turn.slot("hard_moment")
    if moment is None and known and _says_yes_to_either(turn):
        start_leaving(turn)
        return True
    if moment is None or turn.heard.pressed or known == moment.value or action.takes_all_words:
        return False
    turn.set("hard_moment", moment.value)
    acknowledge(turn)
    question, case = turn.slot("open_question"), turn.undecided_case
    if case is not None and question in _WHY_AND_OFFER and not _wants_something_else(turn):
        if case.reason is None:
            reason = turn.heard.reason or ChurnReason.OTHER
            cases.record_reason(turn.session, case, reason, turn.heard.text)
        take_reason_heard(turn, case)
        go_on_with_case(turn, case)
        return True
    if question in _ANSWERED_IN_FREE_WORDS:
        return False
    nothing_asked = question in {None, "wish", "meaning"}
    left_to_it = _LEFT_TO_ITS_ACTION if nothing_asked else _LEFT_TO_ITS_ACTION | _ANSWERS
    if turn.heard.leading in left_to_it and turn.heard.sure:
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
