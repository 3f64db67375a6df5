"""What the database holds of encrypted columns, and that nothing gets past the encryption."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.exc import IntegrityError, StatementError
from sqlalchemy.orm import Session

from offboard.tables import metadata
from offboarding.accounts import service as accounts
from offboarding.accounts.model import Account, Customer
from offboarding.database import Base, Database
from offboarding.encryption.columns import ERASED, Encrypted, in_clear
from offboarding.encryption.encrypting import seal_rows
from offboarding.encryption.errors import (
    DataTamperedError,
    KeyDestroyedError,
    KeyMissingError,
    NotEncryptedError,
)
from offboarding.encryption.keyring import PREFIX
from offboarding.encryption.keys import DataKeys, first_keys
from offboarding.encryption.lookup import is_among, is_value
from offboarding.encryption.writing import encrypted_columns
from offboarding.errors import ConfigurationError
from tests.factories import make_account, make_customer
from tests.keys import KEYS
from tests.offboarding.at_once import at_once

EMAIL, NAME, PHONE = "zephyrine@quill.example", "Zephyrine Quill", "+447700900777"


CUSTOMER = sa.table(
    "customer", *(sa.column(name, sa.Text) for name in ("id", "email", "full_name", "phone"))
)
"""The table as the database has it."""


def raw(session: Session, column: str) -> list[str]:
    """What the database holds of customers, as it holds it."""
    return list(session.scalars(sa.select(CUSTOMER.c[column]).order_by(CUSTOMER.c.id)))


def test_the_database_holds_no_value_of_a_customer_that_can_be_read(database: Database) -> None:
    with database.write() as session:
        customer = make_customer(session, EMAIL, full_name=NAME, phone=PHONE)
    with database.read() as session:
        for column in ("email", "full_name", "phone"):
            (kept,) = raw(session, column)
            assert kept.startswith(f"{PREFIX}{customer.id}:")
        read = session.get_one(Customer, customer.id)
        assert (read.email, read.full_name, read.phone) == (EMAIL, NAME, PHONE)
        assert session.scalars(sa.select(Customer.full_name)).all() == [NAME]
        assert read.account.name == NAME


def test_the_same_value_is_another_one_each_time_it_is_kept(database: Database) -> None:
    with database.write() as session:
        account = make_account(session)
        make_customer(session, "a@example.org", full_name=NAME, account=account)
        make_customer(session, "b@example.org", full_name=NAME, account=account)
    with database.read() as session:
        assert len(set(raw(session, "full_name"))) == 2


def test_objects_hold_plain_values_before_and_after_they_are_written(database: Database) -> None:
    with database.write() as session:
        customer = make_customer(session, EMAIL, full_name=NAME)
        assert type(customer.full_name) is str
        customer.full_name = "Another Name"
        session.flush()
        assert type(customer.full_name) is str
    with database.read() as session:
        assert type(session.get_one(Customer, customer.id).full_name) is str


def test_a_change_of_something_else_leaves_what_is_sealed_alone(database: Database) -> None:
    with database.write() as session:
        customer = make_customer(session, EMAIL, full_name=NAME)
    with database.read() as session:
        before = raw(session, "full_name")
    with database.write() as session:
        session.get_one(Customer, customer.id).locale = "de-DE"
    with database.read() as session:
        assert raw(session, "full_name") == before


def test_an_address_is_found_in_whatever_case_and_is_one_customer_s(database: Database) -> None:
    with database.write() as session:
        customer = make_customer(session, EMAIL)
        make_customer(session, "other@example.org")
    with database.read() as session:
        found = accounts.customer_by_email(session, EMAIL.upper())
        assert found is not None
        assert found.id == customer.id
        assert accounts.customer_by_email(session, EMAIL[1:]) is None
    with pytest.raises(IntegrityError), database.write() as session:
        make_customer(session, EMAIL)


def test_a_changed_number_is_found_and_the_old_one_no_more(database: Database) -> None:
    with database.write() as session:
        customer = make_customer(session, EMAIL, phone=PHONE)
        customer.phone = "+12025550100"
    with database.write() as session:
        assert not accounts.customers_by_phone(session, PHONE)
        (found,) = accounts.customers_by_phone(session, "+12025550100")
        found.phone = None
    with database.read() as session:
        assert not accounts.customers_by_phone(session, "+12025550100")
        assert session.get_one(Customer, customer.id).phone_mark is None


def test_several_are_looked_up_at_once(database: Database) -> None:
    with database.write() as session:
        for letter in "abc":
            make_customer(session, f"{letter}@example.org")
    with database.read() as session:
        wanted = is_among(session, Customer.email, ["a@example.org", "c@example.org"])
        found = session.scalars(sa.select(Customer).where(wanted)).all()
        assert {each.email for each in found} == {"a@example.org", "c@example.org"}
        none = is_among(session, Customer.email, [])
        assert session.scalars(sa.select(Customer).where(none)).all() == []


@pytest.mark.parametrize(
    "statement",
    [
        lambda: sa.select(Customer).where(Customer.email == EMAIL),
        lambda: sa.select(Customer).where(Customer.email != EMAIL),
        lambda: sa.select(Customer).where(Customer.full_name.like("Zeph%")),
        lambda: sa.select(Customer).where(Customer.full_name.in_([NAME])),
        lambda: sa.select(Customer).where(Customer.email + "x" == EMAIL),
        lambda: sa.select(Customer).order_by(Customer.full_name.desc()),
    ],
)
def test_a_comparison_that_would_be_in_vain_is_refused(statement: Any) -> None:
    with pytest.raises(NotEncryptedError, match="encrypted"):
        statement()


def test_whether_there_is_a_value_may_be_asked(database: Database) -> None:
    with database.write() as session:
        make_customer(session, EMAIL)
    with database.read() as session:
        assert session.scalars(sa.select(Customer).where(Customer.phone.is_(None))).all()
        assert session.scalars(sa.select(Customer).where(Customer.email.is_not(None))).all()
        assert session.scalars(sa.select(Customer).where(Customer.phone == None)).all()  # noqa: E711


def test_a_name_that_has_no_marks_cannot_be_looked_up(database: Database) -> None:
    with database.read() as session, pytest.raises(NotEncryptedError, match="no marks"):
        is_value(session, Customer.full_name, NAME)


def test_a_value_past_the_objects_is_refused(database: Database) -> None:
    with database.write() as session:
        make_customer(session, EMAIL)
    refused = pytest.raises(StatementError, match="does not know whose it is")
    with refused, database.write() as session:
        session.execute(sa.update(Customer).values(full_name=NAME))


def test_an_engine_without_keys_reads_nothing(database: Database, tmp_path: Path) -> None:
    engine = sa.create_engine(f"sqlite:///{tmp_path / 'x.db'}")
    metadata.create_all(engine)
    with pytest.raises(NotEncryptedError, match="no keys"), Session(engine) as session:
        make_customer(session, EMAIL)


def test_what_was_kept_before_there_was_encryption_is_read(database: Database) -> None:
    with database.write() as session:
        customer = make_customer(session, EMAIL)
        session.execute(sa.text("UPDATE customer SET full_name = 'In Clear'"))
    with database.read() as session:
        assert session.get_one(Customer, customer.id).full_name == "In Clear"


def test_what_tells_nothing_may_be_kept_in_clear(database: Database) -> None:
    with database.write() as session:
        customer = make_customer(session, EMAIL)
        customer.email, customer.full_name = in_clear("nobody@erased.invalid"), ""
    with database.read() as session:
        assert raw(session, "email") == ["nobody@erased.invalid"]
        assert raw(session, "full_name") == [""]
        assert accounts.customer_by_email(session, "nobody@erased.invalid") is not None


@pytest.mark.parametrize("move", ["to another row", "to another column", "a changed one"])
def test_a_value_that_was_moved_or_changed_does_not_open(database: Database, move: str) -> None:
    with database.write() as session:
        account = make_account(session)
        one = make_customer(session, "a@example.org", full_name=NAME, account=account)
        other = make_customer(session, "b@example.org", phone=PHONE, account=account)
        moves = {
            "to another row": ("full_name", one.id, "full_name", other.id),
            "to another column": ("phone", other.id, "full_name", other.id),
            "a changed one": ("full_name", other.id, "full_name", other.id),
        }
        source, source_id, target, target_id = moves[move]
        wanted = sa.select(CUSTOMER.c[source]).where(CUSTOMER.c.id == source_id)
        value = str(session.scalars(wanted).one())
        if move == "a changed one":
            value = value[:-3] + ("AA=" if value[-3:] != "AA=" else "BB=")
        session.execute(
            sa.update(CUSTOMER).where(CUSTOMER.c.id == target_id).values({target: value})
        )
    with database.read() as session, pytest.raises(DataTamperedError, match=r"customer\.full_name"):
        session.get_one(Customer, other.id)


def test_once_the_key_is_destroyed_nothing_is_read_and_nothing_kept(database: Database) -> None:
    with database.write() as session:
        customer = make_customer(session, EMAIL, full_name=NAME)
    assert database.keyring.destroy([customer.id]) == 1
    assert database.keyring.destroy([customer.id]) == 0
    with database.read() as session:
        assert session.get_one(Customer, customer.id).full_name == ERASED
    with pytest.raises(KeyDestroyedError), database.write() as session:
        session.get_one(Customer, customer.id).full_name = "Again"


def test_a_key_that_another_process_destroyed_is_not_written_with(database: Database) -> None:
    with database.write() as session:
        customer = make_customer(session, EMAIL, full_name=NAME)
    other = Database(database.engine.url.render_as_string(hide_password=False), KEYS)
    other.keyring.destroy([customer.id])
    other.close()
    with pytest.raises(KeyDestroyedError), database.write() as session:
        session.get_one(Customer, customer.id).full_name = "Again"


def test_an_owner_who_never_had_a_key_gets_none_after_the_erasure(database: Database) -> None:
    with database.write() as session:
        account = make_account(session, name="")
    database.keyring.destroy([account.id])
    with pytest.raises(KeyDestroyedError), database.write() as session:
        session.get_one(Account, account.id).name = "Again"


@pytest.fixture
def file_database(tmp_path: Path) -> Iterator[Database]:
    """A SQLite file of this test's own."""
    made = Database(f"sqlite:///{tmp_path / 'own.db'}", KEYS)
    metadata.create_all(made.engine)
    yield made
    made.close()


def test_keys_of_many_are_made_at_once_and_none_where_one_was_destroyed(
    file_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    file_database.keyring.destroy(["gone"])
    commits = []
    store = file_database.keyring._store
    sa.event.listen(store._engine(), "commit", commits.append)
    with file_database.write() as session:
        owners = [f"owner {number}" for number in range(700)]
        destroyed = file_database.keyring.ensure_many([*owners, "gone"], session.connection())
    assert destroyed == {"gone"}
    assert len(commits) == 1
    assert file_database.keyring.holdings().by_wrapping == {"tests": 700}
    for owner in owners[::100]:
        sealed = file_database.keyring.seal("a.b", owner, NAME)
        assert file_database.keyring.open("a.b", sealed) == (owner, NAME)


def test_the_keys_lie_in_a_file_of_their_own(file_database: Database, tmp_path: Path) -> None:
    with file_database.write() as session:
        make_customer(session, EMAIL)
    assert (tmp_path / "own-keys.db").exists()
    with sa.create_engine(f"sqlite:///{tmp_path / 'own.db'}").connect() as connection:
        assert "personal_key" not in sa.inspect(connection).get_table_names()


def test_they_lie_elsewhere_where_that_is_wanted(tmp_path: Path) -> None:
    made = Database(f"sqlite:///{tmp_path / 'a.db'}", KEYS, f"sqlite:///{tmp_path / 'k' / 'k.db'}")
    metadata.create_all(made.engine)
    with made.write() as session:
        make_customer(session, EMAIL)
    made.close()
    assert (tmp_path / "k" / "k.db").exists()
    assert not (tmp_path / "a-keys.db").exists()


@pytest.mark.parametrize(
    ("url", "keys_url", "said"),
    [
        ("sqlite:///{}/a.db", "sqlite:///{}/k/../a.db", "KEYS_DATABASE_URL is the database of the"),
        ("sqlite:///{}/a.db", "sqlite://", "KEYS_DATABASE_URL is a database in memory"),
        ("sqlite:///{}/a.db", "sqlite:///:memory:", "KEYS_DATABASE_URL is a database in memory"),
        ("sqlite:///:memory:", "", "OFFBOARD_DATABASE_URL is a database in memory"),
    ],
)
def test_an_address_where_keys_would_be_lost_or_waited_for_is_refused(
    tmp_path: Path, url: str, keys_url: str, said: str
) -> None:
    with pytest.raises(ConfigurationError, match=said):
        Database(url.format(tmp_path), KEYS, keys_url.format(tmp_path))


def test_what_was_erased_or_was_in_clear_is_overwritten_in_the_file(
    file_database: Database, tmp_path: Path
) -> None:
    with file_database.write() as session:
        make_customer(session, EMAIL)
        session.execute(sa.text("UPDATE customer SET full_name = :name"), {"name": NAME * 9})
    with closing(sqlite3.connect(tmp_path / "own.db")) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    assert NAME.encode() in (tmp_path / "own.db").read_bytes()
    seal_rows(file_database, lambda _: (), again=True)
    file_database.close()
    assert NAME.encode() not in (tmp_path / "own.db").read_bytes()


def test_several_that_start_at_once_seal_all_and_note_it_once(database: Database) -> None:
    with database.write() as session:
        make_customer(session, EMAIL)
        session.execute(sa.text("UPDATE customer SET full_name = :name"), {"name": NAME})
    sealed = at_once(4, lambda _: seal_rows(database, lambda _: ()))
    assert sorted(map(str, sealed)) == ["0", "0", "0", "1"]
    with database.read() as session:
        assert raw(session, "full_name")[0].startswith(PREFIX)


def test_a_store_of_keys_that_is_lost_is_told_from_an_erasure(
    file_database: Database, tmp_path: Path
) -> None:
    with file_database.write() as session:
        customer = make_customer(session, EMAIL)
    elsewhere = f"sqlite:///{tmp_path / 'empty.db'}"
    opened = Database(f"sqlite:///{tmp_path / 'own.db'}", KEYS, elsewhere)
    with opened.read() as session, pytest.raises(KeyMissingError, match="is missing"):
        session.get_one(Customer, customer.id)
    opened.close()


def test_a_wrong_wrapping_key_opens_nothing(file_database: Database, tmp_path: Path) -> None:
    with file_database.write() as session:
        customer = make_customer(session, EMAIL)
    wrong = DataKeys.read(first_keys(), "a test")
    opened = Database(f"sqlite:///{tmp_path / 'own.db'}", wrong)
    with opened.read() as session, pytest.raises(ConfigurationError, match="lacks the key tests"):
        session.get_one(Customer, customer.id)
    opened.close()


def test_no_byte_of_a_person_stands_in_the_files(file_database: Database, tmp_path: Path) -> None:
    with file_database.write() as session:
        make_customer(session, EMAIL, full_name=NAME, phone=PHONE)
    file_database.close()
    for file in tmp_path.iterdir():
        content = file.read_bytes()
        for mark in (EMAIL, NAME, "Quill", PHONE):
            assert mark.encode() not in content, file


def test_no_byte_of_a_destroyed_key_stands_in_the_files(
    file_database: Database, tmp_path: Path
) -> None:
    with file_database.write() as session:
        customer = make_customer(session, EMAIL)
    with sa.create_engine(f"sqlite:///{tmp_path / 'own-keys.db'}").connect() as connection:
        wrapped = connection.execute(
            sa.text("SELECT wrapped_key FROM personal_key WHERE owner_id = :id"),
            {"id": customer.id},
        ).scalar_one()

    def found() -> bool:
        return any(wrapped in file.read_bytes() for file in tmp_path.glob("own-keys.db*"))

    assert found()
    file_database.keyring.destroy([customer.id])
    assert not found()


def test_every_encrypted_column_names_its_place_owner_and_mark_as_they_are() -> None:
    known = 0
    for mapper in Base.registry.mappers:
        for name, kind in encrypted_columns(mapper):
            known += 1
            assert kind.place == f"{mapper.local_table.description}.{name}"
            assert kind.owner in mapper.columns
            assert kind.mark is None or kind.mark in mapper.columns
    every = [
        column
        for table in metadata.sorted_tables
        for column in table.columns
        if isinstance(column.type, Encrypted)
    ]
    assert known == len(every) > 10


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(text=st.text(alphabet=st.characters(exclude_characters="\x00"), max_size=300))
def test_whatever_is_sealed_opens_as_it_was(database: Database, text: str) -> None:
    keyring = database.keyring
    with database.engine.connect() as connection:
        keyring.ensure("amara", connection)
    sealed = keyring.seal("a.b", "amara", text)
    assert keyring.open("a.b", sealed) == ("amara", text)
    assert sealed.isascii()


def test_rotation_wraps_every_key_anew_and_the_old_one_can_go(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'own.db'}"
    text = first_keys()
    first = Database(url, DataKeys.read(text, "a test"))
    metadata.create_all(first.engine)
    with first.write() as session:
        ids = [make_customer(session, f"{n}@example.org", full_name=NAME).id for n in range(3)]
        first.keyring.ensure("gone", session.connection())
    first.keyring.destroy(["gone"])
    first.close()
    second_key = first_keys().split(",")[0].replace("first=", "second=")
    both = Database(url, DataKeys.read(f"{second_key},{text}", "a test"))
    assert both.keyring.holdings().by_wrapping == {"first": 6}
    assert both.keyring.rotate() == 6  # three customers and their accounts
    assert both.keyring.rotate() == 0
    assert both.keyring.holdings().by_wrapping == {"second": 6}
    assert both.keyring.holdings().destroyed == 1
    both.close()
    alone = Database(url, DataKeys.read(f"{second_key},{text.split(',')[1]}", "a test"))
    alone.keyring.check()
    with alone.read() as session:
        assert session.get_one(Customer, ids[0]).full_name == NAME
    alone.close()
