"""Twilio's own counting of SMS segments, which the tests hold ours against.

Its lock is in tools/segments_oracle, made in the way that tools/prism.py tells; it is installed in
var/, where nothing else looks through its files.
"""

import shutil
import sys

from tools.node import ensure_packages
from tools.steps import CHECKOUT, LOGS, main_of

LOCK = CHECKOUT / "tools" / "segments_oracle"
FOLDER = LOGS / "segments_oracle"
PROGRAM = FOLDER / "oracle.js"


def ensure_segments_oracle() -> None:
    """Install it unless it is there as locked."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name in ("package.json", "package-lock.json", PROGRAM.name):
        shutil.copyfile(LOCK / name, FOLDER / name)
    ensure_packages(FOLDER)


if __name__ == "__main__":
    sys.exit(main_of(ensure_segments_oracle))
