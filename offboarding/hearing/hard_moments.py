"""Hard moments, told by clear words. Then no questions why, no offer, no survey.

And moments in which nothing else matters: somebody says that they want to die.

Both sides cost: missed, somebody in grief is asked for feedback; imagined, somebody whose phone
died is offered condolences. So a word alone is never enough; it has to be said of a person.
"""

import re
from collections.abc import Callable
from enum import StrEnum

from offboarding.hearing.between import NAMES
from offboarding.hearing.crises import tells_of_crisis
from offboarding.hearing.dangers import tells_of_danger
from offboarding.hearing.deaths import tells_of_death
from offboarding.hearing.people import EX, OWN, RELATIVE
from offboarding.hearing.spelling import written_out
from offboarding.hearing.withdrawals import tells_of_withdrawal


class HardMoment(StrEnum):
    """What has happened, as far as it changes what we say."""

    DANGER = "danger"
    """Somebody is abused, stalked or threatened, or watched through their account."""
    BEREAVEMENT = "bereavement"
    ILLNESS = "illness"
    HARDSHIP = "hardship"
    """Not a price that is too high, but money that does not reach for living."""
    FRAUD = "fraud"
    """Somebody fears that another pays with their card, or acts in their name."""
    LEGAL = "legal"
    """Somebody speaks of lawyers, courts or authorities."""
    WITHDRAWAL = "withdrawal"
    """Somebody takes the contract itself back: a right of its own with a refund of its own (R9)."""


_ILLNESS = re.compile(
    r"\b(?:have|has|had|got|with|fighting|battling|my|her|his|diagnosed with)"
    r" (?:\w+ )?(?:cancer|leuk\w+|dementia|alzheimer\w*|a stroke|a heart attack|a tumou?r)\b"
    r"|\b(?:hospice|terminally ill|terminal illness|chemo\w*|intensive care|palliative|"
    r"life support|seriously ill|very ill|gravely ill)\b"
    rf"|\b(?:i|i'm|am|is|was|been|{RELATIVE}|he|she)\W+(?:\w+\W+){{0,3}}"
    r"(?:in (?:the )?hospital|hospitali[sz]ed|dying)\b(?! (?:to|for|of laughter|of boredom))"
    rf"|\b(?:he|she|{RELATIVE}{NAMES}?)(?:(?:'s| is) (?:going )?to die\b(?! (?:of|laughing))"
    r"|\W+(?:(?:has|have|had|just|also|recently|once)\W+){0,3}(?:attempted suicide|"
    r"tried to (?:commit suicide|(?:kill|hang) (?:him|her|them)sel(?:f|ves))|"
    r"(?:took|taken) an overdose|overdosed)\b)",
    re.IGNORECASE,
)
_HARDSHIP = re.compile(
    r"\b(?:lost|losing|lose) (?:my|our|his|her|the)? ?(?:job|home|house|livelihood|income)\b"
    r"(?! (?:offer|number|sheet|keys?|page|screen|folder))"
    r"|\b(?:been|was|were|got|getting|just|am|i'm) (?:laid off|made redundant|evicted|"
    r"sacked|fired|unemployed|homeless)\b"
    r"|\b(?:i|i'm|im|we|we're|am|are|my \w+)\b[^.!?,]{0,25}\b(?:bankrupt\w*|insolven\w*|"
    r"foreclos\w*|out of work)\b"
    r"|\bcan'?t (?:even )?(?:pay|afford|cover|make)(?: for)? (?:the |my |our )?"
    r"(?:\w+ and )?(?:rent|food|bills|groceries|mortgage|heating|electricity|medic\w+|to eat)\b"
    r"|\b(?:cannot|can not) (?:pay|afford)(?: for)? (?:the |my |our )?(?:rent|food|bills|to eat)\b"
    r"|\b(?:food ?bank|debt collectors?|bailiffs?|choose between|no money (?:left )?(?:for|to)|"
    r"lost everything|struggling to (?:eat|feed|pay (?:the |my )?(?:rent|bills)))\b"
    r"|\b(?:in|drowning in|deep in) debt\b",
    re.IGNORECASE,
)
_FRAUD = re.compile(
    r"\b(?:hacked|identity theft|stolen identity|phish(?:ed|ing))\b(?!-)"
    r"|\b(?:card|account|identity|details|phone|wallet|purse)\b[^.!?]{0,15}"
    r"\b(?:stolen|hijacked|compromised|cloned|misused)\b"
    r"|\b(?:stole|cloned|stolen) my (?:\w+ )?(?:card|account|identity|details|wallet|purse)\b"
    r"|\bfraudulent(?:ly)?\b|\bvictim of (?:a |an )?(?:\w+ )?(?:fraud|scam)\b"
    r"|\bunauthori[sz]ed (?:\w+ )?(?:charges?|payments?|transactions?|use|access|withdrawals?)\b"
    r"|\b(?:someone|somebody|some one|a stranger)\b[^.!?]{0,30}\b(?:using|used|uses|opened|signed|"
    r"got into|accessed|charged)\b[^.!?]{0,20}\b(?:my|in my name|me up|our)\b"
    r"|\b(?:someone|somebody|some one|a stranger|hackers?)(?: else)?(?: (?:who|also|now|still|has|"
    r"have|is)){0,3} (?:knows?|has|have|got|guessed|changed|stole|found|in|logs? in(?:to)?(?: to)?|"
    r"logg(?:ed|ing) in(?:to)?(?: to)?) (?:my|our) (?:\w+ )?(?:password|pass ?code|pin|log-?in|"
    r"card|account(?! manager)|bank details|credentials)\b"
    rf"|\bmy (?:\w+ )?{EX}{NAMES}?(?: (?:is|still|keeps?)){{0,2}} (?:using|uses|charging|charges|"
    r"paying with) (?:my|our) (?:\w+ )?(?:card|account|subscription|plan|log-?in|password)\b"
    r"|\b(?:opened|set up|made|signed up|taken out) in my name\b"
    r"|\bnever (?:signed up|subscribed|opened|made|created|agreed to|heard of you)\b"
    r"|\bdid(?: not|n'?t) (?:sign up|subscribe|open (?:this|an) account)\b",
    re.IGNORECASE,
)
_LEGAL = re.compile(
    r"\b(?:my|our) (?:lawyers?|solicitors?|attorneys?|legal team)\b(?! (?:friend|recommended))"
    r"|\b(?:talk|speak|go|going|hand|pass|take|taking|write|get|see|call|calling|hear from)"
    r"(?: this| it| that)?(?: \w+)? (?:a|my|our) (?:lawyer|solicitor|attorney)\b"
    r"|\b(?:sue|suing) (?:you|your|them|the company|u)\b|\bi'?ll sue\b"
    r"|\b(?:legal action|legal steps|small claims|court order|see you in court|class action)\b"
    r"|\b(?:take|taking|bring|dragging|drag) (?:you|this|it|them) to (?:\w+ )?court\b"
    r"|\b(?:report|reporting|complain|complaint)\b[^.!?]{0,25}\b(?:ftc|bbb|ombudsman|"
    r"trading standards|consumer protection|attorney general|regulator|authorit(?:y|ies)|"
    r"data protection (?:authority|officer|commissioner)|police)\b"
    r"|\b(?:ombudsman|trading standards|consumer (?:protection|rights) (?:agency|office|act))\b",
    re.IGNORECASE,
)
_KINDS: tuple[tuple[HardMoment, Callable[[str], object]], ...] = (
    (HardMoment.DANGER, tells_of_danger),
    (HardMoment.BEREAVEMENT, tells_of_death),
    (HardMoment.ILLNESS, _ILLNESS.search),
    (HardMoment.FRAUD, _FRAUD.search),
    (HardMoment.HARDSHIP, _HARDSHIP.search),
    (HardMoment.LEGAL, _LEGAL.search),
)
"""From the hardest on."""
_ACCOUNT = r"(?:account|plan|subscription|membership|contract|profile|data)s?"
_ACCOUNT_OF_ANOTHER = re.compile(
    rf"\b(?:his|her|their)\b[^.!?,]{{0,15}}\b{_ACCOUNT}\b"
    rf"|\b{OWN} (?:\w+ )?{RELATIVE}(?:'?s|{NAMES}'s)\b[^.!?,]{{0,15}}\b{_ACCOUNT}\b"
    rf"|\b{_ACCOUNT} of {OWN} (?:\w+ )?{RELATIVE}\b"
    rf"|\b{_ACCOUNT} (?:is |was )?(?:in|under|on) (?:his|her|their)\b"
    rf"|\b(?:s?he|they)(?: also| still)? (?:had|has|have|got|used) (?:an?|the|some|your)\b"
    rf"[^.!?,]{{0,15}}\b{_ACCOUNT}\b",
    re.IGNORECASE,
)


def is_crisis(text: str) -> bool:
    """Whether a customer says that their life is in danger."""
    return tells_of_crisis(written_out(text))


def names_account_of_another(text: str) -> bool:
    """Whether they speak of an account as somebody else's: his plan, my mother's account."""
    return _ACCOUNT_OF_ANOTHER.search(written_out(text)) is not None


def declares_withdrawal(text: str) -> bool:
    """Whether they take the contract itself back, whatever else they say has happened."""
    return tells_of_withdrawal(written_out(text))


def tells_of_hard_moment(text: str) -> bool:
    """Whether words tell what is for nobody but those who help: any hard moment, or a crisis."""
    return hard_moment(text) is not None or is_crisis(text)


def hard_moment(text: str) -> HardMoment | None:
    """What hard thing a customer says has happened, if any; the hardest, if several."""
    said = written_out(text)
    found = next((kind for kind, tells_of_it in _KINDS if tells_of_it(said)), None)
    if found in {None, HardMoment.LEGAL} and tells_of_withdrawal(said):
        return HardMoment.WITHDRAWAL
    return found
