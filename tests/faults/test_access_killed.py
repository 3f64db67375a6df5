"""kill -9 while a system is told: the same webhook comes again, and nothing is lost or doubled."""

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

import offboard.tables  # noqa: F401 (so that `database` knows every table)
from offboarding import clock
from offboarding.access import service as access
from offboarding.cases.model import Case
from offboarding.database import Database
from offboarding.settings import REPOSITORY
from sandbox.systems.receiver import Receiver
from sandbox.systems.view import heard
from tests.channels.stand_in import served
from tests.faults.access_process import policy_of
from tests.offboarding.access.systems_house import NOTES_SECRET, make_case

pytestmark = pytest.mark.faults
PATIENCE_SECONDS = 90


class KillingSystem:
    """The example receiver; it kills whoever tells it, at the moment that the test chooses."""

    def __init__(self, folder: Path) -> None:
        self.receiver = Receiver([NOTES_SECRET], folder / "notes.db")
        self.webhook_ids: list[str] = []
        self.taken: list[str] = []
        self.kill_before_taking = False
        self.kill_before_answering = False
        self.process: subprocess.Popen[bytes] | None = None
        self.killed = asyncio.Event()

    async def take(self, request: Request) -> Response:
        body = await request.body()
        self.webhook_ids.append(request.headers["webhook-id"])
        if self.kill_before_taking:
            return self._kill()
        status = self.receiver.take(request.headers, body)
        self.taken.append(request.headers["webhook-id"])
        return self._kill() if self.kill_before_answering else Response(status_code=status)

    def _kill(self) -> Response:
        assert self.process is not None
        self.kill_before_taking = self.kill_before_answering = False
        self.process.kill()
        self.killed.set()
        return Response(status_code=204)


@asynccontextmanager
async def engine(
    database: Database, folder: Path, system: KillingSystem, url: str
) -> AsyncIterator[None]:
    """The process that tells; ended in order, unless the test killed it."""
    address = database.engine.url.render_as_string(hide_password=False)
    words = ["-m", "tests.faults.access_process", address, str(folder), url, NOTES_SECRET]
    process = subprocess.Popen(  # noqa: ASYNC220 (it returns at once)
        [sys.executable, *words], cwd=REPOSITORY, stdin=subprocess.PIPE
    )
    system.process = process
    try:
        yield
        with suppress(BrokenPipeError):  # it was killed
            await asyncio.to_thread(process.communicate, timeout=PATIENCE_SECONDS)
    finally:
        process.kill()
        await asyncio.to_thread(process.wait)


async def until_acknowledged(database: Database, case: Case) -> access.AccessState:
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            with database.read() as session:
                found = access.state(session, case.id)
            if found.systems and found.all_acknowledged:
                return found
            await asyncio.sleep(0.05)


@pytest.mark.parametrize("moment", ["before it is taken", "after it is taken"])
async def test_killed_in_the_middle_of_telling_it_is_told_again_as_the_same(
    database: Database, tmp_path: Path, moment: str
) -> None:
    system, case = KillingSystem(tmp_path), make_case(database)
    site = Starlette(routes=[Route("/", system.take, methods=["POST"])])
    async with served(site) as url:
        system.kill_before_taking = moment == "before it is taken"
        system.kill_before_answering = not system.kill_before_taking
        with database.write() as session:
            access.revoke(
                session,
                session.get_one(Case, case.id),
                moment=clock.now(),
                key=f"{case.id}:revoke",
                systems=policy_of(url),
            )
        async with engine(database, tmp_path, system, url):
            async with asyncio.timeout(PATIENCE_SECONDS):
                await system.killed.wait()
        with database.read() as session:
            assert not access.state(session, case.id).all_acknowledged
        async with engine(database, tmp_path, system, url):
            state = await until_acknowledged(database, case)
    [told] = state.systems
    assert system.webhook_ids == [told.notification_id] * 2
    assert system.taken == [told.notification_id] * (1 if moment == "before it is taken" else 2)
    assert told.attempts == 2
    assert heard(tmp_path / "notes.db")[case.subscription_id][0] == "access.revoked"
