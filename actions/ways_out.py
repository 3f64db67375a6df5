"""Two ways to leave, where who leaves at once is paid back: at once, or when what is paid runs out.

Which one they want is taken from a button or from their words, and shown; the yes comes after it.
Who asks about the other way is told of it, and then asked which it shall be: a bare yes would fit
both.
"""

import re

from actions.answering import say_answer, wants_money
from actions.base import ConversationAction
from actions.consent import CANCELLING
from actions.decided_elsewhere import tell_of_decision
from actions.leaving import go_on_leaving, skip_reason, take_reason_heard
from actions.offering import decline
from actions.questions import ask_again, ask_confirm, ask_wish, open_subscriptions
from actions.special_questions import DAY, asks_about_undoing
from actions.turn import REASONS, Turn
from actions.values import leaving_terms
from offboarding.accounts.model import Customer, Subscription
from offboarding.cases import service as cases
from offboarding.cases.model import Case
from offboarding.cases.states import CaseState
from offboarding.cases.terms import Terms, terms_values
from offboarding.hearing.spelling import plain_text

RUN_OUT = "run_out"
AT_ONCE = "at_once"
_LEAVING = frozenset({"cancel", "timeline_or_status"})
_PERIOD = r"(?:month|year|period|term|cycle|subscription|plan|membership|contract)"
_THE_END = rf"(?:the |my |this |its )*(?:very )?end(?: of (?:\w+ ){{0,3}}{_PERIOD})"
_IT_ENDS = (
    r"(?:it|this|that|the \w+|my \w+)"
    r"(?: ends| expires| runs out| renews|(?: is|'?s)(?: all)? (?:over|up|done|finished))"
)
_OF_IT = (
    r"\b(?:cancel|end|ends|stop|finish|close|terminate|keep|use|using|useing|have|run|stay|access|it|plan|"
    r"subscription|membership|but|only)\b"
)
_NOT = r"(?<!not )(?<!n't )(?<!never )(?<!nt )"
_RUNS_OUT = re.compile(
    rf"{_OF_IT}[^.!?;,]{{0,30}}\b(?:until|till?|through|at|by|for|per|from)(?: only)? {_THE_END}\b"
    rf"|{_OF_IT}[^.!?;,]{{0,30}}\b(?:until|till?|when|once) {_IT_ENDS}\b"
    rf"|{_NOT}\b(?:let|have|want) (?:it|this|(?:my|the) {_PERIOD}) (?:to )?(?:just |simply )*"
    r"(?:run|lapse|expire)\b"
    rf"|\b(?:it|this|that|{_PERIOD}) (?:can |could |should |shall |may |just |to )+run (?:out|on)\b"
    r"|\b(?:use|using|keep|keeping|enjoy|finish)\b[^.!?;]{0,25}\b(?:the rest|remaining|"
    r"(?:what|time|months?|year|period|days|weeks) (?:that )?(?:i|we)(?:'ve| have)? "
    r"(?:already )?paid)\b"
    r"|\b(?:don'?t|do not|does ?n'?t|not|without|stop|no|never|turn off|switch off|disable)"
    r"(?: (?:want|like|it|to|my|the|plan|subscription|let|have))* (?:auto\w*[ -]?)?renew\w*",
    re.IGNORECASE,
)
"""Said of the plan, not of a card that runs out or of rent that is due at the end of the month."""
_RUNS_OUT_IN_ANSWER = re.compile(
    rf"\b(?:until|till?|through|at|by|for) {_THE_END}\b|^\W*(?:no\W+)?{_THE_END}\b"
    rf"|\b(?:until|till?) {_IT_ENDS}\b|\b(?:until|till?|at) (?:the|its) end\b"
    r"|\b(?:keep|use|using|have|run|stay)\b[^.!?;,]{0,20}\bto (?:the|its) (?:very )?end\b"
    r"|\b(?:keep|use|using|have|run|stay|continue|go on)\b[^.!?;,]{0,30}"
    rf"\b(?:until|till?|through) {DAY}\b",
    re.IGNORECASE,
)
"""What can only be said of the plan where it was asked about a moment ago."""
_MONEY = re.compile(r"\b(?:money|pay|paid|rent|salary|afford|wages?|bills?)\b", re.IGNORECASE)
_ANSWERED_NO = re.compile(
    r"^\W*(?:no|nope|nah)\b\W*(?=(?:i|i'd|i'll|we|the|my|give|please|pls|actually|rather|just)\b)",
    re.IGNORECASE,
)
"""A no to what was shown, after which they say what they want: "no the money"."""
_NO = r"\b(?:no|not|without|don'?t|dont|do not|never|needn'?t)\b[^.!?;,]{0,25}\b"
_NOT_AT_ONCE = re.compile(
    rf"{_NO}(?:at once|immediate(?:ly)?|right away|straight away)\b", re.IGNORECASE
)
_NO_MONEY = re.compile(
    rf"{_NO}(?:money|refund\w*|pa(?:y|id) (?:me |us |it )?back)\b(?: back)?(?: needed)?",
    re.IGNORECASE,
)
"""It speaks of money back, and asks for none."""
_LETS_MONEY_GO = re.compile(
    r"\b(?:don'?t|dont|do not|needn'?t)(?: really| even)? (?:want|need|have to have|care about)"
    r" (?:the |my |any |a |that )*(?:money|refund)\b"
    r"|\b(?:no|without (?:the|a|any|my)) (?:refund|money back)\b"
    r"|\byou (?:can|may) (?:just )?keep (?:the|my|that) (?:money|refund)\b",
    re.IGNORECASE,
)
"""Where the money back was spoken of a moment ago, it is the other way that they want."""
_STAYS = re.compile(
    r"\b(?:stay\w*|keep (?:it|my|the (?!money)|this|using)|plan|account)\b", re.IGNORECASE
)
_CAN_I = re.compile(
    r"\b(?:can|could|may|might|shall|should|would|will)(?:n'?t| not)? "
    r"(?:i|it|we|you|this|that|my)\b",
    re.IGNORECASE,
)
_SOMETHING_ELSE = frozenset(
    {"billing_question", "bot_challenge", "data_delete", "data_export", "human"}
)
"""Intents that are answered by themselves, whatever is said of an end beside them."""
_ENDS_AT_ONCE = re.compile(
    r"\b(?:at once|immediate(?:ly)?|right away|straight away)\b"
    r"|\bmoney back\b|\brefund\w*\b|\bpa(?:y|id) (?:me |us |it )?back\b",
    re.IGNORECASE,
)
_AT_ONCE_IN_ANSWER = re.compile(
    r"\b(?:want|need|take|have|prefer|like|give me|get|rather)(?: \w+){0,2} (?:the|my) money\b"
    r"|^\W*(?:(?:wait|ok|okay|well|sorry|actually|then|rather|just|please)\W+)*(?:the|my) money\b"
    r"|\bhow much\b[^.!?;]{0,30}\b(?:back|get|receive)\b",
    re.IGNORECASE,
)
"""What can only be said of the money back where it was spoken of a moment ago."""
_NOW = re.compile(
    r"\W*(?:(?:yes|ok|okay|no|just|please|do it|cancel(?: it)?|rather)\W+)*(?:right )?now"
    r"(?:\W+(?:please|pls|then|thanks))*\W*",
    re.IGNORECASE,
)
"""As the button for it says it."""
_ASKS = re.compile(
    r"\W*(?:(?:wait|and|but|so|ok|okay|well|hm+|sorry|hang on|hold on|actually|no)\W+)*"
    r"(?:can|could|do(?! it\b| that\b| so\b)|does|did|will|would|is|are|am|may|might|shall|should|"
    r"how|what|whats|when|why|where|which|who|if)\b",
    re.IGNORECASE,
)
_OF_WHAT_IS_KEPT = re.compile(
    r"\b(?:data|files?|notes?|content|documents?|invoices?|account)\b", re.IGNORECASE
)
"""A question about these is none about the plan, until when it may run."""
_ENDS_IT = re.compile(
    rf"{_NOT}(?<!without )(?<!instead of )(?<!rather than )"
    r"\b(?:cancel|stop|end|terminate|close|quit|discontinue|unsubscribe)\b(?: me)?(?: from)? "
    r"(?:it|this|that|(?:my|the|this|our)(?: \w+){0,2}? "
    r"(?:plan|subs\w*|membership|contract|account|trial))\b",
    re.IGNORECASE,
)
"""The wish to leave in so many words, which no end that is named beside it takes back."""
_ONLY_THOUGHT_OF_IT = re.compile(
    r"\b(?:was|were|been) (?:\w+ )?(?:going|about|thinking|planning|considering|tempted)\b"
    r"|\b(?:almost|nearly|no need|changed my mind|if (?:i|we))\b"
    r"|^\W*(?:why|what|when|how)\b",
    re.IGNORECASE,
)
_PAUSE = re.compile(
    r"\b(?:paus\w*|break|freez\w*|on hold|suspend\w*|skip|come back)\b", re.IGNORECASE
)
_SOUNDS_LIKE = frozenset({"keep_subscription", "pause", "deny", "nlu_fallback", "out_of_scope"})
"""What "stop it, but let me use it to the end" may be taken for."""
_NOTHING_ASKED = frozenset({None, "wish", "meaning"})
_NOT_CHARGED = re.compile(
    r"\b(?:(?:don'?t|do not) (?:want|like|wish) to|(?:rather|would prefer) not(?: to)?|"
    r"(?:must|should|do|will)(?:n'?t| not)|not to|and not|never|nothing|no more|no further)\b"
    r"[^.!?;,]{0,20}\b(?:charged|billed|charges?|payments?|pay|taken)\b[^.!?;,]{0,20}"
    r"\b(?:again|any ?more|after|afterwards|once|when|then|from then)\b"
    r"|\b(?:don'?t|do not|not|never|mustn'?t|shouldn'?t) (?:want it to |let (?:it|this|(?:my|the) "
    r"trial) |have it )?(?:turn|become|go|change|convert|roll|switch|run)(?:s|ed|ing)?"
    r"(?: over)?(?: on)? ?(?:in)?to (?:a |the |my |something )?(?:paid|paying|that costs)\b",
    re.IGNORECASE,
)
"""They want nothing taken any more, which is the wish that it ends when what is paid is over."""
_TAKEN_FOR_NO_CHARGE = _SOUNDS_LIKE | {"change_plan", "billing_question", "timeline_or_status"}
_DEAR = re.compile(r"\b(?:expensive|price\w*|costs?|afford|cheap\w*|because)\b", re.IGNORECASE)
"""A reason, whatever is said of the money back."""
_FEW_WORDS = 8
_ON_THE_WAY = frozenset({"reason", "offer"})
"""Questions before what will happen is shown."""


def choose_way_in_words(turn: Turn, _action: ConversationAction) -> bool:
    """Show the way to leave that they say in words of their own; whether that was the answer.

    A question is answered as such, and a plain yes is one to what was shown.
    """
    case, question = turn.undecided_case, turn.slot("open_question")
    if turn.heard.pressed:
        return False
    if case is None:
        return _chooses_too_late(turn) if question == "confirm" else _wants_what_was_told_of(turn)
    if question in _ON_THE_WAY:
        return _wishes_it_to_run_out(turn, case) or _takes_the_money(turn, case)
    return question == "confirm" and _answers_what_was_shown(turn, case)


def _answers_what_was_shown(turn: Turn, case: Case) -> bool:
    heard, runs_out = turn.heard, _wished(turn.heard.text, answers=True)
    agrees = heard.agrees(CANCELLING, case.subscription.plan.name)
    if runs_out is None or agrees or asks_about_undoing(heard.text) or _wants_the_plan(turn):
        return False
    terms = leaving_terms(turn, case.subscription)
    if heard.leading in _SOMETHING_ELSE:  # "how much do I get back" sounds like payments
        asks_for_amount = heard.leading == "billing_question" and not runs_out and _pays(terms)
        return asks_for_amount and _tell_of(turn, case, terms, runs_out=False)
    if terms.other_way is None:
        return runs_out and terms.refund is None and _lets_it_run_as_shown(turn)
    return _takes_one_of_two(turn, case, terms, runs_out=runs_out)


def _takes_one_of_two(turn: Turn, case: Case, terms: Terms, *, runs_out: bool) -> bool:
    if _asks(turn.heard.text, runs_out=runs_out):
        return _tell_of(turn, case, terms, runs_out=runs_out)
    if runs_out is case.runs_out and turn.slot("which_way") != case.id:
        lets_go = _lets_money_go(turn.heard.text)
        return _asks_again(turn) if lets_go else runs_out and _lets_it_run_as_shown(turn)
    turn.answered.add("refund")
    _show(turn, case, runs_out=runs_out)
    return True


def _chooses_too_late(turn: Turn) -> bool:
    """Tell who chooses a way in words, after it was cancelled elsewhere; whether that was it."""
    runs_out = _wished(turn.heard.text, answers=True)
    if runs_out is None or turn.heard.leading in _SOMETHING_ELSE:
        return False
    if _asks(turn.heard.text, runs_out=runs_out):
        return False
    return tell_of_decision(turn, wished=RUN_OUT if runs_out else AT_ONCE)


def chooses_way(turn: Turn) -> bool:
    """Whether the words say which of two ways they want: at the question for the yes, or before."""
    question, said = turn.slot("open_question"), turn.heard.text
    if turn.heard.pressed:
        return False
    if question in _ON_THE_WAY:
        return _only_takes_the_money(said)
    return question == "confirm" and _wished(said, answers=True) is not None


def _only_takes_the_money(said: str) -> bool:
    few = len(said.split()) <= _FEW_WORDS and _DEAR.search(said) is None
    return few and not _asks(said, runs_out=False) and _wished(said, answers=True) is False


def _takes_the_money(turn: Turn, case: Case) -> bool:
    """Go on to what will happen with who says, before it is shown, that they take the money."""
    elsewhere = _SOMETHING_ELSE - {"billing_question"}
    if turn.heard.leading in elsewhere or not _only_takes_the_money(turn.heard.text):
        return False
    if not _pays(leaving_terms(turn, case.subscription)):
        return False
    turn.set("misunderstood", None)
    turn.set("wished_way", AT_ONCE)
    turn.answered |= {"refund", "billing_question"}
    _go_on_to_what_will_happen(turn, case)
    return True


def _wants_what_was_told_of(turn: Turn) -> bool:
    """Go on with who was told what leaving means, and says now which way they want."""
    customer, said, plans = turn.customer, turn.heard.text, open_subscriptions(turn)
    if customer is None or len(plans) != 1 or turn.slot("open_question") not in _NOTHING_ASKED:
        return False
    elsewhere = _SOMETHING_ELSE - {"billing_question"}
    if not turn.slots.get("about_leaving") or turn.heard.leading in elsewhere:
        return False
    wished = _wished(said, answers=True)
    if wished:
        return _lets_it_run(turn, customer, plans[0])
    wants_it = wants_money(said) or wished is False
    if not wants_it or _asks(said, runs_out=False) or not _pays(leaving_terms(turn, plans[0])):
        return False
    turn.set("wished_way", AT_ONCE)
    turn.answered |= {"refund", "billing_question"}
    case = cases.open_case(turn.session, customer, plans[0], turn.conversation_id)
    turn.turn_to(case)
    take_reason_heard(turn, case)
    if case.reason is None:
        cases.record_reason(turn.session, case, None)
    turn.set("misunderstood", None)
    turn.set("purpose", "leave")
    ask_confirm(turn)
    return True


def _lets_it_run(turn: Turn, customer: Customer, plan: Subscription) -> bool:
    """On with leaving when what is paid runs out; who only asks about it is told."""
    said = plain_text(turn.heard.text)
    if "?" in said:
        return _tell_that_it_can_run_out(turn, customer, plan)
    if _PAUSE.search(said) or _ONLY_THOUGHT_OF_IT.search(said):
        return False
    turn.set("misunderstood", None)
    turn.set("wished_way", RUN_OUT)
    turn.set("purpose", "leave")
    turn.answered |= {"refund", "billing_question", "keep_subscription", "timeline_or_status"}
    turn.answered.add("change_plan")
    go_on_leaving(turn)
    return True


def _tell_that_it_can_run_out(turn: Turn, customer: Customer, plan: Subscription) -> bool:
    """Answer who asks about letting it run, where it is one of two ways; whether it is."""
    terms = leaving_terms(turn, plan)
    if terms.other_way is None:
        return False
    turn.set("misunderstood", None)
    turn.answered |= {"keep_subscription", "timeline_or_status", "billing_question", "refund"}
    turn.say("utter_can_run_out", terms_values(terms, customer))
    return True


def _go_on_to_what_will_happen(turn: Turn, case: Case) -> None:
    if turn.slot("open_question") == "reason":
        skip_reason(turn, case)
    else:
        decline(turn, case)


def _lets_money_go(text: str) -> bool:
    return _LETS_MONEY_GO.search(plain_text(text)) is not None


def _wants_the_plan(turn: Turn) -> bool:
    """Whether they want no money because they stay."""
    said = turn.heard.text
    stays = turn.heard.leading == "keep_subscription" and _STAYS.search(said) is not None
    return stays and _lets_money_go(said)


def _pays(terms: Terms) -> bool:
    """Whether money comes back on one of the ways to leave."""
    other = terms.other_way
    return terms.refund is not None or (other is not None and other.refund is not None)


def _wishes_it_to_run_out(turn: Turn, case: Case) -> bool:
    """Go on to what will happen with who says, before it is shown, that it shall run out.

    It sounds like staying, and it is the answer to having been told of two ways.
    """
    said, elsewhere = turn.heard.text, {"cancel", *REASONS, *_SOMETHING_ELSE}
    if turn.heard.leading in elsewhere or _asks(said, runs_out=False) or not _wished(said):
        return False
    one_way = leaving_terms(turn, case.subscription).other_way is None
    may_stay = one_way and turn.heard.leading != "pause" and not _ends_it_when_it_runs_out(turn)
    if _PAUSE.search(said) or may_stay:
        return False  # where it runs out in any case, to let it run may be to stay
    turn.set("misunderstood", None)
    turn.set("wished_way", RUN_OUT)
    turn.answered.add("timeline_or_status")
    _go_on_to_what_will_happen(turn, case)
    return True


def _lets_it_run_as_shown(turn: Turn) -> bool:
    """Ask again, where that is what was shown and to say so only sounds like something else."""
    if turn.heard.leading not in _SOUNDS_LIKE or _PAUSE.search(turn.heard.text):
        return False
    return _asks_again(turn)


def _asks_again(turn: Turn) -> bool:
    turn.set("misunderstood", None)
    ask_again(turn)
    return True


def _tell_of(turn: Turn, case: Case, terms: Terms, *, runs_out: bool) -> bool:
    """Answer a question about one of the two ways; whether it was one."""
    if runs_out and (
        _RUNS_OUT.search(plain_text(turn.heard.text)) is None
        or _OF_WHAT_IS_KEPT.search(turn.heard.text)
    ):
        return False  # until when something else is kept
    turn.set("misunderstood", None)
    turn.answered |= {"billing_question", "timeline_or_status"}
    if not runs_out:
        say_answer(turn, "refund", case.customer, case.subscription)
    else:
        turn.answered.add("refund")
        values = {"runs_until": terms_values(terms, case.customer)["ends_on"]}
        turn.say("utter_can_run_out", {**values, **terms_values(terms, case.customer)})
        turn.told_of_other_way |= not case.runs_out
    ask_again(turn)
    return True


def note_wished_way(turn: Turn, _action: ConversationAction) -> bool:
    """Keep it in mind where they say, with the wish itself, that the plan shall run out.

    It is no answer by itself, unless it sounded like staying: then it is the wish to leave. Whoever
    says nothing of it is shown the way with money back.
    """
    if turn.slot("open_question") in _NOTHING_ASKED and (
        _ends_it_when_it_runs_out(turn) or _wants_nothing_taken(turn)
    ):
        turn.set("misunderstood", None)
        turn.set("wished_way", RUN_OUT)
        turn.set("purpose", "leave")  # the pause that it may have sounded like is none
        go_on_leaving(turn)
        return True
    asked = turn.slot("open_question") == "confirm"
    if not turn.heard.pressed and not asked and _LEAVING.intersection(turn.heard.intents):
        wished = _wished(turn.heard.text, answers=_names_what_ends(turn.heard.text))
        if wished is not None:
            turn.set("wished_way", RUN_OUT if wished else AT_ONCE)
    return False


def _ends_it_when_it_runs_out(turn: Turn) -> bool:
    """Whether they leave, at the end of what is paid, in words that were taken for staying."""
    heard, said = turn.heard, plain_text(turn.heard.text)
    if heard.pressed or heard.leading not in _SOUNDS_LIKE:
        return False
    if _PAUSE.search(said) or _ONLY_THOUGHT_OF_IT.search(said):
        return False
    return _names_what_ends(said) and _wished(said, answers=True) is True


def _wants_nothing_taken(turn: Turn) -> bool:
    """Whether they wish, without a word of leaving, that nothing more is charged."""
    heard, said = turn.heard, plain_text(turn.heard.text)
    if heard.pressed or heard.leading not in _TAKEN_FOR_NO_CHARGE or _asks(said, runs_out=True):
        return False
    if "?" in said or _PAUSE.search(said) or _ONLY_THOUGHT_OF_IT.search(said):
        return False
    return _NOT_CHARGED.search(said) is not None


def _names_what_ends(text: str) -> bool:
    return _ENDS_IT.search(plain_text(text)) is not None


def _wished(text: str, *, answers: bool = False) -> bool | None:
    """Whether they want it to run out, or to end at once; None where they say neither, or both.

    `answers` where they were asked about their plan a moment ago, or name it as what ends.
    """
    plain = plain_text(text)
    said = _NO_MONEY.sub(" ", _ANSWERED_NO.sub(" ", plain) if answers else plain)
    later = _RUNS_OUT.search(said) or _NOT_AT_ONCE.search(said)
    at_once = _ENDS_AT_ONCE.search(_NOT_AT_ONCE.sub(" ", said))
    if answers and at_once is None:
        at_once = _AT_ONCE_IN_ANSWER.search(said) or _NOW.fullmatch(said)
    if answers and later is None and _MONEY.search(said) is None:
        later = _RUNS_OUT_IN_ANSWER.search(said)
    if answers and later is None:
        later = _LETS_MONEY_GO.search(plain)
    return None if (later is None) is (at_once is None) else later is not None


def _asks(text: str, *, runs_out: bool) -> bool:
    """Whether it is a question, and none that asks for a way: "can I use it until it ends?"."""
    said = plain_text(text)
    if runs_out and _CAN_I.search(said):
        return False
    return "?" in text or _ASKS.match(said) is not None


def _show(turn: Turn, case: Case, *, runs_out: bool) -> None:
    turn.set("misunderstood", None)
    turn.answered.add("timeline_or_status")  # by what is shown
    cases.choose_way(turn.session, case, runs_out=runs_out)
    ask_confirm(turn)


class ChooseWay(ConversationAction):
    """They pressed one of the two ways to leave: it is shown, and asked for their yes."""

    action_name = "action_choose_way"

    def act(self, turn: Turn) -> None:
        """See the class."""
        option = turn.heard.entity("option")
        if option in {RUN_OUT, AT_ONCE} and tell_of_decision(turn, wished=option):
            return None
        case = turn.undecided_case
        if case is None or case.state is not CaseState.SHOWN:
            return ask_wish(turn)
        if option not in {RUN_OUT, AT_ONCE}:
            return ask_again(turn)
        return _show(turn, case, runs_out=option == RUN_OUT)
