"""Danger from another: who beats, stalks or threatens somebody, or watches them in their account.

A complaint about how we treat somebody is none, nor is being beaten at chess.
"""

import re

from offboarding.hearing.between import NAMES
from offboarding.hearing.people import EX, FROM_A_COMPANY, RELATIVE, RELATIVES, THEIRS

_KNOWN_TO_THEM = rf"(?:my|our|the|an?) (?:\w+ (?:and )?)?(?:{EX}|{RELATIVES}|boss)"
_WHO_HARMS = rf"(?:he|she|they|someone|somebody|{_KNOWN_TO_THEM}{NAMES}?)"
_WHO_IS_VIOLENT = rf"(?:he|she|{_KNOWN_TO_THEM}{NAMES}?)"
_AN_EX = rf"(?:(?:my|an?) (?:\w+ )?|\A\W*){EX}{NAMES}?"
_HE = rf"(?:he|she|{_AN_EX})"
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
_A_NUISANCE = rf"(?:(?!(?:over|about|because|for|when|if|and)\b)[\w']+ ){{0,3}}{FROM_A_COMPANY}\b"
_NO_BLOW = (
    rf"(?! (?:at|in) (?:(?:a|an|the|our|your|every|all|any) )?{_GAME}\b"
    r"| at (?!(?:(?:the|our|my|his|her|a) )?(?:home|nights?|work|times|least|dinner|breakfast|"
    r"christmas|weekends?|school|house|place|flat|apartment|door|table|bedtime|first|random|will|"
    r"part(?:y|ies)|hospital|wedding|church|any|all|every|\d))\w+| to (?:it|the|that|\w+ing)\b"
    rf"| (?:on|by) (?:points|\d)| (?:all |both )?with {_A_NUISANCE}| (?:out|off)\b)"
)
"""Who is beaten at chess is in no danger, nor who is hit with a fee."""
_NO_WATCH = (
    r"(?! (?:\w+ )?(?:expenses?|spendings?|budgets?|steps|workouts?|habits|calories|mileage|hours|"
    r"progress|sleep|savings|orders?|parcels?|packages?|subscriptions|bills?|scores?|records?)\b)"
)
"""Nor whose partner keeps the books of both."""
_NOT_BY_US = (
    r"(?! by (?:your|you|these|this|those|the (?:app|ads?|company|price\w*|support|bank|"
    r"deadline)|ads?|"
    r"mails?|e-?mails?|marketing|hackers?|malware|ransomware|bots?|customer|one of your|"
    r"an? agent)\b"
    r"| (?:in|on) your\b)"
)
_THEY_ARE_A_COMPANY = (
    r"(?!they\b[^.!?]{0,25}\b(?:threaten|harass|abus|blackmail|track|spy|spies)\w*(?: on)?"
    rf"(?: (?:me|us))?(?: \w+)? (?:(?:with|by|via|over|about|for) )?(?:{_A_NUISANCE}"
    r"|every time i (?:open|log)|to (?:charge|cancel|bill|invoice|close|delete|suspend|sue|block|"
    r"raise|lock|terminate|upgrade|renew|pay|subscribe|buy|sign|rate|review|collect|"
    r"cut (?:my|our|the|off)|take (?:me|us|it|this) to|send (?:me|us|it|this) to|"
    r"send (?:an?|the|more) \w+)\b|(?:my|our) (?:trust|data|patience|privacy|loyalty)\b))"
)
"""They who harass somebody with e-mails, or threaten them with fees, are companies."""
_TOLD = (
    r"\b(?:domestic (?:abuse|violence)|restraining order|(?:women'?s|battered) (?:shelter|refuge)|"
    r"(?:protection|protective|non[- ]?molestation|no[- ]contact|barring) order|"
    r"order against (?:him|her|my ex)|coercive control|honou?r[- ](?:killing|violence)|"
    r"(?:abusive|violent) (?:ex|husband|wife|partner|boyfriend|girlfriend|relationship|marriage|"
    r"home|father|mother|dad|parents?|family)|(?:my|an?) (?:abuser|stalker|rapist)|"
    r"(?:my|our) li(?:fe|ves) (?:is|are) (?:in danger|at risk)|(?:fear(?:ing)?|scared|"
    r"afraid|terrified|frightened) for (?:my|our) (?:li(?:fe|ves)|safety|kids|children))\b"
    r"|\b(?:i'm|i am|we're|we are|living|staying|moved) (?:in|into|to|at) (?:an?|the) "
    r"(?:(?!homeless|animal|dog|cat|bus)\w+ )?(?:refuge|shelter)\b"
)
_SUFFERED = (
    r"\b(?:i'm|i am|am|been|being|was|getting|get|got) (?:\w+ )?(?:abused|stalked|beaten|followed|"
    rf"raped|molested|blackmailed|sexually assaulted)\b{_NOT_BY_US}{_NO_BLOW}"
    r"|\b(?:i|we)(?:'m|'ve)?(?: (?:am|was|were|are|have|had|got|get|keep|been|being|getting|also|"
    r"just|recently|once|nearly|almost|physically)){0,4} (?:assaulted|attacked|groped|strangled|"
    rf"threatened|groomed|trafficked|kidnapped|battered)\b{_NOT_BY_US}{_NO_BLOW}"
    rf"|\b(?:raped|molested|assaulted) by (?:him|her|an?|someone|somebody|{_KNOWN_TO_THEM})\b"
)
_RAPED = rf"(?<!you )(?<!u )(?<!guys )(?<!prices )(?<!they )\braped (?:me|us)\b{_NO_BLOW}"
_DONE_BY_ANYBODY = (
    rf"\b{_THEY_ARE_A_COMPANY}{_WHO_HARMS}\b{_AS_EVER}"
    r"(?:(?:abus|stalk|threaten|harass|blackmail)\w* (?:me|us|my|our|to)\b"
    r"(?! with (?:\w+ )?(?:eviction|fines?|fees?|work|overtime|bills?)\b)"
    rf"|(?:track|spy|spies|spied)\w*(?: on)? (?:me|us|my|our)\b{_NO_WATCH}"
    r"|(?!hit\w* (?:me|us) up\b)(?:hit|beat|hurt|punch|kick|slap|chok|strangl|attack|assault|rap|"
    r"injur|stab|shov|molest|grop)(?:e[ds]?|en|ing|s|ting|ped|ping|bed|bing)?"
    rf" (?:on )?(?:me|us|{THEIRS})\b{_NO_BLOW})"
)
_BLOWS = (
    r"(?:threaten|hit|beat|hurt|harass|stalk|abus|rap|strangl|slap|punch)(?:e[ds]?|s|ing|ed)? "
    rf"(?:me|us|{THEIRS})\b{_NO_BLOW}"
)
_HOLDS_OR_WATCHES = (
    r"us(?:es?|ed|ing) (?:this|it|that|your|the|my)(?: app| account| phone)? to (?:track|watch|"
    r"follow|spy on|control|find|stalk|monitor) (?:me|us)"
    r"|touch(?:es|ed|ing)? (?:me|my (?:daughter|son|kids?))(?! up)"
    r"|(?:push|shov|throw|threw|dragg?|slamm?)(?:e[ds]|s|ing|es)? (?:me|us) (?:down|against|to the "
    r"(?:floor|ground)|around|by (?:the|my))"
    r"|lock(?:s|ed|ing)? (?:me|us) (?:in|up)(?! (?:an?|this|your) (?:\w+ )?(?:plan|contract|deal))"
    r"|controls? (?:me|everything i|where i|who i|my (?:life|every))"
    r"|(?:won't|doesn't|didn't|never) lets? me (?:leave (?:the house|home|him|her)|go out(?:side)?|"
    r"have friends)"
    r"|(?:holds?|held|pull(?:s|ed)|puts?) (?:an?|his|her) (?:knife|gun|hands?)\b[^.!?]{0,15}"
    r"\b(?:me|my|us|our)"
)
_IS_VIOLENT = (
    r"(?:'s|\W+(?:is|was|has been|got|gets|became|turned|can be|can get))"
    r"(?: \w+ly| very| so| really| always| often| still| being)? (?:violent|abusive)\b"
    r"(?! (?:games?|films?|movies?|content|language))"
)
_DONE_BY_ONE_THEY_KNOW = (
    rf"\b{_WHO_IS_VIOLENT}\b(?:{_IS_VIOLENT}|{_AS_EVER}(?:{_HOLDS_OR_WATCHES})\b"
    r"|[^.!?;]{0,40}\band (?:(?:he|she|now|always|keeps?|on|has|then|also) ){0,2}"
    rf"{_BLOWS})"
)
_THREATENED = (
    r"\b(?:tried|tries|threatened|threatens|threatening|vowed|swore) to (?:kill|shoot|stab|murder|"
    rf"rape|strangle|burn|find) (?:me|us|{THEIRS})\b"
    r"|\b(?:said|says|told me|telling me)(?: that)? (?:he|she)(?:'ll|'d| will| would|"
    rf"(?:'s| is| was) going to) (?:kill|shoot|find|come for) (?:me|us|{THEIRS})\b"
    r"|\b(?:scared|afraid|terrified|frightened) (?:of )?what (?:he|she)(?:'ll|'d| will| might|"
    r" would| is going)\b"
)
_NOT_SAFE = (
    r"\b(?:i'm|i am|we'?re|we are) (?:\w+ )?(?:not safe|unsafe|in (?:real |serious )?danger|"
    r"in hiding|on the run)\b(?! with (?:you|your))"
    r"|\b(?:do not|don't|didn't|never|not|no longer) feel(?:ing)? safe\b"
    r"(?! (?:giving|sharing|sending|paying|storing|keeping|using|with|about|putting|having)\b)"
    r"|\b(?:not|isn't) safe (?:for (?:me|us)|at home|from (?:him|her|them|my))\b(?! to (?:give|"
    r"use|pay|share|send|store)\b)"
    r"|\b(?:scared|afraid|frightened|terrified|hid(?:e|ing)|fled|fleeing|escap\w+|running|ran)"
    r" (?:(?:away )?from|of) "
    rf"(?:him|her|them|(?:my|an?) (?:\w+ )?(?:{EX}|{RELATIVE}|abus\w+))\b"
    r"(?! (?:phones?|tablet|laptop|account|computer))"
    rf"|\bi(?:'m)? (?:fear|living in fear of|live in fear of) (?:him|her|"
    rf"my (?:\w+ )?(?:{EX}|{RELATIVE}))\b"
    rf"|\b(?:fled|fleeing|escap(?:ed?|ing)) (?:my|an?) (?:\w+ )?(?:{EX}|{RELATIVE}|marriage|home)\b"
)
_HIS_WAY = (
    r"(?:'s)?(?:\W+(?:can|could|still|also|always|keeps?|now|might|will|is|has|had|been|going to|"
    r"knows how to)){0,3}\W+"
)
_OURS = (
    r"(?:all |everything )?(?:of |on |in |into |to )?(?:my|our) (?:\w+ )?(?:account|notes?|data|"
    r"profile|files?|messages?|address|location|content|plan|stuff|phone|diary|calendar|"
    r"e-?mails?|mails?|inbox|mailbox)\b"
)
_WHAT_I_DO = (
    r"(?:all|everything)(?: that)? i\b"
    r"|what i\b(?! (?:mean|meant|see|saw|said|say|am saying|like|need|want)\b|'m saying\b)"
    r"|where i\b(?! (?:stand|come from)\b|(?:'m| am| was) coming from\b)"
)
_ME = (
    r"me\b(?=\W*(?:$|[.,;!?])| (?:and|or|but|so|if|when|whenever|wherever|because|again|here|"
    r"there|now|too|even|all the time|everywhere|anywhere|online|through|from|at|in|on|by|via|with|"
    r"every|sleep|undress|any ?more|tonight|today)\b)"
)
"""Who finds me another app, or reads me the news, watches nobody."""
_KEYS = (
    r"(?:all )?(?:of )?my (?:\w+ )?(?:passwords?|pass ?code|pin|log-?ins?|log in|address)\b"
    r"|where (?:i live|we live|i am)\b"
)
_DONE_BY_AN_EX = (
    rf"\b{_HE}\b(?:{_HIS_WAY}(?:"
    rf"(?:see|sees|seeing|read|reads|reading|find|finds|watch\w*) (?:{_OURS}|{_WHAT_I_DO})"
    rf"|(?:see|sees|seeing|find|finds|watch\w*) {_ME}"
    r"|(?:access\w*|gets? into|got into|logs? in(?:to)?|logged in(?:to)?|logging in(?:to)?|hacked|"
    rf"has access to|have access to) (?:{_OURS}|{_WHAT_I_DO})|in my account\b"
    rf"|(?:knows?|has|have|got|changed|guessed|found|finds|took|stole) (?:out )?(?:{_KEYS})"
    r"|following (?:me|us)\b(?! on\b)"
    r"|follow(?:s|ed)? (?:me|us) (?:everywhere|around|home|to (?:my|work|school)|outside|"
    r"in the street)\b)"
    rf"|(?:'ll|'s|'d| will| would| is)(?: going to)? kill (?:me|us|{THEIRS})\b"
    r"(?! (?:if|when|for|because|over) (?!he|she))"
    r"| (?:won't|doesn't|never) (?:leave me alone|stop (?:call|text|follow|harass)ing me)\b"
    r"| (?:keeps?|kept) (?:turning up|showing up|coming to my|(?:text|messag|send)ing me threats)"
    r"\b| (?:has|had|came with|carries) an? (?:gun|knife)\b(?! (?:set|shop|block|collection)))"
    rf"|\b{_AN_EX}\b{_HIS_WAY}(?:access(?=\W*$|[.,;!]| (?:and|so|please)\b)"
    r"|(?:knows?|has|got|found) (?:the|our) (?:password|pin|log-?in)\b"
    r"|(?:see|read)(?:s|ing)? everything\b|(?:looking|searching) for me\b|trying to find me\b)"
)
"""A wife who reads the notes that they share is none: it is an ex, or one who has no name."""
_WATCHED_IN_SECRET = (
    rf"\b{_WHO_IS_VIOLENT}\b(?:{_HIS_WAY})"
    r"(?:look(?:s|ing)? at|reads?|reading|check(?:s|ing)?|monitors?|monitoring|watch(?:es|ing)?|"
    r"goes through|going through|see(?:s|ing)?) (?:all|everything)(?: that)? i "
    r"(?:write|do|type|say|send|post)\b"
    r"(?=.{0,200}\b(?:(?:don't|do not|never|without|not) (?:tell|telling|let|letting|write|mail) "
    rf"(?:him|her|them|{_KNOWN_TO_THEM})\b"
    r"|(?:he|she|they) (?:can't|cannot|can not|must not|mustn't|shouldn't|should not|may not|"
    r"must never) (?:know|see|find out|notice|hear|learn)\b))"
)
"""Whoever reads along may be close to them; that it has to be kept from them says what it is."""
_DANGER = re.compile(
    f"{_TOLD}|{_SUFFERED}|{_RAPED}|{_THREATENED}|{_NOT_SAFE}|{_DONE_BY_ANYBODY}|{_DONE_BY_ONE_THEY_KNOW}|"
    f"{_DONE_BY_AN_EX}|{_WATCHED_IN_SECRET}",
    re.IGNORECASE,
)


def tells_of_danger(said: str) -> bool:
    """Whether somebody is in danger from another, in text that is written out."""
    return _DANGER.search(said) is not None
