"""What the application is told of the texts it sent."""

from collections.abc import Callable

import pytest
from twilio.rest import Client

from sandbox.phone.network.model import STEPS, Direction, Status
from sandbox.phone.server import TwilioStandIn
from tests.sandbox.phone.conftest import MAYA, PUBLIC, SmallApp, send


async def test_every_step_is_reported_and_signed(
    twilio: TwilioStandIn, client: Client, app: SmallApp
) -> None:
    made = await send(twilio, client, "Hello")
    await twilio.phone.settled()
    assert app.statuses() == ["queued", "sending", "sent", "delivered"]
    assert app.reports[-1] == {
        "AccountSid": twilio.credentials.account_sid,
        "ApiVersion": "2010-04-01",
        "From": twilio.credentials.sender,
        "MessageSid": made.sid,
        "MessageStatus": "delivered",
        "SmsSid": made.sid,
        "SmsStatus": "delivered",
        "To": MAYA,
    }
    assert {each.url for each in twilio.deliveries} == {f"{PUBLIC}/sms/status?post=7"}


async def test_without_an_address_nothing_is_reported(
    twilio: TwilioStandIn, client: Client, app: SmallApp
) -> None:
    await client.messages.create_async(to=MAYA, from_=twilio.credentials.sender, body="Hello")
    await twilio.phone.settled()
    assert app.reports == []
    assert twilio.phone.messages_to(MAYA)[0].status is Status.DELIVERED


@pytest.mark.parametrize(
    ("code", "statuses"),
    [
        (30003, ["queued", "sending", "sent", "undelivered"]),
        (30005, ["queued", "sending", "sent", "undelivered"]),
        (30022, ["queued", "sending", "undelivered"]),
    ],
)
async def test_what_does_not_arrive_is_reported_with_its_code(
    twilio: TwilioStandIn, client: Client, app: SmallApp, code: int, statuses: list[str]
) -> None:
    twilio.faults.undeliverable(code, phone=MAYA)
    await send(twilio, client, "to another", "+447700900142")
    await twilio.phone.settled()
    assert app.statuses()[-1] == "delivered"
    app.reports.clear()
    made = await send(twilio, client, "Hello")
    await twilio.phone.settled()
    assert app.statuses() == statuses
    assert app.reports[-1]["ErrorCode"] == str(code)
    assert "ErrorCode" not in app.reports[0]
    assert (await client.messages(made.sid).fetch_async()).error_code == code
    await send(twilio, client, "Hello again")
    await twilio.phone.settled()
    assert app.statuses()[-1] == "delivered", "once is once"


async def test_reports_may_come_twice_backwards_or_never(
    twilio: TwilioStandIn, client: Client, app: SmallApp
) -> None:
    way = ["queued", "sending", "sent", "delivered"]
    plans: list[tuple[Callable[[], None], list[str]]] = [
        (twilio.faults.double_callbacks, [each for each in way for _ in range(2)]),
        (twilio.faults.reverse_callbacks, way[::-1]),
        (twilio.faults.lose_callbacks, []),
        (twilio.faults.clear, way),
    ]
    for plan, reported in plans:
        plan()
        await send(twilio, client, "Hello")
        await twilio.phone.settled()
        assert app.statuses() == reported
        app.reports.clear()
    assert {each.status for each in twilio.phone.messages_to(MAYA)} == {Status.DELIVERED}


async def test_a_report_is_tried_again_as_its_address_asks(
    twilio: TwilioStandIn, client: Client, app: SmallApp
) -> None:
    twilio.app_url = "http://127.0.0.1:1"
    await client.messages.create_async(
        to=MAYA,
        from_=twilio.credentials.sender,
        body="Hello",
        status_callback=f"{PUBLIC}/sms/status?post=7#rc=3&rp=all",
    )
    await twilio.phone.settled()
    assert len(twilio.deliveries) == 4 * 4
    assert {each.url for each in twilio.deliveries} == {f"{PUBLIC}/sms/status?post=7"}
    assert twilio.phone.messages_to(MAYA)[0].status is Status.DELIVERED


async def test_nobody_outside_this_machine_is_called(
    twilio: TwilioStandIn, client: Client, app: SmallApp
) -> None:
    for url in ("https://elsewhere.example/status", f"{PUBLIC}.elsewhere.example/status"):
        await client.messages.create_async(
            to=MAYA, from_=twilio.credentials.sender, body="Hello", status_callback=url
        )
    await twilio.phone.settled()
    assert {each.problem for each in twilio.deliveries} == {"21609"}


def test_a_status_never_goes_back(twilio: TwilioStandIn) -> None:
    text = twilio.exchange.add(Direction.API, MAYA, "+12025550100", "Hello")
    twilio.exchange.move(text, Status.SENDING)
    with pytest.raises(ValueError, match="does not become queued"):
        twilio.exchange.move(text, Status.QUEUED)
    assert all(STEPS[status] for status in STEPS if status.value.endswith("ing"))
