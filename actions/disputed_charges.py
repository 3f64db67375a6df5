"""A charge that is said to be wrong, told by its words: taken twice, or more than was agreed.

A question whether something was or will be charged is answered from the account, and a price that
is too high is a reason.
"""

import re

from offboarding.hearing.spelling import plain_text

_TAKEN = (
    r"(?:charged?|charging|billed|debited|invoiced|deducted|collected|withdrawn|withdrew|took|taken|"
    r"taking|paid|paying)"
)
_TIMES = r"(?:two|2|three|3|four|4|several|multiple) (?:different )?times|(?:2|3) ?x"
_TWICE = (
    rf"(?:(?:twice|thrice|double|{_TIMES})"
    r"(?! (?:as|the (?:price|cost)|what)\b| (?:a|per|every|each) (?:day|week|month|year)\b))"
)
_OF_USE = r"(?:us(?:e|ed|ing|es)|open\w*|visit\w*|log\w*|watch\w*|go|went)"
_CHARGE = (
    r"(?:charg(?:es?|ing)|payments?|bill(?:ing|s)?|debits?|invoices?|transactions?|withdrawals?)"
)
_DISPUTE = re.compile(
    rf"\b{_TAKEN}\b(?:(?!\b{_OF_USE}\b)[^.!?]){{0,40}}\b{_TWICE}(?!\w)"
    rf"|\b(?:twice|double)[- ]{_TAKEN}\b|\bover[- ]?(?:charged|billed)\b"
    r"|\b(?:was|were|been|got) (?:charged|billed) (?:me |us )?(?:way |far )?too much\b"
    rf"|\b{_TAKEN}\b[^.!?]{{0,30}}\b(?:the )?wrong (?:amount|price|sum|card|plan|rate)\b"
    rf"|\b{_TAKEN}\b[^.!?]{{0,20}}\b(?:wrongly|incorrectly|by mistake|in error)\b"
    rf"|\b(?:wrongly|incorrectly|mistakenly) {_TAKEN}\b"
    r"|\b(?:charged|billed|debited|took)\b[^.!?,]{0,30}\b\d[^!?,]{0,20}\b"
    r"(?:instead of|in place of|rather than|not the|but (?:i|we) (?:agreed|signed))\b"
    rf"|\b(?:double|duplicate|wrong|incorrect|mistaken|erroneous) (?:\w+ )?{_CHARGE}\b(?! address)"
    rf"|\b(?:two|2) (?:identical )?(?:charges|payments|debits|withdrawals)\b[^.!?]{{0,30}}"
    r"\b(?:same|month|day|statement|account|card)\b"
    rf"|\b{_CHARGE}(?: (?:in|of|from|on) (?:\w+ ){{0,2}}\w+)? (?:is|are|was|were|looks?) "
    r"(?:just |simply |clearly )?(?:wrong|incorrect)\b"
    rf"|\bdisput(?:e|ing) (?:a|this|the|that|my|your) (?:\w+ )?{_CHARGE}\b",
    re.IGNORECASE,
)
_NO_DISPUTE = re.compile(
    r"(?<!why )(?<!come )(?<!reason )\b(?:do|does|did|will|would|am|was|is|are|can|could|have)"
    rf" (?:you|i|we|it|they)(?: [\w']+){{0,2}} {_TAKEN}\b[^.!?]*"
    rf"|\b(?:will|would|might|could|shall|should|to|unless)(?: [\w']+)? {_TAKEN}\b[^.!?,]*"
    rf"|\b(?:if|so that)(?: [\w']+){{0,2}} {_TAKEN}\b[^.!?,]*"
    rf"|(?:n't|\bnot|\bnever)(?: \w+)? {_TAKEN}\b[^.!?,]*",
    re.IGNORECASE,
)
"""What is only asked, feared or denied: "will I be charged twice?", "I wasn't charged twice"."""


def disputes_charge(text: str) -> bool:
    """Whether a customer says that a payment was taken twice, or was wrong."""
    return _DISPUTE.search(_NO_DISPUTE.sub(" ", plain_text(text))) is not None
