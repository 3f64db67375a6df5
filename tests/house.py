"""The whole house as an operator starts it: `offboard run` on free ports and a fresh folder."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from queue import Empty, Queue
from threading import Thread
from typing import TypeVar

import jwt
import psutil

from offboarding.database import Database
from offboarding.identity.token import AUDIENCE
from offboarding.settings import Settings
from sandbox.mailbox import Mail, MailStore

START_SECONDS = 120
WAIT_SECONDS = 30
Found = TypeVar("Found")


def wait_for(look: Callable[[], Found | None], what: str, seconds: float = WAIT_SECONDS) -> Found:
    """What `look` finds, as soon as it finds something; fails after `seconds`."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        found = look()
        if found:
            return found
        time.sleep(0.02)
    raise AssertionError(f"waited {seconds:.0f} s for {what}")


class House:
    """A running application with its Rasa, its database and its mailbox.

    Its company has no desk, so that support is mailed; `OFFBOARD_SANDBOX_DESK="true"` gives it one.
    """

    def __init__(self, folder: Path, **variables: str) -> None:
        self.folder = folder
        self._variables = variables
        self._port = 0
        self._process: subprocess.Popen[str] | None = None
        self._lines: Queue[str] = Queue()
        self.address = ""

    @property
    def settings(self) -> Settings:
        """The settings the application runs with, as far as tests need them."""
        return Settings(data_directory=self.folder, public_url=self.address)

    @cached_property
    def database(self) -> Database:
        """The database, for looking at what was really done.

        One for all, since each compiles its statements anew: half a second for a whole company.
        """
        url = self._variables.get("DATABASE_URL") or self.settings.database
        return Database(url, self.settings.personal_data_keys)

    def start(self) -> "House":
        """Start it, and return when it says that it is ready."""
        environment = os.environ | {
            "PORT": str(self._port),
            "OFFBOARD_DATA_DIRECTORY": str(self.folder),
            "OFFBOARD_SMTP_PORT": "0",
            "OFFBOARD_RASA_PORT": "0",  # several houses may begin in the same moment
            "OFFBOARD_SANDBOX_DESK": "false",
            **self._variables,
        }
        self._process = subprocess.Popen(
            self.command(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env=environment,
        )
        Thread(target=self._read, args=(self._process,), daemon=True).start()
        self.address = wait_for(self._ready, "the application to be ready", START_SECONDS)
        self._port = int(self.address.rsplit(":", 1)[1])
        return self

    def command(self) -> list[str]:
        """What is started."""
        return [str(Path(sys.executable).parent / "offboard"), "run"]

    def stop(self) -> None:
        """End it as Ctrl-C does."""
        process = self._running()
        process.send_signal(signal.SIGINT)
        process.wait(WAIT_SECONDS)

    def kill(self) -> None:
        """kill -9 of the application; Rasa ends by itself."""
        children = psutil.Process(self._running().pid).children(recursive=True)
        self._running().kill()
        self._running().wait(WAIT_SECONDS)
        psutil.wait_procs(children, WAIT_SECONDS)

    def kill_rasa(self) -> None:
        """kill -9 of Rasa alone."""
        rasa = self.rasa()
        rasa.kill()
        rasa.wait(WAIT_SECONDS)

    def rasa(self) -> psutil.Process:
        """Rasa's process."""
        children = psutil.Process(self._running().pid).children(recursive=True)
        return next(child for child in children if "bot.serve" in " ".join(child.cmdline()))

    def identity_token(self, external_id: str, minutes: int = 10) -> str:
        """What the company's website would hand to the widget."""
        claims = {
            "sub": external_id,
            "aud": AUDIENCE,
            "exp": datetime.now(UTC) + timedelta(minutes=minutes),
        }
        return jwt.encode(claims, self.settings.identity_signing_secret, algorithm="HS256")

    def mails(self, recipient: str) -> list[Mail]:
        """The mails to an address, newest first."""
        store = MailStore(self.folder)
        found = [store.mail(summary.key) for summary in store.summaries(recipient)]
        return [mail for mail in found if mail is not None]

    def code(self, email: str) -> str:
        """The newest one-time code mailed to an address."""

        def look() -> str | None:
            for mail in self.mails(email):
                digits = re.search(r"\b\d{6}\b", mail.text or "")
                if digits:
                    return digits.group()
            return None

        return wait_for(look, f"a code for {email}")

    def _running(self) -> subprocess.Popen[str]:
        assert self._process is not None, "not started"
        return self._process

    def _read(self, process: subprocess.Popen[str]) -> None:
        assert process.stdout is not None
        for line in process.stdout:
            self._lines.put(line)

    def _ready(self) -> str | None:
        try:
            line = self._lines.get(timeout=0.2)
        except Empty:
            assert self._running().poll() is None, "the application ended"
            return None
        sys.stdout.write(line)
        found = re.match(r"Ready: (\S+)", line)
        return found[1] if found else None


AnyHouse = TypeVar("AnyHouse", bound=House)


@contextmanager
def open_house(folder: Path, **variables: str) -> Iterator[House]:
    """A house that is surely ended."""
    with started(House(folder, **variables)) as house:
        yield house


@contextmanager
def started(house: AnyHouse) -> Iterator[AnyHouse]:
    """This house, started, and surely ended."""
    try:
        house.start()
        yield house
    finally:
        if "database" in vars(house):
            house.database.close()
        process = house._process
        if process is not None and process.poll() is None:
            house.kill()
