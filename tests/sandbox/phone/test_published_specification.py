"""What the stand-in answers, held against Twilio's own specification by Prism, which reads both.

Prism stands between the official client and the stand-in: what either does that the specification
does not know is named in the answer's header. Errors are in no specification of Twilio's; their
shape is tested in test_rest_api.py.
"""

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from twilio.rest import Client

from sandbox.phone.api import wording
from sandbox.phone.network.model import Direction, Json, Status
from sandbox.phone.server import TwilioStandIn
from tests.channels.stand_in import served
from tests.prism import played, specification
from tests.sandbox.phone.conftest import (
    MAYA,
    Elsewhere,
    OpenTwilio,
    SmallApp,
    answering,
    listening,
    send,
)

FILE = "twilio_api_v2010.json"
ORIGIN = "spec/json/twilio_api_v2010.json of github.com/twilio/twilio-oai (MIT), as published"
RELATIVE = frozenset({"first_page_uri", "next_page_uri", "previous_page_uri", "uri"})
"""Addresses within a list: called whole ones in the specification, relative in its own examples."""


@pytest.fixture
def schemas() -> dict[str, Json]:
    document = json.loads(specification(FILE, ORIGIN).read_text("utf-8"))
    found: dict[str, Json] = document["components"]["schemas"]
    return found


class Checked(Elsewhere):
    """The official HTTP client, by way of Prism; keeps what Prism says of every answer."""

    def __init__(self, address: str) -> None:
        super().__init__(address)
        self.answers = 0
        self.violations: list[str] = []

    async def request(self, method: str, url: str, *further: Any, **named: Any) -> Any:
        answer = await super().request(method, url, *further, **named)
        self.answers += 1
        self.violations += violations(answer.headers)
        return answer


@asynccontextmanager
async def checked(twilio: TwilioStandIn, log: Path) -> AsyncIterator[tuple[Client, Checked]]:
    known = twilio.credentials
    with played(specification(FILE, ORIGIN), log, before=known.api_url) as address:
        async with Checked(address) as http:
            yield Client(known.account_sid, known.auth_token, http_client=http), http


def violations(headers: Mapping[str, str]) -> list[str]:
    """What Prism found wrong, each in a line."""
    found = json.loads(headers.get("sl-violations", "[]"))
    return [
        f"{'.'.join(each['location'])}: {each['message']}"
        for each in found
        if not (each["code"] == "format" and each["location"][-1] in RELATIVE)
    ]


async def test_every_answer_is_as_twilio_has_published_it(
    open_twilio: OpenTwilio, tmp_path: Path
) -> None:
    twilio = await open_twilio(messaging_service=True)
    app = SmallApp(twilio)
    app.answer = answering("<Response><Message>Hello to you</Message></Response>")
    async with app.open(), checked(twilio, tmp_path / "prism.log") as (client, http):
        await twilio.phone.text("hello", MAYA)
        await twilio.phone.text("", MAYA, media=[("https://api.twilio.com/a.png", "image/png")])
        for code in (None, 30003):
            if code is not None:
                twilio.faults.undeliverable(code)
            made = await send(twilio, client, "Hello")
            await client.messages(made.sid).fetch_async()
            await twilio.phone.settled()
        accepted = await client.messages.create_async(
            to=MAYA, messaging_service_sid=twilio.line.service_sid, body="Hello"
        )
        await client.messages(accepted.sid).fetch_async()
        pages = await client.messages.list_async(to=MAYA, page_size=2)
        everything = await client.messages.list_async()
        await client.incoming_phone_numbers.list_async(phone_number=twilio.credentials.sender)
        await client.api.accounts(twilio.credentials.account_sid).fetch_async()
    statuses = {each.status for each in everything} | {accepted.status}
    assert statuses >= {"received", "accepted", "delivered", "undelivered"}
    assert {each.direction for each in everything} == {
        "inbound",
        "outbound-api",
        "outbound-reply",
    }
    assert len(pages) == 5
    assert http.answers == 12
    assert http.violations == []


async def test_what_is_wrong_is_noticed(twilio: TwilioStandIn, tmp_path: Path) -> None:
    """So that the test above can fail."""

    async def nonsense(_request: Request) -> Response:
        return JSONResponse({"sid": "SM7", "status": "lost", "num_media": 0}, 201)

    path = f"/2010-04-01/Accounts/{twilio.credentials.account_sid}/Messages.json"
    web = Starlette(routes=[Route(path, nonsense, methods=["POST"])])
    async with served(web) as upstream:
        await listening(upstream)
        log = tmp_path / "prism.log"
        with played(specification(FILE, ORIGIN), log, before=upstream) as address:
            async with httpx.AsyncClient(auth=("AC", "token")) as http:
                answer = await http.post(address + path, data={"Body": "x", "MaxPrice": "dear"})
    found = "\n".join(violations(answer.headers))
    for word in ("To", "MaxPrice", "response.body.sid", "response.body.status", "num_media"):
        assert word in found


def test_no_field_is_missing_and_none_is_made_up(
    twilio: TwilioStandIn, schemas: dict[str, Json]
) -> None:
    line = twilio.line
    text = twilio.exchange.add(Direction.INBOUND, MAYA, line.sender, "Hello")
    for name, made in (
        ("message", wording.message(text, line)),
        ("incoming_phone_number", wording.incoming_phone_number(line, "https://here.example")),
    ):
        assert made.keys() == schemas[f"api.v2010.account.{name}"]["properties"].keys()
    account = wording.account(line.account_sid, "token")
    assert account.keys() == schemas["api.v2010.account"]["properties"].keys()


def test_no_status_is_made_up(schemas: dict[str, Json]) -> None:
    assert {each.value for each in Status} <= set(schemas["message_enum_status"]["enum"])
