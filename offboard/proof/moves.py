"""What a customer may do: press what is on screen, or write, and be understood in any way."""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from ruamel.yaml import YAML

from offboard.proof.model import CONFIRM, Button, Move, Situation

ONLY_FROM_BUTTONS = frozenset(
    {
        "accept_offer",
        "choose_option",
        "decline_offer",
        "go_on_without_person",
        "person_handed_back",
        "person_resolved",
        "stale_button",
    }
)
"""Intents that no words are heard as: buttons send them, or the house itself."""
REFUSES = frozenset({"cancel", "decline_offer", "deny", "keep_subscription"})
"""Intents that, to an offer, mean no."""
THEIR_ADDRESS = "me@example.com"
RIGHT_CODE = "000001"
WRONG_CODE = "000000"
"""Stand in a move's text for what is known when it is taken: whose address, which code."""

WORDS = {
    "affirm": "yes",
    "billing_question": "what did you charge me last?",
    "bot_challenge": "are you a machine?",
    "cancel": "please cancel my plan",
    "change_plan": "I would like a smaller plan",
    "data_delete": "delete everything you have about me",
    "data_export": "send me a copy of my data",
    "deny": "no",
    "goodbye": "bye for now",
    "greet": "hello there",
    "human": "I want to talk to a person",
    "keep_subscription": "never mind, I'll keep it",
    "nlu_fallback": "hrmpf",
    "out_of_scope": "what is the weather like?",
    "pause": "could it pause for a while",
    "reason_bug_or_quality": "it crashes every day",
    "reason_competitor": "I found another app",
    "reason_missing_feature": "it lacks a calendar",
    "reason_not_using": "I hardly open it",
    "reason_other": "my life has changed",
    "reason_price": "it costs too much",
    "reason_support": "nobody answered my mails",
    "reason_too_complex": "I never got the hang of it",
    "refund": "I want my money back",
    "skip": "skip that",
    "thanks": "thank you",
    "timeline_or_status": "when would it end?",
}
"""What is written for an intent; for one that has no words here, its name."""


def writes(text: str, *intents: str, plain_yes: bool = False, label: str = "") -> Move:
    """Words, and what is heard in them; without intents the trained model hears for itself.

    Only what has a label of its own, or is one intent said plainly, is worth drawing.
    """
    heard = f", heard as {'+'.join(intents)}" if intents else ""
    return Move(
        name=f'writes "{text}"{heard}',
        label=label or "+".join(intents) or "free words",
        text=text,
        intents=intents,
        plain_yes=plain_yes,
        refuses=bool(REFUSES.intersection(intents[:1])),
        drawn=bool(label),
    )


def presses(button: Button) -> Move:
    """A quick reply that is on screen."""
    intent = re.sub(r"\W.*", "", button.payload.lstrip("/"))
    return Move(
        name=f'presses "{button.title}"',
        label=intent,
        button=button,
        refuses=intent in REFUSES,
    )


CANCEL = writes(WORDS["cancel"], "cancel", plain_yes=True, label="cancel")
PERSON = writes(WORDS["human"], "human", label="human")
ADDRESS = writes(f"it is {THEIR_ADDRESS}", label="an e-mail address")
OTHER_ADDRESS = writes("it is nobody@example.com")
CODE = writes(f"the code is {RIGHT_CODE}", label="the right code")
NO_CODE = writes(f"the code is {WRONG_CODE}", label="a wrong code")
STALE = Move(name="presses a button of an earlier question", label="stale_button")

HOUR_PASSES = Move("(is silent for hours)", "silence", drawn=False, outside=True)
"""Nobody knows any more who this is."""
PRICE_CHANGES = Move("(the price of the plan changes)", "price", drawn=False, outside=True)
"""What was shown no longer holds."""
CANCELS_ON_PAGE = Move("(cancels on the page meanwhile)", "page", drawn=False, outside=True)
"""With "Cancel now", which needs no assistant."""

SEVERAL_AT_ONCE = (
    writes("it costs too much, please cancel", "cancel", "reason_price"),
    writes("cancel it and send me my data", "cancel", "data_export"),
    writes("cancel it and pay me back", "cancel", "refund"),
    writes("my husband died, please cancel his plan", "cancel"),
)
"""Messages that carry more than one thing, and a hard moment."""

DOUBTFUL = (
    writes("yes, but not yet", "affirm"),
    writes("do not cancel it", "cancel"),
    writes("yes?", "affirm"),
    writes("yes but wait, what about my notes"),
    writes("I regret saying yes"),
)
"""What might be taken for a yes and is none, the first three misheard on purpose."""

ANSWERED_BY_YES = frozenset({CONFIRM, "offer", "requested_offer", "undo"})
"""Questions after which something is done."""

WITHOUT_A_RULE = (
    writes("\N{SHRUG}"),
    writes("better search would have helped, the rest was fine"),
    writes("I want to die", "nlu_fallback"),
)
"""Free words, as the trained model hears them, and a life in danger."""

AT_QUESTIONS = {
    CONFIRM: (
        writes("yes please", plain_yes=True),
        writes("okay, do it", "affirm", plain_yes=True),
    ),
    "offer": (
        writes("a call would be fine", "human"),
        writes("yes, the second one", "affirm"),
    ),
    "subscription": (writes("the second one"), writes("both of them")),
}
"""Answers that mean something at one question only."""


ONE_OF_A_KIND = frozenset(
    {
        "bot_challenge",
        "billing_question",
        "data_delete",
        "greet",
        "reason_bug_or_quality",
        "reason_competitor",
        "reason_missing_feature",
        "reason_other",
        "reason_too_complex",
        "refund",
    }
)
"""Intents that late in a talk are left to another of their kind: a courtesy, a question that is
answered from the account, a reason."""
LATE = 3
"""Turns after which one of a kind is enough."""


class Moves:
    """Everything a customer may do in a situation."""

    def __init__(self, domain: Path, meanwhile: Sequence[Move] = ()) -> None:
        intents = tuple(_each_intent(domain))
        few = tuple(move for move in intents if move.label not in ONE_OF_A_KIND)
        self._meanwhile = meanwhile
        self._early = (*intents, *SEVERAL_AT_ONCE, *WITHOUT_A_RULE)
        self._late = (*few, SEVERAL_AT_ONCE[0], WITHOUT_A_RULE[0])

    def of(self, situation: Situation, turns: int) -> Sequence[Move]:
        """All of them after so many turns, in the same order each time."""
        return [
            *(presses(button) for button in situation.buttons),
            STALE,
            *(self._early if turns < LATE else self._late),
            *AT_QUESTIONS.get(situation.question or "", ()),
            *(DOUBTFUL if situation.question in ANSWERED_BY_YES else ()),
            *(() if situation.identified else _who(situation)),
            *(each for each in self._meanwhile if can_happen(each, situation)),
        ]


def honest_answer(situation: Situation) -> Move | None:
    """Who they are or which plan they mean, if that is asked."""
    match situation.question:
        case "email":
            return ADDRESS
        case "code":
            return CODE if _has_code(situation) else ADDRESS
        case "subscription":
            return presses(situation.buttons[0])
        case _:
            return None


def can_happen(move: Move, situation: Situation) -> bool:
    """Whether something outside of the talk makes a difference now."""
    if move == HOUR_PASSES:
        return situation.identified and not situation.carried
    if move == CANCELS_ON_PAGE:
        return bool(situation.leavable) and not situation.carried
    return situation.shown is not None and not situation.outdated


def _who(situation: Situation) -> Iterator[Move]:
    yield ADDRESS
    yield OTHER_ADDRESS
    yield NO_CODE
    if _has_code(situation):
        yield CODE


def _has_code(situation: Situation) -> bool:
    """Whether the code that was sent last went to them."""
    return dict(situation.rest).get("address") == "known"


def _each_intent(domain: Path) -> Iterator[Move]:
    """Every intent that words can be heard as, in the order of domain.yml, and none at all."""
    listed = YAML(typ="safe").load(domain.read_text(encoding="utf-8"))["intents"]
    names = [each if isinstance(each, str) else next(iter(each)) for each in listed]
    for name in [*names, "nlu_fallback"]:
        if name not in ONLY_FROM_BUTTONS:
            text = WORDS.get(name, name.replace("_", " "))
            # "Yes", and "please cancel my plan" to the question whether to cancel it.
            yield writes(text, name, plain_yes=name in {"affirm", "cancel"}, label=name)
