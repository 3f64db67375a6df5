"""What the web API takes and gives, as its documentation shows it."""

from datetime import datetime
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator, model_validator

from channels.conversations.card import Card
from channels.conversations.cleaning import cleaned
from channels.conversations.messages import ShownMessage
from channels.conversations.model import Author
from channels.conversations.service import Preferences, known_time_zone
from channels.conversations.state import ConversationState

_LOCALE = r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}$"


def _cleaned_text(value: Any) -> Any:
    # Before pydantic looks: it refuses the lone surrogates that cleaning removes.
    return cleaned(value) if isinstance(value, str) else value


class NewConversation(BaseModel):
    """Who wants to talk, as far as the company's page and the browser say."""

    identity_token: Annotated[str, Field(max_length=8_000)] | None = Field(
        None, description="Signed by the company's website; says who its customer is."
    )
    locale: str | None = Field(None, examples=["en-GB"])
    time_zone: str | None = Field(None, examples=["Europe/Berlin"])

    @property
    def preferences(self) -> Preferences:
        """The browser's wishes; one that is unknown here is no reason to refuse a talk."""
        time_zone = self.time_zone if self.time_zone and len(self.time_zone) <= 64 else None
        return Preferences(
            locale=_Locale.read(self.locale),
            time_zone=known_time_zone(time_zone) if time_zone else None,
        )


class _Locale(BaseModel):
    name: Annotated[str, Field(pattern=_LOCALE)]

    @classmethod
    def read(cls, name: str | None) -> str | None:
        try:
            return cls(name=name or "").name
        except ValueError:
            return None


class OpenedConversation(BaseModel):
    """A new conversation and the token that opens it, and it alone."""

    conversation_id: str
    session_token: str
    identified: bool


class ConversationStatus(BaseModel):
    """Who answers now, and how far the talk is."""

    conversation_id: str
    state: ConversationState
    identified: bool
    last_sequence: int = Field(description="The number of the newest message.")


class NewMessage(BaseModel):
    """Exactly one of: the customer's own words, a button of the bot's, a wish for a person."""

    model_config = ConfigDict(extra="forbid")

    text: Annotated[str, BeforeValidator(_cleaned_text)] | None = Field(
        None, description="1 to 5,000 characters, counted after control characters are removed."
    )
    quick_reply: str | None = Field(None, description="The id of a quick reply of a bot message.")
    command: Literal["talk_to_person"] | None = None

    @model_validator(mode="after")
    def _exactly_one(self) -> Self:
        if sum(value is not None for value in (self.text, self.quick_reply, self.command)) != 1:
            raise ValueError("give exactly one of text, quick_reply and command")
        return self


class TakenMessage(BaseModel):
    """The message was taken and has this number; the answer comes as an event."""

    sequence: int


class CancelPage(BaseModel):
    """A page to cancel on that needs no assistant; opens once, within five minutes."""

    url: str


class QuickReply(BaseModel):
    """A button: live only while no later bot message has any."""

    id: str
    title: str


class Message(BaseModel):
    """One message, as the event `message` carries it."""

    model_config = ConfigDict(from_attributes=True)

    sequence: int
    author: Author
    author_name: str | None = Field(None, description="An agent's name.")
    text: str = Field(description="May be empty only beside a card.")
    created_at: datetime
    client_key: str | None = Field(description="The Idempotency-Key of a customer's message.")
    quick_replies: list[QuickReply]
    card: Card | None

    @field_validator("quick_replies", mode="before")
    @classmethod
    def _plain(cls, replies: Any) -> Any:
        return [
            reply if isinstance(reply, dict) else {"id": reply.id, "title": reply.title}
            for reply in replies
        ]

    @classmethod
    def of(cls, message: ShownMessage) -> Self:
        """The message as the customer's side gets it."""
        return cls.model_validate(message)


class Problem(BaseModel):
    """What went wrong: `type` for programs, `detail` for the person (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str
