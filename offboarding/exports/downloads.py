"""Fetching an export: a link that ends, a limited number of downloads, and what counts as one.

The link leads to a page and changes nothing, for mail scanners and browsers that fetch ahead open
links too. Its button begins a download: that is what counts, by one statement in the database, so
that many at once never get more than there are. It gives a ticket for an hour, in the address of
the file and in the visitor's cookie: whoever has it may go on with a download that broke off, look
at it (HEAD), or begin it again, and none of these counts. A revoked or expired export ends its
tickets as well.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from itsdangerous import BadSignature, URLSafeTimedSerializer
from sqlalchemy.orm import Session

from offboarding import clock
from offboarding.audit import service as audit
from offboarding.exports.errors import DownloadsUsedUpError, ExportGoneError
from offboarding.exports.model import Export, ExportState
from offboarding.exports.places import export_path, unfinished_path
from offboarding.links import LinkTokens
from offboarding.settings import Settings

TICKET_SECONDS = 60 * 60
DELETE_FILE = "export.delete_file"
"""The kind of the task that deletes the file of an export which has ended."""


def export_link(export_id: str, settings: Settings) -> str:
    """The address an export is fetched from; it cannot be guessed."""
    return f"{settings.base_url}/exports/{_tokens(settings).token(export_id)}"


def export_of_link(session: Session, token: str, settings: Settings) -> Export:
    """The export a link leads to, ready or still being made.

    Raises NotFoundError for a link that was not made here, and ExportGoneError for one that has
    expired, was revoked, or whose data was erased.
    """
    export = session.get_one(Export, _tokens(settings).find(session, Export.id, token))
    if export.state is ExportState.ERASED:
        raise ExportGoneError("Your data was erased, and this copy of it as well.")
    if export.state is ExportState.REVOKED:
        raise ExportGoneError("There is no copy of your data behind this link any more.")
    if export.expires_at is not None and export.expires_at < clock.now():
        raise ExportGoneError("This link has expired. Ask for a new copy of your data in the chat.")
    return export


def export_by_token(session: Session, token: str, settings: Settings) -> Export:
    """The export a link leads to, ready to be fetched. Raises NotFoundError, also when expired."""
    export = export_of_link(session, token, settings)
    if export.state is not ExportState.READY:
        raise ExportGoneError("The copy of your data isn't ready yet.")
    return export


def downloads_left(export: Export) -> int | None:
    """How often it may still be downloaded; None without a limit."""
    if export.most_downloads is None:
        return None
    return max(0, export.most_downloads - export.downloads)


def begin_download(session: Session, export: Export, settings: Settings) -> str:
    """Use up one download, and get the ticket for it.

    Raises DownloadsUsedUpError when there is none left, and ExportGoneError when it has just ended.
    """
    used = session.execute(
        sa.update(Export)
        .where(
            Export.id == export.id,
            Export.state == ExportState.READY,
            Export.expires_at >= clock.now(),
            sa.or_(Export.most_downloads.is_(None), Export.downloads < Export.most_downloads),
        )
        .values(downloads=Export.downloads + 1)
        .returning(Export.downloads)
    )
    number = used.scalar()
    if number is None:
        session.refresh(export)
        if downloads_left(export) == 0:
            raise DownloadsUsedUpError(
                f"This copy was downloaded {export.downloads} times, as often as it may be. "
                "Ask for a new one in the chat."
            )
        raise ExportGoneError("There is no copy of your data behind this link any more.")
    audit.record(
        session, "export_downloaded", export.conversation_id, export=export.id, number=number
    )
    return str(_tickets(settings).dumps([export.id, number]))


def ticket_is_good(export: Export, ticket: str, settings: Settings) -> bool:
    """Whether a ticket is of this export, and not older than an hour."""
    try:
        held: Sequence[object] = _tickets(settings).loads(ticket, max_age=TICKET_SECONDS)
    except BadSignature:
        return False
    return bool(held) and held[0] == export.id


def delete_file(session: Session, export_id: str, settings: Settings) -> None:
    """Delete the file of an export that has ended, however it did; one that works is left alone.

    Harmless when it is gone already.
    """
    export = session.get(Export, export_id)
    if export is not None:
        if export.state is ExportState.REQUESTED:
            return
        works = export.expires_at is not None and export.expires_at >= clock.now()
        if export.state is ExportState.READY and works:
            return
    path = export_path(export_id, settings)
    for file in (path, unfinished_path(path)):  # the latter where a crash came before the end
        file.unlink(missing_ok=True)


def _tokens(settings: Settings) -> LinkTokens:
    return LinkTokens(settings.signing_secret, "export")


def _tickets(settings: Settings) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(settings.signing_secret, salt="export-download")
