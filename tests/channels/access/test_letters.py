"""A person is told what a system could not be told: at once, then once an hour at most."""

import asyncio
from datetime import timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
import time_machine
from aiosmtpd.controller import Controller

from channels.access.letters import access_letter_handlers
from offboarding import clock
from offboarding.access import service
from offboarding.access.model import AccessNotification
from offboarding.access.transitions import TELL_A_PERSON
from offboarding.background.model import Task, TaskState
from offboarding.cases.model import Case
from offboarding.policies.store import Policies
from offboarding.settings import REPOSITORY
from tests.channels.test_mail import Mailbox, html_of, text_of
from tests.offboarding.access.systems_house import EMAIL, NAME, SystemsHouse
from tests.sandbox.conftest import free_port


class Person:
    """Whoever reads the mails to support."""

    def __init__(self, house: SystemsHouse, mailbox: Mailbox) -> None:
        self._house = house
        self._mailbox = mailbox
        policies = Policies(REPOSITORY / "policy")
        handlers = access_letter_handlers(house.settings, house.database, policies)
        self._tell = handlers[TELL_A_PERSON]

    async def read(self) -> list[EmailMessage]:
        """Every mail that is due now."""
        self._mailbox.taken.clear()
        with self._house.database.write() as session:
            due = sa.select(Task).where(
                Task.kind == TELL_A_PERSON,
                Task.state == TaskState.PENDING,
                Task.due_at <= clock.now(),
            )
            tasks = session.scalars(due).all()
            for task in tasks:
                task.state = TaskState.DONE
        for task in tasks:
            await asyncio.to_thread(self._tell, task.subject_id)
        return list(self._mailbox.taken)


@pytest.fixture
def person(house: SystemsHouse) -> Any:
    mailbox, port = Mailbox(), free_port()
    house.settings.smtp_port = port
    controller = Controller(mailbox, hostname="127.0.0.1", port=port)
    controller.start()
    yield Person(house, mailbox)
    controller.stop()


async def fail(house: SystemsHouse) -> str:
    """One more that the system does not take; its number."""
    house.notes.answers.append(410)
    house.revoke()
    await house.carry_out_due()
    return house.notifications("notes")[-1].id


async def test_the_letter_names_case_system_problem_and_mend_and_no_customer(
    house: SystemsHouse, person: Person
) -> None:
    number = await fail(house)
    [letter] = await person.read()
    assert letter["To"] == house.settings.support_email
    assert letter["Subject"] == "Larkspur Notes, the app has not heard that access changed"
    with house.database.read() as session:
        case = session.get_one(Case, house.case.id)
    for text in (text_of(letter), html_of(letter)):
        assert case.number in text
        assert "answered 410: it is gone" in text
        assert f"offboard access send {number}" in text
        for personal in (EMAIL, NAME, case.customer.external_id):
            assert personal not in text


async def test_nobody_is_told_twice(house: SystemsHouse, person: Person) -> None:
    await fail(house)
    assert len(await person.read()) == 1
    with time_machine.travel(clock.now() + timedelta(hours=2), tick=False):
        assert await person.read() == []


async def test_a_system_that_fails_for_many_is_one_letter_an_hour(
    house: SystemsHouse, person: Person
) -> None:
    await fail(house)
    assert len(await person.read()) == 1
    with time_machine.travel(clock.now(), tick=False) as traveller:
        for _ in range(3):
            traveller.shift(timedelta(minutes=5))
            with house.database.write() as session:
                [failed] = [n for n in service.unacknowledged(session) if n.system == "notes"]
                service.send_again(session, failed.id)
            house.notes.answers.append(410)
            await house.carry_out_due()
            assert await person.read() == []
        traveller.shift(timedelta(minutes=20))
        assert len(await person.read()) == 1


async def test_what_was_mended_before_the_letter_went_needs_none(
    house: SystemsHouse, person: Person
) -> None:
    number = await fail(house)
    with house.database.write() as session:
        service.send_again(session, number)
    await house.carry_out_due()
    assert await person.read() == []


async def test_a_letter_that_could_not_be_sent_is_sent_at_the_next_try(
    house: SystemsHouse, person: Person
) -> None:
    await fail(house)
    handlers = access_letter_handlers(
        house.settings.model_copy(update={"smtp_port": free_port()}),
        house.database,
        Policies(REPOSITORY / "policy"),
    )
    with pytest.raises(ConnectionRefusedError):
        await asyncio.to_thread(handlers[TELL_A_PERSON], "notes")
    assert len(await person.read()) == 1


async def test_a_letter_names_fifty_and_counts_the_rest(
    house: SystemsHouse, person: Person, tmp_path: Path
) -> None:
    await fail(house)
    with house.database.write() as session:
        one = session.scalars(sa.select(AccessNotification).limit(1)).one()
        event = one.event
        for number in range(60):
            copy = type(event)(
                key=f"copy {number}",
                kind=event.kind,
                case_id=event.case_id,
                account_id=event.account_id,
                subscription_id=event.subscription_id,
                sequence=number + 2,
                effective_at=clock.now(),
                created_at=clock.now(),
            )
            session.add(copy)
            session.flush()
            session.add(
                AccessNotification(
                    event_id=copy.id,
                    system="notes",
                    state="failed",
                    due_at=clock.now(),
                    failed_at=clock.now(),
                    problem="answered 503",
                )
            )
    [letter] = await person.read()
    assert "(61 times)" in letter["Subject"]
    assert "and 11 more" in text_of(letter)
