"""Whatever is typed or sent: kept as it came, or refused with a sentence, never a fault of ours."""

import json

import httpx
import pytest
from starlette.requests import Request
from starlette.types import Message, Receive, Scope, Send
from structlog.testing import capture_logs

from channels.conversations.cleaning import MOST_CHARACTERS
from channels.errors import TooManyConversationsError
from channels.gateway import Gateway
from channels.web.limits import MOST_BODY_BYTES, CreationLimit
from channels.web.request_log import RequestLog
from tests.channels.conftest import Running, Site
from tests.channels.stand_in import StandInRasa
from tests.channels.talk import Talk

KEY = {"Idempotency-Key": "a-good-key", "Content-Type": "application/json"}


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("hello", "hello"),
        ("  hello\n", "hello"),
        ("one\r\ntwo\tthree", "one\ntwo\tthree"),
        ("😀👩‍👩‍👧‍👦", "😀👩‍👩‍👧‍👦"),
        ("/restart", "/restart"),
        ('/confirm{"yes": 1}', '/confirm{"yes": 1}'),
        ("<script>alert(1)</script>", "<script>alert(1)</script>"),
        ("a\x00b\x07c\x1b[31m", "abc[31m"),
        ("cafe\u0301", "café"),
        ("lone \ud800 surrogate", "lone  surrogate"),
        ("'; DROP TABLE message; --", "'; DROP TABLE message; --"),
        ("إلغاء الاشتراك", "إلغاء الاشتراك"),
        ("x" * MOST_CHARACTERS, "x" * MOST_CHARACTERS),
        ("😀" * MOST_CHARACTERS, "😀" * MOST_CHARACTERS),
    ],
)
async def test_a_text_is_kept_as_it_came(
    site: Site, rasa: StandInRasa, typed: str, kept: str
) -> None:
    talk = await Talk.begin(site.http)
    body = json.dumps({"text": typed}, ensure_ascii=max(map(ord, typed), default=0) < 0x10000)
    response = await _post(site.http, talk, body.encode())
    assert response.status_code == 202, response.text
    assert (await talk.until(3))[1]["text"] == kept
    [request] = rasa.requests
    assert (request["text"], request["intent"]) == (kept, None)


@pytest.mark.parametrize("typed", ["", "   \n\t ", "\x00", "\x00\x01\x7f", "\ud801"])
async def test_a_text_of_nothing_is_empty(site: Site, rasa: StandInRasa, typed: str) -> None:
    talk = await Talk.begin(site.http)
    refused = await _post(site.http, talk, json.dumps({"text": typed}).encode())
    _is_problem(refused, 400, "empty")
    assert rasa.requests == []


@pytest.mark.parametrize("length", [MOST_CHARACTERS + 1, 60_000, 100_000])
async def test_a_text_too_long_is_refused(site: Site, rasa: StandInRasa, length: int) -> None:
    talk = await Talk.begin(site.http)
    _is_problem(await talk.send(text="x" * length), 413, "too_long")
    assert (await talk.status())["last_sequence"] == 1


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"\xff\xfe",
        b'{"text": "\xff"}',
        b"[]",
        b'"text"',
        b"null",
        b"{}",
        b'{"text": null}',
        b'{"text": 5}',
        b'{"text": ["a"]}',
        b'{"text": "a", "command": "talk_to_person"}',
        b'{"command": "restart"}',
        b'{"intent": "affirm"}',
        b'{"text": "a", "intent": "affirm"}',
        b"[" * 60_000,
        b'{"text": ' + b"1" * 60_000 + b"}",
    ],
    ids=range(17),
)
async def test_a_body_of_another_form_is_refused(
    site: Site, rasa: StandInRasa, body: bytes
) -> None:
    talk = await Talk.begin(site.http)
    _is_problem(await _post(site.http, talk, body), 400)
    assert rasa.requests == []


@pytest.mark.parametrize("key", [None, "", "short", "x" * 65, "with a space", "ümlaut-key"])
async def test_a_key_of_another_form_is_refused(site: Site, key: str | None) -> None:
    talk = await Talk.begin(site.http)
    headers = dict(talk.headers)
    if key is not None:
        headers["Idempotency-Key"] = key.encode("latin-1")
    response = await site.http.post(
        f"{talk.path}/messages", json={"text": "hello"}, headers=headers
    )
    _is_problem(response, 400, "invalid_request")


async def test_a_body_of_unknown_length_is_refused_once_it_is_too_long(site: Site) -> None:
    talk = await Talk.begin(site.http)
    sent = 0

    async def long():
        nonlocal sent
        while sent < 100 * MOST_BODY_BYTES:
            sent += 1024
            yield b"x" * 1024

    _is_problem(await _post(site.http, talk, long()), 413, "too_long")
    assert (await talk.status())["last_sequence"] == 1


async def test_a_body_announced_too_large_is_refused_unread(site: Site) -> None:
    response = await site.http.post(
        "/api/conversations", content=b"x" * (MOST_BODY_BYTES + 1), headers=KEY
    )
    _is_problem(response, 413, "too_long")


@pytest.mark.parametrize(
    ("wish", "kept"),
    [
        ({"locale": "de-DE", "time_zone": "Europe/Berlin"}, True),
        ({"locale": "not a locale", "time_zone": "../../etc/passwd"}, True),
        ({"locale": "\x00", "time_zone": "\x00"}, True),
        ({"locale": "x" * 9000, "time_zone": "x" * 9000}, True),
        ({"locale": 5}, False),
        ({"identity_token": 5}, False),
        ({"identity_token": "x" * 9000}, False),
    ],
)
async def test_a_browsers_wishes_never_keep_anybody_out(
    site: Site, wish: dict[str, object], kept: bool
) -> None:
    response = await site.http.post("/api/conversations", json=wish)
    assert response.status_code == (201 if kept else 400)


async def test_an_address_cannot_open_conversations_without_end(running: Running) -> None:
    async with running(per_minute=3) as site:
        answers = [await site.http.post("/api/conversations", json={}) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [201, 201, 201, 429]
    _is_problem(answers[-1], 429, "too_many_conversations")
    assert 0 < int(answers[-1].headers["retry-after"]) <= 60


def test_one_subscriber_with_many_addresses_is_one() -> None:
    limit = CreationLimit(per_minute=1)
    limit.take("2001:db8:1:1::1")
    with pytest.raises(TooManyConversationsError):
        limit.take("2001:db8:1:1:ffff::2")
    for another in ("2001:db8:1:2::1", "192.0.2.1", "192.0.2.2", "", "a name"):
        limit.take(another)


@pytest.mark.parametrize("path", ["/api/nowhere", "/api/conversations/x/nowhere"])
async def test_an_unknown_path_is_a_problem_too(site: Site, path: str) -> None:
    _is_problem(await site.http.get(path), 404)


async def test_a_wrong_method_is_a_problem_too(site: Site) -> None:
    _is_problem(await site.http.delete("/api/conversations"), 405)


async def test_a_fault_of_ours_is_a_problem_and_logged_without_texts(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_self: Gateway, _conversation_id: str, inbound: object) -> int:
        raise RuntimeError(f"cannot keep {inbound}")

    talk = await Talk.begin(site.http)
    monkeypatch.setattr(Gateway, "_receive", broken)
    with capture_logs() as logs:
        response = await talk.send(text="my secret words")
    _is_problem(response, 500, "internal_error")
    assert "RuntimeError" not in response.text
    assert {entry["event"] for entry in logs} == {"request_failed", "request"}
    assert "my secret words" not in str(logs)
    assert talk.token not in str(logs)


async def test_whoever_hangs_up_in_the_middle_raises_no_alarm() -> None:
    async def reads_it_all(scope: Scope, receive: Receive, send: Send) -> None:
        await Request(scope, receive, send).body()

    async def hangs_up() -> Message:
        return {"type": "http.disconnect"}

    async def nobody(_message: Message) -> None:
        raise AssertionError("nobody is there to be answered")

    scope = {"type": "http", "method": "POST", "headers": []}
    with capture_logs() as logs:
        await RequestLog(reads_it_all)(scope, hangs_up, nobody)
    assert [(each["event"], each["log_level"]) for each in logs] == [
        ("request_cut_off", "info"),
        ("request", "info"),
    ]


async def test_requests_are_logged_by_their_route(site: Site) -> None:
    talk = await Talk.begin(site.http)
    with capture_logs() as logs:
        await talk.say("my secret words")
        await talk.until(3)
    [sent] = [entry for entry in logs if entry["event"] == "request" and entry["method"] == "POST"]
    assert sent["route"] == "/api/conversations/{conversation_id}/messages"
    assert sent["conversation_id"] == talk.id
    assert sent["status"] == 202
    assert "my secret words" not in str(logs)
    assert talk.token not in str(logs)


async def _post(http: httpx.AsyncClient, talk: Talk, body: object) -> httpx.Response:
    return await http.post(f"{talk.path}/messages", content=body, headers={**talk.headers, **KEY})


def _is_problem(response: httpx.Response, status: int, word: str | None = None) -> None:
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    told = response.json()
    assert set(told) == {"type", "title", "status", "detail"}
    assert "Traceback" not in response.text
    if word is not None:
        assert told["type"] == word
