"""How the set-up talks and fails: one line a step, one sentence an error, the rest in a log."""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent
LOGS = CHECKOUT / "var" / "setup"


class StepError(Exception):
    """A step failed in a foreseen way; the sentence says what and the mend."""


def say(text: str) -> None:
    """Print a line at once, also into a pipe."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


@contextmanager
def timed(done: str) -> Iterator[None]:
    """Say what was done and how long it took, unless it failed."""
    start = time.monotonic()
    yield
    say(f"  {done} ({time.monotonic() - start:.0f} s)")


def run_logged(
    command: Sequence[str | Path],
    *,
    log: Path,
    directory: Path = CHECKOUT,
    environment: Mapping[str, str] | None = None,
) -> int:
    """Run a command with its output added to a log; return its exit code."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("a", encoding="utf-8") as output:
        output.write(f"$ {' '.join(map(str, command))}\n")
        output.flush()
        return subprocess.run(
            command,
            cwd=directory,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            check=False,
        ).returncode


def explain(log: Path, what: str) -> StepError:
    """Read in a log why a step failed, and put it in one sentence."""
    text = log.read_text(encoding="utf-8", errors="replace").lower()
    place = log.relative_to(CHECKOUT) if log.is_relative_to(CHECKOUT) else log
    if "no space left on device" in text:
        return StepError(f"{what} failed: the disk is full; free some space and run it again.")
    if ("hashes" in text and "do not match" in text) or "hash mismatch" in text:
        return StepError(
            f"{what} failed: a downloaded package is not the one in the lock file; clear pip's and "
            f"uv's caches and run it again ({place} names the package)."
        )
    if any(word in text for word in _NETWORK_WORDS):
        return StepError(
            f"{what} failed: the package registry cannot be reached; check the network and pip's "
            f"settings (pip config list), then run it again ({place} has the details)."
        )
    return StepError(f"{what} failed; {place} has the details.")


_NETWORK_WORDS = (
    "could not find a version",
    "connection",
    "error sending request",
    "failed to fetch",
    "network is unreachable",
    "no matching distribution",
    "timed out",
)


def main_of(steps: Callable[[], int | None]) -> int:
    """Run steps as a command does: a sentence for what was foreseen, quiet on Ctrl-C."""
    try:
        return steps() or 0
    except StepError as error:
        sys.stderr.write(f"{error}\n")
    except OSError as error:
        if error.errno is None:
            raise
        sys.stderr.write(f"{error.filename or CHECKOUT}: {error.strerror}; mend that and retry.\n")
    except KeyboardInterrupt:
        return 130
    return 1
