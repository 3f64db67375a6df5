"""The desk in Slack, put together: started and ended with the application."""

import asyncio
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

import structlog
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient
from sqlalchemy.orm import Session

from channels.desk.service import Desk, hand_off_in_charge
from channels.gateway import Gateway
from channels.in_thread import in_thread
from channels.logs import describe
from channels.slack.acting import Acting
from channels.slack.app import Listening, Workspace, bolt_app
from channels.slack.asking import Asking
from channels.slack.attending import Attending
from channels.slack.buttons import CardButtons
from channels.slack.changes import Changes
from channels.slack.commands import Commands
from channels.slack.connection import SlackConnection
from channels.slack.departures import Departures, by_kind
from channels.slack.escalation import escalate
from channels.slack.for_customers import for_customers
from channels.slack.history import History
from channels.slack.home import Home
from channels.slack.inbox import EventInbox
from channels.slack.links import Links
from channels.slack.looking import Looking
from channels.slack.members import Members
from channels.slack.outbox import Outbox
from channels.slack.people import People
from channels.slack.practice import Practice
from channels.slack.presses import Presses
from channels.slack.queue import PostKind, post, thread_of, update_card
from channels.slack.refusals import Outage
from channels.slack.replies import Replies
from channels.slack.shelf import Shelf
from channels.slack.socket import Socket
from channels.slack.threads import begin_thread, behind, close_thread, show_new
from channels.slack.timing import USUAL, Timing
from offboarding.background.port import BackgroundEngine, Handler
from offboarding.background.service import wake_after_commit
from offboarding.billing.choice import billing_within
from offboarding.database import Database
from offboarding.handoffs import service as handoffs
from offboarding.handoffs.errors import HandOffEndedError
from offboarding.handoffs.model import HandOff
from offboarding.handoffs.states import HandOffState
from offboarding.policies.store import Policies
from offboarding.settings import SlackTransport

_LOG = structlog.get_logger(__name__)

LOOK_SECONDS = 1.0
"""How often is looked for what other processes said in conversations with a thread."""
CONNECT_SECONDS = 1.0
"""Pause before Slack is asked again who we are there."""


class SlackDesk:
    """Bolt, the inbox, the outbox, and what follows the conversations.

    It needs Slack only to be connected: while Slack is away the application works, what is to be
    said waits, and customers hear within the promised time that nobody could come.
    """

    def __init__(
        self,
        connection: SlackConnection,
        database: Database,
        policies: Policies,
        gateway: Gateway,
        background: BackgroundEngine,
        *,
        timing: Timing = USUAL,
    ) -> None:
        self._connection = connection
        self._timing = timing
        self._database = database
        self._policies = policies
        self._background = background
        self._gateway = gateway
        self._desk = Desk(gateway, policies)
        self._client: AsyncWebClient | None = None
        self._outbox: Outbox | None = None
        self._inbox: EventInbox | None = None
        self._app: AsyncApp | None = None
        self._socket: Socket | None = None
        self._changes = Changes()
        self._attending = Attending(database, self._desk, policies, background)
        self._look_at_cards_at = 0.0
        self._news = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    @property
    def app(self) -> AsyncApp | None:
        """Bolt's application, once Slack has said who we are; for requests over HTTP."""
        return self._app

    @property
    def transport(self) -> SlackTransport:
        """How Slack reaches us."""
        return self._connection.transport

    async def start(self) -> None:
        """Begin, in the event loop that runs now."""
        self._client = self._connection.client()
        self._outbox = Outbox(
            self._database,
            self._client,
            self._unreachable,
            self._timing,
            self._policies,
            billing=billing_within(self._gateway.settings),
        )
        self._outbox.start()
        self._gateway.listeners.watch(lambda _conversation_id: self._news.set())
        self._tasks = [
            asyncio.create_task(self._keep_showing()),
            asyncio.create_task(self._connect(self._client, self._outbox)),
        ]

    async def stop(self) -> None:
        """End; what is left is taken up at the next start."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for part in (self._socket, self._inbox, self._outbox):
            if part is not None:
                await part.stop()

    def healthy(self) -> bool:
        """Whether Slack is connected, and what comes over the socket is not stale."""
        return self._app is not None and (self._socket is None or self._socket.healthy())

    def handlers(self) -> dict[str, Handler]:
        """The handlers of the tasks that concern the desk."""
        return {
            "desk.hand_off": self._in_transaction(self._begin),
            "desk.update": self._in_transaction(self._update),
            "desk.remind": self._in_transaction(self._remind),
            "hand_off.unclaimed": self._in_transaction(self._unclaimed),
        }

    async def _connect(self, client: AsyncWebClient, outbox: Outbox) -> None:
        """Ask Slack who we are until it says so; then listen."""
        while True:
            try:
                workspace = await _workspace(client)
                break
            except Exception as error:  # noqa: BLE001 (it is asked again)
                _LOG.error("slack_not_connected", **describe(error))
                await asyncio.sleep(CONNECT_SECONDS)
        people = People(client, workspace.team_id)
        members = Members(workspace.team_id, people, self._policies)
        acting = Acting(workspace.team_id, people, outbox.wake)
        practice = Practice(self._database, acting, Shelf())
        replies = Replies(self._desk, workspace.team_id, practice.deal_with)
        departures = Departures(self._desk, workspace.team_id)
        deal_with = by_kind({"message": replies.deal_with, "user_change": departures.deal_with})
        self._inbox = EventInbox(self._database, deal_with, outbox.wake)
        self._inbox.start()
        presses = Presses(self._database, self._desk)
        suggestions = self._gateway.settings.policy_directory / "suggestions.yml"
        billing = billing_within(self._gateway.settings)
        looking = Looking(self._database, self._policies, people, Links(client))
        listening: list[Listening] = [
            CardButtons(acting, presses, History(self._database)),
            practice,
            Asking(acting, self._database, self._policies, suggestions, billing),
            Home(client, acting, looking, presses, practice),
            Commands(acting, looking, practice),
            *for_customers(
                acting,
                self._desk,
                self._gateway,
                database=self._database,
                background=self._background,
                policies=self._policies,
                billing=billing,
            ),
        ]
        self._app = bolt_app(
            self._connection, client, workspace, self._inbox, members=members, listening=listening
        )
        if self._connection.transport is SlackTransport.SOCKET:
            self._socket = Socket(self._app, self._connection.app_token, client, self._timing)
            await self._socket.start()
        _LOG.info("slack_connected", team=workspace.team_id)
        await departures.keep_asking(client, self._database, outbox.wake)

    async def _keep_showing(self) -> None:
        """Have threads show what is new in their conversations."""
        while True:
            self._news.clear()
            try:
                if await in_thread(self._show_news) and self._outbox is not None:
                    self._outbox.wake()
            except Exception as error:  # noqa: BLE001 (it is looked again in a moment)
                _LOG.warning("slack_threads_look_failed", **describe(error))
            with suppress(TimeoutError):
                async with asyncio.timeout(LOOK_SECONDS):
                    await self._news.wait()

    def _show_news(self) -> bool:
        with self._database.read() as session:
            conversations = behind(session)
        for conversation_id in conversations:
            with self._database.write() as session:
                show_new(session, conversation_id)
        return self._show_changes() or bool(conversations)

    def _show_changes(self) -> bool:
        """What no message tells, at most once in LOOK_SECONDS, however much is said."""
        moment = time.monotonic()
        if moment < self._look_at_cards_at:
            return False
        self._look_at_cards_at = moment + LOOK_SECONDS
        with self._database.read() as session:
            changed = self._changes.look(session)
        for hand_off_id, grounds in changed.items():
            with self._database.write() as session:
                thread = thread_of(session, hand_off_id)
                if thread is not None:
                    update_card(session, thread)
            self._changes.note_shown(hand_off_id, grounds)
        return self._attending.look() or bool(changed)

    def _in_transaction(self, work: Callable[[Session, HandOff], None]) -> Handler:
        """The work with the hand-off held, so that nobody claims or ends it meanwhile."""

        def handle(hand_off_id: str) -> None:
            with suppress(HandOffEndedError), self._database.write() as session:
                hand_off = hand_off_in_charge(session, hand_off_id)
                wake_after_commit(session, self._background)
                work(session, hand_off)
            if self._outbox is not None:
                self._outbox.wake()

        return handle

    def _begin(self, session: Session, hand_off: HandOff) -> None:
        if hand_off.open:
            begin_thread(session, hand_off, self._policies.routing)
            self._changes.note_begun(session, hand_off.id)

    def _update(self, session: Session, hand_off: HandOff) -> None:
        if not hand_off.open:
            return close_thread(session, hand_off)
        thread = thread_of(session, hand_off.id)
        if thread is not None:
            update_card(session, thread)
        return None

    def _unclaimed(self, session: Session, hand_off: HandOff) -> None:
        if self._desk.tell_unanswered(session, hand_off):
            self._update(session, hand_off)
            escalate(session, hand_off, self._policies.routing)

    def _remind(self, session: Session, hand_off: HandOff) -> None:
        thread = thread_of(session, hand_off.id)
        if hand_off.state is HandOffState.WAITING and thread is not None:
            key = f"reminder:{hand_off.id}:{hand_off.claim_due_at}"
            post(session, thread, PostKind.MESSAGE, _REMINDER, key)

    def _unreachable(self, hand_off_id: str, outage: Outage) -> None:
        """What was to reach Slack did not: support has it by mail, and the customer is told."""
        with self._database.write() as session:
            hand_off = hand_off_in_charge(session, hand_off_id)
            if hand_off.open:
                wake_after_commit(session, self._background)
                lasting = outage is Outage.LASTING
                if self._desk.tell_unreachable(session, hand_off, lasting=lasting):
                    self._update(session, hand_off)


def handlers_without_desk(database: Database, background: BackgroundEngine) -> dict[str, Handler]:
    """For tasks left from a time when a desk was connected: support is mailed instead."""

    def mail(hand_off_id: str) -> None:
        with database.write() as session:
            hand_off = session.get(HandOff, hand_off_id)
            if hand_off is not None and hand_off.open:
                wake_after_commit(session, background)
                handoffs.mail_support(session, hand_off)

    kinds = ("desk.hand_off", "desk.update", "desk.remind", "hand_off.unclaimed")
    return dict.fromkeys(kinds, mail)


def tell_desk_is_gone(
    database: Database, gateway: Gateway, policies: Policies, background: BackgroundEngine
) -> None:
    """No desk is connected any more: who waits or talks with a person hears so, and can go on."""
    desk = Desk(gateway, policies)
    with database.read() as session:
        left = handoffs.sent_for(session)
    for hand_off_id in left:
        try:
            with database.write() as session:
                hand_off = hand_off_in_charge(session, hand_off_id)
                if hand_off.open:
                    wake_after_commit(session, background)
                    desk.tell_gone(session, hand_off)
        except Exception as error:  # noqa: BLE001 (the others must hear of it)
            _LOG.error("desk_gone_not_told", hand_off=hand_off_id, **describe(error))


_REMINDER: Mapping[str, Any] = {
    "text": "<!here> Somebody still waits for a person. Press *Claim* on the card to talk.",
    "reply_broadcast": True,  # in a thread alone nobody but its writers would be told
}


async def _workspace(client: AsyncWebClient) -> Workspace:
    answer = await client.auth_test()
    return Workspace(
        team_id=str(answer["team_id"]),
        bot_id=str(answer.get("bot_id") or ""),
        bot_user_id=str(answer["user_id"]),
    )
