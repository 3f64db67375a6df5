"""Whether Stripe is connected as it should be: key, webhook, prices, subscriptions."""

from collections.abc import Callable, Sequence
from urllib.parse import urlsplit

import stripe
from stripe import StripeClient

from channels.findings import Finding
from offboarding.accounts.model import Interval, Plan
from offboarding.billing.stripe.connection import EVENTS_PATH, StripeConnection

_NEEDED = "customer.subscription.updated"
_INTERVALS = {Interval.MONTH: "month", Interval.YEAR: "year"}


def check(
    connection: StripeConnection, client: StripeClient, plans: Sequence[Plan], unknown: int
) -> list[Finding]:
    """Look at everything, in the order in which it has to be mended. Blocks.

    `unknown` is how many subscriptions to paid plans have no billing_id.
    """
    account = _asked("Account", lambda: _account(connection, client))
    address = _address(connection)
    if not account.good:
        return [account, address]
    paid = [plan for plan in plans if not plan.free]
    return [
        account,
        address,
        _asked("Webhook", lambda: _webhook(connection, client)),
        *(_price(client, plan) for plan in paid),
        _subscriptions(unknown),
    ]


def _asked(subject: str, look: Callable[[], Finding]) -> Finding:
    """What a look gives; where Stripe refuses or does not answer, that is what was found."""
    try:
        return look()
    except stripe.AuthenticationError:
        sentence = (
            "Stripe does not know this key. Copy OFFBOARD_STRIPE_SECRET_KEY anew from the "
            "dashboard, Developers, API keys."
        )
    except stripe.PermissionError:
        sentence = (
            "This restricted key may not read it. Give it read on accounts, prices and webhook "
            "endpoints, and write on subscriptions, schedules, coupons, refunds and payment "
            "methods."
        )
    except stripe.APIConnectionError:
        sentence = (
            "Stripe does not answer. Check the network, a proxy, and OFFBOARD_STRIPE_API_URL."
        )
    except stripe.StripeError as error:
        sentence = (
            f"Stripe refuses it ({error.code or error.http_status}). docs.stripe.com/error-codes "
            "explains it."
        )
    return Finding(subject, good=False, sentence=sentence)


def _account(connection: StripeConnection, client: StripeClient) -> Finding:
    account = client.v1.accounts.retrieve_current()
    mode = "live: real money is moved" if connection.live else "a test: no money is moved"
    if not account.charges_enabled:
        sentence = f"{account.id} may not take payments yet. The dashboard says what is missing."
        return Finding("Account", good=False, sentence=sentence)
    return Finding("Account", good=True, sentence=f"{account.id}; the key is {mode}")


def _address(connection: StripeConnection) -> Finding:
    parts = urlsplit(connection.public_url)
    if parts.scheme != "https" and connection.live:
        sentence = "Stripe calls https addresses only. Set OFFBOARD_PUBLIC_URL to ours."
        return Finding("Public address", good=False, sentence=sentence)
    wanted = connection.public_url + EVENTS_PATH
    return Finding("Public address", good=True, sentence=f"Stripe calls {wanted}")


def _webhook(connection: StripeConnection, client: StripeClient) -> Finding:
    wanted = connection.public_url + EVENTS_PATH
    endpoints = client.v1.webhook_endpoints.list({"limit": 100}).data
    ours = [each for each in endpoints if each.url == wanted and each.status == "enabled"]
    if not ours:
        sentence = (
            f"No enabled endpoint calls {wanted}. Make one in the dashboard (Developers, "
            "Webhooks), and copy its signing secret into OFFBOARD_STRIPE_WEBHOOK_SECRET."
        )
        return Finding("Webhook", good=False, sentence=sentence)
    if not any({"*", _NEEDED} & set(each.enabled_events) for each in ours):
        sentence = f"The endpoint does not get {_NEEDED}. docs/billing.md lists what it needs."
        return Finding("Webhook", good=False, sentence=sentence)
    sentence = "good; whether its signing secret is ours shows with the first event"
    return Finding("Webhook", good=True, sentence=sentence)


def _price(client: StripeClient, plan: Plan) -> Finding:
    subject, price_id = f"Price of {plan.name}", plan.billing_id
    if price_id is None:
        sentence = "It has none. Put Stripe's price (price_…) into plan.billing_id."
        return Finding(subject, good=False, sentence=sentence)
    return _asked(subject, lambda: _same(subject, client.v1.prices.retrieve(price_id), plan))


def _same(subject: str, price: stripe.Price, plan: Plan) -> Finding:
    ours = (plan.price_minor, plan.currency.lower(), _INTERVALS[plan.interval])
    recurring = price.recurring
    every = recurring.interval if recurring and recurring.interval_count == 1 else "another period"
    theirs = (price.unit_amount, price.currency, every)
    if ours != theirs:
        sentence = (
            f"Ours is {ours[0]} {ours[1]} a {ours[2]} in minor units, {price.id} is {theirs[0]} "
            f"{theirs[1]} a {theirs[2]}: customers would be told another price than they pay."
        )
        return Finding(subject, good=False, sentence=sentence)
    return Finding(subject, good=True, sentence="good")


def _subscriptions(unknown: int) -> Finding:
    if unknown:
        sentence = (
            f"{unknown} to paid plans have no billing_id (sub_…): their customers are sent to a "
            "person, for nobody knows what they pay."
        )
        return Finding("Subscriptions", good=False, sentence=sentence)
    return Finding("Subscriptions", good=True, sentence="each is known at Stripe")
