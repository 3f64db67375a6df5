"""Texts on their way out: once each, in order, whatever Twilio does."""

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from starlette.responses import Response

from channels.sms import connection, pending, statuses
from channels.sms.model import SmsPost, SmsPostState
from sandbox.phone.network.model import Status
from tests.channels.sms.phone_house import AMARA, Opening, PhoneHouse, served_twilio
from tests.channels.stand_in import StandInRasa, answered

LINES = [f"line {number}" for number in range(1, 6)]


async def lines(_request: dict[str, Any]) -> Response:
    return answered(*LINES)


def bodies(house: PhoneHouse) -> list[str]:
    return [text.body for text in house.twilio.phone.messages_to(AMARA)]


@pytest.fixture(autouse=True)
def _short_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "TIMEOUT_SECONDS", 1.5)


@pytest.fixture(autouse=True)
def _several_lines(rasa: StandInRasa) -> None:
    rasa.behaviour = lines


async def all_arrive_once(house: PhoneHouse) -> None:
    await house.text("hello")
    await house.until(lambda: "line 5" in " ".join(bodies(house)))
    await house.until_done()
    said = " ".join(bodies(house))
    assert [said.count(line) for line in LINES] == [1] * 5
    assert sorted(LINES, key=said.index) == LINES


async def test_they_arrive_in_order(house: PhoneHouse) -> None:
    await all_arrive_once(house)
    assert {post.state for post in house.posts()} == {SmsPostState.DELIVERED}
    assert {post.body for post in house.posts()} == {""}, "said in the talk; kept nowhere else"


async def test_too_fast_for_twilio_is_later(house: PhoneHouse) -> None:
    house.twilio.faults.limit(3)
    await all_arrive_once(house)


async def test_a_failure_before_it_was_taken_is_tried_again(house: PhoneHouse) -> None:
    house.twilio.faults.fail(2)
    await all_arrive_once(house)


async def test_a_failure_after_it_was_taken_doubles_nothing(house: PhoneHouse) -> None:
    house.twilio.faults.fail(2, after=True)
    await all_arrive_once(house)


async def test_an_answer_that_never_comes_doubles_nothing(house: PhoneHouse) -> None:
    house.twilio.faults.hang(1, after=True)
    await all_arrive_once(house)


async def test_a_call_that_hangs_before_it_is_taken_loses_nothing(house: PhoneHouse) -> None:
    house.twilio.faults.hang(1, after=False)
    await all_arrive_once(house)


async def test_an_account_that_is_refused_waits_until_it_is_mended(house: PhoneHouse) -> None:
    house.twilio.faults.refuse(20003, 3, status=401)
    await all_arrive_once(house)


async def test_what_was_being_sent_when_we_ended_is_sent_once_by_the_next(
    opening: Opening, phone_settings: Any
) -> None:
    async with served_twilio(phone_settings) as twilio:
        twilio.faults.hang(1, after=True)
        async with opening(twilio=twilio) as house:
            await house.text("hello")
            # Twilio has it and does not answer: we end in the middle of sending it.
            await twilio.phone.until(lambda: twilio.phone.messages_to(AMARA))
        twilio.faults.clear()
        async with opening(twilio=twilio) as house:
            await house.until(lambda: "line 5" in " ".join(bodies(house)))
            await house.until_done()
            said = " ".join(bodies(house))
            assert [said.count(line) for line in LINES] == [1] * 5


@pytest.mark.parametrize("how", ["double_callbacks", "reverse_callbacks"])
async def test_reports_twice_or_backwards_end_in_the_same(house: PhoneHouse, how: str) -> None:
    getattr(house.twilio.faults, how)(10)
    await all_arrive_once(house)
    await house.until(lambda: {post.state for post in house.posts()} == {SmsPostState.DELIVERED})


async def test_what_became_of_a_text_without_a_report_is_asked(
    house: PhoneHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pending, "LOST_AFTER", timedelta(milliseconds=50))
    house.twilio.faults.lose_callbacks(10)
    await all_arrive_once(house)
    await house.until(lambda: {post.state for post in house.posts()} == {SmsPostState.DELIVERED})


async def test_a_text_that_can_t_be_delivered_is_followed_by_one_mail(house: PhoneHouse) -> None:
    amara = house.customer()
    house.twilio.faults.undeliverable(30003, 2)
    await house.text("hello")
    await house.until(lambda: house.letters)
    await house.until_done()
    undelivered = house.posts(SmsPostState.UNDELIVERED)
    assert [post.error_code for post in undelivered] == [30003, 30003]
    assert [letter.to for letter in house.letters] == [amara.email]
    assert "did not arrive" in house.letters[0].text


async def test_what_the_campaign_may_not_send_now_is_sent_later(
    house: PhoneHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(statuses, "_ANEW_AFTER", timedelta(milliseconds=10))
    house.twilio.faults.undeliverable(30022, 2)
    await house.text("hello")
    await house.until(
        lambda: house.posts() and {post.state for post in house.posts()} == {SmsPostState.DELIVERED}
    )
    assert {each.error_code for each in house.twilio.phone.messages_to(AMARA)} == {None, 30022}
    arrived = [
        each.body
        for each in house.twilio.phone.messages_to(AMARA)
        if each.status is Status.DELIVERED
    ]
    said = " ".join(arrived)
    assert [said.count(line) for line in LINES] == [1] * 5


async def test_a_phone_that_can_t_be_texted_at_all_is_left_for_the_mail(
    house: PhoneHouse,
) -> None:
    house.customer()
    house.twilio.faults.refuse(21614, 99)
    await house.text("hello")
    await house.until(lambda: house.letters)
    await house.until_done()
    assert {post.state for post in house.posts()} == {SmsPostState.FAILED}
    assert len(house.letters) == 1


async def test_what_could_not_be_sent_for_hours_is_not_sent_any_more(
    house: PhoneHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.customer()
    house.twilio.faults.limit(1000)
    await house.text("hello")
    await house.until(lambda: len(house.posts()) == 2 and house.posts()[0].attempts)
    house.some_seconds_pass(3 * 60 * 60)
    await house.until(lambda: house.letters)
    house.twilio.faults.clear()
    await house.until_done()
    assert {post.state for post in house.posts()} == {SmsPostState.FAILED}
    assert house.twilio.phone.messages_to(AMARA) == []


async def test_a_report_of_an_earlier_try_changes_nothing(house: PhoneHouse) -> None:
    await all_arrive_once(house)
    post = house.posts()[0]
    house.channel.heard(post.position, f"SM{'f' * 32}", "failed", 30003)
    house.channel.heard(10_000, f"SM{'f' * 32}", "delivered", None)
    house.channel.heard(post.position, post.message_sid or "", "sent", None)
    house.channel.heard(post.position, post.message_sid or "", "no such word", None)
    with house.database.read() as session:
        found = session.get_one(SmsPost, post.position)
        assert (found.state, found.error_code) == (SmsPostState.DELIVERED, None)


async def test_a_forged_report_is_refused(house: PhoneHouse) -> None:
    await all_arrive_once(house)
    position = house.posts()[0].position
    answer = await house.http.post(
        f"/sms/status?post={position}",
        data={"MessageSid": f"SM{'f' * 32}", "MessageStatus": "failed"},
        headers={"X-Twilio-Signature": "bm8="},
    )
    assert answer.status_code == 403


async def test_a_sender_goes_no_faster_than_it_may(opening: Opening, phone_settings: Any) -> None:
    phone_settings.sms_segments_per_second = 20.0
    async with opening() as house:
        house.twilio.faults.limit_senders(25.0, queue_seconds=0.2)
        await all_arrive_once(house)
    with house.database.read() as session:
        assert session.scalar(sa.select(sa.func.max(SmsPost.attempts))) == 1
