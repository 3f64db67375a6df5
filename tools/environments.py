"""The two Python environments: made once, brought up to date when their lock changes.

A stamp in the environment holds the hash of all it was made from, so an unchanged checkout costs
two file reads. While an environment changes, a second mark says that it is half made; whoever finds
that mark starts anew.
"""

import hashlib
import importlib
import importlib.util
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tools.debian import install
from tools.steps import CHECKOUT, LOGS, StepError, explain, run_logged, say, timed

UV_LOCK = CHECKOUT / "tools" / "uv-requirements.txt"
STAMP = "offboarding-stamp.json"
HALF_MADE = "offboarding-half-made"
PIP_SETTINGS_FOR_UV = {
    "index-url": "UV_DEFAULT_INDEX",
    "extra-index-url": "UV_INDEX",
    "cert": "SSL_CERT_FILE",
}
LAUNCHER = """\
#!/bin/sh
'''exec' "$(dirname -- "$(realpath -- "$0")")/python" "$0" "$@"
' '''
from offboard.commands import main

if __name__ == "__main__":  # a process that this one starts reads it, too
    main()
"""
"""Begins as a shell script and goes on as Python: holds in a moved checkout and at any path."""


@dataclass(frozen=True, kw_only=True)
class Environment:
    """One environment: its folder, its lock file for running and the one for developing."""

    title: str
    folder: Path
    lock: Path
    development_lock: Path
    launcher: bool = False

    @property
    def python(self) -> Path:
        """The interpreter inside."""
        return self.folder / "bin" / "python"

    @property
    def log(self) -> Path:
        """Where installing it is written down."""
        return LOGS / f"{self.title.replace(' ', '-')}.log"

    def lock_for(self, *, development: bool) -> Path:
        """The lock file of one of the two levels."""
        return self.development_lock if development else self.lock

    def fingerprint(self, *, development: bool) -> str:
        """The hash of all that the environment is made from, its place included."""
        digest = hashlib.sha256()
        for path in (self.lock_for(development=development), UV_LOCK, Path(__file__)):
            digest.update(path.read_bytes())
        digest.update(str(self.folder).encode())
        return digest.hexdigest()

    def stamped(self) -> dict[str, object]:
        """What the stamp says; empty when there is none to trust."""
        try:
            said: dict[str, object] = json.loads((self.folder / STAMP).read_text("utf-8"))
        except (OSError, ValueError):
            return {}
        return said

    def level(self, *, development: bool) -> bool:
        """The level to keep: an environment made for developing stays one."""
        return development or self.stamped().get("development") is True

    def current(self, *, development: bool) -> bool:
        """Whether nothing needs doing."""
        wanted = self.fingerprint(development=self.level(development=development))
        return (
            self.stamped().get("fingerprint") == wanted
            and not (self.folder / HALF_MADE).exists()
            and self.python.exists()  # false too when the interpreter it links to has gone
        )


APPLICATION = Environment(
    title="application",
    folder=CHECKOUT / ".venv",
    lock=CHECKOUT / "requirements.txt",
    development_lock=CHECKOUT / "requirements-dev.txt",
    launcher=True,
)
BOT = Environment(
    title="bot",
    folder=CHECKOUT / "bot" / ".venv",
    lock=CHECKOUT / "bot" / "requirements.txt",
    development_lock=CHECKOUT / "bot" / "requirements-dev.txt",
)


def ensure(environment: Environment, *, development: bool) -> None:
    """Bring one environment to its lock file."""
    if environment.current(development=development):
        return
    development = environment.level(development=development)
    lock = environment.lock_for(development=development)
    environment.log.unlink(missing_ok=True)
    with timed(f"{environment.title}: packages of {lock.relative_to(CHECKOUT)} installed"):
        _make_folder(environment)
        mark = environment.folder / HALF_MADE
        mark.touch()
        (environment.folder / STAMP).unlink(missing_ok=True)
        _install(environment, lock)
        if environment.launcher:
            _install_launcher(environment)
        stamp = {
            "fingerprint": environment.fingerprint(development=development),
            "development": development,
        }
        (environment.folder / STAMP).write_text(json.dumps(stamp), "utf-8")
        mark.unlink()


def _make_folder(environment: Environment) -> None:
    """Make the environment, unless a usable one is there whose packages only changed."""
    folder = environment.folder
    whole = not (folder / HALF_MADE).exists()
    if whole and _made_here(folder) and _works(environment.python):
        return
    if folder.exists():
        shutil.rmtree(folder)
    options = [] if _has_module("ensurepip") else ["--without-pip"]
    if run_logged([sys.executable, "-m", "venv", *options, folder], log=environment.log):
        raise explain(environment.log, f"Making {folder.relative_to(CHECKOUT)}")


def ensure_python_makes_environments() -> None:
    """Debian keeps ensurepip in a package of its own: have that, or a pip that can stand in."""
    if _has_module("ensurepip") or _has_module("pip"):
        return
    if os.geteuid() == 0 and install(["python3.11-venv"]) and _has_module("ensurepip"):
        return
    raise StepError(
        "Python 3.11 cannot make environments here, since its ensurepip is missing: "
        "install it (Debian 12: apt-get install python3.11-venv) and run this again."
    )


def _has_module(name: str) -> bool:
    importlib.invalidate_caches()
    return importlib.util.find_spec(name) is not None


def _works(python: Path) -> bool:
    try:
        check = [str(python), "-c", "import sys; sys.exit(sys.version_info[:2] != (3, 11))"]
        return subprocess.run(check, check=False, capture_output=True).returncode == 0
    except OSError:
        return False


def _made_here(folder: Path) -> bool:
    """Whether an environment is where it was made: its commands name their interpreter in full."""
    try:
        return str(folder) in (folder / "bin" / "activate").read_text("utf-8")
    except OSError:
        return False


def _install(environment: Environment, lock: Path) -> None:
    if _install_by_uv(environment, lock):
        return
    say(f"  {environment.title}: uv could not install the packages, pip tries now (slower)")
    command = [*_pip(environment), "install", "--no-deps", "--ignore-requires-python"]
    if run_logged([*command, "--require-hashes", "-r", lock], log=environment.log):
        raise explain(environment.log, f"Installing the packages of {lock.relative_to(CHECKOUT)}")


def _install_by_uv(environment: Environment, lock: Path) -> bool:
    uv = APPLICATION.folder / "bin" / "uv"
    if environment is APPLICATION:
        command = [*_pip(environment), "install", "--retries", "2", "--require-hashes"]
        if run_logged([*command, "-r", UV_LOCK], log=environment.log):
            return False
    if not uv.exists():
        return False
    command = [str(uv), "pip", "sync", "--require-hashes", "--python", str(environment.python)]
    if sys.dont_write_bytecode:
        # PYTHONDONTWRITEBYTECODE is set, as containers often have it. Each start would compile
        # every package anew, which takes longer than all the rest of it.
        command.append("--compile-bytecode")
    # The lock's own folder has the pyproject.toml whose metadata lets Rasa onto Python 3.11.
    code = run_logged(
        [*command, lock],
        log=environment.log,
        directory=lock.parent,
        environment=os.environ | _registry_for_uv(),
    )
    return code == 0


def _pip(environment: Environment) -> list[str]:
    """The command for pip: the environment's own, else that of the interpreter beside it."""
    if (environment.folder / "bin" / "pip").exists():
        return [str(environment.python), "-m", "pip"]
    return [sys.executable, "-m", "pip", "--python", str(environment.python)]


def _registry_for_uv() -> dict[str, str]:
    """Pip's settings in uv's words, for uv reads none of them; a setting of uv's own wins."""
    command = [str(APPLICATION.python), "-m", "pip", "config", "list"]
    said = subprocess.run(command, check=False, capture_output=True, text=True).stdout
    # A company's own certificates are the machine's to know.
    found = {"UV_SYSTEM_CERTS": "true"} if "UV_SYSTEM_CERTS" not in os.environ else {}
    for line in said.splitlines():
        key, _, value = line.partition("=")
        name = PIP_SETTINGS_FOR_UV.get(key.rpartition(".")[2])
        value = value.strip("'\"")
        if name and name not in os.environ and not value.startswith("file:"):
            found[name] = value
    return found


def _install_launcher(environment: Environment) -> None:
    """Put the checkout on the environment's path, and `offboard` among its commands."""
    packages = next((environment.folder / "lib").glob("python3.*/site-packages"))
    up_to_checkout: Sequence[str] = [".."] * len(packages.relative_to(CHECKOUT).parts)
    (packages / "offboarding-assistant.pth").write_text("/".join(up_to_checkout) + "\n", "utf-8")
    launcher = environment.folder / "bin" / "offboard"
    launcher.write_text(LAUNCHER, "utf-8")
    launcher.chmod(0o755)
