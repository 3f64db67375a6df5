"""What is said when the assistant cannot answer: the truth, and the ways on without it."""

from collections.abc import Callable
from typing import Any

from sqlalchemy.orm import Session

from channels.conversations.inbox import PendingTurn
from channels.conversations.outgoing import Button, Outgoing
from channels.texts import (
    ANSWER_INTERRUPTED,
    ASSISTANT_UNAVAILABLE,
    CANCEL_PAGE_LABEL,
    HANDOFF_RECORDED,
    TALK_TO_PERSON_LABEL,
    Texts,
)

PERSON_INTENT = "human"
"""The intent of a customer who wants a person."""

CANCEL_PAGE_CARD = "cancel_page"
"""The kind of the card that leads to the cancel page. Its link is made anew whenever it is shown:
it opens the page for this customer and is short-lived, so it is never kept."""


class Fallbacks:
    """Answers for turns that Rasa did not answer.

    `request_handoff` asks the business for a person within the transaction and returns the
    hand-off's number.
    """

    def __init__(self, texts: Texts, request_handoff: Callable[[Session, str], str]) -> None:
        self._texts = texts
        self._request_handoff = request_handoff

    def without_rasa(self, session: Session, turn: PendingTurn) -> Outgoing:
        """What to say while Rasa is away; a wish for a person is granted without it."""
        if turn.intent is not None and turn.intent.name == PERSON_INTENT:
            number = self._request_handoff(session, turn.conversation_id)
            values = {"handoff_number": number, "number": number}
            return self._texts.say(HANDOFF_RECORDED, values, turn.channel)
        return self._with_ways_on(self._texts.say(ASSISTANT_UNAVAILABLE, channel=turn.channel))

    def interrupted(self, turn: PendingTurn) -> Outgoing:
        """What to say when the answer was lost on our side."""
        return self._with_ways_on(self._texts.say(ANSWER_INTERRUPTED, channel=turn.channel))

    def _with_ways_on(self, outgoing: Outgoing) -> Outgoing:
        person = f"/{PERSON_INTENT}"
        buttons = outgoing.buttons
        if all(button.payload != person for button in buttons):
            buttons = (*buttons, Button(self._texts.label(TALK_TO_PERSON_LABEL), person))
        title = self._texts.label(CANCEL_PAGE_LABEL)
        card: dict[str, Any] = {
            "kind": CANCEL_PAGE_CARD,
            "title": title,
            "rows": [],
            "links": [],
            "note": None,
        }
        return Outgoing(text=outgoing.text, buttons=buttons, card=card)
