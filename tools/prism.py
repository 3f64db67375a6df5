"""Prism, which plays a vendor's API from its published specification, for the tests.

Its lock is in tools/prism; it is installed in var/, where nothing else looks through its files.
The lock is made by `npm install --package-lock-only --omit-lockfile-registry-resolved` there; then
the `funding` of its packages is taken out, for a lock holds no address. jsep is held back in it,
since newer ones ask for a newer Node than Debian 12 has.
"""

import shutil
import sys

from tools.node import ensure_packages
from tools.steps import CHECKOUT, LOGS, main_of

LOCK = CHECKOUT / "tools" / "prism"
FOLDER = LOGS / "prism"
PROGRAM = FOLDER / "node_modules" / ".bin" / "prism"


def ensure_prism() -> None:
    """Install it unless it is there as locked."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name in ("package.json", "package-lock.json"):
        shutil.copyfile(LOCK / name, FOLDER / name)
    ensure_packages(FOLDER)


if __name__ == "__main__":
    sys.exit(main_of(ensure_prism))
