"""Doing at Stripe what was agreed inside a transaction, from the ledger's entry alone."""

from contextlib import suppress
from datetime import datetime

from stripe import StripeClient

from offboarding.accounts.model import Plan, Subscription
from offboarding.billing.agreements import agreed_before, drop_if_overtaken
from offboarding.billing.model import EntryKind, LedgerEntry
from offboarding.billing.stripe.billing import StripeBilling
from offboarding.billing.stripe.mirror import REFUSED, refresh_soon
from offboarding.cases.reasons import ChurnReason
from offboarding.database import Database
from offboarding.errors import OffboardingError


def carry_out(database: Database, client: StripeClient, entry_id: str) -> None:
    """Do what the entry agrees, with its key. Harmless when it is done.

    What was agreed before on the same subscription is done first, whichever task comes first, for
    an undo that overtakes its cancellation would leave it cancelled. What Stripe refuses of it is
    its own task's to tell, and keeps up nothing. Raises what StripeBilling raises.
    """
    with database.read() as session:
        entry = session.get(LedgerEntry, entry_id)
        if entry is None or not entry.awaited:
            return
        before = agreed_before(session, entry)
    for earlier in before:
        with suppress(OffboardingError):
            _carry_out(database, client, earlier)
    _carry_out(database, client, entry)


def _carry_out(database: Database, client: StripeClient, entry: LedgerEntry) -> None:
    with database.write() as session:
        if drop_if_overtaken(session, entry.id):
            return
        subscription = session.get_one(Subscription, entry.subscription_id)
        plan = session.get(Plan, entry.details.get("plan", ""))
    try:
        _do(StripeBilling(client, database), entry, subscription, plan)
    except OffboardingError:
        _refused(database, entry.id)
        raise


def _refused(database: Database, entry_id: str) -> None:
    """From now on the mirror says what is, and no more what was agreed; it may be tried again."""
    with database.write() as session:
        entry = session.get_one(LedgerEntry, entry_id)
        entry.details = {**entry.details, REFUSED: True}
        refresh_soon(session, session.get_one(Subscription, entry.subscription_id))


def _do(
    billing: StripeBilling, entry: LedgerEntry, subscription: Subscription, plan: Plan | None
) -> None:
    key = entry.key
    match entry.kind:
        case EntryKind.CANCELLATION:
            _cancel(billing, entry, subscription)
        case EntryKind.CANCELLATION_UNDONE:
            billing.undo_cancellation(subscription, key=key)
        case EntryKind.END:
            billing.end(subscription, key=key)
        case EntryKind.REFUND:
            billing.refund(subscription, amount_minor=-entry.amount_minor, key=key)
        case EntryKind.PAYMENT_METHOD_DETACHED:
            billing.detach_payment_method(subscription, key=key)
        case _:
            _keep(billing, entry, subscription, plan)


def _cancel(billing: StripeBilling, entry: LedgerEntry, subscription: Subscription) -> None:
    """A refund that belongs to it has an entry, and so a task, of its own."""
    feedback = entry.details.get("feedback")
    reason = ChurnReason(feedback) if feedback else None
    if entry.details.get("now"):
        billing.cancel_now(subscription, key=entry.key, feedback=reason)
    else:
        billing.cancel_at_period_end(subscription, key=entry.key, feedback=reason)


def _keep(
    billing: StripeBilling, entry: LedgerEntry, subscription: Subscription, plan: Plan | None
) -> None:
    key, details = entry.key, entry.details
    match entry.kind:
        case EntryKind.PAUSE:
            starts_at, ends_at = (
                datetime.fromisoformat(details[n]) for n in ("starts_at", "ends_at")
            )
            billing.pause(subscription, starts_at=starts_at, ends_at=ends_at, key=key)
        case EntryKind.PAUSE_UNDONE:
            billing.undo_pause(subscription, key=key)
        case EntryKind.PLAN_CHANGE_UNDONE if plan is not None:
            billing.stay_on_plan(subscription, plan, key=key)
        case EntryKind.DISCOUNT:
            until = datetime.fromisoformat(details["until"])
            billing.discount(subscription, percent=details["percent"], until=until, key=key)
        case EntryKind.PLAN_CHANGE if plan is not None:
            at = datetime.fromisoformat(details["at"])
            billing.change_plan(subscription, plan, at=at, key=key)
        case EntryKind.TRIAL_EXTENSION:
            until = datetime.fromisoformat(details["until"])
            billing.extend_trial(subscription, until=until, key=key)
        case _:
            raise ValueError(f"an entry of kind {entry.kind} can't be carried out")
