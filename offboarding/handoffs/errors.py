"""Why something can't be done with a hand-off, in sentences for the agent who tried."""

from offboarding.errors import TransitionError


class AlreadyClaimedError(TransitionError):
    """Somebody else has claimed it."""

    word = "already_claimed"

    def __init__(self, agent_name: str) -> None:
        super().__init__(f"{agent_name} has claimed this conversation already.")


class NotClaimedByYouError(TransitionError):
    """Only who claimed a conversation may do this."""

    word = "not_claimed_by_you"

    def __init__(self, agent_name: str | None) -> None:
        super().__init__(
            f"{agent_name} is talking with this customer. Ask them to do it, or to release it."
            if agent_name
            else "Claim this conversation first."
        )


class HandOffEndedError(TransitionError):
    """It has been handed back or resolved."""

    word = "hand_off_ended"

    def __init__(self) -> None:
        super().__init__("This conversation has been handed back or resolved already.")
