"""What the archive says of itself, so that anybody can check it."""

from datetime import datetime

from pydantic import BaseModel, ConfigDict

FORMAT = "offboarding-export/1"
MANIFEST_PATH = "manifest.json"
README_PATH = "README.html"
DICTIONARY_PATH = "dictionary.json"


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, strict=False)


class ManifestFile(_Part):
    """One file of the archive."""

    path: str
    bytes: int
    sha256: str
    rows: int | None = None
    """Rows of data in it; None for a file that is none of data."""


class ManifestSource(_Part):
    """One source, and whether its own count agrees with what was written."""

    name: str
    about: str
    kind: str
    counted: int | None
    """By the source itself; None where it could not say."""
    written: int
    estimated: bool
    agrees: bool


class Manifest(_Part):
    """manifest.json: every other file of the archive, and every source."""

    format: str
    export: str
    requested_at: datetime
    sources: list[ManifestSource]
    files: list[ManifestFile]


class DictionaryColumn(_Part):
    """One column: its name, what it is, and how its values are written."""

    name: str
    about: str
    kinds: list[str]
    money_in: str | None = None
    """The column with its currency, or the currency itself; None where it is no amount."""


class DictionarySource(_Part):
    """The columns of one source."""

    name: str
    about: str
    files: list[str]
    columns: list[DictionaryColumn]


class Dictionary(_Part):
    """dictionary.json."""

    format: str
    sources: list[DictionarySource]


def as_json(part: BaseModel) -> bytes:
    """The text of one of these files."""
    return (part.model_dump_json(indent=2) + "\n").encode()
