"""What the stand-in answers when it refuses: the shape, types and codes of Stripe's API errors.

Source: docs.stripe.com/api/errors and docs.stripe.com/error-codes. The sentences are Stripe's where
a program might look at them, else ours.
"""

from typing import Any


class StripeRefusal(Exception):  # noqa: N818 (Stripe's answer, not a failure of ours)
    """A call that Stripe would answer with an error."""

    def __init__(
        self,
        message: str,
        *,
        status: int = 400,
        kind: str = "invalid_request_error",
        code: str | None = None,
        param: str | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        error = {"type": kind, "message": message, "code": code, "param": param}
        self.answer: dict[str, Any] = {
            "error": {name: value for name, value in error.items() if value is not None}
        }


def missing(kind: str, identifier: str, param: str = "id") -> StripeRefusal:
    """Nothing has this identifier."""
    message = f"No such {kind.replace('_', ' ')}: '{identifier}'"
    return StripeRefusal(message, status=404, code="resource_missing", param=param)


def unsupported(what: str) -> StripeRefusal:
    """Stripe can do it, and the stand-in can't: a test must not pass because of that."""
    return StripeRefusal(f"The stand-in does not do this: {what}", status=501, kind="api_error")
