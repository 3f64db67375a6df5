"""The errors of the business, each with the sentence that its reader may see."""

from typing import ClassVar


class OffboardingError(Exception):
    """Something asked for cannot be done; nothing was changed.

    `word` is stable and for programs, `sentence` is for the person who asked.
    """

    word: ClassVar[str] = "not_possible"

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


class NotFoundError(OffboardingError):
    """What was named does not exist, or not for this customer."""

    word = "not_found"


class TransitionError(OffboardingError):
    """A case was asked to go where its transition table has no way."""

    word = "transition_not_allowed"


class PolicyError(OffboardingError):
    """A file in policy/ cannot be used; the sentence names file, line and mend."""

    word = "policy_invalid"


class ConfigurationError(OffboardingError):
    """The settings do not fit together; the sentence names the setting and the mend."""

    word = "configuration_invalid"


class IdentityTokenInvalidError(OffboardingError):
    """A signed identity token is forged, malformed, or names nobody."""

    word = "identity_token_invalid"


class IdentityTokenExpiredError(OffboardingError):
    """A signed identity token was right once and is too old now."""

    word = "identity_token_expired"
