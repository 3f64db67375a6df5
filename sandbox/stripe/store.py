"""Everything the stand-in knows: Stripe's objects as its API gives them, and its events."""

import copy
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from offboarding import clock
from sandbox.stripe.errors import StripeRefusal, missing
from sandbox.stripe.form import Json

PREFIXES = {
    "test_helpers.test_clock": "clock",
    "coupon": "coupon",
    "customer": "cus",
    "discount": "di",
    "event": "evt",
    "invoice": "in",
    "payment_intent": "pi",
    "payment_method": "pm",
    "price": "price",
    "product": "prod",
    "refund": "re",
    "subscription": "sub",
    "subscription_item": "si",
    "subscription_schedule": "sub_sched",
    "webhook_endpoint": "we",
}
API_VERSION = "2026-10-28.endive"
"""The version that the installed client asks for."""


class Store:
    """Objects by their identifiers, in the order in which they were made."""

    def __init__(self) -> None:
        self._objects: dict[str, Json] = {}
        self._made = 0
        self.events: list[Json] = []

    def add(self, kind: str, *, identifier: str = "", **fields: Any) -> Json:
        """Keep a new object. Raises StripeRefusal when the identifier is taken."""
        self._made += 1
        made = identifier or f"{PREFIXES[kind]}_standin{self._made:06d}"
        if made in self._objects:
            raise StripeRefusal(
                f"{kind.capitalize()} already exists.", code="resource_already_exists", param="id"
            )
        thing = {"id": made, "object": kind, "livemode": False, "created": seconds(clock.now())}
        self._objects[made] = thing | fields
        return self._objects[made]

    def get(self, kind: str, identifier: str, param: str = "id") -> Json:
        """The object of this kind and identifier. Raises StripeRefusal."""
        found = self._objects.get(identifier)
        if found is None or found["object"] != kind:
            raise missing(kind, identifier, param)
        return found

    def all(self, kind: str, fits: Callable[[Json], bool] = lambda _: True) -> list[Json]:
        """Every object of a kind that fits, the newest first."""
        made = [
            each for each in list(self._objects.values()) if each["object"] == kind and fits(each)
        ]
        return made[::-1]

    def clock_of(self, customer_id: str) -> int:
        """The time of a customer: of their test clock, or everybody's."""
        name = self.get("customer", customer_id)["test_clock"]
        if name is None:
            return seconds(clock.now())
        frozen: int = self.get("test_helpers.test_clock", name)["frozen_time"]
        return frozen

    def emit(self, kind: str, thing: Json, at: int | None = None) -> None:
        """Write an event with the object as it is now."""
        self._made += 1
        self.events.append(
            {
                "id": f"evt_standin{self._made:06d}",
                "object": "event",
                "api_version": API_VERSION,
                "created": seconds(clock.now()) if at is None else at,
                "data": {"object": copy.deepcopy(self.shown(thing, []))},
                "livemode": False,
                "pending_webhooks": 1,
                "request": {"id": None, "idempotency_key": None},
                "type": kind,
            }
        )

    def shown(self, thing: Json, expand: list[str]) -> Json:
        """An object as the API gives it. Raises StripeRefusal for what can't be expanded."""
        out = copy.deepcopy(thing)
        if out["object"] == "invoice" and "payments" not in {path.split(".")[0] for path in expand}:
            out.pop("payments", None)
        for path in expand:
            _expand(self._objects, out, path.split("."), path)
        return out

    def listed(self, things: list[Json], params: Json, url: str) -> Json:
        """A page of a list: `limit`, `starting_after`, `expand` below `data`."""
        names = [thing["id"] for thing in things]
        after = params.get("starting_after")
        first = names.index(after) + 1 if after in names else 0
        limit = params.get("limit", 10)
        page = things[first : first + limit]
        expand = [path.removeprefix("data.") for path in params.get("expand", [])]
        return {
            "object": "list",
            "url": url,
            "has_more": first + limit < len(things),
            "data": [self.shown(thing, expand) for thing in page],
        }


def _expand(objects: dict[str, Json], at: Any, parts: list[str], path: str) -> None:
    if isinstance(at, list):
        for each in at:
            _expand(objects, each, parts, path)
        return
    name, *rest = parts
    if not isinstance(at, dict) or name not in at:
        raise StripeRefusal(f"This property cannot be expanded ({path}).", param="expand")
    value = at[name]
    if isinstance(value, str) and value in objects:
        at[name] = copy.deepcopy(objects[value])
    elif isinstance(value, list):
        at[name] = [
            copy.deepcopy(objects[each]) if isinstance(each, str) else each for each in value
        ]
    if rest and at[name] is not None:
        _expand(objects, at[name], rest, path)


def seconds(moment: datetime) -> int:
    """An instant as Stripe writes it."""
    return int(moment.astimezone(UTC).timestamp())


def instant(at: int) -> datetime:
    """An instant from how Stripe writes it."""
    return datetime.fromtimestamp(at, UTC)
