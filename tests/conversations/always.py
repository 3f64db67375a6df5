"""What holds in every talk and is never written in one: the promises to every customer."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

WELCOME = "utter_welcome"
DISCLOSURE = "automated assistant"
OFFERS = "utter_offer_*"
OFFERS_AGAIN = "utter_offer_again_*"
SHOWN = ("utter_ask_confirm_paid*", "utter_ask_confirm_free*", "utter_ask_confirm_refund*")
DOUBT = ("utter_not_understood*", "utter_did_you_mean*", "utter_out_of_scope*")
"""A talk in which the assistant is at a loss says so: no such answer passes unseen."""
OUT_OF_ORDER = ("utter_assistant_unavailable", "utter_answer_interrupted")

_PLACEHOLDER = re.compile(r"\{\w*\}")
_YES = re.compile(
    r"\W*(?:I )?(?:yes|yeah|yep|ok|sure|please|do it|go ahead|cancel|confirm|agree|ja|s[ií])\b|👍",
    re.IGNORECASE,
)
_NO_YES = re.compile(r"\?|\b(not?|don'?t|wait|but|if|maybe|nein|nicht)\b", re.IGNORECASE)


@dataclass(frozen=True)
class Said:
    """One message of the assistant, and the response of domain.yml it is."""

    names: frozenset[str]
    text: str
    """The rows of its card included."""
    buttons: Sequence[str] = ()

    @property
    def name(self) -> str:
        """Its name, for people."""
        return " or ".join(sorted(self.names)) or "no response of domain.yml"

    def fits(self, wanted: str) -> bool:
        """Whether it is a response of this name or pattern."""
        return any(fnmatchcase(name, wanted) for name in self.names)


@dataclass
class Turn:
    """What was done, what was said to it, and how things stand after it."""

    line: int
    doing: str
    yes: bool = False
    """Whether what was done can be a yes."""
    elsewhere: bool = False
    """Whether it was not done in the chat."""
    said: list[Said] = field(default_factory=list)
    opening: bool = False
    """Whether a conversation begins with it."""
    answered: bool = True
    """Whether an answer is due: something was said, and no person has taken over."""
    expected: Sequence[str] = ()
    cancelled: frozenset[str] = frozenset()
    """Subscriptions that are cancelled after it."""
    declined: bool = False
    """Whether an offer was declined by then."""


def breaches(turns: Sequence[Turn]) -> Iterator[str]:
    """What the last turn broke, each as a sentence."""
    turn = turns[-1]
    yield from _unfit_messages(turn)
    yield from _silence(turn)
    yield from _repetition(turns)
    yield from _unwritten_doubt(turn)
    yield from _offers(turns)
    yield from _cancellation(turns)


def reads_as_yes(words: str) -> bool:
    """Whether a reasonable person could take these words for a yes."""
    return _YES.match(words) is not None and _NO_YES.search(words) is None


def _unfit_messages(turn: Turn) -> Iterator[str]:
    for said in turn.said:
        if not said.names:
            yield f"this is no response of domain.yml: {said.text!r}"
        if not said.text.strip():
            yield "an answer is empty"
        if _PLACEHOLDER.search(said.text):
            yield f"a value was not filled in: {said.text!r}"
        if any(said.fits(name) for name in OUT_OF_ORDER):
            yield "the assistant was out of order"
    if turn.opening and not any(
        said.fits(WELCOME) and DISCLOSURE in said.text for said in turn.said[:1]
    ):
        yield f"the first message does not say `{DISCLOSURE}`"


def _silence(turn: Turn) -> Iterator[str]:
    if turn.answered and not turn.said:
        yield "nothing was answered"
    if not turn.answered and turn.said and not turn.opening:
        yield "the assistant spoke out of turn"


def _repetition(turns: Sequence[Turn]) -> Iterator[str]:
    spoken = [turn for turn in turns if turn.said]
    if turns[-1].said and len(spoken) > 1:
        texts = [[said.text for said in turn.said] for turn in spoken[-2:]]
        if texts[0] == texts[1] and not turns[-1].opening:
            yield "the assistant said word for word what it had just said"


def _unwritten_doubt(turn: Turn) -> Iterator[str]:
    for said in turn.said:
        doubt = any(said.fits(name) for name in DOUBT)
        if doubt and not any(said.fits(name) for name in turn.expected):
            yield f"the assistant did not understand ({said.name})"


def _offers(turns: Sequence[Turn]) -> Iterator[str]:
    turn = turns[-1]
    made = [said for each in turns for said in each.said if _is_offer(said)]
    now = [said for said in turn.said if said.fits(OFFERS)]
    if any(_is_offer(said) for said in now) and len(made) > 1:
        yield "a second offer was made"
    if now and any(each.declined for each in turns[:-1]):
        yield f"an offer after a no ({now[0].name})"
    for said in now:
        if not said.buttons or not said.buttons[0].startswith("Cancel"):
            yield "beside an offer, leaving is not named first"


def _cancellation(turns: Sequence[Turn]) -> Iterator[str]:
    turn = turns[-1]
    before = turns[-2].cancelled if len(turns) > 1 else frozenset()
    if not turn.cancelled - before or turn.elsewhere:
        return
    shown = any(said.fits(name) for each in turns[:-1] for said in each.said for name in SHOWN)
    if not shown:
        yield "something was cancelled and what happens then was never shown"
    if not turn.yes:
        yield "something was cancelled without a yes"


def _is_offer(said: Said) -> bool:
    return said.fits(OFFERS) and not said.fits(OFFERS_AGAIN)
