"""Two ways to leave, where who leaves at once is paid back: at once, or when what is paid runs out.

Which one they want is taken from a button or from their words, and shown; the yes comes after it.
"""

import re

from actions.base import ConversationAction
from actions.consent import CANCELLING
from actions.questions import ask_again, ask_confirm, ask_wish
from actions.spelling import plain_text
from actions.turn import Turn
from actions.values import leaving_terms
from offboarding.cases import service as cases
from offboarding.cases.model import Case
from offboarding.cases.states import CaseState

RUN_OUT = "run_out"
AT_ONCE = "at_once"
_LEAVING = frozenset({"cancel", "timeline_or_status"})
_PERIOD = r"(?:month|year|period|term|cycle|subscription|plan|membership|contract)"
_THE_END = rf"(?:the |my |this |its )*(?:very )?end(?: of (?:\w+ ){{0,3}}{_PERIOD})"
_IT_ENDS = r"(?:it|this|that|the \w+|my \w+) (?:ends|expires|is over|is up|runs out|renews)"
_OF_IT = (
    r"\b(?:cancel|end|ends|stop|finish|close|terminate|keep|use|using|have|run|stay|access|it|plan|"
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
    rf"|\b(?:until|till?) {_IT_ENDS}\b|\b(?:until|till?|at) (?:the|its) end\b",
    re.IGNORECASE,
)
"""What can only be said of the plan where it was asked about a moment ago."""
_MONEY = re.compile(r"\b(?:money|pay|paid|rent|salary|afford|wages?|bills?)\b", re.IGNORECASE)
_NO = r"\b(?:no|not|without|don'?t|dont|do not|never|needn'?t)\b[^.!?;,]{0,25}\b"
_NOT_AT_ONCE = re.compile(
    rf"{_NO}(?:at once|immediate(?:ly)?|right away|straight away)\b", re.IGNORECASE
)
_NO_MONEY = re.compile(
    rf"{_NO}(?:money back|refund\w*|pa(?:y|id) (?:me |us |it )?back)\b(?: needed)?", re.IGNORECASE
)
"""It speaks of money back, and asks for none."""
_CAN_I = re.compile(
    r"\b(?:can|could|may|might|shall|should|would|will)(?:n'?t| not)? "
    r"(?:i|it|we|you|this|that|my)\b",
    re.IGNORECASE,
)
_SOMETHING_ELSE = frozenset(
    {"billing_question", "bot_challenge", "data_delete", "data_export", "human", "refund"}
)
"""Intents that are answered by themselves, whatever is said of an end beside them."""
_ENDS_AT_ONCE = re.compile(
    r"\b(?:at once|immediate(?:ly)?|right away|straight away)\b"
    r"|\bmoney back\b|\brefund\w*\b|\bpa(?:y|id) (?:me |us |it )?back\b",
    re.IGNORECASE,
)


def choose_way_in_words(turn: Turn, _action: ConversationAction) -> bool:
    """Show the other way to who asks for it in words of their own; whether that was the answer.

    A question is answered as such, and a plain yes is one to what was shown.
    """
    case = turn.undecided_case
    if turn.heard.pressed or case is None or turn.slot("open_question") != "confirm":
        return False
    runs_out = _wished(turn.heard.text, answers=True)
    if runs_out is None or runs_out is case.runs_out:
        return False
    if turn.heard.leading in _SOMETHING_ELSE or _asks(turn.heard.text, runs_out=runs_out):
        return False
    if turn.heard.agrees(CANCELLING, case.subscription.plan.name):
        return False
    if leaving_terms(turn, case.subscription).other_way is None:
        return False
    turn.set("misunderstood", None)
    turn.answered.add("timeline_or_status")  # by what is shown
    _show(turn, case, runs_out=runs_out)
    return True


def note_wished_way(turn: Turn, _action: ConversationAction) -> bool:
    """Keep it in mind where they say, with the wish itself, that the plan shall run out.

    It is no answer by itself. Whoever says nothing of it is shown the way with money back.
    """
    asked = turn.slot("open_question") == "confirm"
    if not turn.heard.pressed and not asked and _LEAVING.intersection(turn.heard.intents):
        wished = _wished(turn.heard.text)
        if wished is not None:
            turn.set("wished_way", RUN_OUT if wished else AT_ONCE)
    return False


def _wished(text: str, *, answers: bool = False) -> bool | None:
    """Whether they want it to run out, or to end at once; None where they say neither, or both.

    `answers` where they were asked about their plan a moment ago.
    """
    said = _NO_MONEY.sub(" ", plain_text(text))
    later = _RUNS_OUT.search(said) or _NOT_AT_ONCE.search(said)
    at_once = _ENDS_AT_ONCE.search(_NOT_AT_ONCE.sub(" ", said))
    if answers and later is None and _MONEY.search(said) is None:
        later = _RUNS_OUT_IN_ANSWER.search(said)
    return None if (later is None) is (at_once is None) else later is not None


def _asks(text: str, *, runs_out: bool) -> bool:
    """Whether it is a question, and none that asks for a way: "can I use it until it ends?"."""
    return "?" in text and not (runs_out and _CAN_I.search(plain_text(text)))


def _show(turn: Turn, case: Case, *, runs_out: bool) -> None:
    cases.choose_way(turn.session, case, runs_out=runs_out)
    ask_confirm(turn)


class ChooseWay(ConversationAction):
    """They pressed one of the two ways to leave: it is shown, and asked for their yes."""

    action_name = "action_choose_way"

    def act(self, turn: Turn) -> None:
        """See the class."""
        case, option = turn.undecided_case, turn.heard.entity("option")
        if case is None or case.state is not CaseState.SHOWN:
            return ask_wish(turn)
        if option not in {RUN_OUT, AT_ONCE}:
            return ask_again(turn)
        return _show(turn, case, runs_out=option == RUN_OUT)
