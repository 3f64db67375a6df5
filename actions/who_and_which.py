"""Who are they, and which subscription do they mean? Then on with what they wanted."""

import re
from collections.abc import Callable

from actions.answering import answer
from actions.base import ConversationAction
from actions.doubt import at_a_loss, second_time
from actions.exporting import start_export
from actions.leaving import begin_leaving, go_on_leaving
from actions.naming import meant
from actions.offering import ask_for_offer
from actions.one_after_the_other import note_plans_to_go
from actions.questions import (
    ask_again,
    ask_code_again,
    ask_subscription,
    ask_who,
    ask_wish,
    open_subscriptions,
)
from actions.saying_who import has_no_address
from actions.staying import keep, take_no_to_the_others
from actions.turn import Purpose, Turn
from offboarding.accounts.model import Subscription
from offboarding.cases import service as cases
from offboarding.handoffs import service as handoffs
from offboarding.hearing.hard_moments import HardMoment
from offboarding.hearing.spelling import plain_text
from offboarding.identity import service as identity
from offboarding.identity.service import CodeLockedError, EmailInvalidError, TooManyCodesError

_CANCEL = re.compile(r"\bcancel\b", re.IGNORECASE)
_ADDRESS_OF_ANOTHER = re.compile(
    r"\b(?:her|his|their)\b[^.!?@]{0,15}\b(?:e-?mail|mail|address|account)\b", re.IGNORECASE
)
_NOT_A_CHOICE = frozenset({"keep_subscription", "human", "deny", "skip", "goodbye"})
"""What turns away from the question which plan is meant, though a plan may be named."""


class TakeEmail(ConversationAction):
    """They gave their address: a code goes there, if anybody has it; nothing tells whether."""

    action_name = "action_take_email"

    def act(self, turn: Turn) -> None:
        """See the class."""
        _take_email(turn)


class TakeCode(ConversationAction):
    """They gave the code."""

    action_name = "action_take_code"

    def act(self, turn: Turn) -> None:
        """See the class."""
        if turn.customer is not None:
            return go_on(turn)
        if turn.heard.entity("email") is not None:
            return _take_email(turn)  # they noticed a slip in the address
        code = turn.heard.entity("code")
        if code is None:
            turn.say("utter_code_not_understood")
            return ask_code_again(turn)
        check = identity.check_code(turn.session, turn.conversation_id, code, turn.settings)
        if check.locked:
            return turn.say("utter_code_locked")
        if check.customer is None:
            left = {"attempts_left": str(check.attempts_left)}
            name = "utter_code_wrong_last" if check.attempts_left == 1 else "utter_code_wrong"
            return turn.ask("code", name, left)
        turn.nothing_open()
        turn.say("utter_identified", {"first_name": check.customer.first_name})
        return go_on(turn)


class RefuseIdentity(ConversationAction):
    """They would rather not say who they are."""

    action_name = "action_refuse_identity"

    def act(self, turn: Turn) -> None:
        """See the class."""
        turn.say("utter_identity_needed")


class ChooseSubscription(ConversationAction):
    """Which of several subscriptions they mean: a button, its place in the list, or its name."""

    action_name = "action_choose_subscription"
    comes_to_nothing = True  # counted by itself, when it is not clear

    def act(self, turn: Turn) -> None:
        """See the class."""
        if turn.customer is None:
            return ask_who(turn, "leave")
        chosen = _chosen(turn)
        if chosen:
            return _go_on_with(turn, chosen)
        if take_no_to_the_others(turn):
            return None
        if turn.asks_besides:  # which one can wait until that is answered
            turn.about_every_plan = True
            return ask_again(turn)
        if second_time(turn):
            return at_a_loss(turn)
        turn.say("utter_which_is_not_clear")
        return ask_subscription(turn)


def choose_in_passing(turn: Turn, action: ConversationAction) -> bool:
    """Take the plan that is named along with something else: "the Pro one, when does it end?"."""
    if turn.slot("open_question") != "subscription" or turn.heard.pressed:
        return False
    if isinstance(action, ChooseSubscription) or {*turn.heard.intents} & _NOT_A_CHOICE:
        return False
    chosen = _chosen(turn)
    if not chosen:
        return False
    _go_on_with(turn, chosen)
    return True


def _chosen(turn: Turn) -> list[Subscription]:
    choices = open_subscriptions(turn)
    said = turn.heard.entity("option") or turn.heard.text
    if len(choices) == 1 and turn.heard.leading in {"affirm", "cancel"}:
        return list(choices)  # "yes" to the one that is left
    return meant(said, choices)


def _go_on_with(turn: Turn, chosen: list[Subscription]) -> None:
    customer = turn.customer
    if customer is None:
        return ask_who(turn, "leave")
    turn.set("misunderstood", None)
    turn.nothing_open()
    if "cancel" in turn.heard.intents or _CANCEL.search(turn.heard.text):
        turn.set("purpose", "leave")  # whatever it was that we thought they wanted
    if turn.slot("purpose") not in {"pause", "change_plan", "longer_trial"}:
        return begin_leaving(turn, customer, chosen)
    case = cases.open_case(turn.session, customer, chosen[0], turn.conversation_id)
    turn.turn_to(case)
    note_plans_to_go(turn, chosen)
    if len(chosen) > 1:
        turn.say("utter_one_after_the_other", {"plan": chosen[0].plan.name})
    return go_on(turn)


def go_on(turn: Turn) -> None:
    """On with what they wanted, now that it is known whose account and which plan is meant."""
    purpose = turn.slot("purpose")
    if purpose in _GO_ON:
        return _GO_ON[purpose](turn)
    return ask_wish(turn)


def _resume(turn: Turn) -> None:
    """Back to the question that was open before the long silence."""
    turn.set("open_question", turn.slot("question_before_lapse"))
    turn.set("question_before_lapse", None)
    turn.set("purpose", "leave" if turn.undecided_case else None)
    if turn.slot("open_question") is None:
        return ask_wish(turn)
    return ask_again(turn)


def _take_email(turn: Turn) -> None:
    if turn.customer is not None:
        return go_on(turn)
    email = turn.heard.entity("email")
    if email is None:
        return _without_address(turn)
    try:
        identity.send_code(turn.session, turn.conversation_id, email)
    except EmailInvalidError:
        turn.say("utter_email_not_understood")
        return turn.ask("email", "utter_ask_email_again")
    except TooManyCodesError:
        return turn.say("utter_too_many_codes")
    except CodeLockedError:
        return turn.say("utter_code_locked")
    if _is_of_another(turn):
        _note_address(turn, email)
    else:
        _give_contact(turn, email)
    return turn.ask("code", "utter_ask_code", {"email": email})


def _without_address(turn: Turn) -> None:
    """They ask why, have no address that they can read, or wrote none."""
    if has_no_address(turn.heard.text):
        return turn.say("utter_identity_needed")
    asks = "?" in plain_text(turn.heard.text)
    turn.say("utter_why_identity" if asks else "utter_email_not_understood")
    return turn.ask("email", "utter_ask_email_again")


def _is_of_another(turn: Turn) -> bool:
    """Whether the address is that of somebody who died, or of whom they speak as another."""
    bereaved = turn.slot("hard_moment") == HardMoment.BEREAVEMENT
    named = _ADDRESS_OF_ANOTHER.search(plain_text(turn.heard.text)) is not None
    return bereaved or named or bool(turn.slot("another_account"))


def _note_address(turn: Turn, email: str) -> None:
    """The address of somebody else's account: a person needs it, and answers elsewhere."""
    turn.set("another_account", email)
    hand_off = handoffs.open_hand_off(turn.session, turn.conversation_id)
    if hand_off is not None:
        note = f"The account that is meant is under {email}"
        handoffs.add_note(turn.session, hand_off, note)


def _give_contact(turn: Turn, email: str) -> None:
    """A person who was asked for before can answer there."""
    hand_off = handoffs.hand_off_of(turn.session, turn.conversation_id)
    if hand_off is not None and hand_off.contact_email is None and hand_off.customer_id is None:
        handoffs.add_contact(turn.session, hand_off, email)


_GO_ON: dict[Purpose, Callable[[Turn], None]] = {
    "leave": go_on_leaving,
    "keep": keep,
    "export": start_export,
    "pause": lambda turn: ask_for_offer(turn, "pause"),
    "change_plan": lambda turn: ask_for_offer(turn, "change_plan"),
    "longer_trial": lambda turn: ask_for_offer(turn, "longer_trial"),
    "timeline": lambda turn: answer(turn, "timeline"),
    "billing": lambda turn: answer(turn, "billing"),
    "refund": lambda turn: answer(turn, "refund"),
    "delete": lambda turn: answer(turn, "delete"),
    "resume": _resume,
}
