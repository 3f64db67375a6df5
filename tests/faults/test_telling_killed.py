"""kill -9 while customers are told that the end is near: each hears it, in one place, once."""

import random
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

import offboard.tables  # noqa: F401 (so that `database` knows every table)
from channels.conversations.messages import record
from channels.conversations.model import Author, Message
from channels.conversations.service import Preferences, open_conversation
from channels.sms.lines import hold_line
from channels.sms.model import SmsPost, SmsReceived
from offboarding import clock
from offboarding.accounts.model import Customer
from offboarding.background.model import Task, TaskState
from offboarding.background.service import schedule
from offboarding.database import Database
from offboarding.identity import service as identity
from offboarding.policies.store import Policies
from offboarding.settings import REPOSITORY, Settings
from offboarding.steps.works import REMINDER_NOTICE
from tests.factories import cancel, make_customer, make_subscription
from tests.faults.workers import PATIENCE_SECONDS, Worker
from tests.house import wait_for

pytestmark = pytest.mark.faults

LEAVERS = 15
SENDER = "+12025550100"


def leaver(session: Session, number: int, policies: Policies) -> str:
    """A case whose end is near, of somebody who was heard last in one of three ways; its id.

    In the widget; by SMS, sure who writes; by SMS, not sure any more, from the phone on file.
    """
    moment = clock.now()
    customer = make_customer(
        session,
        f"leaver-{number}@example.org",
        phone=f"+447700900{number:03}",
        phone_confirmed_at=moment,
    )
    plan = make_subscription(session, customer, period_end=moment + timedelta(hours=20))
    case, _ = cancel(session, customer, plan, policies, conversation_id=f"{number:032}")
    _talk(session, customer, by_text=number % 3 > 0, sure=number % 3 < 2)
    schedule(session, REMINDER_NOTICE, case.id)
    return case.id


def _talk(session: Session, customer: Customer, *, by_text: bool, sure: bool) -> None:
    talk = open_conversation(session, "sms" if by_text else "web", Preferences())
    record(session, talk, author=Author.CUSTOMER, text="hello")
    if by_text:
        line = hold_line(session, customer.phone or "", SENDER)
        line.conversation_id = talk.id
        identity.note_number(session, talk.id, line.number)
        session.add(
            SmsReceived(
                message_sid=f"SM{talk.id}", line_id=line.id, digest="", received_at=clock.now()
            )
        )
    identity.identify_by_mailed_link(session, talk.id, customer.id, Settings(_env_file=None))
    if not sure:
        known = identity.valid_identity(session, talk.id)
        assert known is not None
        known.lapses_at = clock.now() - timedelta(seconds=1)


def test_killed_again_and_again_everybody_hears_it_once(database: Database, tmp_path: Path) -> None:
    policies = Policies(REPOSITORY / "policy")
    with database.write() as session:
        case_ids = [leaver(session, number, policies) for number in range(LEAVERS)]
    worker = Worker(database, tmp_path, "tests.faults.telling_process")
    chance = random.Random(23)  # noqa: S311 (to repeat it, not to hide it)
    try:
        for _ in range(4):
            worker.start()
            worker.until(len(worker.lines()) + chance.randrange(1, 5))
            worker.kill()
        worker.start()
        wait_for(lambda: waiting(database) == 0, "everybody to be told", PATIENCE_SECONDS)
    finally:
        worker.kill()
    assert worker.noted("task.failed") == 0
    assert worker.noted("told") >= LEAVERS, "each once, and again where the kill came in between"
    with database.read() as session:
        said = list(session.scalars(sa.select(Message.dedupe_key).where(Message.dedupe_key != "")))
        texted = list(session.scalars(sa.select(SmsPost.key)))
    heard = [*said, *(key.removeprefix("told:") for key in texted)]
    assert sorted(heard) == sorted(f"access_ends:{case_id}" for case_id in case_ids)
    assert len(texted) == LEAVERS // 3


def waiting(database: Database) -> int:
    """How many are still to be told."""
    with database.read() as session:
        return (
            session.scalar(
                sa.select(sa.func.count(Task.id)).where(
                    Task.kind == REMINDER_NOTICE, Task.state != TaskState.DONE
                )
            )
            or 0
        )
