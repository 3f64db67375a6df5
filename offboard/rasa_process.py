"""Rasa as a child process: started, started again when it dies, ended with its parent."""

import asyncio
import os
import signal
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO

from offboarding.errors import OffboardingError
from offboarding.settings import REPOSITORY

FIRST_PAUSE_SECONDS = 0.5
LONGEST_PAUSE_SECONDS = 30.0
STEADY_SECONDS = 60.0
"""Who ran that long was well: the next end counts as the first."""
STARTS_BEFORE_GIVING_UP = 3
ENDING_SECONDS = 3.0


class RasaFailedError(OffboardingError):
    """Rasa ended again and again before it ever answered."""

    word = "rasa_failed"


class RasaProcess:
    """Keeps one Rasa running until its task is cancelled.

    The child holds the reading end of a pipe that only this process can write to; when this process
    ends, however it ends, the pipe closes and the child ends itself.
    """

    def __init__(
        self,
        command: Sequence[str],
        environment: Mapping[str, str],
        log: Path,
        tell: Callable[[str], None],
    ) -> None:
        self.has_answered = False
        self._command = command
        self._environment = environment
        self._log = log
        self._tell = tell
        self._process: asyncio.subprocess.Process | None = None

    async def keep_running(self) -> None:
        """Start Rasa, and again whenever it ends; raises RasaFailedError if it never answers."""
        ends = 0
        try:
            while True:
                start = time.monotonic()
                code = await self._run_once()
                ends = 1 if time.monotonic() - start > STEADY_SECONDS else ends + 1
                self._give_up_after(ends)
                pause = min(FIRST_PAUSE_SECONDS * 2 ** (ends - 1), LONGEST_PAUSE_SECONDS)
                self._tell(
                    f"Rasa ended ({_reason(code)}) and starts again in {pause:g} s; "
                    f"its log is {self._log}."
                )
                await asyncio.sleep(pause)
        finally:
            await self._end()

    async def _run_once(self) -> int:
        with _open_log(self._log) as output:
            self._process = await asyncio.create_subprocess_exec(
                *self._command,
                cwd=REPOSITORY,
                env=self._environment,
                stdin=asyncio.subprocess.PIPE,
                stdout=output,
                stderr=output,
                # Its own group: Ctrl-C reaches this process alone, which then ends the child.
                start_new_session=True,
            )
        return await self._process.wait()

    def _give_up_after(self, ends: int) -> None:
        if self.has_answered or ends < STARTS_BEFORE_GIVING_UP:
            return
        lines = self._log.read_text("utf-8", errors="replace").strip().splitlines()
        last_words = lines[-1].strip() if lines else "it said nothing"
        raise RasaFailedError(
            f"Rasa ended {ends} times before it answered ({last_words}); "
            f"{self._log} has the details, and `make train` makes a new model."
        )

    async def _end(self) -> None:
        process = self._process
        if process is None or process.returncode is not None:
            return
        _signal_group(process.pid, signal.SIGTERM)
        try:
            async with asyncio.timeout(ENDING_SECONDS):
                await process.wait()
        except TimeoutError:
            _signal_group(process.pid, signal.SIGKILL)
            await process.wait()


def _signal_group(leader: int, number: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.killpg(leader, number)


def _reason(code: int) -> str:
    if code >= 0:
        return f"exit code {code}"
    return f"signal {signal.Signals(-code).name}"


def _open_log(path: Path) -> IO[bytes]:
    """The log, begun anew so that it never fills the disk; the one before is kept beside it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.exists():
        path.replace(path.with_suffix(".previous.log"))
    return path.open("wb")
