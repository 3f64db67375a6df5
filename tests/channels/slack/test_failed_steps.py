"""A step of an off-boarding failed for good: a person is asked, and the customer is told once."""

import pytest
import sqlalchemy as sa

from channels.failed_steps import failed_step_handlers
from offboarding import clock
from offboarding.accounts.model import Customer
from offboarding.background.model import Task, TaskState
from offboarding.background.port import FAILED
from offboarding.billing.agreements import CARRY_OUT
from offboarding.billing.ledger import LedgerBilling
from offboarding.billing.model import EntryKind, LedgerEntry
from offboarding.cases.model import Case
from offboarding.cases.states import CaseState
from offboarding.exports.model import Export
from offboarding.handoffs.causes import HandOffCause
from offboarding.handoffs.model import HandOff
from offboarding.offers.model import Offer, OfferKind
from offboarding.policies.routing import RoutingPolicy
from offboarding.steps import service as steps
from offboarding.steps.model import Step, StepState
from offboarding.steps.plan import StepKind
from sandbox.slack.blocks import text_of
from tests.channels.slack.desk_house import DeskHouse
from tests.channels.talk import Talk
from tests.factories import cancel, make_subscription


def fail_export(house: DeskHouse, talk: Talk, customer_id: str | None = None) -> Task:
    """An export that was given up."""
    with house.database.write() as session:
        export = Export(
            conversation_id=talk.id,
            customer_id=customer_id or house.hand_off(talk).customer_id,
            requested_at=clock.now(),
        )
        session.add(export)
        session.flush()
        task = Task(
            kind="export.build",
            key=f"export.build:{export.id}",
            subject_id=export.id,
            state=TaskState.FAILED,
            created_at=clock.now(),
            due_at=clock.now(),
        )
        session.add(task)
        session.flush()
        session.expunge(task)
    return task


def tell(house: DeskHouse, task: Task, desk: RoutingPolicy | None) -> None:
    gateway = house.gateway
    handlers = failed_step_handlers(
        house.database,
        house.background,
        gateway.texts,
        gateway.post_notice,
        lambda: desk,
        billing=LedgerBilling,
    )
    handlers[FAILED](task.id)


def with_failed_steps(house: DeskHouse) -> RoutingPolicy:
    call_in = house.policies.routing.call_in
    causes = call_in.causes | {HandOffCause.FAILED_STEP}
    return house.policies.routing.model_copy(
        update={"call_in": call_in.model_copy(update={"causes": causes})}
    )


async def test_a_person_is_asked_and_the_customer_told_once(house: DeskHouse) -> None:
    talk, _ = await house.claimed()
    customer_id = house.hand_off(talk).customer_id
    other = await house.customer()
    task = fail_export(house, other, customer_id)
    for _ in range(2):
        tell(house, task, with_failed_steps(house))
    said = (await other.until(2))[-1]
    assert said["author"] == "bot"
    assert "the copy of your data" in said["text"]
    hand_off = house.hand_off(other)
    assert (hand_off.cause, hand_off.number in said["text"]) == (HandOffCause.FAILED_STEP, True)
    card = await house.until_shown(f"Request: {hand_off.number}")
    assert "was let down by a failed step" in text_of(card.blocks)
    assert task.id in text_of(card.blocks)
    await house.until_done()
    assert (await other.status())["last_sequence"] == 2


async def test_the_person_who_is_there_already_is_told_on_the_card(house: DeskHouse) -> None:
    talk, card = await house.claimed()
    task = fail_export(house, talk)
    tell(house, task, with_failed_steps(house))
    assert (await talk.until(3))[-1]["author"] == "system"
    await house.slack.driver.until(
        lambda: task.id in text_of(house.slack.workspace.message(card.ts).blocks)
    )


async def test_of_somebody_erased_nobody_is_told_and_nothing_is_noted(house: DeskHouse) -> None:
    talk, _ = await house.claimed()
    other = await house.customer()
    task = fail_export(house, other, house.hand_off(talk).customer_id)
    house.database.keyring.destroy([other.id])
    tell(house, task, with_failed_steps(house))
    assert (await other.status())["last_sequence"] == 1
    with house.database.read() as session:
        asked = sa.select(HandOff.id).where(HandOff.conversation_id == other.id)
        assert session.scalars(asked).all() == []


async def test_without_a_desk_support_is_mailed(house: DeskHouse) -> None:
    talk, _ = await house.claimed()
    other = await house.customer()
    task = fail_export(house, other, house.hand_off(talk).customer_id)
    tell(house, task, None)
    assert "A person will look into it" in (await other.until(2))[-1]["text"]
    await house.until(lambda: house.hand_off(other).id in house.mailed)


async def test_what_nobody_was_promised_calls_nobody(house: DeskHouse) -> None:
    talk, _ = await house.claimed()
    task = fail_export(house, talk)
    with house.database.write() as session:
        session.get_one(Task, task.id).kind = "desk.remind"
    tell(house, task, with_failed_steps(house))
    await house.until_done()
    assert (await talk.status())["last_sequence"] == 2


async def test_a_step_of_a_case_that_is_given_up_is_stuck_and_told(house: DeskHouse) -> None:
    talk, _ = await house.claimed()
    with house.database.write() as session:
        customer = session.get_one(Customer, house.hand_off(talk).customer_id)
        plan = make_subscription(session, customer)
        case, _receipt = cancel(session, customer, plan, house.policies, talk.id)
        step = steps.step_of(session, case.id, StepKind.END)
        assert step is not None
        task = session.scalars(sa.select(Task).where(Task.subject_id == step.id)).one()
        task.state = TaskState.FAILED
        session.flush()
        session.expunge(task)
    tell(house, task, with_failed_steps(house))
    assert "the end of your plan" in (await talk.until(3))[-1]["text"]
    with house.database.read() as session:
        assert session.get_one(Step, step.id).state is StepState.STUCK


def give_up_billing(house: DeskHouse, case: Case, kind: EntryKind, key: str) -> Task:
    """A billing provider that never took what was agreed under this key."""
    with house.database.write() as session:
        entry = session.scalar(sa.select(LedgerEntry).where(LedgerEntry.key == key))
        if entry is None:
            entry = LedgerEntry(
                subscription_id=case.subscription_id,
                kind=kind,
                currency="EUR",
                key=key,
                occurred_at=clock.now(),
                details={},
            )
            session.add(entry)
        entry.awaited = True
        session.flush()
        task = Task(
            kind=CARRY_OUT,
            key=f"{CARRY_OUT}:{entry.id}",
            subject_id=entry.id,
            state=TaskState.FAILED,
            created_at=clock.now(),
            due_at=clock.now(),
        )
        session.add(task)
        session.flush()
        session.expunge(task)
        return task


def leave(house: DeskHouse, talk: Talk) -> Case:
    with house.database.write() as session:
        customer = session.get_one(Customer, house.hand_off(talk).customer_id)
        plan = make_subscription(session, customer)
        return cancel(session, customer, plan, house.policies, talk.id)[0]


def leave_again_elsewhere(house: DeskHouse, case: Case) -> None:
    """A newer case of the same subscription, in another conversation."""
    with house.database.write() as session:
        session.get_one(Case, case.id).state = CaseState.UNDONE
        session.flush()
        session.add(
            Case(
                subscription_id=case.subscription_id,
                customer_id=case.customer_id,
                conversation_id="2" * 32,
                opened_at=clock.now(),
            )
        )


@pytest.mark.parametrize(
    ("kind", "what"),
    [(EntryKind.CANCELLATION, "cancel"), (EntryKind.CANCELLATION_UNDONE, "undo")],
)
async def test_what_the_billing_provider_never_took_is_told_where_it_was_agreed(
    house: DeskHouse, kind: EntryKind, what: str
) -> None:
    talk, card = await house.claimed()
    case = leave(house, talk)
    leave_again_elsewhere(house, case)
    task = give_up_billing(house, case, kind, f"{case.id}:{what}")
    tell(house, task, with_failed_steps(house))
    assert "with whoever takes your payments" in (await talk.until(3))[-1]["text"]
    await house.slack.driver.until(
        lambda: task.id in text_of(house.slack.workspace.message(card.ts).blocks)
    )


async def test_an_offer_that_could_not_be_kept_is_told_where_it_was_accepted(
    house: DeskHouse,
) -> None:
    talk, _ = await house.claimed()
    case = leave(house, talk)
    leave_again_elsewhere(house, case)
    with house.database.write() as session:
        offer = Offer(
            case_id=case.id,
            account_id=case.subscription.account_id,
            name="pause",
            kind=OfferKind.PAUSE,
            terms={},
            policy_version="2026-11-23",
            presented_at=clock.now(),
        )
        session.add(offer)
        session.flush()
    task = give_up_billing(house, case, EntryKind.PAUSE, f"{offer.id}:accepted")
    tell(house, task, with_failed_steps(house))
    assert "with whoever takes your payments" in (await talk.until(3))[-1]["text"]


async def test_what_names_no_case_is_told_in_the_newest(house: DeskHouse) -> None:
    talk, _ = await house.claimed()
    case = leave(house, talk)
    task = give_up_billing(house, case, EntryKind.DISCOUNT, "given-by-hand")
    tell(house, task, with_failed_steps(house))
    assert "with whoever takes your payments" in (await talk.until(3))[-1]["text"]


async def test_a_cancellation_that_was_given_up_is_told_once(house: DeskHouse) -> None:
    """The step that waits for it fails after it, and has nothing more to say."""
    talk, _ = await house.claimed()
    case = leave(house, talk)
    with house.database.write() as session:
        step = steps.step_of(session, case.id, StepKind.CANCEL)
        assert step is not None
        step.state = StepState.WAITING
        of_step = Task(
            kind=steps.TASK,
            key=f"{steps.TASK}:{step.id}:1",
            subject_id=step.id,
            state=TaskState.FAILED,
            created_at=clock.now(),
            due_at=clock.now(),
        )
        session.add(of_step)
        session.flush()
        session.expunge(of_step)
    task = give_up_billing(house, case, EntryKind.CANCELLATION, f"{case.id}:cancel")
    for each in (task, of_step):
        tell(house, each, with_failed_steps(house))
    await talk.until(3)
    await house.until_done()
    assert (await talk.status())["last_sequence"] == 3
    with house.database.read() as session:
        assert session.get_one(Step, step.id).state is StepState.STUCK
