"""Twilio's own client, of which only the host is another, does its work on the stand-in."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from twilio.base.exceptions import TwilioRestException
from twilio.http.http_client import TwilioHttpClient
from twilio.rest import Client

from sandbox.phone.server import TwilioStandIn
from tests.sandbox.phone.conftest import (
    MAYA,
    PUBLIC,
    PUBLISHED,
    OpenTwilio,
    SmallApp,
    client_of,
    send,
)


class _Elsewhere(TwilioHttpClient):  # type: ignore[misc] (the package has no types)
    def __init__(self, api_url: str) -> None:
        super().__init__()
        self._api_url = api_url

    def request(self, method: str, url: str, *further: Any, **named: Any) -> Any:
        return super().request(method, url.replace(PUBLISHED, self._api_url), *further, **named)


async def test_the_blocking_client_sends_fetches_and_lists(twilio: TwilioStandIn) -> None:
    known = twilio.credentials

    def work() -> tuple[Any, Any, list[Any]]:
        http = _Elsewhere(known.api_url)
        client = Client(known.account_sid, known.auth_token, http_client=http)
        made = client.messages.create(to=MAYA, from_=known.sender, body="Hello")
        fetched = client.messages(made.sid).fetch()
        return made, fetched, client.messages.list(to=MAYA)

    made, fetched, listed = await asyncio.to_thread(work)
    assert (made.status, made.direction, made.body) == ("queued", "outbound-api", "Hello")
    assert fetched.sid == made.sid
    assert [each.sid for each in listed] == [made.sid]


async def test_a_text_is_sent_and_found_again(
    twilio: TwilioStandIn, client: Client, app: SmallApp
) -> None:
    made = await send(twilio, client, "Pro ends 14 Dec.")
    assert (made.to, made.from_) == (MAYA, twilio.credentials.sender)
    assert (made.num_segments, made.price, made.error_code, made.date_sent) == (
        "1",
        None,
        None,
        None,
    )
    assert abs(made.date_created - datetime.now(UTC)) < timedelta(minutes=1)
    await twilio.phone.received(1, MAYA)
    fetched = await client.messages(made.sid).fetch_async()
    assert (fetched.status, fetched.body) == ("delivered", "Pro ends 14 Dec.")
    assert fetched.date_sent is not None


async def test_what_was_sent_since_a_moment_is_found_though_it_still_waits(
    twilio: TwilioStandIn, client: Client
) -> None:
    twilio.faults.limit_senders(0.001)
    since = datetime.now(UTC)
    sids = [(await send(twilio, client, str(number))).sid for number in range(3)]
    found = await client.messages.list_async(to=MAYA, date_sent_after=since, limit=20)
    assert [each.sid for each in found] == sids[::-1]
    tomorrow = since + timedelta(days=1)
    assert await client.messages.list_async(to=MAYA, date_sent_after=tomorrow, limit=20) == []
    before = await client.messages.list_async(date_sent_before=since - timedelta(days=1), limit=20)
    assert before == []
    assert len(await client.messages.list_async(date_sent=since.date(), limit=20)) == 3


async def test_a_long_list_comes_in_pages_and_ends(twilio: TwilioStandIn, client: Client) -> None:
    sids = [(await send(twilio, client, str(number))).sid for number in range(5)]
    await send(twilio, client, "to somebody else", "+447700900142")
    found = await client.messages.list_async(to=MAYA, page_size=2)
    assert [each.sid for each in found] == sids[::-1]
    assert len([each for each in twilio.faults.calls if each.method == "GET"]) == 3


async def test_the_account_and_its_number_are_there(twilio: TwilioStandIn, client: Client) -> None:
    known = twilio.credentials
    account = await client.api.accounts(known.account_sid).fetch_async()
    assert (account.status, account.type) == ("active", "Full")
    [number] = await client.incoming_phone_numbers.list_async(phone_number=known.sender)
    assert number.capabilities["sms"] is True
    assert number.sms_url == f"{PUBLIC}/sms/inbound"
    assert await client.incoming_phone_numbers.list_async(phone_number="+12025550101") == []


async def test_a_messaging_service_chooses_the_sender_later(open_twilio: OpenTwilio) -> None:
    twilio = await open_twilio(messaging_service=True)
    service = twilio.line.service_sid
    async with client_of(twilio) as client:
        made = await client.messages.create_async(
            to=MAYA, messaging_service_sid=service, body="Hello"
        )
        assert (made.status, made.from_, made.num_segments) == ("accepted", None, "0")
        await twilio.phone.received(1, MAYA)
        fetched = await client.messages(made.sid).fetch_async()
    assert (fetched.from_, fetched.num_segments) == (twilio.credentials.sender, "1")
    assert fetched.messaging_service_sid == service


async def test_an_error_comes_as_the_client_s_own_exception(
    twilio: TwilioStandIn, client: Client
) -> None:
    with pytest.raises(TwilioRestException) as failure:
        await send(twilio, client, "Hello", "+1")
    assert (failure.value.status, failure.value.code) == (400, 21211)
