"""`offboard export verify`: whole archives pass, and every kind of change is named."""

import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from offboarding.exports.archive.verification import NotAnExportError, verify
from tests.offboarding.exports.making import Given, csv_rows, json_rows, written

Change = Callable[[dict[str, bytes]], None]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """An archive as it was made."""
    rows = [['a "quoted"\ntext'], ["=1+1"], ["\r\nx"], [None]]
    written(
        tmp_path / "copy.zip",
        Given(rows=rows),
        Given(name="empty"),
        Given(name="guess", rows=[["a"]], counted=9, estimated=True),
    ).close()
    return tmp_path / "copy.zip"


def packed_anew(path: Path, change: Change) -> None:
    """The same files again, after a change to them."""
    with zipfile.ZipFile(path) as archive:
        content = {name: archive.read(name) for name in archive.namelist()}
    change(content)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, raw in content.items():
            archive.writestr(name, raw)


def in_manifest(**changes: Any) -> Change:
    """Change what the manifest says of the first file."""

    def change(content: dict[str, bytes]) -> None:
        manifest = json.loads(content["manifest.json"])
        manifest["files"][0] |= changes
        content["manifest.json"] = json.dumps(manifest).encode()

    return change


def cut(content: dict[str, bytes]) -> None:
    content["data/words.csv"] = content["data/words.csv"][:-3]


def longer(content: dict[str, bytes]) -> None:
    content["data/words.jsonl"] += b'{"words": "more"}\n'


def another_letter(content: dict[str, bytes]) -> None:
    content["README.html"] = content["README.html"].replace(b"Your data", b"Your dada", 1)


def without_one(content: dict[str, bytes]) -> None:
    del content["data/words.csv"]


def with_one_more(content: dict[str, bytes]) -> None:
    content["invoice.exe"] = b"MZ"


def counted_otherwise(content: dict[str, bytes]) -> None:
    manifest = json.loads(content["manifest.json"])
    manifest["sources"][0]["counted"] = 7
    content["manifest.json"] = json.dumps(manifest).encode()


def written_otherwise(content: dict[str, bytes]) -> None:
    manifest = json.loads(content["manifest.json"])
    manifest["sources"][0] |= {"written": 3, "counted": 3}
    content["manifest.json"] = json.dumps(manifest).encode()


def test_an_archive_as_it_was_made_is_whole(path: Path) -> None:
    verdict = verify(path)
    assert verdict.problems == []
    assert [source.written for source in verdict.manifest.sources] == [4, 0, 1]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | st.text("\r\n\"',;=-"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)


@given(rows=st.lists(st.tuples(JSON, JSON), max_size=5))
def test_whatever_the_data_are_they_come_back_and_the_archive_is_whole(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[object, object]]
) -> None:
    path = tmp_path_factory.mktemp("any") / "copy.zip"
    with written(path, Given(rows=rows, columns=["a", "b"])) as archive:
        assert json_rows(archive, "words") == [{"a": a, "b": b} for a, b in rows]
        assert len(csv_rows(archive, "words")) == len(rows)
    assert verify(path).problems == []


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (cut, "data/words.csv: "),
        (longer, "data/words.jsonl: larger than the"),
        (another_letter, "README.html: changed"),
        (without_one, "data/words.csv: missing."),
        (with_one_more, "invoice.exe: not in the manifest."),
        (in_manifest(sha256="0" * 64), "data/words.jsonl: changed"),
        (in_manifest(rows=3), "data/words.jsonl: 4 rows, and the manifest says 3"),
        (counted_otherwise, "words: 4 rows, and its source counts 7."),
        (written_otherwise, "data/words.csv: not the 3 rows of its source."),
    ],
)
def test_a_change_is_named_with_its_file(path: Path, change: Change, problem: str) -> None:
    packed_anew(path, change)
    assert any(each.startswith(problem) for each in verify(path).problems)


def test_a_file_that_is_there_twice_is_named(path: Path) -> None:
    with (
        zipfile.ZipFile(path, "a") as archive,
        pytest.warns(UserWarning, match="Duplicate name"),
    ):
        archive.writestr("data/words.csv", b"another one")
    assert "data/words.csv: there more than once." in verify(path).problems


def test_a_damaged_byte_is_named(path: Path) -> None:
    raw = bytearray(path.read_bytes())
    with zipfile.ZipFile(path) as archive:
        at = archive.getinfo("data/words.jsonl").header_offset
    raw[at + 70] ^= 0xFF
    path.write_bytes(raw)
    assert any(each.startswith("data/words.jsonl: ") for each in verify(path).problems)


def test_a_small_file_that_unpacks_to_a_huge_one_is_not_unpacked_whole(path: Path) -> None:
    def blown_up(content: dict[str, bytes]) -> None:
        content["data/words.csv"] = bytes(200_000_000)

    packed_anew(path, blown_up)
    assert any("larger than the" in each for each in verify(path).problems)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "no ZIP file"),
        (b"PK\x03\x04 and no more", "no ZIP file"),
        (b"\x00" * 1000, "no ZIP file"),
    ],
)
def test_what_is_no_archive_is_told(tmp_path: Path, content: bytes, sentence: str) -> None:
    path = tmp_path / "copy.zip"
    path.write_bytes(content)
    with pytest.raises(NotAnExportError, match=sentence):
        verify(path)


@pytest.mark.parametrize(
    ("manifest", "sentence"),
    [
        (None, "has no manifest.json"),
        (b"{", "can't be read"),
        (b"[]", "can't be read"),
        (b" " * (17 * 1024 * 1024), "larger than any of ours"),
    ],
)
def test_an_archive_of_somebody_else_is_told(
    path: Path, manifest: bytes | None, sentence: str
) -> None:
    def change(content: dict[str, bytes]) -> None:
        del content["manifest.json"]
        if manifest is not None:
            content["manifest.json"] = manifest

    packed_anew(path, change)
    with pytest.raises(NotAnExportError, match=sentence):
        verify(path)


def test_a_later_format_is_told(path: Path) -> None:
    def later(content: dict[str, bytes]) -> None:
        content["manifest.json"] = content["manifest.json"].replace(b"export/1", b"export/2")

    packed_anew(path, later)
    with pytest.raises(NotAnExportError, match="this version verifies offboarding-export/1"):
        verify(path)


def test_half_a_file_and_no_file_are_told(path: Path, tmp_path: Path) -> None:
    path.write_bytes(path.read_bytes()[:500])
    with pytest.raises(NotAnExportError, match="not the whole of one"):
        verify(path)
    with pytest.raises(NotAnExportError, match="No such file"):
        verify(tmp_path / "nothing.zip")
