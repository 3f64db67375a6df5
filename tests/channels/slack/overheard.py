"""A Slack whose Web API is listened to: what our application sends it, as it is on the wire."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from fastapi import FastAPI, Request, Response
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from offboarding.settings import Settings
from sandbox.slack.credentials import API_PATH
from sandbox.slack.server import SlackStandIn
from tests.channels.slack.desk_house import stand_in_slack
from tests.channels.stand_in import served


@dataclass(frozen=True)
class Sent:
    """One call, in the form in which slack_sdk sent it."""

    method: str
    arguments: dict[str, Any]
    as_json: bool

    async def again(self, client: AsyncWebClient) -> AsyncSlackResponse:
        """Send it once more, to another Slack.

        What was in the address goes as a form: Slack takes both, the specification only the form.
        """
        if self.as_json:
            return await client.api_call(self.method, json=dict(self.arguments))
        return await client.api_call(self.method, data=dict(self.arguments))


@dataclass
class OverheardSlack:
    """The stand-in, and all it was asked."""

    slack: SlackStandIn
    sent: list[Sent] = field(default_factory=list)

    def methods(self) -> set[str]:
        return {each.method for each in self.sent}


@asynccontextmanager
async def overheard_slack(settings: Settings) -> AsyncIterator[OverheardSlack]:
    overheard = OverheardSlack(stand_in_slack(settings))
    slack, application = overheard.slack, FastAPI()
    application.include_router(slack.router())

    @application.middleware("http")
    async def listen(
        request: Request, answer: Callable[[Request], Awaitable[Response]]
    ) -> Response:
        if request.url.path.startswith(API_PATH):
            overheard.sent.append(await _read(request))
        return await answer(request)

    async with served(application) as address:
        slack.own_url = address
        await slack.start()
        try:
            yield overheard
        finally:
            await slack.stop()


async def _read(request: Request) -> Sent:
    method = request.url.path.removeprefix(API_PATH)
    body = (await request.body()).decode()
    in_address = dict(parse_qsl(request.url.query, keep_blank_values=True))
    if request.headers.get("content-type", "").startswith("application/json"):
        return Sent(method, in_address | json.loads(body), as_json=True)
    return Sent(method, in_address | dict(parse_qsl(body, keep_blank_values=True)), as_json=False)
