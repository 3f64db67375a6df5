"""`offboard policy`: which rule would apply to a customer, and why."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from offboard import tables
from offboard.commands.policy import application
from offboard.console import output
from offboarding import clock
from offboarding.accounts.model import AccountKind
from offboarding.database import Database, open_database
from offboarding.errors import NotFoundError, PolicyError
from offboarding.settings import REPOSITORY, Settings
from tests.factories import make_account, make_customer, make_payment, make_subscription


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    """The database that the commands use."""
    monkeypatch.setenv("OFFBOARD_DATA_DIRECTORY", str(tmp_path))
    monkeypatch.setattr(output, "width", 220)
    database = open_database(Settings(_env_file=None, data_directory=tmp_path))
    tables.metadata.create_all(database.engine)
    yield database
    database.close()


def subscribe(own: Database, kind: AccountKind) -> None:
    with own.write() as session:
        customer = make_customer(session, account=make_account(session, kind=kind))
        since = clock.now() - timedelta(days=3)
        make_payment(session, make_subscription(session, customer, started_at=since))


def explained() -> str:
    found = CliRunner().invoke(application, ["explain", "amara@example.org"])
    assert found.exception is None
    return " ".join(found.output.split())


def test_a_refund_is_explained_by_rule_amount_and_reason(own: Database) -> None:
    subscribe(own, AccountKind.CONSUMER)
    said = explained()
    assert "A refund, if they cancelled now, policy of 2026-11-29" in said
    assert "withdrawal yes a consumer, within 14 days" in said
    assert "all that was paid €29.00" in said


def test_who_is_paid_back_nothing_is_explained_too(own: Database) -> None:
    subscribe(own, AccountKind.BUSINESS)
    assert "withdrawal no not for a business account" in explained()


def test_nobody_of_that_name_is_said(own: Database) -> None:
    found = CliRunner().invoke(application, ["explain", "nobody@example.org"])
    assert isinstance(found.exception, NotFoundError)


def test_a_mistake_in_the_refunds_is_named_with_its_line(
    own: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "policy"
    folder.mkdir()
    for file in (REPOSITORY / "policy").glob("*.yml"):
        text = file.read_text("utf-8").replace("days: 14", "days: 7")
        (folder / file.name).write_text(text, "utf-8")
    monkeypatch.setenv("OFFBOARD_POLICY_DIRECTORY", str(folder))
    found = CliRunner().invoke(application, ["check"])
    assert isinstance(found.exception, PolicyError)
    assert "refunds.yml, line" in found.exception.sentence
    assert "withdrawal.days" in found.exception.sentence
