"""Collects what the bot says in one turn, one object a message."""

from __future__ import annotations

from typing import Any

from rasa.core.channels.channel import OutputChannel


class AnswerCollector(OutputChannel):
    """An output channel that keeps messages for the response to the gateway.

    Its name is the customer's channel, by which Rasa picks the variation of a response.
    """

    def __init__(self, channel: str) -> None:
        self._channel = channel
        self.messages: list[dict[str, Any]] = []
        self.responses: list[str | None] = []
        """The name in domain.yml of each message; the gateway has no use for it."""

    def name(self) -> str:  # Rasa asks the instance, never the class
        """The customer's channel: web or sms."""
        return self._channel

    async def send_response(self, recipient_id: str, message: dict[str, Any]) -> None:
        """Keep a message whole: Rasa's own channels would send its parts one by one."""
        buttons = [*(message.get("buttons") or []), *(message.get("quick_replies") or [])]
        said = {
            "text": message.get("text") or "",
            "buttons": [
                {"title": button["title"], "payload": button["payload"]} for button in buttons
            ],
            "custom": message.get("custom") or {},
        }
        if any(said.values()):
            self.messages.append(said)
            self.responses.append(message.get("utter_action"))
