"""A code to the phone they write from: only where the number is one customer's, and lately so."""

from datetime import timedelta

import pytest
import sqlalchemy as sa
import time_machine

from offboarding import clock
from offboarding.background.model import Task
from offboarding.database import Database
from offboarding.identity import service as identity
from offboarding.identity.model import CodeChallenge, IdentityMethod
from offboarding.identity.service import PHONE_TRUSTED_FOR, TooManyCodesError, code_for
from offboarding.settings import Settings
from tests.factories import make_customer

AMARA = "+447700900123"
LATELY = timedelta(days=3)


def test_the_code_goes_to_the_phone_and_makes_sure(database: Database, settings: Settings) -> None:
    with database.write() as session:
        amara = make_customer(session, phone=AMARA, phone_confirmed_at=clock.now() - LATELY)
        identity.note_number(session, "c1", AMARA)
        assert identity.text_code(session, "c1")
        challenge = session.scalars(sa.select(CodeChallenge)).one()
        assert challenge.phone == AMARA
        assert [task.kind for task in session.scalars(sa.select(Task))] == ["sms.identity_code"]
        check = identity.check_code(session, "c1", code_for(challenge.id, settings), settings)
        assert check.customer == amara
        known = identity.valid_identity(session, "c1")
        assert known is not None
        assert known.method is IdentityMethod.CODE


def test_by_phone_it_is_sure_for_two_hours_whatever_the_setting_and_however_often_they_write(
    database: Database, settings: Settings, now: time_machine.Traveller
) -> None:
    settings.identity_minutes = 500
    ends = clock.now() + timedelta(hours=2)
    with database.write() as session:
        make_customer(session, phone=AMARA, phone_confirmed_at=clock.now() - LATELY)
        identity.note_number(session, "c1", AMARA)
        assert identity.text_code(session, "c1")
        challenge = session.scalars(sa.select(CodeChallenge)).one()
        identity.check_code(session, "c1", code_for(challenge.id, settings), settings)
        for _ in range(3):
            known = identity.valid_identity(session, "c1")
            assert known is not None
            assert known.lapses_at == identity.sure_at_most_until(session, known) == ends
            now.shift(timedelta(minutes=35))
            identity.touch(session, "c1", settings)
        now.shift(timedelta(minutes=20))
        assert identity.valid_identity(session, "c1") is None


@pytest.mark.parametrize(
    "confirmed",
    [None, PHONE_TRUSTED_FOR + timedelta(days=1)],
    ids=["never confirmed", "confirmed too long ago"],
)
def test_a_number_that_may_have_a_new_owner_gets_none(
    database: Database, confirmed: timedelta | None
) -> None:
    with database.write() as session:
        at = clock.now() - confirmed if confirmed else None
        make_customer(session, phone=AMARA, phone_confirmed_at=at)
        identity.note_number(session, "c1", AMARA)
        assert not identity.text_code(session, "c1")
        assert session.scalars(sa.select(CodeChallenge)).all() == []


def test_a_number_that_two_share_gets_none(database: Database) -> None:
    with database.write() as session:
        for email in ("amara@example.org", "ben@example.org"):
            make_customer(session, email, phone=AMARA, phone_confirmed_at=clock.now() - LATELY)
        identity.note_number(session, "c1", AMARA)
        assert not identity.text_code(session, "c1")


def test_a_talk_that_is_not_by_phone_gets_none(database: Database) -> None:
    with database.write() as session:
        make_customer(session, phone=AMARA, phone_confirmed_at=clock.now() - LATELY)
        assert not identity.text_code(session, "c1")


def test_a_number_that_was_noted_is_not_noted_anew(database: Database) -> None:
    with database.write() as session:
        make_customer(session, phone=AMARA, phone_confirmed_at=clock.now() - LATELY)
        identity.note_number(session, "c1", "+447700900999")
        identity.note_number(session, "c1", AMARA)
        assert not identity.text_code(session, "c1"), "the first number stays"


def test_there_are_no_more_codes_by_text_than_by_mail(database: Database) -> None:
    with database.write() as session:
        make_customer(session, phone=AMARA, phone_confirmed_at=clock.now() - LATELY)
        identity.note_number(session, "c1", AMARA)
        for _ in range(identity.CODES_AN_HOUR):
            assert identity.text_code(session, "c1")
        with pytest.raises(TooManyCodesError):
            identity.text_code(session, "c1")
