"""Who cancels one plan and keeps another reads what is true of both: the charge, the content."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
import time_machine
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from channels.facts import receipt_facts, signed_rows, terms_rows, terms_sentence
from channels.progress import Mark, progress
from offboarding.accounts.model import Customer, Subscription, SubscriptionState
from offboarding.billing.ledger import LedgerBilling
from offboarding.billing.port import Payment
from offboarding.cases import service as cases
from offboarding.cases import workflow
from offboarding.cases.model import Case
from offboarding.cases.service import TermsChangedError
from offboarding.cases.terms import OtherPlan, digest, terms_from_json, terms_of, terms_values
from offboarding.database import Database
from offboarding.erasure.model import Erasure
from offboarding.policies.store import Policies
from offboarding.receipts.model import Receipt
from offboarding.wording import date_text
from tests.factories import cancel, make_customer, make_plan, make_subscription
from tests.offboarding.conftest import NOW
from tests.offboarding.stepping import Stepping

TALK = "1" * 32
STAYS = "Stays while you have another plan"
BASIC_DAYS, PRO_DAYS = 30, 16


def with_two_plans(
    database: Database, *, basic_days: int = BASIC_DAYS, pro_days: int = PRO_DAYS
) -> dict[str, str]:
    """The identifiers of the two subscriptions of one account, by plan."""
    with database.write() as session:
        customer = make_customer(session)
        basic = make_plan(session, "Basic", price="9.00")
        return {
            "Basic": make_subscription(session, customer, basic, days_left=basic_days).id,
            "Pro": make_subscription(session, customer, days_left=pro_days).id,
        }


def leave(database: Database, policies: Policies, subscription_id: str) -> tuple[Case, Receipt]:
    with database.write() as session:
        subscription = session.get_one(Subscription, subscription_id)
        customer = session.scalars(
            sa.select(Customer).where(Customer.account_id == subscription.account_id)
        ).one()
        return cancel(session, customer, subscription, policies)


def rows(database: Database, receipt: Receipt) -> dict[str, str]:
    with database.read() as session:
        facts = receipt_facts(session, session.get_one(Receipt, receipt.id))
        return {row.label: row.value for row in facts.rows}


def checklist(database: Database, case: Case) -> dict[str, tuple[Mark, str]]:
    with database.read() as session:
        lines = progress(session, session.get_one(Case, case.id)).lines
        return {line.title: (line.mark, line.when) for line in lines}


def day(moment: datetime, case: Case) -> str:
    return date_text(moment, case.customer)


def test_the_other_plan_and_its_next_charge_are_said(
    database: Database, policies: Policies, now: time_machine.Traveller
) -> None:
    plans = with_two_plans(database)
    with database.read() as session:
        basic = session.get_one(Subscription, plans["Basic"])
        pro = session.get_one(Subscription, plans["Pro"])
        terms = terms_of(basic, LedgerBilling(session), policies)
        customer = session.scalars(sa.select(Customer)).one()
        assert pro.period_end is not None
        charged_on = date_text(pro.period_end, customer)
        assert terms.other_plans == (OtherPlan("Pro", Payment(2900, "EUR", pro.period_end)),)
        values = terms_values(terms, customer)
        goes_on = f"Pro goes on: €29.00 on {charged_on}"
        assert values["nothing_more"] == f"Nothing more is charged for Basic. {goes_on}"
        assert values["content"] == "stays while you have another plan"
        assert "content_until" not in values
        assert terms_sentence(values).endswith(f"will not be taken. {goes_on}.")
        said = {row.label: row.value for row in terms_rows(terms, customer)}
        assert said["Your other plans"] == goes_on
        assert said["Your content"] == STAYS


def test_who_has_one_plan_reads_of_no_other(
    database: Database, policies: Policies, now: time_machine.Traveller
) -> None:
    with database.write() as session:
        customer = make_customer(session)
        terms = terms_of(make_subscription(session, customer), LedgerBilling(session), policies)
        make_subscription(session, make_customer(session, "stranger@example.org"))
        values = terms_values(terms, customer)
        assert terms.other_plans == ()
        assert values["nothing_more"] == "Nothing more is charged"
        assert values["content"] == (
            f"can be downloaded until {values['content_until']}, then it is deleted"
        )
        assert "goes_on" not in values


@pytest.mark.parametrize("state", [SubscriptionState.ENDED, SubscriptionState.ACTIVE])
def test_what_is_cancelled_or_ended_does_not_go_on(
    database: Database,
    policies: Policies,
    now: time_machine.Traveller,
    state: SubscriptionState,
) -> None:
    with database.write() as session:
        customer = make_customer(session)
        plan = make_subscription(session, customer)
        make_subscription(
            session,
            customer,
            make_plan(session, "Basic", price="9.00"),
            state=state,
            cancel_at=NOW + timedelta(days=3),
        )
        assert terms_of(plan, LedgerBilling(session), policies).other_plans == ()


def test_a_free_plan_goes_on_without_a_charge(
    database: Database, policies: Policies, now: time_machine.Traveller
) -> None:
    with database.write() as session:
        customer = make_customer(session)
        plan = make_subscription(session, customer)
        make_subscription(session, customer, make_plan(session, "Free", price="0"))
        terms = terms_of(plan, LedgerBilling(session), policies)
        values = terms_values(terms, customer)
        assert values["nothing_more"] == "Nothing more is charged for Pro. Free goes on"


def test_terms_with_other_plans_survive_being_kept_and_old_ones_have_none(
    database: Database, policies: Policies, now: time_machine.Traveller
) -> None:
    plans = with_two_plans(database)
    with database.read() as session:
        basic = session.get_one(Subscription, plans["Basic"])
        terms = terms_of(basic, LedgerBilling(session), policies)
        kept = terms.as_json()
        assert terms_from_json(kept) == terms
        del kept["other_plans"]
        old = terms_from_json(kept)
        assert old.other_plans == ()
        assert digest(old) != digest(terms)


def test_a_yes_to_terms_shown_before_they_knew_of_other_plans_counts_where_there_is_none(
    database: Database, policies: Policies, now: time_machine.Traveller
) -> None:
    with database.write() as session:
        customer = make_customer(session)
        case = cases.open_case(session, customer, make_subscription(session, customer), TALK)
        cases.show_terms(session, case, LedgerBilling(session), policies)
        case.shown = {key: each for key, each in (case.shown or {}).items() if key != "other_plans"}
        workflow.confirm(
            session,
            case,
            customer,
            billing=LedgerBilling(session),
            policies=policies,
            source="test",
        )
        assert case.confirmed_at is not None


def test_a_yes_does_not_count_once_the_other_plan_no_longer_goes_on(
    database: Database, policies: Policies, now: time_machine.Traveller
) -> None:
    plans = with_two_plans(database)
    with database.write() as session:
        customer = session.scalars(sa.select(Customer)).one()
        basic = session.get_one(Subscription, plans["Basic"])
        case = cases.open_case(session, customer, basic, TALK)
        cases.show_terms(session, case, LedgerBilling(session), policies)
        cancel(session, customer, session.get_one(Subscription, plans["Pro"]), policies, "2" * 32)
        with pytest.raises(TermsChangedError):
            cases.check_shown(case, LedgerBilling(session), policies)


def test_receipt_and_signed_file_promise_no_deletion_while_a_plan_goes_on(
    database: Database, policies: Policies, now: time_machine.Traveller
) -> None:
    _, receipt = leave(database, policies, with_two_plans(database)["Basic"])
    signed = signed_rows({**receipt.document, "kind": "cancellation", "conversation": None})
    for said in (rows(database, receipt), {row.label: row.value for row in signed}):
        assert said["Your content"] == STAYS
        assert said["Your other plans"].startswith("Pro goes on: €29.00 on ")


def test_the_checklist_leaves_content_and_payment_method_for_the_other_plan(
    database: Database, policies: Policies, now: time_machine.Traveller
) -> None:
    plans = with_two_plans(database)
    case, _ = leave(database, policies, plans["Basic"])
    lines = checklist(database, case)
    assert lines["Your payment method stays for Pro"] == (Mark.STAYS, "")
    assert lines["Your content stays while you have another plan"] == (Mark.STAYS, "")
    assert "Your data erased" not in lines
    assert "Payment method removed" not in lines
    with database.read() as session:
        found = progress(session, session.get_one(Case, case.id))
        assert found.promised == len(lines) - 2


def test_the_payment_method_really_stays_for_the_other_plan(
    database: Database, policies: Policies, now: time_machine.Traveller
) -> None:
    plans = with_two_plans(database)
    case, _ = leave(database, policies, plans["Basic"])
    stepping = Stepping(database)
    now.shift(timedelta(days=BASIC_DAYS + 40))
    for _ in range(3):
        stepping.run_due()
        now.shift(timedelta(minutes=1))
    lines = checklist(database, case)
    assert lines["Your payment method stays for Pro"] == (Mark.STAYS, "")
    assert lines["Your content stays while you have another plan"] == (Mark.STAYS, "")
    with database.read() as session:
        assert session.scalars(sa.select(Erasure)).all() == []
        found = progress(session, session.get_one(Case, case.id))
        assert found.done == found.promised


@pytest.mark.parametrize("order", [("Basic", "Pro"), ("Pro", "Basic")])
@pytest.mark.parametrize("days", [(30, 16), (16, 30), (20, 20)])
def test_once_the_other_is_cancelled_too_its_own_terms_hold_for_the_content(
    database: Database,
    policies: Policies,
    now: time_machine.Traveller,
    order: tuple[str, str],
    days: tuple[int, int],
) -> None:
    plans = with_two_plans(database, basic_days=days[0], pro_days=days[1])
    first, first_receipt = leave(database, policies, plans[order[0]])
    assert rows(database, first_receipt)["Your content"] == STAYS
    second, second_receipt = leave(database, policies, plans[order[1]])
    promised = terms_from_json(second.shown or {})
    assert promised.other_plans == ()
    until = day(promised.content_until, second)
    for receipt in (first_receipt, second_receipt):
        said = rows(database, receipt)
        assert said["Your content"] == f"Can be downloaded until {until}, then it is deleted"
        assert "Your other plans" not in said
    erased_on = day(promised.content_until + timedelta(seconds=1), second)
    for case in (first, second):
        assert checklist(database, case)["Your data erased"] == (Mark.COMING, erased_on)

    stepping = Stepping(database)
    now.move_to(promised.content_until - timedelta(minutes=10))
    for _ in range(3):
        stepping.run_due()
        now.shift(timedelta(minutes=1))
    with database.read() as session:
        assert session.scalars(sa.select(Erasure)).all() == []
    now.move_to(promised.content_until + timedelta(minutes=1))
    for _ in range(4):
        stepping.run_due()
        now.shift(timedelta(minutes=1))
    with database.read() as session:
        session.scalars(sa.select(Erasure)).one()


def test_taken_back_the_other_one_keeps_the_content_again(
    database: Database, policies: Policies, now: time_machine.Traveller
) -> None:
    plans = with_two_plans(database)
    first, _ = leave(database, policies, plans["Basic"])
    _, second_receipt = leave(database, policies, plans["Pro"])
    with database.write() as session:
        case = session.get_one(Case, first.id)
        workflow.undo(session, case, case.customer, billing=LedgerBilling(session))
    said = rows(database, second_receipt)
    assert said["Your content"] == STAYS
    assert said["Your other plans"] == "Basic goes on"


def test_a_receipt_names_no_charge_of_the_other_plan_that_is_past(
    database: Database, policies: Policies, now: time_machine.Traveller
) -> None:
    _, receipt = leave(database, policies, with_two_plans(database)["Basic"])
    now.shift(timedelta(days=PRO_DAYS + 1))
    assert rows(database, receipt)["Your other plans"] == "Pro goes on"


payments = st.none() | st.builds(
    Payment,
    st.integers(min_value=1, max_value=10**7),
    st.sampled_from(["EUR", "GBP", "USD"]),
    st.integers(1_767_225_600, 1_893_456_000).map(
        lambda second: datetime.fromtimestamp(second, UTC)
    ),
)
others = st.lists(
    st.builds(OtherPlan, st.text("abcdef ", min_size=1, max_size=12), payments), max_size=3
).map(tuple)


@hypothesis_settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(other_plans=others)
def test_a_day_of_deletion_is_promised_only_where_no_plan_goes_on(
    policies: Policies, shown: dict[str, object], other_plans: tuple[OtherPlan, ...]
) -> None:
    terms = terms_from_json({**shown, "other_plans": []})
    terms = replace(terms, other_plans=other_plans)
    assert terms_from_json(terms.as_json()) == terms
    values = terms_values(terms, Customer(locale="en-GB", time_zone="Europe/London"))
    assert ("content_until" in values) == ("deleted" in values["content"]) == (not other_plans)
    assert all(each.name in values["nothing_more"] for each in other_plans)
    assert ("for Pro" in values["nothing_more"]) == bool(other_plans)


@pytest.fixture
def shown(policies: Policies) -> dict[str, object]:
    """Terms of who has one plan, as kept before there could be others."""
    return {
        "plan_name": "Pro",
        "ends_at": "2026-12-14T22:00:00+00:00",
        "spared_minor": 2900,
        "spared_at": "2026-12-14T22:00:00+00:00",
        "currency": "EUR",
        "content_until": "2027-01-13T23:59:59+00:00",
        "invoices_until_year": 2032,
        "invoices_because": "UK tax law says so",
        "policy_version": "2026-11-28",
    }
