"""The stand-in served on loopback, a small application that it calls, and the official client."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit

import pytest
from fastapi import FastAPI
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from twilio.http.async_http_client import AsyncTwilioHttpClient
from twilio.request_validator import RequestValidator
from twilio.rest import Client

from offboarding.settings import Settings
from sandbox.phone.server import TwilioStandIn
from tests.channels.stand_in import served

PUBLIC = "https://chat.larkspur.example"
REPORTS = f"{PUBLIC}/sms/status?post=7"
MAYA = "+353209150142"
PUBLISHED = "https://api.twilio.com"
NOTHING_TO_SAY = '<?xml version="1.0" encoding="UTF-8"?><Response/>'


class OpenTwilio(Protocol):
    """Starts a stand-in; options are TwilioStandIn's."""

    async def __call__(self, **options: Any) -> TwilioStandIn: ...


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(_env_file=None, data_directory=tmp_path, public_url=PUBLIC)


@asynccontextmanager
async def open_stand_in(settings: Settings, **options: Any) -> AsyncIterator[TwilioStandIn]:
    twilio = TwilioStandIn(settings, **options)
    application = FastAPI()
    application.include_router(twilio.router())
    async with served(application) as address:
        await listening(address)
        twilio.own_url = address
        await twilio.start()
        try:
            yield twilio
        finally:
            await twilio.stop()


async def listening(address: str) -> None:
    """Return when somebody is: a server has its port a moment before it listens there."""
    where = urlsplit(address)
    while True:
        try:
            _, writer = await asyncio.open_connection(where.hostname, where.port)
        except ConnectionRefusedError:
            continue
        writer.close()
        return


@pytest.fixture
async def open_twilio(settings: Settings) -> AsyncIterator[OpenTwilio]:
    async with AsyncExitStack() as stack:

        async def opened(**options: Any) -> TwilioStandIn:
            return await stack.enter_async_context(open_stand_in(settings, **options))

        yield opened


@pytest.fixture
async def twilio(open_twilio: OpenTwilio) -> TwilioStandIn:
    return await open_twilio()


class Elsewhere(AsyncTwilioHttpClient):  # type: ignore[misc] (the package has no types)
    """The official HTTP client, with another address in place of Twilio's."""

    def __init__(self, api_url: str) -> None:
        super().__init__()
        self._api_url = api_url

    async def request(self, method: str, url: str, *further: Any, **named: Any) -> Any:
        return await super().request(
            method, url.replace(PUBLISHED, self._api_url), *further, **named
        )


@asynccontextmanager
async def client_of(twilio: TwilioStandIn) -> AsyncIterator[Client]:
    known = twilio.credentials
    async with Elsewhere(known.api_url) as http:
        yield Client(known.account_sid, known.auth_token, http_client=http)


@pytest.fixture
async def client(twilio: TwilioStandIn) -> AsyncIterator[Client]:
    async with client_of(twilio) as opened:
        yield opened


class SmallApp:
    """Takes what Twilio sends, as an application does: what is not signed gets 403."""

    def __init__(self, twilio: TwilioStandIn) -> None:
        self.twilio = twilio
        self.heard: list[dict[str, str]] = []
        """The forms of texts that came in."""
        self.reports: list[dict[str, str]] = []
        self.headers: list[dict[str, str]] = []
        self.answer: Callable[[], Awaitable[Response]] | None = None
        """Answers to a text, instead of saying that there is nothing to say."""
        self._validator = RequestValidator(twilio.credentials.auth_token)

    def bodies(self) -> list[str]:
        return [each["Body"] for each in self.heard]

    def statuses(self) -> list[str]:
        return [each["MessageStatus"] for each in self.reports]

    async def _inbound(self, request: Request) -> Response:
        form = await self._signed(request)
        if form is None:
            return Response(status_code=403)
        self.heard.append(form)
        self.headers.append(dict(request.headers))
        if self.answer is not None:
            return await self.answer()
        return Response(NOTHING_TO_SAY, media_type="text/xml")

    async def _status(self, request: Request) -> Response:
        form = await self._signed(request)
        if form is None:
            return Response(status_code=403)
        self.reports.append(form)
        return Response(status_code=204)

    async def _signed(self, request: Request) -> dict[str, str] | None:
        form = {name: str(value) for name, value in (await request.form()).items()}
        query = f"?{request.url.query}" if request.url.query else ""
        address = PUBLIC + request.url.path + query
        signature = request.headers.get("x-twilio-signature", "")
        return form if self._validator.validate(address, form, signature) else None

    @asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        web = Starlette(
            routes=[
                Route("/sms/inbound", self._inbound, methods=["POST"]),
                Route("/sms/status", self._status, methods=["POST"]),
            ]
        )
        async with served(web) as address:
            await listening(address)
            self.twilio.app_url = address
            yield


def answering(
    body: str, kind: str = "text/xml", status: int = 200
) -> Callable[[], Awaitable[Response]]:
    """What a SmallApp always answers."""

    async def answer() -> Response:
        return Response(body, status, media_type=kind)

    return answer


@pytest.fixture
async def app(twilio: TwilioStandIn) -> AsyncIterator[SmallApp]:
    small = SmallApp(twilio)
    async with small.open():
        yield small


async def send(twilio: TwilioStandIn, client: Client, body: str, to: str = MAYA) -> Any:
    """As the application sends, with reports of what becomes of it."""
    return await client.messages.create_async(
        to=to, from_=twilio.credentials.sender, body=body, status_callback=REPORTS
    )
