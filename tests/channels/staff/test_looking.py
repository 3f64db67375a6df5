"""What staff see: what is stuck on top with the reason, one case, what is due; and no names."""

import re
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from channels.staff.looking import A_PAGE
from offboarding import clock
from offboarding.audit import service as audit
from offboarding.background.model import Task, TaskState
from offboarding.cases.model import Case
from offboarding.cases.states import CaseState
from offboarding.database import Database
from offboarding.exports import service as exports
from offboarding.policies.store import Policies
from offboarding.steps.plan import StepKind
from tests.channels.page import Page
from tests.channels.staff.conftest import get_stuck
from tests.channels.staff.staff_site import StaffBrowser
from tests.factories import cancel, make_customer, make_subscription


def numbers(page: Page) -> list[str]:
    return re.findall(r'scope="row"><a href="/staff/cases/([^"]+)"', page.html)


@pytest.fixture
def many(database: Database, policies: Policies) -> list[Case]:
    """More cancelled cases than stand on a page, the newest first."""
    with database.write() as session:
        made = []
        for minute in range(A_PAGE + 3):
            customer = make_customer(session, f"c{minute}@example.org")
            case, _ = cancel(session, customer, make_subscription(session, customer), policies)
            case.opened_at = datetime(2026, 11, 23, 9, minute, tzinfo=UTC)
            made.append(case)
    return made[::-1]


def test_without_a_case_it_says_so(robin: StaffBrowser) -> None:
    page = robin.open("/staff/cases")
    assert "Nothing is stuck." in page.text
    assert "There is no such case" in page.text
    due = robin.open("/staff/due")
    assert "Nothing is stuck." in due.text
    assert "Nothing is due by then." in due.text


def test_what_is_stuck_stands_on_top_with_the_reason(
    robin: StaffBrowser, database: Database, many: list[Case]
) -> None:
    oldest = many[-1]
    get_stuck(database, oldest)
    page = robin.open("/staff/cases")
    assert numbers(page)[0] == oldest.number
    assert numbers(page)[1:] == [case.number for case in many[: A_PAGE - 1]]
    assert "1 case needs a person" in page.text
    assert "Stuck: End the subscription: ConnectionError" in page.text
    assert numbers(robin.open("/staff/cases?show=stuck")) == [oldest.number]


def test_pages_have_every_case_once_with_counts(
    robin: StaffBrowser, database: Database, many: list[Case]
) -> None:
    for case in many[1:20:6]:
        get_stuck(database, case)
    first = robin.open("/staff/cases")
    assert f"1 to {A_PAGE} of {A_PAGE + 3}" in first.text
    second = robin.open("/staff/cases?page=2")
    assert f"{A_PAGE + 1} to {A_PAGE + 3} of {A_PAGE + 3}" in second.text
    shown = numbers(first) + numbers(second)
    assert sorted(shown) == sorted(case.number for case in many)
    assert numbers(robin.open("/staff/cases?page=99")) == numbers(second), "the last page"


def test_cases_can_be_narrowed_to_a_state(
    robin: StaffBrowser, cancelled: Case, undecided: Case
) -> None:
    assert set(numbers(robin.open("/staff/cases"))) == {cancelled.number, undecided.number}
    assert numbers(robin.open("/staff/cases?show=open")) == [undecided.number]
    assert numbers(robin.open("/staff/cases?show=scheduled")) == [cancelled.number]
    assert numbers(robin.open("/staff/cases?show=ended")) == []
    assert robin.open("/staff/cases?show=nonsense").status == 404
    assert robin.open("/staff/cases?page=0").status == 400


def test_a_number_leads_to_its_case_however_it_is_written(
    robin: StaffBrowser, cancelled: Case, undecided: Case
) -> None:
    number = cancelled.number
    for written in (number, number.lower(), f" {number} ", number.replace("-", ""), number[:6]):
        assert robin.open(f"/staff/cases?number={written}").path == f"/staff/cases/{number}"
    for nothing in ("%25", "%F0%9F%92%94"):
        page = robin.open(f"/staff/cases?number={nothing}")
        assert "No case has a number that begins with" in page.text
    missing = robin.open("/staff/cases?number=0000%3Cb%3E")
    assert "No case has a number that begins with “0000<b>”" in missing.text
    assert "<b>" not in missing.html


def test_the_whole_address_of_somebody_leads_to_their_cases_and_is_shown_nowhere(
    robin: StaffBrowser, cancelled: Case, undecided: Case
) -> None:
    first = robin.open("/staff/cases")
    found = robin.send(first, "/staff/cases/by-address", email=" Amara@Example.org ")
    assert numbers(found) == [cancelled.number]
    assert "example.org" not in found.html.lower()
    assert found.path == "/staff/cases/by-address"  # no log of paths has the address
    assert robin.open(found.path).path == "/staff/cases"
    for other in ("amara", "nobody@example.org", ""):
        nothing = robin.send(first, "/staff/cases/by-address", email=other)
        assert "Nobody with that address has a case here." in nothing.text
        assert "nobody@example.org" not in nothing.html


def test_who_is_not_signed_in_finds_nobody(robin: StaffBrowser) -> None:
    fields = robin.open("/staff/cases").form("/staff/cases/by-address")
    sent = {**fields, "email": "amara@example.org"}
    assert (
        robin.client.post("/staff/cases/by-address", data={**sent, "token": "forged"}).status_code
        == 403
    )
    robin.client.cookies.clear()
    assert "Sign in" in robin.client.post("/staff/cases/by-address", data=sent).text


def test_a_beginning_that_means_several_lists_them(robin: StaffBrowser, database: Database) -> None:
    with database.write() as session:
        for end in ("22A", "22C"):
            customer = make_customer(session, f"{end}@example.org")
            plan = make_subscription(session, customer)
            session.add(
                Case(
                    number=f"7F3K-{end}",
                    subscription=plan,
                    customer=customer,
                    conversation_id="3" * 32,
                    opened_at=clock.now(),
                )
            )
    assert numbers(robin.open("/staff/cases?number=7f3")) == ["7F3K-22A", "7F3K-22C"]


def test_a_case_has_its_steps_its_promises_and_its_history(
    robin: StaffBrowser, database: Database, cancelled: Case
) -> None:
    get_stuck(database, cancelled, StepKind.ERASE, why="TimeoutError")
    page = robin.open(f"/staff/cases/{cancelled.number}")
    for words in (
        "Cancelled, still runs",
        "Revoke access",
        "Stuck: TimeoutError",
        "Can be downloaded until",
        "because UK tax law says so",
        "Case confirmed",
        "Source: test",
        "Times are in Berlin time.",
    ):
        assert words in page.text
    receipt = re.search(r'href="(/receipts/[^"]+)"', page.html)
    assert receipt is not None
    assert robin.open(receipt[1]).status == 200
    sees = re.search(r'href="(/case/[^"]+)"', page.html)
    assert sees is not None
    assert "Pro is cancelled" in robin.open(sees[1]).text


def test_times_are_those_of_the_company(
    robin: StaffBrowser, database: Database, cancelled: Case
) -> None:
    with database.write() as session:
        case = session.get_one(Case, cancelled.id)
        case.opened_at = datetime(2026, 7, 1, 22, 30, tzinfo=UTC)
    assert "2 Jul 2026, 00:30" in robin.open("/staff/cases").text


def test_no_name_and_no_address_of_a_customer_stands_there(
    robin: StaffBrowser, database: Database, cancelled: Case
) -> None:
    with database.write() as session:
        case = session.get_one(Case, cancelled.id)
        case.reason_words = "I moved to Lyon"
    one = f"/staff/cases/{cancelled.number}"
    for path in ("/staff/cases", one, f"{one}/undo", "/staff/due?days=60"):
        text = robin.open(path).text
        for personal in ("Amara", "Okafor", "amara@example.org", "Lyon"):
            assert personal not in text
    assert cancelled.customer.external_id in robin.open(one).text


def test_what_is_due_is_listed_as_far_ahead_as_asked(
    robin: StaffBrowser, database: Database, cancelled: Case
) -> None:
    assert cancelled.number not in robin.open("/staff/due").text
    assert len(numbers(robin.open("/staff/due?days=22"))) == 5
    get_stuck(database, cancelled, StepKind.ERASE)
    stuck = robin.open("/staff/due?days=0")
    assert numbers(stuck) == [cancelled.number]
    assert "Stuck: ConnectionError" in stuck.text
    assert robin.open("/staff/due?days=-1").status == 400


def test_a_copy_of_data_that_was_given_up_is_told(
    robin: StaffBrowser, database: Database, cancelled: Case
) -> None:
    with database.write() as session:
        copy = exports.request(session, session.merge(cancelled).customer, "1" * 32)
        copy.problem = "The source crm answers with status 500."
    assert "could not be made" not in robin.open("/staff/due").text
    with database.write() as session:
        build = session.scalars(sa.select(Task).where(Task.kind == "export.build")).one()
        build.state = TaskState.FAILED
    told = robin.open("/staff/due").text
    assert "Copies of data that could not be made" in told
    assert "The source crm answers with status 500." in told


def test_what_is_not_there_is_said(robin: StaffBrowser) -> None:
    for path in ("/staff/cases/0000-000", "/staff/nothing", "/staff/cases/0000-000/undo"):
        page = robin.open(path)
        assert page.status == 404
        assert "There is nothing here" in page.text


def test_looking_changes_nothing(
    robin: StaffBrowser, database: Database, cancelled: Case, undecided: Case
) -> None:
    for case in (cancelled, undecided):
        for page in ("", "/cancel", "/undo", "/settle/end", "/retry"):
            robin.open(f"/staff/cases/{case.number}{page}")
    with database.read() as session:
        states = set(session.scalars(sa.select(Case.state)))
    assert states == {CaseState.SCHEDULED, CaseState.OPEN}


def test_a_case_long_over_is_there_too(
    robin: StaffBrowser, database: Database, cancelled: Case
) -> None:
    with database.write() as session:
        case = session.get_one(Case, cancelled.id)
        case.state, case.closed_at = CaseState.ENDED, clock.now() - timedelta(days=900)
    page = robin.open(f"/staff/cases/{cancelled.number}")
    assert "Ended" in page.text
    assert "/undo" not in page.html
    assert "/cancel" not in page.html


def test_the_log_tells_amounts_and_yes_or_no_as_they_are_read(
    robin: StaffBrowser, database: Database, cancelled: Case
) -> None:
    with database.write() as session:
        audit.record(
            session, "refund_agreed", cancelled.id, amount_minor=2900, currency="EUR",
            by_a_person=False, offer=None, problem=None,
        )  # fmt: skip
    page = robin.open(f"/staff/cases/{cancelled.number}")
    assert "Amount: €29.00" in page.text
    assert "By a person: no" in page.text
    assert "minor" not in page.text
    assert "Offer: None" not in page.text
    assert "Problem: None" not in page.text
