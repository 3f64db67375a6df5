"""The real thing that is walked: the trained model, the real actions, a real database.

One turn at a time, and any database that was once can be put back before it.
"""

import json
import socket
import sqlite3
import subprocess
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa
import uvicorn
from fastapi import FastAPI

from actions import endpoint
from actions.base import ActionContext
from channels.texts import Texts
from offboard import bot, tables
from offboard.ports import listen
from offboarding.accounts.model import Plan, Subscription
from offboarding.background.port import Handlers, Look
from offboarding.cases.model import Case
from offboarding.database import Database
from offboarding.errors import OffboardingError
from offboarding.handoffs.model import HandOff
from offboarding.identity.model import CodeChallenge, VerifiedIdentity
from offboarding.offers.model import Offer
from offboarding.policies.store import Policies
from offboarding.settings import Settings
from sandbox import company

PAGE_BYTES = 1024
"""Small pages: a turn changes few rows, and only what changed is kept of a snapshot."""
QUERIES = tuple(
    str(sa.select(*columns))
    for columns in (
        (Plan.id, Plan.price_minor),
        (
            Subscription.id,
            Subscription.plan_id,
            Subscription.state,
            Subscription.cancel_at,
            Subscription.paused_until,
            Subscription.next_plan_id,
        ),
        (
            Case.id,
            Case.subscription_id,
            Case.conversation_id,
            Case.state,
            Case.reason,
            Case.reason_skipped,
            Case.offer_considered_at.is_not(None),
            Case.shown,
        ),
        (Offer.case_id, Offer.account_id, Offer.kind, Offer.answer),
        (HandOff.customer_id, HandOff.contact_email_mark),
        (CodeChallenge.customer_id, CodeChallenge.wrong_attempts, CodeChallenge.used_at.is_(None)),
        (VerifiedIdentity.customer_id, VerifiedIdentity.lapses_at < VerifiedIdentity.verified_at),
    )
)
"""Find all that decides how a talk goes on."""
ACTION_TOKEN = "proof"  # noqa: S105 (it guards a made-up company on a port of this process)
LAST_LINES = 5

Business = tuple[tuple[object, ...], ...]
"""All rows that make a difference."""
Pages = Mapping[int, bytes]
"""A database, as the pages by which it differs from the one at the beginning."""


class WalkFailedError(OffboardingError):
    """The bot's process ended, or did not begin."""

    word = "walk_failed"


class House:
    """Application and bot for one walk. Made by `open_house`."""

    conversation_id = "talk"
    """There is one conversation in a database, and many databases."""

    def __init__(self, settings: Settings, folder: Path, model: Path) -> None:
        self.settings = settings
        self.database = Database("sqlite://", settings.personal_data_keys)
        self.policies = Policies(settings.policy_directory)
        self._connection = _sqlite(self.database)
        self._connection.execute(f"PRAGMA page_size={PAGE_BYTES}")
        tables.metadata.create_all(self.database.engine)
        with self.database.write() as session:
            company.seed(session, settings)
        self._first = self._connection.serialize()
        self._turns = 0
        self._bot_log = folder / "bot.log"
        self._model = model

    def begin(self) -> None:
        """Have the database as on the first day."""
        self._connection.deserialize(self._first)

    def keep(self) -> Pages:
        """The database as it is now."""
        now, first = self._connection.serialize(), self._first
        return {
            at: page
            for at in range(0, len(now), PAGE_BYTES)
            if (page := now[at : at + PAGE_BYTES]) != first[at : at + PAGE_BYTES]
        } | {-1: len(now).to_bytes(8, "big")}

    def put_back(self, pages: Pages) -> None:
        """Have the database as it was."""
        whole = bytearray(self._first.ljust(int.from_bytes(pages[-1], "big"), b"\0"))
        for at, page in pages.items():
            if at >= 0:
                whole[at : at + PAGE_BYTES] = page
        self._connection.deserialize(bytes(whole))

    def business(self) -> Business:
        """What the database holds that decides how a talk goes on."""
        return tuple(row for query in QUERIES for row in self._connection.execute(query))

    def turn(self, request: Mapping[str, Any], heard: Mapping[str, Any] | None) -> dict[str, Any]:
        """One turn of the bot; see bot/walk.py."""
        self._turns += 1
        turn = {**request, "message_id": f"turn-{self._turns}"}
        return self._ask({"turn": turn, "heard": heard})

    @contextmanager
    def serving(self) -> Iterator[None]:
        """Actions and bot run within."""
        bound = listen("127.0.0.1", 0)
        with _actions(self._context(), bound), self._bot(bound.getsockname()[1]) as process:
            self._process = process
            self._read()
            yield

    def _context(self) -> ActionContext:
        settings = self.settings
        values = {"company_name": settings.company_name, "support_email": settings.support_email}
        texts = Texts(settings.domain_file, values)
        return ActionContext(
            settings,
            self.database,
            self.policies,
            NothingInTheBackground(),
            phrase=lambda name: texts.say(name).text,
        )

    @contextmanager
    def _bot(self, port: int) -> Iterator[subprocess.Popen[str]]:
        address = f"http://127.0.0.1:{port}/actions/webhook?token={ACTION_TOKEN}"
        with (
            self._bot_log.open("w") as log,
            subprocess.Popen(  # noqa: S603 (our own program)
                bot.command("bot.walk", "--model", str(self._model)),
                env=bot.environment(OFFBOARD_ACTION_ENDPOINT=address),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            ) as process,
        ):
            yield process

    def _ask(self, line: Mapping[str, Any]) -> dict[str, Any]:
        stdin = self._process.stdin
        if stdin is None:
            raise AssertionError("it was started with a pipe")
        stdin.write(json.dumps(line) + "\n")
        stdin.flush()
        return self._read()

    def _read(self) -> dict[str, Any]:
        stdout = self._process.stdout
        line = stdout.readline() if stdout is not None else ""
        if not line:
            last = self._bot_log.read_text("utf-8", errors="replace").splitlines()[-LAST_LINES:]
            raise WalkFailedError(f"The bot has ended: {' / '.join(last)} ({self._bot_log})")
        answer: dict[str, Any] = json.loads(line)
        return answer


class NothingInTheBackground:
    """A background engine that carries out nothing: what is scheduled stays in the outbox."""

    def start(self, handlers: Handlers, looks: Sequence[Look] = ()) -> None:
        """Begin nothing."""

    def wake(self) -> None:
        """Look at nothing."""

    def healthy(self) -> bool:
        """It cannot fail."""
        return True

    def stop(self) -> None:
        """End nothing."""


@contextmanager
def open_house(settings: Settings, folder: Path, model: Path) -> Iterator[House]:
    """A house of the demo company, on its first day, without a desk; logs go to the folder."""
    house = House(settings.model_copy(update={"sandbox_desk": False}), folder, model)
    try:
        with house.serving():
            yield house
    finally:
        house.database.close()


@contextmanager
def _actions(context: ActionContext, bound: socket.socket) -> Iterator[None]:
    """Serve the actions at a port of this machine."""
    application = FastAPI()
    application.include_router(endpoint.router(context, ACTION_TOKEN))
    server = uvicorn.Server(
        uvicorn.Config(application, log_config=None, access_log=False, lifespan="off")
    )
    thread = threading.Thread(target=server.run, kwargs={"sockets": [bound]}, daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.should_exit = True
        thread.join()


def _sqlite(database: Database) -> sqlite3.Connection:
    driver = database.engine.raw_connection().driver_connection
    if not isinstance(driver, sqlite3.Connection):
        raise TypeError("a walk needs SQLite")
    return driver
