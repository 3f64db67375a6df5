"""Who talks with a customer: claimed by one, given back, ended once; what was promised is known."""

from datetime import timedelta

import pytest
import sqlalchemy as sa
import time_machine

from offboarding import clock
from offboarding.audit import service as audit
from offboarding.background.model import Task
from offboarding.database import Database
from offboarding.handoffs import claiming, waiting
from offboarding.handoffs import service as handoffs
from offboarding.handoffs.agents import (
    claimed_by,
    deactivate,
    known_agent,
    remember_agent,
)
from offboarding.handoffs.causes import HandOffCause
from offboarding.handoffs.errors import (
    AlreadyClaimedError,
    HandOffEndedError,
    NotClaimedByYouError,
)
from offboarding.handoffs.model import Agent, HandOff
from offboarding.handoffs.states import HandOffState
from offboarding.policies.store import Policies
from tests.offboarding.at_once import at_once

TALK = "1" * 32


@pytest.fixture
def waits(database: Database, policies: Policies, now: time_machine.Traveller) -> str:
    """A hand-off that a team in its opening hours was asked for."""
    with database.write() as session:
        hand_off = handoffs.request(session, TALK, cause=HandOffCause.FRAUD, desk=policies.routing)
        assert hand_off.claim_due_at == clock.now() + timedelta(seconds=180)
        return hand_off.id


def agent(database: Database, name: str) -> Agent:
    with database.write() as session:
        return remember_agent(session, f"T1:{name}", f"{name} Okafor")


def claimed(database: Database, hand_off_id: str, by: Agent) -> bool:
    with database.write() as session:
        return claiming.claim(
            session, session.get_one(HandOff, hand_off_id), session.get_one(Agent, by.id)
        )


def seen(database: Database, hand_off_id: str) -> HandOff:
    with database.read() as session:
        return session.get_one(HandOff, hand_off_id)


def test_claimed_in_the_same_instant_by_eight_it_is_one_agents(
    database: Database, waits: str
) -> None:
    agents = [agent(database, f"Agent{number}") for number in range(8)]
    outcomes = at_once(8, lambda number: claimed(database, waits, agents[number]))
    winner = agents[outcomes.index(True)]
    assert outcomes.count(True) == 1
    others = [each for each in outcomes if each is not True]
    assert all(isinstance(each, AlreadyClaimedError) for each in others)
    assert {str(each) for each in others} == {
        f"{winner.full_name} has claimed this conversation already."
    }
    with database.read() as session:
        events = [entry.event for entry in audit.entries(session, TALK)]
    assert events.count("hand_off_claimed") == 1


def test_claimed_again_by_the_same_agent_nothing_changes(database: Database, waits: str) -> None:
    sam = agent(database, "Sam")
    assert claimed(database, waits, sam)
    before = seen(database, waits).claimed_at
    assert not claimed(database, waits, sam)
    assert seen(database, waits).claimed_at == before


@pytest.mark.parametrize("end", [claiming.hand_back, claiming.resolve])
def test_ended_by_the_agent_in_charge_alone_and_once(
    database: Database, waits: str, end: object
) -> None:
    assert callable(end)
    sam, noor = agent(database, "Sam"), agent(database, "Noor")
    with (
        database.write() as session,
        pytest.raises(NotClaimedByYouError, match="Claim this conversation first"),
    ):
        end(session, session.get_one(HandOff, waits), sam)
    claimed(database, waits, sam)
    with database.write() as session:
        hand_off = session.get_one(HandOff, waits)
        with pytest.raises(NotClaimedByYouError, match="Sam Okafor is talking"):
            end(session, hand_off, noor)
        end(session, hand_off, sam)
        with pytest.raises(HandOffEndedError):
            end(session, hand_off, sam)
        with pytest.raises(HandOffEndedError):
            claiming.claim(session, hand_off, noor)
    ended = seen(database, waits)
    assert not ended.open
    assert ended.ended_at == clock.now()


def test_resolved_at_once_by_eight_presses_it_ends_once(database: Database, waits: str) -> None:
    sam = agent(database, "Sam")
    claimed(database, waits, sam)

    def press(_number: int) -> None:
        with database.write() as session:
            hand_off = session.get_one(HandOff, waits)
            claiming.resolve(session, hand_off, session.get_one(Agent, sam.id))

    outcomes = at_once(8, press)
    assert outcomes.count(None) == 1
    assert sum(isinstance(each, HandOffEndedError) for each in outcomes) == 7


def test_released_the_promise_is_made_anew(
    database: Database, policies: Policies, waits: str, now: time_machine.Traveller
) -> None:
    claimed(database, waits, agent(database, "Sam"))
    now.shift(timedelta(minutes=10))
    with database.write() as session:
        hand_off = session.get_one(HandOff, waits)
        claiming.release(session, hand_off, policies.routing)
        assert hand_off.state is HandOffState.WAITING
        assert (hand_off.agent_id, hand_off.claimed_at) == (None, None)
        assert hand_off.claim_due_at == clock.now() + timedelta(seconds=180)
        claiming.release(session, hand_off, policies.routing)  # harmless
        due = session.scalars(
            sa.select(Task.due_at).where(Task.kind == "hand_off.unclaimed").order_by(Task.due_at)
        ).all()
    assert due[-1] == clock.now() + timedelta(seconds=180)
    assert len(due) == 2


def test_released_out_of_hours_nothing_is_promised(
    database: Database, policies: Policies, waits: str, now: time_machine.Traveller
) -> None:
    claimed(database, waits, agent(database, "Sam"))
    now.shift(timedelta(hours=14))
    with database.write() as session:
        hand_off = session.get_one(HandOff, waits)
        claiming.release(session, hand_off, policies.routing)
        assert hand_off.claim_due_at is None
        assert hand_off.opens_at is not None
        assert hand_off.opens_at > clock.now()


def test_that_nobody_came_is_noted_when_the_time_is_over_and_once(
    database: Database, waits: str, now: time_machine.Traveller
) -> None:
    with database.write() as session:
        hand_off = session.get_one(HandOff, waits)
        assert not waiting.note_unanswered(session, hand_off)
        now.shift(timedelta(seconds=180))
        assert waiting.note_unanswered(session, hand_off)
        assert not waiting.note_unanswered(session, hand_off)


def test_that_nobody_can_come_is_noted_before_the_time_is_over(
    database: Database, waits: str
) -> None:
    with database.write() as session:
        hand_off = session.get_one(HandOff, waits)
        assert waiting.note_unanswered(session, hand_off, at_once=True)
        assert not waiting.note_unanswered(session, hand_off, at_once=True)


def test_who_was_claimed_in_time_was_answered(
    database: Database, waits: str, now: time_machine.Traveller
) -> None:
    claimed(database, waits, agent(database, "Sam"))
    now.shift(timedelta(minutes=5))
    with database.write() as session:
        assert not waiting.note_unanswered(session, session.get_one(HandOff, waits))


def test_an_agent_who_clicks_twice_at_first_is_one_agent(database: Database) -> None:
    found = at_once(8, lambda _number: agent(database, "Sam").id)
    assert len(set(found)) == 1


def test_who_left_is_known_with_what_they_had_claimed(database: Database, waits: str) -> None:
    sam = agent(database, "Sam")
    claimed(database, waits, sam)
    with database.write() as session:
        assert deactivate(session, "T1:Nobody") is None
        left = deactivate(session, "T1:Sam")
        assert left is not None
        assert claimed_by(session, left) == [waits]
    with database.read() as session:
        known = known_agent(session, "T1:Sam")
        assert known is not None
        assert not known.active
    assert agent(database, "Sam").active, "whoever acts is back"
