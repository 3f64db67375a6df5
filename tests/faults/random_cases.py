"""Randomized cases with random kills: whatever happens, every promise is kept once.

`python -m tests.faults.random_cases --cases 500` is the long run (docs/off-boarding.md). A machine
of hypothesis plays customers who confirm and undo, plans that end without a case, time that passes
over period ends, month ends, changes of the clock and leap days, a worker that dies between any two
of its acts, a billing provider and a system that fail before and after the effect, and staff who
mend what is stuck.
"""

import argparse
import logging
import sys
import tempfile
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

import hypothesis.strategies as st
import sqlalchemy as sa
import structlog
import time_machine
from hypothesis import HealthCheck, Phase
from hypothesis import settings as how
from hypothesis.errors import Flaky
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from pydantic import SecretStr
from sqlalchemy.orm import Session

from offboard import tables
from offboarding import clock
from offboarding.access import service as access
from offboarding.access.model import AccessEventKind, NotificationState
from offboarding.accounts.model import Customer, Subscription, SubscriptionState
from offboarding.background.model import Task, TaskState
from offboarding.background.service import failed_tasks, retry
from offboarding.billing.model import EntryKind, LedgerEntry
from offboarding.billing.stripe.connection import StripeConnection
from offboarding.billing.stripe.failures import BillingUnknownError
from offboarding.cases import service as cases
from offboarding.cases import workflow
from offboarding.cases.model import Case
from offboarding.cases.states import OVER as CASE_OVER
from offboarding.cases.states import PROMISED, CaseState
from offboarding.cases.terms import terms_from_json
from offboarding.database import Database, new_identifier
from offboarding.erasure.model import Erasure
from offboarding.errors import NotFoundError, TransitionError
from offboarding.handoffs.model import HandOff
from offboarding.policies.store import Policies
from offboarding.receipts.model import Receipt, ReceiptKind
from offboarding.settings import REPOSITORY, Settings
from offboarding.steps import service as steps
from offboarding.steps.model import OVER, Step, StepState
from offboarding.steps.plan import AFTER, StepKind
from offboarding.steps.reconciler import reconcile
from offboarding.steps.works import REMINDER, STATEMENT
from sandbox.stripe.server import StripeStandIn
from sandbox.stripe.subscriptions import cancel as cancel_at_stripe
from tests.factories import make_account, make_customer, make_plan, make_subscription
from tests.faults.company import Company
from tests.faults.mortal import Killed
from tests.keys import KEYS
from tests.offboarding.stripe.house import StripeHouse, stripe_served
from tools.debian import postgresql_programs
from tools.postgres import throwaway_cluster

STARTS = (
    datetime(2026, 10, 23, 22, 30, tzinfo=UTC),  # clocks go back on the 25th
    datetime(2027, 1, 31, 12, 0, tzinfo=UTC),  # no such day in February
    datetime(2027, 3, 26, 23, 30, tzinfo=UTC),  # clocks go forward on the 28th
    datetime(2028, 1, 29, 23, 59, tzinfo=UTC),  # a February with 29 days
    datetime(2028, 2, 28, 23, 15, tzinfo=UTC),
)
ZONES = ("Europe/London", "Europe/Berlin", "Atlantic/Azores", "Europe/Helsinki")
PASSES = ("a moment", "an hour", "a day", "a month", "to what is next", "to the end of a period")
WITHDRAWING, NOT_WITHDRAWING = "GB", "US"
"""Where consumers are paid back within 14 days and leave at once (policy/refunds.yml), and not."""
PAID_MINOR = 2_900
FAULT = st.sampled_from(("limit", "fail", "fail_after", "hang_after"))
WHOSE = (0, 1, 2)
WHO = st.sampled_from(WHOSE)
CHANCE = st.integers(0, 2**32 - 1).map(Random)
"""A chance of its own: what it decides is not drawn from hypothesis, for how often it decides
depends on how long Stripe takes, and hypothesis wants the same example to draw the same."""
DEATH = st.one_of(st.integers(1, 12), st.integers(1, 60), st.none())
"""Most work is of a few dozen moments; whoever says yes has two."""
AWAY = st.sampled_from((False, False, False, True))
MOST_RETRIES = 3
"""What a person has tried so often is left to them: an undo that reaches Stripe after the end."""
TO_CUSTOMERS = frozenset({"mail.receipt", REMINDER, STATEMENT})
MOST_LOOKS = 2_000
STRIPE_PATIENCE_SECONDS = 0.5


@dataclass
class Tally:
    """What was played, over all examples."""

    counts: Counter[str] = field(default_factory=Counter)
    broken: list[str] = field(default_factory=list)
    """What did not hold, as it was first seen: played again it may not come about."""

    def lines(self) -> Iterator[str]:
        for what, count in sorted(self.counts.items()):
            yield f"  {count:>7,}  {what}\n"


@dataclass(frozen=True)
class Setting:
    """Where the cases are played."""

    database: Database
    policies: Policies
    settings: Settings
    stripe: bool
    """Whether Stripe's stand-in bills, over HTTP; else our ledger does."""
    tally: Tally = field(default_factory=Tally)
    stand_in: StripeStandIn = field(default_factory=StripeStandIn)
    """One for all examples: it numbers its objects, and they share a database."""


class RandomCases(RuleBasedStateMachine):
    """Three subscriptions, just begun: two of one account, one of an account that may withdraw."""

    def __init__(self, setting: Setting) -> None:
        super().__init__()
        self.setting, self.database, self.tally = setting, setting.database, setting.tally
        self.opened = ExitStack()
        self.house: StripeHouse | None = None
        self.subscriptions: list[str] = []
        self.customers: list[str] = []
        self.promised: dict[str, datetime] = {}
        """The end that each case's receipt says, as its customer has it in their hands."""
        self.undone: set[str] = set()
        self.ended_outside: set[str] = set()
        """The subscriptions that staff ended, of which no case is to be the end."""
        self.end_at_last = False
        """Whether staff end what goes on once all cases are over."""

    def teardown(self) -> None:
        try:
            if self.subscriptions and sys.exc_info()[0] is None:
                self.dust_settles()
                self.every_promise_was_kept_once()
        finally:
            if sys.exc_info()[0] is not None:
                self.tally.broken.append(traceback.format_exc())
            self._forget_the_rest()
            self.opened.close()

    # --- what happens

    @initialize(
        start=st.sampled_from(STARTS),
        zones=st.lists(st.sampled_from(ZONES), min_size=2, max_size=2),
        chance=CHANCE,
        at_last=st.booleans(),
    )
    def the_company_opens(
        self, start: datetime, zones: list[str], chance: Random, *, at_last: bool
    ) -> None:
        self.end_at_last = at_last
        self.traveller = self.opened.enter_context(time_machine.travel(start, tick=False))
        connection = self._open_stripe() if self.setting.stripe else None
        url = self.database.engine.url.render_as_string(hide_password=False)
        self.company = Company(url, self.setting.settings, chance, connection)
        self.opened.callback(self.company.close)
        for number, zone in enumerate((zones[0], zones[0], zones[1])):
            country = WITHDRAWING if number == 2 else NOT_WITHDRAWING
            self._subscribe(zone, country, same_account=number == 1)

    @rule(which=WHO, death=DEATH)
    def confirm(self, which: int, death: int | None) -> None:
        """A customer says yes, and says it again where the application died of it.

        Not to the end of what is over already, and of which Stripe has not told yet.
        """
        if self.subscriptions[which] in self.ended_outside and not self._is_over(which):
            return
        try:
            case_id = self._asked(lambda session: self._say_yes(session, which), death)
        except (NotFoundError, BillingUnknownError) as error:
            kept = self._kept_before_it_died(which)
            if kept is None:
                unknown = isinstance(error, BillingUnknownError)
                assert unknown or self._is_over(which)
                self.tally.counts[f"not confirmed: {type(error).__name__}"] += 1
                return
            case_id = kept
        with self.database.read() as session:
            case = session.get_one(Case, case_id)
            assert case.ends_at is not None
            assert self.promised.setdefault(case_id, case.ends_at) == case.ends_at
        self.tally.counts["confirmed"] += 1

    @rule(which=WHO, death=DEATH)
    def undo(self, which: int, death: int | None) -> None:
        case_id = self._last_case(which)
        if case_id is None:
            return
        with self.database.read() as session:
            case = session.get_one(Case, case_id)
            can = case.state is CaseState.SCHEDULED and self.promised[case_id] > clock.now()
            can = can or case.state is CaseState.UNDONE
        try:
            self._asked(lambda session: self._take_back(session, case_id), death)
        except TransitionError:
            assert not can, "an undo before the end is always possible"
            return
        assert can, "what is over can't be undone"
        self.undone.add(case_id)
        self.tally.counts["undone"] += 1

    @rule(which=WHO, death=DEATH)
    def a_plan_ends_without_a_case(self, which: int, death: int | None) -> None:
        """Staff end it at Stripe, or in our tables, where nobody has cancelled it."""
        if self._end_outside(which):
            self._work(death)

    def _end_outside(self, which: int) -> bool:
        """Whether there was something to end."""
        subscription_id = self.subscriptions[which]
        if self._last_case(which) is not None or subscription_id in self.ended_outside:
            return False
        self.ended_outside.add(subscription_id)
        self.tally.counts["ended without a case"] += 1
        if self.house is None:
            with self.database.write() as session:
                over = session.get_one(Subscription, subscription_id)
                over.state, over.cancel_at = SubscriptionState.ENDED, clock.now()
        else:
            self._end_at_stripe(self.house, subscription_id)
        return True

    @rule(passes=st.sampled_from(PASSES), away=AWAY, death=DEATH)
    def time_passes(self, passes: str, away: bool, death: int | None) -> None:
        """With the worker at work, or while it is away."""
        self.traveller.move_to(self._after(passes))
        self.tally.counts[f"time passed: {passes}"] += 1
        if not away:
            self._work(death)

    @rule(where=st.sampled_from(("Stripe", "system")), fault=FAULT, calls=st.integers(1, 4))
    def something_outside_fails(self, where: str, fault: str, calls: int) -> None:
        if where == "system":
            self.company.system.faults += [fault] * calls
        elif self.house is not None:
            self._stripe_fails(fault, calls)
        else:
            return
        self.tally.counts[f"{where} failed: {fault}"] += calls

    @rule(passes=st.sampled_from(PASSES), death=DEATH)
    def time_passes_with_everybody_at_work(self, passes: str, death: int | None) -> None:
        self.time_passes(passes=passes, away=False, death=death)

    @precondition(lambda self: self.setting.stripe)
    @rule(shuffled=CHANCE, twice=st.booleans())
    def stripe_tells(self, shuffled: Random, twice: bool) -> None:
        """Its events come late, in any order, and more than once."""
        assert self.house is not None
        events = self.house.stand_in.store.events[self.events_before :][-8:]
        shuffled.shuffle(events)
        for event in events * (2 if twice else 1):
            assert self.company.stripe is not None
            self.company.stripe.receive(*self.house.stand_in.signed(event))
        self._work(None)

    @rule(by_hand=st.booleans(), reconciled=st.booleans(), death=DEATH)
    def somebody_looks(self, by_hand: bool, reconciled: bool, death: int | None) -> None:
        """Staff have what is stuck tried again, or did it; the application looks after itself."""
        self._mend(by_hand=by_hand)
        if reconciled:
            self._reconcile(death)
        self._work(None)

    # --- what must hold at any moment

    @invariant()
    def no_step_is_lost(self) -> None:
        """Each step that may begin has a task that will carry it out, or is with a person."""
        with self.database.read() as session:
            for case_id in self.promised:
                for step in steps.ready(steps.steps_of(session, case_id)):
                    key = f"{steps.TASK}:{step.id}:{step.looks}"
                    task = session.scalar(sa.select(Task).where(Task.key == key))
                    assert task is not None, f"{step.kind} has no task"
                    news = sa.select(Task.id).where(
                        Task.subject_id == task.id, Task.state == TaskState.PENDING
                    )
                    waits = task.state is TaskState.PENDING or session.scalar(news.limit(1))
                    assert waits, f"{step.kind} waits, and its task is {task.state}"

    @invariant()
    def nothing_ended_early(self) -> None:
        with self.database.read() as session:
            for case_id, ends_at in self.promised.items():
                case = session.get_one(Case, case_id)
                if clock.now() < ends_at and case_id not in self.undone:
                    assert case.state in {CaseState.CONFIRMED, CaseState.SCHEDULED}
                    assert case.subscription.state is not SubscriptionState.ENDED
                over = session.scalars(sa.select(Step).where(Step.case_id == case_id))
                for step in over:
                    if step.state in {StepState.DONE, StepState.NOT_NEEDED}:
                        assert step.over_at is not None
                        assert step.kind is StepKind.CANCEL or step.over_at >= step.due_at
        for heard in self.company.system.heard:
            if heard.kind == AccessEventKind.REVOKED.value:
                assert heard.at >= self._end_of(heard.subscription_id)

    @invariant()
    def a_subscription_has_one_active_case_at_most(self) -> None:
        with self.database.read() as session:
            for subscription_id in self.subscriptions:
                active = sa.select(sa.func.count(Case.id)).where(
                    Case.subscription_id == subscription_id, Case.state.not_in(list(CASE_OVER))
                )
                assert (session.scalar(active) or 0) <= 1

    # --- the end

    def dust_settles(self) -> None:
        """Nothing goes wrong any more, time passes, and staff mend what is stuck."""
        self.company.start_anew()
        self.company.system.faults.clear()
        if self.house is not None:
            self.house.stand_in.faults.clear()
        for _ in range(MOST_LOOKS):
            self.company.run_due()
            self.no_step_is_lost()
            mended = self._mend(by_hand=False)
            due = self.company.next_due()
            if self._all_over() and not mended and self._nothing_is_owed():
                ended = [self._end_outside(which) for which in WHOSE if self.end_at_last]
                if not any(ended):
                    return
            if mended:  # whoever mended it looks again after a while
                self.traveller.shift(timedelta(hours=6))
            elif due is not None:
                self.traveller.move_to(max(due, clock.now()))
        raise AssertionError(f"the dust never settles: {self._waiting()}")

    def every_promise_was_kept_once(self) -> None:
        self._only_a_late_undo_is_left_to_a_person()
        with self.database.read() as session:
            for case_id in self.promised:
                case = session.get_one(Case, case_id)
                done = {step.kind: step for step in steps.steps_of(session, case_id)}
                if case_id in self.undone:
                    assert case.state is CaseState.UNDONE
                    ended = {StepKind.END, StepKind.REVOKE_ACCESS, StepKind.ERASE}
                    assert {done[kind].state for kind in ended} == {StepState.CALLED_OFF}
                else:
                    self._kept_in_order(case, done)
                    self._erased_once_nothing_goes_on(session, case)
                self._money_once(session, case)
                self._receipts_once(session, case)
            self._effects_once(session)

    def _only_a_late_undo_is_left_to_a_person(self) -> None:
        with self.database.read() as session:
            asked = set(session.scalars(sa.select(HandOff.conversation_id)))
            for task in failed_tasks(session):
                if task.kind == steps.TASK:
                    continue
                entry = session.get(LedgerEntry, task.subject_id)
                assert entry is not None, f"{task.kind} was given up"
                assert entry.kind is EntryKind.CANCELLATION_UNDONE
                case = session.get_one(Case, entry.key.partition(":")[0])
                assert case.id in self.undone
                if case.conversation_id not in asked:  # of who is erased nothing is noted any more
                    assert self._is_erased(session, case)
                self.tally.counts["undone too late for Stripe: with a person"] += 1

    def _is_erased(self, session: Session, case: Case) -> bool:
        of_account = (
            sa.select(Erasure.id)
            .join(Case, Case.id == Erasure.case_id)
            .join(Subscription, Subscription.id == Case.subscription_id)
            .where(Subscription.account_id == case.subscription.account_id)
        )
        return session.scalar(of_account.limit(1)) is not None

    def _kept_in_order(self, case: Case, done: dict[StepKind, Step]) -> None:
        assert case.state is CaseState.ENDED
        assert case.completed_at is not None
        assert case.subscription.state is SubscriptionState.ENDED
        assert {step.state for step in done.values()} <= {StepState.DONE, StepState.NOT_NEEDED}
        for kind in (StepKind.CANCEL, StepKind.END, StepKind.REVOKE_ACCESS, StepKind.CLOSE):
            assert done[kind].state is StepState.DONE
        for kind, before in AFTER.items():
            for each in before & done.keys() if kind in done else ():
                first, then = done[each].over_at, done[kind].over_at
                assert first is not None
                assert then is not None
                assert first <= then, f"{kind} was done before {each}"
        self.tally.counts["cases at their end"] += 1

    def _erased_once_nothing_goes_on(self, session: Session, case: Case) -> None:
        account_id = case.subscription.account_id
        goes_on = session.scalars(
            sa.select(Subscription.id).where(
                Subscription.account_id == account_id,
                Subscription.state != SubscriptionState.ENDED,
            )
        ).all()
        erased = session.scalars(
            sa.select(Erasure.id)
            .join(Case, Case.id == Erasure.case_id)
            .join(Subscription, Subscription.id == Case.subscription_id)
            .where(Subscription.account_id == account_id)
        ).all()
        assert len(erased) == (0 if goes_on else 1)

    def _money_once(self, session: Session, case: Case) -> None:
        def entries(kind: EntryKind) -> list[LedgerEntry]:
            mine = sa.select(LedgerEntry).where(
                LedgerEntry.subscription_id == case.subscription_id, LedgerEntry.kind == kind
            )
            return [each for each in session.scalars(mine) if each.key.startswith(case.id)]

        assert case.shown is not None
        agreed = terms_from_json(case.shown).refund
        parts = sorted(-part.amount_minor for part in agreed.parts) if agreed is not None else []
        assert sorted(each.amount_minor for each in entries(EntryKind.REFUND)) == parts
        self.tally.counts["refunds, each paid once"] += len(parts)
        assert len(entries(EntryKind.CANCELLATION)) == 1
        assert len(entries(EntryKind.END)) == (case.id not in self.undone)

    def _receipts_once(self, session: Session, case: Case) -> None:
        found = session.scalars(sa.select(Receipt).where(Receipt.case_id == case.id)).all()
        expected = [ReceiptKind.CANCELLATION]
        expected += [ReceiptKind.UNDO] if case.id in self.undone else []
        assert sorted(each.kind for each in found) == sorted(expected)
        for receipt in found:
            if receipt.kind is ReceiptKind.CANCELLATION:
                assert receipt.document["ends_at"] == self.promised[case.id].isoformat()

    def _effects_once(self, session: Session) -> None:
        """A letter or webhook came again only where the process died before it could note it."""
        for letter, times in self.company.mail.taken.items():
            if letter[0] not in TO_CUSTOMERS:
                continue  # colleagues are told more as more is known
            assert times <= 1 + self.company.retold[letter], f"{letter} was sent {times} times"
        told: dict[tuple[str, str], set[str]] = {}
        for heard in self.company.system.heard:
            told.setdefault((heard.kind, heard.subscription_id), set()).add(heard.webhook_id)
        assert all(len(ids) == 1 for ids in told.values()), "a system was told twice"
        ended = [case for case in self.promised if case not in self.undone]
        for case_id in ended:
            case = session.get_one(Case, case_id)
            assert (AccessEventKind.REVOKED.value, case.subscription_id) in told
        erased = session.scalars(sa.select(Erasure.case_id).where(Erasure.case_id.in_(ended))).all()
        assert len(erased) == len(set(erased))
        left = sa.select(Erasure.id).where(Erasure.keys_left.is_not(None))
        assert session.scalars(left).all() == [], "keys of who was erased are still there"
        self._refunds_at_stripe()

    def _refunds_at_stripe(self) -> None:
        if self.house is None:
            return
        keys = [each["metadata"] for each in self.house.stand_in.store.all("refund")]
        mine = [key["offboarding_key"] for key in keys if "offboarding_key" in key]
        assert len(mine) == len(set(mine)), "Stripe paid back twice"

    # --- how it is done

    def _open_stripe(self) -> StripeConnection:
        stand_in = self.setting.stand_in
        self.events_before = len(stand_in.store.events)
        address = self.opened.enter_context(stripe_served(stand_in))
        self.house = StripeHouse(stand_in, address, self.database)
        return replace(self.house.connection, timeout_seconds=STRIPE_PATIENCE_SECONDS)

    def _stripe_fails(self, fault: str, calls: int) -> None:
        assert self.house is not None
        faults = self.house.stand_in.faults
        match fault:
            case "limit":
                faults.limit(calls)
            case "hang_after":
                faults.hang(1)  # each takes half a second of everybody's time
            case _:
                faults.fail(calls, after=fault == "fail_after")

    def _subscribe(self, zone: str, country: str, *, same_account: bool) -> None:
        name = f"Pro {new_identifier()}"
        with self.database.write() as session:
            if same_account:
                customer_id = self.customers[-1]
            else:
                account = make_account(session, country=country, time_zone=zone)
                email = f"{new_identifier()}@example.org"
                customer_id = make_customer(session, email, account=account, time_zone=zone).id
            if self.house is None:
                self.subscriptions.append(_paid_here(session, customer_id, name))
        if self.house is not None:
            plan = self.house.plan(name)
            self.subscriptions.append(self.house.subscribe(plan, person_id=customer_id))
        self.customers.append(customer_id)

    def _asked(self, ask: Callable[[Session], str], death: int | None) -> str:
        """What a customer asks of the application; asked again where it died."""
        self.company.fate.die_at(death)
        try:
            with self.company.database.write() as session:
                done = ask(session)
        except Killed:
            self.tally.counts["kills"] += 1
            self.company.start_anew()
            with self.company.database.write() as session:
                done = ask(session)
        finally:
            self.company.fate.die_at(None)
        return done

    def _say_yes(self, session: Session, which: int) -> str:
        subscription = session.get_one(Subscription, self.subscriptions[which])
        customer = session.get_one(Customer, self.customers[which])
        billing = self.company.billing.within(session)
        case = cases.open_case(session, customer, subscription, new_identifier())
        if case.state in {CaseState.OPEN, CaseState.SHOWN}:
            cases.show_terms(session, case, billing, self.setting.policies)
        workflow.confirm(
            session, case, customer, billing=billing, policies=self.setting.policies, source="test"
        )
        return case.id

    def _take_back(self, session: Session, case_id: str) -> str:
        case = session.get_one(Case, case_id)
        billing = self.company.billing.within(session)
        workflow.undo(session, case, case.customer, billing=billing)
        return case_id

    def _work(self, death: int | None) -> None:
        """The worker carries out what is due; where it dies it is started again."""
        self.company.fate.die_at(death)
        try:
            self.company.run_due()
            self.company.fate.die_at(None)
        except Killed:
            self.tally.counts["kills"] += 1
            self.company.start_anew()
            self.company.run_due()

    def _reconcile(self, death: int | None) -> None:
        """The application looks after itself, and is started again where it dies of that."""
        self.company.fate.die_at(death)
        try:
            reconcile(self.company.database, self.company, self.setting.policies.retention)
            self.company.fate.die_at(None)
        except Killed:
            self.tally.counts["kills"] += 1
            self.company.start_anew()

    def _end_at_stripe(self, house: StripeHouse, subscription_id: str) -> None:
        """As in its dashboard, whatever else fails there; its events arrive."""
        store = house.stand_in.store
        before = len(store.events)
        cancel_at_stripe(store, {}, house.mirrored(subscription_id).billing_id or "")
        for event in store.events[before:]:
            assert self.company.stripe is not None
            self.company.stripe.receive(*house.stand_in.signed(event))

    def _mend(self, *, by_hand: bool) -> bool:
        """What a person does who looks at what is stuck; whether there was anything."""
        with self.company.database.write() as session:
            stuck = [step for step in steps.stuck(session) if step.case_id in self.promised]
            if stuck:
                self._a_person_was_asked(session, stuck)
            for step in stuck:
                if by_hand and step.kind is StepKind.DETACH_PAYMENT_METHOD:
                    steps.settle_by_hand(session, step.id)
                else:
                    steps.free(session, step.id)
            tasks = [
                task
                for task in failed_tasks(session)
                if task.kind != steps.TASK and task.retries < MOST_RETRIES
            ]
            for task in tasks:
                retry(session, task.id)
            failed = [
                each
                for each in access.unacknowledged(session)
                if each.state is NotificationState.FAILED
            ]
            for each in failed:
                access.send_again(session, each.id)
        self.tally.counts["mended by staff"] += len(stuck) + len(tasks) + len(failed)
        return bool(stuck or tasks or failed)

    def _a_person_was_asked(self, session: Session, stuck: list[Step]) -> None:
        asked = set(session.scalars(sa.select(HandOff.conversation_id)))
        for step in stuck:
            case = session.get_one(Case, step.case_id)
            assert step.kind in {StepKind.REMIND, StepKind.CLOSE} or case.conversation_id in asked

    def _after(self, passes: str) -> datetime:
        now = clock.now()
        match passes:
            case "to what is next":
                return max(self.company.next_due() or now, now)
            case "to the end of a period":
                coming = [end for end in self.promised.values() if end > now]
                return min(coming, default=now + timedelta(days=30))
        return (
            now
            + {
                "a moment": timedelta(seconds=7),
                "an hour": timedelta(hours=1),
                "a day": timedelta(days=1),
                "a month": timedelta(days=31),
            }[passes]
        )

    def _last_case(self, which: int) -> str | None:
        with self.database.read() as session:
            mine = sa.select(Case.id).where(
                Case.subscription_id == self.subscriptions[which], Case.id.in_(self.promised)
            )
            found = session.scalars(mine.order_by(Case.opened_at.desc(), Case.id)).all()
        waiting = [each for each in found if each not in self.undone]
        return next(iter(waiting or found), None)

    def _end_of(self, subscription_id: str) -> datetime:
        """The end that was promised of a subscription that was not kept after all."""
        with self.database.read() as session:
            mine = session.scalars(
                sa.select(Case.id).where(Case.subscription_id == subscription_id)
            )
            [end] = {self.promised[each] for each in mine if each not in self.undone}
        return end

    def _kept_before_it_died(self, which: int) -> str | None:
        """The case of a yes that was kept, though its customer was not told so any more."""
        with self.database.read() as session:
            mine = sa.select(Case.id).where(
                Case.subscription_id == self.subscriptions[which],
                Case.state.in_(list(PROMISED)),
                Case.id.not_in(list(self.promised)),
            )
            return session.scalar(mine)

    def _is_over(self, which: int) -> bool:
        """As far as our tables know."""
        with self.database.read() as session:
            subscription = session.get_one(Subscription, self.subscriptions[which])
            return subscription.state is SubscriptionState.ENDED

    def _nothing_is_owed(self) -> bool:
        """Whether all is known that ended without a case, and no erasure had waited for it."""
        for which, subscription_id in enumerate(self.subscriptions):
            if subscription_id in self.ended_outside and not self._is_over(which):
                return False
        self._reconcile(None)
        if self._all_over():
            return True
        self.tally.counts["erasures taken up again"] += 1
        return False

    def _all_over(self) -> bool:
        with self.database.read() as session:
            for case_id in self.promised:
                if any(step.state not in OVER for step in steps.steps_of(session, case_id)):
                    return False
        return True

    def _waiting(self) -> list[str]:
        with self.database.read() as session:
            found = session.scalars(sa.select(Step).where(Step.state.not_in(list(OVER)))).all()
            return [f"{step.kind} {step.state} due {step.due_at}" for step in found]

    def _forget_the_rest(self) -> None:
        """What is still to come of this example is nothing to the next one."""
        with self.database.write() as session:
            session.execute(
                sa.update(Task)
                .where(Task.state.in_([TaskState.PENDING, TaskState.FAILED]))
                .values(state=TaskState.DONE)
            )
        self.tally.counts["cases"] += len(self.promised)


def _paid_here(session: Session, customer_id: str, name: str) -> str:
    """A subscription that our ledger bills, and its last payment."""
    plan = make_plan(session, name)
    customer = session.get_one(Customer, customer_id)
    subscription = make_subscription(session, customer, plan, days_left=31, started_at=clock.now())
    session.add(
        LedgerEntry(
            subscription_id=subscription.id,
            kind=EntryKind.CHARGE,
            amount_minor=PAID_MINOR,
            currency=plan.currency,
            key=f"charge:{subscription.id}",
            occurred_at=clock.now(),
            details={},
        )
    )
    session.flush()
    return subscription.id


def play(
    setting: Setting,
    *,
    examples: int,
    steps_each: int = 12,
    derandomize: bool = True,
    shrink: bool = False,
) -> None:
    """Raises AssertionError, and says how it came about.

    With `shrink` a failing example is made as short as can be, which may take minutes.
    """
    phases = (Phase.generate, Phase.shrink) if shrink else (Phase.generate,)
    try:
        run_state_machine_as_test(
            lambda: RandomCases(setting),
            settings=how(
                max_examples=examples,
                stateful_step_count=steps_each,
                deadline=None,
                database=None,
                derandomize=derandomize,
                phases=phases,
                suppress_health_check=list(HealthCheck),
            ),
        )
    except Flaky as error:
        raise AssertionError("\n".join(["It came about once:", *setting.tally.broken])) from error


def main(arguments: list[str] | None = None) -> int:
    """Play until there were so many cases, on each database with each billing."""
    options = _options(arguments)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    with databases() as urls, tempfile.TemporaryDirectory(prefix="random-cases-") as folder:
        settings = settings_in(Path(folder))
        policies = Policies(REPOSITORY / "policy")
        for name, url in urls.items():
            database = Database(url, KEYS)
            tables.metadata.create_all(database.engine)
            for stripe in (False, True):
                setting = Setting(database, policies, settings, stripe)
                while setting.tally.counts["cases"] < options.cases / (2 * len(urls)):
                    play(
                        setting,
                        examples=10,
                        steps_each=options.steps,
                        derandomize=False,
                        shrink=options.shrink,
                    )
                sys.stdout.write(f"{name}, {'Stripe' if stripe else 'our ledger'}:\n")
                sys.stdout.writelines(setting.tally.lines())
                sys.stdout.flush()
            database.close()
    sys.stdout.write("Nothing lost, nothing doubled, nothing early.\n")
    return 0


def settings_in(folder: Path) -> Settings:
    return Settings(
        _env_file=None,
        secret=SecretStr("the signing secret of the tests, long enough"),
        data_directory=folder,
        public_url="https://bye.example",
    )


@contextmanager
def databases() -> Iterator[dict[str, str]]:
    """A SQLite file, and a PostgreSQL of its own where its programs are installed."""
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="random-cases-"))
        urls = {"SQLite": f"sqlite:///{Path(folder) / 'offboard.db'}"}
        if postgresql_programs() is not None:
            urls["PostgreSQL"] = stack.enter_context(throwaway_cluster())
        yield urls


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.faults.random_cases")
    parser.add_argument("--cases", type=int, default=500, help="in all (default: 500)")
    parser.add_argument("--steps", type=int, default=20, help="of each example (default: 20)")
    parser.add_argument(
        "--shrink", action="store_true", help="make what fails as short as can be: minutes"
    )
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
