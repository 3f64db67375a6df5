"""What the tests of exports share: a source that gives what it is told to, and reading a ZIP."""

import csv
import io
import json
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from offboard.off_boarding import KEPT
from offboarding.database import Database
from offboarding.exports import service as exports
from offboarding.exports.archive.writing import Heading, write_archive
from offboarding.exports.model import Export
from offboarding.exports.sources.port import Column, Description, OpenSource, Row, Subject
from offboarding.policies.store import Policies
from offboarding.settings import REPOSITORY, Settings
from tests.factories import make_customer

TALK = "1" * 32
ASKED_AT = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
SUBJECT = Subject("c" * 32, "a" * 32, "user-17")
HEADING = Heading("e" * 32, "Larkspur Notes", ASKED_AT, "en-GB", "Nothing else is in it.")


@dataclass
class Given:
    """A Source that has the given rows."""

    name: str = "words"
    rows: Sequence[Row] = ()
    columns: Sequence[str] = ("words",)
    about: str = "What you said."
    counted: int | None = -1
    """-1 is as many as there are."""
    estimated: bool = False
    money: Mapping[str, str] = field(default_factory=dict)
    time_zone: ZoneInfo | None = None
    meanwhile: Callable[[int], object] = bool
    """Called before each row with its number."""

    @property
    def description(self) -> Description:
        return Description(
            self.name, self.about, "given", self.estimated, self.money, self.time_zone
        )

    @contextmanager
    def open(self, subject: Subject) -> Iterator[OpenSource]:
        assert subject == SUBJECT
        counted = len(self.rows) if self.counted == -1 else self.counted
        yield OpenSource([Column(name) for name in self.columns], counted, self._each())

    def _each(self) -> Iterator[Row]:
        for number, row in enumerate(self.rows):
            self.meanwhile(number)
            yield row


class Unwatched:
    """A Progress that nobody looks at."""

    def begin(self, source: Description, counted: int | None) -> None: ...

    def advance(self) -> None: ...

    def end(self) -> None: ...


def written(path: Path, *sources: Given, heading: Heading = HEADING) -> zipfile.ZipFile:
    """The archive of these sources."""
    with path.open("w+b") as file:
        write_archive(file, heading, sources, SUBJECT, progress=Unwatched(), folder=path.parent)
    return zipfile.ZipFile(path)


def json_rows(archive: zipfile.ZipFile, name: str) -> list[Any]:
    return [json.loads(line) for line in archive.read(f"data/{name}.jsonl").splitlines()]


def csv_rows(archive: zipfile.ZipFile, name: str) -> list[dict[str, str]]:
    text = archive.read(f"data/{name}.csv").decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline="")))


def ask(database: Database, email: str = "amara@example.org") -> Export:
    with database.write() as session:
        return exports.request(session, make_customer(session, email), TALK)


def ready(database: Database, settings: Settings, policies: Policies) -> Export:
    export = ask(database)
    exports.build(database, export.id, settings, policies, KEPT)
    return stored(database, export)


def stored(database: Database, export: Export) -> Export:
    with database.read() as session:
        return session.get_one(Export, export.id)


def opened(export: Export, settings: Settings) -> zipfile.ZipFile:
    return zipfile.ZipFile(exports.export_path(export.id, settings))


def token_of(export: Export, settings: Settings) -> str:
    return exports.export_link(export.id, settings).rpartition("/")[2]


def files(settings: Settings) -> list[str]:
    """What lies in the folder of the exports."""
    return sorted(file.name for file in (settings.data_directory / "exports").iterdir())


def policies_with(folder: Path, sources: str) -> Policies:
    """The policies as shipped, with these sources of exports instead."""
    for policy in (REPOSITORY / "policy").glob("*.yml"):
        (folder / policy.name).write_bytes(policy.read_bytes())
    text = (REPOSITORY / "policy" / "exports.yml").read_text(encoding="utf-8")
    head = text[: text.index("sources:")]
    (folder / "exports.yml").write_text(f"{head}sources:\n{sources}", encoding="utf-8")
    return Policies(folder)
