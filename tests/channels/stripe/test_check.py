"""`offboard stripe check`: what is good, and for the rest the mend."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from channels.findings import Finding
from channels.stripe.check import check
from offboarding.accounts.model import Plan
from offboarding.billing.stripe.connection import EVENTS_PATH, StripeConnection, connection_of
from offboarding.database import Database
from offboarding.errors import ConfigurationError
from offboarding.settings import BillingKind, Settings
from sandbox.stripe.server import StripeStandIn
from tests.offboarding.stripe.house import StripeHouse, stripe_served


@pytest.fixture
def house(database: Database) -> Iterator[StripeHouse]:
    stand_in = StripeStandIn()
    with stripe_served(stand_in) as address:
        made = StripeHouse(stand_in, address, database)
        made.client.v1.webhook_endpoints.create(
            {
                "url": made.connection.public_url + EVENTS_PATH,
                "enabled_events": ["customer.subscription.updated"],
            }
        )
        yield made


def findings(
    house: StripeHouse, *plans: Plan, connection: StripeConnection | None = None, unknown: int = 0
) -> dict[str, Finding]:
    used = connection or house.connection
    return {each.subject: each for each in check(used, used.client(), plans, unknown)}


def test_all_is_good(house: StripeHouse) -> None:
    found = findings(house, house.plan())
    assert all(finding.good for finding in found.values()), found
    assert "a test: no money is moved" in found["Account"].sentence


def test_a_wrong_key_is_the_first_thing_to_mend(house: StripeHouse) -> None:
    wrong = replace(house.connection, secret_key="sk_test_wrong")
    found = findings(house, house.plan(), connection=wrong)
    assert list(found) == ["Account", "Public address"]
    assert "Copy OFFBOARD_STRIPE_SECRET_KEY anew" in found["Account"].sentence


def test_an_address_that_does_not_answer(house: StripeHouse) -> None:
    away = replace(house.connection, api_url="http://127.0.0.1:1")
    assert "does not answer" in findings(house, connection=away)["Account"].sentence


def test_a_webhook_that_calls_elsewhere(house: StripeHouse) -> None:
    elsewhere = replace(house.connection, public_url="https://other.example")
    sentence = findings(house, connection=elsewhere)["Webhook"].sentence
    assert "https://other.example/stripe/events" in sentence


def test_a_plan_without_a_price(house: StripeHouse) -> None:
    plan = house.plan()
    plan.billing_id = None
    assert "plan.billing_id" in findings(house, plan)["Price of Pro"].sentence


def test_a_price_that_is_another_than_customers_are_told(house: StripeHouse) -> None:
    plan = house.plan()
    plan.price_minor = 2800
    found = findings(house, plan)["Price of Pro"]
    assert not found.good
    assert "Ours is 2800 eur a month" in found.sentence


def test_a_price_that_stripe_does_not_have(house: StripeHouse) -> None:
    plan = house.plan()
    plan.billing_id = "price_gone"
    assert "resource_missing" in findings(house, plan)["Price of Pro"].sentence


def test_subscriptions_that_nobody_knows_at_stripe(house: StripeHouse) -> None:
    assert "3 to paid plans" in findings(house, unknown=3)["Subscriptions"].sentence


@pytest.mark.parametrize(
    ("key", "webhook", "sentence"),
    [
        (None, "whsec_1", "OFFBOARD_STRIPE_SECRET_KEY is not set"),
        ("pk_live_1", "whsec_1", "is no secret key"),
        ("sk_test_1", None, "OFFBOARD_STRIPE_WEBHOOK_SECRET is not set"),
        ("sk_test_1", " ", "OFFBOARD_STRIPE_WEBHOOK_SECRET is not set"),
    ],
)
def test_settings_that_do_not_fit_name_the_mend(
    key: str | None, webhook: str | None, sentence: str
) -> None:
    given = {"stripe_secret_key": key, "stripe_webhook_secret": webhook}
    settings = Settings(_env_file=None, billing=BillingKind.STRIPE, **given)  # type: ignore[arg-type]
    with pytest.raises(ConfigurationError, match=sentence):
        connection_of(settings)


def test_the_ledger_needs_no_connection() -> None:
    assert connection_of(Settings(_env_file=None)) is None


def test_secrets_are_not_shown() -> None:
    connection = StripeConnection("sk_live_secret", "whsec_secret", "https://x", "https://y")
    assert "secret" not in repr(connection)
    assert connection.live
