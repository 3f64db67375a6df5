"""Neither yes nor no: they need to think. Nothing is done, nothing is lost, nobody is hurried."""

import re

from actions.base import ConversationAction
from actions.leaving import acknowledge
from actions.questions import ask_again, ask_wish
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

_STAY_OR_GO = (
    r"(?:stay|staying|go|going|leave|leaving|cancel|cancell?ing|keep|keeping|quit|quitting|end)"
)
_UNDECIDED = re.compile(
    r"\b(?:(?:not|n't) (?:really |quite |so |at all |100% |even )?(?:sure|certain)|unsure|torn|idk|"
    r"undecided|dunno|(?:don'?t|do not) (?:really |even )?know|(?:can'?t|cannot) decide|"
    r"(?:haven'?t|have not|not) decided|(?:in|of) two minds|on the fence|debating)"
    r"(?: (?:yet|right now|anymore|any more|really))? (?:(?:if|whether)(?: (?:i|we)"
    r"(?: really| actually| still)?(?:'?d| should| want to| wanna| would| need to| have to)?"
    r"(?: want to| like to| just| really)?)?(?: to)?|about|between|on|to)"
    rf" {_STAY_OR_GO}\b"
    rf"|\bshould i (?:just |really )?{_STAY_OR_GO}\b"
    r"|\b(?:stay|keep it) or (?:should i )?(?:go|leave|cancel|quit)\b"
    r"|\b(?:go|leave|cancel|quit) or (?:should i )?(?:stay|keep it)\b",
    re.IGNORECASE,
)
"""Whether to leave at all is what they have not made up their mind about."""
_NOTHING_DECIDED = frozenset({None, "wish", "meaning", "email", "reason"})


def meet_hesitation(turn: Turn, _action: ConversationAction) -> bool:
    """Leave them time, at a question for yes or no and before; whether that was the answer."""
    if turn.heard.pressed:
        return False
    said = plain_text(turn.heard.text).strip()
    undecided = _UNDECIDED.search(said) is not None
    if undecided and _leave_it_open(turn):
        return True
    if turn.slot("open_question") not in _YES_OR_NO:
        return False
    hesitates = undecided or _HESITATES.fullmatch(said) is not None
    if not hesitates and _HAS_READ_IT.fullmatch(said) is None:
        return False
    turn.set("misunderstood", None)
    if hesitates:
        turn.say("utter_take_your_time")
    ask_again(turn)
    return True


def _leave_it_open(turn: Turn) -> bool:
    """Before anything was shown to them: whether to leave need not be known today."""
    if turn.slot("open_question") not in _NOTHING_DECIDED:
        return False
    turn.set("misunderstood", None)
    if "?" not in turn.heard.text:
        turn.answered.add("timeline_or_status")  # "stay or go" sounds like one
    acknowledge(turn)
    turn.say("utter_undecided")
    ask_wish(turn)
    return True
