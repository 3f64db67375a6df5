"""Who bills, as the settings say."""

from collections.abc import Callable

from sqlalchemy.orm import Session

from offboarding.billing.ledger import LedgerBilling
from offboarding.billing.port import BillingPort
from offboarding.billing.stripe.mirrored import MirroredBilling
from offboarding.settings import BillingKind, Settings


def billing_within(settings: Settings) -> Callable[[Session], BillingPort]:
    """Makes the port for a transaction; it needs no connection, for nobody is waited for."""
    return MirroredBilling if settings.billing is BillingKind.STRIPE else LedgerBilling
