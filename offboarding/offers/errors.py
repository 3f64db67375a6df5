"""Why an agent's offer can't be made or approved, in sentences for the agent."""

from typing import TYPE_CHECKING

from offboarding.errors import OffboardingError, TransitionError

if TYPE_CHECKING:
    from offboarding.offers.model import AgentOffer

KIND = "kind"


class OfferNotAllowedError(OffboardingError):
    """Law, policy or the moment forbids it. `field` is what the agent may change, if anything."""

    word = "offer_not_allowed"

    def __init__(self, sentence: str, field: str = KIND) -> None:
        super().__init__(sentence)
        self.field = field


class OfferBoundsError(OfferNotAllowedError):
    """More, or something else, than policy lets an agent offer."""

    word = "offer_out_of_bounds"


class OwnOfferError(TransitionError):
    """Nobody approves what they proposed."""

    word = "own_offer"

    def __init__(self) -> None:
        super().__init__("You proposed this offer, so somebody else has to approve it.")


class OfferDecidedError(TransitionError):
    """It was approved, refused or withdrawn already."""

    word = "offer_decided"

    def __init__(self, proposal: "AgentOffer") -> None:
        decided = {"presented": "approved", "refused": "refused"}.get(proposal.state.value)
        super().__init__(
            f"{proposal.decided_by.full_name} has {decided} it already."
            if decided and proposal.decided_by is not None
            else "The conversation was handed back, released or resolved, so nothing was offered."
        )
