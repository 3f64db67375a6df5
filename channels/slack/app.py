"""Bolt's application: every listener, the same over Socket Mode and HTTP."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import structlog
from slack_bolt.async_app import AsyncApp, AsyncBoltContext
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.response import BoltResponse
from slack_sdk.web.async_client import AsyncWebClient

from channels.logs import describe
from channels.slack.connection import SlackConnection
from channels.slack.inbox import EventInbox
from channels.slack.members import Members
from channels.slack.opening import WindowNotOpenedError, tell_not_opened
from offboarding.settings import SlackTransport

_LOG = structlog.get_logger(__name__)

SHOWN_AT_ONCE = frozenset({"app_home_opened"})
"""Events that are not kept: what they ask for is of no use later, and is done as they come."""

Body = Mapping[str, Any]


@dataclass(frozen=True)
class Workspace:
    """Whose Slack it is, and who we are there, as auth.test says."""

    team_id: str
    bot_id: str
    bot_user_id: str


class Listening(Protocol):
    """Registers listeners of one subject."""

    def listen(self, app: AsyncApp) -> None:
        """Register them."""


def bolt_app(
    connection: SlackConnection,
    client: AsyncWebClient,
    workspace: Workspace,
    inbox: EventInbox,
    *,
    members: Members,
    listening: Sequence[Listening],
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
        request_verification_enabled=connection.transport is SlackTransport.HTTP,
        process_before_response=True,
        before_authorize=_from_our_workspace(workspace.team_id),
    )
    app.middleware(_keep_events(inbox))
    app.middleware(members.check)
    app.event("message")(_nothing_more)
    for subject in listening:
        subject.listen(app)
    app.error(_answer_error)
    return app


def _from_our_workspace(team_id: str) -> Callable[..., Awaitable[Any]]:
    async def check(
        context: AsyncBoltContext, body: Body, next_: Callable[[], Awaitable[None]]
    ) -> BoltResponse | None:
        """Bolt itself would answer 200, and say that the app is to be installed.

        Slack names no workspace when it asks, signed, whether the address is ours.
        """
        if context.team_id != team_id and body.get("type") != "url_verification":
            _LOG.warning("slack_of_another_workspace", team=context.team_id)
            return BoltResponse(status=401, body="")
        await next_()
        return None

    return check


def _keep_events(inbox: EventInbox) -> Callable[..., Awaitable[Any]]:
    async def keep(body: Body, next_: Callable[[], Awaitable[None]]) -> BoltResponse | None:
        """Events are answered once they are kept; what fails here is answered 500 and repeated."""
        kind = (body.get("event") or {}).get("type")
        if body.get("type") == "event_callback" and kind not in SHOWN_AT_ONCE:
            await inbox.take(str(body["event_id"]), body["event"])
            return BoltResponse(status=200, body="")
        await next_()
        return None

    return keep


async def _nothing_more() -> None:
    """The middleware has kept it."""


async def _answer_error(error: Exception, body: Body, client: AsyncWebClient) -> BoltResponse:
    """Slack shows the agent that it did not work, and repeats events; of a window we tell them."""
    if isinstance(error, WindowNotOpenedError):
        await tell_not_opened(client, body)
        return BoltResponse(status=200, body="")
    _LOG.error("slack_request_failed", **describe(error))
    return BoltResponse(status=500, body="")
