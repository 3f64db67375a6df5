"""How subscriptions live when time passes: periods, invoices, pauses, phases, the end.

What happens is Stripe's doing as docs.stripe.com/billing/subscriptions describes it; an invoice is
paid at the instant at which it is made, which at Stripe takes about an hour.
"""

from collections.abc import Callable

from dateutil.relativedelta import relativedelta

from sandbox.stripe.form import Json
from sandbox.stripe.store import Store, instant, seconds

LIVING = frozenset({"trialing", "active", "past_due", "paused"})


def item_of(subscription: Json) -> Json:
    """The one item that the stand-in's subscriptions have."""
    item: Json = subscription["items"]["data"][0]
    return item


def live(store: Store, subscription: Json) -> None:
    """Let everything happen to a subscription that is due by its customer's clock."""
    now = store.clock_of(subscription["customer"])
    while subscription["status"] in LIVING:
        due = [(at, order, what) for order, (at, what) in enumerate(_coming(subscription)) if at]
        at, _, happens = min(due, key=lambda each: each[:2])
        if at > now:
            return
        happens(store, subscription, at)


def _coming(subscription: Json) -> list[tuple[int | None, "Happening"]]:
    """What comes next, in the order that counts at the same instant."""
    pause = subscription["pause_collection"] or {}
    return [
        (subscription["cancel_at"], end),
        (pause.get("resumes_at"), _resume),
        (item_of(subscription)["current_period_end"], _renew),
    ]


Happening = Callable[[Store, Json, int], None]


def end(store: Store, subscription: Json, at: int) -> None:
    """End it: nothing of it can be changed any more."""
    subscription |= {"status": "canceled", "ended_at": at, "canceled_at": at}
    subscription["cancel_at_period_end"] = False
    _close_schedule(store, subscription, "canceled")
    store.emit("customer.subscription.deleted", subscription, at)


def _resume(store: Store, subscription: Json, at: int) -> None:
    subscription["pause_collection"] = None
    store.emit("customer.subscription.updated", subscription, at)


def _renew(store: Store, subscription: Json, at: int) -> None:
    item = item_of(subscription)
    _enter_phase(store, subscription, at)
    if subscription["status"] == "trialing":
        subscription["status"] = "active"
        subscription["billing_cycle_anchor"] = at
    item["current_period_start"], item["current_period_end"] = at, after(subscription, at)
    subscription["discounts"] = [
        name
        for name in subscription["discounts"]
        if (store.get("discount", name)["end"] or at + 1) > at
    ]
    bill(store, subscription, at)
    store.emit("customer.subscription.updated", subscription, at)


def _enter_phase(store: Store, subscription: Json, at: int) -> None:
    if subscription["schedule"] is None:
        return
    schedule = store.get("subscription_schedule", subscription["schedule"])
    for phase in schedule["phases"]:
        if phase["start_date"] == at:
            item_of(subscription)["price"] = store.get("price", phase["items"][0]["price"])
            schedule["current_phase"] = {"start_date": at, "end_date": phase["end_date"]}
    if at >= schedule["phases"][-1]["start_date"] and schedule["end_behavior"] == "release":
        _close_schedule(store, subscription, "released")


def _close_schedule(store: Store, subscription: Json, status: str) -> None:
    if subscription["schedule"] is not None:
        store.get("subscription_schedule", subscription["schedule"])["status"] = status
        subscription["schedule"] = None


def release(store: Store, subscription: Json) -> None:
    """Take a schedule off: what was to come is dropped, and so is an end that it had set."""
    _close_schedule(store, subscription, "released")


def after(subscription: Json, at: int) -> int:
    """The end of the period that begins then, counted from the anchor as Stripe does."""
    recurring = item_of(subscription)["price"]["recurring"]
    months = 12 if recurring["interval"] == "year" else 1
    anchor, passed = instant(subscription["billing_cycle_anchor"]), 0
    while True:
        passed += months
        boundary = seconds(anchor + relativedelta(months=passed))
        if boundary > at:
            return boundary


def amount_at(store: Store, subscription: Json, at: int, price: Json | None = None) -> int:
    """What a period costs that begins then."""
    amount: int = (price or item_of(subscription)["price"])["unit_amount"]
    for name in subscription["discounts"]:
        discount = store.get("discount", name)
        if discount["end"] is None or at < discount["end"]:
            coupon = store.get("coupon", discount["source"]["coupon"])
            amount -= round(amount * coupon["percent_off"] / 100)
    return amount


def bill(store: Store, subscription: Json, at: int) -> None:
    """Make the invoice of the period that begins now, and take its payment."""
    customer = store.get("customer", subscription["customer"])
    amount = amount_at(store, subscription, at)
    invoice = store.add(
        "invoice",
        created=at,
        customer=customer["id"],
        currency=subscription["currency"],
        amount_due=amount,
        amount_paid=0,
        total=amount,
        status="open",
        billing_reason="subscription_cycle",
        period_start=at,
        period_end=item_of(subscription)["current_period_end"],
        status_transitions={"paid_at": None, "finalized_at": at},
        parent={
            "type": "subscription_details",
            "subscription_details": {"subscription": subscription["id"], "metadata": {}},
        },
        payments={"object": "list", "data": [], "has_more": False, "url": "/v1/invoice_payments"},
    )
    subscription["latest_invoice"] = invoice["id"]
    if subscription["pause_collection"] is not None:
        invoice["status"] = "void"
        store.emit("invoice.voided", invoice, at)
    elif amount == 0 or pays(store, subscription):
        _take(store, invoice, amount, at)
    else:
        subscription["status"] = "past_due"
        store.emit("invoice.payment_failed", invoice, at)


def pays(store: Store, subscription: Json) -> bool:
    """Whether there is something to take money from."""
    customer = subscription["customer"]
    return bool(store.all("payment_method", lambda method: method["customer"] == customer))


def _take(store: Store, invoice: Json, amount: int, at: int) -> None:
    invoice |= {"status": "paid", "amount_paid": amount}
    invoice["status_transitions"]["paid_at"] = at
    if amount:
        intent = store.add(
            "payment_intent",
            created=at,
            amount=amount,
            currency=invoice["currency"],
            customer=invoice["customer"],
            status="succeeded",
        )
        payment = {"type": "payment_intent", "payment_intent": intent["id"]}
        invoice["payments"]["data"].append(
            {
                "object": "invoice_payment",
                "status": "paid",
                "amount_paid": amount,
                "payment": payment,
            }
        )
    store.emit("invoice.paid", invoice, at)
