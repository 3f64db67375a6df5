"""Whatever is late, slow or down: a system ends where the newest decision says."""

import asyncio
from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
import sqlalchemy as sa
import time_machine
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from pydantic import SecretStr
from starlette.requests import Request
from starlette.responses import Response

from offboarding import clock
from offboarding.access import service
from offboarding.access.model import (
    TRANSITIONS,
    AccessEventKind,
    AccessNotification,
    NotificationState,
)
from offboarding.access.port import Answer, UnreachableError
from offboarding.access.sending import Sender
from offboarding.access.transitions import NOTIFY
from offboarding.background.model import Task, TaskState
from offboarding.cases.model import Case
from offboarding.database import Base, Database, new_identifier
from offboarding.settings import Settings
from sandbox.systems.receiver import Receiver
from sandbox.systems.view import heard
from tests.keys import KEYS
from tests.offboarding.access.systems_house import (
    NOTES_SECRET,
    StandInSystem,
    SystemsHouse,
    make_case,
    policy_of,
)
from tests.offboarding.at_once import at_once
from tests.offboarding.conftest import NOW

S = NotificationState


def states(house: SystemsHouse, system: str = "notes") -> list[NotificationState]:
    return [each.state for each in house.notifications(system)]


async def test_a_return_takes_the_place_of_an_end_that_was_never_sent(
    house: SystemsHouse, now: time_machine.Traveller
) -> None:
    house.revoke(moment=clock.now() + timedelta(days=20))
    house.restore()
    await house.carry_out_all(now)
    assert house.notes.types == ["access.restored"]
    assert states(house) == [S.SUPERSEDED, S.ACKNOWLEDGED]
    assert house.state.all_acknowledged


async def test_an_end_that_waits_for_its_next_try_never_overtakes_the_return(
    house: SystemsHouse, now: time_machine.Traveller
) -> None:
    house.notes.answers = [503]
    house.revoke()
    await house.carry_out_due()
    house.restore()
    await house.carry_out_all(now)
    assert house.notes.types == ["access.revoked", "access.restored"]
    assert states(house) == [S.SUPERSEDED, S.ACKNOWLEDGED]


async def test_an_end_that_is_on_its_way_while_the_customer_returns_is_not_tried_again(
    house: SystemsHouse, now: time_machine.Traveller
) -> None:
    async def meanwhile_they_return(_request: Request) -> Response:
        house.restore()
        await house.carry_out_due()
        return Response(status_code=503)

    house.notes.answers = [meanwhile_they_return]
    house.revoke()
    await house.carry_out_all(now)
    assert house.notes.types == ["access.revoked", "access.restored"]
    assert [each.content["data"]["sequence"] for each in house.notes.heard] == [1, 2]
    assert states(house) == [S.SUPERSEDED, S.ACKNOWLEDGED]


async def test_an_end_that_failed_is_history_once_the_customer_is_back(
    house: SystemsHouse,
) -> None:
    house.notes.answers = [410]
    house.revoke()
    await house.carry_out_due()
    assert house.state.failed
    house.restore()
    await house.carry_out_due()
    assert house.state.failed == ()
    assert house.state.all_acknowledged


async def test_an_erasure_waits_until_the_end_of_access_is_settled(
    house: SystemsHouse, now: time_machine.Traveller
) -> None:
    house.notes.answers = [503]
    house.revoke()
    house.erase()
    await house.carry_out_due()
    assert house.notes.types == ["access.revoked"]
    await house.carry_out_all(now)
    assert house.notes.types == ["access.revoked", "access.revoked", "data.erased"]
    assert states(house) == [S.ACKNOWLEDGED, S.ACKNOWLEDGED]


async def test_an_erasure_does_not_wait_for_ever_for_a_system_that_says_nothing_more(
    house: SystemsHouse, now: time_machine.Traveller
) -> None:
    house.notes.answers = [202]
    house.revoke()
    house.erase()
    await house.carry_out_all(now)
    assert house.notes.types == ["access.revoked", "data.erased"]
    assert states(house) == [S.FAILED, S.ACKNOWLEDGED]


async def test_no_return_takes_the_place_of_an_erasure(
    house: SystemsHouse, now: time_machine.Traveller
) -> None:
    house.notes.answers = [503]
    house.erase()
    house.restore()
    await house.carry_out_all(now)
    assert house.notes.types == ["data.erased", "data.erased", "access.restored"]


async def test_an_erasure_is_not_decided_before_its_time(house: SystemsHouse) -> None:
    with pytest.raises(ValueError, match="when its time has come"):
        house.erase(moment=clock.now() + timedelta(seconds=1))
    assert house.state.systems == ()


async def test_an_erasure_at_once_does_not_wait_for_an_end_that_is_still_to_come(
    house: SystemsHouse, now: time_machine.Traveller
) -> None:
    """It is the end of access, too."""
    house.revoke(moment=clock.now() + timedelta(days=20))
    house.erase()
    await house.carry_out_due()
    assert house.notes.types == ["data.erased"]
    await house.carry_out_all(now)
    assert house.notes.types == ["data.erased"]
    assert house.sync.types == ["access.revoked"], "which wants to hear nothing of erasures"


async def test_nothing_older_is_sent_after_something_newer_was_acknowledged(
    house: SystemsHouse,
) -> None:
    """As where a person has an old failure sent again."""
    house.notes.answers = [410]
    house.revoke()
    await house.carry_out_due()
    house.erase()
    await house.carry_out_due()
    assert states(house) == [S.FAILED, S.ACKNOWLEDGED]
    with house.database.write() as session:
        service.send_again(session, house.notifications("notes")[0].id)
    await house.carry_out_due()
    assert house.notes.types == ["access.revoked", "data.erased"]
    assert states(house) == [S.SUPERSEDED, S.ACKNOWLEDGED]


async def test_what_was_released_once_is_released_again_after_a_person_had_the_older_one_sent(
    house: SystemsHouse, now: time_machine.Traveller
) -> None:
    house.notes.answers = [410, 503, 503]
    house.revoke()
    house.erase()
    await house.carry_out_due()
    assert states(house) == [S.FAILED, S.WAITING]
    with house.database.write() as session:
        service.send_again(session, house.notifications("notes")[0].id)
    await house.carry_out_all(now)
    assert states(house) == [S.ACKNOWLEDGED, S.ACKNOWLEDGED]


async def test_the_same_task_carried_out_again_after_a_crash_sends_nothing_early(
    house: SystemsHouse,
) -> None:
    house.notes.answers = [503]
    house.revoke()
    await house.carry_out_due()
    [notification] = house.notifications("notes")
    await asyncio.to_thread(house.sender.send, notification.id)
    assert len(house.notes.heard) == 1


async def test_a_commit_that_was_lost_has_the_same_webhook_sent_again(
    house: SystemsHouse,
) -> None:
    """The system has done it; the crash came before we wrote that down."""
    house.revoke()
    [notification] = house.notifications("notes")
    await asyncio.to_thread(house.sender.send, notification.id)
    with house.database.write() as session:
        session.execute(
            sa.update(AccessNotification)
            .where(AccessNotification.id == notification.id)
            .values(state=S.WAITING, acknowledged_at=None, sent_at=None)
        )
    await house.carry_out_due()
    assert len(house.notes.heard) == 2
    assert len({heard.webhook_id for heard in house.notes.heard}) == 1
    assert house.of("notes").state is S.ACKNOWLEDGED


def test_many_who_decide_at_once_get_numbers_that_follow_each_other(
    database: Database, now: time_machine.Traveller
) -> None:
    case, policy = make_case(database), policy_of("http://127.0.0.1:1")

    def decide(number: int) -> int:
        with database.write() as session:
            event = (service.revoke if number % 2 else service.restore)(
                session,
                session.get_one(Case, case.id),
                moment=clock.now(),
                key=f"{number // 2}:{number % 2}",
                systems=policy,
            )
            return event.sequence

    assert sorted(at_once(8, decide)) == list(range(1, 9))  # type: ignore[type-var]
    with database.read() as session:
        [last, _] = service.unacknowledged(session)
        assert last.event.sequence == 8, "all older ones are superseded"


# --- any order of anything


class Unsteady:
    """A WebhookPort to a real receiver that loses requests, answers or nothing, as it is told.

    What is held back arrives at the end, after everything newer.
    """

    def __init__(self, receiver: Receiver, fates: list[str]) -> None:
        self._receiver = receiver
        self.fates = fates
        self._late: list[tuple[dict[str, str], bytes]] = []

    def post(self, _url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        fate = self.fates.pop(0) if self.fates else "good"
        match fate:
            case "lost":
                raise UnreachableError("ConnectError")
            case "late":
                self._late.append((dict(headers), body))
                raise UnreachableError("ReadTimeout")
            case "unanswered":
                self._receiver.take(headers, body)
                raise UnreachableError("ReadTimeout")
            case "busy":
                return Answer(503)
            case "refused":
                return Answer(400)
            case _:
                return Answer(self._receiver.take(headers, body))

    def deliver_late(self) -> None:
        for headers, body in self._late:
            self._receiver.take(headers, body)


FATES = st.lists(
    st.sampled_from(["good", "lost", "late", "unanswered", "busy", "refused"]), max_size=12
)
ACTS = st.lists(
    st.sampled_from(["revoke", "restore", "hour", "send", "carry out"]), min_size=1, max_size=10
)


@pytest.fixture(scope="module")
def one_database() -> Iterator[Database]:
    """In memory, for every example: to make its tables takes longer than to use them."""
    database = Database("sqlite://", KEYS)
    Base.metadata.create_all(database.engine)
    yield database
    database.close()


@given(acts=ACTS, fates=FATES)
@example(["revoke", "carry out", "restore"], ["late"])
@example(["revoke", "carry out", "restore", "carry out", "revoke"], ["unanswered", "late"])
@example(["revoke", "carry out", "hour", "carry out"], ["refused"] * 4)
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_in_the_end_each_system_is_where_the_newest_decision_says(
    one_database: Database, acts: list[str], fates: list[str]
) -> None:
    policy = policy_of("http://127.0.0.1:1")
    house = SystemsHouse(
        one_database,
        Settings(_env_file=None, webhook_secrets=SecretStr(f"notes={NOTES_SECRET}")),
        policy.model_copy(update={"systems": {"notes": policy.systems["notes"]}}),
        notes=StandInSystem(),
        sync=StandInSystem(),
        address="",
        case=make_case(one_database, f"{new_identifier()}@example.org"),
    )
    with TemporaryDirectory() as folder, time_machine.travel(NOW, tick=False) as traveller:
        file = Path(folder) / "notes.db"
        port = Unsteady(Receiver([NOTES_SECRET], file), list(fates))
        sender = Sender(one_database, house.endpoints, port)
        for act in acts:
            match act:
                case "revoke" | "restore":
                    house.decide(AccessEventKind(f"access.{act}d"))
                case "hour":
                    traveller.shift(timedelta(hours=1))
                case "send":
                    send_failed_again(one_database)
                case _:
                    carry_out(one_database, sender, traveller, until=clock.now())
        carry_out(one_database, sender, traveller)
        port.fates.clear()
        send_failed_again(one_database)
        carry_out(one_database, sender, traveller)
        port.deliver_late()

        told = [n for n in house.notifications("notes") if n.event.case_id == house.case.id]
        assert all(each.state in {S.ACKNOWLEDGED, S.SUPERSEDED} for each in told)
        if told:
            newest = told[-1].event
            assert told[-1].state is S.ACKNOWLEDGED
            assert heard(file)[newest.subscription_id][0] == newest.kind.value


def send_failed_again(database: Database) -> None:
    with database.write() as session:
        for each in service.unacknowledged(session):
            if each.state is S.FAILED:
                service.send_again(session, each.id)


def carry_out(
    database: Database,
    sender: Sender,
    traveller: time_machine.Traveller,
    until: object = None,
) -> None:
    """Every task that is due; without `until` all, at the time of each."""
    while True:
        with database.read() as session:
            wanted = sa.select(Task).where(Task.state == TaskState.PENDING, Task.kind == NOTIFY)
            if until is not None:
                wanted = wanted.where(Task.due_at <= until)
            task = session.scalars(wanted.order_by(Task.due_at).limit(1)).first()
        if task is None:
            return
        traveller.move_to(max(task.due_at, clock.now()))
        sender.send(task.subject_id)
        with database.write() as session:
            session.get_one(Task, task.id).state = TaskState.DONE


@pytest.mark.parametrize("start", NotificationState)
def test_what_is_settled_stays_so(start: NotificationState) -> None:
    settled = start in {S.ACKNOWLEDGED, S.SUPERSEDED}
    assert bool(TRANSITIONS[start]) is not settled
    assert start not in TRANSITIONS[start]
