"""Looking up customers and what they subscribe to."""

from collections.abc import Collection, Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session, object_session

from offboarding.accounts.model import (
    Customer,
    Subscription,
    SubscriptionState,
    normalised_email,
)
from offboarding.encryption.lookup import is_among, is_value
from offboarding.errors import NotFoundError

_IN_ONE_QUERY = 500
"""So many values at the most: SQLite and PostgreSQL both have a limit."""


def customer_by_email(session: Session, address: str) -> Customer | None:
    """The customer with this address, or None. Never tell a stranger which of the two it was."""
    wanted = normalised_email(address)
    found = session.scalar(
        sa.select(Customer).where(is_value(session, Customer.email, wanted)).limit(1)
    )
    # A mark is that of the address before, where another was written past the application.
    return found if found is not None and normalised_email(found.email) == wanted else None


def addresses_on_file(session: Session, addresses: Collection[str]) -> set[str]:
    """Which of these are customers', each as `normalised_email` gives it; else as above."""
    wanted = sorted({normalised_email(each) for each in addresses})
    found: set[str] = set()
    for first in range(0, len(wanted), _IN_ONE_QUERY):
        some = wanted[first : first + _IN_ONE_QUERY]
        known = session.scalars(sa.select(Customer).where(is_among(session, Customer.email, some)))
        found.update(normalised_email(each.email) for each in known)
    return found & set(wanted)


def customers_by_phone(session: Session, number: str) -> Sequence[Customer]:
    """Whoever has this number (E.164) on file, oldest first. A number proves nothing by itself."""
    found = session.scalars(
        sa.select(Customer)
        .where(is_value(session, Customer.phone, number))
        .order_by(Customer.created_at, Customer.id)
    )
    return [each for each in found if each.phone is not None and each.phone.strip() == number]


def customer_by_external_id(session: Session, external_id: str) -> Customer | None:
    """The customer whom the company's website calls this, or None."""
    return session.scalar(sa.select(Customer).where(Customer.external_id == external_id))


def customer(session: Session, customer_id: str) -> Customer:
    """The customer with this identifier. Raises NotFoundError."""
    found = session.get(Customer, customer_id)
    if found is None:
        raise NotFoundError("There is no such customer.")
    return found


def ended(session: Session, account_id: str) -> Sequence[Subscription]:
    """The subscriptions of an account that have ended, the last first.

    Last of all come those of which nobody wrote down when.
    """
    return session.scalars(
        sa.select(Subscription)
        .where(
            Subscription.account_id == account_id,
            Subscription.state == SubscriptionState.ENDED,
        )
        .order_by(Subscription.cancel_at.desc().nulls_last(), Subscription.id)
    ).all()


def ended_last(session: Session, account_id: str) -> Subscription | None:
    """Of the subscriptions of an account that have ended, the one that ended last."""
    return next(iter(ended(session, account_id)), None)


def others(subscription: Subscription) -> Sequence[Subscription]:
    """What else its account has today, oldest first. It has to be in a session."""
    session = object_session(subscription)
    if session is None:
        raise ValueError("a subscription that is in no session says nothing of others")
    owned = subscriptions(session, subscription.account_id)
    return [each for each in owned if each.id != subscription.id]


def subscriptions(session: Session, account_id: str) -> Sequence[Subscription]:
    """What an account has today, oldest first; what has ended is left out."""
    return session.scalars(
        sa.select(Subscription)
        .where(
            Subscription.account_id == account_id,
            Subscription.state != SubscriptionState.ENDED,
        )
        .order_by(Subscription.started_at, Subscription.id)
    ).all()
