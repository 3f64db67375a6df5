"""A system says later what became of what it has taken: a signed callback."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import BaseModel, StringConstraints, ValidationError
from sqlalchemy.orm import Session

from offboarding.access.model import (
    TRANSITIONS,
    UNSETTLED,
    AccessNotification,
    NotificationState,
)
from offboarding.access.port import Endpoints
from offboarding.access.transitions import locked, move
from offboarding.database import Database
from offboarding.errors import ConfigurationError, OffboardingError

MOST_BYTES = 10_000
"""The most that a callback may have."""


class AcknowledgementSignatureError(OffboardingError):
    """Nobody who knows the system's secret sent this, or no notification has that number.

    Both are one error, so that numbers can't be found out.
    """

    word = "signature_wrong"

    def __init__(self) -> None:
        super().__init__("This isn't signed with the secret of the system that was told.")


class AcknowledgementInvalidError(OffboardingError):
    """It does not have the form that docs/access.md describes."""

    word = "acknowledgement_invalid"

    def __init__(self, places: str) -> None:
        super().__init__(f"This doesn't have the form of docs/access.md (see {places}).")


class Done(StrEnum):
    """What became of it."""

    DONE = "done"
    FAILED = "failed"


class _Said(BaseModel):
    """What a system says."""

    webhook_id: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{32}$")]
    outcome: Done
    reason: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.-]{1,64}$")] | None = None
    """One word for programs: whatever a person could be known by does not fit."""


class _Callback(BaseModel):
    type: Literal["access.acknowledged"]
    data: _Said


def acknowledge(
    database: Database, endpoints: Endpoints, headers: Mapping[str, str], body: bytes
) -> None:
    """Take in what a system says; a second time, or late, it changes nothing.

    Raises AcknowledgementInvalidError or AcknowledgementSignatureError.
    """
    said = _read(body)
    # Nobody who can't sign makes us wait for a lock.
    with database.read() as session:
        known = session.get(AccessNotification, said.webhook_id)
    if known is None or not _signed(endpoints, known.system, headers, body):
        raise AcknowledgementSignatureError
    with database.write() as session:
        notification = locked(session, said.webhook_id)
        if notification is not None and said.outcome is Done.DONE:
            _done(session, notification)
        elif notification is not None:
            _failed(session, notification, said.reason)


def _done(session: Session, notification: AccessNotification) -> None:
    if NotificationState.ACKNOWLEDGED in TRANSITIONS[notification.state]:
        move(session, notification, NotificationState.ACKNOWLEDGED)


def _failed(session: Session, notification: AccessNotification, reason: str | None) -> None:
    if notification.state in UNSETTLED:
        problem = f"says that it could not do it ({reason or 'it gives no reason'})"
        move(session, notification, NotificationState.FAILED, problem)


def _read(body: bytes) -> _Said:
    try:
        return _Callback.model_validate_json(body).data
    except ValidationError as error:
        faults = error.errors(include_url=False, include_input=False)
        places = {".".join(str(part) for part in fault["loc"]) for fault in faults} - {""}
    raise AcknowledgementInvalidError(", ".join(sorted(places))[:200] or "the whole")


def _signed(endpoints: Endpoints, system: str, headers: Mapping[str, str], body: bytes) -> bool:
    try:
        return endpoints.of(system).secrets.signed(headers, body)
    except ConfigurationError:
        return False  # we know no secret of its any more
