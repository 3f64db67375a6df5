"""Something of the desk's happens in the instant in which an agent or the customer acts."""

from concurrent.futures import Future, ThreadPoolExecutor
from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from channels.desk.service import hand_off_in_charge
from channels.slack.model import SlackThread
from channels.slack.threads import show_new
from offboarding import clock
from offboarding.database import Database
from offboarding.handoffs import claiming, waiting
from offboarding.handoffs.agents import remember_agent
from offboarding.handoffs.model import HandOff
from offboarding.handoffs.states import HandOffState
from tests.channels.slack.desk_house import SUPPORT, DeskHouse
from tests.channels.stand_in import LIMIT_SECONDS


def on_postgres(database: Database) -> bool:
    return database.engine.dialect.name == "postgresql"


def until_it_waits(database: Database, work: Future[None]) -> None:
    """Until another transaction waits for ours; SQLite lets no second one begin."""
    if not on_postgres(database):
        return
    with database.engine.connect() as connection:
        waits = sa.text("SELECT count(*) FROM pg_locks WHERE NOT granted")
        while not connection.scalar(waits) and not work.done():
            connection.rollback()


def overdue(session: Session, hand_off_id: str) -> HandOff:
    hand_off = hand_off_in_charge(session, hand_off_id)
    hand_off.claim_due_at = clock.now() - timedelta(seconds=1)
    return hand_off


async def test_who_is_claimed_when_the_time_is_over_does_not_hear_that_nobody_came(
    house: DeskHouse,
) -> None:
    talk = await house.customer()
    await house.ask_for_person(talk)
    hand_off_id = house.hand_off(talk).id
    with house.database.write() as session:
        overdue(session, hand_off_id)
    with ThreadPoolExecutor(1) as threads:
        with house.database.write() as session:
            hand_off = session.get_one(HandOff, hand_off_id)
            assert claiming.claim(session, hand_off, remember_agent(session, "T1:U1", "Sam"))
            work = threads.submit(house.desk.handlers()["hand_off.unclaimed"], hand_off_id)
            until_it_waits(house.database, work)
        work.result(LIMIT_SECONDS)
    found = house.hand_off(talk)
    assert (found.state, found.unanswered_at) == (HandOffState.CLAIMED, None)
    assert house.mailed == []


async def test_who_goes_in_the_instant_in_which_the_thread_begins_has_none(
    house: DeskHouse,
) -> None:
    talk = await house.customer()
    with house.database.write() as session:
        hand_off = HandOff(
            conversation_id=talk.id,
            requested_by="customer",
            requested_at=clock.now(),
            team="support",
        )
        session.add(hand_off)
    with ThreadPoolExecutor(1) as threads:
        with house.database.write() as session:
            assert waiting.withdraw(session, session.get_one(HandOff, hand_off.id))
            work = threads.submit(house.desk.handlers()["desk.hand_off"], hand_off.id)
            until_it_waits(house.database, work)
        work.result(LIMIT_SECONDS)
    with house.database.read() as session:
        assert session.get(SlackThread, hand_off.id) is None


async def test_that_the_time_is_over_is_noted_for_who_waits_alone(database: Database) -> None:
    """Also by somebody who has looked before, and not since."""
    with database.write() as session:
        hand_off = HandOff(
            conversation_id="c" * 32,
            requested_by="customer",
            requested_at=clock.now(),
            claim_due_at=clock.now() - timedelta(seconds=1),
        )
        session.add(hand_off)
        session.flush()
        session.execute(
            sa.update(HandOff)
            .values(state=HandOffState.CLAIMED)
            .execution_options(synchronize_session=False)
        )
        assert hand_off.state is HandOffState.WAITING, "it was looked at before"
        assert not waiting.note_unanswered(session, hand_off)
        assert hand_off.unanswered_at is None


async def test_the_thread_shows_what_is_new_while_somebody_holds_the_hand_off(
    house: DeskHouse,
) -> None:
    """Else who hands back, and whatever shows what is new, would wait for each other."""
    if not on_postgres(house.database):
        return  # one writer at a time: nobody can wait in a circle
    talk, _ = await house.claimed()
    await house.until_done()
    with ThreadPoolExecutor(1) as threads, house.database.write() as session:
        hand_off_in_charge(session, house.hand_off(talk).id)
        await talk.say("One more thing")
        assert threads.submit(showing, house.database, talk.id).result(LIMIT_SECONDS) is None


def showing(database: Database, conversation_id: str) -> None:
    with database.write() as session:
        show_new(session, conversation_id)


async def test_a_thread_left_open_by_an_ended_hand_off_is_closed_and_shows_nothing_more(
    house: DeskHouse,
) -> None:
    talk, card = await house.claimed()
    await house.until_done()
    with house.database.write() as session:
        hand_off = session.get_one(HandOff, house.hand_off(talk).id)
        hand_off.state, hand_off.ended_at = HandOffState.RESOLVED, clock.now()
    await house.until_in_thread(card, "resolved it")
    await talk.say("This is for the assistant")
    await house.until_done()
    other = await house.customer()
    await house.ask_for_person(other)
    seen = str([each.blocks for each in house.slack.workspace.thread(card.ts)])
    assert "This is for the assistant" not in seen
    assert card.channel == house.slack.workspace.channel(SUPPORT).id
