"""Texts whose webhook reached nobody: Twilio has them, and is asked for them.

By default Twilio tries a webhook once more where nobody answers, and never where the answer is an
error. So what came in while we were away is looked up at the start, and every minute.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

import structlog
from pydantic import ValidationError
from twilio.rest import Client
from twilio.rest.api.v2010.account.message import MessageInstance

from channels.logs import describe
from channels.sms.received import ReceivedText
from offboarding import clock

_LOG = structlog.get_logger(__name__)

MISSED_AFTER = timedelta(seconds=60)
"""By then its webhook has come, which tells more, or it never does: Twilio waits for 15 seconds."""
LOOKED_BACK = timedelta(hours=1)
"""What is older would be answered out of the blue."""
MOST = 500


class CatchingUp:
    """Looks for texts to `sender`, a number, and hands on those not known yet.

    `take(text)` takes each in once, so that one whose webhook comes after all does no harm.
    """

    def __init__(
        self,
        client: Client,
        sender: str,
        take: Callable[[ReceivedText], Awaitable[None]],
        seconds: float,
    ) -> None:
        self._client = client
        self._sender = sender
        self._take = take
        self._seconds = seconds

    async def keep_looking(self) -> None:
        """Look now, and again and again."""
        while True:
            try:
                await self._look()
            except Exception as error:  # noqa: BLE001 (it is looked again)
                _LOG.warning("sms_not_caught_up", **describe(error))
            await asyncio.sleep(self._seconds)

    async def _look(self) -> None:
        since, until = clock.now() - LOOKED_BACK, clock.now() - MISSED_AFTER
        found = await self._client.messages.list_async(
            to=self._sender, date_sent_after=since, limit=MOST
        )
        for message in reversed(found):  # the latest comes first
            if message.direction == "inbound" and since <= _moment(message) <= until:
                text = _text(message)
                if text is not None:
                    await self._take(text)


def _text(message: MessageInstance) -> ReceivedText | None:
    fields = {
        "MessageSid": message.sid,
        "From": message.from_,
        "To": message.to,
        "Body": message.body or "",
        "NumMedia": message.num_media or 0,
        "written_at": _moment(message),
    }
    try:
        return ReceivedText.model_validate(fields)
    except ValidationError:
        return None  # its webhook was no text either


def _moment(message: MessageInstance) -> datetime:
    moment = message.date_created or message.date_sent
    return moment if isinstance(moment, datetime) else clock.now()
