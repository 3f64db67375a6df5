"""How far an off-boarding is, in the customer's words: the checklist of the page and the mails."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from sqlalchemy.orm import Session

from channels.facts import Row
from offboarding import clock
from offboarding.accounts import service as accounts
from offboarding.accounts.model import Customer, Subscription
from offboarding.cases import service as cases
from offboarding.cases.model import Case
from offboarding.cases.states import CaseState
from offboarding.cases.terms import Terms, terms_from_json
from offboarding.erasure.kept import has_invoices, invoices_until_year, what_is_kept
from offboarding.erasure.outlook import terms_as_things_are
from offboarding.erasure.service import erased_at, kept_until
from offboarding.steps import service as steps
from offboarding.steps.model import OVER, Step, StepState
from offboarding.steps.plan import StepKind
from offboarding.wording import date_text, undo_until_text, until_text


class Mark(StrEnum):
    """How a line of the checklist is marked."""

    DONE = "done"
    COMING = "coming"
    WITH_A_PERSON = "with a person"
    STAYS = "stays"


@dataclass(frozen=True)
class Line:
    """One promise, whether it is kept yet, and when it was or will be.

    What stays because of another plan has no day.
    """

    mark: Mark
    title: str
    when: str


@dataclass(frozen=True)
class Progress:
    """A case as its customer sees it."""

    heading: str
    summary: str
    lines: Sequence[Line]
    kept: Sequence[Row]
    done: int
    """How many of the lines are done."""
    promised: int
    """How many there are to do: all lines but those of what stays."""
    undo_until: str | None
    """Until when it can be undone, as it goes on after "until"; None when it can't."""
    kept_until: str | None = None
    """Once it is over: until when a new plan of the account keeps all it had; else None."""
    content_kept: bool = False
    """Whether their content can still be downloaded."""


_TITLES = {
    StepKind.CANCEL: "Cancelled, so that nothing renews",
    StepKind.REFUND: "Money paid back",
    StepKind.EXPORT: "Copy of your data",
    StepKind.REMIND: "Reminder by mail",
    StepKind.END: "{plan} ends",
    StepKind.REVOKE_ACCESS: "Access taken away",
    StepKind.DETACH_PAYMENT_METHOD: "Payment method removed",
    StepKind.ERASE: "Your data erased",
}
"""What customers call each step; the others are nothing to them."""


def progress(session: Session, case: Case) -> Progress:
    """How far a case is now."""
    customer, plan = case.customer, case.subscription.plan.name
    if case.state is CaseState.UNDONE:
        undone = date_text(case.closed_at, customer) if case.closed_at else ""
        sentence = f"You took the cancellation back on {undone}. {plan} goes on as before."
        return Progress(f"You stayed with {plan}", sentence, (), (), 0, 0, None)
    if case.confirmed_at is None or case.shown is None:
        sentence = f"Nothing is decided about {plan}, and nothing is cancelled."
        return Progress(f"{plan} goes on", sentence, (), (), 0, 0, None)
    lines = _lines(session, case)
    done = sum(1 for line in lines if line.mark is Mark.DONE)
    promised = sum(1 for line in lines if line.mark is not Mark.STAYS)
    over = case.state is CaseState.ENDED or cases.ends_before(case, clock.now())
    return Progress(
        heading=f"{plan} has ended" if over else f"{plan} is cancelled",
        summary=_summary(session, case, done, promised),
        lines=lines,
        kept=kept_rows(session, case),
        done=done,
        promised=promised,
        undo_until=undo_until_text(case.ends_at, customer) if not over and case.ends_at else None,
        kept_until=kept_until_text(session, customer) if over else None,
        content_kept=_content_kept(session, case, terms_from_json(case.shown)),
    )


def _content_kept(session: Session, case: Case, agreed: Terms) -> bool:
    terms = terms_as_things_are(session, case, agreed)
    return bool(terms.other_plans) or terms.content_until >= clock.now()


def kept_rows(session: Session, case: Case) -> list[Row]:
    """What is kept when the rest is erased, why, and until when."""
    return [Row(_label(each["what"] or ""), _kept(each)) for each in what_is_kept(session, case)]


def kept_until_text(session: Session, customer: Customer) -> str | None:
    """The day until which an account without a plan finds all it had; None where there is none."""
    until = kept_until(session, customer.account_id)
    return until_text(until, customer) if until is not None else None


def _lines(session: Session, case: Case) -> list[Line]:
    erased = erased_at(session, case.subscription.account_id)
    stays = _what_stays(case, erased)
    lines = []
    for step in steps.steps_of(session, case.id):
        with_another = steps.done_with_another(session, case, step)
        open_still = step.state in {StepState.WAITING, StepState.NOT_NEEDED}
        if with_another is not None:
            other, done_at = with_another
            when = f"{date_text(done_at, case.customer)}, with case {other.number}"
            lines.append(Line(Mark.DONE, _TITLES[step.kind], when))
        elif open_still and step.kind in stays:
            lines.append(stays[step.kind])
        elif open_still and step.kind is StepKind.ERASE and erased is not None:
            # By whichever case of the account promises its content for longest.
            title = _TITLES[step.kind]
            lines.append(Line(Mark.COMING, title, date_text(erased, case.customer)))
        elif step.kind in _TITLES and not _needless(step):
            lines.append(_line(step, case.subscription.plan.name, case.customer))
    return lines


def _what_stays(case: Case, erased: datetime | None) -> dict[StepKind, Line]:
    """What is not taken away at its step's day, because of what else the account has now.

    `erased` is when its content is to be erased; a plan keeps it that is not over by then.
    """
    stays = {}
    subscription = case.subscription
    others = accounts.others(subscription)
    paid = [
        other.plan.name
        for other in others
        if not other.plan.free and not _over_by(other, case.ends_at)
    ]
    if paid and not subscription.plan.free:
        title = f"Your payment method stays for {' and '.join(paid)}"
        stays[StepKind.DETACH_PAYMENT_METHOD] = Line(Mark.STAYS, title, "")
    if any(not _over_by(other, erased) for other in others):
        title = "Your content stays while you have another plan"
        stays[StepKind.ERASE] = Line(Mark.STAYS, title, "")
    return stays


def _over_by(subscription: Subscription, moment: datetime | None) -> bool:
    """Whether it is cancelled and over by then."""
    end = subscription.cancel_at
    return end is not None and moment is not None and end <= moment


def _needless(step: Step) -> bool:
    """A copy that nobody asked for is no promise; nor is what the company has nothing of."""
    return step.state in {StepState.NOT_NEEDED, StepState.CALLED_OFF} or (
        step.kind is StepKind.EXPORT and step.state is StepState.WAITING
    )


def _line(step: Step, plan: str, customer: Customer) -> Line:
    title = _TITLES[step.kind].format(plan=plan)
    if step.kind is StepKind.END and step.state is StepState.DONE:
        title = f"{plan} ended"
    if step.state is StepState.STUCK:
        return Line(Mark.WITH_A_PERSON, title, "somebody of our team looks after it")
    if step.state in OVER and step.over_at is not None:
        return Line(Mark.DONE, title, date_text(step.over_at, customer))
    return Line(Mark.COMING, title, date_text(step.due_at, customer))


def _summary(session: Session, case: Case, done: int, promised: int) -> str:
    terms = terms_from_json(case.shown or {})
    year = invoices_until_year(session, case)
    how_far = f"All {promised} are done." if done == promised else f"{done} of {promised} done."
    if not has_invoices(session, case.subscription, terms):
        return how_far
    return f"{how_far} Invoices are kept until the end of {year}, because {terms.invoices_because}."


def _label(what: str) -> str:
    return what[:1].upper() + what[1:]


def _kept(each: dict[str, str | None]) -> str:
    because = f"because {each['because']}"
    if each["until"] is None:
        return f"kept, {because}"
    return f"until the end of {date.fromisoformat(each['until']).year}, {because}"
