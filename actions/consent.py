"""What counts as a yes to something that is then done.

Nothing that could mean anything else. A whole message has to be of one of a few forms: a yes, a
yes and the act, or the act with what it is done to. A list of words that make a yes doubtful would
never be complete, and a heap of harmless words is no yes either: "yes, I want my plan" keeps it.
Any doubt costs a question.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from offboarding.hearing.spelling import plain_text
from offboarding.offers.model import OfferKind

LONGEST_YES = 150
"""Characters; no plain yes is longer, and none is looked for in a letter."""
_YES = (
    r"(?:y+e+s+|yse|ye|yeh|y+e+a+h*|yas|yep|yup|ya|y|aye|ok|okk|okay|okey|oki|kk?|sure(?: thing)?|"
    r"absolutely|definitely|certainly|affirmative|correct|exactly|fine(?! thank)|agreed|"
    r"confirm|confirmed|proceed|ja|jawohl|si|sí|claro|oui|👍|👌|✅)"
)
_POLITE = r"(?:please|pls|plz|thanks|thank you|bitte|danke|por favor|gracias|now|right now)"
_GO_AHEAD = (
    r"(?:do it|do that|do so|(?:please|pls|plz) do|go ahead|go for it|"
    r"(?<!ok )(?<!okay )go on|go|carry on|"
    r"get it done|i do|i agree|i confirm|(?:i'm|i am) (?:sure|certain)|"
    r"that(?:'?s| is) (?:right|correct|fine|ok|okay|what i want))"
)
_LED_UP_TO = r"(?:(?:right|alright|all right|hm+|well|so|then|oh|please|go on then|go on) )*"
"""What people say on the way to a yes."""
_WISH = (
    r"(?:(?:please|just|go ahead and|right|alright|all right|fine|hm+|well|so|then) )*"
    r"(?:(?:i want|i would like|i'd like|i wish) to |(?:let's|lets) )?"
)
"""What may stand before the act. Not "I'll": who will do it wants to do it themselves."""


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
        rf"(?:do )?(?:cancel|terminate|kündigen)(?: (?:it|{_PLAN}))?|"
        rf"(?:end|close) it|(?:end|close|stop) {_PLAN}"
    ),
)
_MONEY = (
    r"(?:(?:please )?(?:(?:give|send|pay) me (?:back )?(?:my|the) (?:money|refund)(?: back)?|"
    r"pay me back|pay it back|refund me|refund it)|"
    r"(?:i want |i would like |i'd like |i'll take |with )?(?:my|the) (?:money|refund)(?: back)?)"
)
_NOW = r"(?:right now|now|at once|immediately|right away|straight away)"
CANCELLING_PAID_BACK = Act(
    alone=(
        rf"(?:cancel )?{_NOW}|(?:cancel|end|close|stop) (?:it|{_PLAN}) (?:and )?{_MONEY}|"
        rf"{CANCELLING.alone}"
    ),
    after_yes=rf"(?:{CANCELLING.after_yes})(?: (?:and )?{_MONEY})?|{_MONEY}",
)
"""The same, where money back is part of what was shown, and that it ends at once: "now" is what the
button for it says. Elsewhere both would be another way."""
TAKING_BACK = Act(
    alone=(
        r"(?:undo|restore) (?:it|that|the cancellation|my cancellation)|take (?:it|that) back|"
        r"take (?:the|my) cancellation back|take back (?:the|my) cancellation|"
        rf"(?:keep|restore) {_PLAN}"
    ),
    after_yes=(
        rf"(?:do )?(?:undo|restore|restart|reactivate|reinstate)(?: (?:it|that|{_PLAN}))?|"
        rf"take it back|bring (?:it|{_PLAN}) back|(?:i )?(?:want|would like) (?:it|{_PLAN}) back|"
        r"stay|keep it"
    ),
)
_AGREED = r"(?:the|that|my) (?:pause|change|move|switch|downgrade)"
TAKING_BACK_WHAT_WAS_AGREED = Act(
    alone=rf"{TAKING_BACK.alone}|(?:undo|end|stop|cancel|drop) {_AGREED}|take {_AGREED} back",
    after_yes=rf"{TAKING_BACK.after_yes}|take (?:it|that|{_AGREED}) back|keep (?:it|{_PLAN})",
)
"""The same for a pause or another plan that was agreed and has yet to come."""
_POINTED_AT = r"(?:the|that|your) (?:offer|(?:second|latter)(?: (?:one|option))?)"
_LIKED = r"(?:sounds (?:good|great|fine|perfect)|works for me|would be (?:fine|good|great|nice|ok))"
_HALF_HEARTED = r"(?: (?:i guess|i suppose|i think|for (?:me|us)|with (?:me|us)))?"
"""A call costs and changes nothing, so that a yes to it may be lukewarm."""
_OFFERED: Mapping[OfferKind, str] = {
    OfferKind.PAUSE: r"(?:pause|break)",
    OfferKind.SMALLER_PLAN: (
        r"(?:OFFERED(?: plan| one)?|(?:smaller|small|cheaper|lower) (?:plan|one|option))"
    ),
    OfferKind.DISCOUNT: r"(?:discount|(?:cheaper|lower) price)",
    OfferKind.TRIAL_EXTENSION: r"(?:longer trial|extension)",
    OfferKind.CALL: r"call",
}
"""What people call an offer of each kind. A pause is no smaller plan."""
_DONE_WITH_IT: Mapping[OfferKind, str] = {
    OfferKind.PAUSE: rf"pause(?: (?:it|{_PLAN}))?",
    OfferKind.SMALLER_PLAN: (
        r"(?:downgrade(?: (?:it|me|us))?|"
        r"(?:i'?ll |i will )?(?:move|change|switch|downgrade)(?: (?:it|me|us))?(?: down)?"
        rf" to (?:(?:the|a) )?{_OFFERED[OfferKind.SMALLER_PLAN]})"
    ),
    OfferKind.DISCOUNT: rf"(?:stay|keep it) (?:with|for|at) the {_OFFERED[OfferKind.DISCOUNT]}",
    OfferKind.TRIAL_EXTENSION: (
        r"(?:extend (?:it|(?:my|the) (?:plan|subscription|trial))|"
        r"(?:let me |let us )?try (?:it )?(?:a bit )?longer)"
    ),
    OfferKind.CALL: (
        r"(?:(?:call|phone|ring) (?:me|us)|"
        r"(?:have|let) (?:him|her|them|someone|somebody) (?:call|phone|ring) (?:me|us))"
    ),
}


_CHANGED_ON_A_YES: Mapping[OfferKind, str] = {
    OfferKind.SMALLER_PLAN: r"(?:change|switch|move) (?:it|me|us)",
    OfferKind.TRIAL_EXTENSION: r"extend",
}


def _named(kind: OfferKind) -> str:
    """What names an offer of this kind, beside which something else could be meant by a yes."""
    wanted = (
        r"(?:(?:i want|i would like|i'd like|i'd prefer|i prefer|(?:(?:i'?ll|i will) )?"
        r"(?:take|accept|have|go (?:with|for))) )?"
    )
    noun = rf"{wanted}(?:(?:(?:the|that|a) )?{_OFFERED[kind]}|{_POINTED_AT})"
    return rf"(?:{noun}|{_DONE_WITH_IT[kind]})(?: (?:first|instead|then))?"


_SKIN_TONES = re.compile("[\U0001f3fb-\U0001f3ff\ufe0f]")
_PUNCTUATION = re.compile("[.,!;:\u2026\u2013\u2014-]+")


def is_plain_yes(text: str, act: Act, name: str) -> bool:
    """Whether this can only mean: yes, do `act` with the plan called `name`."""
    return _says_yes(text, act, {"NAME": name})


def takes_offer(text: str, kind: OfferKind, plan: str, offered: str = "") -> bool:
    """Whether this can only mean: yes, the offer of this kind for `plan`.

    `offered` is the plan that is on offer, if one is; its name alone takes it.
    """
    liked = rf"{_LIKED}{_HALF_HEARTED}" if kind is OfferKind.CALL else _LIKED
    act = Act(
        alone=rf"(?:{_named(kind)}(?: {liked})?|(?:(?:that|this|it) )?{liked})",
        after_yes=rf"(?:why not|take it|accept|accept it|{_CHANGED_ON_A_YES.get(kind, '(?!)')})",
    )
    return _says_yes(text, act, {"NAME": plan, "OFFERED": offered})


def names_offer(text: str, kind: OfferKind, plan: str, offered: str = "") -> bool:
    """Whether the words name an offer, beside which something else could be meant by a yes."""
    named = _with_names(_named(kind), {"NAME": plan, "OFFERED": offered})
    return re.search(rf"\b(?:{named})\b", _words(text)) is not None


def _says_yes(text: str, act: Act, names: Mapping[str, str]) -> bool:
    words = _words(text)
    if "?" in text or not 0 < len(words) <= LONGEST_YES:
        return False
    alone, after_yes = (_with_names(phrases, names) for phrases in (act.alone, act.after_yes))
    the_act = rf"{_GO_AHEAD}|{_WISH}(?:{after_yes}|{alone})"
    said_yes = rf"{_LED_UP_TO}{_YES}(?: (?!ja\b){_YES}){{0,2}}(?: {_POLITE})*(?: (?:{the_act}))?"
    named_it = (
        rf"{_WISH}(?:{alone}|do it|do that|do so|go ahead|i confirm(?: (?:it|this|that))?|"
        r"that(?:'?s| is) (?:right|correct)|(?:yes )?of course|by all means)"
    )
    return re.fullmatch(rf"(?:{said_yes}|{named_it})(?: {_POLITE})*", words) is not None


def _with_names(phrases: str, names: Mapping[str, str]) -> str:
    """The phrases with the plans' names in them; a name that is not there is never said."""
    for placeholder, name in names.items():
        phrases = phrases.replace(placeholder, re.escape(_words(name)) if name else r"(?!)")
    return phrases


def _words(text: str) -> str:
    """Lower-case words with one space between, however they were typed."""
    plain = _PUNCTUATION.sub(" ", _SKIN_TONES.sub("", plain_text(text)))
    return " ".join(plain.casefold().split())
