"""What is paid back at Stripe, and how an account pays."""

import stripe
from stripe import StripeClient
from stripe.params import RefundCreateParams, RefundListParams

from offboarding.billing.stripe.failures import once
from offboarding.billing.stripe.refresh import KEY
from offboarding.billing.stripe.state import is_over

_MOST = 100
_NOT_ATTACHED = "payment_method_unexpected_state"


def refund(client: StripeClient, payment_id: str, amount_minor: int, key: str) -> stripe.Refund:
    """Pay back so much of a payment (pi_… or ch_…), once for each key.

    Stripe forgets keys after a day or more. The refund carries its own, so that a try that comes
    later than that finds what an earlier one did.
    """
    searched: RefundListParams = {"limit": _MOST}
    wanted: RefundCreateParams = {
        "amount": amount_minor,
        "metadata": {KEY: key},
        "reason": "requested_by_customer",
    }
    if payment_id.startswith("pi_"):
        searched["payment_intent"] = wanted["payment_intent"] = payment_id
    else:
        searched["charge"] = wanted["charge"] = payment_id
    for known in client.v1.refunds.list(searched).data:
        if known.metadata and known.metadata.to_dict().get(KEY) == key:
            return known
    return once(key, lambda options: client.v1.refunds.create(wanted, options))


def detach_all(client: StripeClient, customer_id: str, subscription_id: str, key: str) -> bool:
    """Forget every way in which a customer pays; whether it was done.

    Not while another subscription of theirs has not ended and is not free, whether we know it or
    not: one that is only cancelled may be taken back, and is paid that way again.
    """
    known = client.v1.subscriptions.list({"customer": customer_id, "limit": _MOST})
    if any(each.id != subscription_id and _is_paid(each) for each in known.data):
        return False
    methods = client.v1.customers.payment_methods.list(customer_id, {"limit": _MOST})
    for method in methods.data:
        _detach(client, method.id, f"{key}:{method.id}")
    return True


def _is_paid(subscription: stripe.Subscription) -> bool:
    """A price without an amount of its own (by tiers) is one that costs something."""
    if is_over(subscription):
        return False
    return any(item.price.unit_amount != 0 for item in subscription["items"].data)


def _detach(client: StripeClient, method_id: str, key: str) -> None:
    try:
        once(key, lambda options: client.v1.payment_methods.detach(method_id, {}, options))
    except stripe.InvalidRequestError as error:
        if error.code != _NOT_ATTACHED:
            raise
