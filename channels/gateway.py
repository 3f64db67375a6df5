"""The gateway: owns every message between customers and whoever answers them."""

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta

import sqlalchemy as sa
import structlog
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from channels.conversations import inbox, messages, service, view
from channels.conversations.inbox import DeskReplies, Inbound, Taken
from channels.conversations.model import Author, Conversation
from channels.conversations.outgoing import Outgoing
from channels.conversations.service import Preferences
from channels.conversations.state import ConversationState
from channels.conversations.view import Mark, View
from channels.fallbacks import Fallbacks
from channels.in_thread import in_thread
from channels.listeners import Listeners
from channels.logs import describe
from channels.rasa import RasaClient
from channels.texts import WELCOME, Texts
from channels.turns import TurnRunner
from offboarding import clock
from offboarding.background.port import BackgroundEngine
from offboarding.background.service import wake_after_commit
from offboarding.database import Database
from offboarding.settings import Settings

_LOG = structlog.get_logger(__name__)

LOOK_SECONDS = 2.0
"""How often the database is asked whether another process wrote something listeners want."""

RASA_START_SECONDS = 60.0
"""How long messages left by an earlier process wait for Rasa at the start."""
RASA_LOOK_SECONDS = 0.2

_LOOKED_UP_AT_ONCE = 500


@dataclass(frozen=True)
class OpenedConversation:
    """A conversation just made, and whether its customer is known for sure."""

    conversation_id: str
    identified: bool


class Gateway:
    """Takes messages in, has them answered in order, and wakes those who follow.

    `identify(session, conversation id, token)` checks an identity token and keeps what it proves;
    `is_identified(session, conversation id)` tells whether the customer is sure now;
    `request_handoff(session, conversation id)` asks for a person and returns the request's number;
    `cancel_page_link(conversation id)` makes the address of the page that needs no assistant;
    `desk_replies` carries out the buttons that agents put into a talk, without the assistant;
    `heard_from(session, conversation id)` is told of every message, so that who talks with a
    person for an hour does not count as silent;
    `settled(session, message id)` is told of every message that has its answer now.
    """

    def __init__(
        self,
        settings: Settings,
        database: Database,
        rasa: RasaClient,
        texts: Texts,
        background: BackgroundEngine,
        *,
        identify: Callable[[Session, str, str], None],
        is_identified: Callable[[Session, str], bool],
        request_handoff: Callable[[Session, str], str],
        cancel_page_link: Callable[[str], str],
        desk_replies: DeskReplies | None = None,
        heard_from: Callable[[Session, str], None] | None = None,
        settled: Callable[[Session, str], None] = lambda _session, _message_id: None,
    ) -> None:
        self.settings = settings
        self.texts = texts
        self.listeners = Listeners()
        self.cancel_page_link = cancel_page_link
        self._database = database
        self._background = background
        self._identify = identify
        self._is_identified = is_identified
        self._request_handoff = request_handoff
        self._desk_replies = desk_replies
        self._heard_from = heard_from or (lambda _session, _conversation_id: None)
        self._runner = TurnRunner(
            database, rasa, Fallbacks(texts, self._hand_off), self.listeners.wake, settled
        )
        self._rasa = rasa
        self._loop: asyncio.AbstractEventLoop | None = None
        self._watch: asyncio.Task[None] | None = None
        self._taking_up: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin; what an earlier process left unanswered is taken up."""
        self._loop = asyncio.get_running_loop()
        self.listeners.start()
        self._watch = asyncio.create_task(self._keep_looking())
        self._taking_up = asyncio.create_task(self._take_up())

    async def stop(self, grace_seconds: float = 5.0) -> None:
        """End. Turns still running after the grace are taken up at the next start."""
        for task in (self._watch, self._taking_up):
            if task is not None:
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await task
        await self._runner.stop(grace_seconds)

    async def open_conversation(
        self, preferences: Preferences, identity_token: str | None = None, channel: str = "web"
    ) -> OpenedConversation:
        """A new conversation whose first message says who is talking.

        Raises IdentityTokenInvalidError or IdentityTokenExpiredError; then there is none.
        """
        return await in_thread(self._open, preferences, identity_token, channel)

    async def receive(self, conversation_id: str, inbound: Inbound) -> int:
        """Take a customer's message, once for its outer id; its number. The answer comes later.

        Raises UnknownConversationError, ConversationClosedError, UnknownQuickReplyError or
        TooManyWaitingError.
        """
        taken = await in_thread(self._receive, conversation_id, inbound)
        self.listeners.wake_soon(conversation_id)
        self._runner.wake(conversation_id, taken.turn)
        return taken.sequence

    def take(self, session: Session, conversation_id: str, inbound: Inbound) -> int:
        """As `receive`, within the caller's transaction; it is answered after the commit.

        May be called from any thread.
        """
        taken = inbox.receive(session, conversation_id, inbound, self._desk_replies)
        self._heard_from(session, conversation_id)
        self.wake_after_commit(session, conversation_id)
        self._answer_after_commit(session, conversation_id)
        return taken.sequence

    def open_within(self, session: Session, preferences: Preferences, channel: str) -> str:
        """As `open_conversation`, within the caller's transaction; the conversation's id."""
        conversation = service.open_conversation(session, channel, preferences)
        messages.say(session, conversation, self.texts.say(WELCOME, channel=channel))
        session.flush()
        return conversation.id

    async def look(self, conversation_id: str, after: int | None = None) -> View:
        """The conversation now, with what was said after that number (None: without).

        Raises UnknownConversationError.
        """
        return await in_thread(self.look_now, conversation_id, after)

    def look_now(self, conversation_id: str, after: int | None = None) -> View:
        """As `look`, for a thread that may wait."""
        with self._database.read() as session:
            return view.look(session, conversation_id, after, self._is_identified)

    def post_notice(
        self,
        session: Session,
        conversation_id: str,
        response_name: str,
        values: Mapping[str, str],
        dedupe_key: str,
        *,
        author: Author = Author.BOT,
    ) -> int:
        """Say a response of domain.yml in a conversation, once for its key; the message's number.

        Listeners learn of it after the commit. May be called from any thread.
        """
        conversation = service.hold(session, conversation_id)
        outgoing = self.texts.say(response_name, values, conversation.channel)
        return self._say_once(session, conversation, outgoing, dedupe_key, author)

    def say_prepared(
        self,
        session: Session,
        conversation_id: str,
        outgoing: Outgoing,
        dedupe_key: str,
        *,
        author: Author,
        author_name: str | None = None,
    ) -> int:
        """Say what a caller has put together, once for its key; the message's number.

        Listeners learn of it after the commit. May be called from any thread.
        """
        conversation = service.hold(session, conversation_id)
        return self._say_once(
            session, conversation, outgoing, dedupe_key, author, author_name=author_name
        )

    def say_as_agent(
        self, session: Session, conversation_id: str, text: str, agent_name: str, dedupe_key: str
    ) -> int:
        """Say an agent's own words to the customer, once for their key; the message's number.

        Listeners learn of it after the commit. May be called from any thread.
        """
        conversation = service.hold(session, conversation_id)
        return self._say_once(
            session,
            conversation,
            Outgoing(text=text),
            dedupe_key,
            Author.AGENT,
            author_name=agent_name,
        )

    def hand_to_assistant(
        self, session: Session, conversation_id: str, sequence: int, intent: str, outer_id: str
    ) -> None:
        """Have the assistant go on after the message `sequence`, once for the outer id.

        It takes the message for `intent`, whatever it says. It begins after the commit. May be
        called from any thread.
        """
        conversation = service.hold(session, conversation_id)
        if not inbox.prompt(session, conversation, sequence, intent, outer_id):
            return
        self._answer_after_commit(session, conversation_id)

    def change_state(
        self, session: Session, conversation_id: str, state: ConversationState
    ) -> None:
        """Give the conversation to the assistant, to a person, or close it.

        Raises ConversationStateError where the transition table has no way.
        """
        if service.move(session, conversation_id, state):
            self.wake_after_commit(session, conversation_id)

    def _say_once(
        self,
        session: Session,
        conversation: Conversation,
        outgoing: Outgoing,
        dedupe_key: str,
        author: Author,
        *,
        author_name: str | None = None,
    ) -> int:
        known = messages.already_said(session, dedupe_key)
        if known is not None:
            return known
        sequence = messages.say(
            session,
            conversation,
            outgoing,
            author=author,
            author_name=author_name,
            dedupe_key=dedupe_key,
        )
        session.flush()
        self.wake_after_commit(session, conversation.id)
        return sequence

    def _open(
        self, preferences: Preferences, identity_token: str | None, channel: str
    ) -> OpenedConversation:
        with self._database.write() as session:
            conversation_id = self.open_within(session, preferences, channel)
            if identity_token is not None:
                self._identify(session, conversation_id, identity_token)
            identified = self._is_identified(session, conversation_id)
        return OpenedConversation(conversation_id, identified)

    def _receive(self, conversation_id: str, inbound: Inbound) -> Taken:
        try:
            with self._database.write() as session:
                wake_after_commit(session, self._background)
                taken = inbox.receive(session, conversation_id, inbound, self._desk_replies)
                self._heard_from(session, conversation_id)
                return taken
        except IntegrityError:
            # The same outer id came in twice at once and the other one was first.
            with self._database.read() as session:
                known = inbox.find(session, inbound.channel, inbound.outer_id)
            if known is None:
                raise
            return Taken(known)

    def _hand_off(self, session: Session, conversation_id: str) -> str:
        """Ask for a person; the mail about it goes out as soon as this is committed."""
        wake_after_commit(session, self._background)
        return self._request_handoff(session, conversation_id)

    def wake_after_commit(self, session: Session, conversation_id: str) -> None:
        """Have listeners look, once this is committed. May be called from any thread."""
        sa.event.listen(
            session,
            "after_commit",
            lambda _session: self.listeners.wake(conversation_id),
            once=True,
        )

    def _answer_after_commit(self, session: Session, conversation_id: str) -> None:
        loop = self._loop
        if loop is not None:  # without one, the next look finds it
            sa.event.listen(
                session,
                "after_commit",
                lambda _session: loop.call_soon_threadsafe(self._runner.wake, conversation_id),
                once=True,
            )

    def _unanswered(self, older_than: timedelta) -> list[str]:
        with self._database.read() as session:
            return list(inbox.unanswered_conversations(session, clock.now() - older_than))

    async def _take_up(self) -> None:
        """Answer what an earlier process left unanswered, once Rasa can.

        Both are started together, and Rasa takes longer; asked at once, it would be missed. Where
        it does not come, those who wait get the honest sentence.
        """
        with suppress(TimeoutError):
            async with asyncio.timeout(RASA_START_SECONDS):
                while await self._rasa.model() is None:  # noqa: ASYNC110 (it is asked over HTTP)
                    await asyncio.sleep(RASA_LOOK_SECONDS)
        self._runner.wake_all(await in_thread(self._unanswered, timedelta(0)))

    async def _keep_looking(self) -> None:
        """Notice what other processes wrote, and take over what one of them left unanswered."""
        seen: dict[str, Mark] = {}
        patience = timedelta(seconds=2 * self.settings.rasa_timeout_seconds + 10)
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            try:
                seen = await self._wake_changed(seen)
                self._runner.wake_all(await in_thread(self._unanswered, patience))
            except Exception as error:  # noqa: BLE001 (it is looked again in a moment)
                _LOG.warning("look_failed", **describe(error))

    async def _wake_changed(self, seen: dict[str, Mark]) -> dict[str, Mark]:
        listened = self.listeners.listened()
        present = await in_thread(self._marks, listened) if listened else {}
        for conversation_id, mark in present.items():
            if seen.get(conversation_id) != mark:
                self.listeners.wake(conversation_id)
        return present

    def _marks(self, conversation_ids: tuple[str, ...]) -> dict[str, Mark]:
        found: dict[str, Mark] = {}
        with self._database.read() as session:
            for start in range(0, len(conversation_ids), _LOOKED_UP_AT_ONCE):
                some = conversation_ids[start : start + _LOOKED_UP_AT_ONCE]
                found |= view.marks(session, some)
        return found
