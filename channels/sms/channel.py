"""The SMS channel, put together: started and ended with the application."""

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress

import structlog
from sqlalchemy.orm import Session
from twilio.rest import Client

from channels.gateway import Gateway
from channels.in_thread import in_thread
from channels.logs import describe
from channels.sms.catching_up import CatchingUp
from channels.sms.clean_up import CLEAN_UP, clean_up, schedule_clean_up
from channels.sms.connection import TwilioConnection
from channels.sms.following import behind, follow
from channels.sms.joining import join
from channels.sms.lines import hold_line, line_of, put_out
from channels.sms.model import SmsLine
from channels.sms.new_numbers import NewNumbers
from channels.sms.outbox import Outbox
from channels.sms.pending import Pending
from channels.sms.received import ReceivedText
from channels.sms.receiving import CHANNEL, RESPONSES, Receiving
from channels.sms.switching import line_in
from channels.sms.timing import USUAL, Timing
from channels.texts import Texts
from offboarding import clock
from offboarding.background.port import BackgroundEngine, Handler
from offboarding.background.service import wake_after_commit
from offboarding.billing.choice import billing_within
from offboarding.database import Database
from offboarding.handoffs import service as handoffs
from offboarding.handoffs.causes import HandOffCause
from offboarding.identity.model import CodeChallenge
from offboarding.identity.service import CODE_MINUTES, code_for
from offboarding.policies.routing import RoutingPolicy
from offboarding.policies.rules import RetentionPolicy
from offboarding.settings import Settings

_LOG = structlog.get_logger(__name__)

CODE = "utter_sms_code"
REQUIRED = (*RESPONSES, CODE)
"""The responses of domain.yml that the channel cannot be without."""
TellWhoAnswers = Callable[[Session, str, str], None]
"""`channels.desk.who_answers.tell_who_answers`, given the session, the conversation's id and the
occasion."""

LOOK_SECONDS = 2.0
"""How often is looked for what other processes said to somebody who is answered by SMS."""


class SmsChannel:
    """Takes texts in, follows the conversations, and sends what is said in them.

    It needs Twilio only to send: while Twilio is away what is to be said waits. `tell_who_answers`
    is called when a phone's talk has become one with a conversation on the website.
    """

    def __init__(
        self,
        connection: TwilioConnection,
        settings: Settings,
        database: Database,
        gateway: Gateway,
        background: BackgroundEngine,
        *,
        tell_who_answers: TellWhoAnswers,
        timing: Timing = USUAL,
    ) -> None:
        self.connection = connection
        self._settings = settings
        self._background = background
        self._database = database
        self._gateway = gateway
        self._tell_who_answers = tell_who_answers
        cancel_page = {"cancel_url": f"{connection.public_url}/cancel"}
        self._receiving = Receiving(
            database,
            gateway,
            background,
            lambda response: gateway.texts.say(response, cancel_page, CHANNEL).text,
            NewNumbers(settings.sms_new_numbers_per_minute),
        )
        self._pending = Pending(database, background, timing.stale)
        self._outbox = Outbox(connection, self._pending, timing, settings.sms_segments_per_second)
        self._news = asyncio.Event()
        self._timing = timing
        self._noted: set[str] = set()
        self._client: Client | None = None
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Begin, in the event loop that runs now."""
        await in_thread(self._see_to_clean_up)
        self._outbox.start()
        self._gateway.listeners.watch(self._note)
        self._tasks = [asyncio.create_task(self._keep_following())]
        sender = self.connection.sender
        if not sender.startswith("MG"):  # a service's numbers are known to Twilio alone
            self._client = self.connection.client()
            seconds = self._timing.catch_up_seconds
            catching_up = CatchingUp(self._client, sender, self.receive, seconds)
            self._tasks.append(asyncio.create_task(catching_up.keep_looking()))

    async def stop(self) -> None:
        """End; what is left is taken up at the next start."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._client is not None:
            await self._client.http_client.close()
        await self._outbox.stop()

    async def receive(self, text: ReceivedText) -> None:
        """Take in what a customer wrote, once."""
        if await in_thread(self._receiving.take, text):
            self._news.set()
            self._outbox.wake()

    def heard(self, position: int, message_sid: str, status: str, error_code: int | None) -> None:
        """Twilio told what became of a text. Blocks."""
        self._pending.heard(position, message_sid, status, error_code)

    def _see_to_clean_up(self) -> None:
        with self._database.write() as session:
            schedule_clean_up(session)

    def _note(self, conversation_id: str) -> None:
        """There is something new in a conversation, of which this process knows."""
        self._noted.add(conversation_id)
        self._news.set()

    async def _keep_following(self) -> None:
        looked_at_all = float("-inf")
        while True:
            self._news.clear()
            noted, self._noted = self._noted, set()
            moment = time.monotonic()
            everything = moment - looked_at_all >= LOOK_SECONDS
            looked_at_all = moment if everything else looked_at_all
            try:
                if await in_thread(self._follow_some, None if everything else noted):
                    self._outbox.wake()
            except Exception as error:  # noqa: BLE001 (all are looked at again in a moment)
                _LOG.warning("sms_look_failed", **describe(error))
            with suppress(TimeoutError):
                async with asyncio.timeout(LOOK_SECONDS):
                    await self._news.wait()

    def _follow_some(self, conversations: set[str] | None) -> bool:
        with self._database.read() as session:
            lines = behind(session, conversations)
        followed = False
        for line_id in lines:
            try:
                followed |= self._follow(line_id)
            except Exception as error:  # noqa: BLE001 (the other lines must not wait for it)
                _LOG.error("sms_line_not_followed", line=line_id, **describe(error))
        return followed

    def _follow(self, line_id: str) -> bool:
        with self._database.write() as session:
            wake_after_commit(session, self._background)
            line = session.get_one(SmsLine, line_id, with_for_update=True)
            by_text = line.conversation_id or ""
            if join(session, line, self._settings):
                joined = line.conversation_id or ""
                self._gateway.wake_after_commit(session, joined)
                # A person may answer there, which the phone was never told.
                self._tell_who_answers(session, joined, by_text)
            return follow(session, line, self.connection.public_url)


def handlers(
    settings: Settings,
    database: Database,
    background: BackgroundEngine,
    texts: Texts,
    desk: Callable[[], RoutingPolicy | None],
    *,
    retention: Callable[[], RetentionPolicy],
) -> dict[str, Handler]:
    """The handlers of every `sms.…` task. `desk` says who takes hand-offs, None without a desk."""

    def identity_code(challenge_id: str) -> None:
        """The code goes to the phone and nowhere else: neither the talk nor the desk has it."""
        with database.write() as session:
            challenge = session.get(CodeChallenge, challenge_id)
            if challenge is None or challenge.used_at or challenge.expires_at <= clock.now():
                return
            found = line_of(session, challenge.conversation_id)
            if found is None or found.number != challenge.phone:
                return
            line = hold_line(session, found.number, found.sender)
            values = {"code": code_for(challenge.id, settings), "code_minutes": str(CODE_MINUTES)}
            body = texts.say(CODE, values, CHANNEL).text
            lasts = challenge.expires_at - clock.now()
            put_out(session, line, body, f"code:{challenge.id}", good_for=lasts)

    def nobody_to_mail(occasion: str) -> None:
        """They can't be texted and no address is known: a person sees it, and the number."""
        with database.write() as session:
            line = session.get(SmsLine, line_in(occasion))
            if line is None or line.conversation_id is None:
                return
            wake_after_commit(session, background)
            hand_off = handoffs.request(
                session,
                line.conversation_id,
                "assistant",
                cause=HandOffCause.TEXTS_BLOCKED,
                desk=desk(),
                billing=billing_within(settings)(session),
            )
            word = f", wrote {line.opt_out_word}" if line.opt_out_word else ""
            handoffs.add_note(session, hand_off, f"Phone: {line.number}{word}")

    return {
        "sms.identity_code": identity_code,
        "sms.nobody_to_mail": nobody_to_mail,
        CLEAN_UP: lambda _day: clean_up(database, retention),
    }
