"""What a transaction agreed, and a task carries out at the provider after its commit."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from offboarding.background.model import Task, TaskState
from offboarding.background.service import retry, schedule
from offboarding.billing.model import EntryKind, LedgerEntry
from offboarding.database import hold_alone

CARRY_OUT = "billing.carry_out"
"""The kind of the task that does at the provider what a ledger entry (its subject) agreed."""
_NUMBER = "agreed_as"
"""In an entry's details: its place among all that was agreed on its subscription."""
_OVERTAKEN = "overtaken"
"""Set in the details of what was never carried out, because its opposite, agreed later, was."""
_OPPOSITES = {
    EntryKind.CANCELLATION: EntryKind.CANCELLATION_UNDONE,
    EntryKind.CANCELLATION_UNDONE: EntryKind.CANCELLATION,
    EntryKind.PLAN_CHANGE: EntryKind.PLAN_CHANGE_UNDONE,
    EntryKind.PLAN_CHANGE_UNDONE: EntryKind.PLAN_CHANGE,
    EntryKind.PAUSE: EntryKind.PAUSE_UNDONE,
    EntryKind.PAUSE_UNDONE: EntryKind.PAUSE,
}


def agree(session: Session, entry: LedgerEntry) -> None:
    """Have an entry carried out at the provider after the commit.

    It gets the next number of its subscription, for clocks are set back and go apart: a yes and
    the undo of it are told by the number.
    """
    hold_alone(session, f"{CARRY_OUT}:{entry.subscription_id}")
    agreed = _on(session, entry.subscription_id)
    numbers = [_number(each) for each in agreed if each is not entry]
    entry.details = {**entry.details, _NUMBER: max(numbers, default=0) + 1}
    entry.awaited = True
    schedule(session, CARRY_OUT, entry.id)


def agreed_before(session: Session, entry: LedgerEntry) -> list[LedgerEntry]:
    """What was agreed earlier on the same subscription and is not carried out, in its order."""
    found = (each for each in _on(session, entry.subscription_id) if each.awaited)
    return sorted((each for each in found if _place(each) < _place(entry)), key=_place)


def drop_if_overtaken(session: Session, entry_id: str) -> bool:
    """Await no more what the opposite of it, agreed after it, has overtaken; whether that is so.

    Tried again by a person or by a late turn, a cancellation would end what goes on by the
    customer's wish, and an undo would take back what they cancelled since.
    """
    entry = session.get_one(LedgerEntry, entry_id)
    opposite = _OPPOSITES.get(entry.kind)
    overtaken = any(
        each.kind is opposite
        and not each.awaited
        and not each.details.get(_OVERTAKEN)
        and _place(each) > _place(entry)
        for each in _on(session, entry.subscription_id)
    )
    if overtaken:
        entry.awaited = False
        entry.details = {**entry.details, _OVERTAKEN: True}
    return overtaken


def _on(session: Session, subscription_id: str) -> list[LedgerEntry]:
    wanted = sa.select(LedgerEntry).where(
        LedgerEntry.subscription_id == subscription_id, LedgerEntry.kind != EntryKind.CHARGE
    )
    return list(session.scalars(wanted))


def _number(entry: LedgerEntry) -> int:
    """Entries from before they had numbers come first."""
    return int(entry.details.get(_NUMBER, 0))


def _place(entry: LedgerEntry) -> tuple[int, datetime]:
    return _number(entry), entry.occurred_at


def cancellation_key(case_id: str) -> str:
    """The key under which the cancellation of a case is agreed."""
    return f"{case_id}:cancel"


def is_given_up(session: Session, key: str) -> bool:
    """Whether what was agreed under this key failed for good, and waits for a person."""
    return _given_up(session, key) is not None


def given_up_because(session: Session, key: str) -> str | None:
    """The last error of what was agreed under this key and failed for good."""
    task_id = _given_up(session, key)
    return session.get_one(Task, task_id).last_error if task_id is not None else None


def try_again(session: Session, key: str) -> bool:
    """Have what was agreed under this key tried again; False where it was not given up."""
    task_id = _given_up(session, key)
    if task_id is None:
        return False
    retry(session, task_id)
    return True


def _given_up(session: Session, key: str) -> str | None:
    return session.scalar(
        sa.select(Task.id)
        .join(LedgerEntry, LedgerEntry.id == Task.subject_id)
        .where(
            LedgerEntry.key == key,
            LedgerEntry.awaited,
            Task.kind == CARRY_OUT,
            Task.state == TaskState.FAILED,
        )
    )
