"""A copy of one's data: what is in it, that it can be checked, and who gets it."""

import csv
import hashlib
import io
import json
import zipfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
import time_machine
from pydantic import SecretStr

from offboarding.accounts.model import Customer
from offboarding.audit import service as audit
from offboarding.background.model import Task
from offboarding.cases.reasons import ChurnReason
from offboarding.cases.service import record_reason
from offboarding.database import Database
from offboarding.errors import NotFoundError
from offboarding.exports import service as exports
from offboarding.exports.archive import Section, write_archive
from offboarding.exports.model import Export, ExportState
from offboarding.policies.store import Policies
from offboarding.receipts.service import receipt_link
from offboarding.settings import Settings
from tests.factories import cancel, make_customer, make_subscription

TALK = "1" * 32
MADE_AT = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)


def ask(database: Database) -> Export:
    with database.write() as session:
        return exports.request(session, make_customer(session), TALK)


def ready(database: Database, settings: Settings, policies: Policies) -> Export:
    export = ask(database)
    exports.build(database, export.id, settings, policies)
    with database.read() as session:
        return session.get_one(Export, export.id)


def token_of(export: Export, settings: Settings) -> str:
    return exports.export_link(export.id, settings).rpartition("/")[2]


def content(export: Export, settings: Settings, name: str) -> Any:
    with zipfile.ZipFile(exports.export_path(export.id, settings)) as archive:
        return json.loads(archive.read(name))


# --- asking


def test_while_one_is_made_asking_again_is_the_same_export(database: Database) -> None:
    with database.write() as session:
        customer = make_customer(session)
        first = exports.request(session, customer, TALK)
        assert exports.request(session, customer, "2" * 32) is first
        assert [task.kind for task in session.scalars(sa.select(Task))] == ["export.build"]


def test_after_one_is_ready_a_new_one_may_be_asked_for(
    database: Database, settings: Settings, policies: Policies
) -> None:
    first = ready(database, settings, policies)
    with database.write() as session:
        again = exports.request(session, session.get_one(Customer, first.customer_id), TALK)
        assert again.id != first.id


# --- what is in it


def test_an_export_holds_what_the_company_has_of_the_customer_and_nothing_of_others(
    database: Database, settings: Settings, policies: Policies
) -> None:
    with database.write() as session:
        amara = make_customer(session)
        case, _ = cancel(session, amara, make_subscription(session, amara), policies)
        record_reason(session, case, ChurnReason.UNUSED, "Ich öffne es nie 🙈")
        other = make_customer(session, "ben@example.org", full_name="Ben Stranger")
        cancel(session, other, make_subscription(session, other), policies)
        export = exports.request(session, amara, TALK)
    exports.build(database, export.id, settings, policies)
    [profile] = content(export, settings, "profile.json")
    assert (profile["name"], profile["email"]) == ("Amara Okafor", "amara@example.org")
    [subscription] = content(export, settings, "subscriptions.json")
    assert (subscription["plan"], subscription["price_minor"]) == ("Pro", 2900)
    [entry] = content(export, settings, "ledger.json")
    assert entry["kind"] == "cancellation"
    [cancellation] = content(export, settings, "cancellations.json")
    assert cancellation["number"] == case.number
    assert cancellation["reason_words"] == "Ich öffne es nie 🙈"
    with zipfile.ZipFile(exports.export_path(export.id, settings)) as archive:
        everything = b"".join(archive.read(name) for name in archive.namelist())
    assert b"Stranger" not in everything


def test_the_manifest_lists_every_file_with_its_rows_and_its_sum(
    database: Database, settings: Settings, policies: Policies
) -> None:
    export = ready(database, settings, policies)
    manifest = content(export, settings, "manifest.json")
    with zipfile.ZipFile(exports.export_path(export.id, settings)) as archive:
        assert archive.testzip() is None
        listed = {file["path"] for file in manifest["files"]}
        assert listed | {"manifest.json", "README.html"} == set(archive.namelist())
        for file in manifest["files"]:
            raw = archive.read(file["path"])
            assert hashlib.sha256(raw).hexdigest() == file["sha256"]
            text = raw.decode()
            rows = (
                json.loads(text)
                if file["path"].endswith(".json")
                else list(csv.DictReader(io.StringIO(text)))
            )
            assert len(rows) == file["rows"]


def test_the_export_knows_sum_and_size_of_its_file(
    database: Database, settings: Settings, policies: Policies
) -> None:
    export = ready(database, settings, policies)
    raw = exports.export_path(export.id, settings).read_bytes()
    assert (export.sha256, export.size_bytes) == (hashlib.sha256(raw).hexdigest(), len(raw))


@pytest.mark.parametrize(
    "cell",
    ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "\N{FULLWIDTH EQUALS SIGN}1",
     '=HYPERLINK("https://evil.example")', "=cmd|' /C calc'!A0"],
)  # fmt: skip
def test_no_spreadsheet_takes_a_cell_for_a_formula(tmp_path: Path, cell: str) -> None:
    path = tmp_path / "archive.zip"
    write_archive(path, [Section("words", "What you said.", [{"words": cell}])], MADE_AT)
    with zipfile.ZipFile(path) as archive:
        [row] = csv.DictReader(io.StringIO(archive.read("words.csv").decode(), newline=""))
        assert row["words"] == "'" + cell
        assert json.loads(archive.read("words.json")) == [{"words": cell}]


@pytest.mark.parametrize("cell", ["plain", "a=b", 'quo"ted', "two\nlines", "a,b;c", "", "🙈"])
def test_a_harmless_cell_is_left_as_it_is(tmp_path: Path, cell: str) -> None:
    path = tmp_path / "archive.zip"
    write_archive(path, [Section("words", "What you said.", [{"words": cell, "n": 1}])], MADE_AT)
    with zipfile.ZipFile(path) as archive:
        [row] = csv.DictReader(io.StringIO(archive.read("words.csv").decode(), newline=""))
        assert row["words"] == cell


def test_nothing_in_a_section_becomes_markup_of_the_page_to_read(tmp_path: Path) -> None:
    path = tmp_path / "archive.zip"
    write_archive(path, [Section("a", "<script>alert(1)</script>", [])], MADE_AT)
    with zipfile.ZipFile(path) as archive:
        assert b"<script>" not in archive.read("README.html")


def test_writing_again_replaces_the_file_whole(tmp_path: Path) -> None:
    path = tmp_path / "archive.zip"
    first = write_archive(path, [Section("a", "A.", [{"n": n} for n in range(999)])], MADE_AT)
    second = write_archive(path, [Section("a", "A.", [])], MADE_AT)
    assert second.size_bytes == path.stat().st_size < first.size_bytes
    assert [file.name for file in tmp_path.iterdir()] == ["archive.zip"]


# --- making it


def test_made_twice_it_is_the_same_and_told_once(
    database: Database, settings: Settings, policies: Policies
) -> None:
    first = ready(database, settings, policies)
    exports.build(database, first.id, settings, policies)
    with database.read() as session:
        again = session.get_one(Export, first.id)
        assert (again.sha256, again.ready_at) == (first.sha256, first.ready_at)
        kinds = sorted(task.kind for task in session.scalars(sa.select(Task)))
        assert kinds == ["export.build", "mail.export_ready", "notice.export_ready"]
        events = [entry.event for entry in audit.entries(session, TALK)]
        assert events == ["export_requested", "export_ready"]


def test_a_file_left_by_a_crash_is_made_anew(
    database: Database, settings: Settings, policies: Policies
) -> None:
    export = ask(database)
    path = exports.export_path(export.id, settings)
    path.parent.mkdir(parents=True)
    path.with_suffix(".part").write_bytes(b"half of a file")
    path.write_bytes(b"an earlier try")
    exports.build(database, export.id, settings, policies)
    assert zipfile.is_zipfile(path)
    assert [file.name for file in path.parent.iterdir()] == [path.name]


def test_what_was_revoked_is_not_made(
    database: Database, settings: Settings, policies: Policies
) -> None:
    export = ask(database)
    _set(database, export, ExportState.REVOKED)
    exports.build(database, export.id, settings, policies)
    assert not exports.export_path(export.id, settings).exists()


# --- the link


def test_the_link_leads_to_the_export_for_thirty_days(
    database: Database, settings: Settings, policies: Policies, now: time_machine.Traveller
) -> None:
    export = ready(database, settings, policies)
    with database.read() as session:
        now.shift(timedelta(days=30))
        assert (
            exports.export_by_token(session, token_of(export, settings), settings).id == export.id
        )
        now.shift(timedelta(seconds=1))
        with pytest.raises(NotFoundError, match="Ask for a new copy"):
            exports.export_by_token(session, token_of(export, settings), settings)


def test_a_link_works_before_no_export_is_ready_and_after_none_is_revoked(
    database: Database, settings: Settings, policies: Policies
) -> None:
    """F16: the link stayed good after the data was erased."""
    export = ask(database)
    _refused(database, token_of(export, settings), settings)
    exports.build(database, export.id, settings, policies)
    _set(database, export, ExportState.REVOKED)
    _refused(database, token_of(export, settings), settings)


def test_a_forged_link_leads_nowhere(
    database: Database, settings: Settings, policies: Policies
) -> None:
    export = ready(database, settings, policies)
    genuine = token_of(export, settings)
    other = Settings(_env_file=None, secret=SecretStr("another secret, just as long as ours"))
    for forged in (
        export.id,
        genuine[:-1],
        genuine[::-1],
        "",
        ".",
        "é" * 20,
        exports.export_link(export.id, other).rpartition("/")[2],
    ):
        _refused(database, forged, settings)


def test_a_genuine_link_to_nothing_leads_nowhere(database: Database, settings: Settings) -> None:
    _refused(database, exports.export_link("f" * 32, settings).rpartition("/")[2], settings)


def test_the_link_of_a_receipt_opens_no_export(
    database: Database, settings: Settings, policies: Policies
) -> None:
    export = ready(database, settings, policies)
    _refused(database, receipt_link(export.id, settings).rpartition("/")[2], settings)


def _set(database: Database, export: Export, state: ExportState) -> None:
    with database.write() as session:
        session.get_one(Export, export.id).state = state


def _refused(database: Database, token: str, settings: Settings) -> None:
    with database.read() as session, pytest.raises(NotFoundError):
        exports.export_by_token(session, token, settings)
