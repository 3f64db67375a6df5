"""Who are they, and which subscription do they mean? Then on with what they wanted."""

from collections.abc import Callable

from actions.answering import answer
from actions.base import ConversationAction
from actions.doubt import second_time
from actions.exporting import start_export
from actions.leaving import begin_case, go_on_leaving
from actions.naming import meant
from actions.offering import ask_for_offer
from actions.questions import ask_subscription, ask_who, ask_wish, open_subscriptions
from actions.staying import keep
from actions.turn import Purpose, Turn
from offboarding.cases import service as cases
from offboarding.identity import service as identity
from offboarding.identity.service import CodeLockedError, EmailInvalidError, TooManyCodesError

_GO_ON: dict[Purpose, Callable[[Turn], None]] = {
    "leave": go_on_leaving,
    "keep": keep,
    "export": start_export,
    "pause": lambda turn: ask_for_offer(turn, "pause"),
    "change_plan": lambda turn: ask_for_offer(turn, "change_plan"),
    "timeline": lambda turn: answer(turn, "timeline"),
    "billing": lambda turn: answer(turn, "billing"),
    "refund": lambda turn: answer(turn, "refund"),
    "delete": lambda turn: answer(turn, "delete"),
}


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
            return _go_on(turn)
        if turn.heard.entity("email") is not None:
            return _take_email(turn)  # they noticed a slip in the address
        code = turn.heard.entity("code")
        if code is None:
            turn.say("utter_code_not_understood")
            return turn.ask("code", "utter_ask_code_again")
        check = identity.check_code(turn.session, turn.conversation_id, code, turn.settings)
        if check.locked:
            return turn.say("utter_code_locked")
        if check.customer is None:
            left = {"attempts_left": str(check.attempts_left)}
            name = "utter_code_wrong_last" if check.attempts_left == 1 else "utter_code_wrong"
            return turn.ask("code", name, left)
        turn.nothing_open()
        turn.say("utter_identified", {"first_name": check.customer.first_name})
        return _go_on(turn)


class ChooseSubscription(ConversationAction):
    """Which of several subscriptions they mean: a button, its place in the list, or its name."""

    action_name = "action_choose_subscription"
    comes_to_nothing = True  # counted by itself, when it is not clear

    def act(self, turn: Turn) -> None:
        """See the class."""
        customer, choices = turn.customer, open_subscriptions(turn)
        if customer is None:
            return ask_who(turn, "leave")
        chosen = meant(turn.heard.entity("option") or turn.heard.text, choices)
        if chosen is None and second_time(turn):
            return turn.nothing_open()
        if chosen is None:
            turn.say("utter_which_is_not_clear")
            return ask_subscription(turn)
        turn.set("misunderstood", 0)
        if turn.slot("purpose") in {"pause", "change_plan"}:
            cases.open_case(turn.session, customer, chosen, turn.conversation_id)
            turn.session.flush()
            return _go_on(turn)
        return begin_case(turn, customer, chosen)


def _go_on(turn: Turn) -> None:
    purpose = turn.slot("purpose")
    if purpose in _GO_ON:
        return _GO_ON[purpose](turn)
    return ask_wish(turn)


def _take_email(turn: Turn) -> None:
    if turn.customer is not None:
        return _go_on(turn)
    email = turn.heard.entity("email")
    if email is None:
        asks_why = "?" in turn.heard.text or turn.heard.text.strip().lower().startswith("why")
        turn.say("utter_why_identity" if asks_why else "utter_email_not_understood")
        return turn.ask("email", "utter_ask_email_again")
    try:
        identity.send_code(turn.session, turn.conversation_id, email)
    except EmailInvalidError:
        turn.say("utter_email_not_understood")
        return turn.ask("email", "utter_ask_email_again")
    except TooManyCodesError:
        return turn.say("utter_too_many_codes")
    except CodeLockedError:
        return turn.say("utter_code_locked")
    return turn.ask("code", "utter_ask_code", {"email": email})
