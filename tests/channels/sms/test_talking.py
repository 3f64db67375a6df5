"""What customers text, and what comes back."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import httpx
import pytest
import sqlalchemy as sa
from starlette.responses import Response
from twilio.request_validator import RequestValidator

from channels.conversations.messages import read_after
from channels.conversations.model import Author, Conversation
from channels.sms import catching_up, receiving
from channels.sms.model import SmsPost, SmsPostState, SmsReceived
from channels.sms.received import ReceivedText
from offboarding import clock
from offboarding.settings import Settings
from tests.channels.sms.phone_house import AMARA, Opening, PhoneHouse, served_twilio
from tests.channels.stand_in import StandInRasa, answered, failing

QUESTION = [
    {"title": "Cancel it", "payload": "/affirm"},
    {"title": "Not now", "payload": "/deny"},
]


async def asks(_request: dict[str, Any]) -> Response:
    return answered("Shall I?", buttons=QUESTION)


async def test_the_first_text_is_answered_after_the_line_that_says_who_speaks(
    house: PhoneHouse, rasa: StandInRasa
) -> None:
    await house.text("I want to leave")
    welcome, answer = await house.got(2)
    assert "automated assistant" in welcome
    assert answer == "heard I want to leave"
    assert rasa.requests[0]["channel"] == "sms"


async def test_the_next_text_goes_on_in_the_same_talk(house: PhoneHouse) -> None:
    await house.talks("one")
    await house.talks("two")
    assert (await house.got(3))[1:] == ["heard one", "heard two"]
    with house.database.read() as session:
        said = read_after(session, house.line().conversation_id or "", 0, most=99)
    own = [each.text for each in said if each.author is Author.CUSTOMER]
    assert own == ["one", "two"]


async def test_two_phones_are_two_talks(house: PhoneHouse) -> None:
    other = "+447700900124"
    await house.text("mine", AMARA)
    await house.text("theirs", other)
    assert (await house.got(2, AMARA))[1] == "heard mine"
    assert (await house.got(2, other))[1] == "heard theirs"
    assert house.line(AMARA).conversation_id != house.line(other).conversation_id


async def test_a_number_takes_the_choice_that_was_sent_under_it(
    house: PhoneHouse, rasa: StandInRasa
) -> None:
    rasa.behaviour = asks
    text = await house.talks("leave")
    assert "1 = Cancel it" in text
    assert "2 = Not now" in text
    house.some_seconds_pass()
    await house.talks(" 2. ")
    assert rasa.requests[-1]["intent"] == {"name": "deny", "entities": {}}


async def test_a_number_without_a_question_is_language(
    house: PhoneHouse, rasa: StandInRasa
) -> None:
    await house.talks("2")
    assert rasa.requests[-1]["text"] == "2"


async def test_a_webhook_that_comes_twice_is_taken_once(
    house: PhoneHouse, rasa: StandInRasa
) -> None:
    house.twilio.faults.duplicate_texts()
    await house.text("leave")
    await house.got(2)
    await house.until_done()
    assert rasa.heard() == ["leave"]
    assert len(house.twilio.phone.messages_to(AMARA)) == 2
    with house.database.read() as session:
        assert len(session.scalars(sa.select(SmsReceived)).all()) == 1


def meant(rasa: StandInRasa) -> list[str]:
    """What the numbers were taken for."""
    return [each["intent"]["name"] for each in rasa.requests if each["intent"] is not None]


async def test_the_same_number_that_a_network_delivers_again_agrees_to_one_thing_only(
    house: PhoneHouse, rasa: StandInRasa
) -> None:
    rasa.behaviour = asks
    await house.talks("leave")
    house.some_seconds_pass()
    house.twilio.faults.repeat_texts()
    await house.text("1")
    await house.until_done()
    with house.database.read() as session:
        received = session.scalars(sa.select(SmsReceived)).all()
    assert [each.repeats for each in received].count(True) == 1
    assert meant(rasa) == ["affirm"]


async def test_the_same_number_that_comes_again_much_later_agrees_to_nothing_more(
    house: PhoneHouse, rasa: StandInRasa
) -> None:
    rasa.behaviour = asks
    await house.talks("leave")
    house.some_seconds_pass()
    await house.talks("1")
    with house.database.write() as session:  # the answer went out this moment
        for received in session.scalars(sa.select(SmsReceived)):
            received.received_at -= timedelta(seconds=5)
    await house.talks("1")
    assert meant(rasa) == ["affirm", "stale_button"]


async def test_the_same_words_while_nothing_of_ours_is_on_its_way_are_answered_once(
    house: PhoneHouse, rasa: StandInRasa
) -> None:
    answer = asyncio.Event()

    async def slow(_request: dict[str, Any]) -> Response:
        await answer.wait()
        return answered("done")

    house.twilio.faults.fail(1000)
    rasa.behaviour = slow
    await house.text("hello")
    with house.database.write() as session:  # only its welcome was said, and that went before
        session.execute(sa.update(SmsPost).values(begun_at=None))
    await house.text("hello")
    house.twilio.faults.clear()
    answer.set()
    await house.until_done()
    assert rasa.heard() == ["hello"]


async def test_a_question_that_nobody_can_have_read_is_answered_by_nothing(
    house: PhoneHouse, rasa: StandInRasa
) -> None:
    rasa.behaviour = asks
    await house.talks("leave")
    house.some_seconds_pass()
    house.twilio.faults.fail(1000)
    await house.text("1")
    await rasa.asked(2)
    await house.until(lambda: house.posts(SmsPostState.PENDING, SmsPostState.SENDING))
    house.some_seconds_pass(20)
    await house.text("1")
    await rasa.asked(3)
    assert meant(rasa) == ["affirm", "stale_button"]
    house.twilio.faults.clear()
    await house.until_done()


async def test_a_yes_to_what_nobody_can_have_read_is_marked_as_such(
    house: PhoneHouse, rasa: StandInRasa
) -> None:
    rasa.behaviour = asks
    await house.talks("leave")
    house.some_seconds_pass()
    await house.talks("first")
    await house.talks("yes")
    assert [each["overtaken"] for each in rasa.requests] == [True, False, True]


async def test_who_writes_the_same_after_reading_our_answer_is_answered_again(
    house: PhoneHouse, rasa: StandInRasa
) -> None:
    rasa.behaviour = asks
    await house.talks("1")
    house.some_seconds_pass()
    await house.talks("1")
    assert meant(rasa) == ["affirm"]


async def test_a_whole_talk_by_the_same_number_is_heard_to_its_end(
    house: PhoneHouse, rasa: StandInRasa
) -> None:
    rasa.behaviour = asks
    await house.talks("leave")
    for _ in range(6):
        house.some_seconds_pass()
        await house.talks("1")
    assert meant(rasa) == ["affirm"] * 6


async def test_who_writes_without_end_is_asked_to_wait(
    house: PhoneHouse, rasa: StandInRasa, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(receiving, "MOST_AN_HOUR", 3)
    for number in range(6):
        await house.text(f"text {number}")
        await house.until_done()
    assert len(rasa.requests) == 3
    asked = [text for text in await house.got(5) if "again in a minute" in text]
    assert len(asked) == 1


async def test_while_the_assistant_is_away_the_text_says_so_with_the_ways_on(
    house: PhoneHouse, rasa: StandInRasa
) -> None:
    rasa.behaviour = failing
    text = await house.talks("leave")
    assert "1 = Talk to a person" in text
    assert "https://help.larkspur.example/cancel" in text


@pytest.mark.parametrize(
    ("body", "how", "said"),
    [
        ("", {"media": [("https://media.example/1", "image/png")]}, "no pictures"),
        ("hi", {"more": {"OtherRecipients0": "+447700900125"}}, "group text"),
    ],
)
async def test_what_can_t_be_read_is_declined_kindly_once(
    house: PhoneHouse, rasa: StandInRasa, body: str, how: dict[str, Any], said: str
) -> None:
    await house.text(body, **how)
    assert said in (await house.got(1))[0]
    with house.database.write() as session:
        session.execute(sa.update(SmsReceived).values(digest="another"))
    await house.text(body, **how)
    await house.until_done()
    assert len(house.twilio.phone.messages_to(AMARA)) == 1
    assert rasa.requests == []


async def test_words_beside_a_picture_are_heard(house: PhoneHouse, rasa: StandInRasa) -> None:
    await house.text("cancel my plan please", media=[("https://media.example/1", "image/png")])
    texts = await house.got(3)
    assert rasa.heard() == ["cancel my plan please"]
    assert any("no pictures" in text for text in texts)


async def test_a_talk_that_is_too_old_is_not_gone_on_with(house: PhoneHouse) -> None:
    await house.talks("one")
    first = house.line().conversation_id
    with house.database.write() as session:
        conversation = session.get_one(Conversation, first)
        conversation.last_activity_at -= timedelta(days=8)
    await house.talks("two")
    assert house.line().conversation_id != first


async def test_what_was_written_while_we_were_away_is_looked_up_and_answered(
    opening: Opening,
    phone_settings: Settings,
    closed_address: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(catching_up, "MISSED_AFTER", timedelta(0))
    async with served_twilio(phone_settings) as twilio:
        twilio.app_url = closed_address
        missed = await twilio.phone.text("please cancel my plan", AMARA)
        await twilio.phone.until(lambda: missed.problem)
        async with opening(twilio=twilio) as house:
            assert (await house.got(2))[1] == "heard please cancel my plan"


@pytest.mark.parametrize(("missed", "known"), [("START", "STOP"), ("STOP", "START")])
async def test_a_keyword_that_is_looked_up_late_does_not_undo_a_newer_one(
    house: PhoneHouse, missed: str, known: str
) -> None:
    await house.text("hello")
    if known == "START":
        await house.text("STOP")
        await house.until_done()
    await house.text(known)
    await house.until_done()
    before = house.line().opted_out_at is None
    late = ReceivedText.model_validate(
        form(MessageSid=f"SM{'e' * 32}", Body=missed)
        | {"written_at": clock.now() - timedelta(minutes=5)}
    )
    await house.channel.receive(late)
    await house.until_done()
    assert (house.line().opted_out_at is None) is before


# --- who may call


def form(**more: str) -> dict[str, str]:
    return {
        "MessageSid": f"SM{'0' * 32}",
        "From": AMARA,
        "To": "+12025550100",
        "Body": "leave",
        "NumMedia": "0",
    } | more


async def post(
    house: PhoneHouse,
    fields: dict[str, str],
    signed: dict[str, str] | None = None,
    *,
    url: str = "https://help.larkspur.example/sms/inbound",
    path: str = "/sms/inbound",
    token: str | None = None,
) -> httpx.Response:
    validator = RequestValidator(token or house.channel.connection.auth_token)
    signature = validator.compute_signature(url, fields if signed is None else signed)
    return await house.http.post(path, data=fields, headers={"X-Twilio-Signature": signature})


async def test_what_twilio_signed_is_taken_whatever_proxy_it_came_through(
    house: PhoneHouse,
) -> None:
    answer = await post(house, form())
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/xml")
    assert answer.text.endswith("<Response/>")
    assert (await house.got(2))[1] == "heard leave"


FORGERIES: list[Callable[[PhoneHouse], Any]] = [
    lambda house: post(house, form(), token="f" * 32),
    lambda house: post(house, form(), form(Body="keep")),
    lambda house: post(house, form(Extra="1"), form()),
    lambda house: post(house, form(), url="http://help.larkspur.example/sms/inbound"),
    lambda house: post(house, form(), url="https://127.0.0.1/sms/inbound"),
    lambda house: post(house, form(), path="/sms/inbound?more=1"),
    lambda house: house.http.post("/sms/inbound", data=form()),
    lambda house: house.http.post(
        "/sms/inbound",
        data=form(),
        headers={
            "X-Twilio-Signature": "x",
            "X-Twilio-Webhooks-Signature-Settings": "algorithm=none",
        },
    ),
]


@pytest.mark.parametrize("forged", FORGERIES)
async def test_what_twilio_did_not_sign_is_refused_and_nothing_is_kept(
    house: PhoneHouse, forged: Callable[[PhoneHouse], Any]
) -> None:
    assert (await forged(house)).status_code == 403
    with house.database.read() as session:
        assert session.scalars(sa.select(SmsReceived)).all() == []


@pytest.mark.parametrize(
    "fields",
    [form(MessageSid="x"), form(From=""), {"Body": "leave"}, form(NumMedia="-1")],
)
async def test_a_form_that_is_no_text_is_refused(house: PhoneHouse, fields: dict[str, str]) -> None:
    assert (await post(house, fields)).status_code == 400


async def test_a_body_that_is_far_too_long_is_refused(house: PhoneHouse) -> None:
    answer = await house.http.post("/sms/inbound", content=b"a=" + b"b" * 200_000)
    assert answer.status_code == 413


async def test_a_replayed_webhook_changes_nothing(house: PhoneHouse, rasa: StandInRasa) -> None:
    await post(house, form())
    await house.got(2)
    assert (await post(house, form())).status_code == 200
    await house.until_done()
    assert rasa.heard() == ["leave"]
