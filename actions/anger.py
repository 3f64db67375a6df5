"""Swearing at us: told from something that is to be understood, and never answered in kind."""

import re

from actions.turn import Turn
from offboarding.hearing.spelling import plain_text

_ABUSE = re.compile(
    r"\b(?:fuck\w*|fck\w*|f\*+\w*|shit\w*|bullshit|bastards?|a(?:ss|rse)holes?|cunts?|bitch\w*|"
    r"idiots?|morons?|imbeciles?|dumb\w*|stupid\w*|pathetic|scumbags?|wankers?|twats?|pricks?|"
    r"piss off|screw you|go to hell|rot in hell|useless|worthless|garbage|trash|crap\w*|sucks?|"
    r"shut up|f+ ?off|eff off|(?:is|what) a joke|clowns?)\b|\b[fs]\*{2,}",
    re.IGNORECASE,
)


def is_abuse(text: str) -> bool:
    """Whether it is swearing at us rather than something to be understood."""
    return _ABUSE.search(plain_text(text)) is not None


def note_anger(turn: Turn) -> None:
    """Remember that they swore: for the rest of the talk nobody asks them why they leave."""
    if not turn.heard.pressed and is_abuse(turn.heard.text):
        turn.set("angry", "yes")


def in_anger(turn: Turn) -> bool:
    """Whether they swore in this talk."""
    return bool(turn.slot("angry"))
