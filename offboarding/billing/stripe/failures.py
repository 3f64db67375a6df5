"""What Stripe's client raises, sorted by who has to do something: the engine, or a person."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

import stripe
from stripe import RequestOptions

from offboarding.errors import OffboardingError

_ERROR_CODES = "docs.stripe.com/error-codes"
_MOST_KEYS = 10
"""More errors 500 in a row than all tries of a task are: after them a person has it anyway."""

Given = TypeVar("Given")


class StripeUnavailableError(Exception):
    """Stripe gave no answer that says whether it was done: the same is to be tried again."""


class BillingRefusedError(OffboardingError):
    """Stripe won't do it however often it is asked; a person has to look at it."""

    word = "billing_refused"


class BillingUnknownError(OffboardingError):
    """What is known of a subscription's payments is missing, or older than what is asked."""

    word = "billing_unknown"


@contextmanager
def asking(what: str) -> Iterator[None]:
    """Turns the client's errors into ours. `what` ends the sentence "Stripe refuses to ...".

    Stripe's own words stay out of it, for they may name people: code and request lead to them.
    """
    try:
        yield
    except (stripe.APIConnectionError, stripe.RateLimitError, stripe.APIError) as error:
        status = f"status {error.http_status}" if error.http_status else "no answer"
        raise StripeUnavailableError(f"{what}: {status}, {_request(error)}") from error
    except (stripe.AuthenticationError, stripe.PermissionError) as error:
        raise BillingRefusedError(
            f"Stripe doesn't let this key {what} ({_request(error)}). `offboard stripe check` says "
            "what is wrong with it."
        ) from error
    except stripe.StripeError as error:
        code = error.code or type(error).__name__
        raise BillingRefusedError(
            f"Stripe refuses to {what} ({code}, {_request(error)}). {_ERROR_CODES} explains it, "
            "and the dashboard shows the request."
        ) from error


def once(key: str, ask: Callable[[RequestOptions], Given]) -> Given:
    """Ask with an idempotency key, so that asking again gives the first answer.

    Stripe keeps an error 500 under its key too and gives it again for a day, whether it had an
    effect or not (docs.stripe.com/error-low-level). Such an answer is passed over with a further
    key, so what is asked must be harmless a second time, or have been looked for before.
    """
    for further in ("", *(f":{number}" for number in range(2, _MOST_KEYS))):
        try:
            return ask({"idempotency_key": key + further})
        except stripe.APIError as error:
            if not _is_replayed(error):
                raise
    return ask({"idempotency_key": f"{key}:{_MOST_KEYS}"})


def _is_replayed(error: stripe.APIError) -> bool:
    headers = {name.lower(): value for name, value in (error.headers or {}).items()}
    return headers.get("idempotent-replayed") == "true" and error.http_status != 409


def _request(error: stripe.StripeError) -> str:
    return f"request {error.request_id}" if error.request_id else "no request number"
