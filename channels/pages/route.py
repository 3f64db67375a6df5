"""The frame around every page: nothing malformed gets in, and no trace gets out."""

from collections.abc import Callable, Coroutine
from typing import Any

import structlog
from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import RedirectResponse
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException

from channels.pages.errors import BodyTooLargeError, PageError
from channels.pages.rendering import SECURITY_HEADERS, PageTemplates
from offboarding.encryption.errors import UnreadableError
from offboarding.errors import NotFoundError, OffboardingError

log = structlog.get_logger(__name__)

MOST_BYTES = 16 * 1024
"""The largest form taken; ours are far smaller."""


def page_route(
    templates: PageTemplates,
    most_bytes: int = MOST_BYTES,
    too_large: type[BodyTooLargeError] = BodyTooLargeError,
) -> type[APIRoute]:
    """A route whose errors are pages, and which takes no form larger than `most_bytes`."""

    class PageRoute(APIRoute):
        """Answers every error with a page that says what to do, and sets the headers."""

        def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
            handle = super().get_route_handler()

            async def answer(request: Request) -> Response:
                try:
                    _check_size(request, most_bytes, too_large)
                    response = await handle(request)
                except Exception as error:  # noqa: BLE001 (a reader never sees a trace; it is logged)
                    response = _error_page(templates, error, was_sent=request.method == "POST")
                for name, value in SECURITY_HEADERS.items():
                    response.headers.setdefault(name, value)
                return response

            return answer

    return PageRoute


def _check_size(request: Request, most_bytes: int, too_large: type[BodyTooLargeError]) -> None:
    if request.method != "POST":
        return
    length = request.headers.get("content-length", "")
    # A body without a length could have any; browsers always send one with a form.
    if not length.isdecimal() or int(length) > most_bytes:
        raise too_large


def _error_page(templates: PageTemplates, error: Exception, *, was_sent: bool) -> Response:
    match error:
        case PageError() if error.leads_to(was_sent=was_sent):
            return RedirectResponse(error.leads_to(was_sent=was_sent), 303)
        case PageError():
            return templates.message(error.status, error.heading, error.sentence, error.way_on)
        case NotFoundError():
            return templates.message(404, "There is nothing here", error.sentence)
        case OffboardingError() if not isinstance(error, UnreadableError):
            return templates.message(409, "That can't be done", error.sentence)
        case RequestValidationError() | HTTPException():
            return templates.message(
                400,
                "That didn't work",
                "What your browser sent can't be read. Nothing was changed.",
            )
    log.error("page_failed", exc_info=error)
    return templates.message(
        500,
        "Something broke on our side",
        "This was our mistake, and it has been noted. Try again in a moment, or ask for a person.",
    )
