"""Which of several subscriptions somebody names."""

import re
from collections.abc import Sequence

from offboarding.accounts.model import Subscription

_PLACES = {"first": 1, "one": 1, "second": 2, "two": 2, "third": 3, "three": 3, "fourth": 4}
_FILLERS = {"the", "one", "number", "please", "option", "plan", "my"}


def meant(said: str, choices: Sequence[Subscription]) -> Subscription | None:
    """The one subscription that was meant, by its place in the list or its plan's name."""
    words = re.sub(r"[.,!;:]", " ", said.casefold()).split()
    core = [word for word in words if word not in _FILLERS] or words
    if len(core) == 1 and (core[0] in _PLACES or core[0].isdecimal()):
        place = _PLACES.get(core[0]) or int(core[0])
        return choices[place - 1] if 1 <= place <= len(choices) else None
    return named(said, choices)


def named(said: str, choices: Sequence[Subscription]) -> Subscription | None:
    """The one subscription whose plan is named; None when none is, or more than one."""
    sentence = said.casefold()
    found = {}
    for choice in sorted(choices, key=lambda each: -len(each.plan.name)):
        sentence, times = re.subn(rf"\b{re.escape(choice.plan.name.casefold())}\b", " ", sentence)
        if times:
            found[choice.plan_id] = choice
    return next(iter(found.values())) if len(found) == 1 else None
