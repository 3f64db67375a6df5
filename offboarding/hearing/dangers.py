"""Danger from another: who beats, stalks or threatens somebody, or watches them in their account.

A complaint about how we treat somebody is none, nor is being beaten at chess.
"""

import re

from offboarding.hearing.between import NAMES
from offboarding.hearing.people import EX, FROM_A_COMPANY, RELATIVE, RELATIVES, THEIRS

_KNOWN_TO_THEM = (
    rf"(?:my|our|the|an?) (?:\w+ )?(?:{EX}|{RELATIVES}|boss|landlord|teacher|carer|stalker)"
)
_WHO_HARMS = rf"(?:he|she|they|someone|somebody|{_KNOWN_TO_THEM}{NAMES}?)"
_WHO_IS_VIOLENT = rf"(?:he|she|{_KNOWN_TO_THEM}{NAMES}?)"
_HE = rf"(?:he|she|(?:my|an?) (?:\w+ )?{EX}{NAMES}?)"
_AS_EVER = (
    r"(?:'s|'d|'ll)?(?:\W+(?:is|was|has|had|been|keeps?(?: on)?|still|always|now|who|used to|just|"
    r"also|often|sometimes|regularly|again|even|once|physically|sexually|really|nearly|almost|"
    r"going to|will|would|might|may|could|can|wants? to|wanted to|tried to|tries to|trying to|"
    r"about to|starts?|started)){0,4}\W+"
)
_GAME = (
    r"(?:chess|go|scrabble|monopoly|poker|cards|tennis|table tennis|ping[- ]?pong|golf|darts|pool|"
    r"fifa|mario kart|wordle|sudoku|crosswords?|quiz(?:zes)?|trivia|math|maths|running|races?|"
    r"(?:board|video|word|card|computer) ?games?|games?|match(?:es)?|everything|it|this|that)"
)
_WITH_A_NUISANCE = (
    rf" (?:all |both )?(?:with|by|via|over|about) (?:(?:\w+|[\w']+) ){{0,3}}{FROM_A_COMPANY}\b"
)
_NO_BLOW = (
    rf"(?! (?:at|in) (?:(?:a|an|the|our|your|every|all|any) )?{_GAME}\b"
    r"| at (?!(?:(?:the|our|my|his|her|a) )?(?:home|nights?|work|times|least|dinner|breakfast|"
    r"christmas|weekends?|school|house|place|flat|apartment|door|table|bedtime|first|random|will|"
    r"part(?:y|ies)|hospital|wedding|church|any|all|every|\d))\w+| to (?:it|the|that)\b"
    rf"| (?:on|by) (?:points|\d)|{_WITH_A_NUISANCE}| (?:out|off)\b)"
)
"""Who is beaten at chess is in no danger, nor who is hit with a fee."""
_NO_WATCH = (
    r"(?! (?:\w+ )?(?:expenses?|spendings?|budgets?|steps|workouts?|habits|calories|mileage|hours|"
    r"progress|sleep|savings|orders?|parcels?|packages?|subscriptions|bills?|scores?|records?)\b)"
)
"""Nor whose partner keeps the books of both."""
_NOT_BY_US = (
    r"(?! by (?:your|you|these|this|those|the (?:app|ads?|company|price\w*|support|bank)|ads?|"
    r"mails?|e-?mails?|marketing|hackers?|malware|ransomware|bots?)\b)"
)
_THEY_ARE_A_COMPANY = (
    rf"(?!they\b[^.!?]{{0,40}}(?:{_WITH_A_NUISANCE}"
    rf"|\b(?:me|us) (?:(?:\w+ ){{0,2}})?(?:{FROM_A_COMPANY}|every time i (?:open|log))\b"
    r"|\bto (?:\w+ )?(?:charge|cancel|bill|invoice|close|delete|suspend|sue|block|raise|stop|end|"
    r"lock|cut|terminate|upgrade|renew|pay|subscribe|buy|sign|rate|review|collect|take (?:me|us|it)"
    r"|send)\b|\b(?:my|our) (?:trust|data|patience|privacy|loyalty|card|money|time)\b))"
)
"""They who harass somebody with e-mails, or threaten them with fees, are companies."""
_TOLD = (
    r"\b(?:domestic (?:abuse|violence)|restraining order|(?:women'?s|battered) (?:shelter|refuge)|"
    r"coercive control|honou?r[- ](?:killing|violence)|"
    r"(?:abusive|violent) (?:ex|husband|wife|partner|boyfriend|girlfriend|relationship|marriage|"
    r"home|father|mother|dad|parents?|family)|(?:my|an?) (?:abuser|stalker|rapist)|"
    r"(?:my|our) li(?:fe|ves) (?:is|are) in danger|fear(?:ing)? for (?:my|our) (?:li(?:fe|ves)|"
    r"safety))\b"
)
_SUFFERED = (
    r"\b(?:i'm|i am|am|been|being|was|getting|get|got) (?:\w+ )?(?:abused|stalked|beaten|followed|"
    rf"raped|molested|sexually assaulted)\b{_NOT_BY_US}{_NO_BLOW}"
    r"|\b(?:i|we)(?:'m|'ve)?(?: (?:am|was|were|are|have|had|got|get|keep|been|being|getting|also|"
    r"just|recently|once|nearly|almost|physically)){0,4} (?:assaulted|attacked|groped|strangled|"
    rf"threatened|blackmailed|kidnapped|battered)\b{_NOT_BY_US}{_NO_BLOW}"
    rf"|\b(?:raped|molested|assaulted) by (?:him|her|an?|someone|somebody|{_KNOWN_TO_THEM})\b"
)
_DONE = (
    rf"\b{_THEY_ARE_A_COMPANY}{_WHO_HARMS}\b{_AS_EVER}"
    r"(?:(?:abus|stalk|threaten|harass)\w* (?:me|us|my|our|to)\b"
    rf"|(?:track|spy|spies|spied)\w*(?: on)? (?:me|us|my|our)\b{_NO_WATCH}"
    r"|(?!hit\w* (?:me|us) up\b)(?:hit|beat|hurt|punch|kick|slap|chok|strangl|attack|assault|rap|"
    r"injur|stab|shov|molest|grop)(?:e[ds]?|en|ing|s|ting|ped|ping|bed|bing)?"
    rf" (?:on )?(?:me|us|{THEIRS})\b{_NO_BLOW})"
    rf"|\b{_WHO_IS_VIOLENT}\b(?:'s|\W+(?:is|was|has been|got|gets|became|turned|can be|can get))"
    r"(?: \w+ly| very| so| really| always| often| still| being)? (?:violent|abusive)\b"
    r"(?! (?:games?|films?|movies?|content|language))"
)
_MAY_BE_DONE = (
    r"\b(?:tried|tries|threatened|threatens|threatening|vowed|swore) to (?:kill|shoot|stab|murder|"
    rf"rape|strangle|burn|find) (?:me|us|{THEIRS})\b"
    r"|\b(?:said|says|told me|telling me)(?: that)? (?:he|she)(?:'ll|'d| will| would|"
    rf"(?:'s| is| was) going to) (?:kill|shoot|find|come for) (?:me|us|{THEIRS})\b"
    rf"|\b{_HE}\b(?:\W+(?:always|still|now|keeps?|is|has been)){{0,3}}(?:'s)? follow(?:s|ing|ed)? "
    r"(?:me|us) (?:everywhere|around|home|to (?:my|work|school)|outside|in the street)\b"
    rf"|\b{_WHO_IS_VIOLENT}\b{_AS_EVER}(?:holds?|held|pull(?:s|ed)|put|puts) (?:an?|his|her) "
    r"(?:knife|gun|hands?)\b[^.!?]{0,15}\b(?:me|my|us|our)\b"
)
_NOT_SAFE = (
    r"\b(?:i'm|i am|we'?re|we are) (?:\w+ )?(?:not safe|unsafe|in (?:real |serious )?danger|"
    r"in hiding|on the run)\b(?! with (?:you|your))"
    r"|\b(?:do not|don't|didn't|never|not|no longer) feel(?:ing)? safe\b"
    r"(?! (?:giving|sharing|sending|paying|storing|keeping|using|with|about|putting|having)\b)"
    r"|\bnot safe (?:for (?:me|us)|at home|from (?:him|her|them|my))\b"
    r"|\b(?:scared|afraid|frightened|terrified|hiding|fled|fleeing|escap\w+|running|ran)"
    r" (?:(?:away )?from|of) "
    rf"(?:him|her|them|(?:my|an?) (?:\w+ )?(?:{EX}|{RELATIVE}|abus\w+))\b"
    r"(?! (?:phones?|tablet|laptop|account|computer))"
    rf"|\bfled (?:my|an?) (?:\w+ )?(?:{EX}|{RELATIVE}|marriage|home)\b"
)
_SEES = r"(?:see|sees|seeing|read|reads|reading|find|finds|watch\w*)"
_GETS_IN = (
    r"(?:access\w*|gets? into|got into|logs? in(?:to)?|logged in(?:to)?|logging in(?:to)?|hacked|"
    r"has access to|have access to|is in)"
)
_HIS_WAY = (
    r"(?:\W+(?:can|could|still|also|always|keeps?|now|might|will|is|has been|going to|knows how to"
    r")){0,3}"
)
_OURS = (
    r"(?:all |everything )?(?:(?:of |on |in |into |to )?(?:my|our) (?:\w+ )?(?:account|notes?|"
    r"data|profile|files?|messages?|address|location|content|plan|stuff|phone|diary|calendar)\b"
)
_WATCHED = (
    rf"\b{_HE}\b{_HIS_WAY}\W+(?:{_SEES}|{_GETS_IN}) {_OURS}"
    r"|what i\b(?! (?:mean|meant|see|saw|said|say|am saying|like|need|want)\b|'m saying\b)"
    r"|where i\b(?! (?:stand|come from)\b|(?:'m| am| was) coming from\b))"
    rf"|\b{_HE}\b{_HIS_WAY}\W+(?:see|sees|seeing|find|finds|watch\w*) me\b"
    r"(?! (?:as|an?|another|the|some\w*|one|new|better|cheaper|other|more|good|work|play|use|using|"
    r"through|cook|draw|paint|cry|news|stuff|things|apps|deals)\b)"
    rf"|\b{_HE}\b{_HIS_WAY}(?:'s)?\W+(?:knows?|has|have|got|changed|guessed|found|finds|took|stole)"
    r" (?:out )?(?:my (?:\w+ )?(?:passwords?|pass ?code|pin|log-?ins?|log in|address)|where i live|"
    r"where we live|where i am)\b"
)
"""A wife who reads the notes that they share is none: it is an ex, or one who has no name."""
_DANGER = re.compile(
    f"{_TOLD}|{_SUFFERED}|{_DONE}|{_MAY_BE_DONE}|{_NOT_SAFE}|{_WATCHED}", re.IGNORECASE
)


def tells_of_danger(said: str) -> bool:
    """Whether somebody is in danger from another, in text that is written out."""
    return _DANGER.search(said) is not None
