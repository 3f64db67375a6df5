"""The phone's page, what it shows, and what it is told."""

from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import jinja2
from fastapi import APIRouter, Depends, HTTPException, Request
from fastapi.responses import HTMLResponse, JSONResponse
from sse_starlette import EventSourceResponse, ServerSentEvent
from starlette.concurrency import run_in_threadpool

from offboarding.settings import Settings
from sandbox.customers import BY_EXTERNAL_ID, COMPANY, CUSTOMERS
from sandbox.mailbox import MailStore
from sandbox.moving_on import Today
from sandbox.phone.driver import LONGEST, Phone
from sandbox.phone.faults import Faults
from sandbox.phone.network.exchange import Exchange
from sandbox.phone.network.model import Line
from sandbox.phone.page.acts import Act, Acts
from sandbox.phone.page.difficulties import GROUPS
from sandbox.phone.page.phones import KnownPhone, known_phones
from sandbox.phone.page.view import shown
from sandbox.visitor import Visitors, require_same_origin, visitor_words

HERE = Path(__file__).resolve().parents[2]
PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'self'"
)
_HEADERS = {
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
}
_PING_SECONDS = 15
_SEND_SECONDS = 60
_LINE_END = "\n"


class PhonePages:
    """Every route below `/sandbox/phone`; its looks are served with the other pages'."""

    def __init__(
        self,
        settings: Settings,
        exchange: Exchange,
        phone: Phone,
        faults: Faults,
        line: Line,
        *,
        today: Callable[[], Today | None],
    ) -> None:
        self._settings = settings
        self._exchange = exchange
        self._faults = faults
        self._line = line
        self._today = today
        self._acts = Acts(phone, faults)
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
        routes.add_api_route("/sandbox/phone", self._phone, methods=["GET"])
        routes.add_api_route("/sandbox/phone/state.json", self._state, methods=["GET"])
        routes.add_api_route("/sandbox/phone/changes", self._changes, methods=["GET"])
        routes.add_api_route("/sandbox/phone/act", self._act, methods=["POST"], dependencies=ours)
        return routes

    async def _phone(self, request: Request) -> HTMLResponse:
        visitor = BY_EXTERNAL_ID.get(self._visitors.signed_in_as(request) or "")
        content = self._templates.get_template("phone.html").render(
            **self._bar(request),
            today=await run_in_threadpool(self._today),
            phones=known_phones(),
            first=(visitor.phone if visitor else None) or known_phones()[0].number,
            sender=KnownPhone(self._line.sender).written,
            longest=LONGEST,
            groups=GROUPS,
        )
        response = HTMLResponse(
            content, headers=_HEADERS | {"Content-Security-Policy": PAGE_POLICY}
        )
        self._visitors.forget_notice(response)
        return response

    async def _state(self, number: str) -> JSONResponse:
        for phone in known_phones():
            if phone.number == number:
                seen = shown(self._exchange, self._faults, self._line, phone)
                return JSONResponse(seen, headers=_HEADERS)
        raise HTTPException(404, "There is no such phone here.")

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
        changes = self._exchange.changes
        told = -1
        while True:
            if changes.count != told:
                told = changes.count
                yield ServerSentEvent(data=str(told), sep=_LINE_END)
            with suppress(TimeoutError):  # nothing new for a while
                await changes.until(partial(changes.beyond, told), _PING_SECONDS)

    async def _act(self, act: Act) -> JSONResponse:
        return JSONResponse(await self._acts.carry_out(act), headers=_HEADERS)

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
            "has_desk": self._settings.desk_in_sandbox,
            "has_phone": True,
            "has_systems": self._settings.systems_in_sandbox,
            "has_staff": bool(self._settings.staff),
        }
