"""A confirmed cancellation is carried to its end: each step once, in order, at its time."""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
import time_machine

from offboarding import clock
from offboarding.access import service as access
from offboarding.access.model import AccessEvent, NotificationState
from offboarding.access.transitions import move
from offboarding.accounts.model import Customer, Subscription, SubscriptionState
from offboarding.audit import service as audit
from offboarding.background.model import Task, TaskState
from offboarding.background.service import schedule
from offboarding.billing.ledger import LedgerBilling
from offboarding.cases import service as cases
from offboarding.cases import workflow
from offboarding.cases.model import Case
from offboarding.cases.states import CaseState
from offboarding.cases.terms import terms_from_json
from offboarding.database import Database
from offboarding.erasure.model import Erasure
from offboarding.erasure.service import kept_until
from offboarding.errors import NotFoundError, OffboardingError
from offboarding.exports import service as exports
from offboarding.exports.model import Export, ExportState
from offboarding.policies.store import Policies
from offboarding.steps import service as steps
from offboarding.steps.model import Step, StepState
from offboarding.steps.plan import AFTER, ERASED_AFTER, StepKind, planned
from offboarding.steps.reconciler import reconcile
from offboarding.steps.runner import Later, Outcome
from tests.factories import NO_SYSTEMS, cancel, make_customer, make_subscription
from tests.offboarding.conftest import NOW
from tests.offboarding.stepping import Stepping

TALK = "1" * 32
LONDON = ZoneInfo("Europe/London")


@pytest.fixture
def stepping(database: Database) -> Stepping:
    return Stepping(database)


def leave(database: Database, policies: Policies, *, days_left: int = 21) -> Case:
    with database.write() as session:
        customer = make_customer(session)
        subscription = make_subscription(session, customer, days_left=days_left)
        case, _ = cancel(session, customer, subscription, policies)
        return case


def states(database: Database, case: Case) -> dict[StepKind, StepState]:
    with database.read() as session:
        return {step.kind: step.state for step in steps.steps_of(session, case.id)}


def look(database: Database, case: Case) -> Case:
    with database.read() as session:
        return session.get_one(Case, case.id)


def over(*kinds: StepKind, **others: StepState) -> dict[StepKind, StepState]:
    """Those are done, the others as said, and what is not named waits."""
    known = {StepKind(name): state for name, state in others.items()}
    every = (*planned_kinds(), *known)
    return {
        kind: StepState.DONE if kind in kinds else known.get(kind, StepState.WAITING)
        for kind in every
    }


def planned_kinds() -> list[StepKind]:
    follow = planned(
        confirmed_at=NOW,
        ends_at=NOW + timedelta(days=21),
        content_until=NOW + timedelta(days=51),
        refund_minor=0,
        zone=LONDON,
    )
    return [each.kind for each in follow]


# --- the plan


def test_what_follows_a_yes_is_promised_in_the_same_commit(
    database: Database, policies: Policies, now: time_machine.Traveller
) -> None:
    case = leave(database, policies)
    assert states(database, case) == over(StepKind.CANCEL)
    with database.read() as session:
        due = {step.kind: step.due_at for step in steps.steps_of(session, case.id)}
    assert case.ends_at is not None
    assert due[StepKind.REMIND] == case.ends_at - timedelta(days=1)
    assert due[StepKind.END] == due[StepKind.REVOKE_ACCESS] == case.ends_at
    last_day = case.ends_at + timedelta(days=policies.retention.content_days_after_end)
    assert due[StepKind.ERASE] == datetime.combine(
        last_day.date() + timedelta(days=1), time(), tzinfo=LONDON
    )


def test_nothing_is_promised_where_the_yes_was_not_kept(
    database: Database, policies: Policies
) -> None:
    def fail_to_commit() -> None:
        with database.write() as session:
            customer = make_customer(session)
            cancel(session, customer, make_subscription(session, customer), policies)
            raise RuntimeError("the commit fails")

    with pytest.raises(RuntimeError):
        fail_to_commit()
    with database.read() as session:
        assert session.scalars(sa.select(Step)).all() == []
        assert session.scalars(sa.select(Task)).all() == []


def test_who_leaves_on_the_last_day_needs_no_reminder() -> None:
    follow = planned(
        confirmed_at=NOW,
        ends_at=NOW + timedelta(hours=5),
        content_until=NOW,
        refund_minor=0,
        zone=LONDON,
    )
    assert StepKind.REMIND not in {each.kind for each in follow}


def test_money_is_paid_back_only_where_some_is() -> None:
    for refund_minor, expected in ((0, False), (1, True)):
        follow = planned(
            confirmed_at=NOW,
            ends_at=NOW,
            content_until=NOW,
            refund_minor=refund_minor,
            zone=LONDON,
        )
        assert (StepKind.REFUND in {each.kind for each in follow}) is expected


def test_no_step_waits_for_itself_or_for_one_that_waits_for_it() -> None:
    def before(kind: StepKind) -> set[StepKind]:
        return set(AFTER[kind]).union(*(before(each) for each in AFTER[kind]))

    for kind in StepKind:
        assert kind not in before(kind)
    assert StepKind.REVOKE_ACCESS in before(StepKind.ERASE)
    assert StepKind.EXPORT in before(StepKind.REVOKE_ACCESS)


# --- to the end


def test_a_case_is_carried_to_its_end_day_by_day(
    database: Database, policies: Policies, stepping: Stepping, now: time_machine.Traveller
) -> None:
    case = leave(database, policies)
    stepping.run_due()
    assert states(database, case) == over(StepKind.CANCEL)

    now.shift(timedelta(days=20))
    stepping.run_due()
    assert states(database, case) == over(StepKind.CANCEL, StepKind.REMIND)
    assert stepping.done.count("mail.access_ends") == 1
    assert stepping.done.count("notice.access_ends") == 1
    assert look(database, case).state is CaseState.SCHEDULED

    now.shift(timedelta(days=1))
    stepping.run_due()
    nothing = StepState.NOT_NEEDED
    ended = over(
        StepKind.CANCEL,
        StepKind.REMIND,
        StepKind.END,
        StepKind.DETACH_PAYMENT_METHOD,
        export=nothing,
        revoke_access=nothing,
    )
    assert states(database, case) == ended
    assert look(database, case).state is CaseState.ENDED

    now.shift(timedelta(days=policies.retention.content_days_after_end + 1))
    stepping.run_due()
    now.shift(timedelta(minutes=1))  # the statement is on its way first
    stepping.run_due()
    everything = dict.fromkeys((StepKind.ERASE, StepKind.CLOSE), StepState.DONE)
    assert states(database, case) == ended | everything
    assert look(database, case).completed_at == clock.now()
    assert stepping.done.count("mail.erasure") == 1


def test_a_late_start_does_each_step_once_and_in_order(
    database: Database, policies: Policies, stepping: Stepping, now: time_machine.Traveller
) -> None:
    """Whoever was away for months catches up; nobody is reminded of what is over."""
    case = leave(database, policies)
    now.shift(timedelta(days=200))
    stepping.run_due()
    now.shift(timedelta(minutes=1))
    stepping.run_due()
    assert states(database, case)[StepKind.REMIND] is StepState.NOT_NEEDED
    assert look(database, case).completed_at is not None
    assert "mail.access_ends" not in stepping.done
    with database.read() as session:
        log = [each for each in audit.entries(session, case.id) if each.event == "step_done"]
    # The time stands still, so it is the log that knows the order.
    assert [each.details["step"] for each in log] == [
        StepKind.END,
        StepKind.DETACH_PAYMENT_METHOD,
        StepKind.ERASE,
        StepKind.CLOSE,
    ]


def test_a_step_that_was_done_and_not_noted_is_done_again_without_harm(
    database: Database, policies: Policies, stepping: Stepping, now: time_machine.Traveller
) -> None:
    """As after a crash between the two commits."""
    case = leave(database, policies)
    now.shift(timedelta(days=21))
    with database.write() as session:
        held = session.get_one(Case, case.id)
        workflow.end(session, held, billing=LedgerBilling(session))
    stepping.run_due()
    assert states(database, case)[StepKind.END] is StepState.DONE
    with database.read() as session:
        subscription = session.get_one(Subscription, case.subscription_id)
        assert subscription.state is SubscriptionState.ENDED


def test_what_is_begun_outside_is_looked_at_until_it_is_done(
    database: Database, policies: Policies, stepping: Stepping, now: time_machine.Traveller
) -> None:
    case = leave(database, policies)
    later = Later(timedelta(minutes=5), timedelta(minutes=5))
    answers: list[Outcome | Later] = [later, later, Outcome.DONE]
    stepping.put(StepKind.REVOKE_ACCESS, lambda _case_id: answers.pop(0))
    now.shift(timedelta(days=21))
    stepping.run_due()
    assert len(answers) == 2
    stepping.run_due()
    assert len(answers) == 2
    for left in (1, 0):
        now.shift(timedelta(minutes=5))
        stepping.run_due()
        assert len(answers) == left
    assert states(database, case)[StepKind.REVOKE_ACCESS] is StepState.DONE


# --- coming back


def test_an_undo_calls_off_whatever_is_not_done(
    database: Database, policies: Policies, stepping: Stepping, now: time_machine.Traveller
) -> None:
    case = leave(database, policies)
    now.shift(timedelta(days=20))
    stepping.run_due()
    with database.write() as session:
        held = session.get_one(Case, case.id)
        workflow.undo(session, held, held.customer, billing=LedgerBilling(session))
    now.shift(timedelta(days=200))
    stepping.run_due()
    found = states(database, case)
    assert found.pop(StepKind.CANCEL) is found.pop(StepKind.REMIND) is StepState.DONE
    assert set(found.values()) == {StepState.CALLED_OFF}
    with database.read() as session:
        subscription = session.get_one(Subscription, case.subscription_id)
        assert subscription.state is SubscriptionState.ACTIVE
        assert session.scalars(sa.select(Erasure)).all() == []


def test_a_plan_begun_in_time_calls_the_erasure_off(
    database: Database, policies: Policies, stepping: Stepping, now: time_machine.Traveller
) -> None:
    case = leave(database, policies)
    with database.read() as session:
        account_id = session.get_one(Case, case.id).subscription.account_id
        assert kept_until(session, account_id) is None, "the plan goes on until its last day"
    now.shift(timedelta(days=22))
    stepping.run_due()
    with database.read() as session:
        step = steps.step_of(session, case.id, StepKind.ERASE)
        assert step is not None
        until = kept_until(session, account_id)
        assert until == step.due_at - ERASED_AFTER > clock.now()
        shown = session.get_one(Case, case.id).shown
        assert shown is not None
        assert until == terms_from_json(shown).content_until, "the day that the receipt says"
    with database.write() as session:
        make_subscription(session, session.get_one(Customer, case.customer_id), days_left=365)
        assert kept_until(session, account_id) is None
    now.shift(timedelta(days=60))
    stepping.run_due()
    assert states(database, case)[StepKind.ERASE] is StepState.NOT_NEEDED
    assert "mail.erasure" not in stepping.done
    with database.read() as session:
        assert session.get_one(Customer, case.customer_id).email == "amara@example.org"


def test_after_the_erasure_nothing_is_kept_to_come_back_to(
    database: Database, policies: Policies, stepping: Stepping, now: time_machine.Traveller
) -> None:
    case = leave(database, policies)
    now.shift(timedelta(days=80))
    stepping.run_due()
    now.shift(timedelta(minutes=5))  # the mail about it goes first
    stepping.run_due()
    with database.read() as session:
        ended = session.get_one(Case, case.id)
        assert session.scalars(sa.select(Erasure)).one().case_id == case.id
        assert kept_until(session, ended.subscription.account_id) is None


def test_ended_between_data_and_keys_the_next_try_destroys_them_whatever_began_meanwhile(
    database: Database,
    policies: Policies,
    stepping: Stepping,
    now: time_machine.Traveller,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    case = leave(database, policies)
    now.shift(timedelta(days=80))
    stepping.run_due()
    now.shift(timedelta(minutes=5))
    with monkeypatch.context() as away:
        away.setattr(database.keyring, "destroy", _is_away)
        stepping.run_due(rounds=3)
    with database.write() as session:
        left = session.scalars(sa.select(Erasure)).one().keys_left
        assert left is not None
        assert case.customer_id in left
        make_subscription(session, make_customer(session, "new@example.org"))
        make_subscription(session, session.get_one(Customer, case.customer_id), days_left=365)
    before = database.keyring.holdings().destroyed
    now.shift(timedelta(hours=2))
    stepping.run_due()
    assert database.keyring.holdings().destroyed == before + len(left)
    assert states(database, case)[StepKind.ERASE] is StepState.DONE
    with database.read() as session:
        assert session.scalars(sa.select(Erasure)).one().keys_left is None


def _is_away(_owners: object) -> int:
    raise ConnectionError("the store of keys is away")


def test_an_undo_while_a_step_is_carried_out_wins(
    database: Database, policies: Policies, stepping: Stepping, now: time_machine.Traveller
) -> None:
    case = leave(database, policies)
    remind = stepping.works[StepKind.REMIND]

    def undone_meanwhile(case_id: str) -> Outcome | Later:
        outcome = remind(case_id)
        with database.write() as session:
            held = session.get_one(Case, case_id)
            workflow.undo(session, held, held.customer, billing=LedgerBilling(session))
        return outcome

    stepping.put(StepKind.REMIND, undone_meanwhile)
    now.shift(timedelta(days=20))
    stepping.run_due()
    assert states(database, case)[StepKind.REMIND] is StepState.CALLED_OFF


def test_who_leaves_again_after_an_undo_has_steps_of_their_own(
    database: Database, policies: Policies, stepping: Stepping, now: time_machine.Traveller
) -> None:
    first = leave(database, policies)
    with database.write() as session:
        held = session.get_one(Case, first.id)
        workflow.undo(session, held, held.customer, billing=LedgerBilling(session))
        again, _ = cancel(session, held.customer, held.subscription, policies)
    now.shift(timedelta(days=21))
    stepping.run_due()
    assert states(database, again)[StepKind.END] is StepState.DONE
    assert states(database, first)[StepKind.END] is StepState.CALLED_OFF


def test_an_undo_in_the_last_instant_is_waited_for_and_wins(
    database: Database, policies: Policies, stepping: Stepping, now: time_machine.Traveller
) -> None:
    """The end looks at the case once the undo is committed, and finds nothing to end."""
    case = leave(database, policies)
    assert case.ends_at is not None
    now.move_to(case.ends_at - timedelta(milliseconds=1))
    with database.write() as session:
        held = session.get_one(Case, case.id)
        workflow.undo(session, held, held.customer, billing=LedgerBilling(session))
    now.shift(timedelta(seconds=1))
    assert stepping.works[StepKind.END](case.id) is Outcome.NOT_NEEDED
    with database.read() as session:
        subscription = session.get_one(Subscription, case.subscription_id)
        assert subscription.state is SubscriptionState.ACTIVE


# --- two plans, and two people, of one account


def test_of_two_plans_the_data_stay_for_as_long_as_either_promises(
    database: Database, policies: Policies, stepping: Stepping, now: time_machine.Traveller
) -> None:
    first = leave(database, policies)
    with database.write() as session:
        customer = session.get_one(Customer, first.customer_id)
        plan = make_subscription(session, customer, days_left=40)
        second, _ = cancel(session, customer, plan, policies)
    now.shift(timedelta(days=55))  # the first one's day has come, the second's comes 15 days later
    for _ in range(3):
        stepping.run_due()
        now.shift(timedelta(minutes=1))
    assert states(database, first)[StepKind.ERASE] is StepState.NOT_NEEDED
    with database.read() as session:
        assert session.scalars(sa.select(Erasure)).all() == []
    now.shift(timedelta(days=16))
    for _ in range(3):
        stepping.run_due()
        now.shift(timedelta(minutes=1))
    assert states(database, second)[StepKind.ERASE] is StepState.DONE
    with database.read() as session:
        assert session.scalars(sa.select(Erasure)).one().case_id == second.id


def test_of_two_that_end_on_the_same_day_one_erases(
    database: Database, policies: Policies, stepping: Stepping, now: time_machine.Traveller
) -> None:
    first = leave(database, policies)
    with database.write() as session:
        customer = session.get_one(Customer, first.customer_id)
        plan = make_subscription(session, customer, period_end=first.ends_at)
        second, _ = cancel(session, customer, plan, policies)
    now.shift(timedelta(days=60))
    for _ in range(4):
        stepping.run_due()
        now.shift(timedelta(minutes=1))
    found = {states(database, case)[StepKind.ERASE] for case in (first, second)}
    assert found == {StepState.DONE, StepState.NOT_NEEDED}
    assert stepping.done.count("mail.erasure") == 1


def test_of_two_of_the_same_day_the_later_one_does_not_erase_again(
    database: Database, policies: Policies, stepping: Stepping, now: time_machine.Traveller
) -> None:
    """Its access could be revoked only when the other had erased everything."""
    first = leave(database, policies)
    with database.write() as session:
        customer = session.get_one(Customer, first.customer_id)
        plan = make_subscription(session, customer, period_end=first.ends_at)
        second, _ = cancel(session, customer, plan, policies)
        erasing = {
            each.id: steps.step_of(session, each.id, StepKind.ERASE) for each in (first, second)
        }
        late, early = sorted(erasing, key=lambda each: getattr(erasing[each], "id", ""))
    revoke = stepping.works[StepKind.REVOKE_ACCESS]

    def away_for_the_late_one(case_id: str) -> Outcome | Later:
        if case_id == late:
            raise ConnectionError
        return revoke(case_id)

    stepping.put(StepKind.REVOKE_ACCESS, away_for_the_late_one)
    now.shift(timedelta(days=60))
    for _ in range(4):
        stepping.run_due()
        now.shift(timedelta(minutes=1))
    stepping.put(StepKind.REVOKE_ACCESS, revoke)
    for _ in range(4):
        stepping.run_due()
        now.shift(timedelta(minutes=1))
    with database.read() as session:
        assert session.scalars(sa.select(Erasure)).one().case_id == early
        assert states(database, session.get_one(Case, late))[StepKind.CLOSE] is StepState.DONE
    assert stepping.done.count("mail.erasure") == 1


def test_the_case_is_with_whoever_said_yes(
    database: Database, policies: Policies, now: time_machine.Traveller
) -> None:
    with database.write() as session:
        one = make_customer(session)
        two = make_customer(session, "two@example.org", account=one.account)
        plan = make_subscription(session, one)
        cases.open_case(session, one, plan, TALK)
        case, receipt = cancel(session, two, plan, policies)
        assert case.customer_id == receipt.customer_id == two.id
        assert receipt.document["declaration"]["confirmed_to"] == "two@example.org"


def test_a_colleague_s_copy_is_waited_for_too(
    database: Database, policies: Policies, stepping: Stepping, now: time_machine.Traveller
) -> None:
    case = leave(database, policies)
    with database.write() as session:
        account = session.get_one(Customer, case.customer_id).account
        colleague = make_customer(session, "two@example.org", account=account)
        exports.request(session, colleague, TALK)
    now.shift(timedelta(days=21))
    stepping.run_due()
    assert states(database, case)[StepKind.EXPORT] is StepState.WAITING


# --- the copy of their data


def asked_for_a_copy(database: Database, case: Case, state: ExportState) -> Export:
    with database.write() as session:
        customer = session.get_one(Customer, case.customer_id)
        export = exports.request(session, customer, TALK)
        export.state = state
        return export


def test_access_ends_only_after_the_copy_is_made(
    database: Database, policies: Policies, stepping: Stepping, now: time_machine.Traveller
) -> None:
    case = leave(database, policies)
    export = asked_for_a_copy(database, case, ExportState.REQUESTED)
    now.shift(timedelta(days=21))
    stepping.run_due()
    assert states(database, case)[StepKind.END] is StepState.DONE
    assert states(database, case)[StepKind.REVOKE_ACCESS] is StepState.WAITING
    with database.write() as session:
        session.get_one(Export, export.id).state = ExportState.READY
    now.shift(timedelta(minutes=1))
    stepping.run_due()
    assert states(database, case)[StepKind.EXPORT] is StepState.DONE
    assert states(database, case)[StepKind.REVOKE_ACCESS] is StepState.NOT_NEEDED


def test_a_copy_that_is_ready_is_a_promise_kept_at_once(
    database: Database, policies: Policies, stepping: Stepping, now: time_machine.Traveller
) -> None:
    case = leave(database, policies)
    export = asked_for_a_copy(database, case, ExportState.REQUESTED)
    stepping.built(export.id)
    assert states(database, case)[StepKind.EXPORT] is StepState.WAITING
    with database.write() as session:
        session.get_one(Export, export.id).state = ExportState.READY
    stepping.built(export.id)
    assert states(database, case)[StepKind.EXPORT] is StepState.DONE


def test_nothing_is_erased_while_a_copy_is_being_made(
    database: Database, policies: Policies, stepping: Stepping, now: time_machine.Traveller
) -> None:
    case = leave(database, policies)
    now.shift(timedelta(days=52))
    export = asked_for_a_copy(database, case, ExportState.REQUESTED)
    stepping.run_due()
    assert states(database, case)[StepKind.ERASE] is StepState.WAITING
    with database.write() as session:
        session.get_one(Export, export.id).state = ExportState.READY
    for _ in range(3):
        now.shift(timedelta(minutes=1))
        stepping.run_due()
    assert states(database, case)[StepKind.ERASE] is StepState.DONE


def test_a_copy_that_takes_for_ever_keeps_nobody_s_access_open(
    database: Database, policies: Policies, stepping: Stepping, now: time_machine.Traveller
) -> None:
    case = leave(database, policies)
    asked_for_a_copy(database, case, ExportState.REQUESTED)
    now.shift(timedelta(days=21, minutes=59))
    assert isinstance(stepping.works[StepKind.EXPORT](case.id), Later)
    now.shift(timedelta(minutes=2))
    with pytest.raises(OffboardingError, match="access ends without it"):
        stepping.works[StepKind.EXPORT](case.id)


def test_a_copy_that_can_t_be_made_is_for_a_person_and_not_waited_for_in_silence(
    database: Database, policies: Policies, stepping: Stepping, now: time_machine.Traveller
) -> None:
    """Asked for after the end, when the step for it was over long ago."""
    case = leave(database, policies)
    now.shift(timedelta(days=21))
    stepping.run_due()
    asked_for_a_copy(database, case, ExportState.REQUESTED)
    with database.write() as session:
        build = sa.update(Task).where(Task.kind == "export.build")
        session.execute(build.values(state=TaskState.FAILED))
    now.shift(timedelta(days=31))
    with pytest.raises(OffboardingError, match="can't be made"):
        stepping.works[StepKind.ERASE](case.id)


# --- the company's systems


def answer(database: Database, state: NotificationState) -> None:
    """Each system that has not answered yet."""
    with database.write() as session:
        for told in access.unacknowledged(session):
            move(session, told, state, "it says so" if state is NotificationState.FAILED else None)


@pytest.fixture
def with_systems(stepping: Stepping, policies: Policies) -> Stepping:
    stepping.systems = policies.systems
    return stepping


def test_access_has_ended_once_every_system_says_so(
    database: Database, policies: Policies, with_systems: Stepping, now: time_machine.Traveller
) -> None:
    case = leave(database, policies)
    now.shift(timedelta(days=21))
    with_systems.run_due()
    assert states(database, case)[StepKind.REVOKE_ACCESS] is StepState.WAITING
    assert with_systems.done.count("access.notify") == len(policies.systems.systems) == 2
    answer(database, NotificationState.ACKNOWLEDGED)
    now.shift(timedelta(minutes=1))
    with_systems.run_due()
    assert states(database, case)[StepKind.REVOKE_ACCESS] is StepState.DONE


def test_a_system_that_can_t_be_told_is_for_a_person(
    database: Database, policies: Policies, with_systems: Stepping, now: time_machine.Traveller
) -> None:
    case = leave(database, policies)
    now.shift(timedelta(days=21))
    with_systems.run_due()
    answer(database, NotificationState.FAILED)
    with pytest.raises(OffboardingError, match="Not told: notes, sync"):
        with_systems.works[StepKind.REVOKE_ACCESS](case.id)


def test_a_system_that_is_no_more_is_waited_for_no_longer(
    database: Database, policies: Policies, with_systems: Stepping, now: time_machine.Traveller
) -> None:
    case = leave(database, policies)
    now.shift(timedelta(days=21))
    with_systems.run_due()
    answer(database, NotificationState.FAILED)
    left = {"notes": policies.systems.systems["notes"]}
    with_systems.systems = policies.systems.model_copy(update={"systems": left})
    with pytest.raises(OffboardingError, match=r"Not told: notes\."):
        with_systems.works[StepKind.REVOKE_ACCESS](case.id)
    with_systems.systems = NO_SYSTEMS
    assert with_systems.works[StepKind.REVOKE_ACCESS](case.id) is Outcome.NOT_NEEDED


def test_once_the_system_is_mended_the_case_goes_on_by_itself(
    database: Database, policies: Policies, with_systems: Stepping, now: time_machine.Traveller
) -> None:
    case = leave(database, policies)
    now.shift(timedelta(days=21))
    with_systems.run_due()
    answer(database, NotificationState.FAILED)
    failed(database, case, StepKind.REVOKE_ACCESS)
    reconcile(database, with_systems, policies.retention)
    assert states(database, case)[StepKind.REVOKE_ACCESS] is StepState.STUCK
    answer(database, NotificationState.ACKNOWLEDGED)
    reconcile(database, with_systems, policies.retention)
    with_systems.run_due()
    assert states(database, case)[StepKind.REVOKE_ACCESS] is StepState.DONE


def test_a_case_is_closed_once_every_system_has_erased_and_forgets_its_name_then(
    database: Database, policies: Policies, with_systems: Stepping, now: time_machine.Traveller
) -> None:
    case = leave(database, policies)
    now.shift(timedelta(days=21))
    with_systems.run_due()
    answer(database, NotificationState.ACKNOWLEDGED)
    now.shift(timedelta(days=31))
    for _ in range(3):
        with_systems.run_due()
        now.shift(timedelta(minutes=1))
    assert states(database, case)[StepKind.ERASE] is StepState.DONE
    assert look(database, case).completed_at is None
    with database.read() as session:
        names = set(session.scalars(sa.select(AccessEvent.customer_external_id)))
        assert all(name and name.startswith("user-") for name in names)
    answer(database, NotificationState.ACKNOWLEDGED)
    now.shift(timedelta(hours=1))
    with_systems.run_due()
    assert look(database, case).completed_at is not None
    with database.read() as session:
        assert set(session.scalars(sa.select(AccessEvent.customer_external_id))) == {None}


# --- what fails


def failed(database: Database, case: Case, kind: StepKind) -> None:
    with database.write() as session:
        step = steps.step_of(session, case.id, kind)
        assert step is not None
        tasks = sa.update(Task).where(Task.kind == steps.TASK, Task.subject_id == step.id)
        session.execute(tasks.values(state=TaskState.FAILED))
        steps.stick(session, step.id)


def test_a_copy_that_can_t_be_made_keeps_nobody_s_access_open(
    database: Database, policies: Policies, stepping: Stepping, now: time_machine.Traveller
) -> None:
    case = leave(database, policies)
    asked_for_a_copy(database, case, ExportState.REQUESTED)
    failed(database, case, StepKind.EXPORT)
    now.shift(timedelta(days=21))
    stepping.run_due()
    assert states(database, case)[StepKind.REVOKE_ACCESS] is StepState.NOT_NEEDED


def test_but_nothing_is_erased_without_it(
    database: Database, policies: Policies, stepping: Stepping, now: time_machine.Traveller
) -> None:
    case = leave(database, policies)
    asked_for_a_copy(database, case, ExportState.REQUESTED)
    failed(database, case, StepKind.EXPORT)
    now.shift(timedelta(days=100))
    stepping.run_due()
    assert states(database, case)[StepKind.ERASE] is StepState.WAITING
    assert look(database, case).completed_at is None


def test_what_is_stuck_is_tried_again_when_somebody_says_so(
    database: Database, policies: Policies, stepping: Stepping, now: time_machine.Traveller
) -> None:
    case = leave(database, policies)
    failed(database, case, StepKind.END)
    now.shift(timedelta(days=21))
    stepping.run_due()
    assert look(database, case).state is CaseState.SCHEDULED
    with database.write() as session:
        step = steps.step_of(session, case.id, StepKind.END)
        assert step is not None
        steps.free(session, step.id)
        with pytest.raises(NotFoundError):
            steps.free(session, step.id)
    stepping.run_due()
    assert look(database, case).state is CaseState.ENDED


def test_what_a_person_did_by_hand_is_done(
    database: Database, policies: Policies, stepping: Stepping, now: time_machine.Traveller
) -> None:
    case = leave(database, policies)
    now.shift(timedelta(days=21))
    with database.write() as session:
        step = steps.step_of(session, case.id, StepKind.DETACH_PAYMENT_METHOD)
        assert step is not None
        with pytest.raises(NotFoundError):
            steps.settle_by_hand(session, step.id)
    failed(database, case, StepKind.DETACH_PAYMENT_METHOD)
    with database.write() as session:
        steps.settle_by_hand(session, step.id)
    assert states(database, case)[StepKind.DETACH_PAYMENT_METHOD] is StepState.DONE


def test_a_look_that_is_repeated_after_a_crash_begins_no_second_row_of_looks(
    database: Database, policies: Policies, stepping: Stepping, now: time_machine.Traveller
) -> None:
    case = leave(database, policies)
    with database.write() as session:
        step = steps.step_of(session, case.id, StepKind.END)
        assert step is not None
        for _ in range(2):
            steps.look_again(session, step.id, 0, clock.now())
    with database.read() as session:
        tasks = session.scalars(sa.select(Task).where(Task.subject_id == step.id)).all()
        assert len(tasks) == 2  # the first one, and one look


# --- what was forgotten


def test_a_case_from_before_there_were_steps_gets_them(
    database: Database, policies: Policies, stepping: Stepping, now: time_machine.Traveller
) -> None:
    case = leave(database, policies)
    with database.write() as session:
        session.execute(sa.delete(Step))
        session.execute(sa.delete(Task))
        schedule(session, "case.end", case.id, due_at=case.ends_at)
    reconcile(database, stepping, policies.retention)
    assert states(database, case) == over(StepKind.CANCEL)
    reconcile(database, stepping, policies.retention)
    now.shift(timedelta(days=21))
    stepping.run_due()
    assert look(database, case).state is CaseState.ENDED


def test_a_case_that_had_ended_before_there_were_steps_gets_the_rest(
    database: Database, policies: Policies, stepping: Stepping, now: time_machine.Traveller
) -> None:
    case = leave(database, policies)
    now.shift(timedelta(days=22))
    with database.write() as session:
        held = session.get_one(Case, case.id)
        workflow.end(session, held, billing=LedgerBilling(session))
        session.execute(sa.delete(Step))
        session.execute(sa.delete(Task))
    reconcile(database, stepping, policies.retention)
    now.shift(timedelta(days=31))
    for _ in range(3):
        stepping.run_due()
        now.shift(timedelta(minutes=1))
    assert states(database, case)[StepKind.ERASE] is StepState.DONE
    assert look(database, case).completed_at is not None


def test_a_step_that_nobody_carries_out_is_found(
    database: Database, policies: Policies, stepping: Stepping, now: time_machine.Traveller
) -> None:
    case = leave(database, policies)
    with database.write() as session:
        session.execute(sa.delete(Task).where(Task.kind == steps.TASK))
    now.shift(timedelta(days=22))
    stepping.run_due()
    assert states(database, case)[StepKind.END] is StepState.WAITING
    reconcile(database, stepping, policies.retention)
    stepping.run_due()
    assert states(database, case)[StepKind.END] is StepState.DONE


def forgotten_behind(database: Database, case: Case, stuck: StepKind) -> None:
    """Nobody carries out what the case is to have, and one of its steps is with a person."""
    with database.write() as session:
        session.execute(sa.delete(Task).where(Task.kind == steps.TASK))
        session.execute(
            sa.update(Step)
            .where(Step.case_id == case.id, Step.kind == stuck)
            .values(state=StepState.STUCK)
        )


def test_what_does_not_wait_for_what_is_stuck_is_found_beside_it(
    database: Database, policies: Policies, stepping: Stepping, now: time_machine.Traveller
) -> None:
    case = leave(database, policies)
    forgotten_behind(database, case, StepKind.REMIND)
    now.shift(timedelta(days=22))
    reconcile(database, stepping, policies.retention)
    stepping.run_due()
    assert states(database, case)[StepKind.END] is StepState.DONE


def test_what_waits_for_what_is_stuck_is_not_taken_for_forgotten(
    database: Database, policies: Policies, stepping: Stepping, now: time_machine.Traveller
) -> None:
    case = leave(database, policies)
    forgotten_behind(database, case, StepKind.END)
    with database.write() as session:
        session.execute(
            sa.update(Step)
            .where(Step.kind.in_([StepKind.EXPORT, StepKind.REMIND]))
            .values(state=StepState.DONE)
        )
    now.shift(timedelta(days=60))
    reconcile(database, stepping, policies.retention)
    with database.read() as session:
        assert session.scalars(sa.select(Task).where(Task.kind == steps.TASK)).all() == []


def test_where_nothing_is_missing_nothing_is_added(
    database: Database, policies: Policies, stepping: Stepping, now: time_machine.Traveller
) -> None:
    leave(database, policies)
    now.shift(timedelta(days=22))
    with database.read() as session:
        before = set(session.scalars(sa.select(Task.key)))
    reconcile(database, stepping, policies.retention)
    with database.read() as session:
        assert set(session.scalars(sa.select(Task.key))) == before
        assert session.scalars(sa.select(Task).where(Task.state == TaskState.FAILED)).all() == []
