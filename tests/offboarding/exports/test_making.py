"""Asking for a copy of one's data, what is in it, and that it is made whole or not at all."""

import hashlib
import os
import resource
import signal
import subprocess
import sys
import threading
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa
from pydantic import SecretStr
from sqlalchemy.orm import Session

from offboard.off_boarding import KEPT
from offboarding.accounts.model import Customer
from offboarding.audit import service as audit
from offboarding.background.model import Task, TaskState
from offboarding.cases.reasons import ChurnReason
from offboarding.cases.service import record_reason
from offboarding.database import Database
from offboarding.errors import ConfigurationError
from offboarding.exports import service as exports
from offboarding.exports.errors import CountError, ExportStoppedError, NoRoomError, SourceError
from offboarding.exports.model import Export, ExportState
from offboarding.exports.places import export_folder
from offboarding.exports.progress import KeptProgress
from offboarding.exports.sources.port import Description
from offboarding.policies.store import Policies
from offboarding.settings import REPOSITORY, Settings
from tests.factories import cancel, make_customer, make_subscription
from tests.offboarding.at_once import at_once
from tests.offboarding.exports.making import (
    TALK,
    ask,
    csv_rows,
    files,
    json_rows,
    opened,
    policies_with,
    ready,
    stored,
)
from tests.offboarding.exports.system import System, serving

BY_HTTP = """\
  - {name: profile, kind: tables, data: profile, about: Who you are to us.}
  - {name: files, kind: http, connection: system, secret: key, proof: bearer, about: Your files.}
"""


def with_system(settings: Settings, system: System) -> Settings:
    connections = {"system": SecretStr(system.address), "key": SecretStr("key")}
    return settings.model_copy(update={"export_connections": connections})


def building(session: Session) -> Task:
    return session.scalars(sa.select(Task).where(Task.kind == "export.build")).one()


# --- asking


def test_while_one_is_made_asking_again_is_the_same_export(database: Database) -> None:
    with database.write() as session:
        customer = make_customer(session)
        first = exports.request(session, customer, TALK)
        assert exports.request(session, customer, "2" * 32) is first
        kinds = [task.kind for task in session.scalars(sa.select(Task))]
        assert kinds == ["export.build", "notice.export_progress"]


def test_asked_again_within_a_day_it_is_the_one_that_is_ready(
    database: Database, settings: Settings, policies: Policies
) -> None:
    """Else one customer has any number of archives made, and mails sent."""
    first = ready(database, settings, policies)
    with database.write() as session:
        customer = session.get_one(Customer, first.customer_id)
        for _ in range(14):
            assert exports.request(session, customer, "2" * 32).id == first.id
        assert session.query(Export).count() == 1
        kinds = [task.kind for task in session.scalars(sa.select(Task))]
        assert kinds.count("mail.export_ready") == 1


@pytest.mark.parametrize("why", ["a day went by", "used up", "revoked"])
def test_a_new_one_is_made_where_the_last_is_old_or_can_not_be_had(
    database: Database, settings: Settings, policies: Policies, why: str
) -> None:
    first = ready(database, settings, policies)
    with database.write() as session:
        known = session.get_one(Export, first.id)
        match why:
            case "a day went by":
                known.requested_at -= exports.LATELY
            case "used up":
                known.downloads = known.most_downloads or 0
            case _:
                exports.revoke(session, known)
        session.flush()
        customer = session.get_one(Customer, first.customer_id)
        again = exports.request(session, customer, TALK)
        assert again.id != first.id
        assert again.state is ExportState.REQUESTED
        assert exports.request(session, customer, TALK) is again


def test_one_that_failed_for_good_is_tried_again_when_asked_for_again(database: Database) -> None:
    export = ask(database)
    with database.write() as session:
        building(session).state = TaskState.FAILED
    with database.write() as session:
        customer = session.get_one(Customer, export.customer_id)
        assert exports.request(session, customer, TALK).id == export.id
        task = building(session)
        assert (task.state, task.retries) == (TaskState.PENDING, 1)


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
    exports.build(database, export.id, settings, policies, KEPT)
    with opened(export, settings) as archive:
        [profile] = json_rows(archive, "profile")
        assert (profile["name"], profile["email"]) == ("Amara Okafor", "amara@example.org")
        [subscription] = json_rows(archive, "subscriptions")
        assert (subscription["plan"], subscription["price_minor"]) == ("Pro", 2900)
        [entry] = json_rows(archive, "ledger")
        assert entry["kind"] == "cancellation"
        [cancellation] = json_rows(archive, "cancellations")
        assert cancellation["number"] == case.number
        assert cancellation["reason_words"] == "Ich öffne es nie 🙈"
        [receipt] = json_rows(archive, "receipts")
        assert receipt["document"]["case_number"] == case.number
        assert json_rows(archive, "offers") == json_rows(archive, "survey") == []
        assert csv_rows(archive, "profile") == [
            {name: value or "" for name, value in profile.items()}
        ]
        everything = b"".join(archive.read(name) for name in archive.namelist())
    assert b"Stranger" not in everything


def test_the_export_knows_sum_and_size_of_its_file_and_how_often_it_may_be_downloaded(
    database: Database, settings: Settings, policies: Policies
) -> None:
    export = ready(database, settings, policies)
    path = exports.export_path(export.id, settings)
    assert path.stat().st_mode & 0o777 == 0o600, "for nobody else on the machine"
    raw = path.read_bytes()
    assert (export.sha256, export.size_bytes) == (hashlib.sha256(raw).hexdigest(), len(raw))
    assert (export.most_downloads, export.downloads) == (5, 0)


# --- making it


def test_made_twice_it_is_the_same_and_told_once(
    database: Database, settings: Settings, policies: Policies
) -> None:
    first = ready(database, settings, policies)
    exports.build(database, first.id, settings, policies, KEPT)
    again = stored(database, first)
    assert (again.sha256, again.ready_at) == (first.sha256, first.ready_at)
    with database.read() as session:
        kinds = sorted(task.kind for task in session.scalars(sa.select(Task)))
        assert kinds == [
            "export.build",
            "export.delete_file",
            "mail.export_ready",
            "notice.export_progress",
            "notice.export_ready",
        ]
        events = [entry.event for entry in audit.entries(session, TALK)]
        assert events == ["export_requested", "export_ready"]


def test_a_file_left_by_a_crash_is_made_anew(
    database: Database, settings: Settings, policies: Policies
) -> None:
    export = ask(database)
    path = exports.export_path(export.id, settings)
    path.parent.mkdir(parents=True)
    path.with_suffix(".part").write_bytes(b"half of a file" * 10_000)
    path.write_bytes(b"an earlier try")
    exports.build(database, export.id, settings, policies, KEPT)
    assert zipfile.is_zipfile(path)
    assert files(settings) == [path.name]


def test_many_workers_at_once_make_one_archive(
    database: Database, settings: Settings, policies: Policies
) -> None:
    export = ask(database)
    outcomes = at_once(6, lambda _: exports.build(database, export.id, settings, policies, KEPT))
    assert outcomes == [None] * 6
    made = stored(database, export)
    raw = exports.export_path(export.id, settings).read_bytes()
    assert hashlib.sha256(raw).hexdigest() == made.sha256
    assert files(settings) == [f"{export.id}.zip"]
    with database.read() as session:
        events = [entry.event for entry in audit.entries(session, TALK)]
    assert events == ["export_requested", "export_ready"]


def test_after_a_kill_in_the_middle_the_next_try_begins_anew_and_nothing_is_left(
    database: Database, settings: Settings, tmp_path: Path
) -> None:
    policies = policies_with(tmp_path, BY_HTTP)
    with serving(System(pages=[['{"n": 1}'], ['{"n": 2}']])) as system:
        system.waits_at_page = 1
        export = ask(database)
        settings = with_system(settings, system)
        variables = {
            "OFFBOARD_DATA_DIRECTORY": str(tmp_path),
            "OFFBOARD_POLICY_DIRECTORY": str(tmp_path),
            "OFFBOARD_DATABASE_URL": database.engine.url.render_as_string(hide_password=False),
            "OFFBOARD_EXPORT_CONNECTIONS__SYSTEM": system.address,
            "OFFBOARD_EXPORT_CONNECTIONS__KEY": "key",
        }
        worker = subprocess.Popen(
            [sys.executable, "-m", "tests.offboarding.exports.worker", export.id],
            cwd=REPOSITORY,
            env=os.environ | variables,
        )
        assert system.arrived.wait(60), "the worker is in the middle of the second source"
        worker.send_signal(signal.SIGKILL)
        worker.wait()
        system.waits_at_page = None
        system.go_on.set()
        assert files(settings) == [f"{export.id}.part"], "nothing that could be served"
        assert stored(database, export).state is ExportState.REQUESTED

        exports.build(database, export.id, settings, policies, KEPT)
    assert stored(database, export).state is ExportState.READY
    assert files(settings) == [f"{export.id}.zip"]
    with opened(export, settings) as archive:
        assert json_rows(archive, "files") == [{"n": 1}, {"n": 2}]


# --- what goes wrong


def test_a_source_that_fails_in_the_middle_leaves_nothing_and_is_tried_again_as_a_whole(
    database: Database, settings: Settings, tmp_path: Path
) -> None:
    policies = policies_with(tmp_path, BY_HTTP)
    export = ask(database)
    with serving(System(pages=[['{"n": 1}'], ['{"n": 2}']])) as system:
        settings = with_system(settings, system)
        system.breaks_at_page = 1
        with pytest.raises(SourceError):
            exports.build(database, export.id, settings, policies, KEPT)
        assert files(settings) == []
        failed = stored(database, export)
        assert failed.state is ExportState.REQUESTED
        assert failed.problem == "The source files answers with status 500."
        assert [each.finished for each in exports.progress(failed).sources] == [True, False]

        system.breaks_at_page = None
        exports.build(database, export.id, settings, policies, KEPT)
    made = stored(database, export)
    assert (made.state, made.problem) == (ExportState.READY, None)
    assert exports.progress(made).done == 3


def test_a_source_whose_count_is_wrong_is_no_export(
    database: Database, settings: Settings, tmp_path: Path
) -> None:
    policies = policies_with(tmp_path, BY_HTTP)
    export = ask(database)
    with serving(System(pages=[['{"n": 1}']], total="7")) as system:
        settings = with_system(settings, system)
        with pytest.raises(CountError):
            exports.build(database, export.id, settings, policies, KEPT)
    assert "counts 7 rows and gave 1" in (stored(database, export).problem or "")
    assert files(settings) == []


def test_a_connection_that_is_not_set_is_named_with_the_mend(
    database: Database, settings: Settings, tmp_path: Path
) -> None:
    policies = policies_with(tmp_path, BY_HTTP)
    export = ask(database)
    with pytest.raises(ConfigurationError, match="OFFBOARD_EXPORT_CONNECTIONS__SYSTEM="):
        exports.build(database, export.id, settings, policies, KEPT)
    assert "needs the entry system" in (stored(database, export).problem or "")


@contextmanager
def files_of_at_most(size: int) -> Iterator[None]:
    """The system lets no file of this process grow larger, as a full disk or a quota would."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_full_disk_is_told_as_what_it_is_and_leaves_nothing(
    database: Database, settings: Settings, tmp_path: Path
) -> None:
    policies = policies_with(tmp_path, BY_HTTP)
    export = ask(database)
    row = '{"random": "%s"}'
    pages = [[row % os.urandom(100_000).hex()] for _ in range(100)]
    with serving(System(pages=pages)) as system:
        settings = with_system(settings, system)
        with files_of_at_most(8_000_000), pytest.raises(NoRoomError, match="disk is full"):
            exports.build(database, export.id, settings, policies, KEPT)
        assert files(settings) == []
        assert "disk is full" in (stored(database, export).problem or "")
        exports.build(database, export.id, settings, policies, KEPT)
    assert stored(database, export).state is ExportState.READY


def test_a_place_that_cannot_be_written_to_is_told(
    database: Database, settings: Settings, tmp_path: Path
) -> None:
    policies = policies_with(tmp_path, BY_HTTP)
    export = ask(database)
    settings.data_directory.mkdir(parents=True, exist_ok=True)
    place = export_folder(settings)
    place.write_text("a file where the folder belongs")
    with pytest.raises(OSError, match=r"exists|directory"):
        exports.build(database, export.id, settings, policies, KEPT)
    assert "could not be made" in (stored(database, export).problem or "")


# --- how far it is


def test_progress_is_kept_source_by_source(
    database: Database, settings: Settings, tmp_path: Path
) -> None:
    policies = policies_with(tmp_path, BY_HTTP)
    export = ask(database)
    assert exports.progress(stored(database, export)).sources == []
    with serving(System(pages=[['{"n": 1}'], ['{"n": 2}']])) as system:
        settings = with_system(settings, system)
        system.waits_at_page = 1
        worker = threading.Thread(
            target=exports.build, args=(database, export.id, settings, policies, KEPT)
        )
        worker.start()
        assert system.arrived.wait(60)
        half = exports.progress(stored(database, export))
        assert [(each.source, each.done, each.counted) for each in half.sources] == [
            ("profile", 1, 1),
            ("files", 0, None),
        ]
        assert (half.done, half.finished_sources) == (1, 1)
        system.go_on.set()
        worker.join()
    whole = exports.progress(stored(database, export))
    assert (whole.done, whole.finished_sources) == (3, 2)


def test_within_a_source_rows_are_counted_as_they_go_by(database: Database) -> None:
    export = ask(database)
    notes = Description("notes", "Your notes.", "sql")
    kept = KeptProgress(database, export.id, [notes], every_seconds=0.0)
    kept.begin(notes, 2)
    for done in (1, 2):
        kept.advance()
        [source] = exports.progress(stored(database, export)).sources
        assert (source.done, source.counted, source.finished) == (done, 2, False)
    with database.write() as session:
        exports.revoke(session, session.get_one(Export, export.id))
    with pytest.raises(ExportStoppedError):
        kept.advance()


def test_an_export_is_asked_for_at_an_instant_that_its_archive_bears(
    database: Database, settings: Settings, policies: Policies
) -> None:
    export = ready(database, settings, policies)
    asked = export.requested_at.astimezone(UTC)
    with opened(export, settings) as archive:
        dates = {datetime(*info.date_time, tzinfo=UTC) for info in archive.infolist()}
    assert dates == {asked.replace(microsecond=0, second=asked.second // 2 * 2)}


def test_the_same_export_made_again_has_the_same_bytes(
    database: Database, settings: Settings, policies: Policies
) -> None:
    first = ready(database, settings, policies)
    with database.write() as session:
        session.get_one(Export, first.id).state = ExportState.REQUESTED
    exports.build(database, first.id, settings, policies, KEPT)
    assert stored(database, first).sha256 == first.sha256
