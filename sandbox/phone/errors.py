"""What the stand-in answers when it refuses, and what it says to a test that asks nonsense.

Codes and statuses are those of twilio.com/docs/api/errors; the sentences are ours.
"""

from typing import Any

from offboarding.errors import OffboardingError

_PAGE = "https://www.twilio.com/docs/errors"


class TwilioRefusal(Exception):  # noqa: N818 (Twilio's answer, not a failure of ours)
    """A call that Twilio's REST API would answer with an error."""

    def __init__(self, code: int, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.code = code
        self.status = status
        self.answer: dict[str, Any] = {
            "code": code,
            "message": message,
            "more_info": f"{_PAGE}/{code}",
            "status": status,
        }


class DriverError(OffboardingError):
    """A phone can't do this."""

    word = "phone_driver"


def not_authenticated() -> TwilioRefusal:
    """Neither the account nor its token."""
    return TwilioRefusal(20003, "This account and token are not known.", 401)


def not_found(path: str) -> TwilioRefusal:
    """Nothing has this address."""
    return TwilioRefusal(20404, f"There is nothing at {path}.", 404)


def too_many() -> TwilioRefusal:
    """More calls at once than the account may make."""
    return TwilioRefusal(20429, "Too many calls at once. Try again later.", 429)


def opted_out() -> TwilioRefusal:
    """The phone wants no texts from this sender."""
    return TwilioRefusal(21610, "This phone has opted out of texts from this sender.")
