"""A withdrawal from the contract, declared (R9): by saying so, or by using the right to it.

Who asks about the right declares nothing, nor who speaks of money that is withdrawn from a card.
"""

import re

_MONEY = (
    r"(?:moneys?|cash|fees?|payments?|amounts?|funds?|sums?|costs?|charges?|price|instal?lments?|"
    r"euros?|eur|dollars?|bucks|usd|pounds?|quid|gbp|€|\$|£|debits?|credit)"
)
_CONTRACT = r"(?:contract|agreement|purchase|subscription|order|sale)"
_AND_NO_MORE = (
    r"(?=\W*(?:$|[.,;!?])|\W+(?:and|because|since|as|within|in|under|"
    r"from (?:it|this|all)|pursuant|effective|today|now|"
    r"please|immediately|hereby|thanks|thank you|with(?:in)?|i|we)\b)"
)
_WITHDRAWING = re.compile(
    rf"\bwithdraw(?:ing)?\b(?:(?!\b{_MONEY}|[€$£])[^.!?]){{0,20}}\b{_CONTRACT}\b"
    rf"(?!(?:'s)?(?: \w+)? {_MONEY}\b)"
    r"|\b(?:revok(?:e|ing)|rescind(?:ing)?) (?:(?:my|our|the|this|that|said) )?(?:\w+ ){0,2}"
    r"(?:contract|agreement|purchase|order)\b"
    rf"|\bhereby (?:\w+ )?(?:withdraw|rescind)\b{_AND_NO_MORE}"
    r"|\A\W*(?:(?:hi|hello|please|so|then|ok|okay)\W+){0,3}(?:i|we)(?:'d like to| would like to|"
    rf" want to| wish to|'m| am| are|'re)?(?: now| do)? withdraw(?:ing)?\b{_AND_NO_MORE}"
    rf"|\b(?:14|fourteen)[- ]days?\b[^.!?]{{0,15}}\bwithdraw\b{_AND_NO_MORE}"
    rf"|\bdeclare (?:my |the |a )?withdrawal\b|\A\W*my withdrawal from (?:the|my) {_CONTRACT}\b"
    r"|\b(?:this is|note|accept|consider this|take this as) (?:my|our|a) withdrawal\b"
    r"(?! (?:of|fee|method|for)\b)"
    r"|\b(?:exercis\w+|invok\w+|us(?:e|ing)|claim\w*) (?:of )?(?:my|our|the) (?:\w+ )?right to "
    r"withdraw\b"
    r"|\bwiderruf(?!s(?:recht|frist|belehrung))\w*\b|(?<!derecho de )\bdesistimiento\b",
    re.IGNORECASE,
)
"""That they do it, in so many words; as they have it, who write it in their own language."""
_RIGHT_TO_WITHDRAW = (
    r"\b(?:(?:right|notice|period|declaration) of (?:withdrawal|revocation)"
    r"|(?:withdrawal|revocation) (?:right|period|notice)|cooling[- ]off"
    r"|(?:14|fourteen)[- ]days? (?:\w+ )?(?:right|withdrawal|revocation"
    r"|cancellation (?:right|period))|widerrufs(?:recht|frist)|derecho de desistimiento)\b"
)
_MAKES_USE_OF_IT = re.compile(
    rf"\b(?:within|inside|in|under|during|my|our|mein\w*|mi) (?:\w+[- ]){{0,3}}{_RIGHT_TO_WITHDRAW}"
    rf"|\b(?:exercis\w+|invok\w+|us(?:e|ing)|claim\w*|declar\w+|giv(?:e|ing)|hereby|rely\w*|ejer\w+)\b"
    rf"[^.!?]{{0,40}}{_RIGHT_TO_WITHDRAW}"
    r"|\b(?:cancel\w*|terminat\w+|withdraw(?:ing)?|revok(?:e|ing)|rescind(?:ing)?|get out"
    r"|(?:end|stop|close) (?:it|this|my|the)|(?:my|the) money back|refund(?: me)?)\b",
    re.IGNORECASE,
)
"""Beside the right: that it is theirs, that they use it, or that they want out. To speak of the
right alone declares nothing."""
_SPEAKS_OF_THE_RIGHT = re.compile(_RIGHT_TO_WITHDRAW, re.IGNORECASE)
_PERIOD_IS_OVER = re.compile(
    rf"\A(?!.*\b(?:before|until)\b[^.!?]{{0,30}}{_RIGHT_TO_WITHDRAW}).*?(?:"
    rf"{_RIGHT_TO_WITHDRAW}[^.!?,]{{0,10}}(?:\b(?:has|have|had|is|was)|'s)(?: (?!not\b)\w+)?"
    r" (?:ended|over|past|passed|expired|gone|lapsed|up)\b"
    rf"|\b(?:after|past|outside|beyond|miss(?:ed)?|too late for)\b[^.!?,]{{0,20}}"
    rf"{_RIGHT_TO_WITHDRAW})",
    re.IGNORECASE | re.DOTALL,
)
_NOT_DONE = (
    r"\?|\b(?:don't|do not|can't|not|never|no longer|no more|instead of|rather than|"
    r"nicht|kein\w*|statt)\b"
    r"(?:(?!\b(?:i|we|so|but|and|sondern|aber)\b)[^.!?,;]){0,20}"
    r"\b(?:withdraw\w*|cooling|revok\w*|widerruf\w*|desistimiento)"
    r"|\bwiderruf\w*(?: (?!weil\b|da\b|denn\b|und\b)\w+){0,3} nicht\b"
    r"|\bno (?:\w+ ){0,4}desistimiento\b"
    r"|\bnever (?:said|wrote|meant)\b"
)
_ASKED_OR_KNOWN = (
    r"\b(?:know|knew|read|heard|saw|think|thought|understand|understood|told)\b[^.!?;]{0,20}"
    r"\b(?:can|could|may|might)\b[^.!?,;]{0,10}\b(?:withdraw|revok\w+)"
    r"|\bwhat\b|\bhow (?:long|do|does|can|could|to|would)\b|\bwhether\b"
    r"|\A\W*(?:(?:hi|hello|and|so|but)\W+){0,2}(?:can|could|may|might) (?:i|we)\b[^.!?]{0,15}"
    r"\b(?:withdraw|revok\w+)"
    r"|\b(?:wie|wo|ob|kann|könnte|darf|muss) (?:\w+ ){0,3}widerruf|\bwiderruf\w* (?:\w+ )?möglich\b"
)
_DONE_TO_A_CARD = (
    r"\b(?:you|u|they|he|she|it|bank|paypal|stripe|company|guys|stop(?:ped)?|keeps?|kept)(?:'re|'s)?"
    r"(?: (?:are|is|were|was|do|did|have|has|been|still|always|just|now|again|can|could|should|"
    r"will|must|would|to|from|continue|continues|keep|keeps|kept|try|tried|trying|only|already|"
    r"also|even|stop)){0,4} withdraw\w*"
    r"|\b(?:permission|authori[sz]ation|mandate|consent|allow\w*) (?:for |of )?(?:you )?(?:to )?"
    r"withdraw\w*"
    r"|\b(?:a|another|automatic|monthly|yearly|this|that|your|the|last|first|next) withdraw\b"
    r"|\bwithdraw\w*\b[^.!?]{0,40}\b(?:from|off) (?:my|our|the) (?:\w+ )?(?:card|bank|paypal|debit|"
    r"credit|wallet|account(?! contract))\b"
)
_NO_DECLARATION = re.compile(f"{_NOT_DONE}|{_ASKED_OR_KNOWN}|{_DONE_TO_A_CARD}", re.IGNORECASE)
_SENTENCE = re.compile(r"[^.!?\n]+[.!?]*")


def tells_of_withdrawal(said: str) -> bool:
    """Whether a sentence does, or all of it together: a question beside it takes nothing back."""
    return any(
        not _NO_DECLARATION.search(part)
        and (_WITHDRAWING.search(part) or _makes_use_of_right(part))
        for part in (*_SENTENCE.findall(said), said)
    )


def _makes_use_of_right(said: str) -> bool:
    spoken_of = _SPEAKS_OF_THE_RIGHT.search(said) and _MAKES_USE_OF_IT.search(said)
    return bool(spoken_of) and not _PERIOD_IS_OVER.search(said)
