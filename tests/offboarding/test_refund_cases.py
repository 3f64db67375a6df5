"""A refund from what is shown to the money: the amount shown is the amount paid, once."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
import time_machine
from sqlalchemy.orm import Session

from channels.desk.helping import help_with
from channels.facts import receipt_facts
from channels.held_refunds import held_refund_handlers
from channels.pages.overview import overview
from channels.progress import progress
from offboarding import clock
from offboarding.accounts.model import Customer, Subscription, SubscriptionState
from offboarding.audit import service as audit
from offboarding.background.model import Task
from offboarding.billing.ledger import LedgerBilling
from offboarding.billing.model import EntryKind, LedgerEntry
from offboarding.cases import service as cases
from offboarding.cases import workflow
from offboarding.cases.model import Case
from offboarding.cases.reasons import ChurnReason
from offboarding.cases.service import TermsChangedError
from offboarding.cases.states import CaseState
from offboarding.cases.terms import OtherWay, terms_from_json, terms_of, terms_values
from offboarding.database import Database
from offboarding.errors import OffboardingError, TransitionError
from offboarding.handoffs.causes import HandOffCause
from offboarding.handoffs.service import hand_off_of, request
from offboarding.handoffs.suggestions import SuggestionPolicy
from offboarding.identity.model import IdentityMethod, VerifiedIdentity
from offboarding.policies.reading import read_policy
from offboarding.policies.store import Policies
from offboarding.receipts.model import Receipt
from offboarding.settings import REPOSITORY, Settings
from offboarding.steps import service as steps
from offboarding.steps.model import StepState
from offboarding.steps.plan import StepKind
from offboarding.steps.runner import Outcome
from tests.factories import (
    cancel,
    make_account,
    make_customer,
    make_payment,
    make_plan,
    make_subscription,
)
from tests.offboarding.at_once import at_once
from tests.offboarding.conftest import NOW
from tests.offboarding.stepping import Stepping

TALK = "1" * 32
BERLIN = ZoneInfo("Europe/Berlin")


def newcomer(
    session: Session, *, days_ago: int = 3, price: str = "29.00", paid: bool = True
) -> Subscription:
    account = make_account(session, country="DE", time_zone="Europe/Berlin")
    customer = make_customer(session, account=account, time_zone="Europe/Berlin")
    subscription = make_subscription(
        session,
        customer,
        make_plan(session, price=price),
        started_at=NOW - timedelta(days=days_ago),
        period_end=NOW + timedelta(days=30 - days_ago),
    )
    if paid:
        make_payment(session, subscription)
    return subscription


def customer_of(session: Session, subscription: Subscription) -> Customer:
    of_account = sa.select(Customer).where(Customer.account_id == subscription.account_id)
    return session.scalars(of_account).one()


def shown(session: Session, policies: Policies, **how: Any) -> Case:
    subscription = newcomer(session, **how)
    case = cases.open_case(session, customer_of(session, subscription), subscription, TALK)
    session.flush()
    cases.show_terms(session, case, LedgerBilling(session), policies)
    return case


def say_yes(session: Session, case: Case, policies: Policies) -> Receipt:
    return workflow.confirm(
        session,
        case,
        case.customer,
        billing=LedgerBilling(session),
        policies=policies,
        source="test",
    )


def leave(database: Database, policies: Policies, **how: Any) -> Case:
    with database.write() as session:
        subscription = newcomer(session, **how)
        return cancel(session, customer_of(session, subscription), subscription, policies)[0]


def paid_back(database: Database) -> list[int]:
    with database.read() as session:
        found = sa.select(LedgerEntry.amount_minor).where(LedgerEntry.kind == EntryKind.REFUND)
        return [-each for each in session.scalars(found)]


def state_of(database: Database, case: Case, kind: StepKind) -> StepState:
    with database.read() as session:
        step = steps.step_of(session, case.id, kind)
        assert step is not None
        return step.state


@pytest.fixture
def stepping(database: Database) -> Stepping:
    return Stepping(database)


# --- the yes


def test_who_withdraws_leaves_at_once_and_is_promised_all_in_the_commit_of_the_yes(
    database: Database, policies: Policies, now: time_machine.Traveller
) -> None:
    with database.write() as session:
        case = shown(session, policies)
        now.shift(timedelta(minutes=7))
        receipt = say_yes(session, case, policies)
    with database.read() as session:
        case = session.get_one(Case, case.id)
        terms = terms_from_json(case.shown or {})
        assert case.state is CaseState.SCHEDULED
        assert case.subscription.state is SubscriptionState.ENDED
        assert case.ends_at == case.subscription.cancel_at == terms.ends_at == clock.now()
        assert terms.refund_minor == receipt.document["refund_minor"] == 2900
        assert receipt.document["ends_at"] == clock.now().isoformat()
        assert receipt.document["declaration"]["kind"] == "withdrawal"
        assert paid_back(database) == []  # promised; the step pays it


def test_the_amount_shown_is_the_amount_paid_once(
    database: Database, policies: Policies, stepping: Stepping, now: time_machine.Traveller
) -> None:
    case = leave(database, policies)
    stepping.run_due()
    for _ in range(3):  # as after crashes before the step could be noted
        stepping.works[StepKind.REFUND](case.id)
    assert paid_back(database) == [2900]
    assert state_of(database, case, StepKind.REFUND) is StepState.DONE
    assert state_of(database, case, StepKind.END) is StepState.DONE
    assert state_of(database, case, StepKind.DETACH_PAYMENT_METHOD) is StepState.DONE
    with database.read() as session:
        assert session.get_one(Case, case.id).state is CaseState.ENDED


def test_every_payment_is_paid_back_from_itself(
    database: Database, policies: Policies, stepping: Stepping, now: time_machine.Traveller
) -> None:
    with database.write() as session:
        subscription = newcomer(session)
        make_payment(session, subscription, 1000, at=NOW - timedelta(days=1))
        cancel(session, customer_of(session, subscription), subscription, policies)
    stepping.run_due()
    assert sorted(paid_back(database)) == [1000, 2900]


def test_a_second_yes_changes_nothing(
    database: Database, policies: Policies, stepping: Stepping, now: time_machine.Traveller
) -> None:
    case = leave(database, policies)
    stepping.run_due()
    now.shift(timedelta(days=20))
    with database.write() as session:
        case = session.get_one(Case, case.id)
        first = case.shown
        assert say_yes(session, case, policies).case_id == case.id
        assert case.shown == first
    stepping.run_due()
    assert paid_back(database) == [2900]


def test_money_and_plan_are_never_both_kept(
    database: Database, policies: Policies, now: time_machine.Traveller
) -> None:
    case = leave(database, policies)
    with database.write() as session:
        case = session.get_one(Case, case.id)
        with pytest.raises(TransitionError, match="ended already"):
            workflow.undo(session, case, case.customer, billing=LedgerBilling(session))


def test_whoever_paid_nothing_keeps_it_to_the_end_of_the_period(
    database: Database, policies: Policies, now: time_machine.Traveller
) -> None:
    case = leave(database, policies, paid=False)
    assert case.ends_at == NOW + timedelta(days=27)
    with database.read() as session:
        assert steps.step_of(session, case.id, StepKind.REFUND) is None


# --- what no longer holds at the yes is shown again, and not done


def _refunded_meanwhile(session: Session, case: Case) -> None:
    LedgerBilling(session).refund(case.subscription, amount_minor=900, key="by hand")


def _paid_meanwhile(session: Session, case: Case) -> None:
    make_payment(session, case.subscription, 100, at=clock.now())


@pytest.mark.parametrize("meanwhile", [_refunded_meanwhile, _paid_meanwhile])
def test_another_amount_has_to_be_shown_first(
    database: Database,
    policies: Policies,
    now: time_machine.Traveller,
    meanwhile: Callable[[Session, Case], None],
) -> None:
    with database.write() as session:
        case = shown(session, policies)
        meanwhile(session, case)
        with pytest.raises(TermsChangedError):
            say_yes(session, case, policies)
        assert case.state is CaseState.SHOWN
        assert case.subscription.state is SubscriptionState.ACTIVE


def test_shown_within_the_days_and_answered_after_them_it_is_shown_again(
    database: Database, policies: Policies, now: time_machine.Traveller
) -> None:
    now.move_to(datetime(2026, 11, 23, 23, 58, tzinfo=BERLIN))
    with database.write() as session:
        case = shown(session, policies, days_ago=14)
        assert terms_from_json(case.shown or {}).refund_minor == 2900
        now.shift(timedelta(minutes=3))
        with pytest.raises(TermsChangedError):
            say_yes(session, case, policies)
        assert case.subscription.renews
        again = cases.show_terms(session, case, LedgerBilling(session), policies)
        assert (again.refund, again.ends_at) == (None, case.subscription.period_end)
        say_yes(session, case, policies)
        assert case.ends_at == case.subscription.period_end


def test_over_midnight_within_the_days_the_date_is_shown_again(
    database: Database, policies: Policies, now: time_machine.Traveller
) -> None:
    now.move_to(datetime(2026, 11, 23, 23, 58, tzinfo=BERLIN))
    with database.write() as session:
        case = shown(session, policies)
        now.shift(timedelta(minutes=3))
        with pytest.raises(TermsChangedError):
            say_yes(session, case, policies)


def test_another_policy_is_shown_first(
    database: Database, policies: Policies, tmp_path: Path, now: time_machine.Traveller
) -> None:
    other = changed(tmp_path, "days: 14", "days: 15")
    newer = changed(tmp_path / "newer", "version: 2026-11-29", "version: 2026-11-30")
    with database.write() as session:
        case = shown(session, policies)
        with pytest.raises(TermsChangedError):
            say_yes(session, case, newer)
        say_yes(session, case, other)  # says the same, under the same version


def changed(folder: Path, old: str, new: str) -> Policies:
    folder.mkdir(exist_ok=True)
    for file in Path("policy").glob("*.yml"):
        text = file.read_text("utf-8")
        if file.name == "refunds.yml":
            assert old in text
            text = text.replace(old, new, 1)
        (folder / file.name).write_text(text, "utf-8")
    return Policies(folder)


def test_a_rule_for_a_reason_counts_wherever_it_is_shown(
    database: Database, settings: Settings, tmp_path: Path, now: time_machine.Traveller
) -> None:
    """In the chat they say why; on the page nobody is asked, and an open case remembers it."""
    rule = (
        "goodwill:\n  - {name: sorry, because: it did not work, pays_back: last_payment, "
        "within_days_of_payment: 30, reasons: [low_quality]}\n"
    )
    sorry = changed(tmp_path / "sorry", "goodwill: []\n", rule)
    with database.write() as session:
        case = shown(session, sorry, days_ago=20)
        billing = LedgerBilling(session)
        assert (case.shown or {})["refund_minor"] == 0
        cases.record_reason(session, case, ChurnReason.LOW_QUALITY)
        with pytest.raises(TermsChangedError):
            say_yes(session, case, sorry)
        terms = cases.terms_now(session, case.subscription, billing, sorry)
        assert terms.refund is not None
        assert (terms.refund.rule, terms.refund_minor) == ("sorry", 2900)
        page, _ = overview(
            session, case.customer, billing=billing, policies=sorry, settings=settings
        ).leavable
        assert "€29.00 is paid back at once, the way you paid, because it did not work" in (
            page.sentence
        )
        cases.show_terms(session, case, billing, sorry)
        receipt = say_yes(session, case, sorry)
        assert receipt.document["declaration"]["kind"] == "ordinary"


# --- in words


def test_page_receipt_and_checklist_say_the_same_amount_reason_and_end(
    database: Database,
    policies: Policies,
    settings: Settings,
    stepping: Stepping,
    now: time_machine.Traveller,
) -> None:
    because = "because you are within the 14 days in which you may withdraw from the contract"
    with database.write() as session:
        subscription = newcomer(session)
        customer = customer_of(session, subscription)
        billing = LedgerBilling(session)
        page, later = overview(
            session, customer, billing=billing, policies=policies, settings=settings
        ).leavable
        assert later.button == "Cancel Pro on 20 December 2026"
        assert page.button == "Cancel Pro now, with €29.00 paid back"
        rows = {row.label: row.value for row in page.rows}
        assert rows["Ends on"] == "23 November 2026, at once"
        assert rows["Paid back"] == f"€29.00, {because}"
        assert rows["When"] == "At once, the way you paid"
        assert rows["Undo"] == "Not possible, as it ends at once"
        case, receipt = cancel(session, customer, subscription, policies)
        facts = receipt_facts(session, receipt)
        assert facts.heading == "Pro has ended"
        assert facts.undo_until is None
        [sentence] = facts.sentences
        assert sentence == (
            "Pro ended on 23 November 2026, as you asked. €29.00 is paid back at once, the way you "
            f"paid, {because}. Nothing more is charged."
        )
        declared = {row.label: row.value for row in facts.rows}
        assert declared["Notice"] == "Withdrawal from the contract, to the earliest date"
        assert declared["Paid back"] == f"€29.00, {because}"
        assert progress(session, case).undo_until is None
    stepping.run_due()
    with database.read() as session:
        lines = progress(session, session.get_one(Case, case.id)).lines
        assert [line.when for line in lines if line.title == "Money paid back"] == [
            "23 November 2026"
        ]
        assert "Pro ended" in [line.title for line in lines]
        facts = receipt_facts(session, session.get_one(Receipt, receipt.id))
        [sentence] = facts.sentences
        assert f"€29.00 was paid back on 23 November 2026, {because}. Nothing" in sentence
        assert {row.label: row.value for row in facts.rows}["When"] == "On 23 November 2026"


@pytest.mark.parametrize("runs_out", [False, True])
def test_an_agent_reads_both_ways_first_the_one_that_was_chosen(
    database: Database, policies: Policies, now: time_machine.Traveller, *, runs_out: bool
) -> None:
    suggestions = read_policy(REPOSITORY / "policy" / "suggestions.yml", SuggestionPolicy)
    with database.write() as session:
        subscription = newcomer(session)
        customer = customer_of(session, subscription)
        case = cases.open_case(session, customer, subscription, TALK)
        cases.choose_way(session, case, runs_out=runs_out)
        session.add(
            VerifiedIdentity(
                conversation_id=TALK,
                customer_id=customer.id,
                method=IdentityMethod.CODE,
                verified_at=NOW,
                lapses_at=NOW + timedelta(hours=1),
            )
        )
        session.flush()
        hand_off, billing = request(session, TALK), LedgerBilling(session)
        dates = help_with(session, hand_off, policies, suggestions, billing).dates
    because = "because they are within the 14 days in which they may withdraw from the contract"
    both = [
        f"Cancelled now, Pro ends at once: €29.00 is paid back, {because}",
        "Or, if they would rather, it ends on 20 December 2026: nothing is paid back",
    ]
    if runs_out:
        both = [
            "Cancelled now, Pro ends on 20 December 2026",
            "So they have said. Or, if they would rather, it ends at once: €29.00 is paid back, "
            + because,
        ]
    assert dates[1:3] == both


def test_the_log_says_which_rule_of_which_policy(
    database: Database, policies: Policies, now: time_machine.Traveller
) -> None:
    case = leave(database, policies)
    with database.read() as session:
        logged = {entry.event: entry for entry in audit.entries(session, case.id)}
    for event in ("refund_shown", "refund_agreed"):
        assert logged[event].policy_version == policies.refunds.version.isoformat()
        assert logged[event].details == {
            "rule": "withdrawal",
            "amount_minor": 2900,
            "currency": "EUR",
            "by_a_person": False,
        }


def test_terms_survive_being_kept_and_those_of_before_are_read(
    database: Database, policies: Policies, now: time_machine.Traveller
) -> None:
    with database.write() as session:
        subscription = newcomer(session)
        terms = terms_of(subscription, LedgerBilling(session), policies)
        assert terms_from_json(terms.as_json()) == replace(terms, other_way=None)
        before = terms.as_json()
        del before["refund"], before["at_once_on"]
        old = terms_from_json(before)
        assert (old.refund, old.at_once_on, old.refund_minor) == (None, None, 0)


def test_carried_out_by_several_at_once_it_is_paid_once(
    database: Database, policies: Policies, stepping: Stepping, now: time_machine.Traveller
) -> None:
    """As when a worker that was taken for dead goes on."""
    case = leave(database, policies)
    came = at_once(4, lambda _: stepping.works[StepKind.REFUND](case.id))
    assert Outcome.DONE in came
    # Whoever waited for another may find nothing left, is tried again, and finds it done.
    assert all(each is Outcome.DONE or isinstance(each, OffboardingError) for each in came)
    assert paid_back(database) == [2900]
    stepping.run_due()
    assert state_of(database, case, StepKind.REFUND) is StepState.DONE


# --- too large to be paid by itself


def test_a_large_refund_waits_for_a_person_and_is_paid_when_they_release_it(
    database: Database, policies: Policies, stepping: Stepping, now: time_machine.Traveller
) -> None:
    case = leave(database, policies, price="600.00")
    with database.read() as session:
        values = terms_values(terms_from_json(case.shown or {}), case.customer)
        assert values["refund_when"] == (
            "by 7 December 2026, the way you paid, after one of us has looked at it"
        )
        assert session.scalars(sa.select(Task).where(Task.kind == workflow.REFUND_HELD)).one()
    held_refund_handlers(database, stepping, lambda: policies.routing, LedgerBilling)[
        workflow.REFUND_HELD
    ](case.id)
    with database.read() as session:
        hand_off = hand_off_of(session, case.conversation_id)
        assert hand_off is not None
        assert hand_off.cause is HandOffCause.WITHDRAWAL
        assert f"`offboard case retry {case.number}` pays it" in (hand_off.note or "")
    stepping.run_due()
    assert state_of(database, case, StepKind.REFUND) is StepState.STUCK
    assert paid_back(database) == []
    assert state_of(database, case, StepKind.END) is StepState.DONE  # it ended all the same
    with database.write() as session:
        step = steps.step_of(session, case.id, StepKind.REFUND)
        assert step is not None
        steps.free(session, step.id)
    stepping.run_due()
    assert paid_back(database) == [60000]
    assert state_of(database, case, StepKind.REFUND) is StepState.DONE


def test_nobody_is_asked_for_what_was_released_before(
    database: Database, policies: Policies, stepping: Stepping, now: time_machine.Traveller
) -> None:
    case = leave(database, policies, price="600.00")
    with database.write() as session:
        step = steps.step_of(session, case.id, StepKind.REFUND)
        assert step is not None
        steps.settle_by_hand(session, step.id)
    held_refund_handlers(database, stepping, lambda: policies.routing, LedgerBilling)[
        workflow.REFUND_HELD
    ](case.id)
    stepping.run_due()
    with database.read() as session:
        assert hand_off_of(session, case.conversation_id) is None
    assert paid_back(database) == []


# --- or what is paid runs out


def test_who_lets_it_run_out_is_paid_nothing_and_the_log_says_what_was_let_go(
    database: Database, policies: Policies, stepping: Stepping, now: time_machine.Traveller
) -> None:
    with database.write() as session:
        case = shown(session, policies)
        cases.choose_way(session, case, runs_out=True)
        cases.choose_way(session, case, runs_out=True)
        terms = cases.show_terms(session, case, LedgerBilling(session), policies)
        assert (terms.refund, terms.at_once_on) == (None, None)
        assert terms.ends_at == case.subscription.period_end
        say_yes(session, case, policies)
    stepping.run_due()
    assert paid_back(database) == []
    with database.read() as session:
        plan = session.get_one(Case, case.id).subscription
        assert (plan.state, plan.cancel_at) == (SubscriptionState.ACTIVE, plan.period_end)
        logged = [(entry.event, entry.details) for entry in audit.entries(session, case.id)]
        assert steps.step_of(session, case.id, StepKind.REFUND) is None
    assert [details for event, details in logged if event == "way_chosen"] == [{"runs_out": True}]
    assert [details["amount_minor"] for event, details in logged if event == "refund_let_go"] == [
        2900
    ]
    assert "refund_agreed" not in [event for event, _ in logged]


def test_the_receipt_of_who_lets_it_run_says_until_when_the_money_can_still_be_had(
    database: Database, policies: Policies, now: time_machine.Traveller
) -> None:
    with database.write() as session:
        case = shown(session, policies)
        cases.choose_way(session, case, runs_out=True)
        cases.show_terms(session, case, LedgerBilling(session), policies)
        receipt = say_yes(session, case, policies)
        assert money_back(session, receipt) == (
            "You chose to let Pro run. Until 4 December 2026 you can still have €29.00 back, and "
            "it ends at once: a person can do that, or undo this and choose anew"
        )
    now.move_to(datetime(2026, 12, 5, tzinfo=BERLIN))
    with database.write() as session:
        receipt = session.merge(receipt)
        assert money_back(session, receipt) == "Could be had until 4 December 2026"
        case = session.merge(case)
        workflow.undo(session, case, case.customer, billing=LedgerBilling(session))
        assert money_back(session, receipt) is None


def money_back(session: Session, receipt: Receipt) -> str | None:
    rows = {row.label: row.value for row in receipt_facts(session, receipt).rows}
    return rows.get("Money back")


def test_a_yes_to_one_way_is_none_to_the_other(
    database: Database, policies: Policies, now: time_machine.Traveller
) -> None:
    with database.write() as session:
        case = shown(session, policies)
        cases.choose_way(session, case, runs_out=True)
        with pytest.raises(TermsChangedError):
            say_yes(session, case, policies)
        assert case.subscription.renews


def test_after_the_yes_nothing_can_be_chosen(
    database: Database, policies: Policies, now: time_machine.Traveller
) -> None:
    with database.write() as session:
        case = shown(session, policies)
        say_yes(session, case, policies)
        with pytest.raises(TransitionError, match="nothing can be chosen any more"):
            cases.choose_way(session, case, runs_out=True)


def choose_to_let_it_run(session: Session, case: Case, _: Policies) -> None:
    cases.choose_way(session, case, runs_out=True)


def show_anew(session: Session, case: Case, policies: Policies) -> None:
    cases.show_terms(session, case, LedgerBilling(session), policies)


@pytest.mark.parametrize("then", [choose_to_let_it_run, show_anew])
def test_what_was_read_before_a_yes_elsewhere_overwrites_nothing(
    database: Database,
    policies: Policies,
    now: time_machine.Traveller,
    then: Callable[[Session, Case, Policies], None],
) -> None:
    """As when the page says yes while the chat is about to show the other way."""
    with database.write() as session:
        stale = shown(session, policies)
        case_id = stale.id
    with database.write() as session:
        say_yes(session, session.get_one(Case, case_id), policies)
    with database.write() as session:
        session.add(stale)
        assert stale.state is CaseState.SHOWN
        with pytest.raises(TransitionError):
            then(session, stale, policies)
    with database.read() as session:
        kept = session.get_one(Case, case_id)
        assert kept.shown is not None
        assert terms_from_json(kept.shown).refund_minor == 2900


def test_a_yes_to_what_runs_out_holds_when_the_right_to_money_back_is_over(
    database: Database, policies: Policies, now: time_machine.Traveller
) -> None:
    with database.write() as session:
        case = shown(session, policies)
        cases.choose_way(session, case, runs_out=True)
        cases.show_terms(session, case, LedgerBilling(session), policies)
    now.shift(timedelta(days=13))
    with database.write() as session:
        kept = session.get_one(Case, case.id)
        receipt = say_yes(session, kept, policies)
        assert terms_from_json(receipt.document).refund is None


@pytest.mark.parametrize(
    "how", [{"paid": False}, {"days_ago": 20}], ids=["nothing-paid", "days-over"]
)
def test_where_nothing_is_paid_back_there_is_one_way_and_it_is_the_same(
    database: Database, policies: Policies, now: time_machine.Traveller, how: dict[str, Any]
) -> None:
    with database.write() as session:
        subscription = newcomer(session, **how)
        billing = LedgerBilling(session)
        first = terms_of(subscription, billing, policies)
        assert first.other_way is None
        assert terms_of(subscription, billing, policies, runs_out=True) == first
        assert len(cases.ways_out(session, subscription, billing, policies)) == 1


def test_of_two_ways_each_names_the_other(
    database: Database, policies: Policies, now: time_machine.Traveller
) -> None:
    with database.write() as session:
        subscription = newcomer(session)
        ways = cases.ways_out(session, subscription, LedgerBilling(session), policies)
        at_once, later = ways[False], ways[True]
        assert at_once.other_way == OtherWay(later.ends_at, None)
        assert later.other_way == OtherWay(at_once.ends_at, at_once.refund)
        assert at_once.refund_minor == 2900
        assert later.refund_minor == 0
