"""The stand-in takes what Stripe's own client may send, and nothing else."""

import asyncio
import json
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin
from urllib.parse import urlencode

import httpx
import pytest
import stripe
from fastapi import FastAPI
from hypothesis import given
from hypothesis import strategies as st
from stripe import params
from stripe._encode import _api_encode
from typing_extensions import is_typeddict

from sandbox.stripe.api import CALLS, Call
from sandbox.stripe.contract import _hints, checked
from sandbox.stripe.errors import StripeRefusal
from sandbox.stripe.form import read_form
from sandbox.stripe.server import API_PATH, SECRET_KEY, StripeStandIn

NAMED = {f"{call.method} {call.path}": call for call in CALLS}


def sample(hint: Any) -> Any:
    """Something that the type allows, as a form carries it."""
    origin, parts = get_origin(hint), get_args(hint)
    if is_typeddict(hint):
        return {name: sample(_hints(hint)[name]) for name in required(hint)}
    if origin in (Union, UnionType):
        return sample(parts[0])
    if origin is Literal:
        return parts[-1]
    if origin is list:
        return [sample(parts[0])]
    return {bool: "true", str: "text", int: "1"}.get(hint, "1" if origin is None else {"name": "x"})


def required(shape: Any) -> set[str]:
    return set(shape.__required_keys__) & set(_hints(shape))


@pytest.mark.parametrize("name", list(NAMED))
def test_every_parameter_of_the_clients_type_is_understood(name: str) -> None:
    call: Call = NAMED[name]
    shape = call.shape
    least = {each: sample(_hints(shape)[each]) for each in required(shape)}
    checked(shape, least)
    for parameter, hint in _hints(shape).items():
        assert parameter in checked(shape, {**least, parameter: sample(hint)})


@pytest.mark.parametrize("name", list(NAMED))
def test_no_other_parameter_is(name: str) -> None:
    call: Call = NAMED[name]
    least = {each: sample(_hints(call.shape)[each]) for each in required(call.shape)}
    with pytest.raises(StripeRefusal) as refused:
        checked(call.shape, {**least, "of_our_own": "1"})
    assert refused.value.answer["error"]["code"] == "parameter_unknown"
    assert refused.value.answer["error"]["param"] == "of_our_own"


@pytest.mark.parametrize(
    ("form", "param"),
    [
        ("coupon=x", "coupon"),  # was taken away; discounts[] came instead
        ("cancellation_details[why]=x", "cancellation_details[why]"),
        ("cancellation_details[feedback]=bored", "cancellation_details[feedback]"),
        ("cancel_at_period_end=yes", "cancel_at_period_end"),
        ("pause_collection[resumes_at]=1", "pause_collection[behavior]"),
        ("pause_collection[behavior]=void&pause_collection[resumes_at]=x", "pause_collection"),
        ("items=x", "items"),
        ("metadata[a][b]=x", "metadata"),
    ],
)
def test_what_stripe_refuses_is_refused_and_named(form: str, param: str) -> None:
    with pytest.raises(StripeRefusal) as refused:
        checked(params.SubscriptionUpdateParams, read_form(form))
    assert refused.value.answer["error"]["param"].startswith(param)


def test_values_get_their_types() -> None:
    form = "cancel_at_period_end=true&trial_end=1800000000&items[0][price]=p&pause_collection="
    assert checked(params.SubscriptionUpdateParams, read_form(form)) == {
        "cancel_at_period_end": True,
        "trial_end": 1800000000,
        "items": [{"price": "p"}],
        "pause_collection": "",
    }


NAMES = st.text("abcdefgh_", min_size=1, max_size=6)
TREES = st.recursive(
    st.text("xyz 1&=%[]é", max_size=5),
    lambda inner: (
        st.dictionaries(NAMES, inner, min_size=1, max_size=3)
        | st.lists(inner, min_size=1, max_size=3)
    ),
    max_leaves=6,
)


@given(st.dictionaries(NAMES, TREES, max_size=4))
def test_what_the_client_writes_is_read_as_it_was(given_tree: dict[str, Any]) -> None:
    written = urlencode(list(_api_encode(given_tree)))
    assert read_form(written) == given_tree


# --- over HTTP


async def call(
    stand_in: StripeStandIn, method: str, path: str, form: str = "", key: str = "", **how: Any
) -> httpx.Response:
    application = FastAPI()
    application.include_router(stand_in.router())
    headers = {"Authorization": f"Bearer {how.get('secret', SECRET_KEY)}"}
    if key:
        headers["Idempotency-Key"] = key
    transport = httpx.ASGITransport(app=application)
    async with httpx.AsyncClient(transport=transport, base_url="http://stripe") as client:
        return await client.request(method, API_PATH + path, content=form, headers=headers)


async def test_a_key_gives_the_first_answer_again() -> None:
    stand_in = StripeStandIn()
    first = await call(stand_in, "POST", "/v1/customers", "email=a%40example.org", "k")
    again = await call(stand_in, "POST", "/v1/customers", "email=a%40example.org", "k")
    assert again.json() == first.json()
    assert again.headers["idempotent-replayed"] == "true"
    assert len(stand_in.store.all("customer")) == 1


async def test_a_key_with_other_parameters_is_refused() -> None:
    stand_in = StripeStandIn()
    await call(stand_in, "POST", "/v1/customers", "email=a%40example.org", "k")
    answer = await call(stand_in, "POST", "/v1/customers", "email=b%40example.org", "k")
    assert answer.status_code == 400
    assert answer.json()["error"]["type"] == "idempotency_error"


async def test_a_limit_is_not_kept_under_a_key() -> None:
    stand_in = StripeStandIn()
    stand_in.faults.limit()
    limited = await call(stand_in, "POST", "/v1/customers", "", "k")
    made = await call(stand_in, "POST", "/v1/customers", "", "k")
    assert (limited.status_code, made.status_code) == (429, 200)


@pytest.mark.parametrize("after", [False, True])
async def test_an_error_500_is_kept_under_its_key(after: bool) -> None:
    stand_in = StripeStandIn()
    stand_in.faults.fail(after=after)
    failed = await call(stand_in, "POST", "/v1/customers", "", "k")
    again = await call(stand_in, "POST", "/v1/customers", "", "k")
    assert (failed.status_code, again.status_code) == (500, 500)
    assert again.headers["idempotent-replayed"] == "true"
    assert len(stand_in.store.all("customer")) == int(after)


async def test_a_key_in_use_is_a_conflict() -> None:
    stand_in = StripeStandIn()
    stand_in.faults.hang(after=False)
    first = asyncio.create_task(call(stand_in, "POST", "/v1/customers", "", "k"))
    await stand_in.faults.hung.wait()
    second = await call(stand_in, "POST", "/v1/customers", "", "k")
    assert second.status_code == 409
    assert second.json()["error"]["code"] == "idempotency_key_in_use"
    stand_in.faults.clear()
    await first
    assert (await call(stand_in, "POST", "/v1/customers", "", "k")).status_code == 200


async def test_an_unknown_key_and_an_unknown_address_are_refused_in_stripes_shape() -> None:
    stand_in = StripeStandIn()
    wrong = await call(stand_in, "GET", "/v1/account", secret="sk_test_other")
    assert (wrong.status_code, wrong.json()["error"]["type"]) == (401, "invalid_request_error")
    nothing = await call(stand_in, "GET", "/v1/nothing")
    assert nothing.status_code == 404


def test_events_are_signed_as_stripe_signs() -> None:
    stand_in = StripeStandIn()
    stand_in.store.emit("x.y", stand_in.store.add("product"))
    body, header = stand_in.signed(stand_in.store.events[0])
    client = stripe.StripeClient(SECRET_KEY)
    event = client.construct_event(body, header, stand_in.webhook_secret)
    assert event.id == json.loads(body)["id"]
