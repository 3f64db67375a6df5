"""`offboard insights`: why customers leave, on the terminal and for other programs."""

import csv
import io
import json
from collections.abc import Callable

import pytest
from typer.testing import CliRunner, Result

import offboard.tables  # noqa: F401 (so that `database` knows every table)
from offboard.commands.insights import application
from offboarding.cases.reasons import ChurnReason
from offboarding.database import Database
from offboarding.insights.period import PeriodInvalidError
from offboarding.policies.store import Policies
from offboarding.settings import REPOSITORY
from tests.offboarding.insights.leavers import Leavers


@pytest.fixture
def run(database: Database, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    address = database.engine.url.render_as_string(hide_password=False)
    monkeypatch.setenv("OFFBOARD_DATABASE_URL", address)
    return lambda *words: CliRunner().invoke(application, list(words))


@pytest.fixture
def leavers(database: Database) -> None:
    with database.write() as session:
        people = Leavers(session, Policies(REPOSITORY / "policy"))
        left = people.wishes(ChurnReason.UNUSED, "[bold]never open it[/bold]")
        people.leaves(left)
        people.answers(left, "Work offline", None)
        people.accepts(people.wishes(ChurnReason.UNUSED))


def test_it_tells_what_the_page_tells(run: Callable[..., Result], leavers: None) -> None:
    said = run("show").stdout
    for part in (
        "2 wishes to leave were said (in the 90 days before: 0).",
        "€29.00 a month was paid by the one who left.",
        "Unused",
        "pause-for-a-while",
        "100% of 1",
        "What could be better: 100% of 1 answered",
    ):
        assert part in said, part


def test_of_nobody_it_says_so(run: Callable[..., Result]) -> None:
    assert "Nobody said that they want to leave" in run("show", "--days", "7").stdout
    assert "Nobody left words from" in run("words").stdout


def test_it_is_json_and_csv_for_programs(run: Callable[..., Result], leavers: None) -> None:
    found = json.loads(run("show", "--json").stdout)
    assert (found["all"]["wishes"], found["all"]["left"], found["all"]["stayed"]) == (2, 1, 1)
    rows = list(csv.DictReader(io.StringIO(run("wishes").stdout)))
    assert sorted(row["outcome"] for row in rows) == ["left", "stayed"]


def test_their_words_are_printed_as_they_are(run: Callable[..., Result], leavers: None) -> None:
    said = run("words", "--reason", "unused").stdout
    assert "[bold]never open it[/bold]" in said
    assert "Work offline" in said
    assert "Work offline" not in run("words", "--reason", "other").stdout


def test_words_of_a_hard_moment_are_counted_and_not_printed(
    run: Callable[..., Result], database: Database
) -> None:
    with database.write() as session:
        people = Leavers(session, Policies(REPOSITORY / "policy"))
        people.wishes(ChurnReason.OTHER, "my mother Anna died on Tuesday")
    said = run("words").stdout
    assert "Left out: 1, because it tells of a hard moment" in said
    assert "Anna" not in said
    assert "Nobody left words" not in said


def test_days_can_be_chosen_and_what_is_wrong_is_named(
    run: Callable[..., Result], leavers: None
) -> None:
    assert "Nobody said" in run("show", "--from", "2024-01-01", "--to", "2024-01-31").stdout
    assert "2 wishes" in run("show", "--from", "2026-01-01").stdout
    wrong = run("show", "--from", "2024-02-01", "--to", "2024-01-31")
    assert isinstance(wrong.exception, PeriodInvalidError)
    assert run("show", "--from", "2024-13-01").exit_code == 2
    for day in ("0001-01-01", "1999-12-31", "9999-12-31"):
        beyond = run("show", "--from", day, "--to", day)
        assert isinstance(beyond.exception, PeriodInvalidError), day
