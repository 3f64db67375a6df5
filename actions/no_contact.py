"""Told to leave somebody alone: "and don't e-mail me again". It is a wish, and no grievance.

The model can make poor support of it, or no use; so what is left of a message without such words
has to carry the reason.
"""

import re

from offboarding.hearing.spelling import plain_text

_REACH = (
    r"(?:e-?mail|mail|contact|write|call|phone|text|message|spam|bother|pester)(?:ing)?(?: to)?"
)
_MAILS = (
    r"(?:e-?mails?|mails?|mailings?|newsletters?|calls|texts|messages|spam|letters|ads|marketing|"
    r"promotions)"
)
_WHICH = r"(?:(?:all|any|of|more|further|your|the|these|those|this|marketing|promo\w*|weekly) )*"
_NO_CONTACT = re.compile(
    r"(?<!why )(?<!you )(?<!they )(?<!we )(?<!i )\b(?:don'?t|do not|stop|quit)"
    rf" (?:(?:you|ever|even|dare|please|to) )*{_REACH} (?:me|us)\b"
    r"|(?:^\W*|[,.;!] ?|\b(?:and|please|just|then|or|but) )never(?: ever)?"
    rf" {_REACH} (?:me|us)\b"
    rf"|\bno (?:more|further) {_WHICH}{_MAILS}\b|\bstop (?:sending )?(?:me |us )?{_WHICH}{_MAILS}\b"
    r"|\b(?:don'?t|do not|no longer) (?:want|wish|need)(?: to (?:get|receive|see|have|hear))? "
    rf"{_WHICH}{_MAILS}\b"
    r"|\b(?:take|remove|get|unsubscribe|opt) (?:me|us|my (?:e-?mail|address|name))"
    rf" (?:off|from|out of) {_WHICH}(?:list|lists|mailing lists?|{_MAILS})\b"
    r"|\bleave (?:me|us) alone\b",
    re.IGNORECASE,
)
_WISH = re.compile(
    r"a|about|account|again|all|also|and|any|anymore|anything|as|asap|at|back|can|cancel|cancelling|"
    r"close|completely|could|data|delete|do|done|end|erase|ever|everything|files|first|for|from|get|"
    r"go|gone|good|hello|hey|hi|how|i|i'd|id|it|just|like|me|membership|more|my|need|now|of|off|ok|"
    r"or|our|out|please|plan|pls|profile|remove|right|so|stop|subscription|terminate|thank|thanks|"
    r"that|the|then|this|to|today|too|u|unsubscribe|us|want|wanna|we|will|with|would|you|your",
    re.IGNORECASE,
)
"""Words of which a wish is made, and no reason."""
_WORD = re.compile(r"[^\W\d_][\w']*")


def wishes_no_contact(text: str) -> bool:
    """Whether a customer says that they want no mails, calls or texts any more."""
    return _NO_CONTACT.search(plain_text(text)) is not None


def is_only_a_wish(text: str) -> bool:
    """Whether the words hold wishes and nothing that could be why."""
    rest = _WORD.findall(_NO_CONTACT.sub(" ", plain_text(text)))
    return bool(text.strip()) and all(_WISH.fullmatch(word) for word in rest)
