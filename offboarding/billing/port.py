"""What the business asks of a billing provider."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from offboarding.accounts.model import Plan, Subscription
from offboarding.cases.reasons import ChurnReason


@dataclass(frozen=True)
class Payment:
    """An amount, in minor units of its currency, and when it was or will be taken."""

    amount_minor: int
    currency: str
    at: datetime
    reference: str = field(default="", compare=False)
    """The ledger entry of what was taken or paid back; empty for what is still to come."""


@dataclass(frozen=True)
class TakenPayment:
    """A payment that was taken, and how much of it has not been paid back, in minor units."""

    payment: Payment
    left_minor: int


@dataclass(frozen=True)
class CancellationPreview:
    """What cancelling at the end of the period would mean.

    What is paid back is none of it: that is the policy's (offboarding.refunds), never the
    provider's.
    """

    ends_at: datetime
    """Last instant of access."""
    spared: Payment | None
    """The next payment, which will not be taken; None when none was due."""
    currency: str


class NotEndedYetError(Exception):
    """The provider ends it by itself within a known time, which is not over: to be asked again."""


class BillingPort(Protocol):
    """A billing provider. Every write takes a key: the same key again changes nothing.

    What cannot be done raises OffboardingError, and a person has to look at it; whatever else a
    write raises may be tried again with the same key. `offboarding.billing.provider` hands out a
    port for a transaction and one for a step in the background.
    """

    def preview_cancellation(self, subscription: Subscription) -> CancellationPreview:
        """What a cancellation at the end of the period would mean, without doing it."""

    def cancel_at_period_end(
        self, subscription: Subscription, *, key: str, feedback: ChurnReason | None = None
    ) -> datetime:
        """Let it run to the end of what is paid, then end it. Returns that instant."""

    def cancel_now(
        self,
        subscription: Subscription,
        *,
        key: str,
        refund_minor: int = 0,
        feedback: ChurnReason | None = None,
    ) -> datetime:
        """End it at once and pay `refund_minor` of the last payment back. Returns its end.

        Nothing else is credited: how much comes back is the policy's, never the provider's. What
        has ended already stays as it ended, and the refund is still made.
        """

    def refund(
        self, subscription: Subscription, *, amount_minor: int, key: str, payment: str | None = None
    ) -> Payment:
        """Pay back `amount_minor` of a payment (its `reference`; default: the last one).

        Returns what was paid back, as a positive amount. Raises OffboardingError when it is more
        than was taken and not paid back yet.
        """

    def detach_payment_method(self, subscription: Subscription, *, key: str) -> bool:
        """Forget how the account pays, so that nothing can be taken any more.

        Returns whether something was forgotten: not while another subscription of the account
        has not ended and is not free, for that is paid by it, or is again after an undo.
        """

    def undo_cancellation(self, subscription: Subscription, *, key: str) -> None:
        """Let it renew again as before. Raises OffboardingError when it has ended."""

    def end(self, subscription: Subscription, *, key: str) -> None:
        """End it, because its last period is over.

        Raises NotEndedYetError while a provider that ends it by itself is about to, for a limited
        time; after that OffboardingError, for a person.
        """

    def pause(
        self, subscription: Subscription, *, starts_at: datetime, ends_at: datetime, key: str
    ) -> None:
        """Take no payment from `starts_at` to `ends_at`, then go on as before."""

    def discount(
        self, subscription: Subscription, *, percent: int, until: datetime, key: str
    ) -> None:
        """Take `percent` less of every payment before `until`."""

    def change_plan(
        self, subscription: Subscription, plan: Plan, *, at: datetime, key: str
    ) -> None:
        """Move to `plan` at `at`, the end of the period."""

    def undo_pause(self, subscription: Subscription, *, key: str) -> None:
        """Take payments as if no pause were agreed. It must not have begun."""

    def stay_on_plan(self, subscription: Subscription, plan: Plan, *, key: str) -> None:
        """Stay on `plan`, and move to no other at the end of the period.

        Raises OffboardingError when it has moved to another already.
        """

    def extend_trial(self, subscription: Subscription, *, until: datetime, key: str) -> None:
        """Let the trial last until `until`; nothing is charged before."""

    def next_payment(self, subscription: Subscription) -> Payment | None:
        """The next payment as things stand, or None when there is none."""

    def last_payment(self, subscription: Subscription) -> Payment | None:
        """The last payment taken, or None."""

    def payments(self, subscription: Subscription) -> Sequence[TakenPayment]:
        """Every payment that was taken, the oldest first, as far as the ledger knows them.

        What is agreed to be paid back counts as paid back.
        """
