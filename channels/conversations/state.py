"""Who a conversation is with, and every way from one state to another."""

from enum import StrEnum

from channels.errors import ConversationStateError


class ConversationState(StrEnum):
    """Who answers the customer now."""

    BOT = "bot"
    """The assistant answers."""
    WAITING = "waiting"
    """A person was asked for and has not come yet; until then the assistant answers."""
    HUMAN = "human"
    """A person answers; the assistant is silent."""
    CLOSED = "closed"
    """Nobody answers and nothing more is taken."""

    @property
    def assistant_answers(self) -> bool:
        """Whether the assistant is asked for an answer to what the customer writes."""
        return self in {ConversationState.BOT, ConversationState.WAITING}


TRANSITIONS: dict[ConversationState, frozenset[ConversationState]] = {
    ConversationState.BOT: frozenset(
        {ConversationState.WAITING, ConversationState.HUMAN, ConversationState.CLOSED}
    ),
    ConversationState.WAITING: frozenset(
        {ConversationState.BOT, ConversationState.HUMAN, ConversationState.CLOSED}
    ),
    ConversationState.HUMAN: frozenset(
        {ConversationState.BOT, ConversationState.WAITING, ConversationState.CLOSED}
    ),
    ConversationState.CLOSED: frozenset(),
}
"""The one transition table. Staying where one is needs no transition."""


def check_transition(present: ConversationState, wanted: ConversationState) -> None:
    """Raise ConversationStateError where the table has no way."""
    if wanted not in TRANSITIONS[present]:
        raise ConversationStateError(f"A {present} conversation cannot become {wanted}.")
