"""Sends by SMS what waits: in order for each phone, once, over 429s, outages and crashes.

Twilio knows no idempotency key. A text is marked as begun before the call and gets Twilio's number
after it; one whose outcome is unknown is looked for among what Twilio has for that phone before it
is sent again.
"""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from datetime import timedelta

import aiohttp
import structlog
from twilio.base.exceptions import TwilioException, TwilioRestException
from twilio.rest import Client
from twilio.rest.api.v2010.account.message import MessageInstance

from channels.in_thread import in_thread
from channels.logs import describe
from channels.sms.connection import TwilioConnection
from channels.sms.pacing import Pacing
from channels.sms.pending import Begun, Pending, TooLate
from channels.sms.refusals import Refusal, refusal_of
from channels.sms.timing import Timing

_LOG = structlog.get_logger(__name__)

LOOK_SECONDS = 1.0
"""How often is looked for what other processes or background tasks put into the outbox."""
LATEST = 100
"""So many of the phone's latest texts are looked through for one whose outcome is unknown."""
Told = tuple[str, str, int | None]
_SKEW = timedelta(minutes=5)
"""Twilio's clock and ours may differ by so much."""


class Outbox:
    """One task for each line with something to send."""

    def __init__(
        self,
        connection: TwilioConnection,
        pending: Pending,
        timing: Timing,
        segments_per_second: float,
    ) -> None:
        self._connection = connection
        self._pending = pending
        self._timing = timing
        self._pacing = Pacing(segments_per_second)
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._woken = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._running: Sequence[asyncio.Task[None]] = ()
        self._client: Client | None = None

    def start(self) -> None:
        """Begin, in the event loop that runs now; what an earlier process left is taken up."""
        self._loop = asyncio.get_running_loop()
        self._client = self._connection.client()
        self._running = (
            asyncio.create_task(self._keep_looking()),
            asyncio.create_task(self._keep_asking()),
        )

    async def stop(self) -> None:
        """End. What is being sent is looked for at the next start."""
        tasks = [*self._tasks.values(), *self._running]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self._client is not None:
            await self._client.http_client.close()

    def wake(self) -> None:
        """Look now. May be called from any thread."""
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._woken.set)

    async def _keep_looking(self) -> None:
        while True:
            self._woken.clear()
            try:
                for line_id, sender in await in_thread(self._pending.lines):
                    if line_id not in self._tasks:
                        task = asyncio.create_task(self._drain(line_id, sender))
                        self._tasks[line_id] = task
            except Exception as error:  # noqa: BLE001 (it is looked again in a moment)
                _LOG.warning("sms_outbox_look_failed", **describe(error))
            with suppress(TimeoutError):
                async with asyncio.timeout(LOOK_SECONDS):
                    await self._woken.wait()

    async def _drain(self, line_id: str, sender: str) -> None:
        try:
            while True:
                async with self._pacing.turn(sender) as turn:
                    begun = await in_thread(self._pending.begin, line_id)
                    if begun is None:
                        break
                    if isinstance(begun, TooLate):
                        continue
                    turn.takes(begun.segments)
                await self._send(begun)
            self._woken.set()  # something may have come while this task was about to end
        except Exception as error:  # noqa: BLE001 (the look begins a new task)
            _LOG.error("sms_outbox_failed", **describe(error))
        finally:
            del self._tasks[line_id]

    async def _send(self, begun: Begun) -> None:
        try:
            handed_over = await self._handed_over(begun)
        except asyncio.CancelledError:
            # We end: whoever comes next looks for it, and need not take it for lost first.
            self._pending.put_off(begun, self._timing.look_after_seconds, unsure=True)
            raise
        except TwilioRestException as error:
            return await self._refused(begun, error)
        except (TimeoutError, OSError, TwilioException, aiohttp.ClientError, ValueError) as error:
            _LOG.warning("twilio_unreachable", **describe(error))
            return await self._later(begun, unsure=True)
        if handed_over is None:
            return await in_thread(self._pending.leave, begun)
        return await in_thread(self._pending.heard, begun.position, *handed_over)

    async def _handed_over(self, begun: Begun) -> Told | None:
        """What Twilio has: by this call or by an earlier one. None where it may not go any more."""
        assert self._client is not None  # noqa: S101 (`start` made it)
        if begun.unsure:
            found = await self._left_there(self._client, begun)
            if found is not None:
                return found
        if begun.too_late:
            return None
        service = begun.sender.startswith("MG")
        message = await self._client.messages.create_async(
            to=begun.number,
            body=begun.body,
            status_callback=self._connection.status_url(begun.position),
            **({"messaging_service_sid" if service else "from_": begun.sender}),
        )
        return _told(message)

    async def _left_there(self, client: Client, begun: Begun) -> Told | None:
        """The text, where an earlier call brought it to Twilio after all."""
        known = await in_thread(self._pending.known_sids, begun.number)
        since = begun.created_at - _SKEW
        for message in await client.messages.list_async(to=begun.number, limit=LATEST):
            if (
                # A trial account puts a line of its own before each text.
                str(message.body).endswith(begun.body)
                and message.sid not in known
                and begun.sender in {message.from_, message.messaging_service_sid}
                and str(message.direction).startswith("outbound")
                and (message.date_created is None or message.date_created >= since)
            ):
                return _told(message)
        return None

    async def _refused(self, begun: Begun, error: TwilioRestException) -> None:
        refusal = refusal_of(error.status, error.code)
        if refusal is Refusal.OPTED_OUT:
            return await in_thread(self._pending.opted_out, begun)
        _LOG.warning("twilio_refused", status=error.status, code=error.code)
        match refusal:
            case Refusal.LIMITED:
                # The limit is the sender's, or the account's: nobody's texts get through now.
                self._pacing.pause(begun.sender, self._pause(begun))
                return await self._later(begun, unsure=False)
            case Refusal.AWAY:
                return await self._later(begun, unsure=False)
            case Refusal.UNKNOWN:
                return await self._later(begun, unsure=True)
            case _:
                return await in_thread(self._pending.refused, begun, error.code)

    async def _later(self, begun: Begun, *, unsure: bool) -> None:
        """It is tried again, after a while that grows.

        Where the outcome is unknown, not before Twilio can be expected to list what it has taken.
        """
        pause = self._pause(begun)
        if unsure:
            pause = max(pause, self._timing.look_after_seconds)
        await in_thread(self._pending.put_off, begun, pause, unsure=unsure)

    def _pause(self, begun: Begun) -> float:
        pause: float = self._timing.pause_seconds * 2 ** min(begun.attempts - 1, 6)
        return min(pause, self._timing.longest_pause_seconds)

    async def _keep_asking(self) -> None:
        """Ask what became of texts whose callback is missing."""
        while True:
            await asyncio.sleep(self._timing.ask_seconds)
            try:
                for text in await in_thread(self._pending.silent):
                    await self._ask(text.position, text.message_sid)
            except Exception as error:  # noqa: BLE001 (it is asked again)
                _LOG.warning("twilio_not_asked", **describe(error))

    async def _ask(self, position: int, message_sid: str) -> None:
        assert self._client is not None  # noqa: S101 (`start` made it)
        message = await self._client.messages(message_sid).fetch_async()
        await in_thread(self._pending.heard, position, *_told(message))


def _told(message: MessageInstance) -> Told:
    """Twilio's number of a text, how far it is, and the error it ended with."""
    return (
        str(message.sid),
        str(message.status),
        int(message.error_code) if message.error_code else None,
    )
