"""Making an export: whole or not at all, by one worker at a time, the same file at every try."""

import fcntl
import hashlib
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import IO

import sqlalchemy as sa
import structlog
from sqlalchemy.orm import Session

from offboarding import clock
from offboarding.accounts.model import Customer
from offboarding.audit import service as audit
from offboarding.background.service import schedule
from offboarding.database import Database
from offboarding.errors import OffboardingError
from offboarding.exports.archive.writing import Heading, write_archive
from offboarding.exports.downloads import DELETE_FILE
from offboarding.exports.errors import ExportStoppedError, NoRoomError, is_no_room
from offboarding.exports.holdings import beyond_text
from offboarding.exports.model import Export, ExportState
from offboarding.exports.places import export_folder, export_path, unfinished_path
from offboarding.exports.progress import KeptProgress, progress
from offboarding.exports.sources.chosen import sources_of
from offboarding.exports.sources.own_data import Kept
from offboarding.exports.sources.port import Source, Subject, subject_of
from offboarding.policies.store import Policies
from offboarding.settings import Settings

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class _Wanted:
    """An export that is to be made."""

    subject: Subject
    heading: Heading


def build(
    database: Database, export_id: str, settings: Settings, policies: Policies, kept: Kept
) -> None:
    """Make the archive of an export and tell the customer; harmless when done before.

    `kept` describes what others than the business keep of customers.
    It is written beside its place, brought safely to the disk, and only then takes its place. A
    second worker waits until the first has ended or died, and finds nothing to do. After an error
    or a crash it is begun anew; nothing half done is left, and nothing half done is ever served.
    Raises ExportError or ConfigurationError to be tried again; the reason is kept on the export.
    """
    try:
        _build(database, export_id, settings, policies, kept)
    except ExportStoppedError:
        return  # revoked or erased: there is nothing to be made, and nothing to be told
    except Exception as error:
        _note_problem(database, export_id, error)
        raise


def _build(
    database: Database, export_id: str, settings: Settings, policies: Policies, kept: Kept
) -> None:
    path = export_path(export_id, settings)
    with _room(), _alone(unfinished_path(path)) as file:
        wanted = _wanted(database, export_id, settings)
        if wanted is None:
            return
        sources = sources_of(policies.exports, settings, database, kept)
        _write(file, wanted, sources, database, settings)
        _publish(path, database, export_id, policies)


def _wanted(database: Database, export_id: str, settings: Settings) -> _Wanted | None:
    with database.read() as session:
        export = session.get(Export, export_id)
        if export is None or export.state is not ExportState.REQUESTED:
            return None
        customer = session.get_one(Customer, export.customer_id)
        heading = Heading(
            export.id,
            settings.company_name,
            export.requested_at,
            customer.locale,
            beyond_text(settings),
        )
        return _Wanted(subject_of(customer), heading)


def _write(
    file: IO[bytes],
    wanted: _Wanted,
    sources: Sequence[Source],
    database: Database,
    settings: Settings,
) -> None:
    file.truncate(0)  # what a crash left
    how_far = KeptProgress(
        database, wanted.heading.export_id, [source.description for source in sources]
    )
    folder = export_folder(settings)
    write_archive(file, wanted.heading, sources, wanted.subject, progress=how_far, folder=folder)
    file.flush()
    os.fsync(file.fileno())


def _publish(path: Path, database: Database, export_id: str, policies: Policies) -> None:
    """Give the archive its place, and the customer the news, unless it was revoked meanwhile.

    The row is held while the file is moved: a revocation comes before, or deletes the file after.
    """
    with unfinished_path(path).open("rb") as whole:
        digest = hashlib.file_digest(whole, "sha256").hexdigest()
        size = os.fstat(whole.fileno()).st_size
    with database.write() as session:
        export = session.get(Export, export_id, with_for_update=True)
        if export is None or export.state is not ExportState.REQUESTED:
            return
        unfinished_path(path).replace(path)
        _sync_folder(path.parent)
        _mark_ready(session, export, digest, size, policies)


def _mark_ready(
    session: Session, export: Export, digest: str, size: int, policies: Policies
) -> None:
    moment = clock.now()
    export.state, export.ready_at, export.problem = ExportState.READY, moment, None
    export.file_name = f"your-data-{moment:%Y-%m-%d}.zip"
    export.sha256, export.size_bytes = digest, size
    export.expires_at = moment + timedelta(days=policies.retention.export_link_days)
    export.most_downloads = policies.exports.most_downloads
    audit.record(
        session,
        "export_ready",
        export.conversation_id,
        policy_version=str(policies.exports.version),
        export=export.id,
        rows=progress(export).done,
    )
    schedule(session, "notice.export_ready", export.id)
    schedule(session, "mail.export_ready", export.id)
    schedule(
        session,
        DELETE_FILE,
        export.id,
        key=f"{DELETE_FILE}:{export.id}:expired",
        # A link works to the very end of its last instant.
        due_at=export.expires_at + timedelta(seconds=1),
    )


def _note_problem(database: Database, export_id: str, error: Exception) -> None:
    """Why it failed, for staff and never with anybody's data: whatever is foreseen says so."""
    if isinstance(error, OffboardingError):
        sentence = error.sentence
    elif isinstance(error, OSError):
        sentence = f"It could not be made: {error.strerror or type(error).__name__}."
    else:
        sentence = f"It could not be made ({type(error).__name__})."
    log.warning("export_failed", export=export_id, problem=sentence)
    with database.write() as session:
        session.execute(
            sa.update(Export)
            .where(Export.id == export_id, Export.state == ExportState.REQUESTED)
            .values(problem=sentence[:300])
        )


@contextmanager
def _room() -> Iterator[None]:
    """A full disk is told as what it is. Raises NoRoomError."""
    try:
        yield
    except OSError as error:
        if is_no_room(error):
            raise NoRoomError from error
        raise


@contextmanager
def _alone(unfinished: Path) -> Iterator[IO[bytes]]:
    """The file to write into, held by this worker alone; it is gone at the end unless moved.

    The lock goes away with its process, however that ends, so a crash leaves nothing to clear.
    """
    unfinished.parent.mkdir(parents=True, exist_ok=True)
    while True:
        descriptor = os.open(unfinished, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "r+b") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            # Whoever held it before may have moved or deleted it: then this is no longer the file.
            if not _is_at(descriptor, unfinished):
                continue
            try:
                yield file
            finally:
                if _is_at(descriptor, unfinished):
                    unfinished.unlink()
            return


def _is_at(descriptor: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except FileNotFoundError:
        return False


def _sync_folder(folder: Path) -> None:
    """Bring a rename to the disk."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
