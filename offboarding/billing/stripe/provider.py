"""Stripe as the company's billing: its ports, and what its tasks do."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.orm import Session

from offboarding.accounts.model import Subscription
from offboarding.background.port import Handlers
from offboarding.billing.agreements import CARRY_OUT
from offboarding.billing.ledger import LedgerBilling
from offboarding.billing.port import BillingPort
from offboarding.billing.provider import found
from offboarding.billing.stripe.billing import StripeBilling
from offboarding.billing.stripe.carrying_out import carry_out
from offboarding.billing.stripe.connection import StripeConnection
from offboarding.billing.stripe.events import EVENT, read, receive, work_on
from offboarding.billing.stripe.mirror import REFRESH
from offboarding.billing.stripe.mirrored import MirroredBilling
from offboarding.billing.stripe.refresh import refresh
from offboarding.database import Database


class StripeProvider:
    """A BillingProvider."""

    def __init__(self, connection: StripeConnection, database: Database) -> None:
        self._connection = connection
        self._database = database
        self._client = connection.client()

    def within(self, session: Session) -> BillingPort:
        """See BillingProvider."""
        return MirroredBilling(session)

    @contextmanager
    def at_once(self, subscription_id: str) -> Iterator[tuple[BillingPort, Subscription]]:
        """See BillingProvider. A free plan that Stripe does not know stays the ledger's."""
        with self._database.read() as session:
            subscription = found(session, subscription_id)
        if subscription.billing_id is None and subscription.plan.free:
            with self._database.write() as session:
                yield LedgerBilling(session), found(session, subscription_id)
        else:
            yield StripeBilling(self._client, self._database), subscription

    def receive(self, body: bytes, signed: str) -> None:
        """Keep what Stripe sent; its work is a task. Blocks. Raises EventRefusedError."""
        event = read(self._client, self._connection, body, signed)
        receive(self._database, event, live=self._connection.live)

    def handlers(self) -> Handlers:
        """What does each kind of task."""
        return {
            CARRY_OUT: lambda entry_id: carry_out(self._database, self._client, entry_id),
            REFRESH: lambda subscription_id: refresh(self._database, self._client, subscription_id),
            EVENT: lambda event_id: work_on(self._database, self._client, event_id),
        }
