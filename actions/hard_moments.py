"""Hard moments: a death, an illness, a job lost. Then no questions why, no offer, no survey.

And moments in which nothing else matters: somebody says that they want to die.
"""

import re

_CLOSE = (
    r"husband|wife|partner|spouse|mother|mum|mom|father|dad|son|daughter|brother|sister|child|"
    r"parents?|friend|aunt|uncle|grand\w+|nan|he|she"
)
_HARD = re.compile(
    rf"\b(?:{_CLOSE})\b[^.!?]{{0,40}}\b(?:died|passed away|passed on|is dead|has passed)\b"
    rf"|\b(?:lost|buried|death of|passing of) (?:my|our|his|her|their) (?:\w+ )?(?:{_CLOSE})\b"
    r"|\b(?:funeral|bereave\w*|deceased|hospice|terminally ill|chemo\w*)\b"
    r"|\b(?:have|has|had|got|with|fighting|my|her|his) cancer\b"
    r"|\b(?:lost|losing) (?:my|our|his|her)? ?(?:job|home|house)\b"
    r"|\b(?:laid off|made redundant|bankrupt\w*|evicted)\b"
    r"|\bcan'?t (?:pay|afford) (?:the|my|our) (?:rent|food|bills)\b",
    re.IGNORECASE,
)

_CRISIS = re.compile(
    r"\b(?:kill(?:ing)? my ?self|end(?:ing)? my (?:own )?life|take my own life|suicid\w*"
    r"|want(?:ed)? to die|better off dead|self[- ]?harm\w*|hurt(?:ing)? my ?self)\b",
    re.IGNORECASE,
)


def is_crisis(text: str) -> bool:
    """Whether a customer says that their life is in danger."""
    return _CRISIS.search(text) is not None


def is_hard_moment(text: str) -> bool:
    """Whether a customer says that something hard has happened to them."""
    return _HARD.search(text) is not None
