"""`offboard staff`: who may sign in, who is, and signing somebody out."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from offboard.commands.migrate import migrate_database
from offboard.commands.staff import application
from offboarding.database import Database, open_database
from offboarding.settings import Settings
from offboarding.staff import members, sessions

ROBIN = "robin@larkspur.example"


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    """The database that the commands use."""
    monkeypatch.setenv("OFFBOARD_DATA_DIRECTORY", str(tmp_path))
    monkeypatch.setenv("OFFBOARD_STAFF_ADDRESSES", f"{ROBIN},sam@larkspur.example")
    settings = Settings(_env_file=None, data_directory=tmp_path)
    migrate_database(settings)
    database = open_database(settings)
    yield database
    database.close()


def run(*words: str) -> str:
    return CliRunner().invoke(application, list(words)).output


def test_who_may_sign_in_is_listed_with_who_is(own: Database) -> None:
    with own.write() as session:
        began = sessions.begin(session, members.remember(session, ROBIN)).began_at
    robin, sam = run("list").splitlines()[1:]
    assert robin.split() == [ROBIN, *f"cases and insights {began:%Y-%m-%d %H:%M}".split()]
    assert sam.split() == ["sam@larkspur.example", "cases", "and", "insights"]


def test_who_reads_the_insights_alone_is_told_apart(
    own: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OFFBOARD_INSIGHTS_ADDRESSES", "kim@larkspur.example")
    kim = run("list").splitlines()[1]
    assert kim.split() == ["kim@larkspur.example", "insights"]


def test_somebody_is_signed_out_everywhere(own: Database) -> None:
    with own.write() as session:
        for _ in range(2):
            sessions.begin(session, members.remember(session, ROBIN))
    assert "was signed out of 2 browsers" in run("sign-out", "Robin@larkspur.example")
    assert "was signed out of 0 browsers" in run("sign-out", ROBIN)


def test_where_nobody_may_sign_in_it_says_so(
    own: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OFFBOARD_STAFF_ADDRESSES", "")
    monkeypatch.setenv("OFFBOARD_SANDBOX", "false")
    assert "Nobody may sign in" in run("list")
