"""Who hands out billing ports: one for a transaction, one for a step in the background."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol

from sqlalchemy.orm import Session

from offboarding.accounts.model import Subscription
from offboarding.billing.ledger import LedgerBilling
from offboarding.billing.port import BillingPort
from offboarding.database import Database
from offboarding.errors import NotFoundError


class BillingProvider(Protocol):
    """The billing of this company, as the settings name it."""

    def within(self, session: Session) -> BillingPort:
        """A port for the caller's transaction, which never waits for anybody.

        What it writes is agreed with the transaction, and carried out after its commit.
        """

    def at_once(
        self, subscription_id: str
    ) -> AbstractContextManager[tuple[BillingPort, Subscription]]:
        """A port for one subscription outside of any transaction, as in a background step.

        What it writes is done when the call returns; it may take seconds. Raises NotFoundError.
        """


class LedgerProvider:
    """A BillingProvider of our own ledger, for which both ways are a transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def within(self, session: Session) -> BillingPort:
        """See BillingProvider."""
        return LedgerBilling(session)

    @contextmanager
    def at_once(self, subscription_id: str) -> Iterator[tuple[BillingPort, Subscription]]:
        """See BillingProvider."""
        with self._database.write() as session:
            yield LedgerBilling(session), found(session, subscription_id)


def found(session: Session, subscription_id: str) -> Subscription:
    """The subscription of this identifier. Raises NotFoundError."""
    subscription = session.get(Subscription, subscription_id)
    if subscription is None:
        raise NotFoundError("There is no such subscription.")
    return subscription
