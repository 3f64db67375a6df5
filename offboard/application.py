"""The composition root: builds every part once and joins them into one ASGI application."""

import asyncio
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

from fastapi import APIRouter, FastAPI
from fastapi.responses import FileResponse, JSONResponse
from pydantic import SecretStr
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from actions import endpoint as actions_endpoint
from actions.base import ActionContext
from actions.phrases import PHRASES
from actions.record import forget_answers
from channels.access import routes as access_routes
from channels.access.letters import access_letter_handlers
from channels.desk import cancelling, offer_answers, offering, who_answers
from channels.desk.offer_answers import OfferAnswers
from channels.desk.service import RESPONSES as DESK_RESPONSES
from channels.failed_steps import RESPONSES as STEPS
from channels.failed_steps import failed_step_handlers
from channels.gateway import Gateway
from channels.held_refunds import held_refund_handlers
from channels.in_thread import in_thread
from channels.mail.letters import mail_handlers
from channels.notices import RESPONSES as NOTICES
from channels.notices import notice_handlers
from channels.pages import routes as pages
from channels.pages.entries import cancel_page_link
from channels.rasa import RasaClient
from channels.slack import desk as slack
from channels.slack import routes as slack_routes
from channels.slack.connection import SlackConnection, connection_of
from channels.sms import channel as sms
from channels.sms import connection as twilio
from channels.sms import routes as sms_routes
from channels.staff import routes as staff_pages
from channels.staff.letters import staff_letter_handlers
from channels.stripe import routes as stripe_routes
from channels.texts import Texts
from channels.web import routes as web
from offboard.off_boarding import ERASERS, KEPT
from offboard.production import check_ready
from offboard.systems import endpoints_of
from offboarding import clock
from offboarding.access.http import HttpWebhooks
from offboarding.access.port import Endpoints
from offboarding.access.sending import Sender
from offboarding.audit.sealer import Sealer
from offboarding.background.dbos_engine import DbosEngine
from offboarding.background.port import Handlers
from offboarding.billing.choice import billing_within
from offboarding.billing.provider import LedgerProvider
from offboarding.billing.stripe.connection import connection_of as stripe_connection_of
from offboarding.billing.stripe.provider import StripeProvider
from offboarding.cases import workflow
from offboarding.cases.model import Case
from offboarding.database import open_database
from offboarding.exports import service as exports
from offboarding.exports.sources.chosen import check_connections
from offboarding.handoffs import service as handoffs
from offboarding.identity import service as identity
from offboarding.policies.routing import RoutingPolicy
from offboarding.policies.store import Policies
from offboarding.receipts.keys import receipt_keys
from offboarding.settings import Settings
from offboarding.steps import service as steps
from offboarding.steps.reconciler import Reconciler
from offboarding.steps.runner import StepRunner
from offboarding.steps.works import Works
from sandbox.phone.connection import stand_in_connection
from sandbox.server import Sandbox
from sandbox.slack import credentials as sandbox_slack
from sandbox.time_travel import TimeTravel

WIDGET = Path(web.__file__).parent / "static" / "widget.js"


def create_application(settings: Settings) -> FastAPI:
    """The whole application. Raises ConfigurationError or PolicyError when it can't be built."""
    parts = _Parts(settings)
    application = FastAPI(
        title="Off-boarding assistant",
        docs_url="/api/docs",
        redoc_url=None,
        openapi_url="/api/openapi.json",
        lifespan=parts.lifespan,
    )
    parts.mount(application)
    return application


class _Parts:
    """Every part, built in the order in which they need each other."""

    def __init__(self, settings: Settings) -> None:
        check_ready(settings)
        self._travel = _travel(settings)  # before anything reads the time
        _check_secrets(settings)
        self._settings = settings
        self._database = open_database(settings)
        self._policies = Policies(settings.policy_directory)
        check_connections(self._policies.exports, settings)
        self._endpoints = self._build_endpoints()
        self._background = DbosEngine(settings, self._database)
        self._sandbox = (
            Sandbox(settings, self._database, self._travel, self._background.wake)
            if settings.sandbox
            else None
        )
        self._reconciler = Reconciler(
            self._database, self._background, lambda: self._policies.retention
        )
        self._sealer = Sealer(self._database)
        self._billing = billing_within(settings)
        self._stripe = self._build_stripe()
        self._rasa = RasaClient(
            settings.rasa_url or f"http://127.0.0.1:{settings.rasa_port}",
            _value(settings.rasa_token),
            settings.rasa_timeout_seconds,
        )
        self._texts = self._read_texts()
        self._gateway = self._build_gateway()
        self._desk = self._build_desk()
        self._sms = self._build_sms()

    @asynccontextmanager
    async def lifespan(self, _application: FastAPI) -> AsyncIterator[None]:
        """Start the parts, and end them in the opposite order."""
        if self._sandbox is not None:
            await in_thread(self._sandbox.start)
        await in_thread(self._background.start, self._handlers(), [self._reconciler.look])
        self._sealer.start()
        await self._gateway.start()
        await self._start_channels()
        telling = asyncio.create_task(self._tell_desk_is_gone())
        try:
            yield
        finally:
            await telling
            await self._stop_channels()
            await self._gateway.stop()
            await in_thread(self._background.stop)
            await in_thread(self._sealer.stop)
            await self._rasa.close()
            if self._sandbox is not None:
                await in_thread(self._sandbox.stop)
            self._database.close()

    async def _start_channels(self) -> None:
        """What stands in for a vendor is there before the channel that talks to it."""
        if self._sandbox is not None:
            await self._sandbox.start_desk()
            await self._sandbox.start_phone()
        for channel in (self._desk, self._sms):
            if channel is not None:
                await channel.start()

    async def _stop_channels(self) -> None:
        for channel in (self._sms, self._desk):
            if channel is not None:
                await channel.stop()
        if self._sandbox is not None:
            await self._sandbox.stop_phone()
            await self._sandbox.stop_desk()

    async def _tell_desk_is_gone(self) -> None:
        """Whoever was sent for a person while one was connected, and has none any more."""
        if self._desk is None:
            await in_thread(
                slack.tell_desk_is_gone,
                self._database,
                self._gateway,
                self._policies,
                self._background,
            )

    def mount(self, application: FastAPI) -> None:
        """Give the application its routes."""
        web.install(application, self._gateway)
        application.include_router(self._actions())
        application.include_router(
            pages.router(self._settings, self._database, self._policies, self._billing)
        )
        application.include_router(
            staff_pages.router(self._settings, self._database, self._policies, self._billing)
        )
        application.include_router(
            access_routes.router(self._database, self._endpoints, self._background.wake)
        )
        application.include_router(self._health())
        if self._desk is not None:
            application.include_router(slack_routes.router(self._desk))
        if self._sms is not None:
            application.include_router(sms_routes.router(self._sms))
        if self._stripe is not None:
            application.include_router(stripe_routes.router(self._stripe, self._background))
        if self._sandbox is not None:
            application.include_router(self._sandbox.router())

    def _read_texts(self) -> Texts:
        settings = self._settings
        values = {"company_name": settings.company_name, "support_email": settings.support_email}
        by_agents = [*offering.RESPONSES, *offer_answers.RESPONSES, *cancelling.DONE.values()]
        by_agents += who_answers.RESPONSES
        required = [*NOTICES, *PHRASES, *DESK_RESPONSES, *by_agents, *STEPS]
        required += sms.REQUIRED
        return Texts(settings.domain_file, values, required=required)

    def _build_gateway(self) -> Gateway:
        settings = self._settings

        def identify(session: Session, conversation_id: str, token: str) -> None:
            identity.identify_by_token(session, conversation_id, token, settings)

        def is_identified(session: Session, conversation_id: str) -> bool:
            return identity.valid_identity(session, conversation_id) is not None

        def heard_from(session: Session, conversation_id: str) -> None:
            identity.touch(session, conversation_id, settings)

        def request_hand_off(session: Session, conversation_id: str) -> str:
            desk = self._policies.routing if settings.desk_connected else None
            billing = self._billing(session)
            return handoffs.request(session, conversation_id, desk=desk, billing=billing).number

        return Gateway(
            settings,
            self._database,
            self._rasa,
            self._texts,
            self._background,
            identify=identify,
            is_identified=is_identified,
            request_handoff=request_hand_off,
            cancel_page_link=cancel_page_link(settings),
            desk_replies=OfferAnswers(self._texts, self._billing),
            heard_from=heard_from,
            settled=forget_answers,
        )

    def _build_desk(self) -> slack.SlackDesk | None:
        """Agents in Slack, or in what stands in for it in the sandbox; None without either."""
        settings = self._settings
        if not settings.desk_connected:
            return None
        connection = (
            _sandbox_connection(settings) if settings.desk_in_sandbox else connection_of(settings)
        )
        return slack.SlackDesk(
            connection, self._database, self._policies, self._gateway, self._background
        )

    def _build_sms(self) -> sms.SmsChannel | None:
        """Twilio, or what stands in for it in the sandbox; None without either."""
        settings = self._settings
        connection = (
            stand_in_connection(settings)
            if settings.sms_in_sandbox
            else twilio.connection_of(settings)
        )
        if connection is None:
            return None
        return sms.SmsChannel(
            connection,
            settings,
            self._database,
            self._gateway,
            self._background,
            tell_who_answers=partial(who_answers.tell_who_answers, self._gateway, self._policies),
        )

    def _build_stripe(self) -> StripeProvider | None:
        """Stripe, where it is the billing."""
        connection = stripe_connection_of(self._settings)
        return None if connection is None else StripeProvider(connection, self._database)

    def _build_endpoints(self) -> Endpoints:
        """Where the company's systems are; every one of them can be called as things are set up."""
        endpoints = endpoints_of(self._settings, self._policies)
        for system in self._policies.systems.systems:
            endpoints.of(system)
        return endpoints

    def _routing(self) -> RoutingPolicy | None:
        """Who takes hand-offs; None without a desk."""
        return self._policies.routing if self._desk is not None else None

    def _actions(self) -> APIRouter:
        context = ActionContext(
            self._settings,
            self._database,
            self._policies,
            self._background,
            phrase=lambda name: self._texts.say(name).text,
        )
        return actions_endpoint.router(context, _value(self._settings.action_token))

    def _handlers(self) -> Handlers:
        """What does each kind of task in the background."""
        works = Works(
            self._database,
            self._background,
            self._stripe or LedgerProvider(self._database),
            ERASERS,
            lambda: self._policies.systems,
        )
        runner = StepRunner(self._database, self._background, works.by_kind())

        def build_export(export_id: str) -> None:
            exports.build(self._database, export_id, self._settings, self._policies, KEPT)
            works.copy_made(export_id)
            self._background.wake()

        def delete_export_file(export_id: str) -> None:
            with self._database.read() as session:
                exports.delete_file(session, export_id, self._settings)

        def end_case(case_id: str) -> None:
            with self._database.write() as session:
                case = session.get(Case, case_id)
                if case is not None:
                    workflow.end(session, case, billing=self._billing(session))

        return {
            **mail_handlers(self._settings, self._database),
            **notice_handlers(
                self._settings,
                self._database,
                self._gateway.post_notice,
                self._gateway.change_state,
                self._texts,
            ),
            **(
                self._desk.handlers()
                if self._desk is not None
                else slack.handlers_without_desk(self._database, self._background)
            ),
            **failed_step_handlers(
                self._database,
                self._background,
                self._texts,
                self._gateway.post_notice,
                self._routing,
                billing=self._billing,
            ),
            **held_refund_handlers(self._database, self._background, self._routing, self._billing),
            **sms.handlers(
                self._settings,
                self._database,
                self._background,
                self._texts,
                self._routing,
                retention=lambda: self._policies.retention,
            ),
            **(self._stripe.handlers() if self._stripe is not None else {}),
            **Sender(self._database, self._endpoints, HttpWebhooks()).handlers(),
            **access_letter_handlers(self._settings, self._database, self._policies),
            **staff_letter_handlers(self._settings, self._database),
            "export.build": build_export,
            steps.TASK: runner.carry_out,
            "case.end": end_case,  # of cases from before there were steps
            "export.delete_file": delete_export_file,
        }

    def _health(self) -> APIRouter:
        health = APIRouter(tags=["health"])

        @health.get("/healthz")
        def alive() -> dict[str, str]:
            """Whether this process answers."""
            return {"status": "ok"}

        @health.get("/readyz")
        async def ready() -> JSONResponse:
            """Whether every part works, each by name; 503 when one does not."""
            parts = {
                "database": await in_thread(self._database_works),
                "rasa": await self._rasa.model() is not None,
                "workflow_engine": self._background.healthy(),
            }
            desk = "none" if self._desk is None else ("ok" if self._desk.healthy() else "away")
            problems = await in_thread(self._policies.problems)
            return JSONResponse(
                {
                    **{name: "ok" if works else "not ready" for name, works in parts.items()},
                    "desk": desk,
                    "policies": problems or "ok",
                },
                status_code=200 if all(parts.values()) else 503,
            )

        @health.get("/widget.js", include_in_schema=False)
        def widget() -> FileResponse:
            """The one script tag."""
            return FileResponse(
                WIDGET,
                media_type="text/javascript",
                headers={
                    "Cache-Control": "public, max-age=300",
                    "Cross-Origin-Resource-Policy": "cross-origin",
                },
            )

        return health

    def _database_works(self) -> bool:
        try:
            with self._database.read() as session:
                session.execute(text("SELECT 1"))
        except SQLAlchemyError:
            return False
        return True


def _travel(settings: Settings) -> TimeTravel | None:
    """The sandbox goes on on the day on which it was ended; all else has the time there is."""
    if not settings.sandbox:
        return None
    travel = TimeTravel(settings)
    travel.go_on()
    return travel


def _sandbox_connection(settings: Settings) -> SlackConnection:
    known = sandbox_slack.credentials(settings)
    return SlackConnection(
        api_url=known.api_url,
        transport=settings.slack_transport,
        bot_token=known.bot_token,
        app_token=known.app_token,
        signing_secret=known.signing_secret,
    )


def _check_secrets(settings: Settings) -> None:
    """Raises ConfigurationError now for what would else be missed at the first customer's visit."""
    _ = settings.signing_secret, settings.identity_signing_secret
    receipt_keys(settings).signer(clock.now())


def _value(secret: SecretStr | None) -> str:
    """A secret's text. `offboard run` makes those that are not set; empty ones let nobody in."""
    return secret.get_secret_value() if secret else secrets.token_urlsafe(32)
