"""Rows about texts are forgotten once nothing can need them, and never before."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
import time_machine

from channels.conversations.messages import read_after
from channels.sms.clean_up import CLEAN_UP, clean_up, schedule_clean_up
from channels.sms.lines import hold_line
from channels.sms.model import SETTLED, SmsPost, SmsPostState, SmsReceived
from channels.sms.received import ReceivedText
from offboarding import clock
from offboarding.background.model import Task
from offboarding.database import Database
from offboarding.errors import PolicyError
from offboarding.policies.rules import RetentionPolicy
from offboarding.policies.store import Policies
from tests.channels.sms.phone_house import AMARA, PhoneHouse
from tests.channels.stand_in import StandInRasa
from tests.offboarding.conftest import NOW

SENDER = "+12025550100"
RECEIVED, SETTLED_FOR = timedelta(days=30), timedelta(days=90)
MOMENT = timedelta(seconds=1)


def received(database: Database, *ages: timedelta) -> None:
    with database.write() as session:
        line = hold_line(session, AMARA, SENDER)
        known = len(session.scalars(sa.select(SmsReceived.message_sid)).all())
        for number, age in enumerate(ages, known):
            sid = f"SM{number:032x}"
            session.add(
                SmsReceived(
                    message_sid=sid, line_id=line.id, digest="", received_at=clock.now() - age
                )
            )


def post(
    database: Database, state: SmsPostState, age: timedelta, settled: timedelta | None = None
) -> int:
    """One that was put out so long ago, and settled so long ago; its position."""
    with database.write() as session:
        line = hold_line(session, AMARA, SENDER)
        at = clock.now() - age
        made = SmsPost(
            key=f"{state}:{age}:{settled}",
            line_id=line.id,
            body="",
            segments=1,
            state=state,
            created_at=at,
            due_at=at,
            good_until=at,
            settled_at=clock.now() - settled if settled is not None else None,
        )
        session.add(made)
        session.flush()
        return made.position


def positions(database: Database) -> Sequence[int]:
    with database.read() as session:
        return session.scalars(sa.select(SmsPost.position).order_by(SmsPost.position)).all()


def ages(database: Database) -> list[timedelta]:
    with database.read() as session:
        found = session.scalars(
            sa.select(SmsReceived.received_at).order_by(SmsReceived.received_at)
        )
        return [clock.now() - each for each in found]


def planned(database: Database) -> list[datetime]:
    with database.read() as session:
        due = sa.select(Task.due_at).where(Task.kind == CLEAN_UP).order_by(Task.due_at)
        return list(session.scalars(due))


@pytest.fixture
def still() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


def forget(database: Database, policies: Policies) -> None:
    clean_up(database, lambda: policies.retention)


@pytest.mark.usefixtures("still")
def test_what_came_in_is_kept_for_thirty_days(database: Database, phone_policies: Policies) -> None:
    received(database, timedelta(0), RECEIVED - MOMENT, RECEIVED, RECEIVED + MOMENT, SETTLED_FOR)
    forget(database, phone_policies)
    assert ages(database) == [RECEIVED, RECEIVED - MOMENT, timedelta(0)]


@pytest.mark.usefixtures("still")
@pytest.mark.parametrize("state", sorted(SETTLED))
def test_a_settled_text_is_kept_for_ninety_days_from_then(
    database: Database, phone_policies: Policies, state: SmsPostState
) -> None:
    kept = [
        post(database, state, SETTLED_FOR * 4, SETTLED_FOR),
        post(database, state, SETTLED_FOR * 2, timedelta(0)),
    ]
    post(database, state, SETTLED_FOR + MOMENT, SETTLED_FOR + MOMENT)
    forget(database, phone_policies)
    assert positions(database) == kept


@pytest.mark.usefixtures("still")
@pytest.mark.parametrize("state", sorted(set(SmsPostState) - SETTLED))
def test_what_is_not_settled_is_never_forgotten(
    database: Database, phone_policies: Policies, state: SmsPostState
) -> None:
    kept = post(database, state, timedelta(days=4000))
    forget(database, phone_policies)
    assert positions(database) == [kept]


@pytest.mark.usefixtures("still")
def test_more_than_goes_at_once_is_forgotten(database: Database, phone_policies: Policies) -> None:
    received(database, *[RECEIVED * 2] * 2_100, timedelta(days=1))
    forget(database, phone_policies)
    assert ages(database) == [timedelta(days=1)]


@pytest.mark.usefixtures("still")
def test_the_next_is_seen_to_even_when_this_one_fails(database: Database) -> None:
    def unreadable() -> RetentionPolicy:
        raise PolicyError("retention.yml can't be read.")

    with pytest.raises(PolicyError):
        clean_up(database, unreadable)
    assert planned(database) == [datetime(2026, 11, 24, 3, tzinfo=UTC)]


@pytest.mark.parametrize(
    ("moment", "due"),
    [
        (datetime(2026, 12, 31, 2, 59, 59, tzinfo=UTC), datetime(2026, 12, 31, 3, tzinfo=UTC)),
        (datetime(2026, 12, 31, 3, 0, 0, tzinfo=UTC), datetime(2027, 1, 1, 3, tzinfo=UTC)),
        (datetime(2028, 2, 28, 12, 0, 0, tzinfo=UTC), datetime(2028, 2, 29, 3, tzinfo=UTC)),
    ],
)
def test_there_is_one_a_day_however_many_processes_ask_for_it(
    database: Database, moment: datetime, due: datetime
) -> None:
    with time_machine.travel(moment, tick=False):
        for _ in range(3):
            with database.write() as session:
                schedule_clean_up(session)
    assert planned(database) == [due]


async def test_the_application_forgets_by_itself_and_the_talk_stays(house: PhoneHouse) -> None:
    await house.talks("hello")
    begun = clock.now()
    for days, posts in ((31, 2), (92, 0)):
        with time_machine.travel(begun + timedelta(days=days)):
            await house.until(
                lambda due=begun + timedelta(days=days): planned(house.database)[-1] > due
            )
            await house.until(lambda posts=posts: len(positions(house.database)) == posts)
            await house.until(lambda: ages(house.database) == [])
    with house.database.read() as session:
        said = read_after(session, house.line().conversation_id or "", 0, most=9)
    assert "heard hello" in [each.text for each in said]


async def test_a_text_that_comes_again_after_the_next_clean_up_is_taken_once(
    house: PhoneHouse, phone_policies: Policies, rasa: StandInRasa
) -> None:
    text = await house.text("hello")
    await house.got(2)
    with time_machine.travel(clock.now() + timedelta(days=1)):
        forget(house.database, phone_policies)
        again = {"MessageSid": text.sid, "From": AMARA, "To": SENDER, "Body": "hello"}
        await house.channel.receive(ReceivedText.model_validate(again))
        await house.until_done()
    assert rasa.heard() == ["hello"]
