"""A step of an off-boarding failed for good: a person is asked, and the customer is told once."""

import sqlalchemy as sa

from channels.failed_steps import failed_step_handlers
from offboarding import clock
from offboarding.accounts.model import Customer
from offboarding.background.model import Task, TaskState
from offboarding.background.port import FAILED
from offboarding.exports.model import Export
from offboarding.handoffs.causes import HandOffCause
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
        house.database, house.background, gateway.texts, gateway.post_notice, lambda: desk
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
