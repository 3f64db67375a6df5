"""A yes, or "do it", where no question is open: to what was spoken of a moment ago.

It leads to a question or fetches the person who was offered; nothing is cancelled by it.
"""

import re

from actions.base import ConversationAction
from actions.handing_off import request_person
from actions.leaving import start_leaving
from actions.turn import Turn
from offboarding.hearing.spelling import plain_text

_PERSON = "/human"
_YES = re.compile(
    r"(?:(?:oh|ok|okay|well)\W+)?(?:yes|yep|yeah|yup|sure|please)"
    r"(?:\W+(?:please|pls|thanks|thank you|do|do that|i would|i'd like that|that would be \w+))*\W*"
    r"|(?:please do|i'd like that|that would be (?:good|great|nice|helpful))\W*",
    re.IGNORECASE,
)
"""To a bare offer. "Ok" alone may only say that it was read."""
_DO_IT = re.compile(
    r"(?:(?:ok|okay|fine|alright|all right|right|good|great|perfect|cool|yes|yeah|sure|then|well|so"
    r"|please|just|let'?s)\W+)*"
    r"(?:do (?:it|that|so)|go ahead|go for it|proceed)(?:\W+(?:then|please|pls|now|thanks))*\W*",
    re.IGNORECASE,
)
_HEARD_AS = frozenset({"affirm", "cancel", "nlu_fallback", "out_of_scope"})


def take_at_their_word(turn: Turn, _action: ConversationAction) -> bool:
    """Take up what was offered or talked about last; whether that was the answer."""
    if turn.heard.pressed or turn.heard.leading not in _HEARD_AS:
        return False
    if turn.slot("open_question") not in {None, "wish"}:
        return False
    said = plain_text(turn.heard.text).strip()
    if turn.slot("about_leaving") and _DO_IT.fullmatch(said):
        turn.set("misunderstood", None)
        start_leaving(turn)
        return True
    return turn.slot("open_question") is None and bool(_YES.fullmatch(said)) and _offered(turn)


def _offered(turn: Turn) -> bool:
    """Fetch the person who was offered; where something else was as well, ask which."""
    choices = turn.slot("choices") or []
    payloads = {choice["payload"] for choice in choices}
    if _PERSON not in payloads:
        return False
    turn.set("misunderstood", None)
    if len(payloads) == 1:
        request_person(turn)
    else:
        buttons = [(choice["title"], choice["payload"]) for choice in choices]
        turn.ask("wish", "utter_which_of_these", buttons=buttons)
    return True
