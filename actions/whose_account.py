"""Signed in, they speak of somebody else's account: whose is meant is asked, never guessed.

Only the account that they are signed in to can be seen here. For another one, a person helps.
"""

import re
from collections.abc import Mapping

from actions.base import ConversationAction
from actions.handing_off import request_person
from actions.leaving import acknowledge
from actions.questions import ask_who, left_to_a_person
from actions.turn import Purpose, Turn
from actions.who_and_which import go_on
from offboarding.hearing.hard_moments import HardMoment, hard_moment, names_account_of_another
from offboarding.hearing.people import RELATIVE
from offboarding.hearing.spelling import plain_text, written_out

_DONE_TO_AN_ACCOUNT: Mapping[str, Purpose] = {
    "cancel": "leave",
    "refund": "refund",
    "data_delete": "delete",
    "data_export": "export",
    "pause": "pause",
    "change_plan": "change_plan",
}
"""What is done to an account, so that it has to be the right one, and where that goes on."""
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
_HERE = re.compile(
    r"(?<!not )\b(?:(?:i|we)(?:'?m| am|'?re| are)(?: \w+)? (?:in|on|using|logged|signed|inside)\b|"
    r"this (?:is|one is) (?:his|hers|her|theirs|their)\b)",
    re.IGNORECASE,
)
"""The account of another is the very one that they are signed in to."""
_SOMEBODY_CLOSE = re.compile(rf"\b{RELATIVE}\b", re.IGNORECASE)
_ENDS_THEIRS = re.compile(
    r"(?<!not )(?<!n't )(?<!never )\b(?:cancel|end|close|stop|terminate|delete|remove) "
    r"(?:hers|theirs|his(?=\W*(?:$|[,.;!?])|\W+(?:please|too|as|for|because|and|since)\b))\b",
    re.IGNORECASE,
)
_LEFT_TO_ITS_ACTION = frozenset({"human", "keep_subscription", "deny", "goodbye"})


def settle_whose_account(turn: Turn, _action: ConversationAction) -> bool:
    """Ask whose account is meant, or take the answer; whether that was all there is to say."""
    if turn.customer is None:
        return _of_a_stranger(turn)
    if turn.slot("whose_account"):
        return _take_answer(turn)
    if _names_address_of_the_dead(turn):
        _leave_to_a_person(turn, turn.heard.entity("email"))
        return True
    wish = _wish_for_another(turn)
    if wish is None:
        return False
    turn.set("purpose", _DONE_TO_AN_ACCOUNT[wish])
    turn.set("whose_account", wish)
    moment = hard_moment(turn.heard.text)
    if moment is not None:
        turn.set("hard_moment", moment.value)
    acknowledge(turn)
    _ask(turn, wish)
    return True


def _of_a_stranger(turn: Turn) -> bool:
    """Remember that it is somebody else's, so that their mailbox is no matter of course."""
    wish = _wish_for_another(turn)
    if wish is None:
        return False
    turn.set("another_account", "yes")
    if wish in turn.heard.intents:
        return False  # its action asks for the address
    turn.set("misunderstood", None)
    acknowledge(turn)
    ask_who(turn, _DONE_TO_AN_ACCOUNT[wish])
    return True


def _wish_for_another(turn: Turn) -> str | None:
    """The first thing they want done, where it may be to an account that is not theirs."""
    if turn.heard.pressed or turn.slot("open_question") not in {None, "wish", "meaning"}:
        return None
    said = turn.heard.text
    if hard_moment(said) is HardMoment.DANGER:
        return None
    if _ends_theirs(said):
        return "cancel"
    still_about_it = left_to_a_person(turn) and not _OWN.search(plain_text(said))
    if not still_about_it and not names_account_of_another(said):
        return None
    return next((wish for wish in turn.heard.intents if wish in _DONE_TO_AN_ACCOUNT), None)


def _ends_theirs(text: str) -> bool:
    """Whether somebody is named, and theirs is to end: "my neighbour wants to cancel hers"."""
    said = written_out(text)
    found = _ENDS_THEIRS.search(said)
    return found is not None and _SOMEBODY_CLOSE.search(said) is not None


def _take_answer(turn: Turn) -> bool:
    said, wish = plain_text(turn.heard.text), turn.slot("whose_account")
    here = not turn.heard.pressed and _HERE.search(said) is not None
    if turn.heard.pressed or (turn.heard.leading in _LEFT_TO_ITS_ACTION and not here):
        turn.set("whose_account", None)
        return False
    email = turn.heard.entity("email")
    of_another = _ANOTHER.search(said) is not None and not here
    if (email is not None and not _is_theirs(turn, email)) or of_another:
        _leave_to_a_person(turn, email)
        return True
    if here or _OWN.search(said) or email is not None:
        turn.set("whose_account", None)
        turn.nothing_open()
        go_on(turn)
        return True
    if turn.heard.leading in {"affirm", "cancel", "nlu_fallback", "out_of_scope"}:
        _ask(turn, wish)  # "yes" is no answer to "which one?"
        return True
    turn.set("whose_account", None)
    return False


def _names_address_of_the_dead(turn: Turn) -> bool:
    """Whether, after a death, an address is named that is not their own: its account is meant."""
    email = turn.heard.entity("email")
    if email is None or _is_theirs(turn, email) or turn.slot("open_question") == "contact_email":
        return False
    bereaved = HardMoment.BEREAVEMENT in {turn.slot("hard_moment"), hard_moment(turn.heard.text)}
    return bereaved and not turn.heard.pressed


def _leave_to_a_person(turn: Turn, email: str | None) -> None:
    """Have a person see to somebody else's account, with all that was said of it."""
    moment = hard_moment(turn.heard.text)
    if moment is not None and not turn.slot("hard_moment"):
        turn.set("hard_moment", moment.value)
        acknowledge(turn)
    turn.set("whose_account", None)
    turn.set("another_account", email or "yes")
    if email is not None:
        turn.say("utter_another_address_noted", {"email": email})
    turn.nothing_open()
    request_person(turn, f"About somebody else's account: {turn.heard.text}")


def _ask(turn: Turn, wish: str) -> None:
    buttons = [
        (turn.phrase("utter_label_own_account"), f"/{wish}"),
        (turn.phrase("utter_label_another_account"), "/human"),
    ]
    turn.ask("wish", "utter_ask_whose_account", buttons=buttons)


def _is_theirs(turn: Turn, email: str) -> bool:
    customer = turn.customer
    return customer is not None and customer.email.casefold() == email.casefold()
