"""What counts as a yes to something that is then done.

Nothing that could mean anything else: every word has to be one that a plain yes is made of. A list
of words that make a yes doubtful would never be complete. Any doubt costs a question.
"""

import re
from collections.abc import Mapping

from actions.spelling import plain_text
from offboarding.offers.model import OfferKind

_YES = frozenset(
    """
    yes yep yeah yup yea ya y ok okay okey sure absolutely definitely certainly agreed agree
    confirm confirmed proceed ja jawohl si sí claro oui 👍 👌 ✅
    """.split()  # noqa: SIM905 (a list of words reads best as words)
)
_AROUND = frozenset(
    """
    please pls plz do it go ahead for now just i i'd id i'll ill want wish would like to my the
    this of course and thanks thank you lets let's bitte danke por favor gracias
    """.split()  # noqa: SIM905
)
CANCELLING = frozenset(
    """
    cancel end stop close terminate subscription plan account kündigen
    """.split()  # noqa: SIM905
)
"""What a yes to a cancellation may name."""
TAKING_BACK = frozenset(
    """
    undo keep take back restore cancellation subscription plan account stay
    """.split()  # noqa: SIM905
)
"""What a yes to an undo may name."""
OFFER_WORDS: Mapping[OfferKind, frozenset[str]] = {
    OfferKind.PAUSE: frozenset({"pause", "break"}),
    OfferKind.SMALLER_PLAN: frozenset(
        {"move", "change", "switch", "downgrade", "smaller", "small", "cheaper", "lower"}
    ),
    OfferKind.DISCOUNT: frozenset({"discount", "cheaper", "lower", "price", "stay"}),
    OfferKind.TRIAL_EXTENSION: frozenset({"extend", "longer", "trial", "try"}),
    OfferKind.CALL: frozenset({"call", "phone", "ring"}),
}
"""What names an offer of each kind. "Pause" takes no smaller plan."""
_POINTING = frozenset({"second", "other", "offer", "accept"})
_AROUND_AN_OFFER = frozenset(
    """
    take first one plan me us a an then have let him her them so that's option
    sounds good great fine perfect works
    """.split()  # noqa: SIM905
)
_NAMING = frozenset("subscription plan account cancellation".split())  # noqa: SIM905
_WHY_NOT = re.compile(r"(?<=\w)\W+why not\b", re.IGNORECASE)
_LIKES_IT = re.compile(r"\b(?:sounds (?:good|great|fine|perfect)|works for me|perfect)\b")
_SKIN_TONES = re.compile("[\U0001f3fb-\U0001f3ff\ufe0f]")
_PUNCTUATION = re.compile("[.,!;:\u2026\u2013\u2014-]+")


def is_plain_yes(text: str, act: frozenset[str], name: str) -> bool:
    """Whether this can only mean: yes, do `act` (CANCELLING or TAKING_BACK) with plan `name`."""
    words = _words(text)
    if "?" in text or not words:
        return False
    named = set(_words(name))
    if not set(words) <= _YES | _AROUND | act | named:
        return False
    if set(words) & _YES:
        return True
    if len(words) > 1 and set(words) & (act - _NAMING):
        return True
    return _goes_ahead(words)


def takes_offer(text: str, kind: OfferKind, plan: str, offered: str = "") -> bool:
    """Whether this can only mean: yes, the offer of this kind for `plan`.

    `offered` is the plan that is on offer, if one is; its name alone takes it.
    """
    words = _words(_WHY_NOT.sub("", plain_text(text)))
    if "?" in text or not words:
        return False
    naming = OFFER_WORDS[kind] | _POINTING | set(_words(offered))
    if not set(words) <= _YES | _AROUND | _AROUND_AN_OFFER | naming | set(_words(plan)):
        return False
    if set(words) & (_YES | naming) or _LIKES_IT.search(" ".join(words)):
        return True
    return _goes_ahead(words)


def names_offer(text: str, kind: OfferKind, offered: str = "") -> bool:
    """Whether an offer is named, beside which something else could be meant by a yes."""
    return bool(set(_words(text)) & (OFFER_WORDS[kind] | _POINTING | set(_words(offered))))


def _goes_ahead(words: list[str]) -> bool:
    return "do it" in " ".join(words) or "go ahead" in " ".join(words)


def _words(text: str) -> list[str]:
    """Lower-case words, however they were typed."""
    return _PUNCTUATION.sub(" ", _SKIN_TONES.sub("", plain_text(text))).casefold().split()
