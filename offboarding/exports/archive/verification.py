"""Checking an archive: every file as its manifest says, no more and no fewer rows, nothing added.

It shows that the archive is whole. That it is ours is shown by the SHA-256 of the whole file, which
is in the mail and on the export's page.
"""

import hashlib
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from offboarding.errors import OffboardingError
from offboarding.exports.archive.manifest import FORMAT, MANIFEST_PATH, Manifest, ManifestFile

_CHUNK_BYTES = 256 * 1024
_MOST_MANIFEST_BYTES = 16 * 1024 * 1024
_UNREADABLE = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError)
"""What the ZIP library raises for files that are damaged, encrypted or packed by other means."""


class NotAnExportError(OffboardingError):
    """The file is no archive that this application made."""

    word = "not_an_export"


@dataclass(frozen=True)
class Verdict:
    """What an archive is, and what is wrong with it."""

    sha256: str
    """Of the whole file."""
    manifest: Manifest
    problems: Sequence[str]
    """A sentence each; none for an archive that is whole."""


@dataclass
class _Rows:
    """Counts the rows of a file while it goes by."""

    is_csv: bool
    count: int = 0
    _quoted: bool = False

    def take(self, chunk: bytes) -> None:
        """Count the line ends of a piece; in CSV those within quotes are none."""
        if not self.is_csv:
            self.count += chunk.count(b"\n")
            return
        for number, piece in enumerate(chunk.split(b'"')):
            if number:
                self._quoted = not self._quoted
            if not self._quoted:
                self.count += piece.count(b"\n")

    @property
    def rows(self) -> int:
        """Rows of data: the headings of CSV are none."""
        return self.count - 1 if self.is_csv else self.count


def verify(path: Path) -> Verdict:
    """Check an archive against its manifest. Raises NotAnExportError when there is none to check.

    It reads in pieces, and of no file more than the manifest lists, whatever is packed in it.
    """
    try:
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        with zipfile.ZipFile(path) as archive:
            manifest = _manifest(archive, path)
            problems = [*_listed(archive, manifest), *_sources(manifest)]
    except zipfile.BadZipFile as error:
        raise NotAnExportError(f"{path} is no ZIP file, or not the whole of one.") from error
    except OSError as error:
        raise NotAnExportError(f"{path} can't be read ({error.strerror}).") from error
    return Verdict(digest, manifest, problems)


def _manifest(archive: zipfile.ZipFile, path: Path) -> Manifest:
    try:
        with archive.open(MANIFEST_PATH) as entry:
            text = entry.read(_MOST_MANIFEST_BYTES + 1)
        if len(text) > _MOST_MANIFEST_BYTES:
            raise NotAnExportError(f"The manifest of {path} is larger than any of ours.")
        manifest = Manifest.model_validate_json(text)
    except KeyError as error:
        raise NotAnExportError(
            f"{path} has no {MANIFEST_PATH}: it is no export of ours."
        ) from error
    except (ValidationError, *_UNREADABLE) as error:
        raise NotAnExportError(f"The manifest of {path} can't be read.") from error
    if manifest.format != FORMAT:
        raise NotAnExportError(
            f"{path} is of the format {manifest.format!r}; this version verifies {FORMAT}."
        )
    return manifest


def _listed(archive: zipfile.ZipFile, manifest: Manifest) -> Iterator[str]:
    there_are = Counter(archive.namelist())
    listed = Counter(file.path for file in manifest.files)
    for name, times in (there_are + listed).items():
        if there_are[name] > 1 or listed[name] > 1:
            yield f"{name}: there more than once."
        elif name != MANIFEST_PATH and times == 1:
            yield f"{name}: {'not in the manifest' if there_are[name] else 'missing'}."
    for file in manifest.files:
        if there_are[file.path] == 1:
            problem = _content(archive, file)
            if problem:
                yield f"{file.path}: {problem}"


def _content(archive: zipfile.ZipFile, file: ManifestFile) -> str:
    """What is wrong with a file; empty when nothing is."""
    digest, size, rows = hashlib.sha256(), 0, _Rows(file.path.endswith(".csv"))
    try:
        with archive.open(file.path) as entry:
            while chunk := entry.read(_CHUNK_BYTES):
                size += len(chunk)
                if size > file.bytes:
                    return f"larger than the {file.bytes} bytes that the manifest says."
                digest.update(chunk)
                rows.take(chunk)
    except _UNREADABLE:
        return "damaged; it can't be unpacked."
    if size != file.bytes:
        return f"{size} bytes, and the manifest says {file.bytes}."
    if digest.hexdigest() != file.sha256:
        return "changed: its SHA-256 is another one than in the manifest."
    if file.rows is not None and rows.rows != file.rows:
        return f"{rows.rows} rows, and the manifest says {file.rows}."
    return ""


def _sources(manifest: Manifest) -> Iterator[str]:
    rows = {file.path: file.rows for file in manifest.files}
    for source in manifest.sources:
        for ending in ("jsonl", "csv"):
            if rows.get(f"data/{source.name}.{ending}") != source.written:
                yield f"data/{source.name}.{ending}: not the {source.written} rows of its source."
        if not source.estimated and source.counted != source.written:
            yield f"{source.name}: {source.written} rows, and its source counts {source.counted}."
