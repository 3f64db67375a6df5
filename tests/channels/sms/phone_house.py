"""Gateway, SMS channel, engine, pages and the stand-in Twilio in one process."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any

import httpx
import sqlalchemy as sa
from fastapi import FastAPI

from channels.desk.who_answers import tell_who_answers
from channels.gateway import Gateway
from channels.mail.letters import Letters
from channels.mail.sender import Letter
from channels.notices import notice_handlers
from channels.pages import routes as pages
from channels.rasa import RasaClient
from channels.sms import channel as sms
from channels.sms import routes as sms_routes
from channels.sms.channel import SmsChannel
from channels.sms.connection import TwilioConnection
from channels.sms.model import SmsLine, SmsPost, SmsPostState, SmsReceived
from channels.sms.timing import Timing
from channels.texts import Texts
from channels.web.routes import install
from offboarding import clock
from offboarding.accounts.model import Customer
from offboarding.background.model import Task, TaskState
from offboarding.billing.ledger import LedgerBilling
from offboarding.database import Database
from offboarding.encryption.lookup import is_value
from offboarding.handoffs import service as handoffs
from offboarding.identity.model import IdentityMethod, VerifiedIdentity
from offboarding.identity.service import touch, valid_identity
from offboarding.policies.store import Policies
from offboarding.settings import Settings
from sandbox.phone.network.model import Text
from sandbox.phone.server import TwilioStandIn
from tests.channels.slack.prompt_engine import PromptEngine
from tests.channels.stand_in import LIMIT_SECONDS, TOKEN, StandInRasa, served
from tests.channels.talk import Talk
from tests.factories import make_customer, make_subscription

AMARA = "+447700900123"
SUPPORT_MAIL = "mail.hand_off"
QUICK = Timing(
    stale=timedelta(seconds=1),
    pause_seconds=0.05,
    longest_pause_seconds=0.2,
    look_after_seconds=0.2,
    ask_seconds=0.1,
)
"""Nobody waits long in a test."""
FAST = 10_000.0
"""Segments a second, so that no test waits for a sender's turn."""


@dataclass
class PhoneHouse:
    """Both sides: phones by `twilio.phone`, the website by `http`."""

    settings: Settings
    database: Database
    gateway: Gateway
    channel: SmsChannel
    twilio: TwilioStandIn
    http: httpx.AsyncClient
    letters: list[Letter]
    """The mails that were written."""
    tasks: list[str]
    """The subjects of mails to support."""

    def customer(self, **how: Any) -> Customer:
        """A customer with a phone and a plan, made sure of lately unless said otherwise."""
        how = {"phone": AMARA, "phone_confirmed_at": clock.now() - timedelta(days=3)} | how
        with self.database.write() as session:
            customer = make_customer(session, **how)
            make_subscription(session, customer)
            session.expunge_all()
        return customer

    def identify(self, conversation_id: str, customer: Customer) -> None:
        """Be sure of a conversation's customer."""
        with self.database.write() as session:
            session.merge(
                VerifiedIdentity(
                    conversation_id=conversation_id,
                    customer_id=customer.id,
                    method=IdentityMethod.CODE,
                    verified_at=clock.now(),
                    lapses_at=clock.now() + timedelta(hours=1),
                )
            )

    async def text(self, body: str, number: str = AMARA, **how: Any) -> Text:
        """Write a text, and wait until the application has it."""
        text = await self.twilio.phone.text(body, number, **how)
        await self.twilio.phone.until(lambda: text.problem is not None)
        return text

    async def got(self, count: int, number: str = AMARA) -> list[str]:
        """The words of all texts on a phone from us, once there are so many."""
        return [each.body for each in await self.twilio.phone.received(count, number)]

    async def talks(self, body: str, number: str = AMARA) -> str:
        """Write a text; the last one that comes back."""
        before = len(self.twilio.phone.messages_to(number))
        await self.text(body, number)
        await self.twilio.phone.received(before + 1, number)
        await self.until_done()
        return self.twilio.phone.messages_to(number)[-1].body

    def some_seconds_pass(self, seconds: int = 4) -> None:
        """As if everything until now were so long ago: somebody may have read it."""
        earlier = timedelta(seconds=seconds)
        with self.database.write() as session:
            for received in session.scalars(sa.select(SmsReceived)):
                received.received_at -= earlier
            for post in session.scalars(sa.select(SmsPost)):
                for name in ("created_at", "begun_at", "accepted_at", "good_until"):
                    moment = getattr(post, name)
                    if moment is not None:
                        setattr(post, name, moment - earlier)

    def line(self, number: str = AMARA) -> SmsLine:
        """The line of a phone, as it is now."""
        with self.database.read() as session:
            return session.scalars(
                sa.select(SmsLine).where(is_value(session, SmsLine.number, number))
            ).one()

    def posts(self, *states: SmsPostState) -> Sequence[SmsPost]:
        """The texts of the outbox in these states, all without one."""
        query = sa.select(SmsPost).order_by(SmsPost.position)
        if states:
            query = query.where(SmsPost.state.in_(states))
        with self.database.read() as session:
            return session.scalars(query).all()

    async def talk_on_website(self) -> Talk:
        """A conversation in the widget."""
        return await Talk.begin(self.http)

    async def until_done(self) -> None:
        """Wait until no task is due, nothing waits to be sent, and nothing is on its way."""
        await self.twilio.phone.settled()
        await self.until(self._idle)
        await self.twilio.phone.settled()

    async def until(self, condition: Callable[[], Any]) -> None:
        """Look again and again until it is so."""
        async with asyncio.timeout(LIMIT_SECONDS):
            while not condition():  # noqa: ASYNC110 (it is the database that changes)
                await asyncio.sleep(0.02)

    def _idle(self) -> bool:
        with self.database.read() as session:
            due = sa.select(sa.func.count(Task.id)).where(
                Task.state == TaskState.PENDING, Task.due_at <= clock.now()
            )
            if session.scalar(due) or sms.behind(session):
                return False
        return not self.posts(SmsPostState.PENDING, SmsPostState.SENDING)


Opening = Callable[..., AbstractAsyncContextManager[PhoneHouse]]
"""Opens the house on the test's database."""


@asynccontextmanager
async def served_twilio(settings: Settings) -> AsyncIterator[TwilioStandIn]:
    """A Twilio that is there before the application and after it."""
    twilio = TwilioStandIn(settings)
    application = FastAPI()
    application.include_router(twilio.router())
    async with served(application) as address:
        twilio.own_url = address
        await twilio.start()
        try:
            yield twilio
        finally:
            await twilio.stop()


@asynccontextmanager
async def open_house(
    settings: Settings,
    database: Database,
    policies: Policies,
    texts: Texts,
    rasa: StandInRasa,
    *,
    twilio: TwilioStandIn | None = None,
    timing: Timing = QUICK,
    **stand_in: Any,
) -> AsyncIterator[PhoneHouse]:
    """All of it, started as the application starts it. `twilio` is one that is served elsewhere."""
    own_twilio = twilio is None
    twilio = twilio or TwilioStandIn(settings, **stand_in)
    background = PromptEngine(database)
    rasa_client = RasaClient(rasa.address, TOKEN, 5.0)
    gateway = Gateway(
        settings,
        database,
        rasa_client,
        texts,
        background,
        identify=lambda _session, _conversation, _token: None,
        is_identified=lambda session, talk: valid_identity(session, talk) is not None,
        request_handoff=lambda session, talk: handoffs.request(session, talk).number,
        cancel_page_link=lambda talk: f"http://shop.example/cancel/enter/for-{talk}",
        heard_from=lambda session, talk: touch(session, talk, settings),
    )
    application = FastAPI()
    install(application, gateway, conversations_per_minute=100_000)
    application.include_router(pages.router(settings, database, policies, LedgerBilling))
    if own_twilio:
        application.include_router(twilio.router())
    async with served(application) as address, httpx.AsyncClient(base_url=address) as http:
        before, twilio.app_url = twilio.app_url, address
        if own_twilio:
            twilio.own_url = address
        known = twilio.credentials
        connection = TwilioConnection(
            account_sid=known.account_sid,
            auth_token=known.auth_token,
            sender=known.sender,
            api_url=known.api_url,
            public_url=settings.base_url,
        )
        channel = SmsChannel(
            connection,
            settings,
            database,
            gateway,
            background,
            tell_who_answers=partial(tell_who_answers, gateway, policies),
            timing=timing,
        )
        application.include_router(sms_routes.router(channel))
        letters: list[Letter] = []
        tasks: list[str] = []
        house = PhoneHouse(settings, database, gateway, channel, twilio, http, letters, tasks)
        if own_twilio:
            await twilio.start()
        await asyncio.to_thread(background.start, _handlers(house, background, texts, policies))
        await gateway.start()
        await channel.start()
        try:
            yield house
        finally:
            twilio.app_url = before
            await channel.stop()
            await gateway.stop(grace_seconds=0)
            await asyncio.to_thread(background.stop)
            if own_twilio:
                await twilio.stop()
            await rasa_client.close()


def _handlers(
    house: PhoneHouse, background: PromptEngine, texts: Texts, policies: Policies
) -> dict[str, Callable[[str], None]]:
    written = Letters(house.settings, house.database)

    def keeps(compose: Callable[..., list[Letter]]) -> Callable[[str], None]:
        def handle(subject_id: str) -> None:
            with house.database.read() as session:
                house.letters.extend(compose(session, subject_id))

        return handle

    gateway = house.gateway
    return {
        **notice_handlers(
            house.settings, house.database, gateway.post_notice, gateway.change_state, texts
        ),
        **sms.handlers(
            house.settings,
            house.database,
            background,
            texts,
            lambda: None,
            retention=lambda: policies.retention,
        ),
        "mail.did_you_mean_the_plan": keeps(written.did_you_mean_the_plan),
        "mail.texts_do_not_arrive": keeps(written.texts_do_not_arrive),
        "mail.identity_code": keeps(written.identity_code),
        "mail.receipt": keeps(lambda session, receipt: written.receipt(session, receipt, None)),
        SUPPORT_MAIL: house.tasks.append,
        "case.end": lambda _case_id: None,
    }
