"""Every error of the web API as application/problem+json, without a word about our insides."""

from collections.abc import Mapping
from http import HTTPStatus

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response

from offboarding.encryption.errors import UnreadableError
from offboarding.errors import OffboardingError

log = structlog.get_logger(__name__)

STATUSES = {
    "session_invalid": HTTPStatus.UNAUTHORIZED,
    "identity_token_invalid": HTTPStatus.UNAUTHORIZED,
    "identity_token_expired": HTTPStatus.UNAUTHORIZED,
    "empty": HTTPStatus.BAD_REQUEST,
    "invalid_position": HTTPStatus.BAD_REQUEST,
    "too_long": HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    "unknown_quick_reply": HTTPStatus.NOT_FOUND,
    "not_found": HTTPStatus.NOT_FOUND,
    "conversation_closed": HTTPStatus.CONFLICT,
    "too_many_waiting": HTTPStatus.TOO_MANY_REQUESTS,
    "too_many_conversations": HTTPStatus.TOO_MANY_REQUESTS,
    "configuration_invalid": HTTPStatus.INTERNAL_SERVER_ERROR,
}
"""The status of each error's word; any other error of the business is a conflict."""

INTERNAL_DETAIL = "Something went wrong on our side. Please try again in a moment."


def problem(
    status: int, word: str, detail: str, headers: Mapping[str, str] | None = None
) -> JSONResponse:
    """An answer that says what went wrong."""
    return JSONResponse(
        {"type": word, "title": HTTPStatus(status).phrase, "status": int(status), "detail": detail},
        status_code=int(status),
        headers={"Cache-Control": "no-store", **(headers or {})},
        media_type="application/problem+json",
    )


def internal_problem() -> JSONResponse:
    """The answer to a fault of ours."""
    return problem(HTTPStatus.INTERNAL_SERVER_ERROR, "internal_error", INTERNAL_DETAIL)


def install_problems(app: FastAPI) -> None:
    """Have every error of the application answered as a problem."""
    app.add_exception_handler(OffboardingError, _business_error)
    app.add_exception_handler(RequestValidationError, _invalid_request)
    app.add_exception_handler(HTTPException, _http_error)


async def _business_error(_request: Request, error: Exception) -> Response:
    if not isinstance(error, OffboardingError):
        raise error
    if isinstance(error, UnreadableError):
        log.error("data_unreadable", exc_info=error)
        return internal_problem()
    status = STATUSES.get(error.word, HTTPStatus.CONFLICT)
    if status == HTTPStatus.INTERNAL_SERVER_ERROR:
        return problem(status, error.word, INTERNAL_DETAIL)
    headers = {}
    if status == HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = "Bearer"
    retry_after = getattr(error, "retry_after_seconds", None)
    if retry_after is not None:
        headers["Retry-After"] = str(retry_after)
    return problem(status, error.word, error.sentence, headers)


async def _invalid_request(_request: Request, error: Exception) -> Response:
    """Names the places that do not fit, never what was in them."""
    if not isinstance(error, RequestValidationError):
        raise error
    places = sorted({".".join(str(part) for part in fault["loc"][1:]) for fault in error.errors()})
    named = ", ".join(place for place in places if place.isprintable() and place)[:200]
    where = f" (see {named})" if named else ""
    return problem(
        HTTPStatus.BAD_REQUEST,
        "invalid_request",
        f"This request doesn't have the form that is documented{where}.",
    )


async def _http_error(_request: Request, error: Exception) -> Response:
    if not isinstance(error, HTTPException):
        raise error
    phrase = HTTPStatus(error.status_code).phrase
    word = phrase.lower().replace(" ", "_").replace("-", "_")
    return problem(error.status_code, word, f"{phrase}.", error.headers)
