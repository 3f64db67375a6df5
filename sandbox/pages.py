"""The demo company's website, its customers' accounts and the mailbox, as pages."""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

import jinja2
from babel.dates import format_datetime
from fastapi import APIRouter, Depends, Form, HTTPException, Query, Request, Response
from fastapi.responses import FileResponse, HTMLResponse, JSONResponse, RedirectResponse
from sqlalchemy.orm import Session

from offboarding import clock
from offboarding.accounts import service as accounts
from offboarding.accounts.model import Interval
from offboarding.database import Database
from offboarding.settings import Settings
from offboarding.wording import money_text
from sandbox import company, history
from sandbox.customers import BY_EXTERNAL_ID, COMPANY, CURRENCY, CUSTOMERS, PLANS
from sandbox.facts import account_facts
from sandbox.mailbox import MailStore, framed
from sandbox.moving_on import Move, MovingOn
from sandbox.systems.pages import SystemsStandIn
from sandbox.visitor import (
    Visitors,
    came_from,
    identity_token,
    require_same_origin,
    visitor_words,
)

BOTH = "/sandbox/both"
HERE = Path(__file__).resolve().parent
STATIC = {
    "sandbox.css": "text/css",
    "sandbox.js": "text/javascript",
    "mailbox.js": "text/javascript",
    "phone.css": "text/css",
    "phone.js": "text/javascript",
}
PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; frame-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'self'"
)
MAIL_POLICY = (
    "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; "
    "style-src 'unsafe-inline'; img-src data:; form-action 'none'; base-uri 'none'; "
    "frame-ancestors 'self'"
)
"""A mail may look as it likes; it runs nothing, loads nothing, sends nothing."""
_NO_STORE = {
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    # Not no-referrer: with that, browsers send forms with an Origin of null.
    "Referrer-Policy": "same-origin",
}


def router(
    settings: Settings,
    database: Database,
    mails: MailStore,
    reset_done: Callable[[], None],
    *,
    systems: SystemsStandIn | None = None,
    moving_on: MovingOn | None = None,
) -> APIRouter:
    """The sandbox's routes; `reset_done` is called, in a worker thread, after every reset.

    `systems` are the company's own; None where real ones are connected. `moving_on` moves time;
    without it time goes as it does.

    Raises ConfigurationError when the sandbox is off.
    """
    company.require_sandbox(settings)
    pages = _Pages(settings, database, mails, moving_on)
    routes = APIRouter(include_in_schema=False)
    _add_website(routes, pages)
    _add_visitor(routes, pages, reset_done)
    _add_mailbox(routes, pages)
    if moving_on is not None:
        _add_time(routes, pages, moving_on)
    if systems is not None:
        routes.include_router(systems.router(pages.answer))
    return routes


class _Pages:
    """What every page needs."""

    def __init__(
        self,
        settings: Settings,
        database: Database,
        mails: MailStore,
        moving_on: MovingOn | None,
    ) -> None:
        self.settings = settings
        self.database = database
        self.mails = mails
        self.moving_on = moving_on
        self.visitors = Visitors(settings)
        self._templates = jinja2.Environment(
            loader=jinja2.FileSystemLoader(HERE / "templates"),
            autoescape=True,
            undefined=jinja2.StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._templates.filters["moment"] = lambda moment: format_datetime(
            moment, "d MMM, HH:mm", locale="en_GB"
        )

    def page(self, name: str, **values: Any) -> HTMLResponse:
        """A whole page, with the policy that lets nothing foreign run in it."""
        headers = {**_NO_STORE, "Content-Security-Policy": PAGE_POLICY}
        return HTMLResponse(self.part(name, **values), headers=headers)

    def answer(self, request: Request, name: str, **values: Any) -> HTMLResponse:
        """A whole page with the bar on top."""
        response = self.page(name, **values, **self.bar(request))
        self.visitors.forget_notice(response)
        return response

    def part(self, name: str, **values: Any) -> str:
        """A piece of a page."""
        return self._templates.get_template(name).render(company=COMPANY, **values)

    def bar(self, request: Request) -> dict[str, Any]:
        """What the bar on top of every page shows."""
        external_id = self.visitors.signed_in_as(request)
        return {
            "visitor": BY_EXTERNAL_ID.get(external_id or ""),
            "visitor_words": visitor_words(external_id),
            "customers": CUSTOMERS,
            "mail_count": len(self.mails.summaries()),
            "notice": self.visitors.notice(request),
            "has_desk": self.settings.desk_in_sandbox,
            "has_phone": self.settings.sms_in_sandbox,
            "has_systems": self.settings.systems_in_sandbox,
            "has_staff": bool(self.settings.staff),
            "today": self.moving_on.today() if self.moving_on is not None else None,
        }

    def visit(self, session: Session, external_id: str | None) -> str:
        """Another text whenever another person is here, or the same one after a reset."""
        return f"{external_id or 'nobody'} {company.seed_mark(session)}"

    def account(self, session: Session, external_id: str | None) -> str:
        """The signed-in customer's account as HTML, from the database as it is now; or empty."""
        customer = accounts.customer_by_external_id(session, external_id) if external_id else None
        if customer is None:
            return ""
        return self.part("account.html", account=account_facts(session, customer, self.settings))

    def token(self, external_id: str | None) -> str:
        """A fresh identity token; empty when nobody is signed in, as the widget wants it."""
        return identity_token(external_id, self.settings) if external_id else ""


def _add_website(routes: APIRouter, pages: _Pages) -> None:
    @routes.get("/")
    def website(request: Request) -> HTMLResponse:
        external_id = pages.visitors.signed_in_as(request)
        with pages.database.read() as session:
            account, visit = pages.account(session, external_id), pages.visit(session, external_id)
        response = pages.page(
            "website.html",
            account=account,
            visit=visit,
            identity_token=pages.token(external_id),
            plans=[
                (plan, money_text(plan.price_minor, CURRENCY), plan.interval is Interval.YEAR)
                for plan in PLANS
            ],
            **pages.bar(request),
        )
        pages.visitors.forget_notice(response)
        return response

    @routes.get("/sandbox/state.json")
    def state(request: Request) -> JSONResponse:
        external_id = pages.visitors.signed_in_as(request)
        with pages.database.read() as session:
            content = {
                "visit": pages.visit(session, external_id),
                "mails": len(pages.mails.summaries()),
                "account": pages.account(session, external_id),
                "visitor": visitor_words(external_id),
            }
        return JSONResponse(content, headers=_NO_STORE)

    @routes.get("/sandbox/identity.json")
    def identity(request: Request) -> JSONResponse:
        token = pages.token(pages.visitors.signed_in_as(request))
        return JSONResponse({"identity_token": token or None}, headers=_NO_STORE)

    @routes.get("/sandbox/static/{name}")
    def static(name: str) -> FileResponse:
        if name not in STATIC:
            raise HTTPException(404)
        headers = {**_NO_STORE, "Cache-Control": "no-cache"}
        return FileResponse(HERE / "static" / name, media_type=STATIC[name], headers=headers)


def _add_visitor(routes: APIRouter, pages: _Pages, reset_done: Callable[[], None]) -> None:
    ours = [Depends(require_same_origin)]

    @routes.post("/sandbox/sign-in", dependencies=ours)
    def sign_in(request: Request, customer: Annotated[str, Form()]) -> Response:
        if customer not in BY_EXTERNAL_ID:
            raise HTTPException(404, "There is no such demo customer.")
        response = RedirectResponse(_after_signing(request), 303)
        pages.visitors.sign_in(response, customer)
        return response

    @routes.post("/sandbox/sign-out", dependencies=ours)
    def sign_out(request: Request) -> Response:
        response = RedirectResponse(_after_signing(request), 303)
        pages.visitors.sign_out(response)
        return response

    @routes.post("/sandbox/reset", dependencies=ours)
    def reset(request: Request) -> Response:
        if pages.moving_on is not None:
            pages.moving_on.return_to_present()  # what is made anew is dated today
        report = company.reset(pages.database, pages.settings)
        reset_done()
        response = RedirectResponse(came_from(request), 303)
        pages.visitors.leave_notice(
            response,
            "Everything is as on the first day. Deleted: "
            f"{_count(report.conversations, 'conversation')}, {_count(report.cases, 'case')}, "
            f"{_count(report.mails, 'mail')} and {_count(report.exports, 'data export')}.",
        )
        return response

    @routes.post("/sandbox/history", dependencies=ours)
    def fill_history(request: Request) -> Response:
        with pages.database.write() as session:
            written = history.fill(session, pages.settings)
        response = RedirectResponse(came_from(request), 303)
        pages.visitors.leave_notice(
            response,
            f"{written} made-up wishes of a year were written. Staff, Why they leave shows them."
            if written
            else "The made-up year is here already.",
        )
        return response


def _add_time(routes: APIRouter, pages: _Pages, moving_on: MovingOn) -> None:
    @routes.post("/sandbox/time", dependencies=[Depends(require_same_origin)])
    def move(request: Request, to: Annotated[Move, Form()]) -> Response:
        moved = moving_on.move(to)
        response = RedirectResponse(came_from(request), 303)
        day = moving_on.day_of(clock.now())
        pages.visitors.leave_notice(
            response,
            f"It is {day} here now. What was due by then is done, or under way."
            if moved
            else f"It is still {day} here: nothing is to come in any case.",
        )
        return response


def _add_mailbox(routes: APIRouter, pages: _Pages) -> None:
    def listed(recipient: str | None, key: str | None) -> dict[str, Any]:
        return {"mails": pages.mails.summaries(recipient), "to": recipient, "chosen": key}

    @routes.get("/sandbox/mailbox")
    def mailbox(
        request: Request,
        to: str = "",
        message: str | None = None,
        as_text: Annotated[bool, Query()] = False,  # noqa: FBT002 (a query parameter)
    ) -> HTMLResponse:
        mail = pages.mails.mail(message) if message else None
        known = {address for each in pages.mails.summaries() for address in each.recipients}
        response = pages.page(
            "mailbox.html",
            mail=mail,
            missing=message is not None and mail is None,
            as_text=as_text,
            recipients=sorted(known | {each.email for each in CUSTOMERS}),
            **listed(to or None, message),
            **pages.bar(request),
        )
        pages.visitors.forget_notice(response)
        return response

    @routes.get("/sandbox/mailbox/{key}/html")
    def html(key: str) -> HTMLResponse:
        mail = pages.mails.mail(key)
        if mail is None or mail.html is None:
            raise HTTPException(404)
        headers = {**_NO_STORE, "Content-Security-Policy": MAIL_POLICY}
        return HTMLResponse(framed(mail.html), headers=headers)


def _after_signing(request: Request) -> str:
    """To the customer's website, on the page with both sides where one was there."""
    place = came_from(request)
    return place if urlsplit(place).path == BOTH else "/"


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"
