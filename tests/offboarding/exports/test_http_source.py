"""A system that answers over HTTP: signed, page by page, within limits, from nowhere else."""

import json
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from standardwebhooks import Webhook

from offboarding.database import Database
from offboarding.errors import ConfigurationError
from offboarding.exports.errors import SourceError
from offboarding.exports.sources.chosen import sources_of
from offboarding.exports.sources.http import HttpConnection, HttpSource
from offboarding.exports.sources.port import Description, OpenSource
from offboarding.policies.exports import Proof
from offboarding.settings import Settings
from tests.offboarding.exports.making import SUBJECT, policies_with
from tests.offboarding.exports.system import System, serving

KEY = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


def source_of(system: System, *, estimated: bool = False, **limits: Any) -> HttpSource:
    connection = HttpConnection(
        **{
            "url": system.address,
            "proof": Proof.BEARER,
            "secret": "a token",
            "unencrypted": True,
            **limits,
        }
    )
    return HttpSource(
        Description("files", "Your files.", "http", estimated), connection, {"name": "Its name."}
    )


def read(source: HttpSource) -> tuple[OpenSource, list[list[object]]]:
    with source.open(SUBJECT) as opened:
        return opened, [list(row) for row in opened.rows]


def refusal(system: System, **limits: Any) -> str:
    with serving(system), pytest.raises(SourceError) as refused:
        read(source_of(system, **limits))
    return refused.value.sentence


# --- reading


def test_every_page_is_read_until_there_is_no_next_cursor() -> None:
    with serving(System(pages=[['{"n": 1}', '{"n": 2}'], [], ['{"n": 3}']])) as system:
        opened, rows = read(source_of(system))
    assert opened.counted == 3
    assert [column.name for column in opened.columns] == ["name", "n"]
    assert rows == [[None, 1], [None, 2], [None, 3]]
    cursors = [json.loads(body)["cursor"] for _, body in system.requests]
    assert cursors == [None, "1", "2"]


def test_rows_of_different_fields_share_the_columns_of_all() -> None:
    with serving(System(pages=[['{"a": 1}', '{"b": {"c": [2]}, "a": null}']])) as system:
        opened, rows = read(source_of(system))
    assert [column.name for column in opened.columns] == ["name", "a", "b"]
    assert rows == [[None, 1, None], [None, None, {"c": [2]}]]


def test_a_row_ends_at_a_line_feed_and_at_nothing_else() -> None:
    with serving(
        System(pages=[['{"a": "x\u2028y\u0085z"}', "", '{"a": "\\n"}']], total="2")
    ) as system:
        _, rows = read(source_of(system))
    assert [row[1] for row in rows] == ["x\u2028y\u0085z", "\n"]


def test_nobody_has_anything_there() -> None:
    with serving(System()) as system:
        opened, rows = read(source_of(system))
    assert (opened.counted, rows, [column.name for column in opened.columns]) == (0, [], ["name"])


# --- who asks


def test_the_system_is_told_who_it_is_about_and_nothing_more() -> None:
    with serving(System()) as system:
        read(source_of(system))
    [(headers, body)] = system.requests
    assert json.loads(body) == {**SUBJECT.parameters(), "cursor": None}
    assert headers["Authorization"] == "Bearer a token"


def test_a_signed_request_can_be_verified_and_one_changed_on_the_way_can_not() -> None:
    with serving(System(pages=[['{"n": 1}'], ['{"n": 2}']])) as system:
        read(source_of(system, proof=Proof.SIGNATURE, secret=KEY))
    numbers = set()
    for headers, body in system.requests:
        Webhook(KEY).verify(body, headers)
        numbers.add(headers["webhook-id"])
        with pytest.raises(Exception, match="No matching signature"):
            Webhook(KEY).verify(body.replace("user-17", "user-18"), headers)
        assert "Authorization" not in headers
    assert len(numbers) == 2, "each request has its own number"


@pytest.mark.parametrize("secret", ["", "whsec_", "not base64!"])
def test_a_secret_that_cannot_sign_is_refused_at_once(secret: str) -> None:
    with pytest.raises(ConfigurationError, match="no signing secret"):
        HttpConnection("https://files.example", Proof.SIGNATURE, secret)


@pytest.mark.parametrize(
    "url", ["http://files.example", "ftp://files.example", "files", "https://"]
)
def test_outside_the_sandbox_only_https_is_spoken(url: str) -> None:
    with pytest.raises(ConfigurationError, match="begins with https://"):
        HttpConnection(url, Proof.BEARER, "a token")


def test_a_secret_is_in_no_print() -> None:
    assert "hush" not in repr(HttpConnection("https://files.example", Proof.BEARER, "hush"))


def test_address_and_key_come_from_the_settings(
    settings: Settings, tmp_path: Path, database: Database
) -> None:
    named = "  - {name: files, kind: http, connection: system, secret: key, about: Your files.}\n"
    policies = policies_with(tmp_path, named)
    connections = {"system": SecretStr("http://files.example"), "key": SecretStr(KEY)}
    settings = settings.model_copy(update={"export_connections": connections})
    [source] = sources_of(policies.exports, settings, database, {})
    assert source.description.name == "files"
    elsewhere = settings.model_copy(update={"sandbox": False})
    with pytest.raises(ConfigurationError, match="begins with https://"):
        sources_of(policies.exports, elsewhere, database, {})


# --- what is refused


@pytest.mark.parametrize(
    ("system", "sentence"),
    [
        (System(status=500), "answers with status 500"),
        (System(status=204), "answers with status 204"),
        (System(status=302, headers={"Location": "https://evil.example/"}), "sends us elsewhere"),
        (System(status=307, headers={"Location": "/export"}), "sends us elsewhere"),
        (System(headers={"Content-Encoding": "gzip"}), "packs its answer"),
        (System(total=None), "says in no Total-Rows header"),
        (System(total="many"), "no number in its Total-Rows"),
        (System(total="-1"), "no number in its Total-Rows"),
        (System(pages=[["{"]]), "no JSON in row 1"),
        (System(pages=[['{"a": 1}', "[" * 100_000]]), "no JSON in row 2"),
        (System(pages=[["[1]"]]), "no JSON object in row 1"),
        (System(pages=[['{"a": 1}']], cut_short=True), "can't be reached"),
        (System(pages=[[], [], []], cursor="1"), "the same next page twice"),
    ],
)
def test_what_is_no_answer_by_the_contract_is_refused(system: System, sentence: str) -> None:
    told = refusal(system)
    assert told.startswith("The source files ")
    assert sentence in told


def test_more_than_it_may_send_is_not_taken() -> None:
    pages = [['{"a": "%s"}' % ("x" * 1000)]] * 3
    assert "most_megabytes" in refusal(System(pages=pages), most_bytes=2_000)


def test_a_row_larger_than_any_is_not_taken() -> None:
    pages = [['{"a": "%s"}' % ("x" * (9 * 1024 * 1024))]]
    assert "larger than 8 MiB" in refusal(System(pages=pages))


def test_no_longer_than_it_may_take_is_waited() -> None:
    assert "most_seconds" in refusal(System(pages=[['{"a": 1}']]), most_seconds=0.0)


def test_a_system_that_is_away_is_told(database: Database) -> None:
    system = System()
    with serving(system):
        pass
    with pytest.raises(SourceError, match=r"can't be reached \(ConnectError\)"):
        read(source_of(system))


def test_with_an_estimate_no_total_is_needed() -> None:
    with serving(System(pages=[['{"a": 1}']], total=None)) as system:
        opened, rows = read(source_of(system, estimated=True))
    assert opened.counted is None
    assert len(rows) == 1
