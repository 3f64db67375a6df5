"""A system that took a webhook says later what became of it, signed with the same secret."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import httpx
import pytest
import time_machine
from standardwebhooks import Webhook
from starlette.requests import Request
from starlette.responses import Response

from channels.access.routes import PATH
from offboarding import clock
from offboarding.access import service
from offboarding.access.answers import ACKNOWLEDGE_WITHIN
from offboarding.access.model import NotificationState
from tests.offboarding.access.systems_house import (
    NOTES_SECRET,
    SYNC_SECRET,
    SystemsHouse,
    secret_of,
)

S = NotificationState


def signed(body: bytes, secret: str = NOTES_SECRET, webhook_id: str = "any") -> dict[str, str]:
    moment = clock.now()
    return {
        "webhook-id": webhook_id,
        "webhook-timestamp": str(int(moment.timestamp())),
        "webhook-signature": Webhook(secret).sign(webhook_id, moment, body.decode()),
    }


def saying(webhook_id: str, outcome: str = "done", **more: Any) -> bytes:
    data = {"webhook_id": webhook_id, "outcome": outcome, **more}
    return json.dumps({"type": "access.acknowledged", "data": data}).encode()


@pytest.fixture
async def taken(house: SystemsHouse) -> str:
    """The webhook-id of what `notes` has taken and not done yet."""
    house.notes.answers = [202]
    house.revoke()
    await house.carry_out_due()
    assert house.of("notes").state is S.SENT
    return house.notes.heard[0].webhook_id


async def test_what_was_taken_is_acknowledged_once_the_system_says_so(
    house: SystemsHouse, application: httpx.AsyncClient, taken: str, woken: list[str]
) -> None:
    assert not house.state.all_acknowledged
    body = saying(taken)
    answer = await application.post(PATH, content=body, headers=signed(body))
    assert (answer.status_code, answer.content) == (204, b"")
    assert house.of("notes").acknowledged_at == clock.now()
    assert house.state.all_acknowledged
    assert woken


async def test_said_twice_it_is_the_same(
    house: SystemsHouse, application: httpx.AsyncClient, taken: str
) -> None:
    body = saying(taken)
    for _ in range(2):
        answer = await application.post(PATH, content=body, headers=signed(body))
        assert answer.status_code == 204
    failed = saying(taken, "failed")
    await application.post(PATH, content=failed, headers=signed(failed))
    assert house.of("notes").state is S.ACKNOWLEDGED


async def test_what_the_system_could_not_do_is_told_to_a_person_with_its_reason(
    house: SystemsHouse, application: httpx.AsyncClient, taken: str
) -> None:
    body = saying(taken, "failed", reason="account_unknown")
    await application.post(PATH, content=body, headers=signed(body))
    notes = house.of("notes")
    assert notes.state is S.FAILED
    assert notes.problem == "says that it could not do it (account_unknown)"
    assert house.told_persons() == ["notes"]


async def test_a_system_that_did_it_after_all_may_say_so(
    house: SystemsHouse, application: httpx.AsyncClient, taken: str
) -> None:
    for outcome in ("failed", "done"):
        body = saying(taken, outcome)
        await application.post(PATH, content=body, headers=signed(body))
    assert house.state.all_acknowledged


async def test_a_callback_that_overtakes_its_own_answer_counts(
    house: SystemsHouse, application: httpx.AsyncClient
) -> None:
    async def say_so_first(request: Request) -> Response:
        body = saying(request.headers["webhook-id"])
        await application.post(PATH, content=body, headers=signed(body))
        return Response(status_code=202)

    house.notes.answers = [say_so_first]
    house.revoke()
    await house.carry_out_due()
    assert house.of("notes").state is S.ACKNOWLEDGED


async def test_a_system_that_says_nothing_for_a_day_is_told_to_a_person(
    house: SystemsHouse, taken: str
) -> None:
    with time_machine.travel(clock.now() + ACKNOWLEDGE_WITHIN, tick=False):
        await house.carry_out_due()
    notes = house.of("notes")
    assert notes.state is S.FAILED
    assert "has not said within 24 hours" in (notes.problem or "")


async def test_a_day_counts_from_the_last_time_it_was_taken(
    house: SystemsHouse, taken: str
) -> None:
    later = clock.now() + ACKNOWLEDGE_WITHIN - timedelta(minutes=1)
    with time_machine.travel(later, tick=False) as traveller:
        house.notes.answers = [202]
        with house.database.write() as session:
            service.send_again(session, taken)
        await house.carry_out_due()
        traveller.shift(timedelta(minutes=1))
        await house.carry_out_due()
        assert house.of("notes").state is S.SENT


# --- whom we do not believe

Forgery = Callable[[bytes], dict[str, str]]


def _old(body: bytes) -> dict[str, str]:
    with time_machine.travel(clock.now() - timedelta(minutes=6), tick=False):
        return signed(body)


@pytest.mark.parametrize(
    "headers",
    [
        lambda _body: {},
        lambda body: signed(body, SYNC_SECRET),
        lambda body: signed(body, secret_of("nobody we know")),
        lambda body: signed(body + b" "),
        _old,
        lambda body: signed(body) | {"webhook-id": "another"},
        lambda body: signed(body) | {"webhook-timestamp": "now"},
        lambda body: signed(body) | {"webhook-signature": "v1"},
        lambda body: signed(body) | {"webhook-signature": "v1,!!!"},
        lambda body: signed(body) | {"webhook-signature": "v1a,AAAA"},
    ],
    ids=[
        "unsigned",
        "another system's secret",
        "a secret that nobody has",
        "another body",
        "six minutes old",
        "another id",
        "no time",
        "no signature",
        "no base64",
        "another scheme",
    ],
)
async def test_nobody_but_the_system_that_was_told_can_acknowledge(
    house: SystemsHouse, application: httpx.AsyncClient, taken: str, headers: Forgery
) -> None:
    body = saying(taken)
    answer = await application.post(PATH, content=body, headers=headers(body))
    assert answer.status_code == 403
    assert answer.json()["type"] == "signature_wrong"
    assert house.of("notes").state is S.SENT


async def test_a_number_that_is_unknown_is_answered_like_a_wrong_signature(
    application: httpx.AsyncClient, taken: str
) -> None:
    unknown, known = saying("f" * 32), saying(taken)
    first = await application.post(PATH, content=unknown, headers=signed(unknown))
    second = await application.post(PATH, content=known)
    assert (first.status_code, first.json()) == (second.status_code, second.json())


async def test_our_own_webhook_sent_back_to_us_acknowledges_nothing(
    house: SystemsHouse, application: httpx.AsyncClient, taken: str
) -> None:
    [heard] = house.notes.heard
    kept = {name: each for name, each in heard.headers.items() if name.startswith("webhook-")}
    answer = await application.post(PATH, content=heard.body, headers=kept)
    assert answer.status_code == 400
    assert house.of("notes").state is S.SENT


@pytest.mark.parametrize(
    ("body", "place"),
    [
        (b"", "the whole"),
        (b"\xff\x00", "the whole"),
        (b"[]", "the whole"),
        (b'{"type":"access.acknowledged"}', "data"),
        (b'{"type":"access.acknowledged","data":{}}', "data.outcome, data.webhook_id"),
        (saying("f" * 32, "perhaps"), "data.outcome"),
        (saying("\x00" * 32), "data.webhook_id"),
        (saying("f" * 32, "failed", reason="amara@example.org is unknown"), "data.reason"),
        (b"[" * 9000, "the whole"),
    ],
)
async def test_what_has_another_form_is_told_where(
    application: httpx.AsyncClient, body: bytes, place: str
) -> None:
    answer = await application.post(PATH, content=body)
    assert answer.status_code == 400
    assert f"(see {place})" in answer.json()["detail"]


async def test_no_callback_is_read_without_end(application: httpx.AsyncClient) -> None:
    answer = await application.post(PATH, content=b" " * 10_001)
    assert answer.status_code == 413
