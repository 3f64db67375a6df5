"""The off-boarding case: what may follow what, on each database, and under many hands at once."""

from datetime import UTC, datetime, timedelta
from itertools import product
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
import time_machine
from sqlalchemy.orm import Session

from offboarding import clock
from offboarding.accounts.model import Customer, Plan, Subscription, SubscriptionState
from offboarding.audit import service as audit
from offboarding.background.model import Task
from offboarding.billing.ledger import LedgerBilling
from offboarding.billing.model import LedgerEntry
from offboarding.cases import service as cases
from offboarding.cases import workflow
from offboarding.cases.model import Case, new_case_number
from offboarding.cases.reasons import ChurnReason
from offboarding.cases.service import TermsChangedError
from offboarding.cases.states import OVER, TRANSITIONS, CaseState
from offboarding.cases.terms import terms_from_json, terms_of, terms_values
from offboarding.database import Database
from offboarding.errors import NotFoundError, TransitionError
from offboarding.policies.store import Policies
from offboarding.receipts.model import Receipt, ReceiptKind
from offboarding.steps import service as steps
from offboarding.steps.plan import StepKind
from tests.factories import cancel, make_account, make_customer, make_plan, make_subscription
from tests.offboarding.at_once import at_once

TALK = "1" * 32


def make_case(
    session: Session, state: CaseState = CaseState.OPEN, email: str = "amara@example.org"
) -> Case:
    customer = make_customer(session, email)
    case = cases.open_case(session, customer, make_subscription(session, customer), TALK)
    case.state = state
    session.flush()
    return case


def confirm(session: Session, case: Case, policies: Policies) -> Receipt:
    return workflow.confirm(
        session,
        case,
        case.customer,
        billing=LedgerBilling(session),
        policies=policies,
        source="test",
    )


def count(session: Session, table: type) -> int:
    return session.scalar(sa.select(sa.func.count()).select_from(table)) or 0


# --- the transition table


@pytest.mark.parametrize(("start", "to"), list(product(CaseState, CaseState)))
def test_a_case_goes_only_where_the_table_says(
    database: Database, start: CaseState, to: CaseState
) -> None:
    with database.write() as session:
        case = make_case(session, start)
        if to in TRANSITIONS[start]:
            cases.move(session, case, to)
            assert case.state is to
        else:
            with pytest.raises(TransitionError):
                cases.move(session, case, to)
            assert case.state is start


def test_every_state_can_be_reached_and_every_case_can_come_to_an_end() -> None:
    reached = {CaseState.OPEN} | {to for onward in TRANSITIONS.values() for to in onward}
    assert reached == set(CaseState)
    assert {CaseState.ENDED, CaseState.KEPT, CaseState.UNDONE} == OVER


def test_a_move_from_a_state_that_somebody_else_left_is_refused(database: Database) -> None:
    with database.write() as session:
        case = make_case(session)
        session.execute(
            sa.update(Case)
            .values(state=CaseState.KEPT)
            .execution_options(synchronize_session=False)
        )
        with pytest.raises(TransitionError, match="no longer open"):
            cases.move(session, case, CaseState.SHOWN)


# --- opening


def test_opening_again_finds_the_same_case_and_notes_the_conversation(database: Database) -> None:
    with database.write() as session:
        case = make_case(session)
        again = cases.open_case(session, case.customer, case.subscription, "2" * 32)
        assert again is case
        assert case.conversation_id == "2" * 32


def test_a_stranger_finds_no_such_subscription(database: Database) -> None:
    with database.write() as session:
        case = make_case(session)
        stranger = make_customer(session, "stranger@example.org")
        with pytest.raises(NotFoundError):
            cases.open_case(session, stranger, case.subscription, TALK)


def test_another_person_of_the_same_account_may_go_on_with_the_case(database: Database) -> None:
    with database.write() as session:
        household = make_account(session)
        one = make_customer(session, "one@example.org", account=household)
        other = make_customer(session, "other@example.org", account=household)
        subscription = make_subscription(session, one)
        case = cases.open_case(session, one, subscription, TALK)
        assert cases.open_case(session, other, subscription, TALK) is case


def test_what_has_ended_cannot_be_left_again(database: Database) -> None:
    with database.write() as session:
        customer = make_customer(session)
        ended = make_subscription(session, customer, state=SubscriptionState.ENDED)
        with pytest.raises(NotFoundError, match="ended already"):
            cases.open_case(session, customer, ended, TALK)


def test_after_a_change_of_heart_the_next_wish_to_leave_is_a_new_case(database: Database) -> None:
    with database.write() as session:
        kept = make_case(session)
        cases.keep(session, kept)
        again = cases.open_case(session, kept.customer, kept.subscription, TALK)
        assert again.id != kept.id
        assert again.state is CaseState.OPEN


def test_the_case_of_a_conversation_is_nobody_elses(database: Database) -> None:
    with database.write() as session:
        case = make_case(session)
        stranger = make_customer(session, "stranger@example.org")
        assert cases.case_in_conversation(session, TALK, case.customer) is case
        assert cases.case_in_conversation(session, TALK, stranger) is None


def test_the_database_itself_refuses_a_second_active_case(database: Database) -> None:
    with database.write() as session:
        first = make_case(session)
        second = Case(
            subscription=first.subscription,
            customer=first.customer,
            conversation_id=TALK,
            opened_at=clock.now(),
        )
        session.add(second)
        with pytest.raises(sa.exc.IntegrityError):
            session.flush()
        session.rollback()


def test_a_case_number_has_no_letters_that_look_alike() -> None:
    numbers = [new_case_number() for _ in range(200)]
    assert not set("".join(numbers)) & set("01OIBSo")
    assert {len(number) for number in numbers} == {8}


# --- the reason


def test_a_reason_is_kept_in_the_customers_words(database: Database) -> None:
    with database.write() as session:
        case = make_case(session)
        cases.record_reason(session, case, ChurnReason.UNUSED, "I never öpen it 🙈")
    with database.read() as session:
        kept = session.get_one(Case, case.id)
        assert (kept.reason, kept.reason_words) == (ChurnReason.UNUSED, "I never öpen it 🙈")
        assert not kept.reason_skipped


def test_an_endless_reason_is_cut_and_not_refused(database: Database) -> None:
    with database.write() as session:
        case = make_case(session)
        cases.record_reason(session, case, ChurnReason.OTHER, "so " * 5000)
        assert case.reason_words is not None
        assert len(case.reason_words) == 2000


def test_not_giving_a_reason_is_noted_and_closes_no_way(
    database: Database, policies: Policies
) -> None:
    with database.write() as session:
        case = make_case(session)
        cases.record_reason(session, case, None)
        cases.show_terms(session, case, LedgerBilling(session), policies)
        confirm(session, case, policies)
        assert case.reason_skipped
        assert case.state is CaseState.SCHEDULED


# --- showing and confirming


def test_nothing_is_cancelled_before_what_will_happen_was_shown(
    database: Database, policies: Policies
) -> None:
    with database.write() as session:
        case = make_case(session)
        with pytest.raises(TermsChangedError):
            confirm(session, case, policies)
        assert case.subscription.cancel_at is None
        assert count(session, LedgerEntry) == 0


def test_a_yes_cancels_at_the_end_of_what_is_paid(database: Database, policies: Policies) -> None:
    with database.write() as session:
        case = make_case(session)
        cases.show_terms(session, case, LedgerBilling(session), policies)
        confirm(session, case, policies)
        assert case.state is CaseState.SCHEDULED
        assert case.ends_at == case.subscription.cancel_at == case.subscription.period_end


def test_customer_receipt_billing_and_task_all_name_one_end(
    database: Database, policies: Policies
) -> None:
    """F15: where they differ, customers see "active" and cancel again."""
    with database.write() as session:
        case = make_case(session)
        cases.show_terms(session, case, LedgerBilling(session), policies)
        receipt = confirm(session, case, policies)
        entry = session.scalars(sa.select(LedgerEntry)).one()
        end = steps.step_of(session, case.id, StepKind.END)
        assert end is not None
        task = session.scalars(sa.select(Task).where(Task.subject_id == end.id)).one()
    assert case.ends_at is not None
    assert {
        case.ends_at,
        case.subscription.cancel_at,
        task.due_at,
        datetime.fromisoformat(receipt.document["ends_at"]),
        datetime.fromisoformat(entry.details["ends_at"]),
    } == {case.ends_at}


def test_a_second_yes_returns_the_same_receipt_and_changes_nothing(
    database: Database, policies: Policies
) -> None:
    """F14: cancelled twice."""
    with database.write() as session:
        case, receipt = cancel(session, *_leaver(session), policies)
    with database.write() as session:
        case = session.get_one(Case, case.id)
        before = (case.ends_at, case.confirmed_at, count(session, LedgerEntry))
        assert confirm(session, case, policies).id == receipt.id
        assert (case.ends_at, case.confirmed_at, count(session, LedgerEntry)) == before
        assert count(session, Receipt) == 1
        kinds = sorted(session.scalars(sa.select(Task.kind)))
        assert kinds == ["case.step"] * 3 + ["mail.receipt"]  # the copy, the reminder, the end


def test_a_yes_after_the_end_still_returns_the_receipt(
    database: Database, policies: Policies, now: time_machine.Traveller
) -> None:
    with database.write() as session:
        case, receipt = cancel(session, *_leaver(session), policies)
        now.shift(timedelta(days=22))
        workflow.end(session, case, billing=LedgerBilling(session))
        assert confirm(session, case, policies) is receipt


def test_a_yes_from_another_account_finds_no_case(database: Database, policies: Policies) -> None:
    with database.write() as session:
        case = make_case(session)
        billing = LedgerBilling(session)
        cases.show_terms(session, case, billing, policies)
        stranger = make_customer(session, "stranger@example.org")
        with pytest.raises(NotFoundError):
            workflow.confirm(
                session, case, stranger, billing=billing, policies=policies, source="test"
            )
        assert case.state is CaseState.SHOWN


def test_a_yes_to_what_was_kept_in_the_meantime_cancels_nothing(
    database: Database, policies: Policies
) -> None:
    with database.write() as session:
        case = make_case(session)
        cases.show_terms(session, case, LedgerBilling(session), policies)
        cases.keep(session, case)
        with pytest.raises(TransitionError):
            confirm(session, case, policies)
        assert case.subscription.cancel_at is None


def test_a_subscription_that_begins_in_the_future_can_be_cancelled(
    database: Database, policies: Policies
) -> None:
    """F14: not cancellable, because it has not begun."""
    with database.write() as session:
        customer = make_customer(session)
        subscription = make_subscription(session, customer, days_left=60)
        subscription.started_at = clock.now() + timedelta(days=30)
        case, _ = cancel(session, customer, subscription, policies)
        assert case.ends_at == subscription.period_end


@pytest.mark.parametrize("hour", [0, 6, 12, 18, 23])
def test_the_hour_at_which_it_is_cancelled_makes_no_difference_to_the_end(
    database: Database, policies: Policies, now: time_machine.Traveller, hour: int
) -> None:
    """F14: time-of-day dependent."""
    paid_until = datetime(2026, 12, 14, 8, 0, tzinfo=UTC)
    with database.write() as session:
        customer = make_customer(session)
        subscription = make_subscription(session, customer, period_end=paid_until)
        now.move_to(datetime(2026, 12, 13, hour, 59, 59, tzinfo=UTC))
        case, _ = cancel(session, customer, subscription, policies)
        assert case.ends_at == paid_until


# --- the terms change between showing and yes


def _change_price(subscription: Subscription) -> None:
    subscription.plan.price_minor += 100


def _renew(subscription: Subscription) -> None:
    assert subscription.period_end is not None
    subscription.period_end += timedelta(days=30)


def _rename_plan(subscription: Subscription) -> None:
    subscription.plan.name = "Pro Max"


def _give_discount(subscription: Subscription) -> None:
    subscription.discount_percent = 50
    subscription.discount_until = clock.now() + timedelta(days=365)


def _cancel_elsewhere(subscription: Subscription) -> None:
    subscription.cancel_at = clock.now() + timedelta(days=3)


@pytest.mark.parametrize(
    "change", [_change_price, _renew, _rename_plan, _give_discount, _cancel_elsewhere]
)
def test_a_yes_counts_only_for_what_was_shown(
    database: Database, policies: Policies, change: object
) -> None:
    assert callable(change)
    with database.write() as session:
        case = make_case(session)
        cases.show_terms(session, case, LedgerBilling(session), policies)
        change(case.subscription)
        before = case.subscription.cancel_at
        session.flush()
        with pytest.raises(TermsChangedError):
            confirm(session, case, policies)
        assert case.state is CaseState.SHOWN
        assert case.subscription.cancel_at == before


def test_shown_again_what_changed_can_be_confirmed(database: Database, policies: Policies) -> None:
    with database.write() as session:
        case = make_case(session)
        billing = LedgerBilling(session)
        cases.show_terms(session, case, billing, policies)
        _change_price(case.subscription)
        cases.show_terms(session, case, billing, policies)
        receipt = confirm(session, case, policies)
        assert receipt.document["spared_minor"] == 3000


def test_a_change_of_the_retention_policy_has_to_be_shown_first(
    database: Database, tmp_path: Path, policies: Policies
) -> None:
    shorter = tmp_path / "policy"
    shorter.mkdir()
    for name in (
        "offers.yml",
        "retention.yml",
        "routing.yml",
        "exports.yml",
        "systems.yml",
        "refunds.yml",
    ):
        text = (Path("policy") / name).read_text(encoding="utf-8")
        (shorter / name).write_text(
            text.replace("content_days_after_end: 30", "content_days_after_end: 3"),
            encoding="utf-8",
        )
    with database.write() as session:
        case = make_case(session)
        cases.show_terms(session, case, LedgerBilling(session), policies)
        with pytest.raises(TermsChangedError):
            confirm(session, case, Policies(shorter))


def test_on_a_free_plan_a_yes_after_midnight_has_to_be_asked_for_again(
    database: Database, policies: Policies, now: time_machine.Traveller
) -> None:
    with database.write() as session:
        customer = make_customer(session)
        subscription = make_subscription(session, customer, make_plan(session, "Free", price="0"))
        case = cases.open_case(session, customer, subscription, TALK)
        cases.show_terms(session, case, LedgerBilling(session), policies)
        now.shift(timedelta(days=1))
        with pytest.raises(TermsChangedError):
            confirm(session, case, policies)


def test_what_was_said_yes_to_is_never_overwritten_by_a_later_showing(
    database: Database, policies: Policies
) -> None:
    with database.write() as session:
        case, _ = cancel(session, *_leaver(session), policies)
        said_yes_to = dict(case.shown or {})
        with pytest.raises(TransitionError):
            cases.show_terms(session, case, LedgerBilling(session), policies)
        assert case.shown == said_yes_to


def test_terms_survive_being_kept_and_read_again(database: Database, policies: Policies) -> None:
    with database.write() as session:
        _, subscription = _leaver(session)
        terms = terms_of(subscription, LedgerBilling(session), policies)
        assert terms_from_json(terms.as_json()) == terms


def test_terms_of_a_free_plan_survive_too(database: Database, policies: Policies) -> None:
    with database.write() as session:
        customer = make_customer(session)
        subscription = make_subscription(session, customer, make_plan(session, "Free", price="0"))
        terms = terms_of(subscription, LedgerBilling(session), policies)
        assert terms.spared is None
        assert terms_from_json(terms.as_json()) == terms
        assert "spared_amount" not in terms_values(terms, customer)


def test_the_same_instants_are_the_same_terms_whatever_zone_they_are_written_in(
    database: Database, policies: Policies, now: time_machine.Traveller
) -> None:
    """A billing provider may answer in a zone of its own, the database answers in UTC."""
    end = datetime(2027, 3, 20, 12, tzinfo=ZoneInfo("Europe/Berlin"))  # clocks change soon after
    with database.write() as session:
        customer = make_customer(session)
        subscription = make_subscription(session, customer, period_end=end)
        written = terms_of(subscription, LedgerBilling(session), policies).as_json()
        session.refresh(subscription)
        assert terms_of(subscription, LedgerBilling(session), policies).as_json() == written


@pytest.mark.parametrize(
    ("place", "year"), [("DE", 2034), ("GB", 2032), ("US-MN", 2033), ("FR", 2033)]
)
def test_invoices_are_kept_as_long_as_the_country_says(
    database: Database,
    policies: Policies,
    now: time_machine.Traveller,
    place: str,
    year: int,
) -> None:
    country, _, region = place.partition("-")
    with database.write() as session:
        account = make_account(session, country=country, region=region or None)
        customer = make_customer(session, account=account)
        terms = terms_of(make_subscription(session, customer), LedgerBilling(session), policies)
        assert terms.invoices_until_year == year


def test_amounts_and_dates_are_written_as_the_customer_reads_them(
    database: Database, policies: Policies, now: time_machine.Traveller
) -> None:
    with database.write() as session:
        customer = make_customer(session, locale="de-DE", time_zone="Europe/Berlin")
        until = datetime(2026, 12, 13, 23, 30, tzinfo=UTC)
        subscription = make_subscription(session, customer, period_end=until)
        terms = terms_of(subscription, LedgerBilling(session), policies)
        values = terms_values(terms, customer)
        assert values["ends_on"] == "14. Dezember 2026"
        assert values["spared_amount"] == "29,00\N{NO-BREAK SPACE}€"


# --- undoing and ending


def test_an_undo_leaves_the_subscription_just_as_it_was(
    database: Database, policies: Policies
) -> None:
    with database.write() as session:
        customer, subscription = _leaver(session)
        before = _columns(subscription)
        case, _ = cancel(session, customer, subscription, policies)
        workflow.undo(session, case, customer, billing=LedgerBilling(session))
        assert case.state is CaseState.UNDONE
    with database.read() as session:
        assert _columns(session.get_one(Subscription, subscription.id)) == before


def test_a_second_undo_returns_the_same_receipt(database: Database, policies: Policies) -> None:
    with database.write() as session:
        case, _ = cancel(session, *_leaver(session), policies)
        billing = LedgerBilling(session)
        first = workflow.undo(session, case, case.customer, billing=billing)
        assert workflow.undo(session, case, case.customer, billing=billing) is first
        assert count(session, LedgerEntry) == 2


def test_the_receipt_of_an_undo_says_when_the_undo_was_received(
    database: Database, policies: Policies, now: time_machine.Traveller
) -> None:
    with database.write() as session:
        case, _ = cancel(session, *_leaver(session), policies)
        now.shift(timedelta(days=2))
        receipt = workflow.undo(session, case, case.customer, billing=LedgerBilling(session))
        assert receipt.document["received_at"] == clock.now().isoformat()


def test_a_stranger_cannot_undo(database: Database, policies: Policies) -> None:
    with database.write() as session:
        case, _ = cancel(session, *_leaver(session), policies)
        stranger = make_customer(session, "stranger@example.org")
        with pytest.raises(NotFoundError):
            workflow.undo(session, case, stranger, billing=LedgerBilling(session))
        assert case.subscription.cancel_at is not None


def test_what_has_ended_cannot_be_undone(
    database: Database, policies: Policies, now: time_machine.Traveller
) -> None:
    """F14: an "uncancel" of what has ended."""
    with database.write() as session:
        case, _ = cancel(session, *_leaver(session), policies)
        now.shift(timedelta(days=21))
        workflow.end(session, case, billing=LedgerBilling(session))
        with pytest.raises(TransitionError):
            workflow.undo(session, case, case.customer, billing=LedgerBilling(session))
        assert case.subscription.state is SubscriptionState.ENDED


def test_after_its_last_day_it_cannot_be_undone_even_while_the_end_is_still_to_be_carried_out(
    database: Database, policies: Policies, now: time_machine.Traveller
) -> None:
    with database.write() as session:
        case, _ = cancel(session, *_leaver(session), policies)
        now.shift(timedelta(days=21))
        with pytest.raises(TransitionError):
            workflow.undo(session, case, case.customer, billing=LedgerBilling(session))
        assert cases.scheduled_cases(session, case.customer) == []


def test_it_does_not_end_before_its_last_instant(
    database: Database, policies: Policies, now: time_machine.Traveller
) -> None:
    with database.write() as session:
        case, _ = cancel(session, *_leaver(session), policies)
        assert case.ends_at is not None
        now.move_to(case.ends_at - timedelta(milliseconds=1))
        workflow.end(session, case, billing=LedgerBilling(session))
        assert case.subscription.state is SubscriptionState.ACTIVE
        now.move_to(case.ends_at)
        workflow.end(session, case, billing=LedgerBilling(session))
        assert case.subscription.state is SubscriptionState.ENDED
        assert case.state is CaseState.ENDED


def test_the_end_of_what_was_undone_does_nothing(
    database: Database, policies: Policies, now: time_machine.Traveller
) -> None:
    with database.write() as session:
        case, _ = cancel(session, *_leaver(session), policies)
        workflow.undo(session, case, case.customer, billing=LedgerBilling(session))
        now.shift(timedelta(days=30))
        workflow.end(session, case, billing=LedgerBilling(session))
        assert case.subscription.state is SubscriptionState.ACTIVE


def test_cancelled_undone_and_cancelled_again_ends_once(
    database: Database, policies: Policies, now: time_machine.Traveller
) -> None:
    with database.write() as session:
        customer, subscription = _leaver(session)
        first, _ = cancel(session, customer, subscription, policies)
        workflow.undo(session, first, customer, billing=LedgerBilling(session))
        second, _ = cancel(session, customer, subscription, policies)
        now.shift(timedelta(days=21))
        for case in (first, second):
            workflow.end(session, case, billing=LedgerBilling(session))
        assert (first.state, second.state) == (CaseState.UNDONE, CaseState.ENDED)


def test_what_was_cancelled_cannot_be_kept_only_undone(
    database: Database, policies: Policies
) -> None:
    with database.write() as session:
        case, _ = cancel(session, *_leaver(session), policies)
        with pytest.raises(TransitionError):
            cases.keep(session, case)
        assert case.closed_at is None


def test_every_step_of_a_case_is_in_the_log_in_its_order(
    database: Database, policies: Policies
) -> None:
    """R13."""
    with database.write() as session:
        case, _ = cancel(session, *_leaver(session), policies)
        workflow.undo(session, case, case.customer, billing=LedgerBilling(session))
    with database.read() as session:
        log = audit.entries(session, case.id)
    assert [entry.event for entry in log] == [
        "case_open",
        "case_shown",
        "terms_shown",
        "case_confirmed",
        "confirmed",
        "case_scheduled",
        "case_undone",
    ]
    assert log[2].policy_version == policies.retention.version.isoformat()


# --- many hands at once


def test_opened_eight_times_at_once_there_is_one_case(database: Database) -> None:
    with database.write() as session:
        customer, subscription = _leaver(session)

    def open_it(_number: int) -> str:
        with database.write() as session:
            mine = session.get_one(Customer, customer.id)
            return cases.open_case(
                session, mine, session.get_one(Subscription, subscription.id), TALK
            ).id

    assert len(set(at_once(8, open_it))) == 1
    with database.read() as session:
        assert count(session, Case) == 1
        [case] = session.scalars(sa.select(Case))
        assert [entry.event for entry in audit.entries(session, case.id)] == ["case_open"]


def test_confirmed_eight_times_at_once_it_is_cancelled_once_and_everybody_gets_the_receipt(
    database: Database, policies: Policies
) -> None:
    with database.write() as session:
        customer, subscription = _leaver(session)
        case = cases.open_case(session, customer, subscription, TALK)
        cases.show_terms(session, case, LedgerBilling(session), policies)

    def say_yes(_number: int) -> str:
        with database.write() as session:
            return confirm(session, session.get_one(Case, case.id), policies).id

    receipts = at_once(8, say_yes)
    with database.read() as session:
        [receipt] = session.scalars(sa.select(Receipt))
        assert set(receipts) == {receipt.id}
        assert count(session, LedgerEntry) == 1
        assert session.get_one(Case, case.id).state is CaseState.SCHEDULED


def test_undone_eight_times_at_once_it_is_undone_once(
    database: Database, policies: Policies
) -> None:
    with database.write() as session:
        case, _ = cancel(session, *_leaver(session), policies)

    def undo(_number: int) -> str:
        with database.write() as session:
            mine = session.get_one(Case, case.id)
            return workflow.undo(session, mine, mine.customer, billing=LedgerBilling(session)).id

    receipts = at_once(8, undo)
    with database.read() as session:
        undone = sa.select(Receipt.id).where(Receipt.kind == ReceiptKind.UNDO)
        assert set(receipts) == set(session.scalars(undone))
        assert len(set(receipts)) == 1
        assert count(session, LedgerEntry) == 2


def test_of_a_keep_and_a_yes_at_once_only_one_comes_true(
    database: Database, policies: Policies
) -> None:
    with database.write() as session:
        customer, subscription = _leaver(session)
        case = cases.open_case(session, customer, subscription, TALK)
        cases.show_terms(session, case, LedgerBilling(session), policies)

    def decide(number: int) -> None:
        with database.write() as session:
            mine = session.get_one(Case, case.id)
            if number % 2:
                cases.keep(session, mine)
            else:
                confirm(session, mine, policies)

    results = at_once(8, decide)
    refused = [result for result in results if result is not None]
    assert all(isinstance(result, TransitionError) for result in refused)
    with database.read() as session:
        state = session.get_one(Case, case.id).state
        cancelled = session.get_one(Subscription, subscription.id).cancel_at is not None
    assert state in {CaseState.KEPT, CaseState.SCHEDULED}
    assert cancelled == (state is CaseState.SCHEDULED)


def _leaver(session: Session) -> tuple[Customer, Subscription]:
    customer = make_customer(session)
    return customer, make_subscription(session, customer)


def _columns(row: Subscription | Plan) -> dict[str, object]:
    return {column.key: getattr(row, column.key) for column in sa.inspect(type(row)).column_attrs}
