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
_PERIOD = r"(?:month|year|period|term|cycle|subscription|plan|membership|trial|contract)"
_PAID_TIME = r"(?:what|time|months?|years?|period|days?|weeks?|rest)"
_RUNS_OUT = re.compile(
    r"\b(?:until|till?|through) (?:it |the (?:very )?|my )?(?:end|ends|expir\w+|renew\w*|is over)\b"
    rf"|\bend of (?:the |my |this |its )?(?:(?:current|paid|billing|running) )*{_PERIOD}\b"
    rf"|\b(?:until|till?) (?:the |my |this )?(?:(?:current|paid|billing) )*{_PERIOD} "
    r"(?:ends|is over|is up|runs out|expires)\b"
    r"|\b(?:let|have|want) (?:it|my \w+|the \w+) (?:to )?(?:just )?(?:run|lapse|expire)\b"
    r"|\bruns? out\b"
    rf"|\b{_PAID_TIME} (?:that )?(?:i|we)(?:'ve| have)? (?:already )?paid\b"
    rf"|\bpaid (?:for|up) (?:\w+ )?{_PERIOD}\b"
    r"|\b(?:don'?t|do not|does ?n'?t|not|without|stop|no|never|turn off|switch off|disable)"
    r"(?: (?:want|like|it|to|my|the|plan|subscription))* (?:auto\w*[ -]?)?renew\w*"
    r"|\bnot (?:at once|immediately|right away|straight away)\b",
    re.IGNORECASE,
)
_ENDS_AT_ONCE = re.compile(
    r"(?<!not )\b(?:at once|immediate(?:ly)?|right away|straight away)\b"
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
    runs_out = _wished(turn.heard.text)
    if runs_out is None or runs_out is case.runs_out:
        return False
    asks = not runs_out and "?" in turn.heard.text
    if asks or turn.heard.agrees(CANCELLING, case.subscription.plan.name):
        return False
    if leaving_terms(turn, case.subscription).other_way is None:
        return False
    turn.set("misunderstood", None)
    turn.answered.update({"timeline_or_status", "refund"})  # by what is shown
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


def _wished(text: str) -> bool | None:
    """Whether they want it to run out, or to end at once; None where they say neither, or both."""
    said = plain_text(text)
    later, at_once = _RUNS_OUT.search(said), _ENDS_AT_ONCE.search(said)
    return None if (later is None) is (at_once is None) else later is not None


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
