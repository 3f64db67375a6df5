"""The states of an off-boarding case and the only ways between them."""

from enum import StrEnum


class CaseState(StrEnum):
    """Where an off-boarding case stands."""

    OPEN = "open"
    """The wish to leave is known; nothing is decided."""
    SHOWN = "shown"
    """What will happen was shown and waits for a yes."""
    CONFIRMED = "confirmed"
    """The customer said yes. From here on it is our promise."""
    SCHEDULED = "scheduled"
    """Cancelled at the billing provider; runs until the end of what is paid."""
    ENDED = "ended"
    """The subscription is over."""
    KEPT = "kept"
    """The customer stayed, before anything was cancelled."""
    UNDONE = "undone"
    """The customer came back before the end."""


TRANSITIONS: dict[CaseState, frozenset[CaseState]] = {
    CaseState.OPEN: frozenset({CaseState.SHOWN, CaseState.KEPT}),
    CaseState.SHOWN: frozenset({CaseState.OPEN, CaseState.CONFIRMED, CaseState.KEPT}),
    CaseState.CONFIRMED: frozenset({CaseState.SCHEDULED}),
    CaseState.SCHEDULED: frozenset({CaseState.UNDONE, CaseState.ENDED}),
    CaseState.ENDED: frozenset(),
    CaseState.KEPT: frozenset(),
    CaseState.UNDONE: frozenset(),
}

OVER = frozenset(state for state, onward in TRANSITIONS.items() if not onward)
"""States that a case never leaves; any other is an active case."""
PROMISED = frozenset({CaseState.CONFIRMED, CaseState.SCHEDULED, CaseState.ENDED})
"""Of cases that end a plan, or have: whoever's plan is over is still promised the rest."""
