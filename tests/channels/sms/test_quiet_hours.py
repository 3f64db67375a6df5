"""At night only answers go out."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from channels.sms.lines import hold_line
from channels.sms.model import SmsPostState, SmsReceived
from channels.sms.quiet_hours import when_to_send
from offboarding import clock
from offboarding.database import Database
from tests.channels.sms.phone_house import AMARA, PhoneHouse
from tests.factories import make_customer

EVENING = datetime(2026, 11, 24, 22, 30, tzinfo=UTC)
LATER = datetime(2027, 1, 12, 22, 30, tzinfo=UTC)
"""So that what the test has done by then is past."""
AMERICAN = "+16125550142"


def sent_at(database: Database, moment: datetime, number: str = AMARA, **customer: str) -> datetime:
    """When a text that is put out then may go."""
    with time_machine.travel(moment, tick=False), database.write() as session:
        if customer:
            make_customer(session, phone=number, **customer)  # type: ignore[arg-type]
        return when_to_send(session, hold_line(session, number, "+12025550100"))


def test_in_the_evening_it_waits_for_eight_in_the_morning_there(database: Database) -> None:
    assert sent_at(database, EVENING) == datetime(2026, 11, 25, 8, tzinfo=UTC)


def test_before_the_morning_it_waits_for_the_same_morning(database: Database) -> None:
    early = datetime(2026, 11, 24, 5, 0, tzinfo=UTC)
    assert sent_at(database, early) == datetime(2026, 11, 24, 8, tzinfo=UTC)


@pytest.mark.parametrize("hour", [8, 12, 20])
def test_by_day_it_goes_at_once(database: Database, hour: int) -> None:
    moment = datetime(2026, 11, 24, hour, 30, tzinfo=UTC)
    assert sent_at(database, moment) == moment


def test_it_is_the_clock_where_the_number_is_from(database: Database) -> None:
    assert sent_at(database, EVENING, AMERICAN) == EVENING, "half past four in Minnesota"
    morning = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
    assert sent_at(database, morning, AMERICAN) == datetime(2026, 11, 24, 14, tzinfo=UTC)


def test_where_the_customer_lives_counts_more_than_their_number(database: Database) -> None:
    found = sent_at(database, EVENING, AMERICAN, time_zone="Europe/Berlin")
    assert found == datetime(2026, 11, 25, 7, tzinfo=UTC)


def test_who_wrote_lately_is_answered_at_any_hour(database: Database) -> None:
    with time_machine.travel(EVENING, tick=False), database.write() as session:
        line = hold_line(session, AMARA, "+12025550100")
        session.add(
            SmsReceived(
                message_sid=f"SM{'0' * 32}",
                line_id=line.id,
                digest="",
                received_at=clock.now() - timedelta(minutes=50),
            )
        )
        session.flush()
        assert when_to_send(session, line) == EVENING


async def test_what_waits_for_the_morning_goes_when_they_write_again(house: PhoneHouse) -> None:
    await house.talks("hello")
    with time_machine.travel(LATER, tick=True):
        with house.database.write() as session:
            house.gateway.say_as_agent(
                session, house.line().conversation_id or "", "Your file is there.", "Sam", "k1"
            )
        await house.until(lambda: house.posts(SmsPostState.PENDING))
        assert "Sam: Your file is there." not in await house.got(2)
        await house.text("are you there")
        texts = await house.got(4)
        assert texts[2:] == ["Sam: Your file is there.", "heard are you there"]
