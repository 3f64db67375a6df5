"""The archive a customer downloads: what they can read, and what a program can."""

import csv
import hashlib
import io
import json
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from html import escape
from pathlib import Path

Row = Mapping[str, str | int | None]
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""What a spreadsheet may take for the start of a formula, in full width too."""


@dataclass(frozen=True)
class Section:
    """One kind of data: a file name without ending, what it is, and its rows."""

    name: str
    about: str
    rows: Sequence[Row]


@dataclass(frozen=True)
class ArchiveFacts:
    """What was written."""

    sha256: str
    size_bytes: int


def write_archive(path: Path, sections: Sequence[Section], made_at: datetime) -> ArchiveFacts:
    """Write the ZIP whole or not at all: README.html, manifest.json, and JSON and CSV of each part.

    The manifest lists path, row count and SHA-256 of each file. Writing again replaces the file.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(".part")
    files: dict[str, bytes] = {}
    counts: dict[str, int] = {}
    for section in sections:
        for name, content in (
            (f"{section.name}.json", _as_json(section.rows)),
            (f"{section.name}.csv", _as_csv(section.rows)),
        ):
            files[name], counts[name] = content, len(section.rows)
    manifest = {
        "made_at": made_at.isoformat(),
        "files": [
            {"path": name, "rows": counts[name], "sha256": hashlib.sha256(content).hexdigest()}
            for name, content in files.items()
        ],
    }
    files["manifest.json"] = json.dumps(manifest, indent=2).encode()
    files["README.html"] = _readme(sections, made_at).encode()
    with zipfile.ZipFile(unfinished, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    digest = hashlib.sha256(unfinished.read_bytes()).hexdigest()
    unfinished.replace(path)
    return ArchiveFacts(sha256=digest, size_bytes=path.stat().st_size)


def _as_json(rows: Sequence[Row]) -> bytes:
    return json.dumps([dict(row) for row in rows], indent=2, ensure_ascii=False).encode()


def _as_csv(rows: Sequence[Row]) -> bytes:
    text = io.StringIO()
    if rows:
        writer = csv.DictWriter(text, fieldnames=list(rows[0]))
        writer.writeheader()
        writer.writerows({field: _harmless(value) for field, value in row.items()} for row in rows)
    return text.getvalue().encode()


def _harmless(value: str | int | None) -> str | int | None:
    """A cell that no spreadsheet takes for a formula."""
    if isinstance(value, str) and value.startswith(_FORMULA_STARTS):
        return "'" + value
    return value


def _readme(sections: Sequence[Section], made_at: datetime) -> str:
    items = "".join(
        f"<li><b>{escape(section.name)}</b> (.json, .csv): {escape(section.about)} "
        f"Rows: {len(section.rows)}.</li>"
        for section in sections
    )
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8"><title>Your data</title>'
        f"<h1>Your data</h1><p>Made on {made_at:%Y-%m-%d %H:%M} UTC.</p><ul>{items}</ul>"
        "<p>manifest.json lists each file with its number of rows and its SHA-256.</p></html>"
    )
