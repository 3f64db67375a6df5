"""A company with one worker that may be killed: nothing but the database outlives it."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from random import Random

import sqlalchemy as sa
from pydantic import SecretStr

from channels.failed_steps import RESPONSES, failed_step_handlers
from channels.held_refunds import held_refund_handlers
from channels.texts import Texts
from offboard.off_boarding import ERASERS
from offboarding import clock
from offboarding.access.endpoints import ConfiguredEndpoints
from offboarding.access.model import AccessEventKind
from offboarding.access.port import Answer, UnreachableError
from offboarding.access.sending import Sender
from offboarding.access.transitions import TELL_A_PERSON
from offboarding.background.model import Task, TaskState
from offboarding.background.port import Handler, Handlers, Look
from offboarding.background.turns import Turns
from offboarding.billing.ledger import LedgerBilling
from offboarding.billing.provider import BillingProvider, LedgerProvider
from offboarding.billing.stripe.connection import StripeConnection
from offboarding.billing.stripe.failures import StripeUnavailableError
from offboarding.billing.stripe.provider import StripeProvider
from offboarding.errors import OffboardingError
from offboarding.policies.systems import System as SystemDescribed
from offboarding.policies.systems import SystemsPolicy
from offboarding.settings import REPOSITORY, Settings
from offboarding.steps import service as steps
from offboarding.steps.runner import StepRunner
from offboarding.steps.works import REMINDER, STATEMENT, Works
from tests.faults.mortal import Fate, Killed, MortalDatabase

MAILS = (
    "mail.receipt",
    REMINDER,
    STATEMENT,
    "mail.hand_off",
    TELL_A_PERSON,
    "notice.access_ends",
    "notice.person_requested",
)
MOST_ROUNDS = 400
_SECRET = "whsec_" + "dGhlIHNlY3JldCBvZiB0aGUgc3lzdGVtIG5vdGVz"


class UnexpectedError(AssertionError):
    """The application raised what is no answer of the world outside: a fault of its own."""


@dataclass
class MailServer:
    """What it took, by letter. A letter is known by its task: that makes its Message-ID."""

    fate: Fate
    taken: Counter[tuple[str, str]] = field(default_factory=Counter)

    def handlers(self) -> dict[str, Handler]:
        return {kind: self._taking(kind) for kind in MAILS}

    def _taking(self, kind: str) -> Handler:
        def take(subject_id: str) -> None:
            self.fate.moment()
            self.taken[kind, subject_id] += 1
            self.fate.moment()

        return take


@dataclass(frozen=True)
class Heard:
    """A webhook that the system took."""

    webhook_id: str
    kind: str
    subscription_id: str
    at: datetime


@dataclass
class System:
    """A WebhookPort to a system of the company, which answers as it was told, and else 204."""

    fate: Fate
    faults: list[str] = field(default_factory=list)
    heard: list[Heard] = field(default_factory=list)

    def post(self, url: str, headers: Mapping[str, str], body: bytes) -> Answer:  # noqa: ARG002
        """See WebhookPort."""
        self.fate.moment()
        fault = self.faults.pop(0) if self.faults else ""
        if fault == "limit":
            return Answer(429, 60.0)
        if fault == "fail":
            return Answer(500)
        content = json.loads(body)
        told = content["data"]["subscription_id"]
        self.heard.append(Heard(headers["webhook-id"], content["type"], told, clock.now()))
        self.fate.moment()
        if fault == "hang_after":
            raise UnreachableError("TimeoutError")
        return Answer(500 if fault == "fail_after" else 204)


class Company:
    """Everything that a case needs, as `offboard/application.py` joins it."""

    def __init__(
        self,
        url: str,
        settings: Settings,
        chance: Random,
        stripe: StripeConnection | None = None,
    ) -> None:
        self.fate = Fate()
        self.database = MortalDatabase(url, self.fate)
        self.mail, self.system = MailServer(self.fate), System(self.fate)
        self.retold: Counter[tuple[str, str]] = Counter()
        """How often the process died while a task was carried out, by kind and subject."""
        self._settings = settings.model_copy(
            update={"webhook_secrets": SecretStr(f"notes={_SECRET}")}
        )
        self._chance = chance
        self._connection = stripe
        self._texts = _texts()
        self.start_anew()

    def close(self) -> None:
        self.database.close()

    def start_anew(self) -> None:
        """What a process has in its memory is gone."""
        self.fate.die_at(None)
        self.stripe = StripeProvider(self._connection, self.database) if self._connection else None
        self.billing: BillingProvider = self.stripe or LedgerProvider(self.database)
        self._turns = Turns(self.database, self._handlers())

    def run_due(self) -> None:
        """Carry out what is due and what becomes due by it, as the engine does. Raises Killed."""
        for _ in range(MOST_ROUNDS):
            due = self._due()
            if not due:
                return
            self._chance.shuffle(due)
            for task in due:
                self._turn(task)
        raise AssertionError("the outbox never comes to rest")

    def next_due(self) -> datetime | None:
        """When there is something to do again."""
        with self.database.read() as session:
            wanted = sa.select(sa.func.min(Task.due_at)).where(Task.state == TaskState.PENDING)
            return session.scalar(wanted)

    # What the worker asks of a BackgroundEngine

    def wake(self) -> None:
        """Whoever plays with it carries out what is due."""

    def start(self, handlers: Handlers, looks: Sequence[Look] = ()) -> None:
        raise NotImplementedError

    def healthy(self) -> bool:
        return True

    def stop(self) -> None:
        raise NotImplementedError

    def _turn(self, task: Task) -> None:
        try:
            self._turns.carry_out(task.id, task.turns)
        except Killed:
            self.retold[task.kind, task.subject_id] += 1
            raise
        except (OffboardingError, StripeUnavailableError) as error:
            self._turns.put_off(task.id, task.turns, type(error).__name__)
        except Exception as error:
            raise UnexpectedError(f"{task.kind} raised {error!r}") from error

    def _due(self) -> list[Task]:
        with self.database.read() as session:
            due = sa.select(Task).where(Task.state == TaskState.PENDING, Task.due_at <= clock.now())
            return list(session.scalars(due.order_by(Task.id)))

    def _handlers(self) -> Handlers:
        works = Works(self.database, self, self.billing, ERASERS, lambda: _POLICY)
        runner = StepRunner(self.database, self, works.by_kind())
        endpoints = ConfiguredEndpoints(self._settings, lambda: _POLICY)
        return {
            **self.mail.handlers(),
            **failed_step_handlers(
                self.database, self, self._texts, _post, lambda: None, billing=LedgerBilling
            ),
            **held_refund_handlers(self.database, self, lambda: None, LedgerBilling),
            **Sender(self.database, endpoints, self.system).handlers(),
            **(self.stripe.handlers() if self.stripe else {}),
            steps.TASK: runner.carry_out,
        }


_POLICY = SystemsPolicy(
    version=datetime(2026, 11, 28, tzinfo=UTC).date(),
    reviewed_by="the tests",
    systems={
        "notes": SystemDescribed(
            key="notes",
            name="Notes",
            customers_lose="your notes",
            url="https://notes.example/webhooks",
            events=frozenset(AccessEventKind),
            secret="notes",
        )
    },
)


def _post(*_words: object, **_more: object) -> int:
    """These customers have closed the chat."""
    return 0


@cache
def _texts() -> Texts:
    """Read once: it takes a second."""
    values = {"company_name": "Larkspur Notes", "support_email": "support@example.org"}
    return Texts(REPOSITORY / "domain.yml", values, required=RESPONSES)
