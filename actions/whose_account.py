"""Signed in, they speak of somebody else's account: whose is meant is asked, never guessed.

Only the account that they are signed in to can be seen here. For another one, a person helps.
"""

import re

from actions.base import ConversationAction
from actions.handing_off import request_person
from actions.hard_moments import hard_moment, names_account_of_another
from actions.leaving import acknowledge, start_leaving
from actions.spelling import plain_text
from actions.turn import Turn

_ABOUT_AN_ACCOUNT = frozenset(
    {"cancel", "refund", "data_export", "data_delete", "pause", "change_plan"}
)
"""What is done to an account, so that it has to be the right one."""
_ANOTHER = re.compile(
    r"\b(?:hers|his|theirs|her|their|another|other|different|not mine|not my own|"
    r"someone else|somebody else)\b",
    re.IGNORECASE,
)
_OWN = re.compile(
    r"\b(?:mine|my own|my (?:plan|account|subscription)|this one|this account|the one i'?m signed|"
    r"signed in|the first(?: one)?)\b",
    re.IGNORECASE,
)
_LEFT_TO_ITS_ACTION = frozenset({"human", "keep_subscription", "deny", "goodbye"})


def settle_whose_account(turn: Turn, _action: ConversationAction) -> bool:
    """Ask whose account is meant, or take the answer; whether that was all there is to say."""
    if turn.customer is None:
        return False
    if turn.slot("whose_account"):
        return _take_answer(turn)
    if not _may_mean_another(turn):
        return False
    moment = hard_moment(turn.heard.text)
    if moment is not None:
        turn.set("hard_moment", moment.value)
    acknowledge(turn)
    _ask(turn)
    return True


def _may_mean_another(turn: Turn) -> bool:
    if turn.heard.pressed or turn.slot("open_question") not in {None, "wish", "meaning"}:
        return False
    about = not _ABOUT_AN_ACCOUNT.isdisjoint(turn.heard.intents)
    return about and names_account_of_another(turn.heard.text)


def _take_answer(turn: Turn) -> bool:
    said = plain_text(turn.heard.text)
    if turn.heard.pressed or turn.heard.leading in _LEFT_TO_ITS_ACTION:
        turn.set("whose_account", None)
        return False
    email = turn.heard.entity("email")
    if (email is not None and not _is_theirs(turn, email)) or _ANOTHER.search(said):
        turn.set("whose_account", None)
        request_person(turn, f"About somebody else's account: {turn.heard.text}")
        return True
    if _OWN.search(said) or email is not None:
        turn.set("whose_account", None)
        start_leaving(turn)
        return True
    if turn.heard.leading in {"affirm", "cancel", "nlu_fallback", "out_of_scope"}:
        _ask(turn)  # "yes" is no answer to "which one?"
        return True
    turn.set("whose_account", None)
    return False


def _ask(turn: Turn) -> None:
    turn.set("whose_account", "asked")
    turn.ask("wish", "utter_ask_whose_account")


def _is_theirs(turn: Turn, email: str) -> bool:
    customer = turn.customer
    return customer is not None and customer.email.casefold() == email.casefold()
