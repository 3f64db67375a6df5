"""What stayed for a later plan is erased after all once that has ended without a case of ours."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
import time_machine

from channels.facts import receipt_facts
from channels.progress import Mark, Progress, progress
from channels.staff.views import case_view
from offboard.off_boarding import ERASERS
from offboarding import clock
from offboarding.access import service as access
from offboarding.access.model import AccessEvent, AccessEventKind, NotificationState
from offboarding.access.transitions import move
from offboarding.accounts.model import Customer, Subscription, SubscriptionState
from offboarding.audit import service as audit
from offboarding.background.model import Task
from offboarding.billing.ledger import LedgerBilling
from offboarding.cases import workflow
from offboarding.cases.model import Case
from offboarding.cases.states import CaseState
from offboarding.database import Database
from offboarding.erasure import service as erasure
from offboarding.erasure.model import Erasure
from offboarding.policies.store import Policies
from offboarding.receipts.model import Receipt
from offboarding.settings import Settings
from offboarding.steps import service as steps
from offboarding.steps.model import Step, StepState
from offboarding.steps.plan import StepKind
from offboarding.steps.reconciler import reconcile
from offboarding.wording import date_text, until_text
from tests.factories import (
    cancel,
    make_customer,
    make_payment,
    make_plan,
    make_subscription,
)
from tests.offboarding.at_once import at_once
from tests.offboarding.stepping import Stepping

THREADS = 4


@dataclass
class Leaver:
    """Somebody with two plans who left one of them by a case, and what becomes of it."""

    database: Database
    policies: Policies
    stepping: Stepping
    now: time_machine.Traveller
    case: Case
    receipt: Receipt
    later: Subscription
    """The plan that goes on."""

    # What happens

    def days_pass(self, days: float) -> None:
        """What is due at the end of them is done, with what follows it within some minutes."""
        self.now.shift(timedelta(days=days))
        self.work()

    def until(self, moment: datetime) -> None:
        self.now.move_to(moment)
        self.work()

    def work(self) -> None:
        for _ in range(4):
            self.stepping.run_due()
            self.now.shift(timedelta(minutes=1))

    def ends_without_a_case(self, *plans: Subscription, at: datetime | None = None) -> datetime:
        """Somebody writes into the tables that these plans are over (default: the later one)."""
        end = at or clock.now()
        with self.database.write() as session:
            for plan in plans or (self.later,):
                over = session.get_one(Subscription, plan.id)
                over.state, over.cancel_at = SubscriptionState.ENDED, end
        return end

    def subscribes(self, *, days_left: int = 365, name: str = "Pro") -> Subscription:
        with self.database.write() as session:
            customer = session.get_one(Customer, self.case.customer_id)
            plan = make_plan(session, name)
            return make_subscription(session, customer, plan, days_left=days_left)

    def leaves(self, plan: Subscription) -> Case:
        with self.database.write() as session:
            customer = session.get_one(Customer, self.case.customer_id)
            subscription = session.get_one(Subscription, plan.id)
            return cancel(session, customer, subscription, self.policies, "2" * 32)[0]

    def reconcile(self) -> None:
        reconcile(self.database, self.stepping, self.policies.retention)

    # What is true

    def step(self, kind: StepKind = StepKind.ERASE, case: Case | None = None) -> Step:
        with self.database.read() as session:
            found = steps.step_of(session, (case or self.case).id, kind)
            assert found is not None
            return found

    def erasures(self) -> list[Erasure]:
        with self.database.read() as session:
            return list(session.scalars(sa.select(Erasure)))

    def email(self) -> str:
        with self.database.read() as session:
            return session.get_one(Customer, self.case.customer_id).email

    def completed_at(self) -> datetime | None:
        with self.database.read() as session:
            return session.get_one(Case, self.case.id).completed_at

    def noted(self, event: str) -> int:
        with self.database.read() as session:
            found = audit.entries(session, self.case.id)
        return sum(1 for each in found if each.event == event)

    def page(self) -> Progress:
        with self.database.read() as session:
            return progress(session, session.get_one(Case, self.case.id))

    def erased_line(self) -> tuple[Mark, str] | None:
        """What the page says of the erasure, if it does."""
        lines = {line.title: (line.mark, line.when) for line in self.page().lines}
        return lines.get("Your data erased")

    def receipt_says(self, label: str) -> str:
        with self.database.read() as session:
            facts = receipt_facts(session, session.get_one(Receipt, self.receipt.id))
        return next(row.value for row in facts.rows if row.label == label)


@pytest.fixture
def leaver(database: Database, policies: Policies, now: time_machine.Traveller) -> Leaver:
    """Pro has ended by a case and its content's day is over, too; Team goes on."""
    with database.write() as session:
        customer = make_customer(session)
        first = make_subscription(session, customer)
        team = make_plan(session, "Team", price="79.00")
        later = make_subscription(session, customer, team, days_left=400)
        case, receipt = cancel(session, customer, first, policies)
    stepping = Stepping(database, ERASERS)
    leaver = Leaver(database, policies, stepping, now, case, receipt, later)
    leaver.days_pass(20)
    leaver.days_pass(1)
    leaver.days_pass(40)
    assert leaver.step().state is StepState.NOT_NEEDED
    assert leaver.completed_at() is not None
    return leaver


# --- the whole way


def test_once_the_later_plan_has_ended_all_is_erased_on_the_day_that_its_end_gives(
    leaver: Leaver,
) -> None:
    leaver.ends_without_a_case(at=datetime(2027, 3, 3, 15, tzinfo=UTC))
    leaver.reconcile()
    for kind in (StepKind.ERASE, StepKind.CLOSE):
        assert leaver.step(kind).state is StepState.WAITING
    assert leaver.completed_at() is None
    due = leaver.step().due_at
    assert due == datetime(2027, 4, 2, 23, tzinfo=UTC), "midnight in London, by summer time"

    leaver.until(due - timedelta(minutes=10))
    assert leaver.erasures() == []
    assert leaver.email() == "amara@example.org"
    leaver.until(due)
    assert [each.case_id for each in leaver.erasures()] == [leaver.case.id]
    assert leaver.email().endswith(erasure.GONE)
    assert leaver.completed_at() is not None
    leaver.reconcile()
    leaver.days_pass(90)
    assert leaver.stepping.done.count("mail.erasure") == 1
    assert leaver.noted("data_erased") == leaver.noted("keys_destroyed") == 1
    [erased] = leaver.erasures()
    assert erased.keys_left is None


def test_nothing_that_was_done_for_the_case_is_done_again(leaver: Leaver) -> None:
    said = ["mail.receipt", "mail.access_ends", "notice.access_ends"]
    before = [leaver.stepping.done.count(kind) for kind in said]
    leaver.ends_without_a_case()
    leaver.reconcile()
    leaver.days_pass(40)
    assert [leaver.stepping.done.count(kind) for kind in said] == before == [1, 1, 1]
    assert leaver.noted("case_ended") == 1
    with leaver.database.read() as session:
        assert session.get_one(Case, leaver.case.id).state is CaseState.ENDED


def test_what_was_taken_up_is_not_taken_up_again(leaver: Leaver) -> None:
    leaver.ends_without_a_case()
    leaver.reconcile()
    looks = leaver.step().looks
    leaver.days_pass(1)
    leaver.reconcile()
    assert leaver.step().looks == looks
    assert leaver.noted("erasure_promised_again") == 1


def test_of_several_reconcilers_at_once_one_takes_it_up(leaver: Leaver) -> None:
    leaver.ends_without_a_case()
    looks = leaver.step().looks
    assert at_once(THREADS, lambda _: leaver.reconcile()) == [None] * THREADS
    assert leaver.step().looks == looks + 1
    assert leaver.noted("erasure_promised_again") == 1
    leaver.days_pass(40)
    assert len(leaver.erasures()) == 1


def test_a_look_that_began_before_says_nothing_of_the_erasure_taken_up(leaver: Leaver) -> None:
    """As of a worker that was taken for dead, and comes back."""
    step = leaver.step()
    leaver.ends_without_a_case()
    leaver.reconcile()
    with leaver.database.write() as session:
        assert not steps.settle(session, step.id, StepState.NOT_NEEDED, looks=step.looks)
    assert leaver.step().state is StepState.WAITING


def test_nothing_is_taken_up_by_half(leaver: Leaver, monkeypatch: pytest.MonkeyPatch) -> None:
    leaver.ends_without_a_case()

    def crash(*_given: object, **_more: object) -> None:
        raise ConnectionError("the database goes away")

    with monkeypatch.context() as broken:
        broken.setattr(steps, "hand_over", crash)
        leaver.reconcile()
    assert leaver.step().state is StepState.NOT_NEEDED
    assert leaver.completed_at() is not None
    assert leaver.noted("erasure_promised_again") == 0
    leaver.reconcile()
    assert leaver.step().state is StepState.WAITING


# --- the day


def test_the_days_are_those_of_the_policy_in_force(leaver: Leaver) -> None:
    end = leaver.ends_without_a_case()
    longer = leaver.policies.retention.model_copy(update={"content_days_after_end": 60})
    reconcile(leaver.database, leaver.stepping, longer)
    assert timedelta(days=60) <= leaver.step().due_at - end < timedelta(days=61)


def test_what_should_have_been_erased_long_ago_is_erased_now(leaver: Leaver) -> None:
    leaver.ends_without_a_case(at=clock.now() - timedelta(days=35))
    leaver.reconcile()
    assert leaver.step().due_at == clock.now()
    leaver.work()
    assert len(leaver.erasures()) == 1
    assert leaver.stepping.done.count("mail.erasure") == 1


def test_of_an_end_that_nobody_wrote_down_the_days_are_counted_from_now(leaver: Leaver) -> None:
    with leaver.database.write() as session:
        over = session.get_one(Subscription, leaver.later.id)
        over.state = SubscriptionState.ENDED
    leaver.reconcile()
    assert leaver.step().due_at > clock.now() + timedelta(days=30)


# --- a new plan, several cases


def test_a_new_plan_calls_it_off_until_that_one_has_ended_too(leaver: Leaver) -> None:
    leaver.ends_without_a_case()
    leaver.reconcile()
    leaver.days_pass(10)
    new = leaver.subscribes()
    assert leaver.page().kept_until is None
    leaver.days_pass(30)
    assert leaver.step().state is StepState.NOT_NEEDED
    assert leaver.completed_at() is not None
    leaver.reconcile()
    assert leaver.step().state is StepState.NOT_NEEDED
    assert "mail.erasure" not in leaver.stepping.done

    leaver.ends_without_a_case(new)
    leaver.reconcile()
    leaver.days_pass(32)
    assert len(leaver.erasures()) == 1
    assert leaver.stepping.done.count("mail.erasure") == 1
    assert leaver.noted("erasure_promised_again") == 2


def test_who_was_told_and_came_back_in_the_last_moment_is_told_again_when_it_is_so(
    leaver: Leaver,
) -> None:
    leaver.ends_without_a_case()
    leaver.reconcile()
    leaver.now.move_to(leaver.step().due_at)
    leaver.stepping.run_due()
    assert leaver.stepping.done.count("mail.erasure") == 1
    new = leaver.subscribes()
    leaver.work()
    assert leaver.step().state is StepState.NOT_NEEDED
    assert leaver.erasures() == []
    leaver.ends_without_a_case(new)
    leaver.reconcile()
    leaver.days_pass(32)
    assert len(leaver.erasures()) == 1
    assert leaver.stepping.done.count("mail.erasure") == 2


def test_of_several_cases_the_one_that_ended_last_erases(leaver: Leaver) -> None:
    second = leaver.leaves(leaver.subscribes(days_left=10))
    leaver.days_pass(10)
    leaver.days_pass(40)
    assert leaver.step(case=second).state is StepState.NOT_NEEDED
    leaver.ends_without_a_case()
    leaver.reconcile()
    assert leaver.step(case=second).state is StepState.WAITING
    assert leaver.step().state is StepState.NOT_NEEDED
    assert leaver.erased_line() == (
        Mark.COMING,
        date_text(leaver.step(case=second).due_at, leaver.case.customer),
    )
    leaver.days_pass(32)
    assert [each.case_id for each in leaver.erasures()] == [second.id]
    leaver.reconcile()
    assert leaver.step().state is StepState.NOT_NEEDED


def test_a_later_plan_that_ends_by_a_case_is_erased_by_that(leaver: Leaver) -> None:
    leaver.leaves(leaver.later)
    leaver.days_pass(400)
    leaver.reconcile()
    assert leaver.step().state is StepState.NOT_NEEDED
    leaver.days_pass(40)
    leaver.reconcile()
    assert len(leaver.erasures()) == 1
    assert leaver.noted("erasure_promised_again") == 0


def test_what_was_done_with_the_later_case_is_said_to_be_done_with_it(leaver: Leaver) -> None:
    later = leaver.leaves(leaver.later)
    leaver.days_pass(440)
    lines = {line.title: line for line in leaver.page().lines}
    for title in ("Your data erased", "Payment method removed"):
        assert lines[title].mark is Mark.DONE
        assert lines[title].when.endswith(f", with case {later.number}")
    with leaver.database.read() as session:
        case = session.get_one(Case, leaver.case.id)
        seen = {row.title: row.state for row in case_view(session, case, Settings()).steps}
    for title in ("Erase their data", "Detach the payment method"):
        assert seen[title] == f"Done with case {later.number}"


def test_what_a_person_erased_by_hand_is_not_erased_again(leaver: Leaver) -> None:
    second = leaver.leaves(leaver.later)
    with leaver.database.write() as session:
        step = steps.step_of(session, second.id, StepKind.ERASE)
        assert step is not None
        steps.stick(session, step.id)
        steps.settle_by_hand(session, step.id)
    leaver.days_pass(400)
    leaver.reconcile()
    assert leaver.step().state is StepState.NOT_NEEDED


def test_what_was_left_undone_by_an_undo_is_taken_up_by_the_case_before(leaver: Leaver) -> None:
    second = leaver.leaves(leaver.later)
    with leaver.database.write() as session:
        held = session.get_one(Case, second.id)
        workflow.undo(session, held, held.customer, billing=LedgerBilling(session))
    leaver.ends_without_a_case()
    leaver.reconcile()
    assert leaver.step().state is StepState.WAITING
    assert leaver.step(case=second).state is StepState.CALLED_OFF


def test_who_never_left_by_a_case_was_promised_nothing(
    database: Database, policies: Policies, now: time_machine.Traveller
) -> None:
    with database.write() as session:
        customer = make_customer(session)
        plan = make_subscription(session, customer)
        undone, _ = cancel(session, customer, plan, policies)
        workflow.undo(session, undone, customer, billing=LedgerBilling(session))
        plan.state, plan.cancel_at = SubscriptionState.ENDED, clock.now()
        stranger = make_customer(session, "never@example.org")
        over = make_subscription(session, stranger, state=SubscriptionState.ENDED)
        over.cancel_at = clock.now()
    with database.read() as session:
        before = {step.id: step.state for step in session.scalars(sa.select(Step))}
        tasks = set(session.scalars(sa.select(Task.key)))
    now.shift(timedelta(days=100))
    reconcile(database, Stepping(database, ERASERS), policies.retention)
    with database.read() as session:
        assert {step.id: step.state for step in session.scalars(sa.select(Step))} == before
        assert set(session.scalars(sa.select(Task.key))) == tasks


# --- what is said


def test_the_page_and_the_receipt_name_the_day_once_it_is_known(leaver: Leaver) -> None:
    customer = leaver.case.customer
    assert leaver.erased_line() is None
    assert "Stays while you have another plan" in leaver.receipt_says("Your content")
    leaver.ends_without_a_case()
    leaver.reconcile()
    due = leaver.step().due_at
    assert leaver.erased_line() == (Mark.COMING, date_text(due, customer))
    last_day = date_text(due - timedelta(days=1), customer)
    assert leaver.page().kept_until == last_day
    downloadable = f"Can be downloaded until {last_day}, then it is deleted"
    assert leaver.receipt_says("Your content") == downloadable

    leaver.subscribes()
    stays = [line for line in leaver.page().lines if line.mark is Mark.STAYS]
    assert "Your content stays while you have another plan" in {line.title for line in stays}
    assert leaver.receipt_says("Your content") == "Stays while you have another plan"


def test_after_the_erasure_page_and_receipt_name_its_day(leaver: Leaver) -> None:
    leaver.ends_without_a_case()
    leaver.reconcile()
    due = leaver.step().due_at
    leaver.until(due)
    customer = leaver.case.customer
    assert leaver.erased_line() == (Mark.DONE, date_text(due, customer))
    page = leaver.page()
    assert page.done == page.promised
    last_day = date_text(due - timedelta(days=1), customer)
    assert last_day in leaver.receipt_says("Your content")


def test_a_plan_that_only_runs_to_its_end_keeps_the_content_until_then(leaver: Leaver) -> None:
    with leaver.database.write() as session:
        later = session.get_one(Subscription, leaver.later.id)
        later.cancel_at = clock.now() + timedelta(days=5)
        end = later.cancel_at
    leaver.reconcile()
    assert leaver.step().state is StepState.NOT_NEEDED
    titles = {line.title for line in leaver.page().lines}
    assert "Your content stays while you have another plan" in titles
    assert until_text(end, leaver.case.customer) in leaver.receipt_says("Your content")


def test_invoices_of_the_later_plan_are_kept_for_longer_and_that_is_said(leaver: Leaver) -> None:
    agreed = (leaver.case.shown or {})["invoices_until_year"]
    assert agreed == 2026 + leaver.policies.retention.invoices["GB"].years
    assert f"until the end of {agreed}," in leaver.page().summary
    leaver.until(datetime(2028, 2, 1, tzinfo=UTC))
    leaver.ends_without_a_case()
    leaver.reconcile()
    assert f"until the end of {agreed + 2}," in leaver.page().summary
    assert f"until the end of {agreed + 2}," in leaver.receipt_says("Invoices")
    leaver.days_pass(32)
    [erased] = leaver.erasures()
    assert erased.kept[0]["until"] == f"{agreed + 2}-12-31"
    with leaver.database.read() as session:
        shown = session.get_one(Case, leaver.case.id).shown or {}
    assert shown["invoices_until_year"] == agreed, "what was agreed stays as it was agreed"


@pytest.mark.parametrize("paid", [False, True])
def test_a_later_plan_that_was_always_free_has_no_invoices(leaver: Leaver, *, paid: bool) -> None:
    agreed = (leaver.case.shown or {})["invoices_until_year"]
    with leaver.database.write() as session:
        later = session.get_one(Subscription, leaver.later.id)
        later.plan = make_plan(session, "Free", price="0")
        if paid:
            make_payment(session, later, 900)
    leaver.ends_without_a_case(at=datetime(2029, 1, 10, tzinfo=UTC))
    assert f"until the end of {agreed + 3 * paid}," in leaver.page().summary


def test_the_payment_method_stays_for_the_later_plan_and_goes_with_the_rest(
    leaver: Leaver,
) -> None:
    assert leaver.step(StepKind.DETACH_PAYMENT_METHOD).state is StepState.NOT_NEEDED
    leaver.ends_without_a_case()
    leaver.reconcile()
    detached = leaver.step(StepKind.DETACH_PAYMENT_METHOD)
    assert (detached.state, detached.due_at) == (StepState.WAITING, leaver.step().due_at)
    leaver.days_pass(32)
    assert leaver.step(StepKind.DETACH_PAYMENT_METHOD).state is StepState.DONE
    assert leaver.step().state is StepState.DONE


# --- the company's systems


def test_every_system_is_told_to_erase_each_plan_once_and_the_case_waits_for_them(
    leaver: Leaver,
) -> None:
    leaver.stepping.systems = leaver.policies.systems
    leaver.ends_without_a_case()
    leaver.reconcile()
    leaver.days_pass(32)
    assert leaver.step().state is StepState.DONE
    assert leaver.step(StepKind.CLOSE).state is StepState.WAITING
    assert leaver.completed_at() is None
    systems = leaver.policies.systems.systems.values()
    told = 2 * sum(1 for each in systems if AccessEventKind.ERASED in each.events)
    assert leaver.stepping.done.count("access.notify") == told
    with leaver.database.write() as session:
        first, *others = access.unacknowledged(session)
        plans = [each.event.subscription_id for each in (first, *others)]
        assert sorted(plans) == sorted([leaver.case.subscription_id, leaver.later.id] * (told // 2))
        for each in others:
            assert each.event.kind is AccessEventKind.ERASED
            move(session, each, NotificationState.ACKNOWLEDGED, None)
    leaver.days_pass(1)
    assert leaver.completed_at() is None, "one system has not erased what it has of one plan"
    with leaver.database.write() as session:
        [last] = access.unacknowledged(session)
        move(session, last, NotificationState.ACKNOWLEDGED, None)
    leaver.days_pass(1)
    assert leaver.completed_at() is not None
    assert leaver.stepping.done.count("access.notify") == told
    with leaver.database.read() as session:
        assert set(session.scalars(sa.select(AccessEvent.customer_external_id))) == {None}
