"""How something reaches the app, whichever the way."""

from enum import StrEnum
from typing import Protocol

from sandbox.slack.model import Json

ANSWER_SECONDS = 3.0
"""How long Slack waits for the app."""


class Parcel(StrEnum):
    """What is delivered, in the words of Socket Mode."""

    EVENT = "events_api"
    INTERACTION = "interactive"
    COMMAND = "slash_commands"


class NotAnsweredError(Exception):
    """The app did not take what was delivered; `reason` is Slack's word for why."""

    def __init__(self, reason: str, *, final: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.final = final
        """Whether the app asked not to be tried again."""


class Transport(Protocol):
    """A way to the app."""

    async def send(self, parcel: Parcel, payload: Json, attempt: int = 0, reason: str = "") -> Json:
        """Deliver, and return the app's answer: empty when it only said that it has it.

        `attempt` counts from 0; `reason` is why the one before failed. Raises NotAnsweredError.
        """
