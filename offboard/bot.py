"""The bot beside the application: its interpreter, its model, and the commands it understands."""

import os
import subprocess
import sys
from pathlib import Path

from offboard.configuration import is_secret, variables
from offboard.console import notice
from offboarding.errors import ConfigurationError
from offboarding.settings import REPOSITORY, Settings

PYTHON = REPOSITORY / "bot" / ".venv" / "bin" / "python"
MODELS = REPOSITORY / "models"
STALE = 3
"""Exit code of `bot.train --check` when the model is missing or older than what it is made from."""


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


def newest_model() -> Path | None:
    """The model trained last."""
    return max(MODELS.glob("*.tar.gz"), key=lambda model: model.stat().st_mtime, default=None)


def ensure_model() -> Path:
    """A model that fits the data, trained now if need be."""
    if run("bot.train", "--check") == STALE or newest_model() is None:
        train()
    model = newest_model()
    if model is None:
        raise ConfigurationError("Training left no model in models/; `make train` shows why.")
    return model


def train() -> None:
    """Train a new model; raises ConfigurationError when that fails."""
    notice("Training the bot on data/, about a minute …")
    code = run("bot.train", "--out", str(MODELS))
    if code:
        raise ConfigurationError(
            "The bot could not be trained; the lines above say what in data/, domain.yml or "
            "config.yml to mend."
        )


def run(module: str, *arguments: str) -> int:
    """Run one of the bot's programs to its end; what it says goes to the error output."""
    return subprocess.run(  # noqa: S603 (our own program, no outside words)
        command(module, *arguments),
        cwd=REPOSITORY,
        env=environment(),
        stdin=subprocess.DEVNULL,
        stdout=sys.stderr,
        check=False,
    ).returncode
