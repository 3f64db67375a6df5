"""The addresses of the staff pages."""

from collections.abc import Callable
from typing import Any

from fastapi import APIRouter, Response
from sqlalchemy.orm import Session

from channels.pages.route import page_route
from channels.staff.acting import ActingPages
from channels.staff.errors import SIGN_IN
from channels.staff.frame import INSIGHTS, STYLE, STYLE_PATH, StaffFrame
from channels.staff.insights import InsightPages
from channels.staff.looking import BY_ADDRESS, CASES, LookingPages
from channels.staff.notices import NOTICES, NoticePages
from channels.staff.sign_in import SignInPages
from offboarding.billing.port import BillingPort
from offboarding.database import Database
from offboarding.errors import NotFoundError
from offboarding.policies.store import Policies
from offboarding.settings import Settings


def router(
    settings: Settings,
    database: Database,
    policies: Policies,
    billing_for: Callable[[Session], BillingPort],
) -> APIRouter:
    """The staff pages; no route at all where nobody may sign in.

    Raises ConfigurationError where the sign-in would go over a network in the clear.
    """
    if not settings.may_sign_in:
        return APIRouter()
    frame = StaffFrame(settings, database)
    signing_in = SignInPages(frame)
    looking = LookingPages(frame)
    acting = ActingPages(frame, policies, billing_for)
    noticing = NoticePages(frame)
    learning = InsightPages(frame)
    one = f"{CASES}/{{number}}"
    routes: list[tuple[str, str, Callable[..., Any]]] = [
        ("GET", "/staff", looking.home),
        ("GET", SIGN_IN, signing_in.start),
        ("POST", SIGN_IN, signing_in.ask),
        ("GET", f"{SIGN_IN}/sent", signing_in.sent),
        ("GET", f"{SIGN_IN}/out", signing_in.out),
        ("GET", "/staff/enter/{token}", signing_in.link),
        ("POST", "/staff/enter/{token}", signing_in.enter),
        ("POST", "/staff/sign-out", signing_in.sign_out),
        ("GET", CASES, looking.cases),
        ("POST", BY_ADDRESS, looking.of_address),
        ("GET", BY_ADDRESS, looking.home),
        ("GET", "/staff/due", looking.due),
        ("GET", NOTICES, noticing.all),
        ("GET", f"{NOTICES}/{{number}}", noticing.one),
        ("POST", f"{NOTICES}/{{number}}/seen-to", noticing.see_to),
        ("POST", f"{NOTICES}/{{number}}/taken-back", noticing.take_back),
        ("GET", one, looking.case),
        ("POST", f"{one}/retry", acting.retry),
        ("GET", f"{one}/settle/{{kind}}", acting.settle_form),
        ("POST", f"{one}/settle/{{kind}}", acting.settle),
        ("GET", f"{one}/cancel", acting.cancel_form),
        ("POST", f"{one}/cancel", acting.cancel),
        ("GET", f"{one}/undo", acting.undo_form),
        ("POST", f"{one}/undo", acting.undo),
        ("GET", INSIGHTS, learning.why),
        ("GET", f"{INSIGHTS}/words", learning.words),
        ("GET", f"{INSIGHTS}/wishes.csv", learning.table),
        ("GET", STYLE_PATH, _style),
        ("GET", "/staff/{anything:path}", _nothing),
    ]
    pages = APIRouter(
        route_class=page_route(frame.templates), tags=["staff"], include_in_schema=False
    )
    for method, path, endpoint in routes:
        pages.add_api_route(path, endpoint, methods=[method], response_model=None)
    return pages


def _style() -> Response:
    return Response(
        STYLE, media_type="text/css", headers={"Cache-Control": "public, max-age=31536000"}
    )


def _nothing(anything: str) -> None:  # noqa: ARG001 (the path parameter has a name)
    raise NotFoundError("There is no page at this address.")
