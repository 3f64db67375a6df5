"""Changed clocks, short months, leap days: each thing happens on the day that was promised."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import hypothesis.strategies as st
import pytest
import sqlalchemy as sa
import time_machine
from hypothesis import given

from channels.facts import receipt_facts
from channels.progress import Mark, progress
from offboarding import clock
from offboarding.background.model import Task, TaskState
from offboarding.cases.model import Case
from offboarding.cases.terms import terms_from_json, terms_values
from offboarding.database import Database
from offboarding.days import days_later, last_second
from offboarding.policies.store import Policies
from offboarding.receipts.model import Receipt
from offboarding.settings import REPOSITORY
from offboarding.steps import service as steps
from offboarding.steps.model import OVER, Step
from offboarding.steps.plan import StepKind
from offboarding.wording import date_text
from tests.factories import cancel, make_account, make_customer, make_subscription
from tests.offboarding.stepping import Stepping

ZONES = ("Europe/London", "Europe/Berlin", "Atlantic/Azores", "Europe/Helsinki", "Europe/Lisbon")
EARLIEST, LATEST = (datetime(year, 1, 1) for year in (2024, 2032))  # noqa: DTZ001 (any zone's)
ENDS: dict[str, tuple[str, tuple[int, ...]]] = {
    "the day on which clocks go back": ("Europe/London", (2026, 10, 25, 1, 30)),
    "just before clocks go back": ("Europe/Berlin", (2026, 10, 24, 23, 59, 59)),
    "a time that clocks skip": ("Europe/Berlin", (2027, 3, 28, 2, 30)),
    "a midnight that clocks skip": ("Atlantic/Azores", (2027, 3, 28, 0, 0)),
    "the day after clocks went forward": ("Europe/London", (2027, 3, 29, 0, 30)),
    "so that content is kept over the change": ("Europe/London", (2026, 10, 5, 0, 30)),
    "so that content is kept over the other": ("Europe/Helsinki", (2027, 3, 5, 23, 30)),
    "the last of a month": ("Europe/Berlin", (2027, 1, 31, 23, 59, 59)),
    "a leap day": ("Europe/Lisbon", (2028, 2, 29, 12, 0)),
    "the day before a leap day": ("Europe/Berlin", (2028, 2, 28, 0, 0)),
    "the end of a year": ("Europe/Helsinki", (2026, 12, 31, 23, 59, 59)),
}


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@pytest.mark.parametrize("when", ENDS)
def test_everything_happens_on_the_day_that_receipt_and_page_promise(
    database: Database, when: str
) -> None:
    name, wall = ENDS[when]
    zone = ZoneInfo(name)
    ends_at = datetime(*wall, tzinfo=zone).astimezone(UTC)
    with time_machine.travel(ends_at - timedelta(days=9, hours=5), tick=False) as traveller:
        life = Life(database, traveller, name, ends_at)
        receipt, page = life.receipt(), life.page()
        life.to_its_end()
        happened = life.happened()
        assert life.promised["ends_on"] == happened[StepKind.END] == page["Pro ends"]
        assert happened[StepKind.END] in receipt["Ends on"]
        assert happened[StepKind.REMIND] == page["Reminder by mail"]
        assert happened[StepKind.ERASE] == page["Your data erased"]
        assert life.promised["content_until"] in receipt["Your content"]
        last_day = life.day_of(life.ends_at) + timedelta(days=30)
        assert life.in_words(last_day) == life.promised["content_until"]
        assert life.day(StepKind.ERASE) == last_day + timedelta(days=1), "that day is theirs yet"
        assert life.day(StepKind.REMIND) == life.day_of(life.ends_at) - timedelta(days=1)
        done = life.page()
        assert done.pop("Pro ended") == page["Pro ends"]
        assert done.items() <= page.items(), "what the page promised is what it says was done"


class Life:
    """One case, from the yes to its end, by the clock of its customer."""

    def __init__(
        self, database: Database, traveller: time_machine.Traveller, zone: str, ends_at: datetime
    ) -> None:
        self.database, self.traveller, self.ends_at = database, traveller, ends_at
        self.zone = ZoneInfo(zone)
        self.stepping = Stepping(database)
        with database.write() as session:
            account = make_account(session, time_zone=zone)
            self.customer = make_customer(session, account=account, time_zone=zone)
            plan = make_subscription(session, self.customer, period_end=ends_at)
            policies = Policies(REPOSITORY / "policy")
            case, receipt = cancel(session, self.customer, plan, policies)
            self.case_id = case.id
            self.receipt_id = receipt.id
            self.promised = terms_values(terms_from_json(case.shown or {}), self.customer)

    def receipt(self) -> dict[str, str]:
        with self.database.read() as session:
            facts = receipt_facts(session, session.get_one(Receipt, self.receipt_id))
            return {row.label: row.value for row in facts.rows}

    def page(self) -> dict[str, str]:
        """The days of the checklist, whether they are past or to come."""
        with self.database.read() as session:
            lines = progress(session, session.get_one(Case, self.case_id)).lines
            assert all(line.mark is not Mark.WITH_A_PERSON for line in lines)
            return {line.title: line.when for line in lines}

    def to_its_end(self) -> None:
        """Each thing that is due, a second before its time (nothing happens) and then in time."""
        for _ in range(100):
            due = self._next_due()
            if due is None:
                return
            before = self._over()
            if due - timedelta(seconds=1) > clock.now():
                self.traveller.move_to(due - timedelta(seconds=1))
                self.stepping.run_due()
                assert self._over() == before
            self.traveller.move_to(max(due, clock.now()))
            self.stepping.run_due()
        raise AssertionError("it never comes to its end")

    def happened(self) -> dict[StepKind, str]:
        return {kind: self.in_words(day) for kind, day in self._days().items()}

    def day(self, kind: StepKind) -> date:
        return self._days()[kind]

    def day_of(self, moment: datetime) -> date:
        return moment.astimezone(self.zone).date()

    def in_words(self, day: date) -> str:
        return date_text(last_second(day, self.zone), self.customer)

    def _days(self) -> dict[StepKind, date]:
        return {
            step.kind: self.day_of(step.over_at)
            for step in self._steps()
            if step.over_at is not None
        }

    def _steps(self) -> list[Step]:
        with self.database.read() as session:
            return steps.steps_of(session, self.case_id)

    def _over(self) -> int:
        return sum(step.state in OVER for step in self._steps())

    def _next_due(self) -> datetime | None:
        with self.database.read() as session:
            waiting = sa.select(sa.func.min(Task.due_at)).where(Task.state == TaskState.PENDING)
            return session.scalar(waiting)


@given(
    moment=st.datetimes(min_value=EARLIEST, max_value=LATEST, timezones=st.just(UTC)),
    days=st.integers(-400, 400),
    zone=st.sampled_from(ZONES).map(ZoneInfo),
)
def test_so_many_days_later_is_so_many_calendar_days_later(
    moment: datetime, days: int, zone: ZoneInfo
) -> None:
    later = days_later(moment, days, zone)
    assert later.astimezone(zone).date() - moment.astimezone(zone).date() == timedelta(days=days)


@given(
    day=st.dates(min_value=date(2024, 1, 1), max_value=date(2032, 1, 1)),
    zone=st.sampled_from(ZONES).map(ZoneInfo),
)
def test_a_day_ends_with_its_last_second(day: date, zone: ZoneInfo) -> None:
    last = last_second(day, zone)
    assert last.astimezone(zone).date() == day
    assert (last + timedelta(seconds=1)).astimezone(zone).date() == day + timedelta(days=1)
