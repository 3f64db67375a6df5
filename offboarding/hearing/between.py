"""The words that may stand between a person and what became of them: names, as people write them.

On a phone names are written small, so a name is known by what it is not: my dad john died, my dad
told me that my phone died. Whatever else can stand there is listed here, and a word that is on no
list is taken for a name.
"""

_OF_GRAMMAR = (
    r"i|me|my|mine|myself|you|your|yours|u|ur|he|him|his|she|her|hers|it|its|itself|we|us|our|ours|"
    r"they|them|their|theirs|this|that|these|those|there|here|who|whom|whose|which|what|when|where|"
    r"why|how|if|whether|because|since|as|so|than|then|and|or|but|nor|yet|while|until|though|"
    r"although|unless|a|an|the|any|some|every|each|all|both|half|most|many|much|more|no|none|not|"
    r"of|in|on|at|by|to|for|from|with|without|into|onto|off|out|up|down|over|under|about|after|"
    r"before|during|through|against|between|like|via|per|is|are|was|were|be|been|being|am|do|does|"
    r"did|done|has|have|had|having|can|could|might|must|shall|should|would|wo|isn|aren|"
    r"wasn|doesn|didn|hasn|hadn|can'?t|don'?t|won'?t|isn'?t|aren'?t|wasn'?t|doesn'?t|didn'?t|"
    r"hasn'?t|haven'?t|hadn'?t|couldn'?t|wouldn'?t|cannot|i'?m|it'?s|i'?ve|we'?re"
)
_BESIDE_A_VERB = (
    r"never|nearly|almost|always|often|sometimes|usually|only|even|still|once|twice|again|ever|"
    r"barely|hardly|maybe|perhaps|probably|quite|too|please|ok|okay|lol|today|yesterday"
)
_DOES = (
    r"say|says|said|tell|tells|told|think|thinks|thought|know|knows|knew|feel|feels|felt|hear|hears|"
    r"heard|see|sees|saw|seen|find|finds|found|mean|means|meant|write|writes|wrote|written|read|"
    r"reads|speak|speaks|spoke|ask|asks|claim|claims|mention|mentions|believe|believes|guess|"
    r"guesses|reckon|reckons|swear|swears|swore|hopes|fear|fears|wish|wishes|report|reports|"
    r"notice|notices|complain|complains|use|uses|play|plays|watch|watches|want|wants|need|needs|"
    r"love|loves|likes|hate|hates|prefer|prefers|buy|buys|bought|pay|pays|paid|sell|sells|sold|get|"
    r"gets|got|give|gives|gave|given|take|takes|took|taken|make|makes|made|do|go|goes|went|gone|"
    r"come|comes|came|keep|keeps|kept|leave|leaves|left|lose|loses|lost|let|lets|put|puts|set|sets|"
    r"run|runs|ran|try|tries|work|works|have|own|owns|build|builds|built|choose|chose|chosen|bring|"
    r"brings|brought|send|sends|sent|spend|spends|spent|stop|stops|share|shares|switch|switches|"
    r"cancel|cancels|break|breaks|broke|broken|fix|fixes|install|installs|begin|began|start|starts|"
    r"joke|jokes|laugh|laughs|wonder|wonders|look|looks|hold|holds|held|show|shows|teach|taught|"
    r"catch|caught|understand|understood|drop|drops|dropped|charge|charges|drink|drinks|drank|eat|"
    r"eats|ate|sleep|sleeps|slept|help|helps|call|calls|finally"
)
_A_THING = (
    r"i?phones?|cell|mobile|laptop|computer|tablet|i?pad|i?mac|macbook|pc|chromebook|kindle|fitbit|"
    r"monitor|baby ?phone|speaker|headphones?|headset|earbuds|airpods|remote|switch|nintendo|"
    r"drone|scooter|wheelchair|fridge|toaster|oven|kettle|washer|dryer|stroller|pram|cot|crib|swing|"
    r"suicide|death|passing|illness|diagnosis|divorce|accident|words|ones?|things?|stuff|"
    r"chicks|toys?|lists?|trial|photos?|album|code|feed|chat|wall|discount|"
    r"watch|battery|charger|printer|router|modem|wi-?fi|internet|connection|signal|network|server|"
    r"website|site|page|app|apps|application|software|program|programme|game|world|character|avatar|"
    r"console|xbox|playstation|tv|television|screen|camera|drive|disk|usb|device|machine|account|"
    r"subscription|plan|membership|card|login|password|profile|link|links|email|mail|inbox|file|"
    r"files|notes?|notebook|data|process|thread|job|task|project|idea|dream|hobby|company|business|"
    r"firm|ltd|limited|inc|llc|gmbh|startup|shop|store|group|circle|club|team|band|channel|blog|podcast|base|service|"
    r"services|support|portal|care|line|hotline|relations?|relationship|engagement|marriage|"
    r"interest|enthusiasm|request|requests|seat|car|bike|motorbike|boat|house|clock|piano|"
    r"dog|cat|pet|hamster|rabbit|horse|pony|fish|goldfish|bird|parrot|budgie|plants?|garden|tree|"
    r"tongue|theme|node|zone|lock"
)
_NAMES_IN_ED = (
    r"ahmed|ahmad|mohamed|mohammed|muhammed|mohamad|hamed|hameed|khaled|waled|waleed|saeed|rashed|"
    r"majed|sayed|zayed|nahed|alfred|wilfred|winifred|mildred|manfred|siegfried|gottfried|jared|"
    r"aldred|sneed|creed|mcreed"
)
_NAME = (
    rf"(?:(?!(?:{_OF_GRAMMAR}|{_BESIDE_A_VERB}|{_DOES}|{_A_THING})(?![\w'-]))"
    rf"(?!(?!(?:{_NAMES_IN_ED})\b)\w{{3,}}ed\b)"
    r"(?:[^\W\d_]\.|[^\W\d_](?:[^\W\d_]|-|'(?!s\b))*)(?!-?\w))"
)
_APART = r"""[ ,("\u2013\u2014-]{1,3}"""
NAMES = rf"(?:(?: in law|-in-law)?(?:{_APART}{_NAME}){{1,3}})"
"""One to three words that can be a name, after the person whose name it is."""
_SAYS = (
    r"say|says|said|tells?|told|thinks?|thought|know|knows|notice[ds]?|found|finds|heard|hears|saw|"
    r"sees|reckons?|complain(?:s|ed)|that|which|when|because|and|but|so|until|after|before|since|"
    r"while|if|as|whose"
)
_DASH = r"[\u2013\u2014]"
INSERT = (
    r" ?\([^()]{1,40}\)"
    rf"| ?{_DASH}[^\u2013\u2014.!?]{{1,40}}{_DASH}| -{{1,2}}[^.!?-]{{1,40}}-{{1,2}}"
    r"|,? (?:aged? )?\d{1,3}\b(?: years old\b)?"
    r"|, (?:who|whose name|the|our|your|my|only|just|bless|god) [^,.!?]{1,60},"
    rf"| (?:who|that|the one who|whose name|who'?s name)(?: (?!(?:{_SAYS})\b)[\w']+){{1,7}}"
)
"""What else may stand between, between signs of its own: (75), —John—, 81, who paid for this."""
