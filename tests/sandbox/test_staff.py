"""The sandbox's made-up person of the staff: from the bar on top, by the mailbox, to the cases."""

from collections.abc import Iterator
from urllib.parse import quote, urlsplit

import pytest
import sqlalchemy as sa
from fastapi import FastAPI
from starlette.testclient import TestClient

import offboard.tables  # noqa: F401 (so that `database` knows every table)
from channels.staff import routes as staff
from channels.staff.letters import staff_letter_handlers
from offboarding.background.model import Task
from offboarding.billing.ledger import LedgerBilling
from offboarding.cases.model import Case
from offboarding.database import Database
from offboarding.policies.store import Policies
from offboarding.settings import SANDBOX_STAFF, Settings
from offboarding.staff import links
from sandbox.mailbox import MailStore
from sandbox.server import Sandbox
from tests.channels.page import Page

LINK = 'href="/staff"'


@pytest.fixture
def client(sandbox: Sandbox, settings: Settings, database: Database) -> Iterator[TestClient]:
    application = FastAPI()
    application.include_router(sandbox.router())
    policies = Policies(settings.policy_directory)
    application.include_router(staff.router(settings, database, policies, LedgerBilling))
    with TestClient(application, base_url=settings.base_url) as client:
        yield client


def mailed_link(settings: Settings, database: Database) -> str:
    """Has the link mailed, and reads the mail in the sandbox's mailbox."""
    with database.read() as session:
        subject = session.scalars(sa.select(Task.subject_id).where(Task.kind == links.MAIL)).one()
    staff_letter_handlers(settings, database)[links.MAIL](subject)
    store = MailStore(settings.data_directory)
    [summary] = store.summaries(SANDBOX_STAFF)
    mail = store.mail(summary.key)
    assert mail is not None
    assert mail.text is not None
    return next(urlsplit(line).path for line in mail.text.splitlines() if line.startswith("http"))


def test_the_way_from_the_bar_to_the_desk_of_cases(
    client: TestClient, settings: Settings, database: Database
) -> None:
    for page in ("/", "/sandbox/mailbox", "/sandbox/phone", "/sandbox/desk", "/sandbox/systems"):
        assert LINK in client.get(page).text
    start = Page(client.get("/staff"))
    form = {**start.form("/staff/sign-in"), "email": SANDBOX_STAFF}
    sent = Page(client.post("/staff/sign-in", data=form))
    assert f"/sandbox/mailbox?to={quote(SANDBOX_STAFF)}" in sent.html
    link = mailed_link(settings, database)
    cases = Page(client.post(link, data=Page(client.get(link)).form(link)))
    with database.read() as session:
        case = session.scalars(sa.select(Case)).one()
    assert case.number in cases.text


def test_with_an_address_of_one_s_own_nobody_is_made_up(settings: Settings) -> None:
    own = settings.model_copy(update={"staff_addresses": ["me@company.example"]})
    assert own.staff == {"me@company.example"}
