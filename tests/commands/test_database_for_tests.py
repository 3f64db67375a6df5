"""The PostgreSQL that `make test` makes for itself."""

import os
import subprocess
import tempfile
from pathlib import Path

import pytest

from tests.commands.checkout import SOURCE, until
from tools.debian import postgresql_programs

pytestmark = pytest.mark.skipif(postgresql_programs() is None, reason="PostgreSQL is missing")


def clusters() -> set[Path]:
    return set(Path(tempfile.gettempdir()).glob("offboarding-postgres-*"))


def test_it_is_gone_even_when_the_test_run_is_killed() -> None:
    before = clusters()
    program = (
        "import sys, time; from tools.postgres import throwaway_cluster\n"
        "with throwaway_cluster() as address:\n    print(address, flush=True); time.sleep(600)"
    )
    with subprocess.Popen(
        ["tools/python", "-c", program],
        cwd=SOURCE,
        env=os.environ | {"PYTHONPATH": str(SOURCE)},
        stdout=subprocess.PIPE,
        text=True,
    ) as run:
        assert run.stdout
        assert run.stdout.readline().startswith("postgresql://")
        made = clusters() - before
        assert made
        run.kill()
    until(lambda: not made & clusters())
