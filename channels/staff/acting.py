"""Acting in a case: each act is shown first where it can't be taken back, and done once."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated

from fastapi import Form, Request, Response
from sqlalchemy.orm import Session

from channels.facts import Row, terms_rows
from channels.for_staff import Way, of_them, ways_for_staff
from channels.staff.frame import StaffFrame
from channels.staff.views import UNKNOWN_REASON, case_path
from channels.staff.words import STATES, STEPS
from offboarding.accounts.model import Customer
from offboarding.billing.port import BillingPort
from offboarding.cases.model import Case
from offboarding.cases.service import TermsChangedError
from offboarding.cases.states import CaseState
from offboarding.casework import acts, overview
from offboarding.casework.model import LONGEST_NOTE
from offboarding.casework.notes import NoteInvalidError
from offboarding.errors import NotFoundError
from offboarding.policies.store import Policies
from offboarding.steps.model import StepState
from offboarding.steps.plan import StepKind
from offboarding.wording import date_text, money_text

Text = Annotated[str, Form(max_length=2000)]
Note = Annotated[str, Form(max_length=10_000)]


@dataclass(frozen=True)
class Outcome:
    """What came of an act; `changed` is False where it had been done before."""

    sentence: str
    changed: bool


_OUTCOMES: Mapping[str, Outcome] = {
    "tried": Outcome("It is tried again now. This page shows what came of it.", changed=True),
    "not_stuck": Outcome(
        "Nothing is stuck in this case any more, so nothing was tried again.", changed=False
    ),
    "settled": Outcome("Noted as done by hand. What waited for it goes on.", changed=True),
    "settled_before": Outcome(
        "This step is not stuck any more, so nothing was noted.", changed=False
    ),
    "cancelled": Outcome("Cancelled. The customer gets the receipt by mail.", changed=True),
    "cancelled_before": Outcome("It was cancelled already, so nothing was changed.", changed=False),
    "undone": Outcome(
        "The cancellation is undone. The customer gets a receipt of that by mail.", changed=True
    ),
    "undone_before": Outcome("It was undone already, so nothing was changed.", changed=False),
}


@dataclass(frozen=True)
class WayRow:
    """A way to leave in the form; `seen` stands for just what its rows say."""

    label: str
    rows: Sequence[Row]
    chosen: bool
    seen: str


def outcome_of(word: str | None) -> Outcome | None:
    """What is said of an act on the page after it."""
    return _OUTCOMES.get(word) if word is not None else None


class ActingPages:
    """Each method is one route: it reads the form, calls one service and shows what came of it."""

    def __init__(
        self, frame: StaffFrame, policies: Policies, billing_for: Callable[[Session], BillingPort]
    ) -> None:
        self._frame = frame
        self._policies = policies
        self._billing_for = billing_for

    def retry(self, request: Request, number: str, token: Text = "") -> Response:
        """Have what is stuck tried again."""
        who = self._frame.acting(request, token)
        with self._frame.database.write() as session:
            case = _case(session, number)
            tried = acts.try_again(session, case, by=who.mark)
        return self._frame.go(case_path(case.number), who, "tried" if tried else "not_stuck")

    def settle_form(self, request: Request, number: str, kind: StepKind) -> Response:
        """What it means that a step was done by hand, and the field for how it was."""
        return self._settle_page(request, number, kind)

    def settle(
        self, request: Request, number: str, kind: StepKind, note: Note = "", token: Text = ""
    ) -> Response:
        """Note that it was."""
        who = self._frame.acting(request, token)
        try:
            with self._frame.database.write() as session:
                case = _case(session, number)
                settled = acts.settle(session, case, kind, note, by=who.mark)
        except NoteInvalidError as error:
            return self._settle_page(request, number, kind, note=note, error=error)
        say = "settled" if settled else "settled_before"
        return self._frame.go(case_path(case.number), who, say)

    def cancel_form(self, request: Request, number: str) -> Response:
        """What will happen, by which of two ways where there are two, and the button."""
        return self._cancel_page(request, number)

    def cancel(self, request: Request, number: str, seen: Text = "", token: Text = "") -> Response:
        """Cancel for a customer who is undecided, by the way that `seen` stands for."""
        who = self._frame.acting(request, token)
        try:
            with self._frame.database.write() as session:
                case = _case(session, number)
                done = acts.cancel(
                    session,
                    case,
                    seen,
                    billing=self._billing_for(session),
                    policies=self._policies,
                    by=who.mark,
                )
        except TermsChangedError:
            return self._cancel_page(request, number, sent=seen)
        say = "cancelled" if done.just_now else "cancelled_before"
        return self._frame.go(case_path(case.number), who, say)

    def undo_form(self, request: Request, number: str) -> Response:
        """What will happen, and the button."""
        who = self._frame.looking(request)
        with self._frame.database.read() as session:
            case = _case(session, number)
            if not acts.can_be_undone(case):
                return self._frame.go(
                    case_path(case.number), who, "undone_before" if _is_undone(case) else ""
                )
            values: dict[str, object] = {
                "number": case.number,
                "path": case_path(case.number),
                "plan": case.subscription.plan.name,
                "rows": self._after_undoing(session, case),
            }
        return self._frame.page("undo", who, values)

    def undo(self, request: Request, number: str, token: Text = "") -> Response:
        """Take a cancellation back."""
        who = self._frame.acting(request, token)
        with self._frame.database.write() as session:
            case = _case(session, number)
            done = acts.undo(session, case, billing=self._billing_for(session), by=who.mark)
        say = "undone" if done.just_now else "undone_before"
        return self._frame.go(case_path(case.number), who, say)

    def _after_undoing(self, session: Session, case: Case) -> list[Row]:
        plan, customer = case.subscription.plan, case.customer
        waiting = [
            STEPS[line.step.kind]
            for line in overview.steps_of(session, case)
            if line.step.state in {StepState.WAITING, StepState.STUCK}
        ]
        rows = [Row("Plan", f"{plan.name} goes on as before")]
        spared = case.shown["spared_minor"] if case.shown is not None else None
        if case.shown is not None and spared is not None:
            amount = money_text(spared, case.shown["currency"], customer.locale)
            rows.append(Row("Payments", f"{amount} is taken again when the period ends"))
        if case.ends_at is not None:
            rows.append(Row("Otherwise", f"It ends on {date_text(case.ends_at, customer)}"))
        return [*rows, Row("Called off", ", ".join(waiting) or "Nothing")]

    def _settle_page(
        self,
        request: Request,
        number: str,
        kind: StepKind,
        *,
        note: str = "",
        error: NoteInvalidError | None = None,
    ) -> Response:
        who = self._frame.looking(request)
        with self._frame.database.read() as session:
            case = _case(session, number)
            found = [line for line in overview.steps_of(session, case) if line.step.kind is kind]
            if not found:
                raise NotFoundError(f"Case {case.number} has no such step.")
            if found[0].step.state is not StepState.STUCK:
                return self._frame.go(case_path(case.number), who, "settled_before")
            values: dict[str, object] = {
                "number": case.number,
                "path": case_path(case.number),
                "kind": kind.value,
                "step": STEPS[kind],
                "why": found[0].why or UNKNOWN_REASON,
                "note": note,
                "longest": LONGEST_NOTE,
                "error": error.sentence if error else "",
            }
        return self._frame.page("settle", who, values, status=400 if error else 200)

    def _cancel_page(self, request: Request, number: str, *, sent: str | None = None) -> Response:
        """The form, or where it was sent and nothing was done, the form again and why."""
        who = self._frame.looking(request)
        with self._frame.database.read() as session:
            case = _case(session, number)
            if case.state not in acts.UNDECIDED:
                done = case.state in {CaseState.SCHEDULED, CaseState.ENDED}
                return self._frame.go(
                    case_path(case.number), who, "cancelled_before" if done else ""
                )
            billing, customer = self._billing_for(session), case.customer
            ways = ways_for_staff(session, case.subscription, customer, billing, self._policies)
            nothing_chosen = sent == "" and len(ways) > 1
            values: dict[str, object] = {
                "number": case.number,
                "path": case_path(case.number),
                "state": STATES[case.state],
                "plan": case.subscription.plan.name,
                "ends_on": date_text(ways[0].terms.ends_at, customer),
                "ways": [_way_row(way, customer) for way in ways],
                "nothing_chosen": nothing_chosen,
                "changed": sent is not None and not nothing_chosen,
            }
        status = 200 if sent is None else 400 if nothing_chosen else 409
        return self._frame.page("cancel", who, values, status=status)


def _case(session: Session, number: str) -> Case:
    case = overview.find(session, number)
    if case is None:
        raise NotFoundError("There is no case of this number.")
    return case


def _way_row(way: Way, customer: Customer) -> WayRow:
    rows = [Row(of_them(row.label), of_them(row.value)) for row in terms_rows(way.terms, customer)]
    if way.terms.other_way is not None:
        rows.append(Row("Undo", way.undo))
    return WayRow(way.label, rows, way.chosen, way.seen)


def _is_undone(case: Case) -> bool:
    return case.state is CaseState.UNDONE
