"""Asked who they are, they ask why, would rather not say, or cannot read their mail.

None of that is an address or a code, and none of it ends the talk.
"""

import re

from actions.base import ConversationAction
from actions.questions import ask_again
from actions.turn import Turn
from offboarding.hearing.spelling import plain_text, written_out

_WHO_ARE_YOU = frozenset({"email", "code"})
_CANNOT = r"(?:no|not|never|lost|without|forg[eo]t\w*|cannot|can'?t|couldn'?t|don'?t|haven'?t|n't)"
_NO_ADDRESS = re.compile(
    rf"\b{_CANNOT}\b[^.!?]{{0,30}}"
    r"\b(?:access|open|get (?:in|into|to|at)|log in|have|had|mail|e-?mail|address|inbox|mailbox|"
    r"remember|know|use)\b",
    re.IGNORECASE,
)
"""They have no address to give, or cannot read what comes there."""
_CANNOT_READ_IT = re.compile(
    rf"\b{_CANNOT}\b[^.!?]{{0,20}}"
    r"\b(?:access|open|get (?:in|into|to|at)|log in(?: to|to)?|read|check|reach)\b[^.!?]{0,25}"
    r"\b(?:mail|mails|e-?mails?|inbox|mailbox)\b",
    re.IGNORECASE,
)
_WITHOUT_CODE = re.compile(
    r"\b(?:can|can'?t|cannot|could|couldn't|may) (?:i|we|you|it)\b[^.!?]{0,30}"
    r"\bwithout (?:a |the |any |that |this |all the )?codes?\b",
    re.IGNORECASE,
)
_ASKS_WHY = re.compile(
    r"\b(?:why|what for|what do you)\b[^.!?]{0,30}"
    r"\b(?:need|ask|asking|require|want|give|tell|prove|enter|type|do)\b[^.!?]{0,25}"
    r"\b(?:e-?mail|mail|address|code|digits|number|that|it|this|who i am|know|me)\b"
    r"|^\W*(?:but |and |ok |okay )?(?:why(?: (?:is that|should i|would i|not))?|what for)\W*$",
    re.IGNORECASE,
)
_REFUSES = re.compile(
    r"\b(?:don'?t|do not|won'?t|will not|not going to|ain'?t|i'?m not|am not|never|rather not|"
    r"refuse to|not comfortable|no way)\b(?:(?! to cancel| to stay)[^.!?]){0,25}"
    r"\b(?:give|giving|tell|telling|share|sharing|say|saying|hand|provide|type|typing|enter)\b"
    r"[^.!?]{0,20}"
    r"(?:\b(?:e-?mail|mail|address|code|that|it|this|you|who i am|name|details|data|out)\b|$)",
    re.IGNORECASE,
)


def meet_doubt_about_saying_who(turn: Turn, _action: ConversationAction) -> bool:
    """Say what their address or the code is for, or what helps without; whether that was all."""
    if turn.customer is not None or turn.heard.pressed:
        return False
    if _WITHOUT_CODE.search(written_out(turn.heard.text)):
        turn.set("misunderstood", None)
        turn.say("utter_identity_needed")
        return True
    if turn.slot("open_question") not in _WHO_ARE_YOU or "human" in turn.heard.intents:
        return False
    if any(turn.heard.entity(name) is not None for name in ("email", "code")):
        return False
    return _doubts_it(turn)


def _doubts_it(turn: Turn) -> bool:
    """Whether, asked who they are, they ask why, would rather not say, or cannot read there."""
    said = plain_text(turn.heard.text)
    if _ASKS_WHY.search(said):
        turn.set("misunderstood", None)
        turn.say("utter_why_identity")
        ask_again(turn)
        return True
    cannot = _CANNOT_READ_IT.search(said) is not None
    if not cannot and _REFUSES.search(said) is None:
        return False
    turn.set("misunderstood", None)
    if cannot:  # which is no reason to leave, though it sounds like one
        for slot in ("heard_reason", "heard_reason_words"):
            turn.set(slot, turn.slots.get(slot))
    turn.say("utter_identity_needed")
    return True


def has_no_address(text: str) -> bool:
    """Whether a customer who was asked for it says that they have no address to give."""
    return _NO_ADDRESS.search(plain_text(text)) is not None
