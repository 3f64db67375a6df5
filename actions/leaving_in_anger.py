"""They have had enough, and say so in anger: that is a wish to leave, and it has its reason."""

import re

from actions.anger import in_anger
from actions.base import ConversationAction
from actions.leaving import start_leaving
from actions.turn import REASONS, Turn
from offboarding.hearing.spelling import written_out

_ENOUGH = re.compile(
    r"\b(?:i|we)(?:'m|'re| am| are)(?: \w+){0,2} (?:done|finished|out|gone|leaving|quitting|"
    r"off|over (?:it|this|you|with it))\b(?! (?:of (?!here)|my|the|reading|writing|editing))"
    r"|\b(?:i|we)(?:'ve| have)?(?: \w+)? (?:had (?:quite )?enough|had it)\b"
    r"|\b(?:i )?(?:quit|give up)\b\W*$|^\W*enough(?: is enough)?\W*$",
    re.IGNORECASE,
)
_NOT_YET = re.compile(r"(?:\b(?:not|if|unless|until|once|when|before)|n't)\b", re.IGNORECASE)
_MAY_MEAN_IT = frozenset({*REASONS, "nlu_fallback", "out_of_scope", "goodbye", "deny"})
"""What such words are heard as. Whatever else they ask for goes first."""


def take_leaving_in_anger(turn: Turn, action: ConversationAction) -> bool:
    """Take "your app ate my notes and I am done" for the wish to leave; whether it was that."""
    nothing_asked = turn.slot("open_question") in {None, "wish", "meaning"}
    if turn.heard.pressed or action.takes_all_words or not nothing_asked or not in_anger(turn):
        return False
    said = written_out(turn.heard.text)
    if not {*turn.heard.intents} <= _MAY_MEAN_IT or not _has_had_enough(said):
        return False
    turn.set("misunderstood", None)
    reason = turn.heard.reason
    if reason is not None:  # however unsure the model is of it, they said what it was
        turn.set("heard_reason", reason.value)
        turn.set("heard_reason_words", turn.heard.text[:2000])
    start_leaving(turn)
    return True


def _has_had_enough(said: str) -> bool:
    found = _ENOUGH.search(said)
    if found is None or "?" in said[found.end() :]:
        return False
    return _NOT_YET.search(said[max(0, found.start() - 20) :]) is None
