"""A death, told by who has died and by how people say it.

A word of death is said of phones, links and parties, too; so it has to be said of somebody.
"""

import re

from offboarding.hearing.between import INSERT, NAMES
from offboarding.hearing.people import DEAR, FAMILY, OWN, RELATIVE, RELATIVES

_HOLDER = (
    r"(?:account holder|owner(?: of (?:this|the) \w+)?|customer|subscriber|user|"
    r"person who(?: \w+){1,7}?)"
)
_UNNAMED = (
    rf"(?:{RELATIVES}(?: of (?:\w+ ){{1,2}}years)?|{_HOLDER}|he|she|they both)(?:'s)?(?:{INSERT})?"
)
_NAMED = rf"(?:{RELATIVE}|{_HOLDER}){NAMES}(?:'s)?(?:{INSERT})?"
_CLOSE = rf"(?:{_NAMED}|{_UNNAMED})"
_LATELY = (
    r"(?:\W+(?:has|have|had|just|recently|sadly|suddenly|unexpectedly|unfortunately|also|who|was|were|"
    r"is|now|already|very|in law|in-law|then|both|all|finally|peacefully|tragically|\w+ ago))"
    r"{0,4}\W+"
)
_HIS = r"(?:his|her|their)"
_PASSED_ON = (
    r"passed on(?! (?:your|this|it|an?|my|our)\b| the (?:offer|deal|upgrade|plan|message|news|"
    r"chance|discount|trial|details?|password|app)\b)"
)
_DROWNED = (
    r"drowned(?! (?:out|his|her|their|the|my|our|an?|it|me|us)\b| in (?!(?:the|a|our|his|her) "
    r"(?:\w+ )?(?:sea|lake|river|pool|pond|canal|ocean|bath|flood)))"
)
_HAS_DIED = (
    rf"(?:died|pass?ed away|passes away|past away|{_PASSED_ON}|perished|{_DROWNED}|"
    rf"(?:took|taken|ended) {_HIS} (?:own )?li(?:fe|ves)|comm?itt?ed suicide|"
    rf"(?:killed|hanged|hung|shot) (?:him|her|them) ?sel(?:f|ves)|"
    rf"lost {_HIS} (?:li(?:fe|ves)|(?:\w+ )?(?:battle|fight))|kicked the bucket|snuffed it|"
    r"drank (?:him|her|them)sel(?:f|ves) to death|"
    r"(?:left|departed) this (?:world|earth|life)|left us (?:forever|too soon)|"
    r"(?:gone|went) to heaven|deceased|still-?born)"
)
_AT_PLAY = (
    r"in (?:(?:the|a|this|that|his|her) )?(?:\w+ )?(?:game|minecraft|fortnite|film|movie|show|"
    r"series|season|episode)"
)
_NO_DEATH = (
    r"(?! (?:against|set|right|wrong|tired|keen|slow|simple|easy|boring|broke|laughing|inside|off|"
    r"down|back|out(?! (?:in|at|on|there))|"
    r"(?:i?phones?|laptop|computer|tablet|i?pad|battery|links?|pixels?|weight|end|line|zone)|"
    r"of (?:laughter|laughing|boredom|shame|embarrassment)|on (?:him|her|them|us|me)|twice|"
    rf"{_AT_PLAY})\b)"
)
_KILLED = (
    r"(?:was|were|been|got|has|sadly)\W+(?:(?:sadly|both|also|just|been|\w+ly)\W+)?"
    rf"(?:killed|murdered|stabbed|shot(?! (?:down|of|for|on|by a photo\w+)\b))\b(?! {_AT_PLAY}\b)"
)
_NO_LONGER_HERE = (
    r"(?:no longer (?:here )?with us|no longer alive|(?:not|n't) (?:alive|with us) any ?more|"
    r"in heaven(?! with)|with the (?:angels|lord)|"
    r"no more(?=\W*(?:$|[.,;!?]|please|and|so|since)))"
)
"""Whoever left a company is no longer with it, too: so this is heard of family alone."""
_OF_THEM = rf"{OWN} (?:\w+ )?{DEAR}"
_THINGS_OF_THEIRS = (
    r"(?!'s| (?:phones?|card|password|laptop|tablet|i?pad|account|login|photos?|pictures?|list|"
    r"code|number|contacts?|address|stuff|books?|toys?|games?|scouts?|"
    r"videos?|music|keys?|files?|data|request)\b)"
)
_DIED = re.compile(
    rf"\b(?:{_UNNAMED}(?:{_LATELY}(?:(?:{_HAS_DIED}|dead)\b{_NO_DEATH}|{_KILLED}))"
    rf"|{_NAMED}(?:{_LATELY}(?:{_HAS_DIED}\b{_NO_DEATH}|{_KILLED})"
    r"|(?:\W+(?:is|was|sadly|now|already|also)){0,3}(?:'s|\W+(?:is|was|now|already)) dead\b"
    rf"{_NO_DEATH}))",
    re.IGNORECASE,
)
_FIRST_THIS_THEN_DIED = re.compile(
    rf"\b(?:he|she|{RELATIVE}{NAMES}?) (?:had|got|was|has been|had been|went|fell|caught|crashed|"
    r"jumped|suffered|collapsed|took|contracted|overdosed|od'?d)\b"
    r"(?:(?!\b(?:that|which|whose|it|phone|tablet|laptop|battery|app)\b)[^.!?;]){0,50}\band"
    r"(?: (?:has|have|had|then|now|sadly|just|later|suddenly|finally|eventually)){0,3}"
    rf" (?:died|passed away)\b{_NO_DEATH}",
    re.IGNORECASE,
)
_NO_LONGER = re.compile(
    rf"\b{FAMILY}s?{NAMES}?(?:{INSERT})?(?:(?:'s| is| are)(?: (?:sadly|now|also))? ?"
    rf"{_NO_LONGER_HERE}|(?: (?:has|had|sadly|suddenly|recently)){{0,3}} expired\b)",
    re.IGNORECASE,
)
_ONE_OF_FAMILY = re.compile(rf"\b{FAMILY}\b", re.IGNORECASE)
_HE_IS_NO_LONGER = re.compile(
    rf"\b(?:he|she)(?:'s| is)(?: (?:sadly|now))? {_NO_LONGER_HERE}", re.IGNORECASE
)
_LOSS = re.compile(
    rf"\b(?:lost|buried|burying) (?:both (?:of )?)?{_OF_THEM}\b{_THINGS_OF_THEIRS}"
    rf"|\b(?:lost|buried) (?:mum|mom|dad|gran|grandma|grandpa|grandad|nan)\b{_THINGS_OF_THEIRS}"
    rf"|\b(?:death|passing|loss|demise|suicide|funeral) of {_OF_THEM}\b"
    rf"|\b(?:since|after|following|before|to|of|upon) {_HIS} (?:\w+ )?(?:death|passing)\b"
    r"(?! (?:grade|score|mark|star))"
    rf"|\b{OWN} (?:\w+ )?{RELATIVE}(?:{NAMES})?'?s? (?:death|funeral|suicide|"
    r"passing(?! (?:grade|score|mark))|estate(?! (?:agen|car|tax)))\b"
    r"|\bdeath in (?:the|my|our) family\b|\bthere(?:'s| has| was)(?: been)? a death\b(?! threat)"
    r"|\b(?:funeral(?! (?:home|parlou?r|director|business|service provider))|bereave\w*|"
    r"deceased|died in (?:an?|the) accident|executor of|late (?:husband|wife|mother|father|"
    r"mum|mom|dad|partner|son|daughter|brother|sister|uncle|aunt|grand\w+)(?:'s)?)\b"
    rf"|\b(?:my|our|his|her) late {FAMILY}\b(?! (?:care|fees?|seat|monitor|requests?|support))"
    r"|\b(?:handling|sorting|settling|managing) (?:\w+ )?(?:estate|affairs)\b",
    re.IGNORECASE,
)
_REST_IN_PEACE = re.compile(
    rf"\b(?:rip|r\.i\.p)\b\.?,?(?: to)?(?: my| our)?(?: \w+)? {RELATIVE}\b{_THINGS_OF_THEIRS}"
    r"(?! (?:zone|monitor))"
    rf"|\b{RELATIVE}{NAMES}?\W{{1,3}}(?:rip\b(?! (?:(?:my|his|her|the|our|some) )?"
    r"(?:cds?|dvds?|music|off|it|this|me|up)\b)|"
    r"r\.i\.p\b|rest in peace\b)"
    r"|\b(?:he|she|they) rests? in peace\b|\brest (?:his|her) soul\b",
    re.IGNORECASE,
)
_WIDOWED = re.compile(
    r"\bwidowed\b|\b(?:i'm|am|i was|being|as|become|became|left|is|was|made me)"
    r"(?: (?:now|just|recently|sadly|suddenly))? (?:a |the )?(?:\w+ )?(?<!black )widow(?:er)?\b"
    r"(?! (?:lines?|control|s? and orphans))"
    rf"|(?:\A\W*|\b(?:new|recent|{_HIS}) )widow(?:er)?\b(?! (?:lines?|control))"
    r"|\bwidow(?:er)? (?:here|of)\b",
    re.IGNORECASE,
)
_UNBORN = re.compile(
    r"\bmiscarr?(?:ied|ying|y)\b|\bmiscarriages?\b(?! of justice)|\bstill-?births?\b"
    r"|\b(?:had|my|our|delivered|birth to|lost) (?:an? )?still-?born\b"
    r"|\bborn (?:dead|sleeping)\b",
    re.IGNORECASE,
)
_PASSED = re.compile(
    rf"\b{_UNNAMED}{_LATELY}passed\b(?:(?!\W*!)(?! (?:his|her|their|the|an?|all|on|me|us|it|my|"
    r"with|in|over|by|through|up|out|down|to|that|every|both)\b)"
    r"| in (?:january|february|march|april|may|june|july|august|september|october|november|"
    rf"december|spring|summer|autumn|winter|{_HIS} sleep|hospital|the night|\d{{4}})\b)"
    rf"|\b{_NAMED}{_LATELY}passed\b(?=\W*(?:$|[.,;?])|\W+(?:last|yesterday|today|recently|"
    r"suddenly|unexpectedly|peacefully|earlier|this|so|and|two|three|\d+|a (?:\w+ )?\w+ ago)\b)",
    re.IGNORECASE,
)
_EXAM = re.compile(
    r"\b(?:exams?|tests?|driving (?:app|lessons?|school|theory|licen[cs]e)|licen[cs]e|first time|"
    r"(?<!of )course|grades?|graduat\w+|gcses?|a[- ]levels?|finals|quiz|the bar|certif\w+|degree|"
    r"diploma|tutor\w*|stud(?:ies|ying|ied)|revis(?:ing|ion)|flying colou?rs|maths?|assessment|"
    r"audition)\b",
    re.IGNORECASE,
)
"""A bare "passed" is said of exams, too, and nobody tells of a death with an exclamation mark."""
_OF_DEATH = (_DIED, _FIRST_THIS_THEN_DIED, _NO_LONGER, _LOSS, _REST_IN_PEACE, _WIDOWED, _UNBORN)


def tells_of_death(said: str) -> bool:
    """Whether somebody has died, in text that is written out."""
    if any(words.search(said) for words in _OF_DEATH):
        return True
    if _HE_IS_NO_LONGER.search(said) and _ONE_OF_FAMILY.search(said):
        return True
    return _PASSED.search(said) is not None and _EXAM.search(said) is None
