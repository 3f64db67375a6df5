"""Stripe's API over HTTP: keys, forms, idempotency, faults; and its signed events."""

import hashlib
import json
import time
from dataclasses import dataclass
from typing import Any

import httpx
from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response
from stripe import WebhookSignature

from sandbox.stripe.api import find
from sandbox.stripe.contract import checked
from sandbox.stripe.errors import StripeRefusal
from sandbox.stripe.faults import AFTER, BEFORE, ApiCall, Faults, Planned
from sandbox.stripe.form import Json, read_form
from sandbox.stripe.store import Store

API_PATH = "/sandbox/stripe"
"""Takes the place of `https://api.stripe.com` in the client's addresses."""
SECRET_KEY = "sk_test_standin"  # noqa: S105 (opens nothing but the stand-in)
WEBHOOK_SECRET = "whsec_standin"  # noqa: S105


@dataclass
class _Kept:
    """What is kept of an idempotency key: the request, and its answer once there is one."""

    request: str
    status: int = 0
    answer: Json | None = None


class StripeStandIn:
    """One Stripe account in test mode."""

    def __init__(
        self, *, secret_key: str = SECRET_KEY, webhook_secret: str = WEBHOOK_SECRET
    ) -> None:
        self.store = Store()
        self.faults = Faults()
        self.secret_key = secret_key
        self.webhook_secret = webhook_secret
        self._kept: dict[str, _Kept] = {}

    def router(self) -> APIRouter:
        """The API below API_PATH."""
        routes = APIRouter(include_in_schema=False)
        routes.add_api_route(
            API_PATH + "{path:path}", self._answer, methods=["GET", "POST", "DELETE"]
        )
        return routes

    def forget_keys(self) -> None:
        """What Stripe does after a day or more: a key that comes again is a new one."""
        self._kept.clear()

    async def _answer(self, path: str, request: Request) -> Response:
        method, key = request.method, request.headers.get("idempotency-key", "")
        body = (await request.body()).decode("utf-8")
        text = body if method == "POST" else request.url.query
        try:
            self._authenticate(request)
            given = read_form(text)
            return await self._carry_out(method, path, given, key if method == "POST" else "")
        except StripeRefusal as refused:
            return self._refused(refused, method, path, key)

    def _authenticate(self, request: Request) -> None:
        if request.headers.get("authorization") != f"Bearer {self.secret_key}":
            raise StripeRefusal("Invalid API Key provided", status=401)

    def _refused(self, refused: StripeRefusal, method: str, path: str, key: str) -> Response:
        self.faults.calls.append(ApiCall(method, path, key, {}, refused.status))
        return JSONResponse(refused.answer, refused.status)

    async def _carry_out(self, method: str, path: str, given: Json, key: str) -> Response:
        call, names = find(method, path)
        params = checked(call.shape, given)  # what is not valid is never kept
        kept = self._known(key, method, path, given)
        if kept is not None and kept.answer is not None:
            self.faults.calls.append(ApiCall(method, path, key, params, kept.status, replayed=True))
            return JSONResponse(kept.answer, kept.status, {"Idempotent-Replayed": "true"})
        planned = self.faults.take(BEFORE, method, path)
        if planned is not None:
            return await self._instead(planned, key, ApiCall(method, path, key, params), given)
        self._begin(key, method, path, given)
        status, answer = self._done(call.do, params, names)
        planned = self.faults.take(AFTER, method, path)
        if planned is not None and planned.kept:
            return await self._instead(planned, key, ApiCall(method, path, key, params), given)
        self._keep(key, status, answer)
        self.faults.calls.append(ApiCall(method, path, key, params, status))
        if planned is not None:
            return await self.faults.hanging()
        return JSONResponse(answer, status)

    def _done(self, do: Any, params: Json, names: list[str]) -> tuple[int, Json]:
        expand = params.get("expand", [])
        try:
            thing = do(self.store, params, *names)
            if thing["object"] == "list" or "id" not in thing:
                return 200, thing
            return 200, self.store.shown(thing, expand)
        except StripeRefusal as refused:
            return refused.status, refused.answer

    async def _instead(self, planned: Planned, key: str, call: ApiCall, given: Json) -> Response:
        """What the application gets of a call that goes wrong."""
        if planned.fault == "hang":
            self._begin(key, call.method, call.path, given)
            return await self.faults.hanging(lambda: self._kept.pop(key, None))
        limited = planned.status == 429
        refused = StripeRefusal(
            "Too many requests." if limited else "An unknown error occurred.",
            status=planned.status,
            kind="invalid_request_error" if limited else "api_error",
            code="rate_limit" if limited else None,
        )
        if planned.kept:
            self._begin(key, call.method, call.path, given)
            self._keep(key, refused.status, refused.answer)
        self.faults.calls.append(
            ApiCall(call.method, call.path, call.key, call.parameters, planned.status)
        )
        return JSONResponse(refused.answer, refused.status)

    # Idempotency keys

    def _known(self, key: str, method: str, path: str, given: Json) -> _Kept | None:
        """What is kept of this key. Raises StripeRefusal when it was for something else."""
        kept = self._kept.get(key) if key else None
        if kept is None:
            return None
        if kept.request != _fingerprint(method, path, given):
            raise StripeRefusal(
                "Keys for idempotent requests can only be used with the same parameters they were "
                f"first used with. Try using a key other than '{key}' if you meant to execute a "
                "different request.",
                kind="idempotency_error",
            )
        if kept.answer is None:
            raise StripeRefusal(
                "There is currently another in-progress request using this Idempotent Key.",
                status=409,
                kind="idempotency_error",
                code="idempotency_key_in_use",
            )
        return kept

    def _begin(self, key: str, method: str, path: str, given: Json) -> None:
        if key and key not in self._kept:
            self._kept[key] = _Kept(_fingerprint(method, path, given))

    def _keep(self, key: str, status: int, answer: Json) -> None:
        if key:
            self._kept[key].status, self._kept[key].answer = status, answer

    # Events

    def signed(self, event: Json, *, secret: str = "", at: int | None = None) -> tuple[bytes, str]:
        """An event as Stripe sends it: the body, and the header that signs it."""
        body = json.dumps(event, indent=2)
        header = WebhookSignature.generate_signature_header(
            body, secret or self.webhook_secret, int(time.time()) if at is None else at
        )
        return body.encode(), header

    async def deliver(self, events: list[Json], url: str) -> list[int]:
        """Send events to the application in this order; the statuses of its answers."""
        async with httpx.AsyncClient() as client:
            return [await self._send(client, event, url) for event in events]

    async def _send(self, client: httpx.AsyncClient, event: Json, url: str) -> int:
        body, header = self.signed(event)
        answer = await client.post(
            url,
            content=body,
            headers={"Stripe-Signature": header, "Content-Type": "application/json"},
        )
        return answer.status_code


def _fingerprint(method: str, path: str, given: Json) -> str:
    whole = json.dumps([method, path, given], sort_keys=True)
    return hashlib.sha256(whole.encode()).hexdigest()
