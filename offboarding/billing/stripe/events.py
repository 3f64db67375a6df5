"""What Stripe tells us: believed only when it is signed, kept once, and looked up anew."""

from typing import Any

import sqlalchemy as sa
import stripe
import structlog
from sqlalchemy.orm import Session
from stripe import StripeClient

from offboarding import clock
from offboarding.accounts.model import Subscription
from offboarding.background.service import schedule
from offboarding.billing.stripe.model import StripeEvent
from offboarding.billing.stripe.refresh import refresh, refresh_refund
from offboarding.database import Database

_LOG = structlog.get_logger(__name__)

EVENT = "stripe.event"
"""The kind of the task that works on an event (its subject)."""


def keep(session: Session, event: stripe.Event) -> StripeEvent | None:
    """Keep an event and have it worked on; None when it is known, or tells us nothing."""
    about = _about(event)
    if about is None:
        return None
    if session.scalar(sa.select(StripeEvent.id).where(StripeEvent.event_id == event.id)):
        return None
    kept = StripeEvent(
        event_id=event.id, kind=event.type[:64], billing_id=about, received_at=clock.now()
    )
    session.add(kept)
    session.flush()
    schedule(session, EVENT, kept.id)
    return kept


def work_on(database: Database, client: StripeClient, event_id: str) -> None:
    """Fetch anew what an event is about. Raises what `refresh` and `refresh_refund` raise."""
    with database.read() as session:
        event = session.get(StripeEvent, event_id)
        if event is None or event.done_at is not None:
            return
        subscription_id = session.scalar(
            sa.select(Subscription.id).where(Subscription.billing_id == event.billing_id)
        )
    if event.billing_id.startswith("re_"):
        refresh_refund(database, client, event.billing_id)
    elif subscription_id is not None:
        refresh(database, client, subscription_id)
    else:
        _LOG.warning("stripe_subscription_unknown", subscription=event.billing_id, kind=event.kind)
    with database.write() as session:
        session.get_one(StripeEvent, event_id).done_at = clock.now()


def _about(event: stripe.Event) -> str | None:
    """The subscription or refund that an event is about; None for anything else."""
    thing: dict[str, Any] = event.to_dict()["data"]["object"]
    match thing.get("object"):
        case "subscription" | "refund":
            about = thing.get("id")
        case "subscription_schedule":
            about = thing.get("subscription") or thing.get("released_subscription")
        case "invoice":
            details = (thing.get("parent") or {}).get("subscription_details") or {}
            about = details.get("subscription")
        case _:
            about = None
    return about if isinstance(about, str) else None
