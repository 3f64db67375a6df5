"""`offboard audit`: what the log says, and whether somebody changed it."""

from collections.abc import Callable

import pytest
import sqlalchemy as sa
from typer.testing import CliRunner, Result

from offboard.commands.audit import application
from offboarding.audit import guards
from offboarding.audit import service as audit
from offboarding.audit.chain import BEGINNING, HeadUnreadableError
from offboarding.audit.model import AuditEntry
from offboarding.audit.sealer import seal_all
from offboarding.database import Database
from offboarding.errors import NotFoundError
from offboarding.policies.store import Policies
from offboarding.settings import REPOSITORY
from tests.factories import cancel, make_customer, make_subscription

TALK = "7f" * 16


@pytest.fixture
def run(database: Database, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    address = database.engine.url.render_as_string(hide_password=False)
    monkeypatch.setenv("OFFBOARD_DATABASE_URL", address)
    return lambda *words: CliRunner().invoke(application, list(words))


@pytest.fixture
def log(database: Database) -> Database:
    """Three sealed entries and one that is not sealed yet."""
    for event in ("identified", "person_requested", "hand_off_claimed"):
        with database.write() as session:
            audit.record(session, event, TALK, policy_version="2026-11-23", method="code")
    seal_all(database)
    with database.write() as session:
        audit.record(session, "hand_off_resolved", TALK)
    return database


def test_a_whole_log_is_said_to_be_whole_with_its_head(
    log: Database, run: Callable[..., Result]
) -> None:
    kept = run("head").stdout.strip()
    found = run("verify")
    assert found.exit_code == 0
    assert "Sealed: 3, not sealed yet: 1" in found.stdout
    assert f"Head: {kept}, sealed 20" in found.stdout
    assert "The chain is whole" in found.stdout
    assert run("verify", "--expect-head", kept).exit_code == 0


def test_an_empty_log_is_whole(database: Database, run: Callable[..., Result]) -> None:
    assert run("head").stdout.strip() == f"0:{BEGINNING}"
    assert run("verify").exit_code == 0


def test_a_changed_entry_is_named_and_ends_with_one(
    log: Database, run: Callable[..., Result]
) -> None:
    with log.write() as session, guards.lifted(session.connection()):
        changed = AuditEntry.event == "person_requested"
        session.execute(sa.update(AuditEntry).where(changed).values(event="kept"))
    found = run("verify")
    assert found.exit_code == 1
    assert "Position 2: entry" in found.stdout
    assert "Sealed: 3, not sealed yet: 1" in found.stdout


def test_another_head_than_the_kept_one_ends_with_one(
    log: Database, run: Callable[..., Result]
) -> None:
    for head, said in ((f"3:{'a' * 64}", "another hash"), (f"9:{'a' * 64}", "is missing")):
        found = run("verify", "--expect-head", head)
        assert found.exit_code == 1
        assert said in found.stdout


def test_what_is_no_head_is_refused(log: Database, run: Callable[..., Result]) -> None:
    refused = run("verify", "--expect-head", "yesterday").exception
    assert isinstance(refused, HeadUnreadableError)


def test_a_missing_trigger_ends_with_one_until_it_is_put_back(
    log: Database, run: Callable[..., Result]
) -> None:
    on_table = " ON audit_seal" if log.engine.dialect.name == "postgresql" else ""
    name = "audit_seal_append_only" if on_table else "audit_seal_no_delete"
    with log.write() as session:
        session.execute(sa.text(f"DROP TRIGGER {name}{on_table}"))
    found = run("verify")
    assert found.exit_code == 1
    assert "lets audit_seal be changed" in found.output
    assert run("guard").exit_code == 0
    assert run("verify").exit_code == 0


def test_a_conversation_is_shown_with_its_places_in_the_chain(
    log: Database, run: Callable[..., Result]
) -> None:
    lines = run("show", TALK).stdout.splitlines()
    assert [line.split()[0] for line in lines[1:4]] == ["1", "2", "3"]
    assert "method: code" in lines[1]
    assert lines[4].split()[:2] == ["not", "sealed"]


def test_a_case_is_shown_by_its_number_however_it_is_written(
    database: Database, run: Callable[..., Result]
) -> None:
    with database.write() as session:
        customer = make_customer(session)
        policies = Policies(REPOSITORY / "policy")
        case, _ = cancel(session, customer, make_subscription(session, customer), policies)
    assert "confirmed" in run("show", case.number).stdout
    assert "confirmed" in run("show", f" {case.number.lower()} ").stdout


def test_of_what_nobody_knows_a_sentence_says_so(log: Database, run: Callable[..., Result]) -> None:
    missing = run("show", "7F3K-22A").exception
    assert isinstance(missing, NotFoundError)
    assert "7F3K-22A" in missing.sentence
