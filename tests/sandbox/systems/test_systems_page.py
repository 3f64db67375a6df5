"""The made-up company's systems: told by real webhooks, seen on a page, forgetful after a reset."""

import asyncio
import re
from collections.abc import AsyncIterator
from html import unescape
from pathlib import Path
from typing import Any

import httpx
import pytest
import sqlalchemy as sa
from fastapi import FastAPI

from channels.access.check import check
from offboarding import clock
from offboarding.access import service as access
from offboarding.access.http import HttpWebhooks
from offboarding.access.sending import Sender
from offboarding.access.transitions import NOTIFY
from offboarding.accounts import service as accounts
from offboarding.background.model import Task, TaskState
from offboarding.cases import service as cases
from offboarding.cases.model import Case
from offboarding.database import Database, new_identifier
from offboarding.policies.store import Policies
from offboarding.settings import Settings
from sandbox.server import Sandbox
from sandbox.systems.connection import SandboxEndpoints
from tests.channels.stand_in import served
from tests.sandbox.conftest import free_port

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
LINK = 'href="/sandbox/systems"'
PAGES = ("/", "/sandbox/mailbox", "/sandbox/phone", "/sandbox/desk", "/sandbox/systems")


@pytest.fixture
def settings(tmp_path: Path, request: pytest.FixtureRequest) -> Settings:
    changes: dict[str, Any] = getattr(request, "param", {})
    return Settings(_env_file=None, data_directory=tmp_path, smtp_port=free_port(), **changes)


@pytest.fixture
async def client(sandbox: Sandbox) -> AsyncIterator[httpx.AsyncClient]:
    site = FastAPI()
    site.include_router(sandbox.router())
    async with (
        served(site) as address,
        httpx.AsyncClient(
            base_url=address, trust_env=False, headers={"Origin": address}, timeout=30
        ) as client,
    ):
        yield client


class Company:
    """The application's half: decides, and tells the sandbox's systems."""

    def __init__(self, database: Database, settings: Settings, address: str) -> None:
        self.policies = Policies(settings.policy_directory)
        self.endpoints = SandboxEndpoints(settings, lambda: self.policies.systems, address)
        self._database = database

    async def tell(self, decide: Any) -> None:
        with self._database.write() as session:
            maya = accounts.customer_by_external_id(session, "maya-okafor")
            assert maya is not None
            [plan] = accounts.subscriptions(session, maya.account_id)
            case = session.scalar(sa.select(Case).where(Case.subscription_id == plan.id))
            case = case or cases.open_case(session, maya, plan, new_identifier())
            decide(
                session,
                case,
                moment=clock.now(),
                key=new_identifier(),
                systems=self.policies.systems,
            )
        sender = Sender(self._database, self.endpoints, HttpWebhooks())
        with self._database.write() as session:
            waiting = sa.select(Task).where(Task.kind == NOTIFY, Task.state == TaskState.PENDING)
            tasks = session.scalars(waiting).all()
            for task in tasks:
                task.state = TaskState.DONE
        for task in tasks:
            await asyncio.to_thread(sender.send, task.subject_id)


@pytest.fixture
def company(database: Database, settings: Settings, client: httpx.AsyncClient) -> Company:
    return Company(database, settings, str(client.base_url).rstrip("/"))


async def said(client: httpx.AsyncClient) -> list[str]:
    """What each system says of Maya."""
    page = unescape((await client.get("/sandbox/systems")).text)
    rows = re.findall(r"<tr><td>Maya Okafor</td>(.*?)</tr>", page, re.DOTALL)
    return [re.sub(r"<[^>]*>|\s+", " ", row).strip() for row in rows]


async def test_a_newcomer_sees_access_go_away_and_come_back(
    client: httpx.AsyncClient, company: Company
) -> None:
    assert [row.split("  ")[-1].strip() for row in await said(client)] == ["can get in"] * 2
    await company.tell(access.revoke)
    rows = await said(client)
    assert len(rows) == 2
    assert all("can't get in any more" in row and "since" in row for row in rows)
    await company.tell(access.restore)
    assert all("can get in again" in row for row in await said(client))
    await company.tell(access.erase)
    assert ["is erased" in row for row in await said(client)] == [True, False]


async def test_the_systems_believe_only_the_application(
    client: httpx.AsyncClient, company: Company
) -> None:
    findings = await asyncio.to_thread(
        check, company.policies.systems, company.endpoints, HttpWebhooks()
    )
    assert [(finding.good, finding.sentence) for finding in findings] == [
        (True, "good; it answered 204")
    ] * 2
    answer = await client.post("/sandbox/systems/notes/webhooks", content=b"{}")
    assert answer.status_code == 401
    unknown = await client.post("/sandbox/systems/nobody/webhooks", content=b"{}")
    assert unknown.status_code == 404


async def test_every_page_leads_there(client: httpx.AsyncClient) -> None:
    for page in PAGES:
        assert LINK in (await client.get(page)).text
    assert f"{LINK} aria-current" in (await client.get("/sandbox/systems")).text


async def test_a_reset_makes_the_systems_forget(
    client: httpx.AsyncClient, company: Company
) -> None:
    await company.tell(access.revoke)
    headers = {"Referer": f"{str(client.base_url).rstrip('/')}/sandbox/systems"}
    answer = await client.post("/sandbox/reset", headers=headers)
    assert answer.headers["location"] == "/sandbox/systems"
    assert all("can't" not in row for row in await said(client))


SECRET = "notes=whsec_" + "a2tr" * 8


@pytest.mark.parametrize("settings", [{"webhook_secrets": SECRET}], indirect=True)
async def test_where_real_systems_are_connected_the_sandbox_has_none(
    client: httpx.AsyncClient,
) -> None:
    assert (await client.get("/sandbox/systems")).status_code == 404
    for page in PAGES[:-1]:
        assert LINK not in (await client.get(page)).text
