"""A query of policy/exports.yml: it reads, the one customer's rows, as they are."""

import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from pydantic import SecretStr

from offboarding.database import Database
from offboarding.errors import ConfigurationError
from offboarding.exports.errors import SourceError
from offboarding.exports.sources.chosen import sources_of
from offboarding.exports.sources.port import OpenSource, Source, Subject, unique_names
from offboarding.settings import Settings
from tests.offboarding.exports.making import SUBJECT, policies_with

Ask = Callable[..., Source]


@pytest.fixture
def ask(settings: Settings, tmp_path: Path, database: Database) -> Ask:
    """A source with a query on a copy of the test's database, or on another one."""

    def source(query: str, url: str = "", more: str = "") -> Source:
        address = url or database.engine.url.render_as_string(hide_password=False)
        policies = policies_with(
            tmp_path,
            "  - name: notes\n    about: Your notes.\n    kind: sql\n    connection: notes\n"
            f"    {more or 'count: exact'}\n    query: |\n      {query}\n",
        )
        connected = settings.model_copy(
            update={"export_connections": {"notes": SecretStr(address)}}
        )
        [found] = sources_of(policies.exports, connected, database, {})
        return found

    return source


@pytest.fixture
def notes(database: Database) -> Iterator[Database]:
    """A table of the company's own."""
    with database.write() as session:
        session.execute(
            sa.text("CREATE TABLE company_note (owner TEXT, number INTEGER, words TEXT)")
        )
        session.execute(
            sa.text("INSERT INTO company_note VALUES (:owner, :number, :words)"),
            [
                {"owner": owner, "number": number, "words": f"note {number} of {owner}"}
                for owner in ("user-17", "' OR 1=1 --", "somebody else")
                for number in range(250)
            ],
        )
    yield database
    with database.write() as session:
        session.execute(sa.text("DROP TABLE company_note"))


def read(source: Source, subject: Subject = SUBJECT) -> tuple[OpenSource, list[list[object]]]:
    with source.open(subject) as opened:
        return opened, [list(row) for row in opened.rows]


def test_it_finds_the_rows_of_the_one_customer_and_counts_them(notes: Database, ask: Ask) -> None:
    source = ask(
        "SELECT number, words FROM company_note WHERE owner = :external_id ORDER BY number;"
    )
    opened, rows = read(source)
    assert [column.name for column in opened.columns] == ["number", "words"]
    assert opened.counted == len(rows) == 250
    assert rows[249] == [249, "note 249 of user-17"]


def test_what_identifies_a_customer_never_becomes_a_part_of_the_query(
    notes: Database, ask: Ask
) -> None:
    source = ask("SELECT number, words FROM company_note WHERE owner = :external_id")
    opened, rows = read(source, Subject("c", "a", "' OR 1=1 --"))
    assert opened.counted == len(rows) == 250
    assert all(row[1].endswith("' OR 1=1 --") for row in rows)  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", ["customer_id", "account_id", "external_id"])
def test_a_query_may_be_told_each_of_the_three(database: Database, ask: Ask, name: str) -> None:
    _, rows = read(ask(f"SELECT CAST(:{name} AS TEXT) AS told"))
    assert rows == [[SUBJECT.parameters()[name]]]


def test_columns_of_one_name_become_columns_of_different_names(
    database: Database, ask: Ask
) -> None:
    opened, rows = read(ask("SELECT 1 AS id, 2 AS id, 3 AS id_2, CAST(:customer_id AS TEXT) AS c"))
    assert [column.name for column in opened.columns] == ["id", "id_3", "id_2", "c"]
    assert rows[0][:3] == [1, 2, 3]
    assert opened.columns[1].about == "Another column that is called id."


@pytest.mark.parametrize(
    ("names", "unique"),
    [
        (["a", "a", "a"], ["a", "a_2", "a_3"]),
        (["a", "a", "a_2"], ["a", "a_3", "a_2"]),
        (["a_2", "a", "a"], ["a_2", "a", "a_3"]),
        (["", ""], ["column_1", "column_2"]),
        ([], []),
    ],
)
def test_unique_names(names: list[str], unique: list[str]) -> None:
    assert unique_names(names) == unique


def test_without_rows_it_still_has_its_columns(notes: Database, ask: Ask) -> None:
    source = ask("SELECT number, words FROM company_note WHERE owner = :account_id")
    opened, rows = read(source)
    assert (opened.counted, rows) == (0, [])
    assert [column.name for column in opened.columns] == ["number", "words"]


def test_a_remark_at_the_end_of_a_query_hides_nothing(notes: Database, ask: Ask) -> None:
    source = ask("SELECT number FROM company_note WHERE owner = :external_id -- theirs alone")
    assert read(source)[0].counted == 250


def test_it_can_only_read(notes: Database, ask: Ask) -> None:
    """On PostgreSQL a WITH may hold a DELETE: the connection refuses it."""
    if notes.engine.dialect.name == "sqlite":
        query = "WITH x AS (SELECT 1) DELETE FROM company_note WHERE owner = :external_id"
    else:
        query = (
            "WITH gone AS (DELETE FROM company_note WHERE owner = :external_id RETURNING number) "
            "SELECT number FROM gone"
        )
    with pytest.raises(sa.exc.DBAPIError):
        read(ask(query))
    with notes.read() as session:
        left = session.scalar(sa.text("SELECT count(*) FROM company_note"))
    assert left == 750


def test_a_database_that_is_not_there_is_an_error_and_not_made(ask: Ask, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'nowhere.db'}"
    with pytest.raises(sa.exc.OperationalError):
        read(ask("SELECT :customer_id AS c", url))
    assert not (tmp_path / "nowhere.db").exists()


def test_the_file_of_another_application_is_left_as_it_is(ask: Ask, tmp_path: Path) -> None:
    path = tmp_path / "theirs #1 50%.db"
    with sqlite3.connect(path) as theirs:
        theirs.execute("CREATE TABLE note (words TEXT)")
        theirs.execute("INSERT INTO note VALUES (x'00ff')")
    theirs.close()
    before = path.read_bytes()
    _, rows = read(ask("SELECT words FROM note WHERE :customer_id <> ''", f"sqlite:///{path}"))
    assert rows == [[b"\x00\xff"]]
    assert path.read_bytes() == before
    assert [file.name for file in tmp_path.glob("theirs*")] == [path.name]


@pytest.mark.parametrize("address", ["not an address", "mysql://me@host/name", ""])
def test_an_address_of_no_database_is_told_without_showing_it(ask: Ask, address: str) -> None:
    if not address:
        address = " "
    with pytest.raises(ConfigurationError) as refused:
        ask("SELECT :customer_id AS c", address)
    assert "notes" in refused.value.sentence
    assert "me@host" not in refused.value.sentence


def test_a_password_is_in_no_error(ask: Ask) -> None:
    url = "postgresql://me:hush-hush@127.0.0.1:1/nothing"
    source = ask("SELECT :customer_id AS c", url)
    with pytest.raises(sa.exc.OperationalError) as refused:
        read(source)
    assert "hush-hush" not in str(refused.value)
    assert "hush-hush" not in repr(source)
    assert not isinstance(refused.value, SourceError)
