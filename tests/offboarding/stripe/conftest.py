"""A company that bills by Stripe."""

from collections.abc import Iterator

import pytest
import time_machine

from offboarding.database import Database
from sandbox.stripe.server import StripeStandIn
from tests.offboarding.stripe.house import StripeHouse, stripe_served


@pytest.fixture
def stripe_house(database: Database, now: time_machine.Traveller) -> Iterator[StripeHouse]:
    """The time stands still, for both sides, until a test moves it."""
    stand_in = StripeStandIn()
    with stripe_served(stand_in) as address:
        yield StripeHouse(stand_in, address, database)
