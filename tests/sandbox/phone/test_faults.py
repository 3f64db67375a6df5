"""What can go wrong goes wrong when a test wants it, so often as it wants, and then no more."""

import asyncio

import pytest
from twilio.base.exceptions import TwilioRestException
from twilio.rest import Client

from sandbox.phone.faults import Fault
from sandbox.phone.network.model import Status
from sandbox.phone.server import TwilioStandIn
from tests.sandbox.phone.conftest import MAYA, SmallApp, send


class TestCalls:
    async def test_the_next_texts_are_refused_as_too_many(
        self, twilio: TwilioStandIn, client: Client
    ) -> None:
        twilio.faults.limit(2)
        for _ in range(2):
            with pytest.raises(TwilioRestException) as failure:
                await send(twilio, client, "Hello")
            assert (failure.value.status, failure.value.code) == (429, 20429)
        assert twilio.phone.messages_to(MAYA) == []
        assert (await send(twilio, client, "Hello")).status == "queued"

    async def test_reading_is_limited_by_itself(
        self, twilio: TwilioStandIn, client: Client
    ) -> None:
        twilio.faults.limit(reading=True)
        made = await send(twilio, client, "Hello")
        with pytest.raises(TwilioRestException):
            await client.messages(made.sid).fetch_async()
        assert (await client.messages(made.sid).fetch_async()).sid == made.sid

    @pytest.mark.parametrize(("after", "taken"), [(False, 0), (True, 1)])
    async def test_a_failure_comes_before_or_after_the_effect(
        self, twilio: TwilioStandIn, client: Client, after: bool, taken: int
    ) -> None:
        twilio.faults.fail(after=after)
        with pytest.raises(TwilioRestException) as failure:
            await send(twilio, client, "Hello")
        assert failure.value.status == 500
        assert len(twilio.phone.messages_to(MAYA)) == taken

    async def test_a_text_is_taken_though_the_answer_never_comes(
        self, twilio: TwilioStandIn, client: Client, app: SmallApp
    ) -> None:
        twilio.faults.hang()
        sending = asyncio.create_task(send(twilio, client, "Hello"))
        [arrived] = await twilio.phone.received(1, MAYA)
        assert not sending.done()
        await twilio.phone.settled()
        assert app.statuses()[-1] == "delivered"
        sending.cancel()
        found = await client.messages.list_async(to=MAYA, limit=5)
        assert [each.sid for each in found] == [arrived.sid]

    async def test_any_error_can_be_had(self, twilio: TwilioStandIn, client: Client) -> None:
        twilio.faults.refuse(21614)
        with pytest.raises(TwilioRestException) as failure:
            await send(twilio, client, "Hello")
        assert failure.value.code == 21614

    async def test_what_is_planned_can_be_taken_back(
        self, twilio: TwilioStandIn, client: Client
    ) -> None:
        twilio.faults.limit(5)
        twilio.faults.undeliverable(30003, 2)
        twilio.faults.undeliverable(30005, 3)
        twilio.faults.end(Fault.UNDELIVERABLE, 30003)
        left = [twilio.faults.left(Fault.UNDELIVERABLE, code) for code in (30003, 30005, 0)]
        assert (twilio.faults.left(Fault.LIMIT), left) == (5, [0, 3, 3])
        twilio.faults.clear()
        assert (await send(twilio, client, "Hello")).status == "queued"
        await twilio.phone.received(1, MAYA)


class TestSenders:
    async def test_a_sender_sends_one_segment_after_another(
        self, twilio: TwilioStandIn, client: Client
    ) -> None:
        twilio.faults.limit_senders(0.001)
        for body in ("first", "second", "third"):
            await send(twilio, client, body)
        await twilio.phone.received(1, MAYA)
        first, *others = twilio.phone.messages_to(MAYA)
        assert first.status is Status.DELIVERED
        assert [each.status for each in others] == [Status.QUEUED, Status.QUEUED]
        twilio.faults.limit_senders(None)
        await twilio.phone.received(3, MAYA)

    async def test_a_queue_takes_only_so_much(self, twilio: TwilioStandIn, client: Client) -> None:
        twilio.faults.limit_senders(1.0, queue_seconds=1.5)
        await send(twilio, client, "a" * 161)
        with pytest.raises(TwilioRestException) as failure:
            await send(twilio, client, "one too many")
        assert failure.value.code == 21611


class TestTexts:
    async def test_a_text_comes_twice_under_one_name(
        self, twilio: TwilioStandIn, app: SmallApp
    ) -> None:
        twilio.faults.duplicate_texts()
        for body in ("doubled", "single"):
            await twilio.phone.text(body, MAYA)
        await twilio.phone.settled()
        assert app.bodies() == ["doubled", "doubled", "single"]
        assert app.heard[0]["MessageSid"] == app.heard[1]["MessageSid"]
        tokens = [each["i-twilio-idempotency-token"] for each in app.headers]
        assert tokens[0] == tokens[1] != tokens[2]

    async def test_a_text_comes_once_more_under_another_name(
        self, twilio: TwilioStandIn, app: SmallApp
    ) -> None:
        twilio.faults.repeat_texts()
        for body in ("again", "single"):
            await twilio.phone.text(body, MAYA)
        await twilio.phone.settled()
        assert app.bodies() == ["again", "again", "single"]
        assert len({each["MessageSid"] for each in app.heard}) == 3
