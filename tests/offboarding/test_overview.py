"""The desk at a glance: who waits, who talks with whom, how today went, and finding."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import time_machine
from sqlalchemy.orm import Session

from offboarding.cases import service as cases
from offboarding.database import Database, new_identifier
from offboarding.handoffs import overview
from offboarding.handoffs.agents import remember_agent
from offboarding.handoffs.model import HandOff
from offboarding.handoffs.states import HandOffState
from tests.factories import make_customer, make_subscription

NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")


def hand_off(session: Session, asked_at: datetime = NOON, **more: Any) -> HandOff:
    made = HandOff(
        conversation_id=more.pop("conversation_id", new_identifier()),
        requested_by="customer",
        requested_at=asked_at,
        **more,
    )
    session.add(made)
    session.flush()
    return made


def claimed_after(session: Session, seconds: int, promise: int | None = 180) -> HandOff:
    agent = remember_agent(session, "T1:U1", "Sam Okafor")
    return hand_off(
        session,
        state=HandOffState.CLAIMED,
        agent_id=agent.id,
        claimed_at=NOON + timedelta(seconds=seconds),
        claim_due_at=NOON + timedelta(seconds=promise) if promise is not None else None,
    )


def test_who_has_waited_longest_comes_first(database: Database) -> None:
    with database.write() as session:
        late, early = hand_off(session, NOON), hand_off(session, NOON - timedelta(hours=1))
        claimed_after(session, 10)
        assert list(overview.waiting(session)) == [early, late]
        with time_machine.travel(NOON + timedelta(seconds=90), tick=False):
            assert overview.waited(late) == timedelta(seconds=90)


def test_of_an_agent_only_what_they_talk_in_now(database: Database) -> None:
    with database.write() as session:
        mine = claimed_after(session, 10)
        sam = mine.agent_id
        hand_off(session, state=HandOffState.RESOLVED, agent_id=sam, ended_at=NOON)
        noor = remember_agent(session, "T1:U2", "Noor Haddad")
        theirs = hand_off(session, state=HandOffState.CLAIMED, agent_id=noor.id, claimed_at=NOON)
        assert list(overview.claimed(session, sam)) == [mine]
        assert set(overview.claimed(session)) == {mine, theirs}


def test_a_promise_counts_once_it_is_kept_or_over(database: Database) -> None:
    with database.write() as session:
        claimed_after(session, 180)
        claimed_after(session, 181)
        claimed_after(session, 5, promise=None)
        hand_off(session, claim_due_at=NOON + timedelta(minutes=10))
        with time_machine.travel(NOON + timedelta(minutes=9), tick=False):
            now = overview.numbers(session, BERLIN)
            assert (now.asked_for, now.promised, now.kept) == (4, 2, 1)
        with time_machine.travel(NOON + timedelta(minutes=11), tick=False):
            assert overview.numbers(session, BERLIN).promised == 3


@pytest.mark.parametrize(
    ("waits", "expected"), [([], None), ([30], 30), ([10, 20, 600], 20), ([10, 20], 15)]
)
def test_half_of_them_waited_no_longer(
    database: Database, waits: list[int], expected: int | None
) -> None:
    with database.write() as session, time_machine.travel(NOON + timedelta(hours=1), tick=False):
        hand_off(session)
        for seconds in waits:
            claimed_after(session, seconds)
        wait = overview.numbers(session, BERLIN).median_wait
        assert wait == (timedelta(seconds=expected) if expected is not None else None)


def test_what_ended_today_counts_today_whenever_it_began(database: Database) -> None:
    with database.write() as session, time_machine.travel(NOON, tick=False):
        yesterday = NOON - timedelta(days=1)
        sam = remember_agent(session, "T1:U1", "Sam Okafor").id
        for state in (HandOffState.RESOLVED, HandOffState.HANDED_BACK):
            hand_off(session, yesterday, state=state, agent_id=sam, ended_at=NOON)
        hand_off(session, yesterday, state=HandOffState.RESOLVED, agent_id=sam, ended_at=yesterday)
        hand_off(session, yesterday, state=HandOffState.RESOLVED, ended_at=NOON)  # by nobody
        hand_off(session, yesterday, unanswered_at=NOON)
        now = overview.numbers(session, BERLIN)
        assert (now.asked_for, now.resolved, now.handed_back, now.nobody_came) == (0, 1, 1, 1)


def test_a_day_is_as_long_as_the_clocks_make_it() -> None:
    with time_machine.travel(datetime(2026, 10, 25, 12, 0, tzinfo=UTC), tick=False):
        start, end = overview.today(BERLIN)
    assert end.astimezone(UTC) - start.astimezone(UTC) == timedelta(hours=25)


def test_found_by_its_number_its_cases_number_and_an_address(database: Database) -> None:
    with database.write() as session:
        amara = make_customer(session)
        subscription = make_subscription(session, amara)
        first = hand_off(session, NOON - timedelta(hours=1), customer_id=amara.id)
        case = cases.open_case(session, amara, subscription, first.conversation_id)
        again = hand_off(session, customer_id=amara.id)
        stranger = hand_off(session, contact_email="Mo@example.org")
        assert list(overview.find(session, f" {first.number.lower()} ")) == [first]
        for number in (case.number, first.number):
            bare = number.replace("-", "").lower()
            for typed in (number, bare, f"{bare[:4]} {bare[4:]}"):
                assert list(overview.find(session, typed)) == [first]
        assert overview.case_of_number(session, case.number.replace("-", " ")) == case
        assert list(overview.find(session, "AMARA@example.org")) == [again, first]
        assert list(overview.find(session, "mo@EXAMPLE.org")) == [stranger]
        for nothing in ("", "%", "@", "nobody@example.org", "7F3K-22Z\x00"):
            assert list(overview.find(session, nothing)) == []
