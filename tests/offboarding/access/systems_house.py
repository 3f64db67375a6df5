"""A company with two systems that answer over HTTP as the test says, and tasks that are due."""

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from pydantic import SecretStr
from standardwebhooks import Webhook
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from offboarding import clock
from offboarding.access import service as access
from offboarding.access.endpoints import ConfiguredEndpoints
from offboarding.access.http import HttpWebhooks
from offboarding.access.model import AccessEvent, AccessEventKind, AccessNotification
from offboarding.access.sending import Sender
from offboarding.access.service import AccessState, SystemState
from offboarding.access.transitions import NOTIFY, TELL_A_PERSON
from offboarding.background.model import Task, TaskState
from offboarding.cases.model import Case
from offboarding.database import Database
from offboarding.policies.systems import System, SystemsPolicy
from offboarding.settings import Settings
from tests.channels.stand_in import served
from tests.factories import make_customer, make_subscription


def secret_of(name: str) -> str:
    return "whsec_" + base64.b64encode(f"the secret of the system {name}".encode()).decode()


NOTES_SECRET, OLD_NOTES_SECRET = secret_of("notes"), secret_of("notes, until last week")
SYNC_SECRET = secret_of("sync")
EMAIL, NAME = "amara.okafor@example.org", "Amara Okafor"

Answering = Callable[[Request], Awaitable[Response] | Response]


@dataclass
class Heard:
    """One webhook, as a system got it."""

    headers: dict[str, str]
    body: bytes

    @property
    def webhook_id(self) -> str:
        return self.headers["webhook-id"]

    @property
    def content(self) -> dict[str, Any]:
        content: dict[str, Any] = json.loads(self.body)
        return content

    def verified(self, secret: str) -> dict[str, Any]:
        """What it says, if whoever knows this secret sent it just now."""
        content: dict[str, Any] = Webhook(secret).verify(self.body, self.headers)
        return content


@dataclass
class StandInSystem:
    """Gives the answers it was told, in turn, and then 204; remembers what it got."""

    answers: list[int | Response | Answering] = field(default_factory=list)
    heard: list[Heard] = field(default_factory=list)

    async def take(self, request: Request) -> Response:
        self.heard.append(Heard(dict(request.headers), await request.body()))
        answer = self.answers.pop(0) if self.answers else 204
        if isinstance(answer, int):
            return Response(status_code=answer)
        if isinstance(answer, Response):
            return answer
        given = answer(request)
        return given if isinstance(given, Response) else await given

    @property
    def types(self) -> list[str]:
        return [each.content["type"] for each in self.heard]


@dataclass
class SystemsHouse:
    """What a test of access needs."""

    database: Database
    settings: Settings
    policy: SystemsPolicy
    notes: StandInSystem
    sync: StandInSystem
    address: str
    case: Case

    @property
    def endpoints(self) -> ConfiguredEndpoints:
        return ConfiguredEndpoints(self.settings, lambda: self.policy)

    @property
    def sender(self) -> Sender:
        return Sender(self.database, self.endpoints, HttpWebhooks())

    def decide(
        self, kind: AccessEventKind, *, key: str = "", moment: datetime | None = None
    ) -> AccessEvent:
        decided = {
            AccessEventKind.REVOKED: access.revoke,
            AccessEventKind.RESTORED: access.restore,
            AccessEventKind.ERASED: access.erase,
        }[kind]
        with self.database.write() as session:
            case = session.get_one(Case, self.case.id)
            known = session.scalar(sa.select(sa.func.count(AccessEvent.id)))
            return decided(
                session,
                case,
                moment=moment or clock.now(),
                key=key or f"{case.id}:{kind}:{known}",
                systems=self.policy,
            )

    def revoke(self, **how: Any) -> AccessEvent:
        return self.decide(AccessEventKind.REVOKED, **how)

    def restore(self, **how: Any) -> AccessEvent:
        return self.decide(AccessEventKind.RESTORED, **how)

    def erase(self, **how: Any) -> AccessEvent:
        return self.decide(AccessEventKind.ERASED, **how)

    @property
    def state(self) -> AccessState:
        with self.database.read() as session:
            return access.state(session, self.case.id)

    def of(self, system: str) -> SystemState:
        """The one state of a system."""
        [found] = [each for each in self.state.systems if each.system == system]
        return found

    def notifications(self, system: str) -> list[AccessNotification]:
        """All of a system, superseded ones too, the oldest first."""
        with self.database.read() as session:
            found = session.scalars(
                sa.select(AccessNotification)
                .join(AccessEvent)
                .where(AccessNotification.system == system)
                .order_by(AccessEvent.sequence)
            )
            return list(found)

    async def carry_out_due(self) -> int:
        """Do every task of ours that is due, as the engine would; how many there were."""
        done = 0
        while (task := self._next(until=clock.now())) is not None:
            await asyncio.to_thread(self.sender.handlers()[task.kind], task.subject_id)
            with self.database.write() as session:
                session.get_one(Task, task.id).state = TaskState.DONE
            done += 1
        return done

    async def carry_out_all(self, traveller: Any) -> None:
        """Do them all, and move the clock to each when it is due."""
        while (task := self._next()) is not None:
            traveller.move_to(max(task.due_at, clock.now()))
            await self.carry_out_due()

    def next_try(self) -> datetime | None:
        """When the next task of ours is due."""
        task = self._next()
        return task.due_at if task is not None else None

    def told_persons(self) -> list[str]:
        """Of which systems a person is told."""
        with self.database.read() as session:
            tasks = session.scalars(sa.select(Task).where(Task.kind == TELL_A_PERSON))
            return sorted({task.subject_id for task in tasks})

    def _next(self, until: datetime | None = None) -> Task | None:
        with self.database.read() as session:
            wanted = sa.select(Task).where(
                Task.state == TaskState.PENDING, Task.kind.startswith(NOTIFY.split(".")[0] + ".")
            )
            if until is not None:
                wanted = wanted.where(Task.due_at <= until)
            return session.scalars(wanted.order_by(Task.due_at, Task.created_at).limit(1)).first()


def policy_of(address: str) -> SystemsPolicy:
    """`notes` wants to hear all, `sync` nothing of erasures."""
    described = {
        "notes": {"events": list(AccessEventKind), "customers_lose": "your notes"},
        "sync": {
            "events": [AccessEventKind.REVOKED, AccessEventKind.RESTORED],
            "customers_lose": "keeping devices in step",
        },
    }
    return SystemsPolicy(
        version=datetime(2026, 11, 28, tzinfo=UTC).date(),
        reviewed_by="the tests",
        systems={
            key: System(key=key, name=key.title(), url=f"{address}/{key}", secret=key, **parts)  # type: ignore[arg-type]
            for key, parts in described.items()
        },
    )


def make_case(database: Database, email: str = EMAIL) -> Case:
    """Amara, who leaves."""
    with database.write() as session:
        customer = make_customer(session, email, full_name=NAME)
        case = Case(
            subscription=make_subscription(session, customer),
            customer=customer,
            conversation_id="c" * 32,
            opened_at=clock.now(),
        )
        session.add(case)
        session.flush()
        return case


@asynccontextmanager
async def open_systems(database: Database, settings: Settings) -> AsyncIterator[SystemsHouse]:
    """The house while its systems are served."""
    notes, sync = StandInSystem(), StandInSystem()
    site = Starlette(
        routes=[
            Route("/notes", notes.take, methods=["POST"]),
            Route("/sync", sync.take, methods=["POST"]),
        ]
    )
    secrets = f"notes={NOTES_SECRET},sync={SYNC_SECRET}"
    async with served(site) as address:
        yield SystemsHouse(
            database,
            settings.model_copy(update={"webhook_secrets": SecretStr(secrets)}),
            policy_of(address),
            notes,
            sync,
            address,
            make_case(database),
        )
