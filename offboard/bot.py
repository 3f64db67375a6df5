"""The bot beside the application: its interpreter, its model, and the commands it understands."""

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TextIO

from offboard.configuration import is_secret, variables
from offboard.console import notice
from offboarding.errors import ConfigurationError
from offboarding.settings import REPOSITORY, Settings

PYTHON = REPOSITORY / "bot" / ".venv" / "bin" / "python"
LIBC = ctypes.CDLL(None)
MODELS = REPOSITORY / "models"
LAST_LINES = 8
STILL_SECONDS = 30
"""After how long who waits for a training hears from it again."""
SET_PARENT_DEATH_SIGNAL = 1
STALE = 3
"""Exit code of `bot.train --choose` without a model of the present data."""


def command(module: str, *arguments: str) -> list[str]:
    """The command line of one of the bot's programs; raises ConfigurationError if it cannot run."""
    if not PYTHON.exists():  # also when the interpreter that it links to has gone
        raise ConfigurationError(
            f"The bot's Python is missing ({PYTHON.relative_to(REPOSITORY)}): "
            f"`make setup` installs it."
        )
    return [str(PYTHON), "-m", module, *arguments]


def environment(**additions: str) -> dict[str, str]:
    """This process's environment for the bot, without the secrets that are the application's."""
    private = {
        variable
        for name, field in Settings.model_fields.items()
        if is_secret(field) or name == "database_url"
        for variable in variables(name)
    }
    kept = {name: value for name, value in os.environ.items() if name not in private}
    return kept | {"PYTHONPATH": str(REPOSITORY), "PYTHONUNBUFFERED": "1"} | additions


def current_model() -> Path | None:
    """The model that was trained on the present data; None when there is none yet.

    A running assistant serves it from now on, also where another was trained since.
    """
    asked = subprocess.run(  # noqa: S603 (our own program, no outside words)
        command("bot.train", "--choose", "--out", str(MODELS)),
        cwd=REPOSITORY,
        env=environment(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if asked.returncode == STALE:
        return None
    if asked.returncode or not asked.stdout.strip():
        last_words = (asked.stderr.strip() or "it said nothing").splitlines()[-1]
        raise ConfigurationError(f"The bot cannot say whether it is trained: {last_words}")
    return Path(asked.stdout.strip().splitlines()[-1])


def ensure_model() -> Path:
    """The model of the present data, trained now if need be."""
    return current_model() or train()


def train(*options: str) -> Path:
    """Train the bot and return the model; raises ConfigurationError when that fails."""
    notice("Training the bot on data/, one to three minutes …")
    log = MODELS / "training.log"
    MODELS.mkdir(exist_ok=True)
    with log.open("w", encoding="utf-8") as output:
        code, said = _trained(options, output)
        output.write(said)
    # Its own word for what it made: a file may have changed since it began.
    if code or not said.strip():
        for line in log.read_text("utf-8", errors="replace").splitlines()[-LAST_LINES:]:
            notice(f"  {line}")
        raise ConfigurationError(
            "The bot could not be trained; the lines above say what in data/, domain.yml or "
            "config.yml to mend, and models/training.log says more."
        )
    return Path(said.strip().splitlines()[-1])


def _trained(options: Sequence[str], log: TextIO) -> tuple[int, str]:
    """The exit code of the training and what it said, with a word to who waits now and then."""
    began = time.monotonic()
    with subprocess.Popen(  # noqa: S603 (our own program, no outside words)
        command("bot.train", "--out", str(MODELS), *options),
        cwd=REPOSITORY,
        env=environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=log,
        text=True,
        preexec_fn=_end_with_parent,  # noqa: PLW1509 (no other thread runs yet)
    ) as training:
        while True:
            try:
                said, _ = training.communicate(timeout=STILL_SECONDS)
            except subprocess.TimeoutExpired:
                notice(f"  still training, {time.monotonic() - began:.0f} seconds so far …")
            except BaseException:
                training.kill()
                raise
            else:
                return training.returncode, said


def _end_with_parent() -> None:
    """Ask Linux to end this process with its parent, even if that is killed as this begins."""
    if sys.platform == "linux":
        LIBC.prctl(SET_PARENT_DEATH_SIGNAL, signal.SIGTERM)
