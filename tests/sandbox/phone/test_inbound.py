"""What is written on a phone reaches the application, and what it answers the phone."""

import asyncio

import pytest
from starlette.responses import Response

from sandbox.phone.errors import DriverError
from sandbox.phone.network.model import Status
from sandbox.phone.server import TwilioStandIn
from tests.sandbox.phone.conftest import MAYA, OpenTwilio, SmallApp, answering


async def test_a_text_comes_signed_and_with_all_that_twilio_says(
    twilio: TwilioStandIn, app: SmallApp
) -> None:
    text = await twilio.phone.text("I want to leave, façade & all +", MAYA)
    await twilio.phone.settled()
    assert app.heard == [
        {
            "AccountSid": twilio.credentials.account_sid,
            "ApiVersion": "2010-04-01",
            "Body": "I want to leave, façade & all +",
            "From": MAYA,
            "FromCity": "",
            "FromCountry": "IE",
            "FromState": "",
            "FromZip": "",
            "MessageSid": text.sid,
            "NumMedia": "0",
            "NumSegments": "1",
            "SmsMessageSid": text.sid,
            "SmsSid": text.sid,
            "SmsStatus": "received",
            "To": twilio.credentials.sender,
            "ToCity": "",
            "ToCountry": "US",
            "ToState": "",
            "ToZip": "",
        }
    ]
    assert app.headers[0]["i-twilio-idempotency-token"]
    assert text.problem == ""


async def test_texts_of_one_phone_come_in_the_order_they_were_written(
    twilio: TwilioStandIn, app: SmallApp
) -> None:
    for number in range(10):
        await twilio.phone.text(str(number), MAYA)
    await twilio.phone.settled()
    assert app.bodies() == [str(number) for number in range(10)]


async def test_a_picture_comes_with_its_address_and_type(
    twilio: TwilioStandIn, app: SmallApp
) -> None:
    picture = ("https://api.twilio.com/a.png", "image/png")
    text = await twilio.phone.text("", MAYA, media=[picture], more={"Latitude": "53.3"})
    await twilio.phone.settled()
    [heard] = app.heard
    assert text.sid.startswith("MM")
    assert (heard["NumMedia"], heard["MediaUrl0"], heard["MediaContentType0"]) == ("1", *picture)
    assert heard["Latitude"] == "53.3"


async def test_a_messaging_service_is_named(open_twilio: OpenTwilio) -> None:
    twilio = await open_twilio(messaging_service=True)
    app = SmallApp(twilio)
    async with app.open():
        await twilio.phone.text("hello")
        await twilio.phone.settled()
    assert app.heard[0]["MessagingServiceSid"] == twilio.line.service_sid
    assert "OptOutType" not in app.heard[0]


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        ("<Response><Message>Hello &amp; goodbye</Message></Response>", "text/xml"),
        (
            "<Response><Message><Body>Hello &amp; goodbye</Body></Message></Response>",
            "application/xml",
        ),
        ("Hello & goodbye", "text/plain"),
    ],
)
async def test_what_the_application_answers_is_sent(
    twilio: TwilioStandIn, app: SmallApp, said: str, kind: str
) -> None:
    app.answer = answering(said, kind)
    await twilio.phone.text("hello", MAYA)
    [reply] = await twilio.phone.received(1, MAYA)
    assert (reply.body, reply.direction) == ("Hello & goodbye", "outbound-reply")


async def test_an_answer_may_go_to_another_phone_and_be_reported(
    twilio: TwilioStandIn, app: SmallApp
) -> None:
    app.answer = answering(
        f'<Response><Message to="{MAYA}" statusCallback="https://chat.larkspur.example/sms/status">'
        "Hello</Message><Message>And you</Message></Response>"
    )
    await twilio.phone.text("hello")
    await twilio.phone.settled()
    assert [each.body for each in twilio.phone.messages_to(MAYA)] == ["Hello"]
    assert [each.body for each in twilio.phone.messages_to()] == ["And you"]
    assert app.statuses() == ["queued", "sending", "sent", "delivered"]


@pytest.mark.parametrize(
    ("said", "status", "problem"),
    [("<Response>", 200, "12100"), ("<Other/>", 200, "12100"), ("", 500, "11200")],
)
async def test_an_answer_that_is_none_is_a_problem_of_the_text(
    twilio: TwilioStandIn, app: SmallApp, said: str, status: int, problem: str
) -> None:
    app.answer = answering(said, "text/xml", status)
    text = await twilio.phone.text("hello", MAYA)
    await twilio.phone.settled()
    assert text.problem == problem
    assert len(app.heard) == 1, "it is tried again only when no connection came about"


async def test_where_nobody_listens_it_is_tried_once_more(
    twilio: TwilioStandIn, app: SmallApp
) -> None:
    twilio.app_url = "http://127.0.0.1:1"
    text = await twilio.phone.text("hello", MAYA)
    await twilio.phone.settled()
    assert text.problem == "11205"
    assert [each.attempt for each in twilio.deliveries] == [0, 1]


async def test_an_application_that_says_nothing_is_waited_for_no_longer_than_promised(
    twilio: TwilioStandIn, app: SmallApp
) -> None:
    async def never() -> Response:
        await asyncio.Event().wait()
        raise AssertionError

    app.answer, twilio.answer_seconds = never, 0.2
    text = await twilio.phone.text("hello", MAYA)
    await twilio.phone.settled()
    assert text.problem == "11200"
    assert len(twilio.deliveries) == 1


async def test_a_phone_sends_neither_nothing_nor_a_book(twilio: TwilioStandIn) -> None:
    for body in (" ", 1601 * "a"):
        with pytest.raises(DriverError):
            await twilio.phone.text(body, MAYA)
    assert twilio.exchange.texts == []


async def test_the_screen_shows_what_was_written_and_what_has_arrived(
    twilio: TwilioStandIn, app: SmallApp
) -> None:
    twilio.faults.repeat_texts()
    twilio.faults.undeliverable(30003)
    app.answer = answering("<Response><Message>heard</Message></Response>")
    await twilio.phone.text("hello", MAYA)
    await twilio.phone.settled()
    assert [each.body for each in twilio.phone.shown(MAYA)] == ["hello", "heard"]
    lost, arrived = twilio.phone.messages_to(MAYA)
    assert (lost.status, arrived.status) == (Status.UNDELIVERED, Status.DELIVERED)
