"""A flood of first texts from new numbers: all are heard, and few are paid for at once."""

from collections.abc import AsyncIterator, Sequence
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
import time_machine
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from structlog.testing import capture_logs

from channels.sms.lines import hold_line
from channels.sms.model import SmsLine, SmsPost, SmsPostState
from channels.sms.new_numbers import WINDOW, NewNumbers
from offboarding import clock
from offboarding.database import Database
from offboarding.settings import Settings
from tests.channels.sms.phone_house import AMARA, Opening, PhoneHouse
from tests.channels.stand_in import StandInRasa
from tests.factories import make_customer
from tests.offboarding.at_once import at_once
from tests.offboarding.conftest import NOW

STRANGERS = [f"+44770090{number:04}" for number in range(200, 206)]
SENDER = "+12025550100"
LIMIT = 2


@pytest.fixture
async def narrow(opening: Opening, phone_settings: Settings) -> AsyncIterator[PhoneHouse]:
    """A house that answers two new numbers a minute."""
    phone_settings.sms_new_numbers_per_minute = LIMIT
    async with opening() as house:
        yield house


async def flood(house: PhoneHouse, numbers: Sequence[str] = STRANGERS[: LIMIT + 2]) -> None:
    """A first text from each, one after the other; those whose turn it is are answered."""
    for number in numbers:
        await house.text(f"from {number}", number)
    for number in numbers[:LIMIT]:
        await house.got(2, number)


def waiting(house: PhoneHouse, number: str) -> Sequence[SmsPost]:
    line = house.line(number)
    return [each for each in house.posts(SmsPostState.PENDING) if each.line_id == line.id]


async def test_above_the_limit_they_are_heard_at_once_and_answered_when_it_is_their_turn(
    narrow: PhoneHouse, rasa: StandInRasa
) -> None:
    begun = clock.now()
    await flood(narrow)
    await narrow.until(lambda: len(rasa.heard()) == LIMIT + 2)
    held = STRANGERS[LIMIT : LIMIT + 2]
    for number in held:
        await narrow.until(lambda number=number: len(waiting(narrow, number)) == 2)
        assert all(each.due_at >= begun + WINDOW for each in waiting(narrow, number))
        assert narrow.twilio.phone.messages_to(number) == []
    with time_machine.travel(clock.now() + WINDOW):
        for number in held:
            assert (await narrow.got(2, number))[1] == f"heard from {number}"


async def test_nothing_is_dropped_however_long_they_wait(
    narrow: PhoneHouse, phone_settings: Settings
) -> None:
    """Two hours is how long a text is good for otherwise."""
    with narrow.database.write() as session:
        for index in range(LIMIT):
            line = hold_line(session, STRANGERS[index], SENDER)
            line.answered_from = clock.now() + timedelta(hours=5)
    late = STRANGERS[LIMIT]
    await narrow.text("hello", late)
    await narrow.until(lambda: len(waiting(narrow, late)) == 2)
    with time_machine.travel(clock.now() + timedelta(hours=5, minutes=2)):
        assert (await narrow.got(2, late))[1] == "heard hello"


async def test_writing_again_is_no_way_around_it(narrow: PhoneHouse) -> None:
    await flood(narrow)
    held = STRANGERS[LIMIT]
    turn = narrow.line(held).answered_from
    assert turn is not None
    await narrow.text("and again", held)
    await narrow.until(lambda: len(waiting(narrow, held)) == 3)
    assert narrow.line(held).answered_from == turn
    assert [each.due_at for each in waiting(narrow, held)] == [turn] * 3
    assert narrow.twilio.phone.messages_to(held) == []


async def test_who_wrote_before_is_answered_amid_the_flood(narrow: PhoneHouse) -> None:
    await flood(narrow)
    await narrow.text("once more", STRANGERS[0])
    assert (await narrow.got(3, STRANGERS[0]))[2] == "heard once more"


async def test_a_customer_s_number_on_file_waits_for_nobody(narrow: PhoneHouse) -> None:
    narrow.customer()
    await flood(narrow)
    await narrow.text("I want to leave", AMARA)
    assert (await narrow.got(2, AMARA))[1] == "heard I want to leave"


async def test_an_opt_out_is_respected_at_once_and_what_waited_is_withheld(
    narrow: PhoneHouse,
) -> None:
    await flood(narrow)
    held = STRANGERS[LIMIT]
    await narrow.until(lambda: len(waiting(narrow, held)) == 2)
    await narrow.text("STOP", held)
    assert narrow.line(held).opted_out_at is not None
    assert waiting(narrow, held) == []
    line = narrow.line(held)
    withheld = [each for each in narrow.posts(SmsPostState.WITHHELD) if each.line_id == line.id]
    assert len(withheld) == 2


async def test_an_opt_out_that_needs_no_answer_takes_nobody_s_turn(narrow: PhoneHouse) -> None:
    stops, new = STRANGERS[:4], STRANGERS[4]
    for number in stops:
        await narrow.text("STOP", number)
        assert narrow.line(number).opted_out_at is not None
    await narrow.text("hello", new)
    assert (await narrow.got(2, new))[1] == "heard hello"


async def test_the_confirmation_of_an_opt_out_goes_within_five_minutes_or_not_at_all(
    narrow: PhoneHouse,
) -> None:
    """A flood of "opt out" costs no more than one of anything else; the law wants it soon."""
    await flood(narrow)
    held = STRANGERS[-1]
    await narrow.text("opt out", held)
    line = narrow.line(held)
    assert line.opted_out_at is not None
    [confirmation] = waiting(narrow, held)
    assert confirmation.due_at == line.answered_from
    assert confirmation.due_at > clock.now()
    assert confirmation.good_until - line.opted_out_at < timedelta(minutes=5, seconds=1)


async def test_help_and_what_we_cannot_read_wait_for_their_turn_too(narrow: PhoneHouse) -> None:
    await flood(narrow)
    helped, pictured = STRANGERS[-2:]
    await narrow.text("Help.", helped)
    await narrow.text("", pictured, media=[("https://pictures.example/1", "image/png")])
    for number in (helped, pictured):
        [answer] = waiting(narrow, number)
        assert answer.due_at > clock.now()


async def test_the_log_tells_once_a_minute_and_names_no_number(narrow: PhoneHouse) -> None:
    with capture_logs() as logs:
        await flood(narrow, STRANGERS)
        told = [each for each in logs if each["event"] == "sms_new_numbers_wait"]
        assert len(told) == 1
        assert (told[0]["log_level"], told[0]["per_minute"]) == ("warning", LIMIT)
        with time_machine.travel(clock.now() + WINDOW):
            await narrow.text("hello", "+447700900300")
            await narrow.text("hello", "+447700900301")
    told = [each for each in logs if each["event"] == "sms_new_numbers_wait"]
    assert len(told) == 2
    assert "+4477" not in str(logs)


# --- turns


def turns(database: Database) -> list[datetime]:
    with database.read() as session:
        found = session.scalars(sa.select(SmsLine.answered_from).order_by(SmsLine.answered_from))
        return [each for each in found if each is not None]


@hypothesis_settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    gaps=st.lists(st.integers(0, 45), min_size=1, max_size=20),
    per_minute=st.integers(1, 5),
)
def test_in_no_minute_there_are_more_and_nobody_waits_without_need(
    database: Database, gaps: list[int], per_minute: int
) -> None:
    limit, given_out = NewNumbers(per_minute), []
    with database.engine.connect() as connection, sa.orm.Session(connection) as session:
        moment = NOW
        for number, gap in enumerate(gaps):
            moment += timedelta(seconds=gap)
            with time_machine.travel(moment, tick=False):
                line = hold_line(session, f"+4477009{number:05}", SENDER)
                limit.give_turn(session, line)
                turn = line.answered_from
                limit.give_turn(session, line)
            assert turn is not None
            assert turn == line.answered_from, "its turn stays"
            assert turn >= moment
            before = [each for each in given_out if turn - WINDOW < each <= turn]
            assert len(before) < per_minute
            if turn > moment:
                since = turn - timedelta(seconds=1) - WINDOW
                assert len([each for each in given_out if each > since]) >= per_minute
            assert given_out == sorted(given_out)
            given_out.append(turn)
        session.rollback()


def test_first_texts_that_come_in_the_same_instant_keep_to_it_too(database: Database) -> None:
    limit = NewNumbers(3)

    def arrive(number: int) -> None:
        with database.write() as session:
            limit.give_turn(session, hold_line(session, f"+4477009{number:05}", SENDER))

    assert [error for error in at_once(12, arrive) if error is not None] == []
    given_out = turns(database)
    assert len(given_out) == 12
    for earlier, later in zip(given_out, given_out[3:], strict=False):
        assert later - earlier >= WINDOW


def test_a_customer_s_turn_is_now(database: Database) -> None:
    limit = NewNumbers(1)
    with time_machine.travel(NOW, tick=False), database.write() as session:
        make_customer(session, phone=AMARA)
        for number in (*STRANGERS[:2], AMARA):
            limit.give_turn(session, hold_line(session, number, SENDER))
    assert turns(database) == [NOW, NOW, NOW + WINDOW]
