"""A life in danger from themselves: only what can't be about the plan, or about somebody else.

Whose brother has killed himself is bereaved, and who wants to end their plan wants only that.
"""

import re

from offboarding.hearing.between import NAMES
from offboarding.hearing.people import RELATIVE

_WANTS = (
    r"(?:want(?:ed|ing)? to|going to|ready to|about to|plan(?:ning)? to|might|will|i'll|i'd|could|"
    r"should|rather|need to|try(?:ing)? to|tried to|think(?:ing)? (?:of|about)|feel like|keep|been)"
    r"(?: just| really| probably)?"
)
_SAYS_SUICIDE = (
    r"\bsuicid(?:e|al)\b(?! (?:squad|prevention|hot ?line|help ?line|line|awareness|charity|"
    r"bomb\w*|attacks?|vests?|rates?|statistics|research|survivors?|doors?|watch|teens|"
    r"people|patients|clients|youth|students|callers|"
    r"for (?:your|the|our) (?:business|company|brand)))"
)
_ENDS_OWN_LIFE = (
    r"\b(?:kill(?:ing)? my ?self|(?:end|ending|take|taking) my (?:own )?life)\b"
    r"(?!(?:time)|\W?(?:insurance|assurance|cover|membership|policy|plan|subscription))"
    rf"|\b{_WANTS} (?:kms|unalive my ?self|top my ?self(?! up)|off my ?self|end my ?self|"
    r"hang(?:ing)? my ?self|shoot(?:ing)? my ?self(?! in the foot)|"
    r"drown(?:ing)? my ?self(?! in (?!the |a ))|do my ?self in)\b"
    rf"|(?:\A\W*|\bi\b[^.!?]{{0,15}}\b){_WANTS} (?:jump(?:ing)? (?:off|from|in front of)|"
    r"throw(?:ing)? my ?self (?:off|under|in front of)) (?:an?|the|my) (?:\w+ )?"
    r"(?:bridge|roof|building|train|cliff|balcony|window|bus|car|truck)\b"
    r"|\A\W*(?:(?:i'm|i am|please|sorry|goodbye|bye)\W+){0,3}(?:going to|about to) jump\W*\Z"
    r"|\bon (?:a|the) (?:bridge|roof|ledge)\b[^.!?]{0,30}\bjump\b|\buse it on my ?self\b"
    r"|\A\W*kms\W*\Z"
    rf"|\b(?:slit|cut|slash)(?:ting|ing)? my (?:wrists?|veins)\b"
)
_HARMS_THEMSELVES = (
    r"\bself[- ]?harm\w*|\b(?:want(?:ing)? to|going to|might|thinking (?:of|about)|will|keep|been)"
    r" (?:hurt|hurting|cut|cutting) my ?self\b"
    r"|(?:\bi(?:'ve|'m)?(?: (?:have|just|am|already)){0,2} |\A\W*(?:just )?)"
    r"(?:took|taken|taking|take) an? (?:\w+ )?"
    r"overdose\b"
    r"|\bi(?:'ve| have)?(?: just)? (?:overdosed|od'?d)(?! on (?!pills|tablets|meds|medic\w+|drugs|"
    r"paracetamol|painkillers|sleeping|my (?:pills|meds|tablets|medic\w+)|purpose))\b"
    r"|\bi'm overdosing\b(?! on)|\bpills\b[^.!?]{0,20}\b(?:going to|will|'ll) take them\b"
    r"|(?:\bi(?:'ve)?(?: (?:have|just)){0,2} (?:took|taken|swallowed)|\A\W*(?:just )?swallowed) "
    r"(?:too many|\d{2,}|(?:a|the) (?:whole "
    r"\w+|bottle|load|lot|bunch|handful|packet) of|all (?:of )?(?:the|my)) (?:\w+ )?(?:pills|meds|"
    r"medication|painkillers|sleeping (?:pills|tablets)|paracetamol|tablets)\b"
    r"(?! (?:back|off|from|out)\b)"
)
_WISHES_TO_DIE = (
    r"\b(?:want|wanted|wish|like|ready) (?:to|2) die+\b"
    r"(?! (?:of (?:boredom|laughter|embarrassment)))"
    r"|\bi(?:'m| am|'ll be)?(?: \w+)? going to die\b(?! (?:of (?:boredom|laughter|embarrassment)))"
    r"|\bi should be dead\b|\bi(?:'ll| will) be dead (?:tomorrow|tonight)\b"
    r"|(?<!as )\bif i (?:was|were) dead\b|\bwish i could (?:just )?(?:die|be dead)\b"
    r"|\bwant to (?:join|be with) my (?:dead|late)\b|\bwant to leave this (?:world|life|earth)\b"
    r"|\bwant out of this life\b|\bhate my life\b[^.!?]{0,20}\bend it\b"
    r"|\b(?:and|to) never wake up\b|\bhope i (?:don't|never) wake up\b"
    r"|\b(?:wants?|going|threaten(?:s|ed|ing)) to (?:kill|hang) (?:him|her|them) ?sel(?:f|ves)\b"
    r"|\bwant to be dead\b|\bwish (?:that )?i (?:was|were) (?:dead|never born|not alive)\b"
    r"|\bwish i(?:'d| had) never been born\b|\bwish i (?:wasn't|weren't) (?:here any ?more|alive)\b"
    r"|\b(?:do not|don't) deserve to live\b"
)
_NOT_LIKE_OTHERS = r"(?<!they )(?<!we )(?<!you )(?<!kids )(?<!people )(?<!parents )"
_IN_THE_HOUSE = (
    r"(?! (?:on|as|with|in|at|paying|for|to|under|using|because of you)\b)"
    r"(?![^.!?]{0,40}\b(?:your|you guys|apps?|site|website|platform|customer|newsletter|mailing)\b)"
)
"""Here, as a customer or on a list: that is about us."""
_WISHES_TO_BE_GONE = (
    rf"\b{_NOT_LIKE_OTHERS}(?:(?:do not|don't)(?: really| even| just)? (?:want|wish) to|"
    r"(?:no longer|never) want to) (?:"
    rf"be here(?: any ?(?:more|longer)| no more)\b(?! than\b){_IN_THE_HOUSE}"
    r"|(?:live|be alive|exist)(?: any ?(?:more|longer)| no more| like this)?(?=\W*$|[.,;!?]|"
    r" (?:and|but|please|i|since|my|so|rn|right now)\b)"
    r"|(?:live|be alive|exist) (?:any ?(?:more|longer)|no more)\b"
    r"(?! (?:with|in|at|near|under|on)\b)"
    r"|be (?:in this world|on this (?:earth|planet))\b|live without (?:him|her|them)\b"
    rf"|live without my {RELATIVE}\b"
    r"|wake up(?: any ?more| again| tomorrow)?(?=\W*$|[.,;!?]| and\b))"
    r"|\bi no longer want to be here(?=\W*$|[.!?]| (?:and|i)\b)"
)
_SEES_NO_REASON = (
    r"\b(?:no|see (?:a|any|the)) (?:reason|point)(?: left)? (?:to|in|of) (?:live|living|life)\b"
    r"(?! (?:here|there|with|in|near|chat|insurance))"
    r"|\bwhat's the point (?:of|in) (?:living|being alive)\b(?! (?:here|there|with|in|near))"
    r"|\bcan't go on living\b|\bnothing (?:left )?to live for\b"
    r"|\b(?<!of )(?:life|living)(?:'s| is|) ?(?:not|isn't|no longer)(?: really)? "
    r"worth (?:living|it)\b"
    r"|\b(?:tired of|done with|enough of) (?:living|being alive|life)\b(?! (?:with|in|under|on|"
    r"off|without|here|near|at|insurance|expenses|costs)\b)"
    r"|\b(?:give|giving|gave|given) up on life\b"
)
_WOULD_NOT_BE_MISSED = (
    r"\b(?:i am|i'm|i'?d be|they'?d be|everyone(?: would|'d) be) better off (?:dead|without me)\b"
    r"|\b(?:family|kids|children|husband|wife|world|everybody|everyone|people|they|all)"
    r"(?:(?: is| are)|(?:'d|'ll| would| will)(?: all)? be) (?:better|better off|happier) "
    r"without me\b"
    r"|\b(?:nobody|no[- ]?one|not a soul)(?: (?:here|there|at all))?(?:'d|'ll| would| will|"
    r" is going to)(?: (?:even|ever|really))? (?:miss me\b(?! (?:as|here|on|at|in|from)\b)"
    r"(?! (?:if|when) i (?:cancel|leave|left|unsub|quit|go\b))|(?:notice|care|mind) if i(?:'m| was|"
    r" were| am|'d)? (?:dead|died|die|gone forever|no longer alive)\b)"
)
_CRISIS = re.compile(
    f"{_SAYS_SUICIDE}|{_ENDS_OWN_LIFE}|{_HARMS_THEMSELVES}|{_WISHES_TO_DIE}|"
    f"{_WISHES_TO_BE_GONE}|{_SEES_NO_REASON}|{_WOULD_NOT_BE_MISSED}",
    re.IGNORECASE,
)
_ENDS_IT_ALL = re.compile(
    rf"\b(?:{_WANTS} end(?:ing)?|i'm ending) it (?:all|tonight)\b"
    r"(?! (?:with|right away|asap|immediately|before|at once)\b)",
    re.IGNORECASE,
)
_SPEAKS_OF_THE_PLAN = re.compile(
    r"\b(?:plan|subscription|sub|subs|account|acc|membership|contract|trial|billing|renewal|"
    r"email|mail|app)s?\b|\b(?:both|cancel\w*|unsub\w*|"
    r"(?:auto-?)?renew\w*|delet\w+|refund\w*|basic|pro|premium)\b|\A\W*(?:yes|yep|yeah|ok|"
    r"okay|sure|correct|exactly)\b",
    re.IGNORECASE,
)
"""Beside it, "it" may be the plan: then nobody is told to call for help."""
_ANOTHER = rf"(?:he|she|they|who|someone|somebody|{RELATIVE}s?{NAMES}?)"
_OF_ANOTHER = re.compile(
    r"(?<!\bi )(?<!\bi've )(?<!\balmost )(?<!\bnearly )\bcomm?itt?ed suicide\b"
    r"|\b(?:died|dead|die) (?:by|of|from|through|because of|due to) suicide\b"
    rf"|\b{_ANOTHER}\b(?:(?<!who)(?:'s|\W+(?:is|was|wants?|wanted)){{0,2}}\W+"
    r"(?:going |wanted )?to die\b"
    r"|(?:\W+(?:has|have|had|just|also|recently|once|then)){0,3}\W+"
    r"(?:attempted|attempts|tried to commit) suicide\b)"
    r"|\blost (?:\w+ ){1,4}(?:to|by|through) suicide\b|\blos(?:s|ing) (?:\w+ ){1,5}to suicide\b"
    rf"|\b(?:his|her|their|\w+'s|{RELATIVE}s) suicide\b|\bsuicide took\b"
    r"|\bsuicide (?:attempt )?(?:of|by) (?:my|our|his|her|a)\b"
    r"|\b(?:political|career|financial|commercial|brand|business|social|corporate|"
    r"physician[- ]assisted|assisted) suicide\b",
    re.IGNORECASE,
)


def tells_of_crisis(said: str) -> bool:
    """Whether they may end their own life, in text that is written out."""
    of_themselves = _OF_ANOTHER.sub(" ", said)
    if _CRISIS.search(of_themselves):
        return True
    return bool(_ENDS_IT_ALL.search(said)) and not _SPEAKS_OF_THE_PLAN.search(said)
