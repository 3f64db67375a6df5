"""What an action is, and what all of them work with."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

from actions.turn import Turn
from offboarding.background.port import BackgroundEngine
from offboarding.database import Database
from offboarding.policies.store import Policies
from offboarding.settings import Settings


@dataclass(frozen=True)
class ActionContext:
    """What actions work with."""

    settings: Settings
    database: Database
    policies: Policies
    background: BackgroundEngine
    phrase: Callable[[str], str]
    """A response of domain.yml that is a few words within a sentence or on a button."""


class ConversationAction:
    """Parent of every action: says its name, does its work in `act` (actions/running.py)."""

    action_name: ClassVar[str]
    comes_to_nothing: ClassVar[bool] = False
    """Whether it answers a message that could not be used; twice in a row, a person is offered."""
    takes_all_words: ClassVar[bool] = False
    """Whether the whole message is the answer to a question, and nothing else is asked in it."""

    follows_response: ClassVar[bool] = False
    """Whether its rule has said something already, so that it may add nothing."""

    of_the_house: ClassVar[bool] = False
    """Whether it answers no words of the customer's, but what happened in the house."""

    def act(self, turn: Turn) -> None:
        """Answer the message."""
        raise NotImplementedError
