"""The made-up company is made once, is what its descriptions say, and can be started over."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
import time_machine
from sqlalchemy.orm import Session

from offboard.off_boarding import KEPT
from offboarding import clock
from offboarding.accounts import service as accounts
from offboarding.accounts.model import AccountKind, Customer, Plan, Subscription, SubscriptionState
from offboarding.background.model import Task
from offboarding.billing.ledger import LedgerBilling
from offboarding.billing.model import EntryKind, LedgerEntry
from offboarding.cases import service as cases
from offboarding.cases import workflow
from offboarding.cases.model import Case
from offboarding.cases.reasons import ChurnReason
from offboarding.cases.states import CaseState
from offboarding.cases.terms import terms_of
from offboarding.database import Base, Database, new_identifier
from offboarding.errors import ConfigurationError
from offboarding.exports import service as exports
from offboarding.offers.model import OfferKind
from offboarding.offers.service import verdicts
from offboarding.policies.store import Policies
from offboarding.receipts.model import Receipt, ReceiptKind
from offboarding.refunds.preview import refund_preview
from offboarding.settings import Settings
from sandbox import company
from sandbox.customers import CUSTOMERS, PLANS
from sandbox.mailbox import MailStore


def everything(session: Session) -> dict[str, list[tuple[object, ...]]]:
    """Every row of every table."""
    return {
        table.name: [tuple(row) for row in session.execute(sa.select(table))]
        for table in Base.metadata.sorted_tables
    }


def subscriptions_of(session: Session, external_id: str) -> list[Subscription]:
    return list(accounts.subscriptions(session, customer_of(session, external_id).account_id))


def customer_of(session: Session, external_id: str) -> Customer:
    found = accounts.customer_by_external_id(session, external_id)
    assert found is not None
    return found


def offered(
    session: Session, settings: Settings, external_id: str, reason: ChurnReason
) -> str | None:
    """The rule that would be offered from, if any."""
    [subscription] = subscriptions_of(session, external_id)
    policy = Policies(settings.policy_directory).offers
    judged = verdicts(session, policy, subscription, reason)
    return next((verdict.rule for verdict in judged if verdict.fits), None)


def days_until(moment: datetime | None, customer: Customer) -> int:
    assert moment is not None
    zone = ZoneInfo(customer.time_zone)
    return (moment.astimezone(zone).date() - clock.now().astimezone(zone).date()).days


class TestSeeding:
    def test_makes_every_plan_and_customer(self, seeded: Database) -> None:
        with seeded.read() as session:
            for plan in PLANS:
                assert session.get_one(Plan, plan.id).price_minor == plan.price_minor
            for described in CUSTOMERS:
                customer = customer_of(session, described.external_id)
                assert customer.email == described.email
                assert len(subscriptions_of(session, described.external_id)) == len(
                    described.subscriptions
                )

    def test_a_second_time_changes_nothing(self, seeded: Database, settings: Settings) -> None:
        with seeded.read() as session:
            before = everything(session)
        with seeded.write() as session:
            company.seed(session, settings)
        with seeded.read() as session:
            assert everything(session) == before

    def test_what_customers_did_is_kept(self, seeded: Database, settings: Settings) -> None:
        with seeded.write() as session:
            [subscription] = subscriptions_of(session, "maya-okafor")
            LedgerBilling(session).cancel_at_period_end(subscription, key="test")
        with seeded.write() as session:
            company.seed(session, settings)
            assert subscriptions_of(session, "maya-okafor")[0].cancel_at is not None

    @pytest.mark.parametrize("day", [datetime(2028, 2, 29, 23, 30, tzinfo=UTC), None])
    def test_every_date_is_right_on_any_day(
        self, database: Database, settings: Settings, day: datetime | None
    ) -> None:
        with time_machine.travel(day or clock.now()), database.write() as session:
            company.seed(session, settings)
            moment = clock.now()
            for entry in session.scalars(sa.select(LedgerEntry)):
                assert entry.occurred_at <= moment
            for subscription in session.scalars(sa.select(Subscription)):
                assert subscription.started_at < moment
                assert subscription.period_end is None or subscription.period_end > moment

    def test_who_comes_back_after_months_finds_nothing_overdue(
        self, seeded: Database, settings: Settings
    ) -> None:
        with time_machine.travel(clock.now() + timedelta(days=100)), seeded.write() as session:
            company.seed(session, settings)
            [maya] = subscriptions_of(session, "maya-okafor")
            upcoming = LedgerBilling(session).next_payment(maya)
            assert upcoming is not None
            assert upcoming.at > clock.now()
            charges = sa.select(sa.func.count()).where(LedgerEntry.subscription_id == maya.id)
            assert session.scalar(charges) == 49 + 3
            [farah] = subscriptions_of(session, "farah-nasser")
            assert farah.state is SubscriptionState.ACTIVE

    def test_what_was_cancelled_is_not_charged_later(
        self, seeded: Database, settings: Settings
    ) -> None:
        with time_machine.travel(clock.now() + timedelta(days=100)), seeded.write() as session:
            company.seed(session, settings)
            [tomas] = subscriptions_of(session, "tomas-moreno")
            last = LedgerBilling(session).last_payment(tomas)
            assert last is not None
            assert last.at < clock.now() - timedelta(days=100)


class TestEachCustomerIsAsDescribed:
    def test_maya_has_paid_pro_by_the_month_for_four_years(self, seeded: Database) -> None:
        with seeded.read() as session:
            customer = customer_of(session, "maya-okafor")
            [subscription] = subscriptions_of(session, "maya-okafor")
            assert subscription.plan.name == "Pro"
            assert clock.now() - customer.created_at > timedelta(days=4 * 365 - 30)
            upcoming = LedgerBilling(session).next_payment(subscription)
            assert upcoming is not None
            assert (upcoming.amount_minor, upcoming.currency) == (2900, "EUR")
            assert days_until(upcoming.at, customer) == 21

    def test_maya_could_be_offered_the_smaller_plan(
        self, seeded: Database, settings: Settings
    ) -> None:
        with seeded.read() as session:
            found = offered(session, settings, "maya-okafor", ChurnReason.TOO_EXPENSIVE)
            assert found == "smaller-plan"

    def test_jonas_pays_by_the_year_in_britain(self, seeded: Database) -> None:
        with seeded.read() as session:
            customer = customer_of(session, "jonas-whitfield")
            [subscription] = subscriptions_of(session, "jonas-whitfield")
            assert customer.account.jurisdiction == "GB"
            preview = LedgerBilling(session).preview_cancellation(subscription)
            assert days_until(preview.ends_at, customer) == 143
            assert preview.spared is not None
            assert preview.spared.amount_minor == 29000

    def test_farah_is_on_a_trial_that_ends_in_six_days_and_paid_nothing(
        self, seeded: Database
    ) -> None:
        with seeded.read() as session:
            customer = customer_of(session, "farah-nasser")
            [subscription] = subscriptions_of(session, "farah-nasser")
            assert subscription.state is SubscriptionState.TRIALING
            billing = LedgerBilling(session)
            assert billing.last_payment(subscription) is None
            upcoming = billing.next_payment(subscription)
            assert upcoming is not None
            assert days_until(upcoming.at, customer) == 6
            assert billing.preview_cancellation(subscription).spared == upcoming

    @pytest.mark.parametrize("day", [datetime(2027, 3, 5, 23, tzinfo=UTC), None])
    def test_clara_may_withdraw_and_is_paid_back(
        self, database: Database, settings: Settings, day: datetime | None
    ) -> None:
        with time_machine.travel(day or clock.now()), database.write() as session:
            company.seed(session, settings)
            [subscription] = subscriptions_of(session, "clara-lefebvre")
            policies = Policies(settings.policy_directory)
            terms = terms_of(subscription, LedgerBilling(session), policies)
            assert terms.refund is not None
            assert (terms.refund.is_withdrawal, terms.refund_minor) == (True, 2900)

    def test_nobody_else_is_paid_back(self, seeded: Database, settings: Settings) -> None:
        policies = Policies(settings.policy_directory)
        with seeded.read() as session:
            for described in CUSTOMERS:
                for subscription in subscriptions_of(session, described.external_id):
                    refund = refund_preview(subscription, LedgerBilling(session), policies.refunds)
                    assert (refund is not None) is (described.external_id == "clara-lefebvre")

    def test_sofia_has_two_subscriptions(self, seeded: Database) -> None:
        with seeded.read() as session:
            found = subscriptions_of(session, "sofia-lindqvist")
            assert {each.plan.name for each in found} == {"Pro", "Basic"}

    def test_tomas_has_cancelled_and_holds_a_receipt_that_is_mailed(self, seeded: Database) -> None:
        with seeded.read() as session:
            customer = customer_of(session, "tomas-moreno")
            [case] = cases.scheduled_cases(session, customer)
            [subscription] = subscriptions_of(session, "tomas-moreno")
            assert case.state is CaseState.SCHEDULED
            assert subscription.cancel_at == subscription.period_end == case.ends_at
            receipt = session.scalars(sa.select(Receipt).where(Receipt.case_id == case.id)).one()
            assert receipt.kind is ReceiptKind.CANCELLATION
            kinds = {task.kind for task in session.scalars(sa.select(Task))}
            assert kinds == {"mail.receipt", "case.step"}

    def test_tomas_can_take_it_back(self, seeded: Database) -> None:
        with seeded.write() as session:
            customer = customer_of(session, "tomas-moreno")
            [case] = cases.scheduled_cases(session, customer)
            workflow.undo(session, case, customer, billing=LedgerBilling(session))
            assert subscriptions_of(session, "tomas-moreno")[0].renews

    def test_aiko_is_on_the_free_plan(self, seeded: Database) -> None:
        with seeded.read() as session:
            [subscription] = subscriptions_of(session, "aiko-tanaka")
            assert subscription.plan.free
            assert LedgerBilling(session).next_payment(subscription) is None

    def test_elena_is_a_business_that_may_be_offered_a_call(
        self, seeded: Database, settings: Settings
    ) -> None:
        with seeded.read() as session:
            account = customer_of(session, "elena-rossi").account
            assert account.kind is AccountKind.BUSINESS
            assert account.account_manager_name is not None
            found = offered(session, settings, "elena-rossi", ChurnReason.TOO_EXPENSIVE)
            rules = {rule.name: rule for rule in Policies(settings.policy_directory).offers.offers}
            assert found is not None
            assert rules[found].kind is OfferKind.CALL

    @pytest.mark.parametrize(
        ("external_id", "jurisdiction"), [("lena-vogt", "DE"), ("grace-halvorsen", "US-MN")]
    )
    def test_no_offer_is_allowed_in_germany_and_minnesota(
        self, seeded: Database, settings: Settings, external_id: str, jurisdiction: str
    ) -> None:
        with seeded.read() as session:
            assert customer_of(session, external_id).account.jurisdiction == jurisdiction
            for reason in [*ChurnReason]:
                assert offered(session, settings, external_id, reason) is None

    def test_no_address_is_one_that_mail_could_reach(self) -> None:
        assert {customer.email.rpartition("@")[2] for customer in CUSTOMERS} == {"example.com"}


class TestReset:
    def test_leaves_a_fresh_company_and_says_what_it_deleted(
        self, seeded: Database, settings: Settings
    ) -> None:
        store = MailStore(settings.data_directory)
        store.keep(b"Subject: a code\r\n\r\n123456", ["maya.okafor@example.com"])
        with seeded.write() as session:
            customer = customer_of(session, "maya-okafor")
            [subscription] = subscriptions_of(session, "maya-okafor")
            first = customer.id
            cases.open_case(session, customer, subscription, new_identifier())
            export = exports.request(session, customer, new_identifier())
        exports.build(seeded, export.id, settings, Policies(settings.policy_directory), KEPT)

        report = company.reset(seeded, settings)

        assert report == company.ResetReport(conversations=0, cases=2, mails=1, exports=1)
        assert store.summaries() == []
        assert not exports.export_path(export.id, settings).exists()
        with seeded.read() as session:
            assert customer_of(session, "maya-okafor").id != first
            assert company.seed_mark(session) != first
            assert [case.customer.external_id for case in session.scalars(sa.select(Case))] == [
                "tomas-moreno"
            ]
            charges = sa.select(sa.func.count()).where(LedgerEntry.kind == EntryKind.CHARGE)
            described = sum(
                each.periods_paid
                for customer in CUSTOMERS
                for each in customer.subscriptions
                if each.renews_in_days is not None
            )
            assert session.scalar(charges) == described


class TestOutsideTheSandbox:
    @pytest.fixture
    def production(self, tmp_path: Path) -> Settings:
        return Settings(_env_file=None, data_directory=tmp_path, sandbox=False)

    def test_nothing_is_seeded(self, database: Database, production: Settings) -> None:
        with (
            pytest.raises(ConfigurationError, match="The sandbox is off"),
            database.write() as session,
        ):
            company.seed(session, production)
        with database.read() as session:
            assert session.scalars(sa.select(Customer)).first() is None

    def test_a_reset_is_refused_and_deletes_nothing(
        self, seeded: Database, production: Settings
    ) -> None:
        with pytest.raises(ConfigurationError, match="The sandbox is off"):
            company.reset(seeded, production)
        with seeded.read() as session:
            assert customer_of(session, "maya-okafor")
