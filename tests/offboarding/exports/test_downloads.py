"""Who gets an archive, how often, and until when; and what ends it for everybody."""

from datetime import timedelta

import pytest
import sqlalchemy as sa
import time_machine
from pydantic import SecretStr

from offboard.off_boarding import KEPT
from offboarding.accounts.model import Customer
from offboarding.audit import service as audit
from offboarding.background.model import Task
from offboarding.database import Database
from offboarding.errors import NotFoundError
from offboarding.exports import service as exports
from offboarding.exports.downloads import (
    DELETE_FILE,
    begin_download,
    downloads_left,
    export_of_link,
    ticket_is_good,
)
from offboarding.exports.errors import DownloadsUsedUpError, ExportGoneError
from offboarding.exports.model import Export, ExportState
from offboarding.policies.store import Policies
from offboarding.receipts.service import receipt_link
from offboarding.settings import Settings
from tests.offboarding.at_once import at_once
from tests.offboarding.exports.making import TALK, ask, files, ready, stored, token_of


def refused(database: Database, token: str, settings: Settings, match: str | None = None) -> None:
    with database.read() as session, pytest.raises(NotFoundError, match=match):
        exports.export_by_token(session, token, settings)


def take(database: Database, export: Export, settings: Settings) -> str:
    with database.write() as session:
        return begin_download(session, session.get_one(Export, export.id), settings)


def carry_out_deletions(database: Database, settings: Settings) -> None:
    """What the engine does once they are due."""
    with database.read() as session:
        tasks = session.scalars(sa.select(Task).where(Task.kind == DELETE_FILE)).all()
        for task in tasks:
            exports.delete_file(session, task.subject_id, settings)


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
        with pytest.raises(ExportGoneError, match="Ask for a new copy"):
            exports.export_by_token(session, token_of(export, settings), settings)


def test_before_it_is_ready_the_link_leads_to_how_far_it_is_and_to_no_file(
    database: Database, settings: Settings
) -> None:
    export = ask(database)
    token = token_of(export, settings)
    refused(database, token, settings, "isn't ready yet")
    with database.read() as session:
        assert export_of_link(session, token, settings).id == export.id


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
        refused(database, forged, settings)


def test_a_genuine_link_to_nothing_leads_nowhere(database: Database, settings: Settings) -> None:
    refused(database, exports.export_link("f" * 32, settings).rpartition("/")[2], settings)


def test_the_link_of_a_receipt_opens_no_export(
    database: Database, settings: Settings, policies: Policies
) -> None:
    export = ready(database, settings, policies)
    refused(database, receipt_link(export.id, settings).rpartition("/")[2], settings)


# --- how often


def test_it_can_be_downloaded_as_often_as_the_policy_says(
    database: Database, settings: Settings, policies: Policies
) -> None:
    export = ready(database, settings, policies)
    for left in (4, 3, 2, 1, 0):
        take(database, export, settings)
        assert downloads_left(stored(database, export)) == left
    with pytest.raises(DownloadsUsedUpError, match="downloaded 5 times"):
        take(database, export, settings)
    assert stored(database, export).downloads == 5
    with database.read() as session:
        events = [entry.event for entry in audit.entries(session, TALK)]
    assert events.count("export_downloaded") == 5


def test_many_at_once_get_no_more_than_there_are(
    database: Database, settings: Settings, policies: Policies
) -> None:
    export = ready(database, settings, policies)
    outcomes = at_once(12, lambda _: take(database, export, settings))
    assert sum(isinstance(outcome, str) for outcome in outcomes) == 5
    assert sum(isinstance(outcome, DownloadsUsedUpError) for outcome in outcomes) == 7
    assert stored(database, export).downloads == 5


def test_one_made_before_there_was_a_limit_has_none(
    database: Database, settings: Settings, policies: Policies
) -> None:
    export = ready(database, settings, policies)
    with database.write() as session:
        session.get_one(Export, export.id).most_downloads = None
    for _ in range(9):
        take(database, export, settings)
    assert downloads_left(stored(database, export)) is None


def test_a_ticket_is_good_for_an_hour_and_for_its_own_export(
    database: Database, settings: Settings, policies: Policies, now: time_machine.Traveller
) -> None:
    export = ready(database, settings, policies)
    ticket = take(database, export, settings)
    other = Export(id="f" * 32)
    now.shift(timedelta(hours=1))
    assert ticket_is_good(export, ticket, settings)
    assert not ticket_is_good(other, ticket, settings)
    assert not ticket_is_good(export, ticket[:-1], settings)
    assert not ticket_is_good(export, "", settings)
    now.shift(timedelta(seconds=1))
    assert not ticket_is_good(export, ticket, settings)


def test_a_download_cannot_begin_in_the_instant_after_the_end(
    database: Database, settings: Settings, policies: Policies, now: time_machine.Traveller
) -> None:
    export = ready(database, settings, policies)
    now.shift(timedelta(days=30, seconds=1))
    with pytest.raises(ExportGoneError):
        take(database, export, settings)


# --- the end


def test_revoked_its_link_is_dead_and_its_file_deleted(
    database: Database, settings: Settings, policies: Policies
) -> None:
    """F16: the link stayed good after the data was erased."""
    export = ready(database, settings, policies)
    ticket = take(database, export, settings)
    with database.write() as session:
        exports.revoke(session, session.get_one(Export, export.id))
    refused(database, token_of(export, settings), settings, "any more")
    with pytest.raises(ExportGoneError):
        take(database, export, settings)
    assert ticket_is_good(export, ticket, settings), "the page asks for the export first"
    carry_out_deletions(database, settings)
    assert files(settings) == []


def test_revoking_twice_changes_nothing(
    database: Database, settings: Settings, policies: Policies
) -> None:
    export = ready(database, settings, policies)
    for _ in range(2):
        with database.write() as session:
            exports.revoke(session, session.get_one(Export, export.id))
    with database.read() as session:
        events = [entry.event for entry in audit.entries(session, TALK)]
    assert events.count("export_revoked") == 1


def test_what_was_revoked_is_not_made(
    database: Database, settings: Settings, policies: Policies
) -> None:
    export = ask(database)
    with database.write() as session:
        exports.revoke(session, session.get_one(Export, export.id))
    exports.build(database, export.id, settings, policies, KEPT)
    assert stored(database, export).state is ExportState.REVOKED
    assert files(settings) == []


def test_a_revocation_undone_with_its_transaction_loses_no_file(
    database: Database, settings: Settings, policies: Policies
) -> None:
    export = ready(database, settings, policies)
    with database.write() as session:
        exports.revoke(session, session.get_one(Export, export.id))
        session.rollback()
    carry_out_deletions(database, settings)
    assert files(settings) == [f"{export.id}.zip"]
    with database.read() as session:
        exports.export_by_token(session, token_of(export, settings), settings)


def test_erased_every_export_of_the_customer_ends_and_nobody_elses(
    database: Database, settings: Settings, policies: Policies
) -> None:
    first = ready(database, settings, policies)
    others = ask(database, "ben@example.org")
    exports.build(database, others.id, settings, policies, KEPT)
    with database.write() as session:
        session.get_one(Export, first.id).requested_at -= exports.LATELY
        session.flush()
        customer = session.get_one(Customer, first.customer_id)
        being_made = exports.request(session, customer, TALK)
    with database.write() as session:
        customer = session.get_one(Customer, first.customer_id)
        assert exports.erase(session, customer) == 2
    with database.write() as session:
        assert exports.erase(session, session.get_one(Customer, first.customer_id)) == 0
    carry_out_deletions(database, settings)
    exports.build(database, being_made.id, settings, policies, KEPT)
    assert files(settings) == [f"{others.id}.zip"]
    for export in (first, being_made):
        refused(database, token_of(export, settings), settings, "Your data was erased")
        left = stored(database, export)
        assert left.state is ExportState.ERASED
        assert (left.file_name, left.sha256, left.size_bytes, left.progress) == (None,) * 4
    assert stored(database, others).state is ExportState.READY


def test_an_expired_archive_is_deleted_and_not_a_moment_before(
    database: Database, settings: Settings, policies: Policies, now: time_machine.Traveller
) -> None:
    export = ready(database, settings, policies)
    with database.read() as session:
        task = session.scalars(sa.select(Task).where(Task.kind == DELETE_FILE)).one()
    assert task.due_at == (export.expires_at or task.due_at) + timedelta(seconds=1)
    now.move_to(export.expires_at or task.due_at)
    carry_out_deletions(database, settings)
    assert files(settings) == [f"{export.id}.zip"]
    now.move_to(task.due_at)
    carry_out_deletions(database, settings)
    assert files(settings) == []
    carry_out_deletions(database, settings)  # and again it is harmless


def test_what_a_crash_left_of_an_export_that_was_then_erased_is_deleted(
    database: Database, settings: Settings
) -> None:
    export = ask(database)
    path = exports.export_path(export.id, settings)
    path.parent.mkdir(parents=True)
    path.with_suffix(".part").write_bytes(b"half of their data")
    with database.write() as session:
        exports.erase(session, session.get_one(Customer, export.customer_id))
    carry_out_deletions(database, settings)
    assert files(settings) == []


def test_a_file_whose_export_is_gone_from_the_database_is_deleted(
    database: Database, settings: Settings, policies: Policies
) -> None:
    export = ready(database, settings, policies)
    with database.write() as session:
        session.delete(session.get_one(Export, export.id))
    carry_out_deletions(database, settings)
    assert files(settings) == []
