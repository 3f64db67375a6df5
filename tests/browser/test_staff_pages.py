"""The staff pages as a browser shows them: no fault axe can find, nothing that needs a mouse."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
import uvicorn
from fastapi import FastAPI
from playwright.sync_api import Browser, Page, expect
from pydantic import SecretStr

import offboard.tables  # noqa: F401 (every table is known, as in the application)
from channels.pages import routes as pages
from channels.staff import routes as staff
from offboarding import clock
from offboarding.background.model import Task, TaskState
from offboarding.billing.ledger import LedgerBilling
from offboarding.cases import service as cases
from offboarding.cases.model import Case
from offboarding.cases.reasons import ChurnReason
from offboarding.database import Base, Database, open_database
from offboarding.handoffs import service as handoffs
from offboarding.handoffs.causes import HandOffCause
from offboarding.handoffs.declaring import WrittenDeclaration, declare
from offboarding.policies.store import Policies
from offboarding.receipts.model import Declaration
from offboarding.settings import Settings
from offboarding.staff import links
from offboarding.steps import service as steps
from offboarding.steps.plan import StepKind
from tests.browser.axe import judge
from tests.commands.checkout import free_port, until
from tests.factories import begin_lately, cancel, make_customer, make_plan, make_subscription

pytestmark = pytest.mark.browser
LOOKS: dict[str, dict[str, Any]] = {
    "light": {"viewport": {"width": 1200, "height": 800}},
    "dark": {"color_scheme": "dark", "viewport": {"width": 1200, "height": 800}},
    "narrow": {"viewport": {"width": 320, "height": 640}},
    "forced-colors": {"forced_colors": "active"},
}
ROBIN = "robin.ellery-of-the-night-shift@larkspur.example"
Picture = Callable[[Page, str], None]


@dataclass
class Site:
    """A desk of cases: some run, one is stuck, one is undecided, one has two ways to leave."""

    address: str
    settings: Settings
    database: Database
    stuck: str
    undecided: str
    newcomer: str
    running: str
    notice: str
    heard: str

    def link(self) -> str:
        """The link that was mailed last."""
        with self.database.read() as session:
            task = session.scalars(
                sa.select(Task).where(Task.kind == links.MAIL).order_by(Task.created_at.desc())
            ).first()
            assert task is not None
            mailed = links.to_mail(session, task.subject_id, self.settings)
        assert mailed is not None
        return mailed[1]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder, port = tmp_path_factory.mktemp("staff"), free_port()
    settings = Settings(
        _env_file=None,
        data_directory=folder,
        secret=SecretStr("s" * 40),
        public_url=f"http://127.0.0.1:{port}",
        staff_addresses=[ROBIN],
        company_time_zone="Europe/Berlin",
    )
    database, policies = open_database(settings), Policies(settings.policy_directory)
    Base.metadata.create_all(database.engine)
    application = FastAPI()
    for part in (pages, staff):
        application.include_router(part.router(settings, database, policies, LedgerBilling))
    server = uvicorn.Server(uvicorn.Config(application, port=port, log_level="warning"))
    thread = threading.Thread(target=server.run)
    thread.start()
    until(lambda: server.started)
    yield _made(settings, database, policies)
    server.should_exit = True
    thread.join()
    database.close()


def _made(settings: Settings, database: Database, policies: Policies) -> Site:
    with database.write() as session:
        made: list[Case] = []
        for number in range(30):
            customer = make_customer(session, f"c{number}@example.org")
            plan = make_plan(session, "Pro" if number % 3 else "Team yearly")
            subscription = make_subscription(session, customer, plan, days_left=3 + number)
            case, _ = cancel(session, customer, subscription, policies)
            case.reason = list(ChurnReason)[number % len(ChurnReason)]
            case.opened_at = clock.now() - timedelta(days=number, hours=number)
            made.append(case)
        customer = make_customer(session, "undecided@example.org")
        undecided = cases.open_case(
            session, customer, make_subscription(session, customer), "2" * 32
        )
        written = WrittenDeclaration(
            Declaration.WITHDRAWAL, "Amara Okafor", "The Pro plan", "c1@example.org"
        )
        notice = declare(session, written, "a visit")
        heard = handoffs.request(session, "5" * 32, cause=HandOffCause.WITHDRAWAL)
        handoffs.add_note(session, heard, "Withdrawal from the contract, declared: I withdraw")
        customer = make_customer(session, "newcomer@example.org")
        lately = make_subscription(session, customer)
        begin_lately(session, lately)
        newcomer = cases.open_case(session, customer, lately, "3" * 32)
        cases.choose_way(session, newcomer, runs_out=True)
        step = steps.step_of(session, made[20].id, StepKind.REVOKE_ACCESS)
        assert step is not None
        failed = Task(
            kind=steps.TASK,
            key="failed",
            subject_id=step.id,
            created_at=clock.now(),
            due_at=clock.now(),
            state=TaskState.FAILED,
            last_error="SystemsUnreachableError",
        )
        session.add(failed)
        steps.stick(session, step.id)
        return Site(
            settings.base_url,
            settings,
            database,
            stuck=made[20].number,
            undecided=undecided.number,
            newcomer=newcomer.number,
            running=made[0].number,
            notice=notice.number,
            heard=heard.number,
        )


def sign_in(page: Page, site: Site) -> None:
    page.goto(f"{site.address}/staff")
    page.get_by_label("Your e-mail address at work").fill(ROBIN)
    page.get_by_role("button", name="Mail me a link").click()
    expect(page.get_by_role("heading", name="Look into your mail")).to_be_visible()
    page.goto(site.link())
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="Cases")).to_be_visible()


@pytest.mark.parametrize("look", LOOKS)
def test_there_is_no_fault_in_them(
    chromium: Browser, site: Site, look: str, picture: Picture
) -> None:
    context = chromium.new_context(**LOOKS[look])
    page = context.new_page()
    wrong: list[str] = []

    def look_at(name: str) -> None:
        picture(page, f"staff-{look}-{name}")
        wrong.extend(judge(page, name))
        if page.evaluate(
            "document.documentElement.scrollWidth > document.documentElement.clientWidth"
        ):
            wrong.append(f"{name} scrolls sideways")

    def visit(path: str, name: str) -> None:
        page.goto(f"{site.address}/staff{path}")
        look_at(name)

    visit("/sign-in", "1-sign-in")
    page.get_by_role("button", name="Mail me a link").click()
    expect(page.get_by_role("alert")).to_be_visible()
    look_at("1-no-address")
    visit("/sign-in/sent", "1-sent")
    visit("/enter/" + "0" * 24, "1-nowhere")
    sign_in(page, site)
    look_at("2-cases")
    visit("/cases?show=scheduled&page=2", "2-second-page")
    visit("/cases?show=kept", "2-none")
    visit("/cases?number=0000", "2-not-found")
    visit("/due?days=7", "3-due")
    visit("/notices", "3-notices")
    visit(f"/notices/{site.notice}", "3-notice")
    visit(f"/notices/{site.heard}", "3-heard")
    visit(f"/cases/{site.stuck}", "4-stuck")
    visit(f"/cases/{site.undecided}", "4-undecided")
    visit(f"/cases/{site.stuck}/settle/revoke_access", "5-settle")
    page.get_by_role("button", name="It is done").click()
    expect(page.get_by_role("alert")).to_be_visible()
    look_at("5-no-note")
    visit(f"/cases/{site.undecided}/cancel", "6-cancel")
    visit(f"/cases/{site.newcomer}/cancel", "6-two-ways")
    expect(page.get_by_role("radio", name="nothing paid back")).to_be_checked()
    visit(f"/cases/{site.running}/undo", "7-undo")
    visit("/sign-in/out", "8-out")
    assert wrong == []
    context.close()


def test_an_act_works_by_the_keyboard_and_without_javascript(
    chromium: Browser, site: Site, picture: Picture
) -> None:
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    sign_in(page, site)
    page.goto(f"{site.address}/staff/cases/{site.running}")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the page")).to_be_focused()
    page.get_by_role("link", name="Undo the cancellation").focus()
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Undo the cancellation").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("The cancellation is undone")
    expect(page.get_by_role("status")).to_be_focused()
    picture(page, "staff-undone")
    expect(page.get_by_role("row", name="Undone by staff")).to_contain_text(ROBIN)
    page.get_by_role("button", name="Sign out").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="You are signed out")).to_be_visible()
    page.go_back()
    page.reload()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    context.close()
