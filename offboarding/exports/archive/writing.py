"""Writing the archive: row by row, whatever its size, and the same bytes for the same data."""

import csv
import hashlib
import io
import shutil
import tempfile
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Protocol

from offboarding.errors import ConfigurationError
from offboarding.exports.archive.manifest import (
    DICTIONARY_PATH,
    FORMAT,
    MANIFEST_PATH,
    README_PATH,
    Dictionary,
    DictionaryColumn,
    DictionarySource,
    Manifest,
    ManifestFile,
    ManifestSource,
    as_json,
)
from offboarding.exports.archive.readme import SHOWN_ROWS, Shown, readme, shortened
from offboarding.exports.archive.values import Json, ZonelessTimeError, cell, json_line, written
from offboarding.exports.errors import CountError, ExportError, SourceError, is_no_room
from offboarding.exports.sources.port import Column, Description, OpenSource, Row, Source, Subject

COMPRESSION_LEVEL = 4
"""Of 9: on text a tenth larger than the usual 6, in half the time."""
_BUFFER_BYTES = 64 * 1024


@dataclass(frozen=True)
class Heading:
    """What the archive says at its top."""

    export_id: str
    company_name: str
    requested_at: datetime
    locale: str
    """How the customer reads amounts of money."""
    beyond: str
    """What is said of whatever is not in it."""


class Progress(Protocol):
    """Who wants to know how far the writing is."""

    def begin(self, source: Description, counted: int | None) -> None:
        """A source's rows are coming."""

    def advance(self) -> None:
        """One more row is written. May raise, to stop the writing."""

    def end(self) -> None:
        """The source's rows are all written."""


@dataclass
class _Sheet:
    """What is noted of one source while its rows go by."""

    description: Description
    columns: Sequence[Column]
    kinds: list[set[str]]
    first: list[list[Json]] = field(default_factory=list)
    rows: int = 0


def write_archive(
    file: IO[bytes],
    heading: Heading,
    sources: Sequence[Source],
    subject: Subject,
    *,
    progress: Progress,
    folder: Path,
) -> None:
    """Write a ZIP with README, dictionary, manifest, and JSON lines and CSV of each source.

    `folder` takes a file without a name meanwhile, as large as the CSV of the largest source.
    Raises SourceError and CountError; an OSError is one of the disk that is written to.
    """
    with zipfile.ZipFile(
        file, "w", zipfile.ZIP_DEFLATED, compresslevel=COMPRESSION_LEVEL
    ) as archive:
        target = _Target(archive, heading.requested_at)
        entries: list[ManifestSource] = []
        sheets: list[_Sheet] = []
        for source in sources:
            sheet, entry = _write_source(target, source, subject, progress, folder)
            sheets.append(sheet)
            entries.append(entry)
        target.write(DICTIONARY_PATH, as_json(_dictionary(sheets)))
        target.write(README_PATH, _readme(heading, sheets))
        manifest = Manifest(
            format=FORMAT,
            export=heading.export_id,
            requested_at=heading.requested_at.astimezone(UTC),
            sources=entries,
            files=target.files,
        )
        target.write(MANIFEST_PATH, as_json(manifest))


class _Target:
    """The ZIP, and a list of what is in it."""

    def __init__(self, archive: zipfile.ZipFile, moment: datetime) -> None:
        self._archive = archive
        # The moment it was asked for, so that trying again gives the same bytes.
        utc = moment.astimezone(UTC)
        self._date = (utc.year, utc.month, utc.day, utc.hour, utc.minute, utc.second)
        self.files: list[ManifestFile] = []

    def write(self, path: str, content: bytes) -> None:
        """Write a small file."""
        with self.entry(path) as entry:
            entry.write(content)

    @contextmanager
    def entry(self, path: str) -> Iterator["_Entry"]:
        """A file of the archive to be written now."""
        info = zipfile.ZipInfo(path, self._date)
        info.compress_type = zipfile.ZIP_DEFLATED
        info.create_system = 3  # Unix, wherever it is made
        info.external_attr = 0o644 << 16
        with self._archive.open(info, "w", force_zip64=True) as handle:
            entry = _Entry(handle)
            yield entry
            entry.flush()
        self.files.append(
            ManifestFile(path=path, bytes=entry.size, sha256=entry.digest.hexdigest())
        )

    def count(self, rows: int) -> None:
        """Note how many rows the last file has."""
        self.files[-1] = self.files[-1].model_copy(update={"rows": rows})


class _Entry:
    """Hands on what it is given in larger pieces, and knows its size and its SHA-256."""

    def __init__(self, handle: IO[bytes]) -> None:
        self._handle = handle
        self._waiting = bytearray()
        self.digest = hashlib.sha256()
        self.size = 0

    def write(self, content: bytes) -> None:
        """Add to the file."""
        self._waiting += content
        if len(self._waiting) >= _BUFFER_BYTES:
            self.flush()

    def flush(self) -> None:
        """Hand on what is waiting."""
        self.digest.update(self._waiting)
        self.size += len(self._waiting)
        self._handle.write(self._waiting)
        self._waiting = bytearray()


def _write_source(
    target: _Target, source: Source, subject: Subject, progress: Progress, folder: Path
) -> tuple[_Sheet, ManifestSource]:
    about = source.description
    with ExitStack() as stack:
        opened = stack.enter_context(_opened(source, subject))
        progress.begin(about, opened.counted)
        sheet = _Sheet(about, opened.columns, [set() for _ in opened.columns])
        spool = stack.enter_context(tempfile.TemporaryFile(dir=folder))
        # A ZIP takes one file after the other, so the second waits beside it: each row is asked
        # for once, and both files hold the same.
        with target.entry(f"data/{about.name}.jsonl") as lines:
            _write_rows(sheet, _reading(about.name, opened.rows), lines, spool, progress)
        target.count(sheet.rows)
        spool.seek(0)
        with target.entry(f"data/{about.name}.csv") as cells:
            shutil.copyfileobj(spool, cells, _BUFFER_BYTES)
        target.count(sheet.rows)
        progress.end()
        return sheet, _reconciled(about, opened.counted, sheet.rows)


def _write_rows(
    sheet: _Sheet,
    rows: Iterator[Row],
    lines: _Entry,
    spool: IO[bytes],
    progress: Progress,
) -> None:
    names = [column.name for column in sheet.columns]
    # The mark at the start tells spreadsheets that this is UTF-8.
    text = io.TextIOWrapper(spool, encoding="utf-8-sig", newline="", write_through=False)
    try:
        table = csv.writer(text, quoting=csv.QUOTE_ALL)
        table.writerow([cell("", name) for name in names])
        for row in rows:
            values, cells = _written(sheet, row)
            lines.write(json_line(names, values))
            table.writerow(cells)
            sheet.rows += 1
            if sheet.rows <= SHOWN_ROWS:
                sheet.first.append([shortened(value) for value in values])
            progress.advance()
        text.flush()
    finally:
        text.detach()


def _written(sheet: _Sheet, row: Row) -> tuple[list[Json], list[str]]:
    values: list[Json] = []
    cells: list[str] = []
    zone = sheet.description.time_zone
    for value, column, kinds in zip(row, sheet.columns, sheet.kinds, strict=True):
        try:
            kind, plain = written(value, zone)
        except ZonelessTimeError as error:
            raise SourceError(
                sheet.description.name,
                f"has times without a zone in its column {column.name}. Say which zone they are "
                "of: `time_zone: Europe/Berlin` in policy/exports.yml.",
            ) from error
        kinds.add(kind)
        values.append(plain)
        cells.append(cell(kind, plain))
    return values, cells


@contextmanager
def _opened(source: Source, subject: Subject) -> Iterator[OpenSource]:
    name = source.description.name
    with ExitStack() as stack:
        with _trouble_of(name):
            opened = stack.enter_context(source.open(subject))
        yield opened


def _reading(name: str, rows: Iterator[Row]) -> Iterator[Row]:
    with _trouble_of(name):
        yield from rows


@contextmanager
def _trouble_of(name: str) -> Iterator[None]:
    """Whatever a source raises is told as its own trouble; what a driver says may hold data."""
    try:
        yield
    except (ExportError, ConfigurationError):
        raise
    except Exception as error:
        if isinstance(error, OSError) and is_no_room(error):
            raise
        raise SourceError(name, f"can't be read ({type(error).__name__}).") from error


def _reconciled(about: Description, counted: int | None, rows: int) -> ManifestSource:
    """The source's line of the manifest. Raises CountError unless its count is an estimate."""
    if counted != rows and not about.estimated:
        raise CountError(about.name, counted, rows)
    return ManifestSource(
        name=about.name,
        about=about.about,
        kind=about.kind,
        counted=counted,
        written=rows,
        estimated=about.estimated,
        agrees=counted == rows,
    )


def _dictionary(sheets: Sequence[_Sheet]) -> Dictionary:
    return Dictionary(
        format=FORMAT,
        sources=[
            DictionarySource(
                name=sheet.description.name,
                about=sheet.description.about,
                files=[
                    f"data/{sheet.description.name}.jsonl",
                    f"data/{sheet.description.name}.csv",
                ],
                columns=_columns(sheet),
            )
            for sheet in sheets
        ],
    )


def _columns(sheet: _Sheet) -> list[DictionaryColumn]:
    return [
        DictionaryColumn(
            name=column.name,
            about=column.about,
            kinds=sorted(kinds - {""}),
            money_in=sheet.description.money.get(column.name),
        )
        for column, kinds in zip(sheet.columns, sheet.kinds, strict=True)
    ]


def _readme(heading: Heading, sheets: Sequence[_Sheet]) -> bytes:
    shown = [Shown(sheet.description, _columns(sheet), sheet.rows, sheet.first) for sheet in sheets]
    return readme(heading.company_name, heading.requested_at, heading.locale, shown, heading.beyond)
