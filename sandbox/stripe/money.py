"""Customers, how they pay, what there is to buy, invoices to come, refunds."""

from sandbox.stripe.errors import StripeRefusal, missing
from sandbox.stripe.form import Json
from sandbox.stripe.life import amount_at, item_of, live
from sandbox.stripe.store import Store
from sandbox.stripe.subscriptions import coming_price, only, retrieve


def create_customer(store: Store, params: Json) -> Json:
    """POST /v1/customers."""
    only(params, "email", "name", "metadata", "test_clock")
    known: Json = {"email": None, "name": None, "test_clock": None, "metadata": {}}
    return store.add("customer", **(known | params))


def create_product(store: Store, params: Json) -> Json:
    """POST /v1/products."""
    only(params, "name", "metadata", "id")
    return store.add("product", identifier=params.pop("id", ""), active=True, **params)


def create_price(store: Store, params: Json) -> Json:
    """POST /v1/prices."""
    only(params, "product", "currency", "unit_amount", "recurring", "metadata")
    store.get("product", params["product"], "product")
    recurring = {"interval_count": 1} | params.pop("recurring")
    return store.add("price", active=True, type="recurring", recurring=recurring, **params)


def create_coupon(store: Store, params: Json) -> Json:
    """POST /v1/coupons."""
    only(params, "id", "percent_off", "duration", "duration_in_months", "name", "metadata")
    if (params["duration"] == "repeating") != ("duration_in_months" in params):
        raise StripeRefusal("duration_in_months goes with duration=repeating", param="duration")
    fields: Json = {"duration_in_months": None} | params
    return store.add("coupon", identifier=fields.pop("id", ""), **fields)


def create_payment_method(store: Store, params: Json) -> Json:
    """POST /v1/payment_methods."""
    only(params, "type", "card")
    return store.add("payment_method", type=params["type"], customer=None)


def attach_payment_method(store: Store, params: Json, name: str) -> Json:
    """POST /v1/payment_methods/:id/attach."""
    only(params, "customer")
    method = store.get("payment_method", name)
    method["customer"] = store.get("customer", params["customer"])["id"]
    return method


def detach_payment_method(store: Store, params: Json, name: str) -> Json:
    """POST /v1/payment_methods/:id/detach."""
    only(params)
    method = store.get("payment_method", name)
    if method["customer"] is None:
        raise StripeRefusal(
            "The payment method you provided is not attached to a customer so detachment is "
            "impossible.",
            code="payment_method_unexpected_state",
            param="payment_method",
        )
    method["customer"] = None
    store.emit("payment_method.detached", method)
    return method


def payment_methods_of(store: Store, params: Json, name: str) -> Json:
    """GET /v1/customers/:id/payment_methods."""
    store.get("customer", name)
    found = store.all("payment_method", lambda method: method["customer"] == name)
    return store.listed(found, params, f"/v1/customers/{name}/payment_methods")


def invoices(store: Store, params: Json) -> Json:
    """GET /v1/invoices."""
    only(params, "subscription", "status", "limit", "starting_after")
    if "subscription" in params:
        retrieve(store, {}, params["subscription"])

    def fits(invoice: Json) -> bool:
        of = invoice["parent"]["subscription_details"]["subscription"]
        return params.get("subscription", of) == of and params.get("status") in (
            None,
            invoice["status"],
        )

    return store.listed(store.all("invoice", fits), params, "/v1/invoices")


def preview(store: Store, params: Json) -> Json:
    """POST /v1/invoices/create_preview: what the subscription's next invoice will be."""
    only(params, "subscription")
    subscription = store.get("subscription", params["subscription"])
    live(store, subscription)
    if subscription["status"] == "canceled" or subscription["cancel_at"] is not None:
        raise StripeRefusal(
            "No upcoming invoices for customer", status=404, code="invoice_upcoming_none"
        )
    at = item_of(subscription)["current_period_end"]
    amount = amount_at(store, subscription, at, coming_price(store, subscription))
    return {
        "id": f"upcoming_in_{subscription['id']}",
        "object": "invoice",
        "currency": subscription["currency"],
        "customer": subscription["customer"],
        "amount_due": amount,
        "total": amount,
        "status": "draft",
        "created": at,
        "period_end": at,
        "next_payment_attempt": at,
    }


def create_refund(store: Store, params: Json) -> Json:
    """POST /v1/refunds."""
    only(params, "payment_intent", "amount", "metadata", "reason")
    name = params.get("payment_intent", "")
    intent = store.get("payment_intent", name, "payment_intent")
    left = intent["amount"] - sum(
        refund["amount"]
        for refund in store.all("refund", lambda it: it["payment_intent"] == name)
        if refund["status"] != "failed"
    )
    amount = params.get("amount", left)
    if left == 0:
        raise StripeRefusal(
            "The PaymentIntent has already been refunded.", code="charge_already_refunded"
        )
    if not 0 < amount <= left:
        raise StripeRefusal(
            f"Refund amount ({amount}) is greater than unrefunded amount on charge ({left})",
            param="amount",
        )
    refund = store.add(
        "refund",
        amount=amount,
        currency=intent["currency"],
        payment_intent=name,
        charge=None,
        status="succeeded",
        failure_reason=None,
        reason=params.get("reason"),
        metadata=params.get("metadata", {}),
    )
    store.emit("refund.created", refund)
    return refund


def refunds(store: Store, params: Json) -> Json:
    """GET /v1/refunds."""
    only(params, "payment_intent", "charge", "limit", "starting_after")
    if "charge" in params:
        raise missing("charge", params["charge"], "charge")
    wanted = params.get("payment_intent")
    found = store.all("refund", lambda refund: wanted in (None, refund["payment_intent"]))
    return store.listed(found, params, "/v1/refunds")


def fail_refund(store: Store, name: str) -> Json:
    """What a bank does, days later: the refund comes back (refund.failed)."""
    refund = store.get("refund", name)
    refund |= {"status": "failed", "failure_reason": "lost_or_stolen_card"}
    store.emit("refund.failed", refund)
    return refund


def create_clock(store: Store, params: Json) -> Json:
    """POST /v1/test_helpers/test_clocks."""
    only(params, "frozen_time", "name")
    return store.add("test_helpers.test_clock", status="ready", **params)


def advance_clock(store: Store, params: Json, name: str) -> Json:
    """POST /v1/test_helpers/test_clocks/:id/advance: every customer's life goes on to then."""
    clock = store.get("test_helpers.test_clock", name)
    if params["frozen_time"] <= clock["frozen_time"]:
        raise StripeRefusal("A test clock only goes forward.", param="frozen_time")
    clock["frozen_time"] = params["frozen_time"]
    for subscription in store.all("subscription"):
        if store.get("customer", subscription["customer"])["test_clock"] == name:
            live(store, subscription)
    return clock


def create_endpoint(store: Store, params: Json) -> Json:
    """POST /v1/webhook_endpoints."""
    only(params, "url", "enabled_events")
    return store.add("webhook_endpoint", status="enabled", **params)


def endpoints(store: Store, params: Json) -> Json:
    """GET /v1/webhook_endpoints."""
    only(params, "limit", "starting_after")
    return store.listed(store.all("webhook_endpoint"), params, "/v1/webhook_endpoints")


def account(_store: Store, params: Json) -> Json:
    """GET /v1/account: the account of the key."""
    only(params)
    return {"id": "acct_standin", "object": "account", "country": "DE", "charges_enabled": True}
