"""A checkout of a test's own, and the processes started in it."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil

SOURCE = Path(__file__).resolve().parents[2]
STAND_INS = Path(__file__).parent / "stand_ins"
COMMAND = [sys.executable, "-c", "from offboard.commands import main; main()"]


def until(condition: Callable[[], object], seconds: float = 20.0) -> None:
    """Wait for a condition; fails the test when it never comes."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"did not come within {seconds:g} s"
        time.sleep(0.02)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


class Checkout:
    """The real `offboard/` and `offboarding/` with a small bot and application."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self._started: list[Running] = []
        ignored = shutil.ignore_patterns("__pycache__", "migrations", "application.py")
        for package in ("offboard", "offboarding"):
            shutil.copytree(SOURCE / package, folder / package, ignore=ignored)
        shutil.copy(STAND_INS / "application.py", folder / "offboard")
        (folder / "offboard" / "migrations").mkdir()
        shutil.copy(STAND_INS / "env.py", folder / "offboard" / "migrations")
        (folder / "bot" / ".venv" / "bin").mkdir(parents=True)
        (folder / "bot" / ".venv" / "bin" / "python").symlink_to(sys.executable)
        (folder / "bot" / "__init__.py").touch()
        for program in ("train", "serve", "predict"):
            shutil.copy(STAND_INS / f"{program}.py", folder / "bot")

    def environment(self, **additions: str) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if "OFFBOARD" not in name}
        kept.pop("DATABASE_URL", None)
        return kept | {
            "PYTHONPATH": str(self.folder),
            "PORT": str(self.port),
            "OFFBOARD_RASA_PORT": str(free_port()),
            **additions,
        }

    def offboard(
        self, *words: str, said: str = "", **environment: str
    ) -> subprocess.CompletedProcess[str]:
        """Run a command to its end."""
        return subprocess.run(
            [*COMMAND, *words],
            cwd=self.folder,
            env=self.environment(**environment),
            input=said,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def run(self, **environment: str) -> "Running":
        """Start `offboard run`."""
        running = Running(self, environment)
        self._started.append(running)
        return running

    def end(self) -> None:
        for running in self._started:
            running.kill_all()


class Running:
    """An `offboard run` and all that it has started."""

    def __init__(self, checkout: Checkout, environment: dict[str, str]) -> None:
        self._output = checkout.folder / "output.txt"
        with self._output.open("wb") as output:
            self.process = subprocess.Popen(
                [*COMMAND, "run"],
                cwd=checkout.folder,
                env=checkout.environment(**environment),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        self._family = psutil.Process(self.process.pid)
        self._known: set[psutil.Process] = {self._family}

    @property
    def said(self) -> str:
        return self._output.read_text("utf-8")

    def until_ready(self, times: int = 1) -> None:
        until(lambda: self.said.count("Ready: ") >= times or self.process.poll() is not None)
        assert self.process.poll() is None, self.said

    def serving(self) -> psutil.Process | None:
        """The process that serves the model now, if there is one."""
        children = self._family.children(recursive=True)
        self._known.update(children)
        return next((child for child in children if "bot.serve" in _command_of(child)), None)

    def rasa(self) -> psutil.Process:
        """The process that serves the model now; fails the test when there is none."""
        found = self.serving()
        assert found is not None, self.said
        return found

    def has_child(self, word: str) -> bool:
        """Whether a child with that word in its command line is there."""
        children = self._family.children(recursive=True)
        self._known.update(children)
        return any(word in _command_of(child) for child in children)

    def signal_and_wait(self, number: signal.Signals, seconds: float = 10.0) -> int:
        self._known.update(self._family.children(recursive=True))
        self.process.send_signal(number)
        return self.process.wait(seconds)

    def survivors(self) -> list[psutil.Process]:
        return [each for each in self._known if each.is_running() and not _is_dead(each)]

    def kill_all(self) -> None:
        if self.process.poll() is None:
            self._known.update(self._family.children(recursive=True))
        for process in self.survivors():
            process.kill()
        self.process.wait(10)


def _is_dead(process: psutil.Process) -> bool:
    try:
        return bool(process.status() == psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return True


def _command_of(process: psutil.Process) -> list[str]:
    """Its command line; empty when it has ended, or ends in this instant."""
    try:
        return process.cmdline()
    except psutil.Error:
        return []
