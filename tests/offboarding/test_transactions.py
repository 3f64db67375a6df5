"""What every table relies on: transactions, instants, and nothing lost among many writers."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
import sqlalchemy as sa

from offboarding.accounts.model import Plan
from offboarding.database import Database, driver_url
from tests.factories import make_customer, make_plan, make_subscription
from tests.offboarding.at_once import at_once


def test_an_error_undoes_everything_of_its_transaction(database: Database) -> None:
    def write_and_fail() -> None:
        with database.write() as session:
            make_plan(session)
            raise ConnectionError

    with pytest.raises(ConnectionError):
        write_and_fail()
    with database.read() as session:
        assert session.scalars(sa.select(Plan)).all() == []


def test_an_error_of_the_database_quotes_nobody(database: Database) -> None:
    def fail() -> None:
        with database.read() as session:
            session.execute(
                sa.text("SELECT 1 FROM no_such_table WHERE email = :email"),
                {"email": "amara@example.org"},
            )

    with pytest.raises(sa.exc.DBAPIError) as failed:
        fail()
    assert "no_such_table" in str(failed.value)
    assert "amara" not in str(failed.value)


def test_what_a_reader_changes_is_thrown_away(database: Database) -> None:
    with database.write() as session:
        make_plan(session)
    with database.read() as session:
        session.scalars(sa.select(Plan)).one().name = "Other"
    with database.read() as session:
        assert session.scalars(sa.select(Plan)).one().name == "Pro"


def test_a_time_without_a_zone_is_refused_rather_than_guessed(database: Database) -> None:
    with database.write() as session:
        customer = make_customer(session)
        naive = datetime(2026, 12, 1)  # noqa: DTZ001 (that is the point)
        with pytest.raises(sa.exc.StatementError, match="needs a time zone"):
            make_subscription(session, customer, period_end=naive)
        session.rollback()


def test_an_instant_comes_back_as_the_same_instant_in_utc(database: Database) -> None:
    moment = datetime(2026, 12, 1, 0, 30, 0, 123456, tzinfo=timezone(timedelta(hours=14)))
    with database.write() as session:
        subscription = make_subscription(session, make_customer(session), period_end=moment)
        session.flush()
        session.refresh(subscription)
        assert subscription.period_end == moment
        assert subscription.period_end is not None
        assert subscription.period_end.tzinfo is UTC


def test_of_many_writers_none_loses_what_another_wrote(database: Database) -> None:
    with database.write() as session:
        plan_id = make_plan(session, price="0").id

    def raise_price(_number: int) -> None:
        with database.write() as session:
            locked = sa.select(Plan).where(Plan.id == plan_id).with_for_update(of=Plan)
            session.scalars(locked).one().price_minor += 1

    assert at_once(16, raise_price) == [None] * 16
    with database.read() as session:
        assert session.get_one(Plan, plan_id).price_minor == 16


@pytest.mark.parametrize(
    ("url", "driver"),
    [
        ("postgres://host/name", "postgresql+psycopg"),
        ("postgresql://host/name", "postgresql+psycopg"),
        ("postgresql+psycopg://host/name", "postgresql+psycopg"),
        ("sqlite:///name.db", "sqlite"),
    ],
)
def test_an_address_gets_the_driver_that_is_installed(url: str, driver: str) -> None:
    assert driver_url(url).drivername == driver
