"""Gateway, desk, engine and the stand-in Slack in one process, before a stand-in Rasa."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import httpx
import sqlalchemy as sa
from fastapi import FastAPI
from sqlalchemy.orm import Session

from channels.desk.offer_answers import OfferAnswers
from channels.gateway import Gateway
from channels.notices import notice_handlers
from channels.rasa import RasaClient
from channels.slack import routes as slack_routes
from channels.slack.connection import SlackConnection
from channels.slack.desk import SlackDesk
from channels.slack.model import PostState, SlackPost, SlackThread
from channels.slack.timing import Timing
from channels.texts import Texts
from channels.web.routes import install
from offboarding import clock
from offboarding.background.model import Task, TaskState
from offboarding.background.port import BackgroundEngine
from offboarding.background.service import wake_after_commit
from offboarding.billing.ledger import LedgerBilling
from offboarding.database import Database
from offboarding.handoffs import service as handoffs
from offboarding.handoffs.model import HandOff
from offboarding.identity.model import IdentityMethod, VerifiedIdentity
from offboarding.identity.service import touch, valid_identity
from offboarding.policies.store import Policies
from offboarding.settings import Settings
from sandbox.slack.blocks import elements_of, text_of
from sandbox.slack.model import Message
from sandbox.slack.people import EVENTS
from sandbox.slack.server import SlackStandIn
from tests.channels.slack.prompt_engine import PromptEngine
from tests.channels.stand_in import LIMIT_SECONDS, TOKEN, StandInRasa, served
from tests.channels.talk import Talk
from tests.factories import make_customer

SUPPORT = "#offboarding-support"
QUICK = Timing(
    ping_seconds=0.2,
    deaf_seconds=LIMIT_SECONDS,  # a machine that stands still for a second is not deaf
    watch_seconds=0.1,
    stale=timedelta(seconds=1),
    pause_seconds=0.05,
    closed_seconds=0.3,
    lasting=timedelta(seconds=30),
)
"""Nobody waits long in a test."""


@dataclass
class DeskHouse:
    """Both sides: a customer's by `http`, the agents' by `slack.driver`."""

    settings: Settings
    database: Database
    policies: Policies
    gateway: Gateway
    desk: SlackDesk
    background: BackgroundEngine
    slack: SlackStandIn
    http: httpx.AsyncClient
    mailed: list[str]
    """The tasks of mails, by kind and subject, as they were carried out."""

    async def customer(self, *, known: bool = True, **account: Any) -> Talk:
        """A new conversation; of a customer we are sure of, unless not `known`."""
        talk = await Talk.begin(self.http)
        if known:
            with self.database.write() as session:
                _identify(session, talk.id, **account)
        return talk

    async def same_customer(self, talk: Talk) -> Talk:
        """Another conversation of the one who speaks in this."""
        later = await Talk.begin(self.http)
        with self.database.write() as session:
            known = session.get_one(VerifiedIdentity, talk.id)
            session.add(
                VerifiedIdentity(
                    conversation_id=later.id,
                    customer_id=known.customer_id,
                    method=known.method,
                    verified_at=known.verified_at,
                    lapses_at=known.lapses_at,
                )
            )
        return later

    async def ask_for_person(self, talk: Talk, **how: Any) -> Message:
        """The customer asks for a person; the card, once it is in Slack."""
        return await self.until_shown(f"Request: {self.request(talk, **how)}")

    def threads_known(self) -> int:
        """Of how many threads we know where they are in Slack."""
        with self.database.read() as session:
            known = sa.select(sa.func.count()).where(SlackThread.ts.is_not(None))
            return session.scalar(known) or 0

    def request(self, talk: Talk, **how: Any) -> str:
        """The customer asks for a person; the request's number."""
        with self.database.write() as session:
            wake_after_commit(session, self.background)
            hand_off = handoffs.request(session, talk.id, desk=self.policies.routing, **how)
            return hand_off.number

    async def claimed(self, agent: str = "Sam", **how: Any) -> tuple[Talk, Message]:
        """A customer whom this agent talks with, and the card."""
        talk = await self.customer(**how)
        card = await self.ask_for_person(talk)
        await self.press(agent, card, "desk_claim")
        await self.until_pressable(card, "desk_hand_back")
        return talk, card

    async def press(self, agent: str, card: Message, action: str) -> None:
        """Press a button of a card, once it is there."""
        await self.until_pressable(card, action)
        await self.slack.driver.press(agent, card.ts, action)

    async def until_pressable(self, card: Message, action: str) -> None:
        """Wait until a card has this button."""

        def there() -> bool:
            blocks = self.slack.workspace.message(card.ts).blocks
            elements = [each for block in blocks for each in elements_of(block)]
            return action in [each.get("action_id") for each in elements]

        await self.slack.driver.until(there)

    async def until_shown(self, words: str) -> Message:
        """The first message of any channel with these words, once it is there."""

        def look() -> Message | None:
            for channel in self.slack.workspace.channels.values():
                for message in self.slack.workspace.in_channel(channel.id):
                    if words in text_of(message.blocks) or words in message.text:
                        return message
            return None

        return await self.slack.driver.until(look)

    async def until_in_thread(self, card: Message, words: str) -> Message:
        """The first message of a thread with these words, once it is there."""

        def look() -> Message | None:
            for message in self.slack.workspace.thread(card.ts):
                if words in text_of(message.blocks) or words in message.text:
                    return message
            return None

        return await self.slack.driver.until(look)

    async def until_marked(self, message: Message, name: str) -> None:
        """Wait for a reaction to a message."""
        await self.slack.driver.until(
            lambda: name in self.slack.workspace.message(message.ts).reactions
        )

    async def release(self, agent: str, card: Message) -> None:
        """Choose in the card's menu to release it to the team."""
        blocks = self.slack.workspace.message(card.ts).blocks
        menus = [each for block in blocks for each in elements_of(block) if "options" in each]
        option = next(
            each["value"] for each in menus[0]["options"] if each["value"].startswith("release")
        )
        await self.slack.driver.press(agent, card.ts, "desk_more", choose=option)

    async def until_done(self) -> None:
        """Wait until no task is due and nothing waits to be sent to Slack."""
        await self.until(self._idle)

    def sending(self) -> bool:
        """Whether something was begun to be sent to Slack, and is not known to be there."""
        return bool(self._posts(PostState.SENDING))

    def _idle(self) -> bool:
        with self.database.read() as session:
            due = sa.select(sa.func.count(Task.id)).where(
                Task.state == TaskState.PENDING, Task.due_at <= clock.now()
            )
            if session.scalar(due):
                return False
        return not self._posts(PostState.PENDING, PostState.SENDING)

    def _posts(self, *states: PostState) -> int:
        query = sa.select(sa.func.count(SlackPost.position)).where(SlackPost.state.in_(states))
        with self.database.read() as session:
            return session.scalar(query) or 0

    def hand_off(self, talk: Talk) -> HandOff:
        """The newest hand-off of a conversation, as it is now."""
        with self.database.read() as session:
            found = handoffs.hand_off_of(session, talk.id)
            assert found is not None
            return found

    async def until(self, condition: Callable[[], Any]) -> None:
        """Look again and again until it is so."""
        async with asyncio.timeout(LIMIT_SECONDS):
            while not condition():  # noqa: ASYNC110 (it is the database that changes)
                await asyncio.sleep(0.02)


Opening = Callable[..., AbstractAsyncContextManager[DeskHouse]]
"""Opens a desk on the test's database."""


def _identify(session: Session, conversation_id: str, **account: Any) -> None:
    account.setdefault("email", f"customer-{conversation_id}@example.org")
    customer = make_customer(session, **account)
    session.add(
        VerifiedIdentity(
            conversation_id=conversation_id,
            customer_id=customer.id,
            method=IdentityMethod.CODE,
            verified_at=clock.now(),
            lapses_at=clock.now() + timedelta(hours=1),
        )
    )


def stand_in_slack(settings: Settings, retry_seconds: Sequence[float] = (0, 0, 0)) -> SlackStandIn:
    """A Slack that repeats at once, unless said otherwise, what was not taken."""
    return SlackStandIn(
        settings,
        transport=settings.slack_transport.value,
        events=EVENTS | {"user_change", "channel_archive"},
        retry_seconds=retry_seconds,
        answer_seconds=LIMIT_SECONDS,  # the machine may be slow
    )


@asynccontextmanager
async def served_slack(settings: Settings) -> AsyncIterator[SlackStandIn]:
    """A Slack that outlives the desks, and repeats what it could not deliver between them."""
    slack = stand_in_slack(settings, retry_seconds=(0.1, 1, 5))
    application = FastAPI()
    application.include_router(slack.router())
    async with served(application) as address:
        slack.own_url = address
        await slack.start()
        try:
            yield slack
        finally:
            await slack.stop()


@asynccontextmanager
async def open_desk(
    settings: Settings,
    database: Database,
    policies: Policies,
    texts: Texts,
    rasa: StandInRasa,
    *,
    slack: SlackStandIn | None = None,
    engine: BackgroundEngine | None = None,
    timing: Timing = QUICK,
) -> AsyncIterator[DeskHouse]:
    """All of it, started as the application starts it. `slack` is one that is served elsewhere.

    `engine` is what carries out tasks; by default one that begins at once.
    """
    mailed: list[str] = []
    own_slack = slack is None
    slack = slack or stand_in_slack(settings)
    background = engine or PromptEngine(database)
    rasa_client = RasaClient(rasa.address, TOKEN, 5.0)
    gateway = Gateway(
        settings,
        database,
        rasa_client,
        texts,
        background,
        identify=lambda _session, _conversation, _token: None,
        is_identified=lambda session, talk: valid_identity(session, talk) is not None,
        request_handoff=lambda session, talk: (
            handoffs.request(session, talk, desk=policies.routing).number
        ),
        cancel_page_link=lambda talk: f"http://shop.example/cancel/enter/for-{talk}",
        desk_replies=OfferAnswers(texts, LedgerBilling),
        heard_from=lambda session, talk: touch(session, talk, settings),
    )
    application = FastAPI()
    install(application, gateway, conversations_per_minute=100_000)
    if own_slack:
        application.include_router(slack.router())
    async with (
        served(application) as address,
        httpx.AsyncClient(base_url=address) as http,
    ):
        before, slack.app_url = slack.app_url, address
        if own_slack:
            slack.own_url = address
        known = slack.credentials
        connection = SlackConnection(
            api_url=known.api_url,
            transport=settings.slack_transport,
            bot_token=known.bot_token,
            app_token=known.app_token,
            signing_secret=known.signing_secret,
        )
        desk = SlackDesk(connection, database, policies, gateway, background, timing=timing)
        application.include_router(slack_routes.router(desk))
        if own_slack:
            await slack.start()
        await asyncio.to_thread(
            background.start, _handlers(gateway, desk, settings, database, mailed)
        )
        await gateway.start()
        await desk.start()
        house = DeskHouse(
            settings, database, policies, gateway, desk, background, slack, http, mailed
        )
        try:
            await house.until(desk.healthy)
            yield house
        finally:
            slack.app_url = before
            await desk.stop()
            await gateway.stop(grace_seconds=0)
            await asyncio.to_thread(background.stop)
            if own_slack:
                await slack.stop()
            await rasa_client.close()


def _handlers(
    gateway: Gateway,
    desk: SlackDesk,
    settings: Settings,
    database: Database,
    mailed: list[str],
) -> dict[str, Callable[[str], None]]:
    return {
        **notice_handlers(
            settings, database, gateway.post_notice, gateway.change_state, gateway.texts
        ),
        **desk.handlers(),
        "mail.hand_off": mailed.append,
        "mail.receipt": mailed.append,
    }
