"""What is said about ending something: is it wished, ruled out, past, or about another thing?

To a sentence encoder "do not cancel" and "cancel" are nearly the same. Reading a wish to leave
where there is none is the costliest error this assistant can make, so each mention of ending is
looked at by itself, in its own words.
"""

from __future__ import annotations

import re
from collections import Counter
from enum import Enum


class Mention(Enum):
    """How one mention of ending is meant."""

    WISHED = "wished"
    RULED_OUT = "ruled_out"
    PAST = "past"
    OTHER_THING = "other_thing"
    UNDOING = "undoing"
    FOR_A_WHILE = "for_a_while"


_OWNED = r"(?:my|our|the|this|that|his|her|their|your|a|an|all|any|both)"
_CONTRACTS = (
    r"(?:accounts?|subscriptions?|memberships?|plans?|contracts?|services?|polic(?:y|ies)|"
    r"agreements?|trials?|premium|pro|coverage|insurance|renewals?|renew|package|tariff|"
    r"licen[cs]es?|"
    r"gym|internet|broadband|landline|cable|lines?|phone|newspaper|magazine|box|boxes|kit|"
    r"stream(?:ing)?|donations?|savings|registration|enrolment|course|club|version|tier|deal|"
    r"things?|crap|stuff|shit|one|mess|rubbish)"
)
_CONTRACT = re.compile(rf"\b{_CONTRACTS}\b")
_CLAUSE_END = re.compile(r"[.!?;,…] ")
_MENTION = re.compile(
    r"\b(?:cancel(?:s|ling|led|lation|lations)?|unsubscrib(?:e|ing|ed)|terminat(?:e|ing|ed|ion)|"
    r"deactivat(?:e|ing|ed)|discontinu(?:e|ing|ed)|disconnect(?:ing|ed)?|leaving|quit(?:ting)?|"
    rf"(?:clos(?:e|ing|ed)|end(?:ing|ed)?|stop(?:ping|ped)?|shut(?:ting)?(?: down)?|"
    rf"disabl(?:e|ing|ed))"
    rf"(?= (?:down )?(?:(?:{_OWNED} )(?:\w+ )?{_CONTRACTS}|it\b|this\b))|"
    # German and Spanish
    r"(?:ge)?kündig(?:e|en|t|ung)|cancel(?:ar|arlo|es|e|en|o|é)|"
    r"(?:dar(?:me)?|d[ae]n?me) de baja|di de baja)\b"
)
# What is ended by these is an account only if it is called one.
_TECHNICAL = ("terminat", "disconnect", "disabl", "deactivat", "discontinu", "quit")
_PAST_FORM = re.compile(r"(?:led|bed|ted|ued|sed|ped|ded|gekündigt|di de baja|cancelé)$")
_RULED_OUT = re.compile(
    r"(?:\b(?:do|does|did|please|pls|would|will|should|have|has|had|am|are|is|was|were|be|we|i|"
    r"to|but|please do|just)? ?not|\bnever|\bno longer|\bnot to|\brather than|\binstead of|"
    r"\bagainst|\bwithout|\bavoid|\bnor|\bno need|\bhold(?:ing)? off|"
    r"\bwho said anything|\b(?:nobody|no one|did not|never|not)(?: \w+){0,4} "
    r"(?:authori[sz]ed|asked for|requested|ordered)|\bnicht|\bno(?: quiero| lo| me)?)"
    r"(?: (?:even|really|actually|yet|ever|want(?:ed)?|wish|like|need|going|trying|planning|"
    r"looking|asking|asked|intend(?:ing)?|mean|meant|thinking|about|of|on|to|you|me|be|been|have|"
    r"get|let|dare|please|just|anything|it|my|the|for|a|an|your|any|that|this|i|said|say|"
    r"request(?:ed|ing)?|accidentally|automatically))* $"
)
_UNABLE = re.compile(
    r"\b(?:can|could|able|let|lets|allow(?:s|ed)?|allowing|possible|how|way|manage|why)"
    r"(?: \w+){0,2} ?not(?: \w+){0,4} $|\bnot (?:let|able|allow|find|see|know|sure|work|possible)"
    r"(?:\w*)(?: \w+){0,5} $|\bhow (?:do|can|could) (?:i|we) not"
)
_WISHED_DONE = re.compile(
    r"\b(?:want|wants|wanted|need|needs|like|wish|get|be|getting|please have|must be|"
    r"have (?:it|this|my|the|our))(?: \w+){0,5} $"
)
_BEEN = re.compile(
    r"\b(?:have|has|had|having|is|are|was|were|been|got|already|i|we|you|they|she|he)"
    r"(?: \w+){0,3} $"
)
_JUST_ASKED = re.compile(
    r"\b(?:did|has|had) (?:you|i|we|they|it|my|the|our)(?: \w+){0,2} $|"
    r"\bhave (?:you|i|we|they)(?: \w+){0,2} $|"
    r"\b(?:thanks|thank you) for(?: \w+){0,2} $|"
    r"\b(?:hit|pressed|clicked|tapped|pushed|chose|selected)(?: \w+){0,2} $"
)
_OTHER_THINGS = (
    r"(?:orders?|purchases?|deliver(?:y|ies)|shipments?|parcels?|meetings?|appointments?|alarms?|"
    r"timers?|reminders?|flights?|tickets?|trips?|bookings?|reservations?|tables?|hotels?|rooms?|"
    r"rides?|taxis?|cabs?|transfers?|transactions?|payments?|charges?|wires?|cheques?|checks?|"
    r"direct debits?|debits?|standing orders?|events?|part(?:y|ies)|invitations?|invites?|rsvps?|"
    r"songs?|music|class(?:es)?|lessons?|sessions?|games?|cards?|calls?|visits?|dates?|dinners?|"
    r"lunch(?:es)?|pizzas?|meals?|items?|drinks?|returns?|exchanges?|rentals?|cars?|train|bus|"
    r"concerts?|noise|interviews?|applications?|commands?|tasks?|loans?|claims?|playlists?|"
    r"downloads?|uploads?|newsletters?|e-?mails?|notifications?|connections?|windows?|doors?|"
    r"tabs?|invoices?|statements?|photos?|lights?|app)"
)
_NOT_A_NOUN = (
    r"(?:and|or|but|because|since|as|if|so|when|before|after|for|from|to|at|on|in|of|with|by|until|"
    r"please|now|today|tomorrow|right|immediately|again|then|too|also|anyway|asap|thanks|thank|"
    r"cause|due|i|we|you|he|she|they|is|are|was|were|has|have|had|does|do|did|will|would|can|could|"
    r"that|which|who|effective|starting|at|online|early|though|it|me|us|them|everything|all|soon|"
    r"instead|not|yet|straight|within|completely|entirely|permanently|altogether|without|here|"
    r"there|how|what|why|where|ok|yesterday|already|earlier|mistake|like|via|through|as|just)"
)
_OBJECT = re.compile(
    rf"^ (?:out |off |down )?(?P<owner>{_OWNED}|[0-9]+|one|two|some|for|me)?\b ?"
    rf"(?P<thing>(?:(?!{_NOT_A_NOUN}\b(?!'))[\w'-]+ ?){{0,4}})"
)
_OWN = frozenset({"my", "our", "his", "her", "their", "your", "both", "all", ""})
_PRONOUN = re.compile(r"^ (?:it|them|this|that|one|those|these)(?: (?!\w)|$| please| as| now| for)")
_THING_BEFORE = re.compile(
    rf"\b{_OTHER_THINGS} (?:has |have |had |that )?(?:i |we |you )?(?:\w+ )?"
    rf"(?:was|were|got|get|been|be|is|are|to be)(?: \w+)? $|\b{_OTHER_THINGS} $"
)
_UNDOING = re.compile(
    r"\b(?:undo|undoing|reverse|revert|revoke|withdraw|take back|stop|ignore|disregard|forget|"
    r"cancel|rescind|retract|halt|abort|scrap|annul)"
    r"(?: (?:about|my|the|that|our|request|to|for|of|earlier|previous|last|first|message|e-?mail|"
    r"mail|text|letter|note|notice|what i wrote))+ $"
)
_CONFIRMED = re.compile(
    r"\b(?:confirm(?:ed|ing|s)?|got|received|status of|news (?:on|about)|update on|about|after|"
    r"since|regarding|processed|pending)(?: \w+){0,2} $"
)
_OF_A_CANCELLATION = re.compile(
    r"^ (?:e-?mail|mail|letter|fee|charge|confirmation|number|policy|date|was|went|has|is|fees)\b"
)
_ASKED_BEFORE = re.compile(r"\b(?:requested|asked|wanted|tried|applied)(?: \w+){0,4} $")
_SINCE_THEN = re.compile(r"\b(?:ago|back|pending|status|yesterday|last (?:week|month)|still not)\b")
_NOTED = re.compile(r"\b(?:put|add|remind|reminder|note)\b")
_FROM_A_LIST = re.compile(
    r"^(?: me| us)? from (?:\w+ ){0,3}(?:e-?mails?|mails?|newsletters?|lists?|texts|messages|"
    r"notifications|promotions|ads|marketing)\b"
)
_A_WHILE = re.compile(
    r"\b(?:while|until|till|temporarily|over (?:the )?(?:summer|winter|holidays?)|"
    r"for (?:a|an|one|two|three|four|five|six|some|few|the|now|[0-9]+)(?: \w+)? ?"
    r"(?:weeks?|months?|days?|bit|while|now|time))\b"
)
_NOT_KEEPING = re.compile(
    r"\b(?:no longer|not|never)(?: \w+){0,2}? (?:want|wish|like|need|going|care|interested|be|"
    r"please)? ?(?:to |in )?(?:keep|keeping|continue|continuing|stay|staying|remain|remaining|"
    r"renew|renewing|carry on|go on|hold on to)\b"
)


def rules_out_keeping(words: str) -> bool:
    """Whether staying is spoken of, and only to rule it out: "I no longer want to keep it"."""
    return _NOT_KEEPING.search(words) is not None


def mentions(words: str) -> Counter[Mention]:
    """How each mention of ending in the words (as `plain_words` writes them) is meant."""
    return Counter(_meaning(words, found) for found in _MENTION.finditer(words))


def rules_out_cancelling(words: str) -> bool:
    """Whether ending is spoken of, and nowhere as a wish."""
    found = mentions(words)
    return bool(found) and not found[Mention.WISHED]


def cue_words(words: str) -> list[str]:
    """The findings as words of their own, for a classifier to learn from."""
    cues = ["cue:not_keeping"] if rules_out_keeping(words) else []
    cues += [f"cue:{mention.value}" for mention in mentions(words)]
    if rules_out_cancelling(words):
        cues.append("cue:nothing_wished")
    if "?" in words or words.startswith(_QUESTION_WORDS):
        cues.append("cue:question")
    return cues


_QUESTION_WORDS = (
    "how ", "when ", "what ", "why ", "where ", "who ", "which ", "is ", "are ", "do ", "does ",
    "did ", "can ", "could ", "will ", "has ", "have ",
)  # fmt: skip


def _meaning(words: str, found: re.Match[str]) -> Mention:
    before, form, after = words[: found.start()], found.group(), words[found.end() :]
    clause = _CLAUSE_END.split(before)[-1]
    if _is_about_another_thing(before, clause, form, after):
        return Mention.OTHER_THING
    if _UNDOING.search(clause) or re.match(rf"^ (?:{_OWNED} )?cancellation", after):
        return Mention.UNDOING
    if _RULED_OUT.search(clause) and not _UNABLE.search(clause):
        return Mention.RULED_OUT
    if form.startswith("stop") and _A_WHILE.search(after):
        return Mention.FOR_A_WHILE
    is_past = _PAST_FORM.search(form) is not None and _is_past(clause)
    is_told = _JUST_ASKED.search(clause) is not None or _is_reported(words, clause, form, after)
    return Mention.PAST if is_past or is_told else Mention.WISHED


def _is_reported(words: str, clause: str, form: str, after: str) -> bool:
    """Whether an earlier wish is told of: "you confirmed my cancellation"."""
    if form.startswith("cancellation"):
        return bool(_CONFIRMED.search(clause) or _OF_A_CANCELLATION.match(after))
    return bool(_ASKED_BEFORE.search(clause) and _SINCE_THEN.search(words))


def _is_about_another_thing(before: str, clause: str, form: str, after: str) -> bool:
    if _THING_BEFORE.search(clause) or _NOTED.search(clause) or _FROM_A_LIST.match(after):
        return True
    if form.startswith("cancellation"):
        return False
    found = _OBJECT.match(after)
    thing = found["thing"].strip() if found else ""
    if found and thing:
        if _CONTRACT.search(thing):
            return False
        known = re.search(rf"\b{_OTHER_THINGS}\b", thing) is not None
        # "Cancel my Gazette" may well be a subscription; "cancel the soup" is none.
        mine = (found["owner"] or "") in _OWN and not form.startswith(_TECHNICAL)
        return known or not mine
    # "I made a transfer, please cancel it": the pronoun stands for what was named before.
    named = re.search(rf"\b{_OTHER_THINGS}\b", before) is not None
    stands_for_it = _PRONOUN.match(after) or re.search(r"\bneeds?(?: to be)? $", clause)
    return named and bool(stands_for_it) and not _CONTRACT.search(before)


def _is_past(before: str) -> bool:
    if _WISHED_DONE.search(before) and not re.search(r"\b(?:been|was|were)\b", before):
        return False
    return bool(_BEEN.search(before)) or not before.strip()
