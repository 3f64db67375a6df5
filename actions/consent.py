"""What counts as a yes to something that is then done.

Nothing that could mean anything else. A whole message has to be of one of a few forms: a yes, a
yes and the act, or the act with what it is done to. A list of words that make a yes doubtful would
never be complete, and a heap of harmless words is no yes either: "yes, I want my plan" keeps it.
Any doubt costs a question.
"""

import re
from dataclasses import dataclass

from actions.spelling import plain_text

_YES = (
    r"(?:yes|yep|yeah|yup|yea|ya|y|ok|okay|okey|sure|absolutely|definitely|certainly|agreed|"
    r"confirm|confirmed|proceed|ja|jawohl|si|sí|claro|oui|👍|👌|✅)"
)
_POLITE = (
    r"(?:please|pls|plz|thanks|thank you|bitte|danke|por favor|gracias|now|right now|today|"
    r"of course)"
)
_GO_AHEAD = r"(?:do it|please do|go ahead|i do|i agree|i confirm)"
_WISH = (
    r"(?:(?:please|just|go ahead and) )*"
    r"(?:(?:i want|i would like|i'd like|i wish) to |(?:let's|lets|i'll|i will) )?"
)


@dataclass(frozen=True)
class Act:
    """Something that is done on a yes, and how people name it; NAME stands for the plan's name.

    `alone` are phrases that are a yes by themselves, `after_yes` those that are only after one.
    """

    alone: str
    after_yes: str


_PLAN = r"(?:(?:my|the|this) )?(?:subscription|plan|account|membership|contract|NAME)"

CANCELLING = Act(
    alone=rf"cancel (?:it|{_PLAN})",
    after_yes=(
        rf"(?:cancel|terminate|kündigen)(?: (?:it|this|that|{_PLAN}))?|"
        rf"(?:end|close|stop) (?:it|this|that|{_PLAN})"
    ),
)
TAKING_BACK = Act(
    alone=(
        r"(?:undo|restore) (?:it|that|the cancellation|my cancellation)|take (?:it|that) back|"
        r"take (?:the|my) cancellation back|take back (?:the|my) cancellation|"
        rf"(?:keep|restore) {_PLAN}"
    ),
    after_yes=r"undo|take it back|stay|keep it",
)
_OFFERED = (
    r"(?:offer|discount|pause|break|call|longer trial|NAME|"
    r"(?:smaller|small|cheaper|lower|second|other)(?: plan| one| offer| price)?)"
)
TAKING_AN_OFFER = Act(
    alone=(
        rf"(?:take |accept |have )?(?:the |that |a )?{_OFFERED}(?: first)?|"
        r"(?:pause|extend)(?: (?:it|NAME|(?:my|the) (?:plan|subscription|trial)))?|try it longer|"
        rf"(?:move|change|switch|downgrade)(?: (?:it|me|us))?(?: to (?:the |a )?{_OFFERED})?|"
        r"(?:call|phone|ring) (?:me|us)(?: first)?"
    ),
    after_yes=r"take it|accept",
)

_SKIN_TONES = re.compile("[\U0001f3fb-\U0001f3ff\ufe0f]")
_PUNCTUATION = re.compile("[.,!;:\u2026\u2013\u2014-]+")


def is_plain_yes(text: str, act: Act, name: str) -> bool:
    """Whether this can only mean: yes, do `act` with the plan called `name`."""
    words = _words(text)
    if "?" in text or not words:
        return False
    alone, after_yes = (
        phrases.replace("NAME", re.escape(_words(name) or "-"))
        for phrases in (act.alone, act.after_yes)
    )
    said_yes = (
        rf"{_YES}(?: {_YES})*(?: {_POLITE})*(?: (?:{_GO_AHEAD}|{_WISH}(?:{after_yes}|{alone})))?"
    )
    named_it = rf"{_WISH}(?:{alone}|do it|go ahead)"
    return re.fullmatch(rf"(?:{said_yes}|{named_it})(?: {_POLITE})*", words) is not None


def _words(text: str) -> str:
    """Lower-case words with one space between, however they were typed."""
    plain = _PUNCTUATION.sub(" ", _SKIN_TONES.sub("", plain_text(text)))
    return " ".join(plain.casefold().split())
