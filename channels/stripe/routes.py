"""Where Stripe calls us: what became of subscriptions, invoices and refunds."""

from http import HTTPStatus

import structlog
from fastapi import APIRouter, Request, Response

from channels.in_thread import in_thread
from offboarding.background.port import BackgroundEngine
from offboarding.billing.stripe.connection import EVENTS_PATH
from offboarding.billing.stripe.events import EventRefusedError
from offboarding.billing.stripe.provider import StripeProvider

_LOG = structlog.get_logger(__name__)

MOST_BYTES = 1_000_000
"""An event holds one object, and at most a page of its list."""


def router(provider: StripeProvider, background: BackgroundEngine) -> APIRouter:
    """The webhook. An event is kept and answered at once; what it means is found out by a task."""
    routes = APIRouter(tags=["stripe"])

    @routes.post(EVENTS_PATH, include_in_schema=False)
    async def events(request: Request) -> Response:
        """An event; 400 for what Stripe did not sign. Whatever else fails, Stripe sends again."""
        body = bytearray()
        async for piece in request.stream():
            body += piece
            if len(body) > MOST_BYTES:
                return Response(status_code=HTTPStatus.REQUEST_ENTITY_TOO_LARGE.value)
        signed = request.headers.get("stripe-signature", "")
        try:
            await in_thread(provider.receive, bytes(body), signed)
        except EventRefusedError as refused:
            _LOG.warning("stripe_event_refused", because=refused.sentence)
            return Response(status_code=HTTPStatus.BAD_REQUEST.value)
        background.wake()
        return Response(status_code=HTTPStatus.OK.value)

    return routes
