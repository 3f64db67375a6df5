"""Texts to phones: how each comes along, and what the application is told of it.

Statuses and reports: twilio.com/docs/messaging/guides/outbound-message-status-in-status-callbacks.
"""

import asyncio

from sandbox.phone.delivery.tasks import Tasks
from sandbox.phone.delivery.webhooks import NO_CONNECTION, NotTakenError, Webhooks
from sandbox.phone.faults import NEVER_SENT, Fate, Faults
from sandbox.phone.network.exchange import Exchange
from sandbox.phone.network.model import API_VERSION, Status, Text


class Outbound:
    """Takes every text to its phone, or to where it fails. Reports of one text come in order."""

    def __init__(
        self,
        exchange: Exchange,
        webhooks: Webhooks,
        *,
        faults: Faults,
        tasks: Tasks,
        account_sid: str,
        step_seconds: float,
    ) -> None:
        self._exchange = exchange
        self._webhooks = webhooks
        self._faults = faults
        self._tasks = tasks
        self._account_sid = account_sid
        self._step_seconds = step_seconds

    def take(self, text: Text, turn: float = 0.0) -> None:
        """Let a text that was just taken go its way; it may be sent in `turn` seconds."""
        fate = Fate() if text.automatic else self._faults.fate(text.phone)
        self._tasks.begin(self._go(text, fate, turn, _Reports(self, text, fate)))

    def resume(self) -> None:
        """Let those go on that were on their way when the last process ended."""
        for text in self._exchange.texts:
            if text.inbound and text.problem is None:
                self._exchange.note_problem(text, NO_CONNECTION)
            elif not text.settled:
                self._tasks.begin(self._go(text, Fate(), 0.0, _Reports(self, text, Fate())))

    async def report(self, text: Text, parameters: dict[str, str]) -> None:
        """Tell the application once; whether it listens changes nothing."""
        try:
            await self._webhooks.post(text.callback, parameters)
        except NotTakenError:
            return

    def parameters(self, text: Text) -> dict[str, str]:
        """What a report says of a text as it is now."""
        said = {
            "AccountSid": self._account_sid,
            "ApiVersion": API_VERSION,
            "From": text.sender,
            "MessageSid": text.sid,
            "MessageStatus": text.status.value,
            "SmsSid": text.sid,
            "SmsStatus": text.status.value,
            "To": text.phone,
        }
        if text.service_sid is not None:
            said["MessagingServiceSid"] = text.service_sid
        if text.error_code is not None:
            said["ErrorCode"] = str(text.error_code)
        return said

    def begin_reports(self, reports: "_Reports") -> None:
        """Send what is to be told, beside everything else."""
        self._tasks.begin(reports.send())

    async def _go(self, text: Text, fate: Fate, turn: float, reports: "_Reports") -> None:
        reports.add()
        for status in _way(text.status, fate):
            if status is Status.SENDING:
                await self._faults.pause(turn)
            await asyncio.sleep(self._step_seconds)
            if not self._exchange.has(text):
                return
            lost = status is Status.UNDELIVERED
            self._exchange.move(text, status, fate.error_code if lost else None)
            reports.add()
        reports.finish()


class _Reports:
    """The reports of one text, sent one after another while it goes on."""

    def __init__(self, outbound: Outbound, text: Text, fate: Fate) -> None:
        self._outbound = outbound
        self._text = text
        self._fate = fate
        self._waiting: list[dict[str, str]] = []
        self._sending = False

    def add(self) -> None:
        """Tell what the text is now."""
        if not self._text.callback or self._fate.callbacks == 0:
            return
        self._waiting.append(self._outbound.parameters(self._text))
        if not self._fate.backwards:
            self._begin()

    def finish(self) -> None:
        """Nothing more becomes of the text."""
        if self._fate.backwards:
            self._waiting.reverse()
            self._begin()

    async def send(self) -> None:
        """Send what waits, until nothing does."""
        while self._waiting:
            parameters = self._waiting.pop(0)
            for _ in range(self._fate.callbacks):
                await self._outbound.report(self._text, parameters)
        self._sending = False

    def _begin(self) -> None:
        if self._waiting and not self._sending:
            self._sending = True
            self._outbound.begin_reports(self)


def _way(status: Status, fate: Fate) -> list[Status]:
    """What is still to come for a text that is `status`."""
    end = Status.DELIVERED if fate.error_code is None else Status.UNDELIVERED
    way = [Status.ACCEPTED, Status.QUEUED, Status.SENDING, Status.SENT, end]
    if fate.error_code in NEVER_SENT:
        way.remove(Status.SENT)
    return way[way.index(status) + 1 :]
