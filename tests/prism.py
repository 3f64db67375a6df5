"""A vendor's API as its published specification says it, by Prism (tools/prism.py)."""

import ctypes
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from offboarding.settings import REPOSITORY
from tests.house import wait_for
from tools.prism import PROGRAM

START_SECONDS = 60
END_SECONDS = 5
LIBC = ctypes.CDLL(None)
SET_PARENT_DEATH_SIGNAL = 1
_LISTENING = re.compile(r"listening on (http://127\.0\.0\.1:\d+)")


def specification(name: str, origin: str) -> Path:
    """The file of this name in SPEC_DIR; `origin` says where whoever lacks it finds it.

    It is the vendor's and not kept here: without it the tests that need it are left out and say so.
    """
    folder = (REPOSITORY / os.environ.get("SPEC_DIR", "../shared/specs")).resolve()
    if not (folder / name).is_file():
        pytest.skip(
            f"{name} is not in {folder}, and without it nothing is checked: it is {origin}. Put it "
            "there, or name its folder in SPEC_DIR."
        )
    return folder / name


@contextmanager
def played(specification: Path, log: Path, *, before: str = "") -> Iterator[str]:
    """Prism on a free port of loopback; its address. What it says is in the log.

    With `before` it plays nothing itself: it hands everything on to whoever is at that address, and
    notes in the answers' header `sl-violations` what either side did against the specification.
    """
    assert PROGRAM.exists(), "Prism is missing: `tools/python -m tools.prism` installs it"
    way = ["proxy"] if before else ["mock"]
    where = ["-h", "127.0.0.1", "-p", "0", "--no-multiprocess"]
    words = [*way, *where, str(specification), *([before] if before else [])]
    with log.open("w") as output:
        # Started by node itself, so that the process we end is the one that listens.
        process = subprocess.Popen(
            ["node", str(PROGRAM), *words],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            preexec_fn=_end_with_parent,  # noqa: PLW1509 (it does no more than call libc)
        )
    try:
        yield wait_for(lambda: _address(process, log), "Prism to listen", START_SECONDS)
    finally:
        process.terminate()
        try:
            process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _address(process: subprocess.Popen[bytes], log: Path) -> str | None:
    said = log.read_text("utf-8", errors="replace")
    assert process.poll() is None, f"Prism has ended: {said[-2000:]}"
    found = _LISTENING.search(said)
    return found[1] if found else None


def _end_with_parent() -> None:
    """Ask Linux to end Prism with the tests, also when these are killed."""
    if sys.platform == "linux":
        LIBC.prctl(SET_PARENT_DEATH_SIGNAL, signal.SIGTERM)
