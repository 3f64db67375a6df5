"""Where the company's systems say what became of what they were told."""

from collections.abc import Callable
from http import HTTPStatus

import structlog
from fastapi import APIRouter, Request, Response

from channels.in_thread import in_thread
from channels.web.problems import problem
from offboarding.access.acknowledging import (
    MOST_BYTES,
    AcknowledgementInvalidError,
    AcknowledgementSignatureError,
    acknowledge,
)
from offboarding.access.port import Endpoints
from offboarding.database import Database

log = structlog.get_logger(__name__)

PATH = "/access/acknowledgements"


def router(database: Database, endpoints: Endpoints, wake: Callable[[], None]) -> APIRouter:
    """The route; `wake` has what follows done at once."""
    routes = APIRouter(tags=["access"])

    @routes.post(PATH, include_in_schema=False)
    async def acknowledgement(request: Request) -> Response:
        """204; 403 for what the system that was told did not sign, 400 for another form."""
        body = bytearray()
        async for piece in request.stream():
            body += piece
            if len(body) > MOST_BYTES:
                status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
                return problem(status, "too_long", f"{MOST_BYTES} bytes are the most.")
        try:
            await in_thread(acknowledge, database, endpoints, request.headers, bytes(body))
        except AcknowledgementInvalidError as error:
            return problem(HTTPStatus.BAD_REQUEST, error.word, error.sentence)
        except AcknowledgementSignatureError as error:
            log.warning("acknowledgement_signature_wrong")
            return problem(HTTPStatus.FORBIDDEN, error.word, error.sentence)
        wake()
        return Response(status_code=HTTPStatus.NO_CONTENT.value)

    return routes
