"""Swearing at us: told from something that is to be understood, and never answered in kind."""

import re

from offboarding.hearing.spelling import plain_text

_ABUSE = re.compile(
    r"\b(?:fuck\w*|fck\w*|f\*+\w*|shit\w*|bullshit|bastards?|a(?:ss|rse)holes?|cunts?|bitch\w*|"
    r"idiots?|morons?|imbeciles?|dumb\w*|stupid\w*|pathetic|scumbags?|wankers?|twats?|pricks?|"
    r"piss off|screw you|go to hell|rot in hell|useless|worthless|garbage|trash|crap\w*|sucks?|"
    r"shut up|(?:is|what) a joke|clowns?)\b",
    re.IGNORECASE,
)


def is_abuse(text: str) -> bool:
    """Whether it is swearing at us rather than something to be understood."""
    return _ABUSE.search(plain_text(text)) is not None
