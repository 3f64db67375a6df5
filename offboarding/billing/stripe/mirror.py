"""The mirror: our tables say what Stripe says, as far as it was asked.

Events of Stripe carry no version of their object and come in any order, so none is believed: each
only has the subscription fetched anew. Two fetches may still be written in the wrong order; the
mirror's version tells, without any clock, whether something was written since a fetch began.
"""

from datetime import timedelta

import sqlalchemy as sa
import structlog
from sqlalchemy.orm import Session

from offboarding import clock
from offboarding.accounts.model import Plan, Subscription, SubscriptionState
from offboarding.background.service import schedule
from offboarding.billing.model import EntryKind, LedgerEntry
from offboarding.billing.stripe.model import StripeMirror
from offboarding.billing.stripe.state import StripeState

_LOG = structlog.get_logger(__name__)

REFRESH = "stripe.refresh"
"""The kind of the task that fetches a subscription (its subject) anew."""
REFUSED = "refused"
"""Set in the details of an agreed entry that Stripe won't carry out."""
LATE = timedelta(hours=2)
"""So long after a period's end Stripe may need to make and collect its invoice (about one hour)."""


def version_of(session: Session, subscription_id: str) -> int:
    """The mirror's version, to be read before Stripe is asked."""
    mirror = session.get(StripeMirror, subscription_id)
    return 0 if mirror is None else mirror.version


def apply(
    session: Session,
    subscription_id: str,
    state: StripeState,
    *,
    asked_at: int,
    upcoming_minor: int | None = None,
) -> bool:
    """Write what Stripe said when the mirror's version was `asked_at`; whether it was written.

    It is not when something newer may have been written since, nor while something agreed is yet
    to be carried out: then the mirror says what was agreed, and Stripe's answer to that comes.
    """
    subscription = session.get(Subscription, subscription_id, with_for_update={"of": Subscription})
    mirror = session.get(StripeMirror, subscription_id, populate_existing=True)
    if subscription is None or (0 if mirror is None else mirror.version) != asked_at:
        return False
    if is_awaited(session, subscription_id):
        return False
    if mirror is None:
        mirror = StripeMirror(subscription_id=subscription_id, version=0)
        session.add(mirror)
    mirror.version, mirror.mirrored_at = asked_at + 1, clock.now()
    mirror.anchor, mirror.upcoming_minor = state.anchor, upcoming_minor
    _write(session, subscription, state)
    return True


def is_awaited(session: Session, subscription_id: str) -> bool:
    """Whether something agreed is yet to be carried out, and was not refused."""
    awaited = sa.select(LedgerEntry).where(
        LedgerEntry.subscription_id == subscription_id,
        LedgerEntry.awaited,
        LedgerEntry.kind != EntryKind.REFUND,
    )
    return any(REFUSED not in entry.details for entry in session.scalars(awaited))


def refresh_soon(session: Session, subscription: Subscription) -> None:
    """Have it fetched after a write, for its payments and for what will be taken next."""
    version = version_of(session, subscription.id)
    schedule(session, REFRESH, subscription.id, key=f"{REFRESH}:{subscription.id}:{version}")


def refresh_when_over(session: Session, subscription: Subscription) -> None:
    """Have it fetched once its period is over, whether an event tells of that or is lost."""
    if subscription.state is SubscriptionState.ENDED or subscription.period_end is None:
        return
    over = subscription.period_end + LATE
    key = f"{REFRESH}:{subscription.id}:{over:%Y%m%dT%H%M%S}"
    schedule(session, REFRESH, subscription.id, key=key, due_at=over)


def request_refresh(session: Session, *, everything: bool) -> int:
    """Have what was never mirrored fetched, or all there is; how many subscriptions that are."""
    wanted = sa.select(Subscription).where(Subscription.billing_id.is_not(None))
    if not everything:
        wanted = wanted.where(Subscription.id.not_in(sa.select(StripeMirror.subscription_id)))
    names = [subscription.id for subscription in session.scalars(wanted)]
    moment = f"{clock.now():%Y%m%dT%H%M%S}"
    for name in names:
        schedule(session, REFRESH, name, key=f"{REFRESH}:{name}:asked:{moment}")
    return len(names)


def _write(session: Session, subscription: Subscription, state: StripeState) -> None:
    subscription.state = state.state
    subscription.period_end = state.period_end
    subscription.cancel_at = state.cancel_at
    subscription.discount_percent = state.percent
    subscription.discount_until = state.discount_until
    if state.collects:
        subscription.paused_from = subscription.paused_until = None
    else:
        subscription.paused_from = subscription.paused_from or clock.now()
        subscription.paused_until = state.resumes_at
    plan = _plan_of(session, state.price_id, subscription)
    if plan is not None:
        subscription.plan = plan
    following = state.next_price_id
    next_plan = _plan_of(session, following, subscription) if following else None
    subscription.next_plan = next_plan if next_plan is not subscription.plan else None


def _plan_of(session: Session, price_id: str, subscription: Subscription) -> Plan | None:
    plan = session.scalar(sa.select(Plan).where(Plan.billing_id == price_id))
    if plan is None:
        _LOG.error("stripe_price_unknown", price=price_id, subscription=subscription.id)
    return plan
