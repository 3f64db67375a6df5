"""The moment at which a withdrawal came in that is carried out later: that moment counts."""

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import object_session

from offboarding import clock
from offboarding.accounts.model import Customer, Subscription
from offboarding.encryption.lookup import is_among
from offboarding.handoffs.causes import HandOffCause
from offboarding.handoffs.model import HandOff

SEEN_TO_WITHIN = timedelta(days=14)
"""The law has the money paid back so soon after a withdrawal came in (Directive 2011/83/EU, Art.
13 (1)): of an older one a person has seen to all that follows, and nothing follows by itself."""


def withdrawal_received(subscription: Subscription) -> datetime | None:
    """When somebody of its account first declared that they withdraw, of late; None if nobody did.

    On the page without signing in, where the address on file was given, or to a person in a
    conversation. What is typed there proves nothing: it moves the day that counts, for whoever has
    shown who they are and says yes. Sent before the period is over it is in time (Art. 11 (2)).
    What came in before this contract began is not about it. It has to be in a session.
    """
    session = object_session(subscription)
    if session is None:
        raise ValueError("a subscription that is in no session says nothing of withdrawals")
    customers = session.scalars(
        sa.select(Customer).where(Customer.account_id == subscription.account_id)
    ).all()
    theirs = HandOff.customer_id.in_([customer.id for customer in customers])
    to_their_address = is_among(
        session, HandOff.contact_email, [customer.email for customer in customers]
    )
    now = clock.now()
    return session.scalar(
        sa.select(sa.func.min(HandOff.requested_at)).where(
            sa.or_(theirs, to_their_address),
            HandOff.cause == HandOffCause.WITHDRAWAL,
            HandOff.requested_by == "customer",  # not for a refund that waits for a person
            HandOff.requested_at >= max(subscription.started_at, now - SEEN_TO_WITHIN),
            HandOff.requested_at <= now,
        )
    )
