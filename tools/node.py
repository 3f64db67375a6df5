"""Packages of npm: installed again only when their lock changes."""

import hashlib
import shutil
import sys
from pathlib import Path

from tools.steps import CHECKOUT, LOGS, StepError, explain, main_of, run_logged, timed

WIDGET = CHECKOUT / "channels" / "web" / "widget"
LOG = LOGS / "npm.log"


def ensure_packages(folder: Path) -> None:
    """Install the packages of a folder's package-lock.json unless they are there."""
    if shutil.which("npm") is None:
        raise StepError(
            "Node with npm is missing: install it (Debian 12: apt-get install nodejs npm; "
            "version 20 or later is best) and run this again."
        )
    wanted = hashlib.sha256((folder / "package-lock.json").read_bytes()).hexdigest()
    stamp = folder / "node_modules" / ".offboarding-stamp"
    if stamp.exists() and stamp.read_text("utf-8") == wanted:
        return
    LOG.unlink(missing_ok=True)
    with timed(f"{folder.name}: packages of package-lock.json installed"):
        if run_logged(["npm", "ci", "--no-fund", "--no-audit"], log=LOG, directory=folder):
            raise explain(LOG, f"Installing the packages of {folder.name}")
        stamp.write_text(wanted, "utf-8")


if __name__ == "__main__":
    sys.exit(main_of(lambda: ensure_packages(WIDGET)))
