"""The staff pages over HTTP, with a desk of cases, on each database."""

from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa
from fastapi import FastAPI
from pydantic import SecretStr
from starlette.testclient import TestClient

import offboard.tables  # noqa: F401 (so that `database` knows every table)
from channels.pages import routes as pages
from channels.staff import routes as staff
from offboarding.background.model import Task, TaskState
from offboarding.background.service import schedule
from offboarding.billing.ledger import LedgerBilling
from offboarding.cases import service as cases
from offboarding.cases.model import Case
from offboarding.database import Database
from offboarding.policies.store import Policies
from offboarding.settings import REPOSITORY, Settings
from offboarding.steps import service as steps
from offboarding.steps.plan import StepKind
from tests.channels.staff.staff_site import ROBIN, SAM, StaffBrowser
from tests.factories import cancel, make_customer, make_subscription

ADDRESS = "http://127.0.0.1:8000"
NewWindow = Callable[..., StaffBrowser]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(
        _env_file=None,
        data_directory=tmp_path,
        secret=SecretStr("s" * 40),
        public_url=ADDRESS,
        staff_addresses=[ROBIN, SAM],
        company_time_zone="Europe/Berlin",
    )


@pytest.fixture(scope="module")
def policies() -> Policies:
    return Policies(REPOSITORY / "policy")


@pytest.fixture
def new_window(settings: Settings, database: Database, policies: Policies) -> NewWindow:
    """Browsers of one site, or of another whose settings differ."""

    def made(other: Settings | None = None) -> StaffBrowser:
        known = other or settings
        application = FastAPI()
        for part in (pages, staff):
            application.include_router(part.router(known, database, policies, LedgerBilling))
        client = TestClient(application, base_url=known.base_url, raise_server_exceptions=False)
        return StaffBrowser(client, known, database)

    return made


@pytest.fixture
def window(new_window: NewWindow) -> StaffBrowser:
    return new_window()


@pytest.fixture
def robin(window: StaffBrowser) -> StaffBrowser:
    """Robin, signed in."""
    assert window.sign_in().path == "/staff/cases"
    return window


@pytest.fixture
def cancelled(database: Database, policies: Policies) -> Case:
    """A case whose customer said yes; Pro ends in 21 days."""
    with database.write() as session:
        customer = make_customer(session)
        return cancel(session, customer, make_subscription(session, customer), policies)[0]


@pytest.fixture
def undecided(database: Database) -> Case:
    """A case whose customer has not decided."""
    with database.write() as session:
        customer = make_customer(session, "bela@example.org", full_name="Béla Nagy")
        return cases.open_case(session, customer, make_subscription(session, customer), "2" * 32)


def get_stuck(
    database: Database, case: Case, kind: StepKind = StepKind.END, why: str = "ConnectionError"
) -> None:
    """A step of the case fails for good."""
    with database.write() as session:
        step = steps.step_of(session, case.id, kind)
        assert step is not None
        task = session.scalar(sa.select(Task).where(Task.subject_id == step.id))
        # One that waits for others has no task yet.
        task = task or schedule(session, steps.TASK, step.id, key=f"{steps.TASK}:{step.id}:0")
        task.state, task.last_error = TaskState.FAILED, why
        steps.stick(session, step.id)
