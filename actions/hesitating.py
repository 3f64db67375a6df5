"""Neither yes nor no: they need to think. Nothing is done, nothing is lost, nobody is hurried."""

import re

from actions.base import ConversationAction
from actions.questions import ask_again
from actions.turn import Turn
from offboarding.hearing.spelling import plain_text

_YES_OR_NO = frozenset({"offer", "requested_offer", "confirm", "export", "undo"})
_HESITATES = re.compile(
    r"(?:(?:well|hm+|um+|uh+|er+|idk|honestly|sorry)\W+)*"
    r"(?:maybe|perhaps|possibly|idk|dunno|"
    r"(?:i'?m |i am )?(?:not sure|unsure|undecided|torn)(?: yet| about (?:it|that|this))?|"
    r"(?:i )?(?:don'?t|do not) know(?: yet)?|"
    r"(?:let me|i(?:'ll| will| need to| have to| want to| must)?) think(?: about (?:it|that|this))?"
    r"(?: first)?|"
    r"(?:give me |i need )(?:a|some|one) (?:moment|minute|second|sec|time|bit)(?: to think)?)"
    r"(?:\W+(?:maybe|not sure|i'?m not sure|i don'?t know|later|yet|sorry))*\W*",
    re.IGNORECASE,
)

_HAS_READ_IT = re.compile(
    r"(?:(?:ok|okay|oh|ah|great|alright|all right|fine|right|thanks|thank you)\W+)*"
    r"(?:good to know|i see|got it|noted|makes sense|understood|i understand|that helps)"
    r"(?:\W+(?:then|thanks|thank you))*\W*",
    re.IGNORECASE,
)
"""They have read what was said, which answers nothing."""


def meet_hesitation(turn: Turn, _action: ConversationAction) -> bool:
    """Leave them time at a question for yes or no; whether that was the answer."""
    if turn.heard.pressed or turn.slot("open_question") not in _YES_OR_NO:
        return False
    said = plain_text(turn.heard.text).strip()
    hesitates = _HESITATES.fullmatch(said) is not None
    if not hesitates and _HAS_READ_IT.fullmatch(said) is None:
        return False
    turn.set("misunderstood", None)
    if hesitates:
        turn.say("utter_take_your_time")
    ask_again(turn)
    return True
