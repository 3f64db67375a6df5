"""Words about the person who is wanted: "yes, a person", and "is somebody still coming?"."""

import re

from actions.awaiting import somebody_comes
from actions.base import ConversationAction
from actions.handing_off import request_person
from actions.offering import accept, takes_the_call
from actions.questions import ask_again
from actions.special_questions import HELP
from actions.turn import Turn
from offboarding.handoffs import service as handoffs
from offboarding.handoffs.causes import HandOffCause
from offboarding.handoffs.states import HandOffState
from offboarding.hearing.spelling import plain_text

_A_PERSON = r"(?:person|human|human being|agent|someone|somebody|real one)"
_WANTS_ONE = re.compile(
    r"(?:(?:ok|okay|yes|yeah|yep|ya|sure|fine|alright|all right|well|then|please|pls|just|rather|"
    r"no(?=\W+(?:i|a|an|let|give|get)\b)|"
    r"(?:i'?d|i would) (?:like|prefer|rather have)|i(?: just)? want|let it be|"
    r"(?:can|could|may) i (?:have|get)|(?:give|get|send|fetch) me)\W+)*"
    rf"(?:(?:talk|speak|write|chat) (?:to|with) )?(?:an?|the|some) "
    rf"(?:real |actual |live )?{_A_PERSON}"
    r"(?:\W+(?:then|please|pls|instead|thanks|thank you|now))*\W*",
    re.IGNORECASE,
)
_SOMEBODY = (
    rf"(?:(?:the|an?|any|that|your|my) )?(?:\w+ )?(?:{_A_PERSON}|colleagues?|anyone|anybody|"
    r"they|he|she|one of you)"
)
_COME = (
    r"(?:c[ao]me|comes|coming|join(?:s|ed|ing)?|arriv(?:e|es|ed|ing)|here|there|repl(?:y|ies|ied)|"
    r"get(?:s|ting)? back|(?:show|turn)(?:s|ed|ing)? up|on (?:the|their|his|her) way|available)"
)
_ASKS_AFTER_THEM = re.compile(
    r"\b(?:is|are|will|would|does|do|has|have|when(?:'s| is| are| will| does| do)?|"
    rf"how (?:long|soon)(?: until| till| before| does| do| will| is| are)?)\W+{_SOMEBODY}\b"
    rf"[^.!?]{{0,20}}\b{_COME}\b"
    rf"|^\W*(?:so |and |hello,? )*(?:where|when)(?:'s| is| are)? (?:(?:the|my|that|your) )?"
    rf"{_A_PERSON}s?(?: now| then)?\W*$"
    r"|^\W*(?:is |hello,? |so |and )*(?:anyone|anybody|someone|somebody|a person)"
    r"(?: still| even| actually)? (?:there|here|coming|around)(?: or (?:not|what))?\W*$"
    rf"|\b(?:nobody|no ?one|noone)(?:'s| is| has| have)?(?: (?:still|yet|even))? {_COME}\b"
    r"|^\W*(?:i'?m |i am |we'?re )?still waiting\b"
    r"|^\W*(?:(?:so|and|hello|ok|well)\W+)*(?:still|yet) (?:nobody|no ?one)(?: there| here)?\W*$",
    re.IGNORECASE,
)
_HOW_LONG = re.compile(
    r"\W*(?:(?:ok|okay|and|so|but|hello|hi|well)\W+)*"
    r"(?:(?:how (?:much )?long(?:er)?)"
    r"(?: (?:will|does|is|do|must|should|am|have)(?: (?:it|that|this|i|we))?"
    r"(?: (?:take|have to wait|need to wait|wait|going to (?:take|wait|be)|gonna (?:take|be)|be|"
    r"supposed to wait))?| to wait)?(?: (?:now|still|then|more))?"
    r"|(?:are you )?still there|hello|hey|when)\W*",
    re.IGNORECASE,
)
_NEEDS_ONE = re.compile(
    rf"\b(?:{_A_PERSON}|bot|robot|machine|computer)\b[^.?!;]{{0,40}}[?.,!;]\W*"
    r"(?:(?:because|cause|and|but|so|ok|then|please)\W+)*"
    r"(?:i|we)(?:'d| would| really| do| just)* (?:need|want|like|prefer)(?: to have)? "
    r"(?:one|a real one)(?: please| now| then)*\W*$",
    re.IGNORECASE,
)
"""They ask whether a person writes, and need one."""
_WHO_DECIDES = re.compile(
    r"\bwho(?:'s| is| does| else)?(?: (?:then|here|actually|exactly))? "
    r"(?:can|could|will|may|gets to|decides?|going to|able to)"
    r"(?: (?:then|actually|exactly))?(?: (?:decide|approve|authori[sz]e))?"
    r"(?: (?:it|that|this|about (?:it|that|this)|on (?:it|that|this)))?(?: then)?\W*$",
    re.IGNORECASE,
)
_WHAT_NOW = re.compile(
    r"\W*(?:(?:ok|okay|and|so|but|then|well|now)\W+)*"
    r"(?:what (?:do|should|can|shall|must|am) (?:i|we)(?: supposed to)? do|what (?:now|next|then))"
    r"(?: (?:now|then|next))*\W*",
    re.IGNORECASE,
)
_NOTHING_ELSE = frozenset({None, "wish", "meaning", "email", "code", "contact_email"})
"""At these, "what now?" is about the person."""
_MAY_MEAN_ELSE = frozenset({"confirm", "export", "undo", "code"})
"""At these, "how long will it take?" is about what was just said."""
_TAKES_ANY_WORDS = frozenset({"reason", "survey_improve", "survey_return"})
"""There, "nobody ever came" is an answer."""


def meet_words_about_a_person(turn: Turn, action: ConversationAction) -> bool:
    """Fetch the person they name, or say how it stands with the one who was sent for."""
    if turn.heard.pressed:
        return False
    said = plain_text(turn.heard.text).strip()
    if _asks_who_decides(turn, said):
        return True
    wants_one = _WANTS_ONE.fullmatch(said) or _NEEDS_ONE.search(said)
    needs_one = wants_one is not None or _waits_for_nobody_else(turn, said)
    if not needs_one and not _asks_after_them(turn, said):
        return False
    turn.set("misunderstood", None)
    turn.answered |= {"timeline_or_status", HELP}  # it is about the person, not about the plan
    if action.follows_response:
        turn.answered.add(turn.heard.leading)  # by the response that was said before
    if takes_the_call(turn):
        accept(turn)
    else:
        request_person(turn)
    return True


def _asks_who_decides(turn: Turn, said: str) -> bool:
    """Say that a person does, to who asks and has sent for none; whether that was the message."""
    if turn.slot("open_question") in _TAKES_ANY_WORDS or _WHO_DECIDES.search(said) is None:
        return False
    if handoffs.open_hand_off(turn.session, turn.conversation_id) is not None:
        return False
    turn.set("misunderstood", None)
    if turn.desk is not None and turn.slot("beyond_policy"):
        turn.set("person_offered", HandOffCause.BEYOND_POLICY.value)
    turn.say("utter_person_decides")
    ask_again(turn)
    return True


def _waits_for_nobody_else(turn: Turn, said: str) -> bool:
    """Whether they ask what to do, where a person who was sent for is all that helps."""
    if not turn.slot("another_account") or turn.slot("open_question") not in _NOTHING_ELSE:
        return False
    if _WHAT_NOW.fullmatch(said) is None:
        return False
    return handoffs.open_hand_off(turn.session, turn.conversation_id) is not None


def _asks_after_them(turn: Turn, said: str) -> bool:
    """Whether it is asked where the person is who was sent for."""
    hand_off = handoffs.open_hand_off(turn.session, turn.conversation_id)
    question = turn.slot("open_question")
    if hand_off is None or hand_off.state is not HandOffState.WAITING:
        return False
    if question in _TAKES_ANY_WORDS and "?" not in said:
        return False
    if _ASKS_AFTER_THEM.search(said):
        return True
    spoken_of = somebody_comes(turn) or turn.offered_because is not None
    about_them = spoken_of and question not in _MAY_MEAN_ELSE
    return about_them and _HOW_LONG.fullmatch(said) is not None
