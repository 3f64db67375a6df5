"""Where Slack calls us over HTTP: events, presses, windows and commands, all at one address."""

from fastapi import APIRouter, Request, Response
from slack_bolt.adapter.starlette.async_handler import (
    to_async_bolt_request,
    to_starlette_response,
)

from channels.slack.desk import SlackDesk
from offboarding.settings import SlackTransport

PATH = "/slack/events"
MOST_BYTES = 1_000_000


def router(desk: SlackDesk) -> APIRouter:
    """The one route. Bolt checks each request's signature and answers 401 without a right one."""
    routes = APIRouter(tags=["slack"])

    @routes.post(PATH, include_in_schema=False)
    async def from_slack(request: Request) -> Response:
        """503 until Slack has said who we are there: Slack repeats it.

        404 in Socket Mode: there may be no signing secret to know Slack by.
        """
        if desk.transport is not SlackTransport.HTTP:
            return Response(status_code=404)
        if desk.app is None:
            return Response(status_code=503)
        body = await _read(request)
        if body is None:
            return Response(status_code=413)
        try:
            asked = to_async_bolt_request(request, body)
        except UnicodeDecodeError:
            return Response(status_code=400)
        return to_starlette_response(await desk.app.async_dispatch(asked))

    return routes


async def _read(request: Request) -> bytes | None:
    """The body; None when it is too long, whatever its headers say of its length."""
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > MOST_BYTES:
            return None
    return bytes(body)
