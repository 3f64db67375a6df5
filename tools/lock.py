"""Writes every lock file anew: `tools/python -m tools.lock [--upgrade]`.

Versions stay as they are unless a pyproject.toml asks for another, or --upgrade is given.
"""

import os
import sys
from pathlib import Path

from tools.environments import APPLICATION
from tools.prepare import prepare
from tools.steps import CHECKOUT, LOGS, explain, main_of, run_logged, say

LOG = LOGS / "lock.log"
OPTIONS = ("--universal", "--python-version", "3.11", "--generate-hashes", "--no-emit-index-url")
DEVELOPMENT = ("--extra", "development", "--constraints", "requirements.txt")
LOCKS: tuple[tuple[str, str, str, tuple[str, ...]], ...] = (
    ("tools", "uv-requirements.in", "uv-requirements.txt", ()),
    (".", "pyproject.toml", "requirements.txt", ()),
    (".", "pyproject.toml", "requirements-dev.txt", DEVELOPMENT),
    ("bot", "pyproject.toml", "requirements.txt", ()),
    ("bot", "pyproject.toml", "requirements-dev.txt", DEVELOPMENT),
    ("bot/encoder_recipe", "requirements.in", "requirements.txt", ()),
)
"""Folder, what is asked for, the lock, and further options."""


def lock(*, upgrade: bool) -> None:
    """Compile each lock in its folder, so that no path gets into it."""
    prepare(development=False)
    LOG.unlink(missing_ok=True)
    for folder, source, target, further in LOCKS:
        _compile(CHECKOUT / folder, source, target, [*further, *["--upgrade"][: int(upgrade)]])
        say(f"  {(Path(folder) / target).as_posix()}")


def _compile(folder: Path, source: str, target: str, further: list[str]) -> None:
    uv = APPLICATION.folder / "bin" / "uv"
    command: list[str | Path] = [
        uv,
        "pip",
        "compile",
        source,
        *OPTIONS,
        *further,
        "--output-file",
        target,
    ]
    # The head of the file names this command instead of uv's with the options of one machine.
    environment = os.environ | {"UV_CUSTOM_COMPILE_COMMAND": "make lock"}
    if run_logged(command, log=LOG, directory=folder, environment=environment):
        raise explain(LOG, f"Locking {folder.name}/{target}")


if __name__ == "__main__":
    sys.exit(main_of(lambda: lock(upgrade="--upgrade" in sys.argv[1:])))
