"""What the answers of a system mean, and when the next try is."""

from datetime import timedelta
from enum import Enum, auto
from http import HTTPStatus

from offboarding.access.port import Answer


class Verdict(Enum):
    """What follows from an answer."""

    ACKNOWLEDGED = auto()
    """It has done it."""
    TAKEN = auto()
    """It does it, and says so later."""
    LATER = auto()
    """It can't now; the same again may work."""
    REFUSED = auto()
    """It does not want it like this; somebody has to mend something, there or here."""
    GONE = auto()
    """It is no more."""


PAUSES = tuple(
    timedelta(seconds=seconds) for seconds in (5, 30, 2 * 60, 10 * 60, 30 * 60, 3600, 2 * 3600)
)
"""After each try; together some four hours, which outlasts a deploy and most outages."""
ATTEMPTS = len(PAUSES) + 1
REFUSALS = 4
"""So many refusals are enough: a release that answers 404 for two minutes is outlasted, a wrong
secret or address is not."""
LONGEST_WAIT = timedelta(days=1)
"""A system that asks to be left alone for longer is asked again after that."""
ACKNOWLEDGE_WITHIN = timedelta(days=1)
"""A system that has taken it (202) says within this time that it has done it."""

_LATER = frozenset({HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY, HTTPStatus.TOO_MANY_REQUESTS})


def verdict_of(status: int) -> Verdict:
    """What a status means. A redirect is a refusal: who moves a system says so in the policy."""
    if status == HTTPStatus.ACCEPTED:
        return Verdict.TAKEN
    if HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
        return Verdict.ACKNOWLEDGED
    if status == HTTPStatus.GONE:
        return Verdict.GONE
    if status in _LATER or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return Verdict.LATER
    return Verdict.REFUSED


def words_for(status: int) -> str:
    """The answer, for whoever looks after the system."""
    if status == HTTPStatus.GONE:
        return "answered 410: it is gone. Take it out of policy/systems.yml, or bring it back"
    if status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
        return f"answered {status}: it does not believe the signature. Is its secret the same?"
    if HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.BAD_REQUEST:
        return f"answered {status}: redirects are not followed. Give its own address"
    return f"answered {status}"


def pause_after(attempts: int, answer: Answer | None, notification_id: str) -> timedelta:
    """From a try to the next: growing, spread by a fifth, and never sooner than it was asked for.

    Spread, so that a system which comes back is not met by everybody in one second; by the
    notification's own number, so that it is the same whoever computes it.
    """
    planned = PAUSES[min(attempts, len(PAUSES)) - 1]
    spread = planned * (int(notification_id[:4], 16) / 0xFFFF / 5)
    asked = timedelta(seconds=(answer.retry_after_seconds if answer else None) or 0)
    return max(planned + spread, min(asked, LONGEST_WAIT))
