"""POST /stripe/events: what Stripe signed is kept once and answered at once; else nothing is."""

import asyncio
import json
import time

import httpx
import pytest
import sqlalchemy as sa
from fastapi import FastAPI
from stripe import WebhookSignature
from structlog.testing import capture_logs

from channels.stripe.routes import MOST_BYTES, router
from offboarding.background.model import Task
from offboarding.billing.stripe.connection import EVENTS_PATH, StripeConnection
from offboarding.billing.stripe.events import EVENT, TOLERANCE_SECONDS
from offboarding.billing.stripe.model import StripeEvent
from offboarding.billing.stripe.provider import StripeProvider
from offboarding.database import Database
from sandbox.stripe.form import Json
from sandbox.stripe.server import SECRET_KEY, WEBHOOK_SECRET, StripeStandIn

ADDRESS = "http://application"
EVENT_JSON: Json = {
    "id": "evt_1",
    "object": "event",
    "type": "customer.subscription.updated",
    "livemode": False,
    "data": {"object": {"object": "subscription", "id": "sub_1"}},
}


class Woken:
    """The engine, as far as the route knows it."""

    def __init__(self) -> None:
        self.times = 0

    def wake(self) -> None:
        self.times += 1


@pytest.fixture
def woken() -> Woken:
    return Woken()


@pytest.fixture
def application(database: Database, woken: Woken) -> FastAPI:
    connection = StripeConnection(
        secret_key=SECRET_KEY,
        webhook_secret=WEBHOOK_SECRET,
        api_url="http://127.0.0.1:1",
        public_url=ADDRESS,
    )
    built = FastAPI()
    built.include_router(router(StripeProvider(connection, database), woken))  # type: ignore[arg-type]
    return built


async def send(application: FastAPI, body: bytes, header: str | None) -> int:
    transport = httpx.ASGITransport(app=application)
    async with httpx.AsyncClient(transport=transport, base_url=ADDRESS) as client:
        headers = {} if header is None else {"Stripe-Signature": header}
        answer = await client.post(EVENTS_PATH, content=body, headers=headers)
        return answer.status_code


def kept(database: Database) -> list[str]:
    with database.read() as session:
        return list(session.scalars(sa.select(StripeEvent.event_id)))


async def test_a_signed_event_is_kept_and_its_work_is_a_task(
    application: FastAPI, database: Database, woken: Woken
) -> None:
    assert await send(application, *StripeStandIn().signed(EVENT_JSON)) == 200
    assert kept(database) == ["evt_1"]
    assert woken.times == 1
    with database.read() as session:
        assert session.scalar(sa.select(Task.kind)) == EVENT


async def test_the_same_event_many_times_at_once_is_one(
    application: FastAPI, database: Database
) -> None:
    signed = StripeStandIn().signed(EVENT_JSON)
    answers = await asyncio.gather(*(send(application, *signed) for _ in range(8)))
    assert set(answers) == {200}
    assert kept(database) == ["evt_1"]


@pytest.mark.parametrize("how", ["other secret", "none", "nonsense", "old", "changed"])
async def test_what_stripe_did_not_sign_is_refused(
    application: FastAPI, database: Database, how: str
) -> None:
    body, header = StripeStandIn().signed(EVENT_JSON)
    match how:
        case "other secret":
            _, header = StripeStandIn().signed(EVENT_JSON, secret="whsec_other")
        case "old":
            before = int(time.time()) - TOLERANCE_SECONDS - 1
            body, header = StripeStandIn().signed(EVENT_JSON, at=before)
        case "changed":
            body = body.replace(b"sub_1", b"sub_2")
    given = None if how == "none" else "nonsense" if how == "nonsense" else header
    assert await send(application, body, given) == 400
    assert kept(database) == []


@pytest.mark.parametrize(
    "body", ["[]", "null", '"text"', "{}", "not JSON", '{"object":"event","data":[]}']
)
async def test_what_is_signed_and_no_event_is_refused(
    application: FastAPI, database: Database, body: str
) -> None:
    header = WebhookSignature.generate_signature_header(body, WEBHOOK_SECRET, int(time.time()))
    assert await send(application, body.encode(), header) == 400
    assert kept(database) == []


@pytest.mark.parametrize(
    "thing",
    [
        {"object": "invoice", "parent": "x"},
        {"object": "invoice", "parent": ["x"]},
        {"object": "invoice", "parent": {"subscription_details": "x"}},
        {"object": "invoice", "parent": {"subscription_details": {"subscription": ["sub_1"]}}},
        {"object": "subscription", "id": "sub_\ud800"},
        {"object": "subscription", "id": "sub_\0"},
        {"object": "subscription", "id": "sub_1\n"},
        {"object": "subscription", "id": "sub_1/cancel"},
        {"object": "refund", "id": "../customers"},
        {"object": "refund", "id": "re_" + "1" * 62},
        {"object": "subscription_schedule", "subscription": {"id": "sub_1"}},
    ],
)
async def test_what_names_its_object_oddly_is_logged_and_not_sent_for_days(
    application: FastAPI, database: Database, thing: Json
) -> None:
    event = EVENT_JSON | {"data": {"object": thing}}
    with capture_logs() as lines:
        assert await send(application, *StripeStandIn().signed(event)) == 200
    assert kept(database) == []
    [line] = [each for each in lines if each["event"] == "stripe_event_unreadable"]
    assert (line["stripe_event"], line["kind"]) == ("evt_1", EVENT_JSON["type"])


async def test_an_invoice_of_no_subscription_tells_nothing(
    application: FastAPI, database: Database
) -> None:
    event = EVENT_JSON | {"data": {"object": {"object": "invoice", "parent": None}}}
    with capture_logs() as lines:
        assert await send(application, *StripeStandIn().signed(event)) == 200
    assert (kept(database), lines) == ([], [])


@pytest.mark.parametrize(
    "odd", [{"id": "evt_\ud800"}, {"id": "evt_" + "1" * 61}, {"id": "1"}, {"type": "a\0"}]
)
async def test_an_event_with_an_odd_name_is_refused(
    application: FastAPI, database: Database, odd: Json
) -> None:
    assert await send(application, *StripeStandIn().signed(EVENT_JSON | odd)) == 400
    assert kept(database) == []


async def test_bytes_that_are_no_text_are_refused(application: FastAPI, database: Database) -> None:
    assert await send(application, b"\xff\xfe", "t=1,v1=x") == 400
    assert kept(database) == []


async def test_an_event_of_live_money_is_not_taken_by_a_test_key(
    application: FastAPI, database: Database
) -> None:
    assert await send(application, *StripeStandIn().signed(EVENT_JSON | {"livemode": True})) == 200
    assert kept(database) == []


async def test_too_much_is_not_read_to_its_end(application: FastAPI, database: Database) -> None:
    body = json.dumps(EVENT_JSON | {"much": "x" * MOST_BYTES}).encode()
    assert await send(application, body, "t=1,v1=x") == 413
