"""Hard moments, told by clear words. Then no questions why, no offer, no survey.

And moments in which nothing else matters: somebody says that they want to die.

Both sides cost: missed, somebody in grief is asked for feedback; imagined, somebody whose phone
died is offered condolences. So a word alone is never enough; it has to be said of a person.
"""

import re
from enum import StrEnum

from offboarding.hearing.between import NAMES
from offboarding.hearing.spelling import plain_text


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


_RELATIVE = (
    r"(?:husband|hubby|wife|partner|spouse|fianc[eé]e?|boyfriend|girlfriend|bf|gf|mother|mum|mummy|"
    r"mom|mommy|mam|mama|father|dad|daddy|papa|son|daughter|brother|"
    r"sister|child|baby|parents?|friend|aunt|uncle|nephew|niece|cousin|grand\w+|nan|nana|gran|"
    r"step[- ]?(?:dad|mum|mom|father|mother|son|daughter|brother|sister)|in-law)"
)
_HOLDER = r"(?:account holder|owner|customer)"
_UNNAMED = rf"(?:(?:{_RELATIVE})(?: of (?:\w+ ){{1,2}}years)?|{_HOLDER}|he|she|they both)(?:'s)?"
_NAMED = rf"(?:{_RELATIVE}|{_HOLDER}){NAMES}(?:'s)?"
_CLOSE = rf"(?:{_NAMED}|{_UNNAMED})"
_LATELY = (
    r"(?:\W+(?:has|have|had|just|recently|sadly|suddenly|unexpectedly|unfortunately|also|who|was|"
    r"is|now|already|very|in law|in-law|then|both|finally|peacefully|tragically|\w+ ago)){0,4}\W+"
)
_OWN = r"(?:my|our|his|her|their|a|the)"
_EX = r"(?:ex(?:[- ](?:husband|wife|partner|boyfriend|girlfriend|bf|gf))?|abuser|stalker)"
_KNOWN_TO_THEM = (
    rf"(?:my|the|an?) (?:\w+ )?(?:{_EX}|{_RELATIVE}|boyfriend|girlfriend|roommate|neighbou?r|boss)"
)
_WHO_HARMS = rf"(?:he|she|they|someone|somebody|{_KNOWN_TO_THEM}{NAMES}?)"
_WHO_IS_VIOLENT = rf"(?:he|she|{_KNOWN_TO_THEM}{NAMES}?)"
_AS_EVER = (
    r"(?:'s|'d|'ll)?(?:\W+(?:is|was|has|had|been|keeps?(?: on)?|still|always|now|who|used to|just|"
    r"also|often|sometimes|regularly|again|even|once|physically)){0,3}\W+"
)
_THEIRS = (
    r"(?:my|our) (?:\w+ )?(?:kids?|child(?:ren)?|son|daughter|baby|mum|mom|mother|sister|brother|"
    r"dog|cat|face|arm|head)|the (?:kids|children)"
)
_GAME = (
    r"(?:chess|go|scrabble|monopoly|poker|cards|tennis|table tennis|ping[- ]?pong|golf|darts|pool|"
    r"fifa|mario kart|wordle|sudoku|crosswords?|quiz(?:zes)?|trivia|math|maths|running|races?|"
    r"(?:board|video|word|card|computer) ?games?|games?|match(?:es)?|everything|it|this|that)"
)
_NO_BLOW = (
    rf"(?! (?:at|in) (?:(?:a|an|the|our|your|every|all|any) )?{_GAME}\b"
    r"| at (?!(?:(?:the|our|my|his|her|a) )?(?:home|nights?|work|times|least|dinner|breakfast|"
    r"christmas|weekends?|school|house|place|flat|apartment|door|table|bedtime|first|random|will|"
    r"part(?:y|ies)|hospital|wedding|church|any|all|every|\d))\w+| to (?:it|the|that)\b"
    r"| (?:on|by) (?:points|\d)| (?:all |both )?with (?:(?:an?|the|another|your|more|some) )?"
    r"(?:\w+ )?(?:fees?|bills?|charges?|fines?|invoices?|prices?|increase|ads?|offers?|questions?|"
    r"requests?|e-?mails?|messages?|memes?|notifications?|pop-?ups?|news|deadlines?)\b"
    r"| (?:out|off)\b)"
)
"""Who is beaten at chess is in no danger, nor who is hit with a fee."""
_NO_WATCH = (
    r"(?! (?:\w+ )?(?:expenses?|spendings?|budgets?|steps|workouts?|habits|calories|mileage|hours|"
    r"progress|sleep|savings|orders?|parcels?|packages?|subscriptions|bills?|scores?|records?)\b)"
)
"""Nor whose partner keeps the books of both."""
_DANGER = re.compile(
    r"\b(?:domestic (?:abuse|violence)|restraining order|(?:women'?s|battered) (?:shelter|refuge)|"
    r"abusive (?:ex|husband|wife|partner|boyfriend|girlfriend|relationship|marriage|home|father|"
    r"mother|parents?|family)|(?:my|an?) (?:abuser|stalker)|"
    r"(?:my|our) li(?:fe|ves) (?:is|are) in danger)\b"
    r"|\b(?:i'?m|i am|am|been|being|was|getting|get) (?:\w+ )?(?:abused|stalked|beaten|followed)\b"
    r"(?! by (?:your|you|the (?:app|ads?|company)|ads?|mails?|e-?mails?|marketing)\b)"
    rf"|\b{_WHO_HARMS}\b{_AS_EVER}"
    r"(?:(?:abus|stalk|threaten|harass)\w* (?:me|us|my|our|to)\b"
    rf"|(?:track|spy|spies|spied)\w*(?: on)? (?:me|us|my|our)\b{_NO_WATCH}"
    r"|(?!hit\w* (?:me|us) up\b)(?:hit|beat|hurt|punch|kick|slap|chok|strangl|attack|assault|rap|"
    rf"injur)(?:e[ds]?|en|ing|s|ting|ped|ping)? (?:on )?(?:me|us|{_THEIRS})\b{_NO_BLOW})"
    rf"|\b{_WHO_IS_VIOLENT}\b(?:'s|\W+(?:is|was|has been|got|gets|became|turned|can be|can get))"
    r"(?: \w+ly| very| so| really| always| often| still| being)? (?:violent|abusive)\b"
    r"(?! (?:games?|films?|movies?|content|language))"
    r"|\b(?:i'?m|i am|we'?re|we are) (?:\w+ )?(?:not safe|unsafe|in (?:real |serious )?danger|"
    r"in hiding)\b(?! with (?:you|your))"
    r"|\b(?:do not|don'?t|dont|didn'?t|never|not|no longer) feel(?:ing)? safe\b"
    r"(?! (?:giving|sharing|sending|paying|storing|keeping|using|with|about|putting|having)\b)"
    r"|\bnot safe (?:for (?:me|us)|at home|from (?:him|her|them|my))\b"
    rf"|\b(?:scared|afraid|frightened|terrified|hiding|fled|fleeing|escap\w+) (?:of|from)"
    rf" (?:him|her|them|(?:my|an?) (?:\w+ )?(?:{_EX}|{_RELATIVE}|boyfriend|girlfriend|abus\w+))\b"
    rf"|\b(?:he|she|(?:my|an?) (?:\w+ )?{_EX}{NAMES}?)\b(?:\W+(?:can|could|still|also|always|"
    r"keeps?|now|might|is|has been|will|knows how to)){0,3}\W+(?:see|sees|seeing|read|reads|"
    r"reading|access\w*|watch\w*|gets? into|got into|logs? in(?:to)?|hacked|find|finds|"
    r"has access to|have access to)"
    r" (?:all |everything )?(?:(?:of |on |in |into |to )?(?:my|our) (?:\w+ )?(?:account|notes?|"
    r"data|profile|files?|messages?|address|location|content|plan|stuff|phone|diary|calendar)|"
    r"what i|where i|me\b)",
    re.IGNORECASE,
)
"""A complaint about how we treat somebody is none, nor a wife who reads the notes they share."""
_PASSED_ON = (
    r"passed on(?! (?:your|this|it|an?|my|our)\b| the (?:offer|deal|upgrade|plan|message|news|"
    r"chance|discount|trial|details?|password|app)\b)"
)
_NO_DEATH = (
    r"(?! (?:against|set|right|wrong|tired|keen|slow|broke|laughing|inside|off|"
    r"of (?:laughter|laughing|boredom|shame|embarrassment)|on (?:him|her|them|us|me)|twice|"
    r"in (?:(?:the|a|this|that|his|her) )?(?:\w+ )?(?:game|minecraft|fortnite|film|movie|show|"
    r"series|season|episode))\b)"
)
_BEREAVEMENT = re.compile(
    rf"\b{_UNNAMED}{_LATELY}(?:died|passed away|{_PASSED_ON}|dead|deceased)\b{_NO_DEATH}"
    rf"|\b{_NAMED}{_LATELY}(?:died|passed away|{_PASSED_ON}|deceased)\b{_NO_DEATH}"
    rf"|\b{_NAMED}(?:\W+(?:is|was|sadly|now|already|also)){{0,3}}(?:'s|\W+(?:is|was|now|already)) "
    rf"dead\b{_NO_DEATH}"
    rf"|\b{_UNNAMED}{_LATELY}passed\b(?! (?:his|her|their|the|an?|all|on|me|it|my|with|in)\b)"
    rf"|\b{_NAMED}{_LATELY}passed\b(?=\W*(?:$|[.,;!?])|\W+(?:last|yesterday|today|recently|"
    r"suddenly|unexpectedly|peacefully|earlier|this|so|and|two|three|\d+|a (?:\w+ )?\w+ ago)\b)"
    rf"|\b{_CLOSE}\W+(?:(?:was|were|been|got|has|sadly)\W+){{1,2}}(?:killed|murdered)\b"
    rf"|\b(?:lost|buried|burying) {_OWN} (?:\w+ )?{_RELATIVE}\b(?!'s| (?:phone|card|password))"
    rf"|\b(?:death|passing|loss) of {_OWN} (?:\w+ )?{_RELATIVE}\b"
    rf"|\b{_OWN} (?:\w+ )?{_RELATIVE}(?:{NAMES})?'?s? (?:death|funeral|estate)\b"
    r"|\b(?:funeral(?! (?:home|parlou?r|director|business|service provider))|bereave\w*|"
    r"deceased|died in (?:an?|the) accident|executor of|late (?:husband|wife|mother|father|"
    r"mum|mom|dad|partner|son|daughter|brother|sister|uncle|aunt|grand\w+)(?:'s)?)\b"
    r"|\b(?:handling|sorting|settling|managing) (?:\w+ )?(?:estate|affairs)\b",
    re.IGNORECASE,
)
_ILLNESS = re.compile(
    r"\b(?:have|has|had|got|with|fighting|battling|my|her|his|diagnosed with)"
    r" (?:\w+ )?(?:cancer|leuk\w+|dementia|alzheimer\w*|a stroke|a heart attack|a tumou?r)\b"
    r"|\b(?:hospice|terminally ill|terminal illness|chemo\w*|intensive care|palliative|"
    r"life support|seriously ill|very ill|gravely ill|miscarriage)\b"
    rf"|\b(?:i|i'm|am|is|was|been|{_RELATIVE}|he|she)\W+(?:\w+\W+){{0,3}}"
    r"(?:in (?:the )?hospital|hospitali[sz]ed|dying)\b(?! (?:to|for|of laughter|of boredom))",
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
_WITHDRAWING = re.compile(
    r"\bwithdraw(?:ing)?\b[^.!?]{0,20}\b(?:contract|agreement|purchase|subscription|order|sale)\b"
    r"|\b(?:revok(?:e|ing)|rescind(?:ing)?) (?:(?:my|our|the|this|that|said) )?(?:\w+ ){0,2}"
    r"(?:contract|agreement|purchase|order)\b"
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
_NO_DECLARATION = re.compile(
    r"\?|\b(?:don'?t|do not|not|never|no longer|instead of|rather than)\b"
    r"(?:(?!\b(?:i|we|so|but|and)\b)[^.!?,;]){0,20}\b(?:withdraw\w*|cooling|revok\w*|widerruf\w*)"
    r"|\b(?:know|knew|read|heard|saw|think|thought|understand|understood|told)\b[^.!?;]{0,20}"
    r"\b(?:can|could|may|might)\b[^.!?,;]{0,10}\b(?:withdraw|revok\w+)"
    r"|\bnever (?:said|wrote|meant)\b"
    r"|\bwhat\b|\bhow (?:long|do|does|can|could|to|would)\b|\bwhether\b",
    re.IGNORECASE,
)
_SENTENCE = re.compile(r"[^.!?\n]+[.!?]*")
_KINDS = (
    (HardMoment.DANGER, _DANGER),
    (HardMoment.BEREAVEMENT, _BEREAVEMENT),
    (HardMoment.ILLNESS, _ILLNESS),
    (HardMoment.FRAUD, _FRAUD),
    (HardMoment.HARDSHIP, _HARDSHIP),
    (HardMoment.LEGAL, _LEGAL),
)

_ACCOUNT = r"(?:account|plan|subscription|membership|contract|profile|data)s?"
_ACCOUNT_OF_ANOTHER = re.compile(
    rf"\b(?:his|her|their)\b[^.!?,]{{0,15}}\b{_ACCOUNT}\b"
    rf"|\b{_OWN} (?:\w+ )?{_RELATIVE}(?:'?s|{NAMES}'s)\b[^.!?,]{{0,15}}\b{_ACCOUNT}\b"
    rf"|\b{_ACCOUNT} of {_OWN} (?:\w+ )?{_RELATIVE}\b"
    rf"|\b{_ACCOUNT} (?:is |was )?(?:in|under|on) (?:his|her|their)\b"
    rf"|\b(?:s?he|they)(?: also| still)? (?:had|has|have|got|used) (?:an?|the|some|your)\b"
    rf"[^.!?,]{{0,15}}\b{_ACCOUNT}\b",
    re.IGNORECASE,
)

_CRISIS = re.compile(
    r"\b(?:kill(?:ing)? my ?self|(?:end|ending|take|taking) my (?:own )?life)\b"
    r"(?!(?:time)|\W?(?:insurance|assurance|cover|membership|policy|plan|subscription))"
    r"|\bsuicid(?:e|al)\b(?! (?:squad|prevention|for (?:your|the) (?:business|company)))"
    r"|\b(?:want|wanted|going|wish|like) to die\b(?! (?:of (?:boredom|laughter|embarrassment)))"
    r"|\b(?:i am|i'm|im|i'?d be|they'?d be|everyone(?: would|'d) be) better off"
    r" (?:dead|without me)\b"
    r"|\bself[- ]?harm\w*|\b(?:want(?:ing)? to|going to|might|thinking (?:of|about)|will|keep|been)"
    r" (?:hurt|hurting|cut|cutting) my ?self\b"
    r"|\bno (?:reason|point)(?: left)? (?:to|in) (?:live|living)\b(?! (?:here|there|with|in|near))"
    r"|\b(?:do not|don'?t) want to (?:live|be alive) any ?more\b"
    r"|\bcan'?t go on living\b",
    re.IGNORECASE,
)


def is_crisis(text: str) -> bool:
    """Whether a customer says that their life is in danger."""
    return _CRISIS.search(plain_text(text)) is not None


def names_account_of_another(text: str) -> bool:
    """Whether they speak of an account as somebody else's: his plan, my mother's account."""
    return _ACCOUNT_OF_ANOTHER.search(plain_text(text)) is not None


def declares_withdrawal(text: str) -> bool:
    """Whether they take the contract itself back, whatever else they say has happened."""
    return _declares_withdrawal(plain_text(text))


def tells_of_hard_moment(text: str) -> bool:
    """Whether words tell what is for nobody but those who help: any hard moment, or a crisis."""
    return hard_moment(text) is not None or is_crisis(text)


def hard_moment(text: str) -> HardMoment | None:
    """What hard thing a customer says has happened, if any; the hardest, if several."""
    said = plain_text(text)
    found = next((kind for kind, words in _KINDS if words.search(said)), None)
    if found in {None, HardMoment.LEGAL} and _declares_withdrawal(said):
        return HardMoment.WITHDRAWAL
    return found


def _declares_withdrawal(said: str) -> bool:
    """Whether a sentence does, or all of it together: a question beside it takes nothing back."""
    return any(
        not _NO_DECLARATION.search(part)
        and (_WITHDRAWING.search(part) or _makes_use_of_right(part))
        for part in (*_SENTENCE.findall(said), said)
    )


def _makes_use_of_right(said: str) -> bool:
    spoken_of = _SPEAKS_OF_THE_RIGHT.search(said) and _MAKES_USE_OF_IT.search(said)
    return bool(spoken_of) and not _PERIOD_IS_OVER.search(said)
