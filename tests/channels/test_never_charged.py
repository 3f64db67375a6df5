"""Who was never charged has no invoices, and reads of none wherever they look."""

import pytest
from sqlalchemy.orm import Session

from channels.facts import NO_INVOICES, receipt_facts
from channels.pages.overview import overview
from channels.progress import progress
from channels.staff.views import case_view
from offboarding.accounts.model import Subscription, SubscriptionState
from offboarding.billing.ledger import LedgerBilling
from offboarding.cases.terms import terms_of
from offboarding.database import Database
from offboarding.erasure.kept import has_invoices
from offboarding.policies.store import Policies
from offboarding.settings import REPOSITORY, Settings
from tests.factories import cancel, make_customer, make_payment, make_plan, make_subscription


@pytest.fixture(scope="module")
def policies() -> Policies:
    return Policies(REPOSITORY / "policy")


def never_charged(session: Session) -> Subscription:
    return make_subscription(session, make_customer(session), make_plan(session, "Free", price="0"))


def test_page_receipt_case_and_staff_say_that_there_are_none(
    database: Database, policies: Policies, settings: Settings
) -> None:
    with database.write() as session:
        subscription = never_charged(session)
        customer = make_customer(session, "two@example.org", account=subscription.account)
        [shown] = overview(
            session, customer, billing=LedgerBilling(session), policies=policies, settings=settings
        ).leavable
        case, receipt = cancel(session, customer, subscription, policies)
        for rows in (
            shown.rows,
            receipt_facts(session, receipt).rows,
            case_view(session, case, settings).promised,
        ):
            assert {row.label: row.value for row in rows}["Invoices"] == NO_INVOICES
        told = progress(session, case)
        assert "nvoices" not in f"{told.summary} {[row.label for row in told.kept]}"


@pytest.mark.parametrize("before", ["charged", "another plan that costs"])
def test_who_may_have_some_reads_how_long_they_are_kept(
    database: Database, policies: Policies, before: str
) -> None:
    with database.write() as session:
        subscription = never_charged(session)
        customer = make_customer(session, "two@example.org", account=subscription.account)
        if before == "charged":
            make_payment(session, subscription)
        else:
            make_subscription(session, customer, state=SubscriptionState.ENDED)
        assert has_invoices(
            session, subscription, terms_of(subscription, LedgerBilling(session), policies)
        )
        case, receipt = cancel(session, customer, subscription, policies)
        rows = {row.label: row.value for row in receipt_facts(session, receipt).rows}
        assert rows["Invoices"].startswith("Kept until the end of ")
        assert "Invoices are kept until" in progress(session, case).summary
