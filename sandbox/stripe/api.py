"""The table of calls: where each is, which parameters the client's types give it, what it does."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from stripe import params as p
from stripe.params import test_helpers

from sandbox.stripe import money, subscriptions
from sandbox.stripe.errors import StripeRefusal
from sandbox.stripe.form import Json
from sandbox.stripe.store import Store


@dataclass(frozen=True)
class Call:
    """One call of Stripe's API."""

    method: str
    path: str
    shape: Any
    """The client's own type of its parameters."""
    do: Callable[..., Json]
    """Given the store, the parameters, and what the path names."""

    def names(self, method: str, path: str) -> list[str] | None:
        """The identifiers in the path; None when this is another call."""
        pattern = re.sub(r":[a-z]+", "([^/]+)", self.path)
        found = re.fullmatch(pattern, path) if method == self.method else None
        return None if found is None else list(found.groups())


def _getting(kind: str) -> Callable[[Store, Json, str], Json]:
    def get(store: Store, params: Json, name: str) -> Json:
        subscriptions.only(params)
        return store.get(kind, name)

    return get


def _events(store: Store, params: Json) -> Json:
    subscriptions.only(params, "limit", "starting_after")
    return store.listed(store.events[::-1], params, "/v1/events")


CALLS = (
    Call("GET", "/v1/account", p.AccountRetrieveCurrentParams, money.account),
    Call("POST", "/v1/customers", p.CustomerCreateParams, money.create_customer),
    Call(
        "GET",
        "/v1/customers/:id/payment_methods",
        p.CustomerPaymentMethodListParams,
        money.payment_methods_of,
    ),
    Call("POST", "/v1/products", p.ProductCreateParams, money.create_product),
    Call("POST", "/v1/prices", p.PriceCreateParams, money.create_price),
    Call("GET", "/v1/prices/:id", p.PriceRetrieveParams, _getting("price")),
    Call("POST", "/v1/coupons", p.CouponCreateParams, money.create_coupon),
    Call("POST", "/v1/payment_methods", p.PaymentMethodCreateParams, money.create_payment_method),
    Call(
        "POST",
        "/v1/payment_methods/:id/attach",
        p.PaymentMethodAttachParams,
        money.attach_payment_method,
    ),
    Call(
        "POST",
        "/v1/payment_methods/:id/detach",
        p.PaymentMethodDetachParams,
        money.detach_payment_method,
    ),
    Call("POST", "/v1/subscriptions", p.SubscriptionCreateParams, subscriptions.create),
    Call("GET", "/v1/subscriptions", p.SubscriptionListParams, subscriptions.listed),
    Call("GET", "/v1/subscriptions/:id", p.SubscriptionRetrieveParams, subscriptions.retrieve),
    Call("POST", "/v1/subscriptions/:id", p.SubscriptionUpdateParams, subscriptions.update),
    Call("DELETE", "/v1/subscriptions/:id", p.SubscriptionCancelParams, subscriptions.cancel),
    Call(
        "POST",
        "/v1/subscription_schedules",
        p.SubscriptionScheduleCreateParams,
        subscriptions.create_schedule,
    ),
    Call(
        "GET",
        "/v1/subscription_schedules/:id",
        p.SubscriptionScheduleRetrieveParams,
        _getting("subscription_schedule"),
    ),
    Call(
        "POST",
        "/v1/subscription_schedules/:id",
        p.SubscriptionScheduleUpdateParams,
        subscriptions.update_schedule,
    ),
    Call(
        "POST",
        "/v1/subscription_schedules/:id/release",
        p.SubscriptionScheduleReleaseParams,
        subscriptions.release_schedule,
    ),
    Call("GET", "/v1/invoices", p.InvoiceListParams, money.invoices),
    Call("POST", "/v1/invoices/create_preview", p.InvoiceCreatePreviewParams, money.preview),
    Call("POST", "/v1/refunds", p.RefundCreateParams, money.create_refund),
    Call("GET", "/v1/refunds", p.RefundListParams, money.refunds),
    Call("GET", "/v1/refunds/:id", p.RefundRetrieveParams, _getting("refund")),
    Call("POST", "/v1/webhook_endpoints", p.WebhookEndpointCreateParams, money.create_endpoint),
    Call("GET", "/v1/webhook_endpoints", p.WebhookEndpointListParams, money.endpoints),
    Call("GET", "/v1/events", p.EventListParams, _events),
    Call(
        "POST",
        "/v1/test_helpers/test_clocks",
        test_helpers.TestClockCreateParams,
        money.create_clock,
    ),
    Call(
        "POST",
        "/v1/test_helpers/test_clocks/:id/advance",
        test_helpers.TestClockAdvanceParams,
        money.advance_clock,
    ),
)


def find(method: str, path: str) -> tuple[Call, list[str]]:
    """The call and what its path names. Raises StripeRefusal."""
    for call in CALLS:
        names = call.names(method, path)
        if names is not None:
            return call, names
    raise StripeRefusal(f"Unrecognized request URL ({method}: {path}).", status=404)
