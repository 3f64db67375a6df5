"""policy/exports.yml: what is shipped can be used; a mistake has its line and its mend."""

from pathlib import Path

import pytest

from offboarding.errors import PolicyError
from offboarding.policies.exports import ExportPolicy, OwnData
from offboarding.policies.reading import read_policy
from offboarding.settings import REPOSITORY

GOOD = """\
version: 2026-11-28
reviewed_by: nobody
most_downloads: 5
sources:
  - name: profile
    about: Who you are.
    kind: tables
    data: profile
  - name: invoices
    about: Your invoices.
    kind: sql
    connection: billing
    money: {total: currency}
    time_zone: Europe/Berlin
    query: |
      SELECT total, currency, at\\:\\:text FROM invoice WHERE customer = :external_id;
  - name: files
    about: Your files.
    kind: http
    connection: files
    secret: files_key
    count: estimate
"""


def test_what_is_shipped_has_all_that_the_application_keeps() -> None:
    policy = read_policy(REPOSITORY / "policy" / "exports.yml", ExportPolicy)
    assert [source.name for source in policy.sources] == [data.value for data in OwnData]


def test_one_of_each_kind_can_be_used(tmp_path: Path) -> None:
    path = tmp_path / "exports.yml"
    path.write_text(GOOD, encoding="utf-8")
    policy = read_policy(path, ExportPolicy)
    assert [source.kind for source in policy.sources] == ["tables", "sql", "http"]


PROFILE, INVOICES, QUERY, FILES = "- name: profile", "- name: invoices", "query: |", "- name: files"


@pytest.mark.parametrize(
    ("old", "new", "line_of", "mend"),
    [
        ("most_downloads: 5", "most_downloads: 0", "most_d", "greater than or equal to 1"),
        ("name: profile", "name: a/b", PROFILE, "name: a name becomes a file's name"),
        ("name: profile", "name: ../profile", PROFILE, "a name becomes a file's name"),
        ("name: profile", "name: NUL", PROFILE, "on Windows"),
        ("name: files", "name: Profile", FILES, "two sources named Profile"),
        ("about: Who you are.", "about: ' '", "about: Who", "at least 1 character"),
        ("kind: tables", "kind: table", PROFILE, "kind: tables, sql or http"),
        ("    kind: tables\n", "", PROFILE, "kind: tables, sql or http"),
        ("data: profile", "data: profiles", "data: profile", "'profile'"),
        ("data: profile", "datas: profile", PROFILE, "sources.0.data: Add this field."),
        ("connection: billing", "connection: sqlite:///x", "connection: billing", "pattern"),
        ("count: estimate", "count: guess", "count:", "'exact' or 'estimate'"),
        ("Europe/Berlin", "Mars", "time_zone", "there is no time zone Mars"),
        ("total: currency", "total: XYZ", "money", "there is no currency XYZ"),
        ("secret: files_key", "secrets: files_key", FILES, "secret: Add this field."),
        (":external_id;", ":email;", QUERY, "no parameter :email"),
        ("= :external_id;", "= 1", QUERY, "asks for everybody's data"),
        ("SELECT total", "DELETE total", QUERY, "sources.1.query: a query begins with SELECT"),
        ("count: estimate", "proof: none", "count:", "'bearer' or 'signature'"),
    ],
)
def test_a_mistake_is_named_with_its_line_and_its_mend(
    tmp_path: Path, old: str, new: str, line_of: str, mend: str
) -> None:
    path = tmp_path / "exports.yml"
    assert GOOD.count(old) == 1 or old == "name: profile"
    path.write_text(GOOD.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(PolicyError) as refused:
        read_policy(path, ExportPolicy)
    line = GOOD[: GOOD.index(line_of)].count("\n") + 1
    assert refused.value.sentence.startswith(f"{path}, line {line}: ")
    assert mend in refused.value.sentence


def test_the_semicolon_at_the_end_of_a_query_is_no_part_of_it(tmp_path: Path) -> None:
    path = tmp_path / "exports.yml"
    path.write_text(GOOD, encoding="utf-8")
    policy = read_policy(path, ExportPolicy)
    assert policy.sources[1].query.endswith(":external_id")  # type: ignore[union-attr]
