"""What the model has no intent for, told by its words: privacy, invoices, help, when money comes.

Each has an honest short answer. What the model takes such a question for is named here, so that it
is not answered as something else.
"""

import re
from collections.abc import Callable, Mapping

from actions.no_contact import wishes_no_contact
from offboarding.hearing.spelling import plain_text

PRIVACY = "privacy"
INVOICES = "invoices"
HELP = "help"
WISHED_END = "wished_end"
NO_CONTACT = "no_contact"
DETAILS = "details"
UNDOING = "undoing"
CONTENT = "content"
"""What becomes of the content and the invoices, and until when they are kept."""
ARRIVAL = "arrival"
"""When money that is paid back comes, or where it is."""
COPY = "copy"
"""How far the copy of their data is."""

TAKEN_FOR: Mapping[str, frozenset[str]] = {
    PRIVACY: frozenset(
        {"data_export", "data_delete", "bot_challenge", "out_of_scope", "nlu_fallback", "skip"}
    ),
    INVOICES: frozenset({"billing_question", "data_export", "out_of_scope", "nlu_fallback"}),
    NO_CONTACT: frozenset(
        {"reason_support", "reason_other", "deny", "out_of_scope", "nlu_fallback"}
    ),
    DETAILS: frozenset({"change_plan", "billing_question", "out_of_scope", "nlu_fallback"}),
    HELP: frozenset({"bot_challenge", "change_plan", "out_of_scope", "nlu_fallback"}),
    WISHED_END: frozenset({"timeline_or_status", "out_of_scope", "nlu_fallback"}),
    UNDOING: frozenset(
        {
            "keep_subscription",
            "timeline_or_status",
            "change_plan",
            "data_delete",
            "out_of_scope",
            "nlu_fallback",
        }
    ),
    CONTENT: frozenset(
        {
            "data_export",
            "data_delete",
            "timeline_or_status",
            "billing_question",
            "out_of_scope",
            "nlu_fallback",
        }
    ),
    ARRIVAL: frozenset(
        {
            "billing_question",
            "refund",
            "timeline_or_status",
            "thanks",
            "out_of_scope",
            "nlu_fallback",
        }
    ),
    COPY: frozenset({"data_export", "timeline_or_status", "out_of_scope", "nlu_fallback"}),
}
"""The intents that such a question is heard as. It is meant instead of them."""

_PRIVACY = re.compile(
    r"\b(?:gdpr|dsgvo|data protection|privacy|confidential\w*)\b"
    r"|\bwhat (?:do|does|will|are) (?:you|they|\w+) (?:do|doing|keep|store|know|hold|collect)"
    r"[^.!?]{0,20}\b(?:my|our|personal) (?:\w+ )?(?:data|details|information|info)\b"
    r"|\bwho (?:can |else |all |has |gets? )*(?:see|sees|read|reads|access|reading|to see)\b"
    r"[^.!?]{0,20}\b(?:this|my|our|the|chat|data|messages?|conversation)\b"
    r"|\b(?:sell|share|sold|shared|passed? on|pass)\b[^.!?]{0,20}\b(?:my|our|personal) "
    r"(?:\w+ )?(?:data|details|information)\b"
    r"|\b(?:my|our|personal) (?:\w+ )?(?:data|details|information|chat) (?:is |be |are )?"
    r"(?:safe|secure|private)\b"
    r"|\bis (?:my|our) (?:\w+ )?(?:data|information|chat) (?:safe|secure|private|sold|shared)\b"
    r"|\b(?:this|the|our) (?:chat|conversation|talk) (?:being )?(?:recorded|stored|saved|kept)\b"
    r"|\b(?:record|recording|storing|saving) (?:this|the|our|my) (?:chat|conversation|messages)\b",
    re.IGNORECASE,
)
_WANTS_THE_DATA = re.compile(
    r"\b(?:delet|eras|remov|wip(?:e|ing)|copy|send|download|export|forgotten|get rid|"
    r"access request|subject access|art(?:icle)?\.? ?(?:15|17|20)|auskunft|artikel)\w*",
    re.IGNORECASE,
)
_INVOICE = re.compile(
    r"\b(?:invoices?|vat|tax receipts?|receipts? for (?:tax|my taxes|my accountant)|ust|iva)\b",
    re.IGNORECASE,
)
_ASKS_FOR_IT = re.compile(
    r"\b(?:get|send|sent|need|find|where|download|have|want|issue|add|put|include[sd]?|see|"
    r"show|request|provide|copy|copies|number|please|received?|come|there)\b|\?",
    re.IGNORECASE,
)
_DISPUTES_IT = re.compile(
    r"\b(?:wrong|incorrect|mistake|error|why|twice|double|charged|refund|back|difference|paid)\b",
    re.IGNORECASE,
)
_DETAILS = re.compile(
    r"\b(?:change|update|correct|edit|replace)\b (?:of )?(?:(?:my|our|the|all|account) )*"
    r"(?:(?:e-?mail|mail|postal|billing|home|street|delivery) address(?:es)?|e-?mail|address|"
    r"(?:phone|mobile|card|bank|account) (?:number|details)|phone|(?:last |first |sur)?name|"
    r"password|(?:credit |debit |bank )?card|payment (?:method|details)|iban)\b",
    re.IGNORECASE,
)
_HELP = re.compile(
    r"\W*(?:please )?(?:help|help me|menu|options?|info)(?: please)?\W*"
    r"|(?:\w+\W+){0,3}what (?:else )?(?:can|could|do|does) (?:you|u|it|this|i|we) "
    r"(?:do|help|offer|ask|say)(?: (?:you|here|for me|with|exactly|about))*\W*"
    r"|(?:\w+\W+){0,3}what are (?:my|the|our) (?:options|choices|possibilities)\W*"
    r"|(?:\w+\W+){0,3}how does (?:this|it) work\W*",
    re.IGNORECASE,
)
_WHAT_WE_HAVE = r"(?:it|this|that|my (?:plan|account|subscription))"
_CANCELLED_BEFORE = re.compile(
    r"(?<!if )(?<!when )(?<!once )(?<!unless )\b(?:i|we)(?:'ve|'d)?"
    r"(?: have| had| did| already| just| definitely| clearly| even)*"
    r" (?:cancel+ed|unsubscribed|terminated|quit)\b"
    r"(?! (?:my|the|a|an|our)? ?(?:card|order|meeting|appointment|flight|trip|transfer|booking))"
    rf"|\b(?:i|we) (?:already )?(?:ended|stopped|closed) {_WHAT_WE_HAVE}\b"
    rf"|\b{_WHAT_WE_HAVE} was (?:already )?(?:cancel+ed|closed)\b",
    re.IGNORECASE,
)
_ASKS_WHETHER = re.compile(
    r"\b(?:is|isn'?t|was|wasn'?t|are|has|hasn'?t|have|haven'?t|did|didn'?t) "
    r"(?:it|this|that|my|our|the|everything|anything|something|you|i|we)\b"
    r"[^.!?]{0,30}\bcancel(?:led|ed)?\b"
    r"|\b(?:it|this|that|everything|my (?:plan|account|subscription))(?:'s| is) "
    r"(?:\w+ ){0,2}cancel+ed\b"
    r"|^\W*(?:(?:and|so|hi|hello|ok|wait)\W+)*(?:is|was|isn'?t|wasn'?t) (?:the )?\w+"
    r"(?: (?:plan|subscription|one))?(?: \w+){0,2} cancel+ed\b",
    re.IGNORECASE,
)
_STILL_ON = re.compile(
    r"^\W*(?:(?:so|and|ok|okay|now|wait|but|hi|hello|well|then|tell me)\W+)*"
    r"(?:is|are|am|isn'?t) (?:(?:it|this|that|everything|i|we|my|our|the) ?)?(?:[\w]+ ?){0,3}?"
    r"\b(?:(?:(?:still |now )?on or off|off or on|still on(?= ?(?:now|then|or not)?\W*$)|"
    r"still (?:active|running|going|valid|there|on (?:a |the |my )?trial|in (?:a |the |my )?trial)|"
    r"gone|over|off|active|on (?:a |the |my )?trial))"
    r"(?: (?:now|yet|already|then|or not))*\W*$",
    re.IGNORECASE,
)
_OF_SOMETHING_ELSE = re.compile(
    r"\b(?:offers?|discounts?|deals?|price|data|notes?|files?|content|copy|export|cards?|money|"
    r"paus\w*|refunds?|payments?|invoices?|person|somebody|someone|anybody|anyone|nobody|team|"
    r"support|chat|mails?|link|code|(?<!on )(?<!in )(?:the|my) trial)\b",
    re.IGNORECASE,
)
_ON_TRIAL = re.compile(r"\b(?:on|in) (?:a |the |my )?trial\b", re.IGNORECASE)
_MORE_THAN_WHETHER = re.compile(
    r"\b(?:when|what|how|if|once|until|after|before|why|where|who|will|would|can|could)\b",
    re.IGNORECASE,
)
_MONTHS = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|march|mar|april|apr|may|june?|july?|aug(?:ust)?|"
    r"sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)"
)
DAY = (
    rf"(?:(?:the )?\d{{1,2}}(?:st|nd|rd|th)?(?: of)? {_MONTHS}|{_MONTHS}(?: the)?(?: \d{{1,2}})?"
    r"|the \d{1,2}(?:st|nd|rd|th)|\d{1,2}[./-]\d{1,2}(?:[./-]\d{2,4})?|\d{4}-\d{2}-\d{2}"
    r"|(?:next |this |coming )?(?:mon|tues|wednes|thurs|fri|satur|sun)day"
    r"|(?:the )?(?:end|last day|start|beginning) of "
    rf"(?:{_MONTHS}|(?:next |this |the )(?:week|month|quarter|year))"
    r"|(?:the )?(?:year|month|quarter)(?:'?s)?[- ]end"
    r"|(?:next|this) (?:week|month|quarter|year)|christmas|easter|new year\w*)"
)
_SPAN = r"(?:a|one|two|three|four|five|six|\d{1,2}) (?:days?|weeks?|months?)"
_ENDING = (
    r"\b(?:(?:cancel|end|stop|finish|close|terminate|unsubscribe|run|expire)(?:s|ing|lation)?"
    r"|closing|terminating)\b"
)
_NOT_MONEY = r"(?![^.!?;]{0,40}\b(?:charg|bill|pa(?:y|id)|took|taken)\w*)"
_WISHED_END = re.compile(
    rf"{_ENDING}{_NOT_MONEY}[^.!?;]{{0,40}}?"
    rf"\b(?:(?:on|by|from|until|till|at|for|before|after|in|as of|effective|only|per) {DAY}"
    rf"|(?:in|within|after) {_SPAN}|next (?:week|month|quarter|year))\b"
    rf"|(?<!paid )\b(?:until|till) {DAY}\b[^.!?;]{{0,25}}{_ENDING}{_NOT_MONEY}"
    rf"|\A\W*(?:(?:so|and|but|then|ok|or|rather)\W+)*(?:on|at|by|for|as of) {DAY}"
    r"(?:\W+(?:please|then|instead|rather|only|not before|not sooner))*\W*\Z"
    r"|\b(?:with|effective|takes?) immediate(?:ly)?(?: effect)?\b"
    r"|\b(?:cancel|end|stop|close|terminate)\b[^.!?;]{0,30}\bimmediate(?:ly)?\b",
    re.IGNORECASE,
)
_UNDO = (
    r"(?:undo|undone|reverse|reversed|revert|take (?:it|that|this|(?:the|my) cancellation) back|"
    r"(?:it|that|this) (?:be )?taken back|change (?:my|our) minds?|un-?cancel)"
)
_IT = r"(?:i|we|you|it|this|that|one|the cancellation|my cancellation)"
_UNDOING = re.compile(
    rf"\bhow (?:do|can|could|would|to|does|easy)\b[^.!?]{{0,25}}\b{_UNDO}\b"
    rf"|\b(?:can|could|may|might)(?:n'?t| not)? {_IT}(?: \w+){{0,2}}? {_UNDO}\b"
    rf"|\b(?:until|till|by|up to) when\b[^.!?]{{0,25}}\b{_UNDO}\b"
    rf"|\b(?:am i|be|is it) (?:still )?(?:able|possible|too late) to {_UNDO}\b"
    r"|\b(?:what|and what)(?: happens| then)? if (?:i|we) (?:change (?:my|our) minds?|regret)\b"
    r"|\b(?:is|are|will) (?:it|this|that|the cancellation)(?: be)? (?:final|reversible|permanent|"
    r"irreversible|undoable|definitive)\b",
    re.IGNORECASE,
)
_KEPT = (
    r"(?:(?:my|our|the|all|your) )+(?:\w+ )?(?:data|notes?|content|files?|documents?|photos?|"
    r"invoices?|back-?ups?|stuff|things|details|information|workspace)"
)
_BACKUP = r"back[- ]?ups?\b(?! (?:option|feature|function|plan|button|setting)s?\b)"
_CONTENT = re.compile(
    rf"\bwhat(?:'?s| is| will| would)?(?: going to)? (?:hap(?!\w*d\b)\w*|becomes?|be(?:come)? of)\b"
    rf"[^.!?]{{0,20}}\b{_KEPT}\b"
    r"|\bwhat (?:do|will|would) (?:you|they) do (?:with|to) (?:my|our|the|all) (?:\w+ )?"
    r"(?:notes?|content|files?|documents?|photos?|stuff|things|workspace)\b"
    rf"|\bwhat (?:do|will|would) (?:you|they) do (?:with|to) {_KEPT}\b[^.!?]{{0,20}}"
    r"\b(?:after|afterwards|when|once|if|then)\b"
    rf"|\b(?:how long|until when|till when|why)\b[^.!?]{{0,20}}\b(?:keep|keeping|kept|store[ds]?|"
    rf"retain\w*|hold)\b[^.!?]{{0,15}}\b{_KEPT}\b"
    rf"|\b(?:how long|until when|till when|when)\b[^.!?]{{0,10}}\b(?:is|are|will|do|does)\b"
    rf"[^.!?]{{0,10}}\b{_KEPT}\b[^.!?]{{0,15}}\b(?:kept|stored|deleted|erased|removed|wiped|gone|"
    r"stay|disappear)\b"
    rf"|\b(?:do|will) (?:you|they) (?:keep|have|make|store|hold)\b[^.!?]{{0,12}}\b{_BACKUP}"
    rf"|\b(?:is|are|will) there\b[^.!?]{{0,12}}\b{_BACKUP}"
    rf"|\bwhere(?:'?s| is| are| do| will)\b[^.!?]{{0,10}}\b{_KEPT}\b[^.!?]{{0,10}}"
    r"\b(?:stored|kept|held|go|end up)\b"
    r"|\b(?:are|will|is) (?:my|our|the|all) (?:\w+ )?"
    r"(?:notes?|content|files?|documents?|photos?|stuff|things|workspace) (?:be |still )*"
    r"(?:safe|secure|lost|gone|kept|deleted|erased)\b"
    rf"|^\W*(?:(?:and|but|so|ok|hm+|well)\W+)*what about {_KEPT}\W*$",
    re.IGNORECASE,
)
_MONEY_BACK = (
    r"(?:money|refund(?! (?:it|me|us|this|that|the|my|button|form|policy|option)\b)|cash|"
    r"pay ?back|repayment|"
    r"\d+(?:[.,]\d\d)? ?(?:euros?|eur|€|dollars?|pounds?|bucks|quid)|[€$£] ?\d+(?:[.,]\d\d)?)"
    r"(?! ?(?:plan|tier|version|price|option|offer|discount|one|/|a month|per|monthly|policy)\b)"
)
_ARRIVAL = re.compile(
    r"\b(?:when|by when|what day|how (?:long|soon|fast)"
    r" (?:until|before|till|do|does|will|would|is|can))\b"
    rf"(?:(?! and )[^.!?]){{0,40}}\b{_MONEY_BACK}(?!\w)"
    rf"|\bwhere(?:'?s| is| are)\b[^.!?]{{0,15}}\b{_MONEY_BACK}(?!\w)"
    r"|\bwhen\b[^.!?]{0,15}\b(?:paid|pay(?: me| us)?) back\b"
    rf"|\b(?:is|has|was|did)\b[^.!?]{{0,10}}\b{_MONEY_BACK}\b[^.!?]{{0,20}}"
    r"\b(?:sent|arrived?|arriving|coming|on its way|under ?way|through)\b",
    re.IGNORECASE,
)
_TAKEN_FROM_THEM = re.compile(
    r"\b(?:charg\w*|take[ns]?|took|taking|debit\w*|due|bill\w*|costs?|price|owe|deduct\w*|"
    r"withdraw\w*|renew\w*|next|worth|(?:com|go)(?:es?|ing) out|leav(?:es?|ing)|"
    r"for (?:my|the|that) money|pay (?!me\b|us\b|back\b)\w+)\b",
    re.IGNORECASE,
)
_COPY = re.compile(
    r"\b(?:is|isn'?t|was|has|hasn'?t|are)\b (?:(?:my|our|the|that|this) )(?:\w+ )?"
    r"(?:copy|export|data|download|archive|files?)(?: of (?:my|our|the) (?:\w+ )?\w+)?"
    r"(?: (?:now|yet|already|still|been|being|getting|finally))*"
    r" (?:ready|done|finished|complete[d]?|made|prepared|sent|through)\b"
    r"|\bwhere(?:'?s| is)\b (?:my|our) (?:\w+ )?(?:copy|export|archive)\b"
    r"|\b(?:how far|how long|when)\b[^.!?]{0,20}\b(?:copy|export|download|archive)\b"
    r"[^.!?]{0,20}\b(?:take|ready|done|finished|come|arrive|along)\b",
    re.IGNORECASE,
)
_UNDO_NOW = re.compile(
    r"\b(?:changed my mind|mistake|accident\w*|please|pls|plz|(?:can|could) you)\b|\bnow\W*$",
    re.IGNORECASE,
)
"""With these it is a wish: "I changed my mind, can I undo it?"."""
_COMES_BACK = re.compile(
    r"\b(?:how much|what)\b[^.!?;]{0,30}\b(?:i|we|you)(?:'?d|'?ll)? (?:\w+ )?"
    r"(?:get|receive|pay (?:me|us)|refund(?: me| us)?)\b[^.!?;]{0,40}"
    r"\b(?:back|(?:if|when|once) (?:i|we|it|you)(?:'?d)? (?:\w+ )?"
    r"(?:stop|cancel|end|quit|leave|left|terminate)\w*)\b"
    r"|\b(?:if|when|once) (?:i|we|it|you)(?:'?d)? (?:\w+ )?"
    r"(?:stop|cancel|end|quit|leave|left|terminate)\w*\b[^.!?;]{0,40}\bhow much\b[^.!?;]{0,20}"
    r"\b(?:get|receive|come)\b",
    re.IGNORECASE,
)
_PAST = re.compile(
    r"\b(?:cancelled|canceled|ended|stopped|closed|terminated|signed up|joined|asked|told)\b",
    re.IGNORECASE,
)


def says_it_was_cancelled(text: str) -> bool:
    """Whether they say that they have cancelled already, before this talk."""
    return _CANCELLED_BEFORE.search(plain_text(text)) is not None


def asks_whether_cancelled(text: str) -> bool:
    """Whether they ask if something of theirs is cancelled, to which the answer is yes or no."""
    said = plain_text(text)
    return _ASKS_WHETHER.search(said) is not None and _MORE_THAN_WHETHER.search(said) is None


def asks_whether_still_on(text: str) -> bool:
    """Whether they ask if a plan of theirs is on or over, to which the answer is yes or no."""
    said = plain_text(text)
    if _STILL_ON.search(said) is None or _OF_SOMETHING_ELSE.search(said) is not None:
        return False
    return _MORE_THAN_WHETHER.search(said) is None


def asks_whether_on_trial(text: str) -> bool:
    """Whether it is a trial that they ask so about."""
    return asks_whether_still_on(text) and _ON_TRIAL.search(plain_text(text)) is not None


def asks_what_comes_back(text: str) -> bool:
    """Whether they ask how much money comes back on leaving, rather than what is charged."""
    return _COMES_BACK.search(plain_text(text)) is not None


def asks_about_undoing(text: str) -> bool:
    """Whether they ask if or how it could be taken back, rather than to have that done."""
    said = plain_text(text)
    return _UNDOING.search(said) is not None and _UNDO_NOW.search(said) is None


def special_questions(text: str) -> list[str]:
    """Which of them the words ask."""
    return [name for name, asks in _ASKS.items() if asks(text)]


def asks_when_money_comes(text: str) -> bool:
    """Whether they ask when money comes back to them, rather than when it is taken."""
    said = plain_text(text)
    return _ARRIVAL.search(said) is not None and _TAKEN_FROM_THEM.search(said) is None


def _about_content(text: str) -> bool:
    return _CONTENT.search(plain_text(text)) is not None


def _about_the_copy(text: str) -> bool:
    return _COPY.search(plain_text(text)) is not None


def _about_privacy(text: str) -> bool:
    if _about_content(text):
        return False
    return _PRIVACY.search(text) is not None and _WANTS_THE_DATA.search(text) is None


def _changes_details(text: str) -> bool:
    return _DETAILS.search(plain_text(text)) is not None


def _asks_what_we_do(text: str) -> bool:
    return _HELP.fullmatch(text) is not None


def _about_invoices(text: str) -> bool:
    named = _INVOICE.search(text) is not None and _ASKS_FOR_IT.search(text) is not None
    return named and _DISPUTES_IT.search(text) is None and not _about_content(text)


def _wishes_a_day(text: str) -> bool:
    return _WISHED_END.search(text) is not None and _PAST.search(text) is None


_ASKS: Mapping[str, Callable[[str], bool]] = {
    PRIVACY: _about_privacy,
    INVOICES: _about_invoices,
    NO_CONTACT: wishes_no_contact,
    DETAILS: _changes_details,
    HELP: _asks_what_we_do,
    WISHED_END: _wishes_a_day,
    UNDOING: asks_about_undoing,
    CONTENT: _about_content,
    ARRIVAL: asks_when_money_comes,
    COPY: _about_the_copy,
}
