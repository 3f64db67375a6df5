"""What can go wrong with an export, each with the sentence that staff read of it.

None holds personal data: a sentence is kept on the export's row until the export is ready.
"""

import errno

from offboarding.errors import NotFoundError, OffboardingError


class ExportError(OffboardingError):
    """An export could not be made; nothing of it is served, and it is tried again as a whole."""

    word = "export_failed"


class SourceError(ExportError):
    """A source could not be read to its end."""

    def __init__(self, source: str, trouble: str) -> None:
        super().__init__(f"The source {source} {trouble}")


class CountError(SourceError):
    """A source gave more rows than were counted, or fewer."""

    def __init__(self, source: str, counted: int | None, written: int) -> None:
        told = "no" if counted is None else counted
        super().__init__(
            source,
            f"counts {told} rows and gave {written}. Mend its query, or declare its count as an "
            "estimate (`count: estimate` in policy/exports.yml).",
        )


class NoRoomError(ExportError):
    """The disk has no room for the archive."""

    def __init__(self) -> None:
        super().__init__("The disk is full: free some space; the export is tried again.")


class ExportStoppedError(ExportError):
    """The export was revoked or erased while it was being made."""

    def __init__(self) -> None:
        super().__init__("This export was revoked while it was being made.")


class ExportGoneError(NotFoundError):
    """The link is genuine, and nothing is behind it any more."""

    word = "export_gone"


class DownloadsUsedUpError(OffboardingError):
    """The link was used as often as it may be."""

    word = "downloads_used_up"


def is_no_room(error: OSError) -> bool:
    """Whether an error says that the disk, the quota or the file has no room for more."""
    return error.errno in {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
