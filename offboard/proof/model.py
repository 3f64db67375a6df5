"""What a talk is, for the proof: situations, moves, turns. Knows neither Rasa nor a database."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

CONFIRM = "confirm"
"""The question that asks for the yes."""
OFFER = "offer"
"""The question whether an offer that nobody asked for is taken."""
YES = "/affirm"
TAKE_OFFER = "/accept_offer"


@dataclass(frozen=True)
class Button:
    """A quick reply that can be pressed, and the question that was open when it was shown."""

    title: str = field(compare=False)
    payload: str
    question: str | None = None


@dataclass(frozen=True)
class Message:
    """One message of an answer."""

    text: str
    response: str | None = None
    """What domain.yml calls it."""
    buttons: tuple[Button, ...] = ()
    card: str = ""
    """Everything that its card says, if it has one."""
    card_kind: str = ""
    fault: str = ""
    """Why the gateway could not deliver it."""


@dataclass(frozen=True)
class Terms:
    """What a case holds as shown, and waits for a yes."""

    plan: str
    ends_at: str
    all: str
    """Every value, for comparing."""
    words: tuple[str, ...] = ()
    """What a card must say to have shown them."""

    def shown_by(self, message: Message) -> bool:
        """Whether a message is a card that shows these terms."""
        return message.card_kind == "terms" and all(word in message.card for word in self.words)


@dataclass(frozen=True)
class Situation:
    """Where a talk stands: all that decides how it can go on.

    Two talks in the same situation go on alike, so each situation is looked at once.
    """

    question: str | None = None
    buttons: tuple[Button, ...] = ()
    """The quick replies that count now, though they may stand under an earlier answer."""
    identified: bool = True
    locked: bool = False
    """Whether no code counts for now, after too many wrong ones or too many sent."""
    leavable: tuple[str, ...] = ("Pro",)
    """The plans that could be cancelled."""
    cancelled: tuple[tuple[str, str], ...] = ()
    """The plans that are cancelled, each with its last instant."""
    person: bool = False
    """Whether a person was asked for, so that one will answer."""
    shown: Terms | None = None
    outdated: bool = False
    """Whether something else would happen now than was shown."""
    carried: int = 0
    """How many things that came up beside the way the talk carries along; a walk has a limit."""
    rest: tuple[tuple[str, str], ...] = ()
    """Whatever else makes a difference; the checks do not look at it."""


@dataclass(frozen=True)
class History:
    """What the checks must remember of a talk beyond its situation."""

    offers: int = 0
    """Offers made so far that the customer did not ask for; counted to two."""
    refused: bool = False
    """Whether the customer has said no to one."""
    seen: bool = False
    """Whether the terms that the case holds are those of the last card the customer saw."""

    def after(
        self, before: Situation, move: "Move", answer: "Sequence[Message]", after: Situation
    ) -> "History":
        """What is to be remembered after a turn."""
        raised = before.question != OFFER and makes_offer(answer, after)
        return History(
            offers=min(self.offers + raised, 2),
            refused=self.refused or (before.question == OFFER and move.refuses),
            seen=after.shown is not None
            and (
                any(after.shown.shown_by(message) for message in answer)
                or (self.seen and before.shown == after.shown)
            ),
        )


@dataclass(frozen=True)
class Move:
    """Something that a customer may do, or that happens meanwhile."""

    name: str
    """As a report says it: `writes "yes"`."""
    label: str
    """As a drawing says it: the intent that is heard."""
    text: str | None = None
    intents: tuple[str, ...] = ()
    """What is heard in the text; none when the trained model is to hear for itself."""
    button: Button | None = None
    plain_yes: bool = False
    """Whether it can mean nothing but yes to a cancellation: judged by hand."""
    refuses: bool = False
    """Whether, to an offer, it means no."""
    drawn: bool = True
    """Whether a drawing of the dialogue shows it."""
    outside: bool = False
    """Whether it happens outside of the talk, so that nobody answers."""


def makes_offer(answer: Sequence[Message], after: Situation) -> bool:
    """Whether an answer puts an offer on the table that the customer did not ask for."""
    return after.question == OFFER and any(
        button.payload == TAKE_OFFER for message in answer for button in message.buttons
    )


@dataclass(frozen=True)
class Standing:
    """A situation, and how to go on from it."""

    situation: Situation
    memory: Any = field(default=None, compare=False, repr=False)


@dataclass(frozen=True)
class Turn:
    """What was answered to a move, and where the talk stands then."""

    answer: tuple[Message, ...] = ()
    after: Standing | None = None
    """None when the turn failed."""
    failure: str = ""

    def says(self, responses: Iterable[str]) -> bool:
        """Whether one of these responses of domain.yml is in the answer."""
        return not {message.response for message in self.answer}.isdisjoint(responses)

    @property
    def asked(self) -> str | None:
        """The words of the question that the answer ends with."""
        asking = [message.text for message in self.answer if "?" in message.text]
        return asking[-1] if asking else None


class Dialogue(Protocol):
    """What can be walked through: the real one, or one made by hand."""

    asks_to_cancel: Move
    """Wants to leave, in plain words and without a reason."""
    asks_for_person: Move
    """Wants a person, in plain words."""

    def beginnings(self) -> Sequence[tuple[str, Standing]]:
        """The talks to begin with, each with the name of its customer."""

    def moves(self, situation: Situation) -> Sequence[Move]:
        """All that a customer may do now."""

    def says_who_or_which(self, situation: Situation) -> Move | None:
        """The honest answer, if who they are or which plan they mean is asked now."""

    def take(self, standing: Standing, move: Move) -> Turn:
        """The answer to a move; the same each time."""
