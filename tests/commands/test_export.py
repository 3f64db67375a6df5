"""`offboard export`: looking after the copies of customers' data."""

import zipfile
from pathlib import Path

import pytest
import sqlalchemy as sa

import offboard.tables  # noqa: F401 (every table is known, as in the application)
from offboarding.background.model import Task, TaskState
from offboarding.database import Base, Database
from offboarding.exports import service as exports
from offboarding.exports.model import Export, ExportState
from tests.commands.checkout import Checkout
from tests.factories import make_customer
from tests.keys import KEYS
from tests.offboarding.exports.making import Given, written


@pytest.fixture
def export(checkout: Checkout, tmp_path: Path) -> tuple[Database, str]:
    """A database in which one export was asked for, and hindered."""
    database = Database(f"sqlite:///{tmp_path / 'business.db'}", KEYS)
    Base.metadata.create_all(database.engine)
    with database.write() as session:
        asked = exports.request(session, make_customer(session), "1" * 32)
        asked.problem = "The source crm answers with status 500."
    return database, asked.id


def test_a_whole_archive_is_said_to_be_whole_without_any_database(
    checkout: Checkout, tmp_path: Path
) -> None:
    path = tmp_path / "copy.zip"
    written(path, Given(rows=[["a"], ["b"]]), Given(name="g", counted=9, estimated=True)).close()
    ended = checkout.offboard("export", "verify", str(path))
    assert ended.returncode == 0
    assert "words: 2 rows\ng: 0 rows (its source estimates 9)" in ended.stdout
    assert "whole" in ended.stdout
    assert not (checkout.folder / "var").exists()


def test_a_changed_archive_ends_with_an_error_and_its_problems(
    checkout: Checkout, tmp_path: Path
) -> None:
    path = tmp_path / "copy.zip"
    with written(path, Given(rows=[["a"]])):
        pass
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("more.txt", "more")
    ended = checkout.offboard("export", "verify", str(path))
    assert ended.returncode == 1
    assert "more.txt: not in the manifest." in ended.stdout
    assert "not as it was made" in ended.stderr


def test_what_is_no_archive_is_one_sentence(checkout: Checkout, tmp_path: Path) -> None:
    ended = checkout.offboard("export", "verify", str(tmp_path / "nothing.zip"))
    assert ended.returncode == 1
    assert "can't be read" in ended.stderr
    assert ended.stderr.count("\n") == 1


def test_exports_are_listed_with_what_hinders_them(
    checkout: Checkout, export: tuple[Database, str]
) -> None:
    database, export_id = export
    url = database.engine.url.render_as_string()
    listed = checkout.offboard("export", "list", OFFBOARD_DATABASE_URL=url).stdout
    assert export_id in listed
    assert "answers with status 500" in listed


def test_one_that_was_given_up_says_so_here_and_among_what_is_due(
    checkout: Checkout, export: tuple[Database, str]
) -> None:
    database, _ = export
    url = database.engine.url.render_as_string()
    with database.write() as session:
        build = session.scalars(sa.select(Task).where(Task.kind == "export.build")).one()
        build.state = TaskState.FAILED
    listed = checkout.offboard("export", "list", OFFBOARD_DATABASE_URL=url).stdout
    assert "given up" in listed
    due = checkout.offboard("case", "due", OFFBOARD_DATABASE_URL=url).stdout
    assert "answers with status 500" in due
    assert "Nothing is stuck" not in due


def test_one_can_be_revoked(checkout: Checkout, export: tuple[Database, str]) -> None:
    database, export_id = export
    url = database.engine.url.render_as_string()
    ended = checkout.offboard("export", "revoke", export_id, OFFBOARD_DATABASE_URL=url)
    assert ended.returncode == 0
    with database.read() as session:
        assert session.get_one(Export, export_id).state is ExportState.REVOKED
    ended = checkout.offboard("export", "revoke", "nothing", OFFBOARD_DATABASE_URL=url)
    assert ended.returncode == 1
    assert "`offboard export list` has them" in ended.stderr


@pytest.mark.parametrize(
    "given", ["", '{"crm": "postgresql://me:hush@h/d"', '{"crm": {"pw": "hush"}}']
)
def test_connections_that_cannot_be_read_are_told_without_what_they_hold(
    checkout: Checkout, given: str
) -> None:
    ended = checkout.offboard("settings", OFFBOARD_EXPORT_CONNECTIONS=given)
    assert ended.returncode == 1
    assert "OFFBOARD_EXPORT_CONNECTIONS" in ended.stderr
    assert "hush" not in ended.stderr + ended.stdout
    assert ended.stderr.count("\n") == 1
