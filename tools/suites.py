"""Runs every test there is: `tools/python -m tools.suites [words of pytest …]`."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree as ET

from tools.debian import CHROMIUM, ensure_test_programs
from tools.environments import APPLICATION, BOT
from tools.node import WIDGET, ensure_packages
from tools.postgres import throwaway_cluster
from tools.prepare import prepare
from tools.prism import ensure_prism
from tools.segments_oracle import ensure_segments_oracle
from tools.steps import CHECKOUT, StepError, main_of, say

ENDING_SECONDS = 20
BOT_TESTS = "tests/bot" if (CHECKOUT / "tests" / "bot").exists() else "bot/tests"
REPORTS = CHECKOUT / "var" / "tests"
BOTH_DATABASES = "OFFBOARD_TEST_BOTH_DATABASES"
"""The variable with which every test that keeps something runs on SQLite and on PostgreSQL."""
WORKERS = min(4, os.cpu_count() or 1)
"""As many as there are cores: each may start a Rasa and a browser of its own."""
# A file's tests stay together, since they share what they start. Those with few tests are the slow
# ones, so that they must not come last.
BESIDE_EACH_OTHER = (f"--numprocesses={WORKERS}", "--dist=loadfile", "--no-loadscope-reorder")


@dataclass
class Tally:
    """How many tests ended how."""

    passed: int = 0
    failed: int = 0
    skipped: int = 0

    def add_report(self, report: Path, code: int) -> None:
        """Count a report of pytest; a run that failed without one counts as a failure."""
        failed_before = self.failed
        if report.exists():
            for suite in ET.parse(report).iter("testsuite"):  # noqa: S314 (pytest's own)
                tests, skipped = int(suite.get("tests", 0)), int(suite.get("skipped", 0))
                failed = int(suite.get("failures", 0)) + int(suite.get("errors", 0))
                self.passed += tests - skipped - failed
                self.failed += failed
                self.skipped += skipped
        self.failed += code != 0 and self.failed == failed_before

    def closing_line(self, seconds: float) -> str:
        """The counts as pytest writes them."""
        counts = {"failed": self.failed, "passed": self.passed, "skipped": self.skipped}
        said = ", ".join(f"{count} {what}" for what, count in counts.items() if count)
        return f" {said or 'no tests ran'} in {seconds:.2f}s ".center(80, "=")


def run_all(words: Sequence[str]) -> int:
    """Set up, run all suites, say the sum; non-zero when anything failed."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    start = time.monotonic()
    prepare(development=True)
    ensure_test_programs()
    ensure_packages(WIDGET)  # axe-core, which the browser's tests judge pages by, is among them
    ensure_prism()
    ensure_segments_oracle()
    offboard = str(APPLICATION.folder / "bin" / "offboard")
    if _run([offboard, "train"], CHECKOUT, {}):
        raise StepError("The bot could not be trained, so the tests were not begun.")
    tally = Tally()
    with throwaway_cluster() as address:
        _application(tally, words, address)
    if not words:  # words choose among the application's tests
        _bot(tally)
        _widget(tally)
    say(tally.closing_line(time.monotonic() - start))
    return 1 if tally.failed or not tally.passed else 0


def _bot(tally: Tally) -> None:
    say("\nThe bot's tests, in its own environment")
    # Above that folder the tests' set-up is for the application's environment.
    words = [BOT_TESTS, f"--confcutdir={BOT_TESTS}", *BESIDE_EACH_OTHER]
    _pytest(tally, BOT.python, "bot", words, {})


def _application(tally: Tally, words: Sequence[str], postgres: str) -> None:
    say("\nThe application's tests: business, channels, conversations, browser, faults, commands")
    environment = {
        # Containers often forbid byte code; each of the hundreds of processes that the tests start
        # would compile the project anew, half a second each.
        "PYTHONDONTWRITEBYTECODE": "",
        "OFFBOARD_TEST_POSTGRES_URL": postgres,
        "OFFBOARD_TEST_CHROMIUM": str(CHROMIUM),
    }
    ignored = f"--ignore={BOT_TESTS}"
    # Chosen tests stay in one process, where a debugger can be used.
    chosen = words or [*BESIDE_EACH_OTHER, *_databases()]
    _pytest(tally, APPLICATION.python, "application", [ignored, *chosen], environment)


def _databases() -> Sequence[str]:
    """Tests about the database use both of them; of the others, half use the one, half the other.

    Which of the two a test uses never changes. All of them on both take minutes more.
    """
    return [] if os.environ.get(BOTH_DATABASES) else ["--alternate-databases"]


def _pytest(
    tally: Tally,
    python: Path,
    name: str,
    words: Sequence[str],
    environment: Mapping[str, str],
) -> None:
    REPORTS.mkdir(parents=True, exist_ok=True)
    report = REPORTS / f"{name}.xml"
    report.unlink(missing_ok=True)
    command = [str(python), "-m", "pytest", f"--junit-xml={report}", *words]
    tally.add_report(report, _run(command, CHECKOUT, environment))


def _widget(tally: Tally) -> None:
    say("\nThe widget: types, size, whether the built file is the source's, and its own tests")
    for script in ("check", "test"):
        failed = _run(["npm", "run", "--silent", "--if-present", script], WIDGET, {})
        tally.failed += failed != 0
        tally.passed += failed == 0


def _run(command: Sequence[str], directory: Path, environment: Mapping[str, str]) -> int:
    """Run a suite; when we are ended, let it end what it started before it goes."""
    with subprocess.Popen(command, cwd=directory, env=os.environ | environment) as process:
        try:
            return process.wait()
        except BaseException as error:
            # Ctrl-C has reached the suite already, for it is in the terminal's group like us.
            if not isinstance(error, KeyboardInterrupt):
                process.terminate()
            try:
                process.wait(ENDING_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
            raise


if __name__ == "__main__":
    sys.exit(main_of(lambda: run_all(sys.argv[1:])))
