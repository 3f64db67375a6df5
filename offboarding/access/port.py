"""What telling a system asks for: where it is, and somebody who brings a webhook there."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from offboarding.access.signing import Secrets


@dataclass(frozen=True)
class Endpoint:
    """Where a system takes webhooks, and what proves to each who the other is."""

    url: str
    secrets: Secrets


class Endpoints(Protocol):
    """Knows where each system is."""

    def of(self, system: str) -> Endpoint:
        """The endpoint of a system of policy/systems.yml, by its key.

        Raises ConfigurationError, with the mend, where it can't be called as things are set up.
        """


@dataclass(frozen=True)
class Answer:
    """What a system answered: the status, and what it wants us to wait. Its words are not read."""

    status: int
    retry_after_seconds: float | None = None
    """For how long it asks to be left alone; None where it does not say."""


class UnreachableError(Exception):
    """No answer came. Says how the try ended, and neither where it went nor what it carried."""

    def __init__(self, kind: str) -> None:
        super().__init__(kind)
        self.kind = kind


class WebhookPort(Protocol):
    """Brings a webhook to a system."""

    def post(self, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """Post it once, following no redirect, and return the answer. Blocks for seconds at most.

        Raises UnreachableError; whether the system has taken it is then not known.
        """
