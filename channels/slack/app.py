"""Bolt's application: every listener, the same over Socket Mode and HTTP."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

import structlog
from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncBoltContext
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.response import BoltResponse
from slack_sdk.web.async_client import AsyncWebClient
from starlette.concurrency import run_in_threadpool

from channels.logs import describe
from channels.slack.actions import Action
from channels.slack.connection import SlackConnection
from channels.slack.history import History
from channels.slack.inbox import EventInbox
from channels.slack.people import People
from channels.slack.presses import Presses
from channels.slack.replies import outer_id
from offboarding.errors import OffboardingError

_LOG = structlog.get_logger(__name__)

WENT_WRONG = "Something went wrong on our side, and nothing was changed. Please press it once more."
OTHER_TEAM = "unknown team"
Body = Mapping[str, Any]


@dataclass(frozen=True)
class Workspace:
    """Whose Slack it is, and who we are there, as auth.test says."""

    team_id: str
    bot_id: str
    bot_user_id: str


@dataclass(frozen=True)
class Parts:
    """What the listeners call."""

    inbox: EventInbox
    presses: Presses
    history: History
    people: People
    sent: Callable[[], None]
    """To be called after a transaction that may have put something into the outbox."""


def bolt_app(
    connection: SlackConnection, client: AsyncWebClient, workspace: Workspace, parts: Parts
) -> AsyncApp:
    """The application with all its listeners. Requests of other workspaces get 401."""

    async def authorize(team_id: str | None, **_: Any) -> AuthorizeResult | None:
        if team_id != workspace.team_id:
            return None
        return AuthorizeResult(
            enterprise_id=None,
            team_id=workspace.team_id,
            bot_id=workspace.bot_id,
            bot_user_id=workspace.bot_user_id,
            bot_token=connection.bot_token,
        )

    app = AsyncApp(
        client=client,
        signing_secret=connection.signing_secret or None,
        authorize=authorize,  # type: ignore[arg-type]  # None: not authorized
        request_verification_enabled=bool(connection.signing_secret),
        process_before_response=True,
    )
    app.middleware(_keep_events(parts))
    app.event("message")(_nothing_more)
    app.event("app_home_opened")(_nothing_more)
    _Pressed(parts, workspace).listen(app)
    app.error(_tell_nothing)
    return app


def _keep_events(parts: Parts) -> Callable[..., Awaitable[Any]]:
    async def keep(body: Body, next_: Callable[[], Awaitable[None]]) -> BoltResponse | None:
        """Events are answered once they are kept; what fails here is answered 500 and repeated."""
        if body.get("type") == "event_callback":
            await parts.inbox.take(str(body["event_id"]), body["event"])
            return BoltResponse(status=200, body="")
        await next_()
        return None

    return keep


async def _nothing_more() -> None:
    """The middleware has kept it."""


async def _tell_nothing(error: Exception) -> BoltResponse:
    """Slack shows the agent that it did not work, and repeats events."""
    _LOG.error("slack_request_failed", **describe(error))
    return BoltResponse(status=500, body="")


class _Pressed:
    """Listens to the buttons of the card."""

    def __init__(self, parts: Parts, workspace: Workspace) -> None:
        self._parts = parts
        self._workspace = workspace

    def listen(self, app: AsyncApp) -> None:
        """Register every button."""
        presses = self._parts.presses
        for action, press in (
            (Action.CLAIM, presses.claim),
            (Action.HAND_BACK, presses.hand_back),
            (Action.RESOLVE, presses.resolve),
        ):
            app.action(action.value)(self._pressing(press))
        app.action(Action.MORE.value)(self._more)
        app.action(Action.HISTORY.value)(self._show_history)

    def _pressing(self, press: Callable[[str, str, str], None]) -> Callable[..., Awaitable[None]]:
        async def pressed(
            ack: AsyncAck, body: Body, action: Body, context: AsyncBoltContext
        ) -> None:
            await self._carry_out(press, str(action.get("value")), body, context)
            await ack()

        return pressed

    async def _more(
        self, ack: AsyncAck, body: Body, action: Body, context: AsyncBoltContext
    ) -> None:
        what, _, hand_off_id = str((action.get("selected_option") or {}).get("value")).partition(
            ":"
        )
        if what == "release":
            await self._carry_out(self._parts.presses.release, hand_off_id, body, context)
        await ack()

    async def _show_history(
        self, ack: AsyncAck, body: Body, action: Body, context: AsyncBoltContext
    ) -> None:
        await ack()
        if context.client is not None:
            await self._parts.history.open(
                context.client, str(body["trigger_id"]), str(action.get("value"))
            )

    async def _carry_out(
        self,
        press: Callable[[str, str, str], None],
        hand_off_id: str,
        body: Body,
        context: AsyncBoltContext,
    ) -> None:
        user = body["user"]
        name = await self._parts.people.full_name(
            str(user["id"]), str(user.get("name") or user.get("username") or "")
        )
        agent = outer_id(self._workspace.team_id, str(user["id"]))
        try:
            await run_in_threadpool(press, hand_off_id, agent, name)
        except OffboardingError as error:
            await self._explain(body, context, error.sentence)
        except Exception as error:  # noqa: BLE001 (whatever it is, the agent is told)
            _LOG.error("slack_press_failed", **describe(error))
            await self._explain(body, context, WENT_WRONG)
        finally:
            self._parts.sent()

    async def _explain(self, body: Body, context: AsyncBoltContext, sentence: str) -> None:
        """Only who pressed sees why nothing happened."""
        channel = (body.get("channel") or {}).get("id")
        message = body.get("message") or {}
        if context.client is None or channel is None:
            return
        await context.client.chat_postEphemeral(
            channel=channel,
            user=str(body["user"]["id"]),
            text=sentence,
            thread_ts=message.get("thread_ts") or message.get("ts"),
        )
