"""The states of a hand-off and the only ways between them."""

from enum import StrEnum


class HandOffState(StrEnum):
    """Where a hand-off stands."""

    WAITING = "waiting"
    """A person is wanted; nobody has come yet."""
    CLAIMED = "claimed"
    """An agent talks with the customer."""
    HANDED_BACK = "handed_back"
    """The agent gave the conversation back to the assistant."""
    RESOLVED = "resolved"
    """What the person was wanted for is settled."""


TRANSITIONS: dict[HandOffState, frozenset[HandOffState]] = {
    HandOffState.WAITING: frozenset({HandOffState.CLAIMED, HandOffState.RESOLVED}),
    HandOffState.CLAIMED: frozenset(
        {HandOffState.WAITING, HandOffState.HANDED_BACK, HandOffState.RESOLVED}
    ),
    HandOffState.HANDED_BACK: frozenset(),
    HandOffState.RESOLVED: frozenset(),
}

OPEN = frozenset(state for state, onward in TRANSITIONS.items() if onward)
"""States in which a person is wanted or there."""
