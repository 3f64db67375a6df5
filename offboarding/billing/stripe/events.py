"""What Stripe tells us: believed only when it is signed, kept once, and looked up anew."""

import re
from typing import Annotated, Any

import sqlalchemy as sa
import stripe
import structlog
from pydantic import BaseModel, StringConstraints, ValidationError
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session
from stripe import StripeClient

from offboarding import clock
from offboarding.accounts.model import Subscription
from offboarding.background.service import schedule
from offboarding.billing.stripe.connection import StripeConnection
from offboarding.billing.stripe.model import StripeEvent
from offboarding.billing.stripe.refresh import refresh, refresh_refund
from offboarding.database import Database
from offboarding.errors import OffboardingError

_LOG = structlog.get_logger(__name__)

EVENT = "stripe.event"
"""The kind of the task that works on an event (its subject)."""
TOLERANCE_SECONDS = 300
"""How old a signature may be (docs.stripe.com/webhooks, replay attacks)."""
_IDENTIFIER = re.compile(r"(?=.{1,64}\Z)[a-z]+_[A-Za-z0-9_]+")
"""What Stripe names things by. It is kept and put into addresses, so that nothing else passes."""


class EventRefusedError(OffboardingError):
    """Nobody who knows the webhook's secret sent this, not now, or it is no event at all."""

    word = "event_refused"


class _Data(BaseModel):
    object: dict[str, Any]


class Told(BaseModel):
    """An event of Stripe's, as far as it is looked at."""

    id: Annotated[str, StringConstraints(pattern=r"^[a-z]+_[A-Za-z0-9_]+$", max_length=64)]
    type: Annotated[str, StringConstraints(pattern=r"^[a-z0-9_.]+$")]
    livemode: bool
    data: _Data

    @property
    def about(self) -> object:
        """What names the subscription or refund that it is about; None for anything else.

        What it is has to be looked at: it comes as it was sent.
        """
        thing = self.data.object
        match thing.get("object"):
            case "subscription" | "refund":
                return thing.get("id")
            case "subscription_schedule":
                return thing.get("subscription") or thing.get("released_subscription")
            case "invoice":
                return _of_invoice(thing)
            case _:
                return None


def read(client: StripeClient, connection: StripeConnection, body: bytes, signed: str) -> Told:
    """The event that Stripe itself sent, within the last five minutes.

    Raises EventRefusedError for anything else.
    """
    try:
        event = client.construct_event(body, signed, connection.webhook_secret, TOLERANCE_SECONDS)
        return Told.model_validate(event.to_dict())
    except stripe.SignatureVerificationError:
        raise EventRefusedError("The signature is not Stripe's, or too old.") from None
    except (ValidationError, ValueError, AttributeError, RecursionError):
        # The client takes any JSON for an event, however deep.
        raise EventRefusedError("This is no event.") from None


def receive(database: Database, told: Told, *, live: bool) -> None:
    """Keep an event, once however often it comes and whoever else keeps it just now.

    What a test key hears of live money, or the other way round, what tells us nothing, and what
    names its object in no way that Stripe does, is not kept. Sent again it would be no better.
    """
    if told.livemode is not live:
        _LOG.warning("stripe_event_of_other_mode", stripe_event=told.id, live=told.livemode)
        return
    about = told.about
    if about is None:
        return
    if not (isinstance(about, str) and _IDENTIFIER.fullmatch(about)):
        _LOG.warning("stripe_event_unreadable", stripe_event=told.id, kind=told.type)
        return
    try:
        with database.write() as session:
            _keep(session, told, about)
    except IntegrityError:
        _LOG.info("stripe_event_known", stripe_event=told.id)


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


def _keep(session: Session, told: Told, about: str) -> None:
    if session.scalar(sa.select(StripeEvent.id).where(StripeEvent.event_id == told.id)):
        return
    kept = StripeEvent(
        event_id=told.id, kind=told.type[:64], billing_id=about, received_at=clock.now()
    )
    session.add(kept)
    session.flush()
    schedule(session, EVENT, kept.id)


def _of_invoice(invoice: dict[str, Any]) -> object:
    """The subscription's name; what stands in its place otherwise is given as it is."""
    found: object = invoice
    for name in ("parent", "subscription_details", "subscription"):
        if not isinstance(found, dict):
            break
        found = found.get(name)
    return found
