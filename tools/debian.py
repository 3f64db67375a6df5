"""Programs of the machine that the tests need, installed where that is possible."""

import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from tools.steps import LOGS, StepError, run_logged, say

CHROMIUM = Path("/usr/bin/chromium")
LOG = LOGS / "debian.log"


def ensure_test_programs() -> None:
    """Have a Chromium and a PostgreSQL server; raises StepError saying what to install by hand."""
    missing = []
    if not CHROMIUM.exists():
        missing.append("chromium")
    if postgresql_programs() is None:
        missing.append("postgresql")
    if not missing:
        return
    if not install(missing):
        raise StepError(
            f"The tests need {' and '.join(missing)}, which could not be installed from here: run "
            f"`apt-get update && apt-get install {' '.join(missing)}` as root, then this again "
            f"({LOG} says what failed)."
        )


def install(packages: Sequence[str]) -> bool:
    """Install Debian packages if this user may; tell whether they are there now."""
    apt_get = _apt_get()
    if apt_get is None:
        return False
    say(f"Installing {' and '.join(packages)} from Debian's packages, about a minute.")
    run_logged([*apt_get, "update"], log=LOG)
    command = [*apt_get, "install", "--yes", "--no-install-recommends", *packages]
    quiet = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    return run_logged(command, log=LOG, environment=quiet) == 0


def postgresql_programs() -> Path | None:
    """The folder of `initdb` and `pg_ctl`, the newest where there are more."""
    found = sorted(
        Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3])
    )
    if found:
        return found[-1].parent
    on_path = shutil.which("initdb")
    return Path(on_path).resolve().parent if on_path else None


def _apt_get() -> list[str] | None:
    """How this user installs a Debian package; None when not at all."""
    if shutil.which("apt-get") is None:
        return None
    patient = ["apt-get", "-o", "Acquire::Retries=3", "-o", "DPkg::Lock::Timeout=120"]
    if os.geteuid() == 0:
        return patient
    sudo = ["sudo", "--non-interactive"]
    if shutil.which("sudo") and not subprocess.run([*sudo, "true"], check=False).returncode:
        return [*sudo, *patient]
    return None
