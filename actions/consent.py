"""What counts as a yes to something that is then done.

Nothing that could mean anything else: every word has to be one that a plain yes is made of. A list
of words that make a yes doubtful would never be complete. Any doubt costs a question.
"""

import re

from actions.spelling import plain_text

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
TAKING_AN_OFFER = frozenset(
    """
    pause move change switch take downgrade extend try longer call phone ring first one second
    other smaller small cheaper offer discount plan me a an then accept
    """.split()  # noqa: SIM905
)
"""What a yes to an offer, or to what was asked for, may name."""
_NAMING = frozenset(
    "subscription plan account cancellation me a an then one first try".split()  # noqa: SIM905
)
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
    return "do it" in " ".join(words) or "go ahead" in " ".join(words)


def _words(text: str) -> list[str]:
    """Lower-case words, however they were typed."""
    return _PUNCTUATION.sub(" ", _SKIN_TONES.sub("", plain_text(text))).casefold().split()
