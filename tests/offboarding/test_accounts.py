"""Looking customers and their subscriptions up."""

import pytest

from offboarding.accounts import service as accounts
from offboarding.accounts.model import Account, AccountKind, Customer, SubscriptionState
from offboarding.database import Database
from offboarding.errors import NotFoundError
from tests.factories import LONG_AGO, make_customer, make_subscription


def test_a_customer_is_found_by_an_address_however_it_is_written(database: Database) -> None:
    with database.write() as session:
        amara = make_customer(session)
        assert accounts.customer_by_email(session, " AMARA@example.ORG ") is amara
        assert accounts.customer_by_email(session, "amara@example.com") is None


def test_a_customer_is_found_by_the_companys_own_name_only_to_the_letter(
    database: Database,
) -> None:
    with database.write() as session:
        amara = make_customer(session)
        assert accounts.customer_by_external_id(session, amara.external_id) is amara
        assert accounts.customer_by_external_id(session, amara.external_id.upper()) is None


def test_an_unknown_customer_is_an_error_with_a_sentence(database: Database) -> None:
    with database.read() as session, pytest.raises(NotFoundError, match="no such customer"):
        accounts.customer(session, "f" * 32)


def test_what_has_ended_is_not_among_an_accounts_subscriptions(database: Database) -> None:
    with database.write() as session:
        amara = make_customer(session)
        runs = make_subscription(session, amara)
        make_subscription(session, amara, state=SubscriptionState.ENDED)
        make_subscription(session, make_customer(session, "ben@example.org"))
        assert list(accounts.subscriptions(session, amara.account_id)) == [runs]


@pytest.mark.parametrize(
    ("full_name", "first_name"),
    [("Amara Okafor", "Amara"), ("  Amara  ", "Amara"), ("李雷", "李雷"), ("", ""), ("  ", "")],
)
def test_whoever_has_a_name_is_called_by_the_first_of_it(full_name: str, first_name: str) -> None:
    assert Customer(full_name=full_name).first_name == first_name


@pytest.mark.parametrize(("region", "jurisdiction"), [("MN", "US-MN"), (None, "US"), ("", "US")])
def test_a_jurisdiction_is_the_country_and_its_region(
    region: str | None, jurisdiction: str
) -> None:
    account = Account(
        name="A", kind=AccountKind.CONSUMER, country="US", region=region, created_at=LONG_AGO
    )
    assert account.jurisdiction == jurisdiction
