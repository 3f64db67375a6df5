"""Where Slack calls us over HTTP: events, presses, windows and commands, all at one address."""

from fastapi import APIRouter, Request, Response
from slack_bolt.adapter.starlette.async_handler import AsyncSlackRequestHandler

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
        if int(request.headers.get("content-length") or 0) > MOST_BYTES:
            return Response(status_code=413)
        if desk.app is None:
            return Response(status_code=503)
        return await AsyncSlackRequestHandler(desk.app).handle(request)

    return routes
