"""What is in an archive: the same data twice, explained, and harmless wherever it is opened."""

import hashlib
import json
import math
import tracemalloc
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from offboarding.accounts.model import Interval
from offboarding.exports.archive.values import harmless
from offboarding.exports.errors import CountError, SourceError
from tests.offboarding.exports.making import HEADING, Given, csv_rows, json_rows, written

STARTS = "=+-@\uff1d\uff0b\uff0d\uff20"


# --- values


@pytest.mark.parametrize(
    ("value", "in_json", "in_csv", "kind"),
    [
        ("Grüße 🙈", "Grüße 🙈", "Grüße 🙈", "text"),
        (-12, -12, "-12", "whole number"),
        (-1.5, -1.5, "-1.5", "number"),
        (math.inf, "inf", "inf", "number"),
        (Decimal("-12.50"), "-12.50", "-12.50", "decimal number"),
        (True, True, "true", "true or false"),
        (datetime(2026, 3, 29, 3, tzinfo=timezone(timedelta(hours=2))), "2026-03-29T01:00:00Z",
         "2026-03-29T01:00:00Z", "instant in UTC"),
        (date(2026, 2, 28), "2026-02-28", "2026-02-28", "date"),
        (time(9, 30), "09:30:00", "09:30:00", "time of day"),
        (timedelta(minutes=2), 120.0, "120.0", "duration in seconds"),
        (b"\x00\xff", "AP8=", "AP8=", "base64"),
        (memoryview(b"\x00\xff"), "AP8=", "AP8=", "base64"),
        (UUID(int=1), str(UUID(int=1)), str(UUID(int=1)), "text"),
        (Interval.YEAR, "year", "year", "text"),
        ({"at": date(2026, 1, 1), "of": [b"a", None]}, {"at": "2026-01-01", "of": ["YQ==", None]},
         '{"at": "2026-01-01", "of": ["YQ==", null]}', "JSON"),
        ({"b", "a"}, ["a", "b"], '["a", "b"]', "JSON"),
    ],
)  # fmt: skip
def test_a_value_is_exact_in_json_readable_in_csv_and_explained(
    tmp_path: Path, value: object, in_json: object, in_csv: str, kind: str
) -> None:
    archive = written(tmp_path / "a.zip", Given(rows=[[value]]))
    assert json_rows(archive, "words") == [{"words": in_json}]
    assert csv_rows(archive, "words") == [{"words": in_csv}]
    [column] = json.loads(archive.read("dictionary.json"))["sources"][0]["columns"]
    [told] = column["kinds"]
    assert kind in told
    assert kind.encode() in archive.read("README.html")


def test_nothing_is_null_in_json_and_empty_in_csv(tmp_path: Path) -> None:
    archive = written(tmp_path / "a.zip", Given(rows=[[None]]))
    assert json_rows(archive, "words") == [{"words": None}]
    assert csv_rows(archive, "words") == [{"words": ""}]


def test_a_time_without_a_zone_is_refused_unless_its_zone_is_declared(tmp_path: Path) -> None:
    summer = datetime(2026, 7, 1, 12)  # noqa: DTZ001 (that is what this is about)
    source = Given(rows=[[summer]])
    with pytest.raises(SourceError, match=r"words has times without a zone.*time_zone"):
        written(tmp_path / "a.zip", source)
    source.time_zone = ZoneInfo("Europe/Berlin")
    archive = written(tmp_path / "a.zip", source)
    assert json_rows(archive, "words") == [{"words": "2026-07-01T10:00:00Z"}]


# --- what a cell of CSV can do


@pytest.mark.parametrize(
    "cell",
    ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", " =1", "\ufeff=1",
     "\N{FULLWIDTH EQUALS SIGN}1", '=HYPERLINK("https://evil.example")', "=cmd|' /C calc'!A0"],
)  # fmt: skip
def test_no_spreadsheet_takes_a_cell_for_a_formula(tmp_path: Path, cell: str) -> None:
    archive = written(tmp_path / "a.zip", Given(rows=[[cell]], columns=[cell]))
    [row] = csv_rows(archive, "words")
    for text in (*row.keys(), *row.values()):
        assert text.startswith("'"), "the heading, too"
    assert json_rows(archive, "words") == [{cell: cell}]


@pytest.mark.parametrize(
    ("cell", "kept"),
    [("a;=1+1", "a;'=1+1"), ('x\n=1', "x\n'=1"), ("x\t@y", "x\t'@y"), ("a; b", "a; b")],
)  # fmt: skip
def test_nor_what_comes_after_a_separator_of_another_country(
    tmp_path: Path, cell: str, kept: str
) -> None:
    archive = written(tmp_path / "a.zip", Given(rows=[[cell]]))
    assert csv_rows(archive, "words") == [{"words": kept}]


@given(st.text(alphabet=st.sampled_from("=+-@;\t\r\n a'\"\ufeff\uff1d\x00")))
def test_no_text_at_all_begins_a_formula_anywhere(text: str) -> None:
    guarded = harmless(text)
    assert guarded.lstrip("\ufeff \t\r\n")[:1] not in [*STARTS]
    for separator in ";\t\r\n":
        for piece in guarded.split(separator)[1:]:
            assert piece[:1] not in [*STARTS]


@given(st.text())
def test_guarding_takes_nothing_away(text: str) -> None:
    guarded = harmless(text)
    visible = [char for char in text if char.isprintable()]
    rest = iter(guarded)
    assert all(char in rest for char in visible)


@pytest.mark.parametrize("cell", ["plain", "a=b", 'quo"ted', "two\nlines", "a,b;c", "", "🙈"])
def test_a_harmless_cell_is_left_as_it_is(tmp_path: Path, cell: str) -> None:
    archive = written(tmp_path / "a.zip", Given(rows=[[cell, 1]], columns=["words", "n"]))
    assert csv_rows(archive, "words") == [{"words": cell, "n": "1"}]


def test_control_characters_are_exact_in_json_and_visible_in_csv(tmp_path: Path) -> None:
    archive = written(tmp_path / "a.zip", Given(rows=[["a\x00b\x1b[2J\x7f"], ["half \ud83d"]]))
    assert json_rows(archive, "words") == [{"words": "a\x00b\x1b[2J\x7f"}, {"words": "half \ud83d"}]
    assert csv_rows(archive, "words") == [{"words": "a␀b␛[2J␡"}, {"words": "half \ufffd"}]


def test_a_very_long_cell_is_whole_in_its_files_and_short_in_the_readme(tmp_path: Path) -> None:
    long = "long " * 500_000
    archive = written(tmp_path / "a.zip", Given(rows=[[long]]))
    assert json_rows(archive, "words") == [{"words": long}]
    assert long.encode() in archive.read("data/words.csv")
    assert len(archive.read("README.html")) < 20_000


def test_an_archive_far_larger_than_memory_needs_little_of_it(tmp_path: Path) -> None:
    rows = [["long " * 20_000, number] for number in range(2)] * 150  # 30 MB, from two texts
    tracemalloc.start()
    try:
        written(tmp_path / "a.zip", Given(rows=rows, columns=["words", "n"])).close()
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 5_000_000


# --- what explains it


def test_the_manifest_lists_every_file_with_its_rows_its_size_and_its_sum(tmp_path: Path) -> None:
    archive = written(tmp_path / "a.zip", Given(rows=[["one"], ["two\nlines"]]))
    assert archive.testzip() is None
    manifest = json.loads(archive.read("manifest.json"))
    listed = {file["path"]: file for file in manifest["files"]}
    assert [*listed, "manifest.json"] == archive.namelist()
    for path, file in listed.items():
        raw = archive.read(path)
        assert (len(raw), hashlib.sha256(raw).hexdigest()) == (file["bytes"], file["sha256"])
    assert {path: file["rows"] for path, file in listed.items()} == {
        "data/words.jsonl": 2,
        "data/words.csv": 2,
        "dictionary.json": None,
        "README.html": None,
    }
    assert manifest["requested_at"] == "2026-11-23T09:30:00Z"
    [source] = manifest["sources"]
    assert (source["counted"], source["written"], source["agrees"]) == (2, 2, True)


def test_money_is_in_minor_units_with_its_currency_and_readable_in_the_readme(
    tmp_path: Path,
) -> None:
    rows = [[2900, "EUR", 5], [1000, "JPY", 0], [-5, "EUR", None]]
    source = Given(
        rows=rows,
        columns=["total_minor", "currency", "fee_minor"],
        money={"total_minor": "currency", "fee_minor": "GBP"},
    )
    archive = written(tmp_path / "a.zip", source)
    assert [row["total_minor"] for row in json_rows(archive, "words")] == [2900, 1000, -5]
    page = archive.read("README.html").decode()
    for text in ("€29.00", "JP¥1,000", "-€0.05", "£0.05", "money in minor units of currency"):
        assert text in page
    columns = json.loads(archive.read("dictionary.json"))["sources"][0]["columns"]
    assert [column["money_in"] for column in columns] == ["currency", None, "GBP"]


def test_a_source_without_rows_has_files_with_their_headings_and_is_said_to(
    tmp_path: Path,
) -> None:
    archive = written(tmp_path / "a.zip", Given(columns=["at", "words"]))
    assert archive.read("data/words.jsonl") == b""
    assert archive.read("data/words.csv").decode("utf-8-sig") == '"at","words"\r\n'
    page = archive.read("README.html").decode()
    assert "Nothing is held." in page
    assert "We hold nothing of this kind about you" in page


def test_nothing_in_the_data_becomes_markup_of_the_page_to_read(tmp_path: Path) -> None:
    evil = "<script>alert(1)</script>"
    heading = replace(HEADING, company_name=evil)
    source = Given(name="words", about=evil, rows=[[evil]], columns=[evil])
    page = written(tmp_path / "a.zip", source, heading=heading).read("README.html")
    assert b"<script" not in page
    assert page.count(b"&lt;script&gt;") >= 5


def test_names_in_other_scripts_are_names_of_files(tmp_path: Path) -> None:
    archive = written(tmp_path / "a.zip", Given(name="Rechnungen-für-Käufer", rows=[["a"]]))
    assert json_rows(archive, "Rechnungen-für-Käufer") == [{"words": "a"}]
    info = archive.getinfo("data/Rechnungen-für-Käufer.csv")
    assert info.flag_bits & 0x800, "said to be UTF-8"


# --- the same bytes


def test_the_same_data_give_the_same_bytes(tmp_path: Path) -> None:
    rows: list[Any] = [["a", {1, 2, 3}], ["b", {"x": 1}]]
    sources = [Given(name=name, rows=rows, columns=["n", "of"]) for name in ("one", "two")]
    for name in ("a.zip", "b.zip"):
        written(tmp_path / name, *sources)
    assert (tmp_path / "a.zip").read_bytes() == (tmp_path / "b.zip").read_bytes()


def test_files_bear_the_moment_it_was_asked_for(tmp_path: Path) -> None:
    archive = written(tmp_path / "a.zip", Given())
    assert {info.date_time for info in archive.infolist()} == {(2026, 11, 23, 9, 30, 0)}


# --- reconciliation


@pytest.mark.parametrize("counted", [1, 3, None])
def test_another_number_of_rows_than_was_counted_is_refused(
    tmp_path: Path, counted: int | None
) -> None:
    source = Given(rows=[["a"], ["b"]], counted=counted)
    with pytest.raises(CountError, match="gave 2") as refused:
        written(tmp_path / "a.zip", source)
    assert "count: estimate" in refused.value.sentence


@pytest.mark.parametrize("counted", [1, 3, None])
def test_an_estimate_may_be_wrong_and_the_manifest_says_so(
    tmp_path: Path, counted: int | None
) -> None:
    source = Given(rows=[["a"], ["b"]], counted=counted, estimated=True)
    archive = written(tmp_path / "a.zip", source)
    [told] = json.loads(archive.read("manifest.json"))["sources"]
    assert (told["counted"], told["written"]) == (counted, 2)
    assert (told["estimated"], told["agrees"]) == (True, False)


def test_a_source_that_breaks_is_named_and_what_its_driver_said_is_not(tmp_path: Path) -> None:
    def breaks(number: int) -> None:
        if number == 1:
            raise LookupError("amara@example.org has no such thing")

    source = Given(rows=[["a"], ["b"]], meanwhile=breaks)
    with pytest.raises(SourceError) as refused:
        written(tmp_path / "a.zip", source)
    assert refused.value.sentence == "The source words can't be read (LookupError)."


def test_an_archive_says_when_it_was_asked_for_in_utc(tmp_path: Path) -> None:
    heading = replace(HEADING, requested_at=datetime(2026, 11, 23, 9, 30, tzinfo=UTC))
    page = written(tmp_path / "a.zip", Given(), heading=heading).read("README.html").decode()
    assert "2026-11-23 09:30 UTC" in page
