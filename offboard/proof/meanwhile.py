"""What may happen outside of a talk while it goes on."""

from collections.abc import Callable, Mapping
from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from offboard.proof.house import House
from offboard.proof.moves import CANCELS_ON_PAGE, HOUR_PASSES, PRICE_CHANGES
from offboarding.accounts import service as accounts
from offboarding.accounts.model import Customer, Plan
from offboarding.billing.ledger import LedgerBilling
from offboarding.cases import service as cases
from offboarding.cases import workflow
from offboarding.errors import NotFoundError
from offboarding.identity.model import VerifiedIdentity


def _an_hour_passes(session: Session, _house: House, _external_id: str) -> None:
    """Nothing was heard for so long that whoever writes next has to be made sure of again."""
    long_ago = VerifiedIdentity.verified_at - timedelta(days=1)
    session.execute(sa.update(VerifiedIdentity).values(lapses_at=long_ago))


def _the_price_changes(session: Session, _house: House, _external_id: str) -> None:
    session.execute(sa.update(Plan).values(price_minor=Plan.price_minor + 100))


def _cancels_on_the_page(session: Session, house: House, external_id: str) -> None:
    """As channels/pages does for a customer who pressed "Cancel now" in this talk."""
    customer = _customer(session, external_id)
    billing = LedgerBilling(session)
    held = accounts.subscriptions(session, customer.account_id)
    subscription = next(each for each in held if each.renews)
    case = cases.open_case(session, customer, subscription, house.conversation_id)
    session.flush()
    cases.show_terms(session, case, billing, house.policies)
    workflow.confirm(
        session, case, customer, billing=billing, policies=house.policies, source="page"
    )


def _customer(session: Session, external_id: str) -> Customer:
    found = accounts.customer_by_external_id(session, external_id)
    if found is None:
        raise NotFoundError(f"Nobody is called {external_id}.")
    return found


MEANWHILE: Mapping[str, Callable[[Session, House, str], None]] = {
    HOUR_PASSES.label: _an_hour_passes,
    PRICE_CHANGES.label: _the_price_changes,
    CANCELS_ON_PAGE.label: _cancels_on_the_page,
}
"""What each move that is outside of a talk does."""
