"""The example of a receiver: what a company's own system has to do, over real HTTP."""

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from standardwebhooks import Webhook

from offboarding import clock
from sandbox.systems.receiver import application
from sandbox.systems.view import heard
from tests.channels.stand_in import served
from tests.offboarding.access.systems_house import NOTES_SECRET, OLD_NOTES_SECRET, SYNC_SECRET

PATH = "/webhooks/offboarding"
SUBSCRIPTION = "a" * 32


@pytest.fixture
async def receiver(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> AsyncIterator[httpx.AsyncClient]:
    """The example as a program of its own, in a folder of its own, with two secrets."""
    monkeypatch.setenv("WEBHOOK_SECRETS", f"{OLD_NOTES_SECRET},{NOTES_SECRET}")
    monkeypatch.chdir(tmp_path)
    async with (
        served(application()) as address,
        httpx.AsyncClient(base_url=address, trust_env=False) as client,
    ):
        yield client


def event(kind: str, sequence: int) -> bytes:
    data = {
        "sequence": sequence,
        "effective_at": "2026-11-23T09:30:00Z",
        "case": "7F3K-22A",
        "account_id": "b" * 32,
        "customer_id": "user-1",
        "subscription_id": SUBSCRIPTION,
    }
    return json.dumps({"type": kind, "timestamp": "2026-11-23T09:30:00Z", "data": data}).encode()


async def send(
    receiver: httpx.AsyncClient, body: bytes, webhook_id: str = "one", secret: str = NOTES_SECRET
) -> int:
    moment = clock.now()
    headers = {
        "webhook-id": webhook_id,
        "webhook-timestamp": str(int(moment.timestamp())),
        "webhook-signature": Webhook(secret).sign(webhook_id, moment, body.decode()),
    }
    answer = await receiver.post(PATH, content=body, headers=headers)
    return answer.status_code


def known(folder: Path) -> Any:
    return heard(folder / "access.db").get(SUBSCRIPTION, (None,))[0]


@pytest.mark.parametrize("secret", [OLD_NOTES_SECRET, NOTES_SECRET])
async def test_it_does_what_whoever_knows_a_secret_says(
    receiver: httpx.AsyncClient, tmp_path: Path, secret: str
) -> None:
    assert await send(receiver, event("access.revoked", 1), secret=secret) == 204
    assert known(tmp_path) == "access.revoked"


async def test_it_believes_nobody_else(receiver: httpx.AsyncClient, tmp_path: Path) -> None:
    body = event("access.revoked", 1)
    assert await send(receiver, body, secret=SYNC_SECRET) == 401
    unsigned = await receiver.post(PATH, content=body)
    assert unsigned.status_code == 401
    broken = {"webhook-id": "x", "webhook-timestamp": "1", "webhook-signature": "v1"}
    assert (await receiver.post(PATH, content=body, headers=broken)).status_code == 401
    assert known(tmp_path) is None


@pytest.mark.parametrize("minutes", [-6, 6])
async def test_it_believes_nothing_that_was_signed_at_another_time(
    receiver: httpx.AsyncClient, tmp_path: Path, minutes: int
) -> None:
    body, moment = event("access.revoked", 1), clock.now() + timedelta(minutes=minutes)
    headers = {
        "webhook-id": "one",
        "webhook-timestamp": str(int(moment.timestamp())),
        "webhook-signature": Webhook(NOTES_SECRET).sign("one", moment, body.decode()),
    }
    assert (await receiver.post(PATH, content=body, headers=headers)).status_code == 401
    assert known(tmp_path) is None


async def test_what_comes_twice_is_done_once(receiver: httpx.AsyncClient, tmp_path: Path) -> None:
    """Told apart by the id: the second content would else be taken, for its number is higher."""
    assert await send(receiver, event("access.revoked", 1), "the same") == 204
    assert await send(receiver, event("access.restored", 2), "the same") == 204
    assert known(tmp_path) == "access.revoked"


async def test_what_comes_late_changes_nothing(receiver: httpx.AsyncClient, tmp_path: Path) -> None:
    assert await send(receiver, event("access.restored", 2), "newer") == 204
    assert await send(receiver, event("access.revoked", 1), "older") == 204
    assert known(tmp_path) == "access.restored"
    assert await send(receiver, event("data.erased", 3), "newest") == 204
    assert known(tmp_path) == "data.erased"


async def test_a_ping_changes_nothing(receiver: httpx.AsyncClient, tmp_path: Path) -> None:
    assert await send(receiver, b'{"type":"ping","data":{}}') == 204
    assert known(tmp_path) is None


async def test_it_remembers_over_a_restart(receiver: httpx.AsyncClient, tmp_path: Path) -> None:
    assert await send(receiver, event("access.restored", 2), "newer") == 204
    async with (
        served(application()) as address,
        httpx.AsyncClient(base_url=address, trust_env=False) as again,
    ):
        assert await send(again, event("access.revoked", 1), "older") == 204
    assert known(tmp_path) == "access.restored"


def test_it_is_short_enough_to_be_read() -> None:
    text = Path(application.__code__.co_filename).read_text()
    assert len(text.splitlines()) < 90
    assert "from offboarding" not in text, "a company copies this file alone"
