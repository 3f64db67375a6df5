"""What is said to the question why, and is no reason: none, a shrug, a question back."""

import re

from offboarding.hearing.spelling import plain_text

_NONE = re.compile(
    r"(?:no|none|nothing|not really|nothing really|no (?:real |particular )?reason|n/?a|nope|nah"
    r"|just because|because|whatever|just do it.*|just cancel.*|who cares|no comment|personal"
    r"|private|i (?:already |just )?(?:told|said|gave)(?: you)?(?: why| that| already| it)*"
    r"|(?:it )?(?:does not|doesn't|doesnt) matter|i (?:do not|don't|dont) (?:care|know)"
    r")[.! ]*",
    re.IGNORECASE,
)
_BACK = re.compile(
    r"(?:why|what|how|who|sorry|huh|pardon)"
    r"(?:[^.!]{0,60}\?+| do you (?:mean|ask|care)| so| not)?\W*",
    re.IGNORECASE,
)
_WHETHER_NEEDED = re.compile(
    r"\b(?:do|did|would) (?:i|we) (?:\w+ )?(?:have|need|got) to\b[^.!?]{0,20}"
    r"\b(?:reason|why|say|tell|answer|explain|justify)\b"
    r"|\bmust (?:i|we)\b[^.!?]{0,20}\b(?:reason|why|say|tell|answer|explain|justify)\b"
    r"|\bis (?:it|this|that|a reason|the reason|an answer)\b[^.!?]{0,15}"
    r"\b(?:required|necessary|mandatory|obligatory|compulsory|needed|optional)\b"
    r"|\b(?:am|are) (?:i|we) (?:obliged|required|forced)\b",
    re.IGNORECASE,
)


def gives_no_reason(text: str) -> bool:
    """Whether they would rather not say why."""
    return _NONE.fullmatch(plain_text(text).strip()) is not None


def asks_back(text: str) -> bool:
    """Whether they ask, in a few words, why they are asked."""
    return _BACK.fullmatch(plain_text(text).strip()) is not None


def asks_whether_needed(text: str) -> bool:
    """Whether they ask if they have to say why."""
    return _WHETHER_NEEDED.search(plain_text(text)) is not None
