"""A person was asked for: support is told, once, and knows whom to answer."""

from datetime import timedelta

import pytest
import sqlalchemy as sa
import time_machine

from offboarding import clock
from offboarding.audit import service as audit
from offboarding.background.model import Task
from offboarding.database import Database
from offboarding.handoffs import service as handoffs
from offboarding.identity.model import IdentityMethod, VerifiedIdentity
from offboarding.identity.service import EmailInvalidError
from tests.factories import LONG_AGO, make_customer
from tests.offboarding.at_once import at_once

TALK = "1" * 32


def test_asked_for_again_it_is_the_same_hand_off_and_one_mail(database: Database) -> None:
    with database.write() as session:
        first = handoffs.request(session, TALK)
        assert handoffs.request(session, TALK) is first
        kinds = [task.kind for task in session.scalars(sa.select(Task))]
        assert kinds == ["mail.hand_off", "notice.person_requested"]


def test_who_asked_is_in_the_log(database: Database) -> None:
    with database.write() as session:
        handoffs.request(session, TALK, "assistant")
        [entry] = audit.entries(session, TALK)
        assert (entry.event, entry.details) == ("person_requested", {"requested_by": "assistant"})


def test_support_knows_the_customer_of_an_identified_conversation(database: Database) -> None:
    with database.write() as session:
        amara = make_customer(session)
        session.add(
            VerifiedIdentity(
                conversation_id=TALK,
                customer_id=amara.id,
                method=IdentityMethod.CODE,
                verified_at=LONG_AGO,
                lapses_at=clock.now() + timedelta(hours=1),
            )
        )
        session.flush()
        assert handoffs.request(session, TALK).customer_id == amara.id


def test_who_is_not_identified_says_where_to_answer(database: Database) -> None:
    with database.write() as session:
        hand_off = handoffs.request(session, TALK)
        handoffs.add_contact(session, hand_off, "Someone@Example.org")
        assert hand_off.customer_id is None
        assert hand_off.contact_email == "someone@example.org"


def test_support_is_told_of_an_address_and_of_its_correction_but_not_twice_of_one(
    database: Database, now: time_machine.Traveller
) -> None:
    with database.write() as session:
        hand_off = handoffs.request(session, TALK)
        for address in ("amara@exmaple.org", "amara@example.org", "Amara@example.org"):
            now.shift(timedelta(seconds=5))
            handoffs.add_contact(session, hand_off, address)
        mails = session.scalars(sa.select(Task).where(Task.kind == "mail.hand_off")).all()
        assert len(mails) == 3  # the wish, the address, the corrected address
        assert not any("amara" in task.key for task in mails)


def test_what_is_no_address_is_refused_and_keeps_the_one_there_was(database: Database) -> None:
    with database.write() as session:
        hand_off = handoffs.request(session, TALK)
        handoffs.add_contact(session, hand_off, "amara@example.org")
        with pytest.raises(EmailInvalidError):
            handoffs.add_contact(session, hand_off, "amara at example")
        assert hand_off.contact_email == "amara@example.org"


def test_asked_for_eight_times_at_once_it_is_one_hand_off(database: Database) -> None:
    def ask(_number: int) -> str:
        with database.write() as session:
            return handoffs.request(session, TALK).id

    assert len(set(at_once(8, ask))) == 1
