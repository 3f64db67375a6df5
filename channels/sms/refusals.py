"""What Twilio's errors mean for a text (twilio.com/docs/api/errors)."""

from enum import Enum, auto
from http import HTTPStatus

_OPTED_OUT = frozenset({21610})
_LIMITED = frozenset({20429, 21611, 30001, 30022})
"""Too many calls, a full queue of the sender, the rate of the campaign."""
_AWAY = frozenset(
    {20001, 20003, 20005, 20006, 20403, 30002, 90010}
    | {21212, 21408, 21606, 21659, 21660, 21701, 21702, 21703, 21704, 21705}
)
"""The account, its keys or its money, or the sender's set-up: nothing gets through until somebody
mends that, and then all of it may."""


class Refusal(Enum):
    """What is to be done about a refused text."""

    OPTED_OUT = auto()
    """They want no texts from us."""
    LIMITED = auto()
    """Later, and everything else of this sender too."""
    AWAY = auto()
    """Later; it was certainly not taken."""
    UNKNOWN = auto()
    """Later, after a look whether it was taken."""
    LASTING = auto()
    """Never: this phone can't be texted, or not this text."""


def refusal_of(status: int, code: int | None) -> Refusal:
    """What an error of Twilio's REST API means, by its HTTP status and Twilio's own code."""
    if code in _OPTED_OUT:
        return Refusal.OPTED_OUT
    if status == HTTPStatus.TOO_MANY_REQUESTS or code in _LIMITED:
        return Refusal.LIMITED
    if code in _AWAY or status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
        return Refusal.AWAY
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status == HTTPStatus.REQUEST_TIMEOUT:
        return Refusal.UNKNOWN
    return Refusal.LASTING
