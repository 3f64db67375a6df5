"""Keeping the steps of a case: planning them, handing over what can begin, and noting what is done.

Every function works within the caller's transaction. What changes a step holds its case first, as
an undo does, so that a step and the undo that calls it off never pass each other by, and of two
steps that are over in the same instant the second sees the first.
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from offboarding import clock
from offboarding.accounts.model import Subscription
from offboarding.audit import service as audit
from offboarding.background.service import schedule
from offboarding.billing import agreements
from offboarding.cases.model import Case
from offboarding.errors import NotFoundError
from offboarding.steps.model import NOT_OVER, OVER, Step, StepState
from offboarding.steps.plan import AFTER, GOES_ON_WITHOUT, OF_THE_ACCOUNT, PlannedStep, StepKind

TASK = "case.step"
"""The kind of the task that carries out a step; its subject is the step."""


def begin(
    session: Session,
    case_id: str,
    steps: Iterable[PlannedStep],
    *,
    done: Collection[StepKind] = frozenset(),
    held: Collection[StepKind] = frozenset(),
) -> None:
    """Keep the steps of a case and hand over those that can begin; harmless the second time.

    `done` are those that the same transaction carries out; `held` are with a person from the
    start, who releases them (`free`) or does them by hand (`settle_by_hand`).
    """
    known = {step.kind for step in steps_of(session, case_id)}
    moment = clock.now()
    for each in steps:
        if each.kind in known:
            continue
        over = each.kind in done
        if each.kind in held:
            audit.record(session, "step_held", case_id, step=each.kind.value)
        session.add(
            Step(
                case_id=case_id,
                kind=each.kind,
                state=_first_state(over=over, held=each.kind in held),
                due_at=each.due_at,
                over_at=moment if over else None,
            )
        )
    session.flush()
    hand_over(session, case_id)


def _first_state(*, over: bool, held: bool) -> StepState:
    if over:
        return StepState.DONE
    return StepState.STUCK if held else StepState.WAITING


def steps_of(session: Session, case_id: str) -> list[Step]:
    """The steps of a case, in the order in which they are told."""
    found = session.scalars(sa.select(Step).where(Step.case_id == case_id)).all()
    order = list(StepKind)
    return sorted(found, key=lambda step: order.index(step.kind))


def step_of(session: Session, case_id: str, kind: StepKind) -> Step | None:
    """The step of a kind in a case, if it has one."""
    return session.scalar(sa.select(Step).where(Step.case_id == case_id, Step.kind == kind))


def done_with_another(session: Session, case: Case, step: Step) -> tuple[Case, datetime] | None:
    """The later case of the account with which a step of this one was done, and when.

    While another plan went on there was nothing to do in this one; None where that holds still.
    """
    if step.state is not StepState.NOT_NEEDED or step.kind not in OF_THE_ACCOUNT:
        return None
    if step.kind is StepKind.DETACH_PAYMENT_METHOD and case.subscription.plan.free:
        return None
    found = session.execute(
        sa.select(Case, Step.over_at)
        .join(Step, Step.case_id == Case.id)
        .join(Subscription, Subscription.id == Case.subscription_id)
        .where(
            Subscription.account_id == case.subscription.account_id,
            Case.id != case.id,
            Step.kind == step.kind,
            Step.state == StepState.DONE,
            Step.over_at >= step.over_at,
        )
        .order_by(Step.over_at)
        .limit(1)
    ).first()
    return (found[0], found[1]) if found is not None and found[1] is not None else None


def ready(steps: Sequence[Step]) -> list[Step]:
    """Those that wait for nothing but their time."""
    state = {step.kind: step.state for step in steps}

    def passed(kind: StepKind, before: StepKind) -> bool:
        stands = state.get(before)
        if stands is None or stands in OVER:
            return True
        return stands is StepState.STUCK and before in GOES_ON_WITHOUT.get(kind, ())

    return [
        step
        for step in steps
        if step.state is StepState.WAITING and all(passed(step.kind, x) for x in AFTER[step.kind])
    ]


def hand_over(session: Session, case_id: str) -> None:
    """Have each step that can begin carried out when it is due, once."""
    for step in ready(steps_of(session, case_id)):
        schedule(session, TASK, step.id, key=f"{TASK}:{step.id}:{step.looks}", due_at=step.due_at)


def settle(session: Session, step_id: str, state: StepState, *, looks: int | None = None) -> bool:
    """Note that a step is over and hand over what waited for it; False when it was over before.

    Compares and sets in the database, so that of two at once one notes it. `looks` is how often it
    had been looked at when the look began that says so: it says nothing of a later one.
    """
    _hold_case(session, step_id)
    this_look = sa.true() if looks is None else Step.looks == looks
    changed = session.execute(
        sa.update(Step)
        .where(Step.id == step_id, Step.state.in_(list(NOT_OVER)), this_look)
        .values(state=state, over_at=clock.now())
        .execution_options(synchronize_session="fetch")
        .returning(Step.case_id, Step.kind)
    ).one_or_none()
    if changed is None:
        return False
    audit.record(session, f"step_{state}", changed.case_id, step=changed.kind.value)
    hand_over(session, changed.case_id)
    return True


def look_again(session: Session, step_id: str, looks: int, at: datetime) -> None:
    """Something outside is not done yet: have the step looked at again, at `at`.

    `looks` is how often it had been when this look began; a look that was repeated after a crash
    begins no second row of looks.
    """
    _hold_case(session, step_id)
    step = session.get_one(Step, step_id, with_for_update=True)
    if step.state is not StepState.WAITING or step.looks != looks:
        return
    step.looks += 1
    session.flush()
    key = f"{TASK}:{step.id}:{step.looks}"
    schedule(session, TASK, step.id, key=key, due_at=at)


def call_off(session: Session, case_id: str, *, but: Collection[StepKind] = frozenset()) -> None:
    """Nothing that has not been done is done any more, but for those of `but`."""
    session.execute(
        sa.update(Step)
        .where(
            Step.case_id == case_id,
            Step.state.in_(list(NOT_OVER)),
            Step.kind.not_in(list(but)),
        )
        .values(state=StepState.CALLED_OFF, over_at=clock.now())
        .execution_options(synchronize_session="fetch")
    )


def reopen(
    session: Session, case_id: str, kinds: Collection[StepKind], *, due_at: datetime
) -> None:
    """Have steps that are over carried out at `due_at` after all. The caller holds the case.

    Each is at a look of its own, so that its task is a new one.
    """
    for step in steps_of(session, case_id):
        if step.kind in kinds:
            step.state, step.over_at = StepState.WAITING, None
            step.due_at, step.looks = due_at, step.looks + 1
    session.flush()
    hand_over(session, case_id)


def stick(session: Session, step_id: str) -> Step | None:
    """A step failed for good: it is with a person now, and what can go on without it does."""
    _hold_case(session, step_id)
    step = session.get(Step, step_id, with_for_update=True)
    if step is None or step.state is not StepState.WAITING:
        return None
    step.state = StepState.STUCK
    audit.record(session, "step_stuck", step.case_id, step=step.kind.value)
    session.flush()
    hand_over(session, step.case_id)
    return step


def free(session: Session, step_id: str, *, by: str | None = None) -> Step:
    """Have a step that is stuck tried again. Raises NotFoundError when it is not stuck.

    A cancellation is stuck because the task that asks the billing provider is: that one, too. `by`
    is the person who wants it, for the audit log.
    """
    _hold_case(session, step_id)
    step = session.get(Step, step_id, with_for_update=True)
    if step is None or step.state is not StepState.STUCK:
        raise NotFoundError("This step is not stuck, so there is nothing to try again.")
    step.state = StepState.WAITING
    step.looks += 1
    if step.kind is StepKind.CANCEL:
        agreements.try_again(session, agreements.cancellation_key(step.case_id))
    audit.record(session, "step_tried_again", step.case_id, **_what_and_who(step, by))
    session.flush()
    hand_over(session, step.case_id)
    return step


def settle_by_hand(session: Session, step_id: str, *, by: str | None = None) -> Step:
    """A person did it, or saw that it need not be done. Raises NotFoundError unless it is stuck."""
    step = free(session, step_id, by=by)
    audit.record(session, "step_done_by_hand", step.case_id, **_what_and_who(step, by))
    settle(session, step.id, StepState.DONE)
    return step


def due(session: Session, until: datetime, most: int = 200) -> Sequence[Step]:
    """The steps that wait and are due until then, the earliest first."""
    return session.scalars(
        sa.select(Step)
        .where(Step.state == StepState.WAITING, Step.due_at <= until)
        .order_by(Step.due_at)
        .limit(most)
    ).all()


def stuck(session: Session) -> Sequence[Step]:
    """The steps that are with a person, the longest due first."""
    return session.scalars(
        sa.select(Step).where(Step.state == StepState.STUCK).order_by(Step.due_at)
    ).all()


def _what_and_who(step: Step, by: str | None) -> dict[str, str]:
    """The details of an entry in the audit log."""
    return {"step": step.kind.value, **({"by": by} if by is not None else {})}


def _hold_case(session: Session, step_id: str) -> None:
    of_step = sa.select(Step.case_id).where(Step.id == step_id).scalar_subquery()
    session.execute(sa.select(Case.id).where(Case.id == of_step).with_for_update())
