"""`offboard keys`: which keys wrap, changing them, and encrypting what was loaded in clear."""

import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from typer.testing import CliRunner

from offboard.commands import application
from offboard.commands.migrate import migrate_database
from offboarding.accounts.model import Customer
from offboarding.accounts.service import customer_by_email, customers_by_phone
from offboarding.database import open_database
from offboarding.encryption.errors import KeyMissingError, SameValueError
from offboarding.encryption.keyring import PREFIX
from offboarding.encryption.keys import DataKeys, new_key
from offboarding.errors import ConfigurationError
from offboarding.identity.service import note_number
from offboarding.settings import Settings
from tests.factories import make_customer
from tests.keys import TEXT, another_key

WRAPPING, INDEX = TEXT.split(",")
Company = Callable[[], Settings]


@pytest.fixture
def company(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Company:
    """The settings as they are now, of a company with one customer."""
    monkeypatch.setenv("OFFBOARD_DATA_DIRECTORY", str(tmp_path))
    monkeypatch.delenv("DATABASE_URL", raising=False)
    migrate_database(Settings())
    database = open_database(Settings())
    with database.write() as session:
        make_customer(session, "amara@example.org")
    database.close()
    return Settings


def offboard(*words: str) -> str:
    ran = CliRunner().invoke(application, ["keys", *words], catch_exceptions=False)
    assert ran.exit_code == 0
    return " ".join(ran.output.split())


def found(settings: Settings) -> bool:
    """Whether the customer is found by their address, and can be read."""
    database = open_database(settings)
    try:
        with database.read() as session:
            customer = customer_by_email(session, "amara@example.org")
            return customer is not None and customer.full_name == "Amara Okafor"
    finally:
        database.close()


def test_new_keys_are_printed_and_can_be_used() -> None:
    assert DataKeys.read(offboard("new"), "a test").names == ("first",)
    assert offboard("new", "2027").startswith("2027=")


def test_status_says_how_many_keys_each_wraps(company: Company) -> None:
    shown = offboard("status")
    assert "tests 2 wraps what is made now" in shown  # the customer's and the account's
    assert "Destroyed, with what they opened: 0" in shown


def test_after_a_rotation_the_old_key_can_be_taken_out(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    new = f"2027={new_key()}"
    monkeypatch.setenv("OFFBOARD_DATA_KEYS", f"{new},{WRAPPING},{INDEX}")
    assert found(company())
    assert "2 keys wrapped anew; 2027 wraps all of them now." in offboard("rotate")
    assert "0 keys wrapped anew" in offboard("rotate")
    monkeypatch.setenv("OFFBOARD_DATA_KEYS", f"{new},{INDEX}")
    assert "2027 2 wraps what is made now" in offboard("status")
    assert found(company())


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        (f"2027={another_key('2027')},{INDEX}", "lacks the key tests"),
        (
            f"tests={another_key('lost')},{INDEX}",
            "is not the one that the data were encrypted under",
        ),
        (f"{WRAPPING},index={another_key('index')}", "is not the one by which customers are found"),
    ],
)
def test_with_other_keys_nothing_starts_and_one_sentence_says_why(
    company: Company, monkeypatch: pytest.MonkeyPatch, keys: str, said: str
) -> None:
    monkeypatch.setenv("OFFBOARD_DATA_KEYS", keys)
    with pytest.raises(ConfigurationError, match=said):
        migrate_database(company())


def test_a_store_of_keys_that_is_older_than_some_data_keeps_nobody_else_out(
    company: Company, tmp_path: Path
) -> None:
    keys = tmp_path / "offboarding-keys.db"
    with closing(sqlite3.connect(keys)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    copy = keys.read_bytes()
    database = open_database(company())
    with database.write() as session:
        newer = make_customer(session, "ben@example.org").id
        note_number(session, "c" * 32, "+447700900123")
    database.close()
    for file in tmp_path.glob("offboarding-keys.db*"):
        file.unlink()
    keys.write_bytes(copy)
    migrate_database(company())
    assert found(company())
    database = open_database(company())
    with database.read() as session, pytest.raises(KeyMissingError, match=newer):
        session.get_one(Customer, newer)
    database.close()


def test_database_and_keys_are_for_their_owner_only_whatever_made_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OFFBOARD_DATA_DIRECTORY", str(tmp_path / "data"))
    monkeypatch.delenv("DATABASE_URL", raising=False)
    before = os.umask(0o022)
    try:
        CliRunner().invoke(application, ["migrate"], catch_exceptions=False)
    finally:
        os.umask(before)
    written = [tmp_path / "data", *(tmp_path / "data").iterdir()]
    assert tmp_path / "data" / "offboarding-keys.db" in written
    assert [str(path) for path in written if path.stat().st_mode & 0o077] == []


@pytest.mark.parametrize(
    ("setting", "value", "said"),
    [
        ("OFFBOARD_DATA_KEYS", None, "OFFBOARD_DATA_KEYS is not set"),
        ("OFFBOARD_DATA_KEYS", "first=abc", "the key first has 2 bytes"),
        ("OFFBOARD_KEYS_DATABASE_URL", "nonsense", "OFFBOARD_KEYS_DATABASE_URL is not a database"),
        (
            "OFFBOARD_KEYS_DATABASE_URL",
            "postgresql://nobody@127.0.0.1:1/keys",
            "store of customers' keys .* check OFFBOARD_KEYS_DATABASE_URL",
        ),
        ("DATABASE_URL", "nonsense", "OFFBOARD_DATABASE_URL is not a database's address"),
    ],
)
def test_a_wrong_setting_is_told_before_an_update_changes_anything(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, setting: str, value: str | None, said: str
) -> None:
    path = tmp_path / "old.db"
    of_version(path, "0005")
    monkeypatch.setenv("OFFBOARD_DATA_DIRECTORY", str(tmp_path))
    monkeypatch.setenv("OFFBOARD_SANDBOX", "false")
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{path}")
    if value is None:
        monkeypatch.delenv(setting)
    else:
        monkeypatch.setenv(setting, value)
    with pytest.raises(ConfigurationError, match=said):
        migrate_database(Settings(_env_file=None))
    assert version(path) == "0005"


def of_version(path: Path, revision: str) -> None:
    configuration = Config()
    configuration.set_main_option("script_location", "offboard:migrations")
    configuration.attributes["database_url"] = f"sqlite:///{path}"
    command.upgrade(configuration, revision)


def version(path: Path) -> str:
    with closing(sqlite3.connect(path)) as connection:
        return str(connection.execute("SELECT version_num FROM alembic_version").fetchone()[0])


def test_a_lost_store_of_keys_is_told_at_the_start(company: Company, tmp_path: Path) -> None:
    for file in tmp_path.glob("offboarding-keys.db*"):
        file.unlink()
    with pytest.raises(Exception, match="store of keys is older than the data, or another one"):
        migrate_database(company())


def test_with_another_index_key_all_are_found_once_they_are_marked_anew(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OFFBOARD_DATA_KEYS", f"{WRAPPING},index={new_key()}")
    assert not found(company())
    assert "1 row marked anew." in offboard("index")
    assert found(company())
    migrate_database(company())


def test_what_was_changed_past_the_application_is_not_found_by_what_it_was(
    company: Company,
) -> None:
    database = open_database(company())
    with database.write() as session:
        known = session.scalars(sa.select(Customer)).one()
        known.phone = "+447700900999"
        session.flush()
        session.execute(sa.text("UPDATE customer SET email = 'new@example.org', phone = NULL"))
    for _ in range(2):  # before and after
        with database.read() as session:
            assert customer_by_email(session, "amara@example.org") is None
            assert not customers_by_phone(session, "+447700900999")
        assert "encrypted" in offboard("encrypt")
    with database.read() as session:
        found = customer_by_email(session, "new@example.org")
        assert found is not None
        assert found.phone_mark is None
    database.close()


def test_the_same_address_twice_is_told_with_both_customers(company: Company) -> None:
    database = open_database(company())
    with database.write() as session:
        make_customer(session, "ben@example.org")
        ids = sorted(session.scalars(sa.select(Customer.id)))
        session.execute(sa.text("UPDATE customer SET email = ' Ben@Example.org'"))
    said = f"{ids[0]} and {ids[1]} in the table customer have the same customer.email"
    with pytest.raises(SameValueError, match=said):
        offboard("encrypt")
    with database.write() as session:
        session.execute(
            sa.text("UPDATE customer SET email = 'amara@example.org' WHERE id = :id"),
            {"id": ids[0]},
        )
    assert "2 rows encrypted" in offboard("encrypt")
    with database.write() as session:
        session.execute(
            sa.text("UPDATE customer SET email = 'ben@example.org' WHERE id = :id"), {"id": ids[0]}
        )
    with pytest.raises(SameValueError, match=said):
        offboard("encrypt")
    database.close()


def test_addresses_that_were_exchanged_past_the_application_are_found(company: Company) -> None:
    database = open_database(company())
    with database.write() as session:
        make_customer(session, "ben@example.org")
        ids = {each.email: each.id for each in session.scalars(sa.select(Customer))}
        for email, other in (("amara", "ben"), ("ben", "amara")):
            session.execute(
                sa.text("UPDATE customer SET email = :email WHERE id = :id"),
                {"email": f"{email}@example.org", "id": ids[f"{other}@example.org"]},
            )
    assert "2 rows encrypted" in offboard("encrypt")
    with database.read() as session:
        found = customer_by_email(session, "amara@example.org")
        assert found is not None
        assert found.id == ids["ben@example.org"]
    database.close()


def test_rows_that_were_loaded_past_the_application_are_encrypted_and_found(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = open_database(company())
    with database.write() as session:
        session.execute(
            sa.text(
                "UPDATE customer SET email = 'ben@example.org', full_name = 'Ben', "
                "email_mark = NULL"
            )
        )
    assert "1 row encrypted" in offboard("encrypt")
    assert "0 rows encrypted" in offboard("encrypt")
    with database.read() as session:
        customer = customer_by_email(session, "ben@example.org")
        assert customer is not None
        assert customer.full_name == "Ben"
        raw = session.execute(sa.text("SELECT email, full_name FROM customer")).one()
        assert all(value.startswith(PREFIX) for value in raw)
    database.close()
