"""The steps of an off-boarding: which there are, when each is due, and what it waits for."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from offboarding.days import days_later


class StepKind(StrEnum):
    """One thing that is done after a customer said yes, in the order in which it is told."""

    CANCEL = "cancel"
    """Cancelled at the billing provider; nothing renews any more."""
    REFUND = "refund"
    """What was paid for too much is paid back."""
    EXPORT = "export"
    """The copy of their data, where they asked for one."""
    REMIND = "remind"
    """They are told that the end is near."""
    END = "end"
    """The subscription is over."""
    REVOKE_ACCESS = "revoke_access"
    """The company's systems let them in no more."""
    DETACH_PAYMENT_METHOD = "detach_payment_method"
    """No card or account to charge is kept."""
    ERASE = "erase"
    """Whatever need not be kept is erased."""
    CLOSE = "close"
    """Nothing is left to do."""


AFTER: Mapping[StepKind, frozenset[StepKind]] = {
    StepKind.CANCEL: frozenset(),
    StepKind.REFUND: frozenset({StepKind.CANCEL}),
    StepKind.EXPORT: frozenset(),
    StepKind.REMIND: frozenset({StepKind.CANCEL}),
    StepKind.END: frozenset({StepKind.CANCEL}),
    StepKind.REVOKE_ACCESS: frozenset({StepKind.END, StepKind.EXPORT}),
    StepKind.DETACH_PAYMENT_METHOD: frozenset({StepKind.END, StepKind.REFUND}),
    StepKind.ERASE: frozenset(
        {StepKind.REVOKE_ACCESS, StepKind.EXPORT, StepKind.DETACH_PAYMENT_METHOD}
    ),
    StepKind.CLOSE: frozenset(StepKind) - {StepKind.CLOSE},
}
"""What must be over before a step is begun. A payment method stays until the end, so that an undo
restores the subscription exactly as it was."""

GOES_ON_WITHOUT: Mapping[StepKind, frozenset[StepKind]] = {
    StepKind.REVOKE_ACCESS: frozenset({StepKind.EXPORT}),
    StepKind.CLOSE: frozenset({StepKind.REMIND}),
}
"""What is not waited for any longer once it is with a person: the copy is made of our own tables
and needs no access, so access never outlives its end because of it."""


def _held_up_by(kind: StepKind) -> frozenset[StepKind]:
    direct = AFTER[kind] - GOES_ON_WITHOUT.get(kind, frozenset())
    return direct.union(*(_held_up_by(each) for each in direct))


HELD_UP_BY: Mapping[StepKind, frozenset[StepKind]] = {kind: _held_up_by(kind) for kind in StepKind}
"""What keeps a step waiting while it is with a person, by way of the steps between, too."""

OF_THE_ACCOUNT = frozenset({StepKind.DETACH_PAYMENT_METHOD, StepKind.ERASE})
"""What is done once for an account, with the case of its last plan."""

REMINDED_DAYS_BEFORE = 1
"""So many calendar days before the end they are told that it is near."""
ERASED_AFTER = timedelta(seconds=1)
"""After the last second in which content can be fetched, so that the day of the erasure is the
same before it and after it."""


@dataclass(frozen=True)
class PlannedStep:
    """A step, and the instant at which it is due."""

    kind: StepKind
    due_at: datetime


def planned(
    *,
    confirmed_at: datetime,
    ends_at: datetime,
    content_until: datetime,
    refund_minor: int,
    zone: ZoneInfo,
) -> list[PlannedStep]:
    """The steps that follow a yes, each once.

    No refund is planned where nothing is paid back, and no reminder where the end is within the
    time in which one would come: the receipt has just said it. `zone` is where the account is.
    """
    steps = [PlannedStep(StepKind.CANCEL, confirmed_at)]
    if refund_minor:
        steps.append(PlannedStep(StepKind.REFUND, confirmed_at))
    reminded_at = days_later(ends_at, -REMINDED_DAYS_BEFORE, zone)
    erased_at = content_until + ERASED_AFTER
    if reminded_at > confirmed_at:
        steps.append(PlannedStep(StepKind.REMIND, reminded_at))
    steps += [
        PlannedStep(StepKind.EXPORT, ends_at),
        PlannedStep(StepKind.END, ends_at),
        PlannedStep(StepKind.REVOKE_ACCESS, ends_at),
        PlannedStep(StepKind.DETACH_PAYMENT_METHOD, ends_at),
        PlannedStep(StepKind.ERASE, erased_at),
        PlannedStep(StepKind.CLOSE, erased_at),
    ]
    return steps
