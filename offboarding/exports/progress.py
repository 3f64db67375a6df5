"""How far an export is: rows done of rows counted, of each source, kept on the export's row."""

import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass

import sqlalchemy as sa

from offboarding.database import Database
from offboarding.exports.errors import ExportStoppedError
from offboarding.exports.model import Export, ExportState
from offboarding.exports.sources.port import Description

NOTED_EVERY_SECONDS = 1.0


@dataclass
class SourceProgress:
    """How far one source is."""

    source: str
    about: str
    """What it is, in the customer's words."""
    counted: int | None = None
    """How many rows there are; None until it was asked, and where it could not say."""
    done: int = 0
    finished: bool = False


@dataclass(frozen=True)
class ExportProgress:
    """How far an export is, as a whole and source by source."""

    sources: Sequence[SourceProgress]

    @property
    def done(self) -> int:
        """Rows written."""
        return sum(each.done for each in self.sources)

    @property
    def finished_sources(self) -> int:
        """Sources that were read to their end."""
        return sum(each.finished for each in self.sources)


def progress(export: Export) -> ExportProgress:
    """How far an export is; without sources before it was begun."""
    return ExportProgress([SourceProgress(**each) for each in export.progress or []])


class KeptProgress:
    """A Progress that is kept on the export's row, within a source once a second at the most."""

    def __init__(
        self,
        database: Database,
        export_id: str,
        descriptions: Sequence[Description],
        *,
        every_seconds: float = NOTED_EVERY_SECONDS,
    ) -> None:
        self._every_seconds = every_seconds
        self._database = database
        self._export_id = export_id
        self._sources = [SourceProgress(each.name, each.about) for each in descriptions]
        self._place = -1
        self._noted_at = 0.0
        self._note()

    def begin(self, source: Description, counted: int | None) -> None:  # noqa: ARG002 (they come in order)
        """See Progress."""
        self._place += 1
        self._sources[self._place].counted = counted
        self._note()

    def advance(self) -> None:
        """See Progress. Raises ExportStoppedError when the export was revoked meanwhile."""
        self._sources[self._place].done += 1
        if time.monotonic() - self._noted_at >= self._every_seconds:
            self._note()

    def end(self) -> None:
        """See Progress."""
        self._sources[self._place].finished = True
        self._note()

    def _note(self) -> None:
        self._noted_at = time.monotonic()
        with self._database.write() as session:
            noted = session.execute(
                sa.update(Export)
                .where(Export.id == self._export_id, Export.state == ExportState.REQUESTED)
                .values(progress=[asdict(each) for each in self._sources])
                .returning(Export.id)
            ).scalar()
        if noted is None:
            raise ExportStoppedError
