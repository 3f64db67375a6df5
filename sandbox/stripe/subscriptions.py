"""Subscriptions and their schedules, as far as leaving and staying need them."""

from collections.abc import Callable
from typing import Any

from dateutil.relativedelta import relativedelta

from sandbox.stripe.errors import StripeRefusal, missing, unsupported
from sandbox.stripe.form import Json
from sandbox.stripe.life import after, bill, end, item_of, live, release
from sandbox.stripe.store import Store, instant, seconds

_BY_SCHEDULE = (
    "The subscription is managed by the subscription schedule `{}`, and updating any cancelation "
    "behavior directly is not allowed. Please update the schedule instead."
)


def only(params: Json, *known: str) -> None:
    """Raises StripeRefusal for what Stripe takes and the stand-in does not carry out."""
    for name in params:
        if name not in (*known, "expand"):
            raise unsupported(f"the parameter {name}")


def create(store: Store, params: Json) -> Json:
    """POST /v1/subscriptions."""
    only(
        params, "customer", "items", "metadata", "trial_end", "default_payment_method",
        "backdate_start_date",
    )  # fmt: skip
    now = store.clock_of(params["customer"])
    [wanted] = params["items"]
    price = store.get("price", wanted["price"], "items[0][price]")
    started, trial_end = params.get("backdate_start_date", now), params.get("trial_end")
    item = store.add("subscription_item", price=price, quantity=1, metadata={}, discounts=[])
    subscription = store.add(
        "subscription",
        customer=params["customer"],
        status="trialing" if trial_end else "active",
        items={
            "object": "list",
            "data": [item],
            "has_more": False,
            "url": "/v1/subscription_items",
        },
        currency=price["currency"],
        start_date=started,
        billing_cycle_anchor=trial_end or started,
        trial_end=trial_end,
        cancel_at=None,
        cancel_at_period_end=False,
        canceled_at=None,
        ended_at=None,
        cancellation_details={"comment": None, "feedback": None, "reason": None},
        pause_collection=None,
        discounts=[],
        schedule=None,
        latest_invoice=None,
        default_payment_method=params.get("default_payment_method"),
        metadata=params.get("metadata", {}),
    )
    item["subscription"] = subscription["id"]
    item["current_period_start"] = started
    item["current_period_end"] = trial_end or after(subscription, started)
    if not trial_end:
        bill(store, subscription, started)
    store.emit("customer.subscription.created", subscription)
    live(store, subscription)
    return subscription


def retrieve(store: Store, params: Json, name: str) -> Json:
    """GET /v1/subscriptions/:id."""
    only(params)
    subscription = store.get("subscription", name)
    live(store, subscription)
    return subscription


def listed(store: Store, params: Json) -> Json:
    """GET /v1/subscriptions: by default those that have not ended."""
    only(params, "customer", "limit", "starting_after")
    customer = params.get("customer")

    def fits(subscription: Json) -> bool:
        live(store, subscription)
        return bool(subscription["status"] != "canceled" and subscription["customer"] == customer)

    return store.listed(store.all("subscription", fits), params, "/v1/subscriptions")


def update(store: Store, params: Json, name: str) -> Json:
    """POST /v1/subscriptions/:id."""
    only(
        params, "cancel_at_period_end", "cancellation_details", "pause_collection", "discounts",
        "items", "proration_behavior", "metadata", "trial_end",
    )  # fmt: skip
    subscription = retrieve(store, {}, name)
    if subscription["status"] == "canceled" and set(params) - {"cancellation_details", "metadata"}:
        raise StripeRefusal(
            "A canceled subscription can only update its cancellation_details and metadata."
        )
    for field, change in _CHANGES.items():
        if field in params:
            change(store, subscription, params[field])
    subscription["metadata"] |= params.get("metadata", {})
    store.emit("customer.subscription.updated", subscription)
    return subscription


def cancel(store: Store, params: Json, name: str) -> Json:
    """DELETE /v1/subscriptions/:id."""
    only(params, "cancellation_details", "invoice_now", "prorate")
    if params.get("prorate") or params.get("invoice_now"):
        raise unsupported("a proration or a last invoice")
    subscription = retrieve(store, {}, name)
    if subscription["status"] == "canceled":
        raise missing("subscription", name)
    _cancellation_details(store, subscription, params.get("cancellation_details", {}))
    subscription["cancellation_details"]["reason"] = "cancellation_requested"
    end(store, subscription, store.clock_of(subscription["customer"]))
    return subscription


def _cancel_at_period_end(_store: Store, subscription: Json, wanted: bool) -> None:  # noqa: FBT001
    if subscription["schedule"] is not None:
        raise StripeRefusal(_BY_SCHEDULE.format(subscription["schedule"]))
    ends_at = item_of(subscription)["current_period_end"] if wanted else None
    subscription |= {"cancel_at_period_end": wanted, "cancel_at": ends_at}
    subscription["cancellation_details"]["reason"] = "cancellation_requested" if wanted else None


def _cancellation_details(_store: Store, subscription: Json, wanted: Json) -> None:
    subscription["cancellation_details"] |= {name: it or None for name, it in wanted.items()}


def _pause_collection(_store: Store, subscription: Json, wanted: Any) -> None:
    subscription["pause_collection"] = wanted or None


def _discounts(store: Store, subscription: Json, wanted: Any) -> None:
    """The list replaces what there was; an existing discount has to be named to stay."""
    made = [_discount(store, subscription, each) for each in wanted or []]
    subscription["discounts"] = [discount["id"] for discount in made]


def _discount(store: Store, subscription: Json, wanted: Json) -> Json:
    if "discount" in wanted:
        return store.get("discount", wanted["discount"], "discounts[0][discount]")
    coupon = store.get("coupon", wanted["coupon"], "discounts[0][coupon]")
    now = store.clock_of(subscription["customer"])
    months = coupon["duration_in_months"]
    return store.add(
        "discount",
        source={"type": "coupon", "coupon": coupon["id"]},
        start=now,
        end=_months_after(now, months) if months else None,
        subscription=subscription["id"],
    )


def _items(store: Store, subscription: Json, wanted: list[Json]) -> None:
    item = item_of(subscription)
    [change] = wanted
    if change.get("id") != item["id"]:
        raise unsupported("a second item; name the existing one by its id")
    item["price"] = store.get("price", change["price"], "items[0][price]")


def _proration(_store: Store, _subscription: Json, wanted: str) -> None:
    if wanted != "none":
        raise unsupported("prorations")


def _trial_end(_store: Store, subscription: Json, wanted: Any) -> None:
    if wanted == "now":
        raise unsupported("trial_end=now")
    subscription |= {"trial_end": wanted, "status": "trialing", "billing_cycle_anchor": wanted}
    item_of(subscription)["current_period_end"] = wanted


_CHANGES: dict[str, Callable[[Store, Json, Any], None]] = {
    "cancel_at_period_end": _cancel_at_period_end,
    "cancellation_details": _cancellation_details,
    "pause_collection": _pause_collection,
    "discounts": _discounts,
    "items": _items,
    "proration_behavior": _proration,
    "trial_end": _trial_end,
}


# Schedules


def create_schedule(store: Store, params: Json) -> Json:
    """POST /v1/subscription_schedules, from a subscription."""
    only(params, "from_subscription")  # Stripe takes nothing else beside it
    subscription = retrieve(store, {}, params["from_subscription"])
    if subscription["schedule"] is not None:
        raise StripeRefusal(
            f"You cannot migrate a subscription that is already attached to a schedule: "
            f"{subscription['schedule']}."
        )
    item = item_of(subscription)
    phase = {
        "start_date": item["current_period_start"],
        "end_date": item["current_period_end"],
        "items": [{"price": item["price"]["id"], "quantity": 1}],
    }
    schedule = store.add(
        "subscription_schedule",
        subscription=subscription["id"],
        customer=subscription["customer"],
        status="active",
        end_behavior="release",
        phases=[phase],
        current_phase={name: phase[name] for name in ("start_date", "end_date")},
        metadata={},
    )
    subscription["schedule"] = schedule["id"]
    return schedule


def update_schedule(store: Store, params: Json, name: str) -> Json:
    """POST /v1/subscription_schedules/:id."""
    only(params, "phases", "end_behavior", "proration_behavior", "metadata")
    schedule = store.get("subscription_schedule", name)
    if schedule["status"] != "active":
        raise StripeRefusal(
            f"You can not update a subscription schedule that is currently in the "
            f"`{schedule['status']}` status."
        )
    if "phases" in params:
        schedule["phases"] = [_phase(store, schedule, phase) for phase in params["phases"]]
    schedule["end_behavior"] = params.get("end_behavior", schedule["end_behavior"])
    schedule["metadata"] |= params.get("metadata", {})
    store.emit("subscription_schedule.updated", schedule)
    return schedule


def _phase(store: Store, schedule: Json, phase: Json) -> Json:
    only(phase, "start_date", "end_date", "duration", "items", "proration_behavior")
    [item] = phase["items"]
    store.get("price", item["price"], "phases[0][items][0][price]")
    starts_at = phase.get("start_date", schedule["phases"][0]["end_date"])
    return {
        "start_date": starts_at,
        "end_date": phase.get("end_date") or _months_after(starts_at, _months(phase["duration"])),
        "items": [{"price": item["price"], "quantity": 1}],
    }


def release_schedule(store: Store, params: Json, name: str) -> Json:
    """POST /v1/subscription_schedules/:id/release."""
    only(params)
    schedule = store.get("subscription_schedule", name)
    if schedule["status"] != "active":
        raise StripeRefusal("This subscription schedule cannot be released.")
    subscription = store.get("subscription", schedule["subscription"])
    release(store, subscription)
    schedule |= {"released_subscription": subscription["id"], "subscription": None}
    store.emit("customer.subscription.updated", subscription)
    return schedule


def coming_price(store: Store, subscription: Json) -> Json:
    """The price of the next period."""
    item = item_of(subscription)
    if subscription["schedule"] is not None:
        for phase in store.get("subscription_schedule", subscription["schedule"])["phases"]:
            if phase["start_date"] == item["current_period_end"]:
                return store.get("price", phase["items"][0]["price"])
    price: Json = item["price"]
    return price


def _months(duration: Json) -> int:
    count: int = duration.get("interval_count", 1)
    return count * {"month": 1, "year": 12}[duration["interval"]]


def _months_after(at: int, months: int) -> int:
    return seconds(instant(at) + relativedelta(months=months))
