"""What a message carries beside the act that leads it: noted, done or answered, never lost.

"Cancel it and send me my data" is two wishes. The leading one is done by its action. The other is
kept in the slot `owed` and seen to as soon as it can be: at once, or when we know who speaks and
which plan is meant. What is said about it stands before the question that the action ends with.
"""

from collections.abc import Callable, Mapping

from actions.anger import note_anger
from actions.answering import answer, tell
from actions.base import ConversationAction
from actions.exporting import begin_export, say_how_far_the_copy_is
from actions.handing_off import add_person
from actions.leaving import acknowledge, gives_why, note_reason, take_reason_heard
from actions.meeting_disputed_charges import meet_disputed_charge
from actions.no_offers import note_no_to_offers
from actions.questions import ask_again, ask_who
from actions.special_questions import (
    ARRIVAL,
    CONTENT,
    COPY,
    DETAILS,
    HELP,
    INVOICES,
    NO_CONTACT,
    PRIVACY,
    TAKEN_FOR,
    UNDOING,
    WISHED_END,
    special_questions,
)
from actions.turn import Turn
from actions.ways_out import chooses_way
from offboarding.accounts.model import Customer

_ACCOUNT = (
    "billing_question",
    "refund",
    ARRIVAL,
    "data_delete",
    CONTENT,
    "timeline_or_status",
    WISHED_END,
    UNDOING,
)
"""Answered from the account, about the plan that is meant."""
_ENDS = frozenset({"cancel", "timeline_or_status"})
"""Only of our own plan do we say on which day it ends, not of a meeting on friday."""
_FROM_ACCOUNT_ALONE = frozenset({ARRIVAL, CONTENT, COPY, UNDOING})
"""Told by words, and to nobody whom we do not know."""
_SAY_BACK = frozenset({"human", "refund", "pause", "change_plan"})
"""Wishes with which a reason is said back even though nothing is being cancelled."""


def note_besides(turn: Turn, action: ConversationAction) -> None:
    """Keep what has to be seen to, whatever the action makes of the message."""
    if action.takes_all_words:
        return
    note_anger(turn)
    meet_disputed_charge(turn)
    note_no_to_offers(turn)
    heard = turn.heard
    special = _special(turn)
    if not heard.sure or not _ENDS & {*heard.intents}:
        special = [name for name in special if name != WISHED_END]
    if not heard.sure:
        _owe(turn, special)
        return
    if not _only_chooses_a_way(turn):
        note_reason(turn)
    if heard.leading in _SAY_BACK and heard.reason is not None:
        acknowledge(turn)
    meant_instead = {intent for name in special for intent in TAKEN_FOR[name]}
    wished = [each for each in heard.intents if each in _IN_ORDER and each not in meant_instead]
    _owe(turn, [*special, *wished])


def answer_special(turn: Turn, action: ConversationAction) -> bool:
    """Answer what the model could only take for something else; whether that was all."""
    if action.takes_all_words or turn.heard.pressed:
        return False
    special = [name for name in _special(turn) if name != WISHED_END]
    if not special or any(turn.heard.entity(name) for name in ("email", "code")):
        return False
    mistaken = {intent for name in special for intent in TAKEN_FOR[name]}
    if turn.heard.sure and turn.heard.leading not in mistaken:
        return False
    turn.set("misunderstood", None)
    if turn.customer is None and _FROM_ACCOUNT_ALONE.intersection(special):
        return _answer_stranger(turn, special)
    ask_again(turn)
    return True


def _answer_stranger(turn: Turn, special: list[str]) -> bool:
    """Ask who they are, where it is answered from the account; what is owed is told after it."""
    if turn.slot("open_question") in {"email", "code"}:
        turn.say("utter_answer_follows")
        ask_again(turn)
    elif CONTENT in special:
        turn.answered.add(CONTENT)
        answer(turn, "delete")
    elif ARRIVAL in special:
        turn.answered.add(ARRIVAL)
        answer(turn, "refund")
    else:
        ask_who(turn, "resume")
    return True


def _only_chooses_a_way(turn: Turn) -> bool:
    """Whether what sounds like a reason, "the money please", is the way they choose to leave."""
    return chooses_way(turn) and not gives_why(turn.heard.text)


def _special(turn: Turn) -> list[str]:
    """The questions that words tell. With no question open, to undo is a wish to take up."""
    heard = turn.heard
    asked = special_questions(heard.text) if not heard.pressed else []
    nothing_asked = turn.slot("open_question") in {None, "wish", "meaning", "undo"}
    if nothing_asked and heard.leading not in {"out_of_scope", "nlu_fallback"}:
        return [name for name in asked if name != UNDOING]
    return asked


def answer_besides(turn: Turn) -> None:
    """Do and say what is owed and possible now; the question that was asked comes after it."""
    question = _cut_question(turn)
    told_before = turn.told_of_other_way
    owed = set(turn.slot("owed") or []) - turn.answered
    customer = turn.customer if owed else None
    for thing in _IN_ORDER:
        if thing in owed and _DO[thing](turn, customer):
            owed.discard(thing)
    left = [] if turn.ended else sorted(owed - turn.answered)
    if left != (turn.slot("owed") or []):
        turn.set("owed", left or None)
    if turn.ended:
        turn.end()  # what was done beside it belongs to the same talk
    case = turn.undecided_case if turn.heard.reason else None
    if case is not None:
        take_reason_heard(turn, case)
    if turn.told_of_other_way and not told_before and turn.slot("open_question") == "confirm":
        return ask_again(turn)  # a yes would fit what was shown and what was told of since
    turn.messages += question
    return None


def _cut_question(turn: Turn) -> list[dict[str, object]]:
    """Take the question that was asked last off the messages."""
    if turn.asked_at is None:
        return []
    question = turn.messages[turn.asked_at :]
    del turn.messages[turn.asked_at :]
    return question


def _owe(turn: Turn, things: list[str]) -> None:
    turn.asks_besides = bool(things)
    known = turn.slot("owed") or []
    new = [thing for thing in things if thing not in known]
    if new:
        turn.set("owed", [*known, *new])


def _answer_from_account(thing: str) -> Callable[[Turn, Customer | None], bool]:
    def do(turn: Turn, customer: Customer | None) -> bool:
        choosing = turn.slot("open_question") == "subscription" and not turn.about_every_plan
        if customer is None or choosing:
            return False
        tell(turn, thing, customer)
        return True

    return do


def _export(turn: Turn, customer: Customer | None) -> bool:
    if customer is None:
        return False
    begin_export(turn, customer, beside=True)
    return True


def _copy(turn: Turn, customer: Customer | None) -> bool:
    if customer is not None:
        say_how_far_the_copy_is(turn, customer)
    return customer is not None


def _person(turn: Turn, _customer: Customer | None) -> bool:
    add_person(turn)
    return True


def _say(response: str) -> Callable[[Turn, Customer | None], bool]:
    def do(turn: Turn, _customer: Customer | None) -> bool:
        turn.say(response)
        return True

    return do


_DO: Mapping[str, Callable[[Turn, Customer | None], bool]] = {
    "human": _person,
    "data_export": _export,
    COPY: _copy,
    "bot_challenge": _say("utter_bot_challenge"),
    PRIVACY: _say("utter_privacy"),
    INVOICES: _say("utter_invoices"),
    DETAILS: _say("utter_details_wished"),
    NO_CONTACT: _say("utter_no_contact_wished"),
    HELP: _say("utter_what_i_do"),
    **{thing: _answer_from_account(thing) for thing in _ACCOUNT},
}
"""How each thing is seen to; it says whether that was possible now."""
_IN_ORDER = tuple(_DO)
