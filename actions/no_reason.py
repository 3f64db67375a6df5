"""What is said to the question why, and is no reason: none, a shrug, a question back."""

import re

from offboarding.hearing.spelling import plain_text, written_out

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
_ASIDE = re.compile(
    r"\bno (?:phone |more )?calls?\b(?! (?:back|from|was|were|ever|in)\b)"
    r"|\b(?:no|without (?:a|any)?) ?(?:person|human|agent|somebody)(?: (?:is|was))?(?: needed)?\b"
    r"|\b(?:nobody|no ?one|noone) (?:came|comes|is coming|here|there|yet)\b"
    r"|\bwithout (?:a |the |any |that )?codes?\b"
    r"|\bnothing (?:special|in particular|particular|else|more|really)\b"
    r"|\bcan'?t (?:i|we)(?: just)? (?:do|cancel|end|stop) (?:it|this|that)\b"
    r"|\b(?:it'?s|that'?s|it is|that is) (?:decided|final|settled)\b"
    r"|\bi(?:'ve| have) decided\b|\bany more\b"
    r"|^\W*(?:what )?(?:rubbish|nonsense|crap|bullshit|great|ridiculous|pathetic)[.,!;]+ "
    r"(?=[^.!]*\?)",
    re.IGNORECASE,
)
"""Of the talk itself, or of how it is cancelled: a call, a person, a code, a shrug, a curse."""
_NOT_NEEDED = re.compile(
    r"\W*(?:(?:no|nah|ok|thanks|thank you)\W+)*(?:not needed|not necessary|no need)"
    r"(?:\W+(?:thanks|thank you|now|any ?more|then))*\W*",
    re.IGNORECASE,
)
"""To the question why it is the reason; after anything else it says no to that."""
_FILLER = re.compile(
    r"a|actually|ah|also|again|an|and|any|anymore|as|at|both|but|can|cancel|cancelling|close|"
    r"could|do|end|first|for|go|hello|hey|hi|hm+|how|i|i'?d|i'?ll|is|it|it'?s|just|kindly|let|me|"
    r"my|needed|no|nothing|now|of|off|oh|ok|okay|one|ones|or|other|our|please|plan|plans|pls|plz|"
    r"quit|really|rest|right|so|sorry|stop|subscription|subscriptions|tell|terminate|thank|thanks|"
    r"that|the|them|then|this|to|today|too|two|us|wait|want|wanna|we|well|what|when|will|"
    r"would|yes|yeah|yet|you|your",
    re.IGNORECASE,
)
"""Words that carry no reason, whatever they are put together to."""
_WORD = re.compile(r"[^\W\d_][\w']*")
_SOMETHING_ELSE = re.compile(
    r"\b(?:switch\w*|mov(?:e|ed|ing)|chang\w+|found|find|us(?:e|es|ed|ing)|went|go(?:ne|ing)|"
    r"got|get|getting|have got|chose|chosen|pick\w*|prefer\w*|another|other|else|elsewhere|"
    r"alternative|competitor|rival|provider|better|cheaper|new|migrat\w*|replac\w*|took|taken|"
    r"try\w*|tried|in-?house|built|build|own|does|offers?|merg\w*)\b",
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


def carries_no_reason(text: str) -> bool:
    """Whether the words hold nothing that could be why they leave."""
    said = written_out(text)
    left = _WORD.findall(_ASIDE.sub(" ", said))
    return bool(_WORD.search(said)) and all(_FILLER.fullmatch(word) for word in left)


def says_not_needed(text: str) -> bool:
    """Whether they only turn down what was said last."""
    return _NOT_NEEDED.fullmatch(written_out(text)) is not None


def names_something_else(text: str) -> bool:
    """Whether the words can tell of another product that they have now."""
    return _SOMETHING_ELSE.search(written_out(text)) is not None


def asks_back(text: str) -> bool:
    """Whether they ask, in a few words, why they are asked."""
    return _BACK.fullmatch(plain_text(text).strip()) is not None


def asks_whether_needed(text: str) -> bool:
    """Whether they ask if they have to say why."""
    return _WHETHER_NEEDED.search(plain_text(text)) is not None
