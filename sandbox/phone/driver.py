"""A phone in somebody's hand, for tests and for the page: each step one call."""

from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from sandbox.phone.delivery.inbound import Inbound
from sandbox.phone.delivery.tasks import Tasks
from sandbox.phone.errors import DriverError
from sandbox.phone.network.exchange import Exchange
from sandbox.phone.network.model import Line, Status, Text
from sandbox.slack.team.changes import LIMIT_SECONDS

Found = TypeVar("Found")
STRANGER = "+12025550199"
"""A phone whose number no customer has on file."""
LONGEST = 1600


class Phone:
    """`number` is whose phone it is, in E.164. To be used in the stand-in's event loop."""

    def __init__(self, exchange: Exchange, inbound: Inbound, tasks: Tasks, line: Line) -> None:
        self._exchange = exchange
        self._inbound = inbound
        self._tasks = tasks
        self._line = line

    async def text(
        self,
        body: str,
        number: str = STRANGER,
        *,
        media: Sequence[tuple[str, str]] = (),
        more: Mapping[str, str] | None = None,
    ) -> Text:
        """Write to the company; returns when Twilio has it, and the application gets it then.

        `media` are address and content type of pictures, `more` parameters that only some networks
        send. Raises DriverError where a phone would not send it.
        """
        if not body.strip() and not media:
            raise DriverError("Write something first.")
        if len(body) > LONGEST:
            raise DriverError(f"A text has {LONGEST} characters at most.")
        return self._inbound.receive(number, body, media, more)

    def messages_to(self, number: str = STRANGER) -> list[Text]:
        """What the application sent to this phone, in order, whatever became of it."""
        return [
            text
            for text in self._exchange.on_phone(number)
            if not text.inbound and not text.automatic
        ]

    def shown(self, number: str = STRANGER) -> list[Text]:
        """Everything on the phone's screen: what was written on it, and what has arrived."""
        return [
            text
            for text in self._exchange.on_phone(number)
            if (text.inbound and not text.repeats) or text.status is Status.DELIVERED
        ]

    def blocked(self, number: str = STRANGER) -> bool:
        """Whether Twilio lets no text of ours to this phone."""
        return self._exchange.blocked(number, self._line.scope) is not None

    async def received(
        self, count: int = 1, number: str = STRANGER, seconds: float = LIMIT_SECONDS
    ) -> list[Text]:
        """Wait until so many texts of the application have arrived here, and return all of them.

        Raises TimeoutError.
        """

        def arrived() -> list[Text]:
            texts = [each for each in self.messages_to(number) if each.status is Status.DELIVERED]
            return texts if len(texts) >= count else []

        return await self.until(arrived, seconds)

    async def until(self, predicate: Callable[[], Found], seconds: float = LIMIT_SECONDS) -> Found:
        """Wait until this is true of texts and phones, and return it. Raises TimeoutError."""
        return await self._exchange.changes.until(predicate, seconds)

    async def settled(self, seconds: float = LIMIT_SECONDS) -> None:
        """Wait until no text and no report is on its way. Raises TimeoutError."""
        await self.until(lambda: self._tasks.idle, seconds)
