"""What staff do: each act once, shown before, with who did it in the log."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from html import unescape
from typing import Any, NamedTuple

import pytest
import sqlalchemy as sa

from offboarding import clock
from offboarding.accounts.model import Subscription, SubscriptionState
from offboarding.audit import service as audit
from offboarding.background.model import Task, TaskState
from offboarding.cases import service as cases
from offboarding.cases.model import Case
from offboarding.cases.states import CaseState
from offboarding.casework.model import LONGEST_NOTE, CaseNote
from offboarding.database import Database
from offboarding.receipts.model import Receipt, ReceiptKind
from offboarding.staff.model import StaffMember
from offboarding.steps import service as steps
from offboarding.steps.model import StepState
from offboarding.steps.plan import StepKind
from tests.channels.page import Page
from tests.channels.staff.conftest import NewWindow, get_stuck
from tests.channels.staff.staff_site import ROBIN, SAM, StaffBrowser
from tests.factories import begin_lately
from tests.offboarding.at_once import at_once

NOTE = "Closed it in the billing dashboard, ticket 4711."


def path(case: Case) -> str:
    return f"/staff/cases/{case.number}"


def state_of(database: Database, case: Case) -> CaseState:
    with database.read() as session:
        return session.get_one(Case, case.id).state


def end_of(database: Database, case: Case) -> StepState:
    with database.read() as session:
        step = steps.step_of(session, case.id, StepKind.END)
        assert step is not None
        return step.state


def logged(database: Database, case: Case, event: str) -> list[Mapping[str, Any]]:
    with database.read() as session:
        return [e.details for e in audit.entries(session, case.id) if e.event == event]


def mark(database: Database, email: str) -> str:
    with database.read() as session:
        member = session.scalars(sa.select(StaffMember).where(StaffMember.email == email)).one()
    return f"staff:{member.id}"


def count(database: Database, table: type, *conditions: sa.ColumnElement[bool]) -> int:
    with database.read() as session:
        found = session.scalar(sa.select(sa.func.count()).select_from(table).where(*conditions))
    return found or 0


def test_what_is_stuck_is_tried_again_once(
    robin: StaffBrowser, database: Database, cancelled: Case
) -> None:
    get_stuck(database, cancelled)
    page = robin.open(path(cancelled))
    done = robin.send(page, f"{path(cancelled)}/retry")
    assert "It is tried again now" in done.text
    assert end_of(database, cancelled) is StepState.WAITING
    again = robin.send(page, f"{path(cancelled)}/retry")
    assert "Nothing is stuck in this case any more" in again.text
    robins = {"step": "end", "by": mark(database, ROBIN)}
    assert logged(database, cancelled, "step_tried_again") == [robins]
    with database.read() as session:
        step = steps.step_of(session, cancelled.id, StepKind.END)
        assert step is not None
    pending = (Task.subject_id == step.id, Task.state == TaskState.PENDING)
    assert count(database, Task, *pending) == 1


def test_the_log_on_the_page_says_who_it_was(
    robin: StaffBrowser, database: Database, cancelled: Case
) -> None:
    get_stuck(database, cancelled)
    robin.send(robin.open(path(cancelled)), f"{path(cancelled)}/retry")
    text = robin.open(path(cancelled)).text
    assert f"Step tried again {clock.now():%Y}"[:16] in text
    assert text.count(ROBIN) == 2, "in the head of the page, and beside what they did"
    assert "staff:" not in text


def test_a_step_is_settled_with_a_note_and_once(
    robin: StaffBrowser, database: Database, cancelled: Case
) -> None:
    get_stuck(database, cancelled)
    action = f"{path(cancelled)}/settle/end"
    form = robin.open(action)
    assert "ConnectionError" in form.text
    done = robin.send(form, action, note=f"  {NOTE}\n")
    assert "Noted as done by hand" in done.text
    assert NOTE in done.text
    assert end_of(database, cancelled) is StepState.DONE
    again = robin.send(form, action, note=NOTE)
    assert "not stuck any more, so nothing was noted" in again.text
    assert count(database, CaseNote) == 1
    robins = {"step": "end", "by": mark(database, ROBIN)}
    assert logged(database, cancelled, "step_done_by_hand") == [robins]
    assert robin.open(action).path == path(cancelled), "there is nothing to settle any more"


@pytest.mark.parametrize("note", ["", " \n ", "x" * (LONGEST_NOTE + 1)])
def test_without_a_fitting_note_nothing_is_settled(
    robin: StaffBrowser, database: Database, cancelled: Case, note: str
) -> None:
    get_stuck(database, cancelled)
    action = f"{path(cancelled)}/settle/end"
    page = robin.send(robin.open(action), action, note=note)
    assert page.status == 400
    assert "There is a problem" in page.text
    assert end_of(database, cancelled) is StepState.STUCK
    assert count(database, CaseNote) == 0


def test_a_note_is_shown_as_it_was_written_and_runs_nothing(
    robin: StaffBrowser, database: Database, cancelled: Case
) -> None:
    get_stuck(database, cancelled)
    action = f"{path(cancelled)}/settle/end"
    page = robin.send(robin.open(action), action, note="<script>alert(1)</script>")
    assert "<script>" not in page.html
    assert "<script>alert(1)</script>" in page.text


def test_a_step_that_the_case_has_not_is_said(robin: StaffBrowser, cancelled: Case) -> None:
    assert robin.open(f"{path(cancelled)}/settle/refund").status == 404
    assert robin.open(f"{path(cancelled)}/settle/nonsense").status == 400


def test_staff_cancel_after_what_will_happen_is_shown(
    robin: StaffBrowser, database: Database, undecided: Case
) -> None:
    action = f"{path(undecided)}/cancel"
    form = robin.open(action)
    assert "will not be taken" in form.text
    assert "Cancel Pro on" in form.text
    assert "Their content" in form.text, "staff read it, not the customer"
    assert choices(form) == [], "there is one way"
    done = robin.send(form, action)
    assert "Cancelled. The customer gets the receipt by mail." in done.text
    assert state_of(database, undecided) is CaseState.SCHEDULED
    again = robin.send(form, action)
    assert "It was cancelled already" in again.text
    assert count(database, Receipt) == 1
    assert logged(database, undecided, "confirmed") == [{"source": mark(database, ROBIN)}]
    assert robin.open(action).path == path(undecided), "there is nothing to cancel any more"


def test_what_has_changed_since_it_was_shown_is_shown_again(
    robin: StaffBrowser, database: Database, undecided: Case
) -> None:
    action = f"{path(undecided)}/cancel"
    form = robin.open(action)
    with database.write() as session:
        plan = session.get_one(Subscription, undecided.subscription_id)
        assert plan.period_end is not None
        plan.period_end += timedelta(days=30)
    changed = robin.send(form, action)
    assert changed.status == 409
    assert "Something about this plan has changed" in changed.text
    assert state_of(database, undecided) is CaseState.OPEN
    assert "Cancelled." in robin.send(changed, action).text


class Choice(NamedTuple):
    """One of the ways in the form."""

    seen: str
    made: bool
    label: str


def choices(page: Page) -> list[Choice]:
    """The ways in the order in which they stand."""
    found = re.findall(r'name="seen" value="([\w.]+)"([^>]*)><span>([^<]+)', page.html)
    return [Choice(seen, "checked" in more, unescape(label)) for seen, more, label in found]


@pytest.fixture
def newcomer(database: Database, undecided: Case) -> Case:
    """The undecided one would be paid back: there are two ways to leave."""
    with database.write() as session:
        begin_lately(session, session.get_one(Subscription, undecided.subscription_id))
    return undecided


def plan_of(database: Database, case: Case) -> Subscription:
    with database.read() as session:
        return session.get_one(Subscription, case.subscription_id)


def is_paid_back(database: Database, case: Case) -> bool:
    with database.read() as session:
        return steps.step_of(session, case.id, StepKind.REFUND) is not None


def test_both_ways_to_leave_are_shown_alike_and_none_is_chosen_for_who_said_nothing(
    robin: StaffBrowser, newcomer: Case
) -> None:
    form = robin.open(f"{path(newcomer)}/cancel")
    assert "How shall Pro end?" in form.text
    now, later = choices(form)
    assert now.label == "At once, with €29.00 paid back"
    assert later.label.endswith(", with nothing paid back")
    assert (now.made, later.made) == (False, False)
    assert "because they are within the 14 days in which they may withdraw" in form.text
    assert "It can't be undone" in form.text
    assert "It can be undone until" in form.text
    assert "The customer has said" not in form.text


def test_staff_let_it_run_out_and_a_second_form_changes_nothing(
    robin: StaffBrowser, database: Database, newcomer: Case
) -> None:
    action = f"{path(newcomer)}/cancel"
    form = robin.open(action)
    now, later = choices(form)
    assert "Cancelled." in robin.send(form, action, seen=later.seen).text
    assert state_of(database, newcomer) is CaseState.SCHEDULED
    assert not is_paid_back(database, newcomer)
    robins = mark(database, ROBIN)
    assert logged(database, newcomer, "way_chosen") == [{"runs_out": True, "by": robins}]
    assert [each["amount_minor"] for each in logged(database, newcomer, "refund_let_go")] == [2900]
    for other in (now, later):
        assert "It was cancelled already" in robin.send(form, action, seen=other.seen).text
    plan = plan_of(database, newcomer)
    assert (plan.state, plan.cancel_at) == (SubscriptionState.ACTIVE, plan.period_end)
    assert count(database, Receipt) == 1


def test_staff_end_it_at_once_with_the_money_back(
    robin: StaffBrowser, database: Database, newcomer: Case
) -> None:
    action = f"{path(newcomer)}/cancel"
    form = robin.open(action)
    assert "Cancelled." in robin.send(form, action, seen=choices(form)[0].seen).text
    assert plan_of(database, newcomer).state is SubscriptionState.ENDED
    assert is_paid_back(database, newcomer)
    assert [each["amount_minor"] for each in logged(database, newcomer, "refund_agreed")] == [2900]


def test_what_the_customer_chose_stands_first_and_is_chosen(
    robin: StaffBrowser, database: Database, newcomer: Case
) -> None:
    with database.write() as session:
        cases.choose_way(session, session.get_one(Case, newcomer.id), runs_out=True)
    form = robin.open(f"{path(newcomer)}/cancel")
    later, now = choices(form)
    assert later.label.endswith(", with nothing paid back")
    assert (later.made, now.made) == (True, False)
    assert form.text.count("The customer has said that they want this.") == 1


def test_without_one_of_the_ways_nothing_is_done(
    robin: StaffBrowser, database: Database, newcomer: Case
) -> None:
    action = f"{path(newcomer)}/cancel"
    form = robin.open(action)
    neither = robin.send(form, action)
    assert (neither.status, neither.title[:7]) == (400, "Error: ")
    assert "Choose how it shall end, as the customer wants it." in neither.text
    unknown = robin.send(form, action, seen="sideways")
    assert unknown.status == 409
    assert "so nothing was done" in unknown.text
    assert state_of(database, newcomer) is CaseState.OPEN


def test_a_way_that_is_gone_since_it_was_shown_is_not_taken_and_the_one_left_is_shown(
    robin: StaffBrowser, database: Database, newcomer: Case
) -> None:
    action = f"{path(newcomer)}/cancel"
    form = robin.open(action)
    with database.write() as session:
        session.get_one(Subscription, newcomer.subscription_id).started_at -= timedelta(days=30)
    changed = robin.send(form, action, seen=choices(form)[0].seen)
    assert changed.status == 409
    assert "Something about this plan has changed" in changed.text
    assert "paid back at once" not in changed.text
    assert choices(changed) == []
    assert state_of(database, newcomer) is CaseState.OPEN
    assert "Cancelled." in robin.send(changed, action).text
    assert not is_paid_back(database, newcomer)


@pytest.mark.parametrize("before", [False, True], ids=["said-nothing", "let-it-run"])
def test_what_the_customer_says_meanwhile_is_shown_before_staff_choose(
    robin: StaffBrowser, database: Database, newcomer: Case, *, before: bool
) -> None:
    def said(*, runs_out: bool) -> None:
        with database.write() as session:
            cases.choose_way(session, session.get_one(Case, newcomer.id), runs_out=runs_out)

    action = f"{path(newcomer)}/cancel"
    said(runs_out=before)
    form = robin.open(action)
    said(runs_out=not before)
    for old in choices(form):
        changed = robin.send(form, action, seen=old.seen)
        assert changed.status == 409
        assert [each.made for each in choices(changed)] == [not before, False]
    assert plan_of(database, newcomer).renews


def test_whoever_stayed_is_not_cancelled(
    robin: StaffBrowser, database: Database, undecided: Case
) -> None:
    action = f"{path(undecided)}/cancel"
    form = robin.open(action)
    with database.write() as session:
        session.get_one(Case, undecided.id).state = CaseState.KEPT
    refused = robin.send(form, action)
    assert refused.status == 409
    assert "the customer stayed" in refused.text
    assert count(database, Receipt) == 0


def test_staff_undo_a_cancellation_after_what_will_happen_is_shown(
    robin: StaffBrowser, database: Database, cancelled: Case
) -> None:
    action = f"{path(cancelled)}/undo"
    form = robin.open(action)
    for words in ("Pro goes on as before", "€29.00 is taken again", "Revoke access"):
        assert words in form.text
    done = robin.send(form, action)
    assert "The cancellation is undone" in done.text
    assert state_of(database, cancelled) is CaseState.UNDONE
    again = robin.send(form, action)
    assert "It was undone already" in again.text
    assert count(database, Receipt, Receipt.kind == ReceiptKind.UNDO) == 1
    assert logged(database, cancelled, "undone_by_staff") == [{"by": mark(database, ROBIN)}]


def test_after_its_end_it_can_t_be_undone(
    robin: StaffBrowser, database: Database, cancelled: Case
) -> None:
    action = f"{path(cancelled)}/undo"
    form = robin.open(action)
    with database.write() as session:
        session.get_one(Case, cancelled.id).ends_at = clock.now() - timedelta(seconds=1)
    refused = robin.send(form, action)
    assert refused.status == 409
    assert "It has ended already" in refused.text
    assert state_of(database, cancelled) is CaseState.SCHEDULED
    assert "Undo the cancellation" not in robin.open(path(cancelled)).text


@dataclass(frozen=True)
class Act:
    """Something that can be done now: where its form leads to, and in which case."""

    action: str
    case: Case


@pytest.fixture(params=["retry", "settle/end", "cancel", "undo"])
def act(
    request: pytest.FixtureRequest, database: Database, cancelled: Case, undecided: Case
) -> Act:
    kind = str(request.param)
    if kind in {"retry", "settle/end"}:
        get_stuck(database, cancelled)
    case = undecided if kind == "cancel" else cancelled
    return Act(f"{path(case)}/{kind}", case)


def form_of(window: StaffBrowser, action: str) -> Page:
    """The page that has the form of an act."""
    return window.open(action.removesuffix("/retry"))


def snapshot(database: Database) -> tuple[object, ...]:
    """What an act could change."""
    with database.read() as session:
        states = session.execute(sa.select(Case.id, Case.state).order_by(Case.id)).all()
        step_states = session.execute(
            sa.text("SELECT id, state FROM off_boarding_step ORDER BY id")
        )
        return (*states, *step_states, count(database, Task), count(database, CaseNote))


def test_without_the_mark_of_our_form_nothing_is_done(
    robin: StaffBrowser,
    new_window: NewWindow,
    database: Database,
    act: Act,
) -> None:
    action = act.action
    fields = {**form_of(robin, action).form(action), "note": NOTE}
    sam = new_window()
    sam.sign_in(SAM)
    before = snapshot(database)
    foreign = form_of(sam, action).form(action)["token"]
    for token in ("", "forged", foreign):
        answer = robin.client.post(action, data={**fields, "token": token})
        assert answer.status_code == 403
        assert "Please open the page again" in answer.text
    assert snapshot(database) == before


def test_whoever_is_not_signed_in_does_nothing(
    robin: StaffBrowser,
    new_window: NewWindow,
    database: Database,
    act: Act,
) -> None:
    action = act.action
    fields = {**form_of(robin, action).form(action), "note": NOTE}
    before = snapshot(database)
    stranger = new_window()
    assert Page(stranger.client.post(action, data=fields)).path == "/staff/sign-in"
    robin.send(robin.open("/staff/cases"), "/staff/sign-out")
    assert Page(robin.client.post(action, data=fields)).path == "/staff/sign-in"
    assert snapshot(database) == before


def test_of_two_staff_in_the_same_instant_one_does_it_and_both_are_told(
    robin: StaffBrowser,
    new_window: NewWindow,
    database: Database,
    act: Act,
) -> None:
    action = act.action
    sam = new_window()
    sam.sign_in(SAM)
    people = [robin, sam]
    forms = [form_of(each, action).form(action) for each in people]

    def press(number: int) -> str:
        data = {**forms[number], "note": NOTE}
        return Page(people[number].client.post(action, data=data)).text

    told = [str(text) for text in at_once(2, press)]
    done = [text for text in told if "so nothing was" not in text]
    assert len(done) == 1, told
    assert count(database, CaseNote) <= 1
    events = ("step_tried_again", "undone_by_staff", "confirmed", "case_scheduled")
    assert all(len(logged(database, act.case, event)) <= 1 for event in events)


def test_what_is_said_after_an_act_is_said_to_nobody_else(
    robin: StaffBrowser, new_window: NewWindow, cancelled: Case
) -> None:
    done = robin.send(robin.open(f"{path(cancelled)}/undo"), f"{path(cancelled)}/undo")
    assert "The cancellation is undone" in done.text
    link = str(done.response.url)
    sam = new_window()
    sam.sign_in(SAM)
    assert "The cancellation is undone" not in sam.open(link).text
    assert "gets a receipt" not in robin.open(f"{path(cancelled)}?said=undone").text
