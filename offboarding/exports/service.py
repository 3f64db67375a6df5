"""Asking for a copy of one's data, and ending it."""

from collections.abc import Sequence
from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from offboarding import clock
from offboarding.accounts.model import Customer
from offboarding.audit import service as audit
from offboarding.background import service as background
from offboarding.background.model import Task, TaskState
from offboarding.background.service import schedule
from offboarding.database import hold_alone
from offboarding.exports.building import build
from offboarding.exports.downloads import (
    DELETE_FILE,
    delete_file,
    downloads_left,
    export_by_token,
    export_link,
)
from offboarding.exports.model import Export, ExportState
from offboarding.exports.places import export_path
from offboarding.exports.progress import progress

__all__ = [
    "PROGRESS_NOTICE",
    "PROGRESS_TOLD_AFTER",
    "build",
    "delete_file",
    "erase",
    "export_by_token",
    "export_link",
    "export_path",
    "newest",
    "progress",
    "request",
    "revoke",
]

_BUILD = "export.build"
PROGRESS_NOTICE = "notice.export_progress"
PROGRESS_TOLD_AFTER = (
    timedelta(seconds=10),
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=30),
)
"""So long after they asked, whoever still waits is told how far it is. Most wait for seconds."""
LATELY = timedelta(hours=24)
"""A copy that was asked for within a day is the one that who asks again gets: each is an archive of
all there is and a mail, and little changes in a day. Article 15 (3) GDPR owes one copy."""


def request(session: Session, customer: Customer, conversation_id: str) -> Export:
    """Start an export; while one is being made for this customer, it is that one.

    It is also the one that they asked for LATELY while it can still be downloaded. One that failed
    for good is tried again.
    """
    hold_alone(session, f"export:{customer.id}")
    known = newest(session, customer)
    if known is not None and known.state is ExportState.REQUESTED:
        _try_again(session, known)
        return known
    if known is not None and _is_still_good(known):
        return known
    export = Export(
        customer_id=customer.id, conversation_id=conversation_id, requested_at=clock.now()
    )
    session.add(export)
    session.flush()
    audit.record(session, "export_requested", conversation_id, export=export.id)
    schedule(session, _BUILD, export.id)
    first_told_at = export.requested_at + PROGRESS_TOLD_AFTER[0]
    schedule(session, PROGRESS_NOTICE, export.id, due_at=first_told_at)
    return export


def newest(session: Session, customer: Customer) -> Export | None:
    """The copy that is being made for a customer, or else the last that can still be fetched."""
    to_be_had = sa.and_(Export.state == ExportState.READY, Export.expires_at > clock.now())
    return session.scalar(
        sa.select(Export)
        .where(
            Export.customer_id == customer.id,
            sa.or_(Export.state == ExportState.REQUESTED, to_be_had),
        )
        .order_by((Export.state == ExportState.REQUESTED).desc(), Export.requested_at.desc())
        .limit(1)
    )


def _is_still_good(ready: Export) -> bool:
    return ready.requested_at > clock.now() - LATELY and downloads_left(ready) != 0


def revoke(session: Session, export: Export) -> None:
    """End an export: its link is dead with this transaction, and its file is deleted after it.

    One that is being made is not made to its end. A second time, or after an erasure, it changes
    nothing.
    """
    session.refresh(export, with_for_update=True)  # it may be getting ready at this instant
    if export.state in {ExportState.REVOKED, ExportState.ERASED}:
        return
    _end(session, export, ExportState.REVOKED)
    audit.record(session, "export_revoked", export.conversation_id, export=export.id)


def erase(session: Session, customer: Customer) -> int:
    """End every export of a customer for good, when their data is erased; how many there were.

    Links are dead with this transaction. The files are deleted by tasks that it schedules
    (`export.delete_file`), so that a transaction undone loses no file, and a file that cannot be
    deleted is tried again and then shown to a person. A second time it changes nothing.
    """
    found = session.scalars(
        sa.select(Export)
        .where(Export.customer_id == customer.id, Export.state != ExportState.ERASED)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()
    for export in found:
        _end(session, export, ExportState.ERASED)
        export.file_name = export.sha256 = export.size_bytes = None
        export.progress = export.problem = None
        audit.record(session, "export_erased", export.conversation_id, export=export.id)
    return len(found)


def _end(session: Session, export: Export, state: ExportState) -> None:
    export.state = state
    schedule(session, DELETE_FILE, export.id, key=f"{DELETE_FILE}:{export.id}:{state}")


def given_up(session: Session, export: Export) -> bool:
    """Whether it was tried as often as it is, and waits for a person."""
    return export.state is ExportState.REQUESTED and _failed(session, export) is not None


def all_given_up(session: Session) -> Sequence[Export]:
    """Every copy that waits for a person, the one asked for first of all first."""
    return session.scalars(
        sa.select(Export)
        .join(Task, sa.and_(Task.kind == _BUILD, Task.subject_id == Export.id))
        .where(Task.state == TaskState.FAILED, Export.state == ExportState.REQUESTED)
        .order_by(Export.requested_at, Export.id)
    ).all()


def _failed(session: Session, export: Export) -> Task | None:
    return session.scalar(
        sa.select(Task).where(
            Task.kind == _BUILD, Task.subject_id == export.id, Task.state == TaskState.FAILED
        )
    )


def _try_again(session: Session, export: Export) -> None:
    failed = _failed(session, export)
    if failed is not None:
        background.retry(session, failed.id)
