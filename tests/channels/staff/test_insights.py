"""Why customers leave, on a page: for the staff, and for who reads that and sees no case."""

import csv
import io
from datetime import timedelta

import pytest

from offboarding import clock
from offboarding.cases.model import Case
from offboarding.cases.reasons import ChurnReason
from offboarding.database import Database
from offboarding.policies.store import Policies
from offboarding.settings import Settings
from tests.channels.staff.conftest import NewWindow
from tests.channels.staff.staff_site import StaffBrowser
from tests.offboarding.insights.leavers import Leavers

KIM = "kim@larkspur.example"
"""Reads the insights, and nothing else."""
INSIGHTS = "/staff/insights"


@pytest.fixture
def leavers(database: Database, policies: Policies) -> list[Case]:
    """One who left because it is unused, one who took a pause, one who said nothing more."""
    with database.write() as session:
        people = Leavers(session, policies)
        left, stayed = people.wishes(ChurnReason.UNUSED, "<b>I</b> never open it"), people.wishes()
        people.leaves(left)
        people.answers(left, "Mail kim@example.org", None)
        stayed.reason = ChurnReason.UNUSED
        people.accepts(stayed)
        return [left, stayed, people.wishes()]


@pytest.fixture
def kim(new_window: NewWindow, settings: Settings) -> StaffBrowser:
    """Kim, signed in."""
    window = new_window(settings.model_copy(update={"insights_addresses": [KIM]}))
    assert window.sign_in(KIM).path == INSIGHTS
    return window


def test_the_page_tells_what_became_of_the_wishes(robin: StaffBrowser, leavers: list[Case]) -> None:
    page = robin.open(INSIGHTS)
    assert page.title.startswith("Why they leave, ")
    for said in (
        "3 wishes to leave were said (in the 90 days before: 0).",
        "€29.00 a month was paid by the one who left.",
        "These are few",
        "Unused",
        "Not given",
        "pause-for-a-while",
        "100% of 1",
        "With the assistant: 1 (100%)",
        "What could be better: 100% of 1 answered",
        "What would bring them back: 0% of 1 answered",
        "A person was asked for 0 times.",
    ):
        assert said in page.text, said
    assert '<meter min="0" max="1" value="0.6667"' in page.html


def test_of_days_in_which_nobody_left_it_says_so(robin: StaffBrowser) -> None:
    page = robin.open(INSIGHTS)
    assert page.status == 200
    assert "that they want to leave. In as many days before it were 0." in page.text


def test_other_days_are_a_press_away_or_typed(robin: StaffBrowser, leavers: list[Case]) -> None:
    assert (
        'href="/staff/insights?days=30" aria-current="true"'
        in robin.open(f"{INSIGHTS}?days=30").html
    )
    long_ago = robin.open(f"{INSIGHTS}?from=2024-02-01&to=2024-02-29")
    assert "1 Feb 2024 to 29 Feb 2024" in long_ago.text
    assert "Nobody said" in long_ago.text


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("from=2026-02-30&to=2026-03-01", "Write the first day as year-month-day"),
        ("from=2026-03-01", "Write the last day as year-month-day"),
        ("from=2026-03-02&to=2026-03-01", "The last day is before the first. Swap them."),
        ("from=2999-01-01&to=2999-01-02", "That has not begun yet"),
        ("from=0001-01-01&to=0001-01-01", "Choose a first day from 2000-01-01 on."),
        ("from=9999-12-31&to=9999-12-31", "That has not begun yet"),
        ("from=<script>&to=2026-01-01", "Write the first day"),
    ],
)
@pytest.mark.parametrize("path", [INSIGHTS, f"{INSIGHTS}/words", f"{INSIGHTS}/wishes.csv"])
def test_days_that_are_none_are_named_and_stay_typed(
    robin: StaffBrowser, path: str, query: str, said: str
) -> None:
    page = robin.open(f"{path}?{query}")
    assert page.status == 400
    assert said in page.text
    assert "<script>" not in page.html
    typed = ('value="2026-03-0', 'value="2999-', 'value="0001-', 'value="9999-', "&lt;script")
    assert any(each in page.html for each in typed)


def test_their_words_are_there_without_who_wrote_them(
    robin: StaffBrowser, leavers: list[Case]
) -> None:
    page = robin.open(f"{INSIGHTS}/words")
    assert "&lt;b&gt;I&lt;/b&gt; never open it" in page.html
    assert "Mail …" in page.text
    assert "kim@example.org" not in page.text
    assert leavers[0].number not in page.text
    only = robin.open(f"{INSIGHTS}/words?reason=low_quality")
    assert "Nobody left words from" in only.text
    assert "for this reason" in only.text
    assert robin.open(f"{INSIGHTS}/words?reason=nonsense").status == 200


@pytest.mark.parametrize(
    ("count", "said"),
    [
        (1, "Left out: 1, because it tells of a hard moment"),
        (2, "Left out: 2, because they tell of a hard moment"),
    ],
)
def test_of_words_that_tell_of_a_hard_moment_only_the_count_is_there(
    kim: StaffBrowser, database: Database, policies: Policies, count: int, said: str
) -> None:
    with database.write() as session:
        for _ in range(count):
            Leavers(session, policies).wishes(ChurnReason.OTHER, "my mother Anna died on Tuesday")
    page = kim.open(f"{INSIGHTS}/words")
    assert said in page.text
    assert "Anna" not in page.text
    assert "Nobody left words" not in page.text
    assert "Left out" not in kim.open(f"{INSIGHTS}/words?reason=unused").text


def test_every_wish_is_a_line_of_a_file(robin: StaffBrowser, leavers: list[Case]) -> None:
    page = robin.open(f"{INSIGHTS}/wishes.csv?days=30")
    response = page.response
    assert response.headers["content-type"] == "text/csv; charset=utf-8"
    assert response.headers["content-disposition"].startswith('attachment; filename="wishes-')
    assert response.headers["cache-control"] == "no-store"
    rows = list(csv.DictReader(io.StringIO(response.content.decode("utf-8-sig"))))
    assert {row["case"] for row in rows} == {case.number for case in leavers}
    assert sorted(row["outcome"] for row in rows) == ["left", "stayed", "undecided"]


# --- who may see what


def test_who_sees_no_case_has_no_number_of_one_in_the_file(
    kim: StaffBrowser, leavers: list[Case]
) -> None:
    text = kim.open(f"{INSIGHTS}/wishes.csv?days=30").response.content.decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert sorted(row["outcome"] for row in rows) == ["left", "stayed", "undecided"]
    assert "case" not in rows[0]
    assert not any(case.number in text for case in leavers)


def test_who_reads_the_insights_sees_no_case(kim: StaffBrowser, leavers: list[Case]) -> None:
    page = kim.open(INSIGHTS)
    assert "3 wishes to leave" in page.text
    assert "/staff/cases" not in page.html
    assert kim.open(f"{INSIGHTS}/words").status == 200
    assert kim.open("/staff").path == INSIGHTS
    for path in (
        "/staff/cases",
        "/staff/due",
        f"/staff/cases/{leavers[0].number}",
        f"/staff/cases/{leavers[2].number}/cancel",
        f"/staff/cases/{leavers[0].number}/undo",
        f"/staff/cases/{leavers[0].number}/settle/end",
    ):
        refused = kim.open(path)
        assert refused.status == 403, path
        assert "you read why customers leave, and see no case of anybody" in refused.text


def test_who_reads_the_insights_can_do_nothing_in_a_case(
    kim: StaffBrowser, leavers: list[Case], database: Database
) -> None:
    token = kim.open(INSIGHTS).form("/staff/sign-out")["token"]
    for act in (f"{leavers[2].number}/cancel", f"{leavers[0].number}/undo"):
        answer = kim.client.post(f"/staff/cases/{act}", data={"token": token, "seen": ""})
        assert answer.status_code == 403
    with database.read() as session:
        assert session.get_one(Case, leavers[2].id).confirmed_at is None


def test_who_reads_the_insights_signs_out(kim: StaffBrowser) -> None:
    out = kim.send(kim.open(INSIGHTS), "/staff/sign-out")
    assert out.path == "/staff/sign-in/out"
    assert kim.open(INSIGHTS).path == "/staff/sign-in"


def test_nobody_reads_them_without_signing_in(window: StaffBrowser, leavers: list[Case]) -> None:
    for path in ("", "/words", "/wishes.csv"):
        assert window.open(f"{INSIGHTS}{path}").path == "/staff/sign-in"


def test_staff_who_are_also_named_there_see_cases(
    new_window: NewWindow, settings: Settings
) -> None:
    both = settings.model_copy(update={"insights_addresses": [settings.staff_addresses[0]]})
    assert new_window(both).sign_in().path == "/staff/cases"


def test_who_is_taken_off_the_list_reads_no_more(
    kim: StaffBrowser, settings: Settings, new_window: NewWindow
) -> None:
    without = new_window(settings)
    without.client.cookies = kim.client.cookies
    assert without.open(INSIGHTS).path == "/staff/sign-in"


def test_a_wish_of_this_moment_is_there_at_once(
    robin: StaffBrowser, database: Database, policies: Policies
) -> None:
    with database.write() as session:
        case = Leavers(session, policies).wishes(ChurnReason.OTHER)
        case.opened_at = clock.now() - timedelta(seconds=1)
    assert "1 wish to leave was said" in robin.open(f"{INSIGHTS}?days=30").text
