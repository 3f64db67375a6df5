"""The desk's page, what it shows, and what it is told."""

from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import jinja2
from fastapi import APIRouter, Depends, HTTPException, Request
from fastapi.responses import FileResponse, HTMLResponse, JSONResponse
from sse_starlette import EventSourceResponse, ServerSentEvent
from starlette.concurrency import run_in_threadpool

from offboarding.settings import Settings
from sandbox.customers import BY_EXTERNAL_ID, COMPANY, CUSTOMERS
from sandbox.mailbox import MailStore
from sandbox.moving_on import Today
from sandbox.slack.desk.acts import Act, Acts
from sandbox.slack.desk.view import seen_by
from sandbox.slack.driver import Driver
from sandbox.slack.errors import DriverError
from sandbox.slack.people import AGENTS, CHANNELS
from sandbox.slack.team.workspace import Workspace
from sandbox.visitor import Visitors, require_same_origin, visitor_words

HERE = Path(__file__).resolve().parents[2]
STATIC = {
    "desk.css": "text/css",
    "desk.js": "text/javascript",
    "desk-blocks.js": "text/javascript",
    "desk-fields.js": "text/javascript",
    "desk-messages.js": "text/javascript",
    "desk-mrkdwn.js": "text/javascript",
    "desk-windows.js": "text/javascript",
}
PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; frame-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'self'"
)
"""As the other pages of the sandbox, but it may stand in a frame of the page with both sides."""
_HEADERS = {
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
}
_PING_SECONDS = 15
_SEND_SECONDS = 60
_LINE_END = "\n"


class DeskPages:
    """Every route below `/sandbox/desk`, and `/sandbox/both`."""

    def __init__(
        self,
        settings: Settings,
        workspace: Workspace,
        driver: Driver,
        today: Callable[[], Today | None],
    ) -> None:
        self._settings = settings
        self._today = today
        self._workspace = workspace
        self._acts = Acts(workspace, driver)
        self._visitors = Visitors(settings)
        self._mails = MailStore(settings.data_directory)
        self._templates = jinja2.Environment(
            loader=jinja2.FileSystemLoader(HERE / "templates"),
            autoescape=True,
            undefined=jinja2.StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )

    def router(self) -> APIRouter:
        """The routes."""
        routes = APIRouter(include_in_schema=False)
        ours = [Depends(require_same_origin)]
        routes.add_api_route("/sandbox/desk", self._desk, methods=["GET"])
        routes.add_api_route("/sandbox/both", self._both, methods=["GET"])
        routes.add_api_route("/sandbox/desk/state.json", self._state, methods=["GET"])
        routes.add_api_route("/sandbox/desk/changes", self._changes, methods=["GET"])
        routes.add_api_route("/sandbox/desk/act", self._act, methods=["POST"], dependencies=ours)
        routes.add_api_route("/sandbox/desk/static/{name}", self._static, methods=["GET"])
        return routes

    async def _desk(self, request: Request) -> HTMLResponse:
        agents = [each for each in self._workspace.users.values() if not each.is_bot]
        return await self._page(request, "desk.html", agents=agents, first=next(iter(CHANNELS)))

    async def _both(self, request: Request) -> HTMLResponse:
        return await self._page(request, "desk-both.html")

    async def _state(
        self, agent: str = AGENTS[0].id, channel: str = "", thread: str = "", tab: str = ""
    ) -> JSONResponse:
        workspace = self._workspace
        try:
            user = workspace.user(agent)
            place = workspace.channel(channel or next(iter(CHANNELS)))
        except DriverError as error:
            raise HTTPException(404, str(error)) from None
        return JSONResponse(seen_by(workspace, user, place, thread, tab), headers=_HEADERS)

    async def _changes(self) -> EventSourceResponse:
        return EventSourceResponse(
            self._counted(),
            ping=_PING_SECONDS,
            ping_message_factory=lambda: ServerSentEvent(comment="open", sep=_LINE_END),
            send_timeout=_SEND_SECONDS,
            sep=_LINE_END,
            headers={"Cache-Control": "no-store"},
        )

    async def _counted(self) -> AsyncIterator[ServerSentEvent]:
        """The number of changes, whenever there are more."""
        changes = self._workspace.changes
        told = -1
        while True:
            if changes.count != told:
                told = changes.count
                yield ServerSentEvent(data=str(told), sep=_LINE_END)
            with suppress(TimeoutError):  # nothing new for a while
                await changes.until(partial(changes.beyond, told), _PING_SECONDS)

    async def _act(self, act: Act) -> JSONResponse:
        return JSONResponse(await self._acts.carry_out(act), headers=_HEADERS)

    def _static(self, name: str) -> FileResponse:
        if name not in STATIC:
            raise HTTPException(404)
        headers = {**_HEADERS, "Cache-Control": "no-cache"}
        return FileResponse(HERE / "static" / name, media_type=STATIC[name], headers=headers)

    async def _page(self, request: Request, name: str, **values: Any) -> HTMLResponse:
        template = self._templates.get_template(name)
        headers = {**_HEADERS, "Content-Security-Policy": PAGE_POLICY}
        today = await run_in_threadpool(self._today)
        content = template.render(**self._bar(request), today=today, **values)
        response = HTMLResponse(content, headers=headers)
        self._visitors.forget_notice(response)
        return response

    def _bar(self, request: Request) -> dict[str, Any]:
        """What the bar on top of every page of the sandbox shows."""
        external_id = self._visitors.signed_in_as(request)
        return {
            "company": COMPANY,
            "visitor": BY_EXTERNAL_ID.get(external_id or ""),
            "visitor_words": visitor_words(external_id),
            "customers": CUSTOMERS,
            "mail_count": len(self._mails.summaries()),
            "notice": self._visitors.notice(request),
            "has_phone": self._settings.sms_in_sandbox,
            "has_systems": self._settings.systems_in_sandbox,
            "has_staff": bool(self._settings.staff),
        }
