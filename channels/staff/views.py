"""From cases, steps and log to what the templates of the staff pages show."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy.orm import Session

from channels.facts import Row, terms_rows
from channels.pages.overview import receipt_path
from channels.staff.words import STATES, STEP_STATES, STEPS, plain
from offboarding.audit import service as audit
from offboarding.cases.links import case_link
from offboarding.cases.model import Case
from offboarding.cases.terms import terms_from_json
from offboarding.casework import acts, overview
from offboarding.casework.notes import notes_of
from offboarding.casework.overview import CaseLine, DueLine, StepLine
from offboarding.erasure.kept import has_invoices
from offboarding.receipts.model import ReceiptKind
from offboarding.receipts.service import receipt_of
from offboarding.settings import Settings
from offboarding.staff import members
from offboarding.steps.model import OVER, StepState
from offboarding.wording import money_text

UNKNOWN_REASON = "no reason was noted"


@dataclass(frozen=True)
class CaseRow:
    """A case in a list; `stuck` says what is stuck and why."""

    number: str
    path: str
    state: str
    plan: str
    reason: str
    opened_at: datetime
    ends_at: datetime | None
    stuck: Sequence[str]


@dataclass(frozen=True)
class StepRow:
    """A step; `at` is when it was over, or is due."""

    title: str
    state: str
    at: datetime
    over: bool
    stuck: bool
    why: str
    settle_path: str


@dataclass(frozen=True)
class DueRow:
    """A step that is stuck or comes next, with its case."""

    number: str
    path: str
    plan: str
    step: StepRow


@dataclass(frozen=True)
class LogRow:
    """Something that happened in a case, or a note about it."""

    at: datetime
    what: str
    who: str
    details: Sequence[str]


@dataclass(frozen=True)
class CaseView:
    """One case. `promised` is what its customer read and said yes to, in their own time zone."""

    number: str
    path: str
    state: str
    facts: Sequence[Row]
    steps: Sequence[StepRow]
    promised: Sequence[Row]
    receipts: Sequence[tuple[str, str]]
    customer_page: str
    log: Sequence[LogRow]
    stuck: bool
    can_be_cancelled: bool
    can_be_undone: bool


def case_path(number: str) -> str:
    """Where the page of a case is."""
    return f"/staff/cases/{number}"


def case_row(line: CaseLine) -> CaseRow:
    """A case of a list."""
    case = line.case
    return CaseRow(
        number=case.number,
        path=case_path(case.number),
        state=STATES[case.state],
        plan=case.subscription.plan.name,
        reason=plain(case.reason.value) if case.reason else "",
        opened_at=case.opened_at,
        ends_at=case.ends_at,
        stuck=[f"{STEPS[each.step.kind]}: {each.why or UNKNOWN_REASON}" for each in line.stuck],
    )


def due_row(due: DueLine) -> DueRow:
    """A step of the list of what is due."""
    number = due.case.number
    plan = due.case.subscription.plan.name
    return DueRow(number, case_path(number), plan, step_row(due.case, due.line))


def step_row(case: Case, line: StepLine) -> StepRow:
    """A step of a case."""
    step, over, stuck = line.step, line.step.state in OVER, line.step.state is StepState.STUCK
    state, at = STEP_STATES[step.state], step.over_at if over else None
    if line.done_with is not None:
        other, at = line.done_with
        state = f"Done with case {other.number}"
    return StepRow(
        title=STEPS[step.kind],
        state=state,
        at=at or step.due_at,
        over=over,
        stuck=stuck,
        why=(line.why or UNKNOWN_REASON) if stuck else "",
        settle_path=f"{case_path(case.number)}/settle/{step.kind}" if stuck else "",
    )


def _promised(session: Session, case: Case) -> list[Row]:
    if case.shown is None:
        return []
    terms = terms_from_json(case.shown)
    invoices = has_invoices(session, case.subscription, terms)
    return terms_rows(terms, case.customer, invoices=invoices)


def case_view(session: Session, case: Case, settings: Settings) -> CaseView:
    """All that staff see of a case: no name, no address, no word of the customer's."""
    promised = overview.steps_of(session, case)
    return CaseView(
        number=case.number,
        path=case_path(case.number),
        state=STATES[case.state],
        facts=_facts(case),
        steps=[step_row(case, line) for line in promised],
        promised=_promised(session, case),
        receipts=_receipts(session, case, settings),
        customer_page=urlsplit(case_link(case.id, settings)).path,
        log=_log(session, case),
        stuck=any(line.step.state is StepState.STUCK for line in promised),
        can_be_cancelled=case.state in acts.UNDECIDED,
        can_be_undone=acts.can_be_undone(case),
    )


def _facts(case: Case) -> list[Row]:
    reason = plain(case.reason.value) if case.reason else "Not given"
    return [
        Row("State", STATES[case.state]),
        Row("Plan", case.subscription.plan.name),
        Row("Customer", case.customer.external_id),
        Row("Reason", reason),
    ]


def _receipts(session: Session, case: Case, settings: Settings) -> list[tuple[str, str]]:
    titles = {
        ReceiptKind.CANCELLATION: "Receipt of the cancellation",
        ReceiptKind.UNDO: "Receipt of the undoing",
        ReceiptKind.OFFER: "Receipt of what was agreed instead",
    }
    found = ((title, receipt_of(session, case, kind)) for kind, title in titles.items())
    return [(title, receipt_path(each, settings)) for title, each in found if each is not None]


def _log(session: Session, case: Case) -> list[LogRow]:
    """What happened, the newest first, and who of the staff did it."""
    entries, notes = audit.entries(session, case.id), notes_of(session, case.id)
    marks = {str(value) for entry in entries for value in entry.details.values()}
    names = members.addresses(session, marks | {note.by for note in notes})
    names = {**names, members.AT_THE_TERMINAL: "the command line"}
    rows = []
    for entry in entries:
        by = next((str(x) for name, x in entry.details.items() if _is_person(name, str(x))), "")
        rest = [_detail(name, x) for name, x in _told(entry.details) if str(x) != by]
        policy = [f"Policy of {entry.policy_version}"] if entry.policy_version else []
        rows.append(LogRow(entry.at, plain(entry.event), names.get(by, by), [*rest, *policy]))
    for note in notes:
        what = f"Note: {STEPS[note.about]}"
        rows.append(LogRow(note.written_at, what, names.get(note.by, note.by), [note.words]))
    return sorted(rows, key=lambda row: row.at, reverse=True)


def _told(details: Mapping[str, Any]) -> Iterator[tuple[str, object]]:
    """The details of an entry as they are read: an amount as one, and yes or no."""
    for name, value in details.items():
        if value is None:  # a rule that named no offer, a check that found no problem
            continue
        if name == "amount_minor" and "currency" in details:
            yield "amount", money_text(value, details["currency"])
        elif isinstance(value, bool):
            yield name, "yes" if value else "no"
        elif name != "currency" or "amount_minor" not in details:
            yield name, value


def _detail(name: str, value: object) -> str:
    steps = {kind.value: title for kind, title in STEPS.items()}
    return f"{plain(name)}: {steps.get(str(value), value) if name == 'step' else value}"


def _is_person(name: str, value: str) -> bool:
    """Whether a detail says which of the staff did it."""
    return name in {"by", "source"} and value.startswith(members.AT_THE_TERMINAL)
