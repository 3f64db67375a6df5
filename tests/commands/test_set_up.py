"""`make run` before anything runs: environments, their stamps, the sentences of failures."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.commands.checkout import SOURCE


class BareCheckout:
    """Nothing but the tools and empty locks: no package has to be fetched."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "bot").mkdir(parents=True)
        shutil.copytree(SOURCE / "tools", folder / "tools")
        for lock in ("requirements.txt", "requirements-dev.txt"):
            (folder / lock).touch()
            (folder / "bot" / lock).touch()
        (folder / "tools" / "uv-requirements.txt").write_text("")

    def prepare(self, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["tools/python", "-m", "tools.prepare", *words],
            cwd=self.folder,
            env=os.environ | environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )


@pytest.fixture(scope="module")
def set_up(tmp_path_factory: pytest.TempPathFactory) -> BareCheckout:
    made = BareCheckout(tmp_path_factory.mktemp("bare") / "checkout")
    ended = made.prepare()
    assert ended.returncode == 0, ended.stderr
    assert "installed" in ended.stdout
    return made


def test_a_second_set_up_does_nothing(set_up: BareCheckout) -> None:
    ended = set_up.prepare()
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "", "")


def test_a_changed_lock_brings_only_its_own_environment_up_to_date(set_up: BareCheckout) -> None:
    (set_up.folder / "bot" / "requirements.txt").write_text("# newer\n")
    said = set_up.prepare().stdout
    assert "bot: packages" in said
    assert "application: packages" not in said


def test_a_half_made_environment_is_made_anew(set_up: BareCheckout) -> None:
    leftover = set_up.folder / ".venv" / "leftover"
    leftover.touch()
    (set_up.folder / ".venv" / "offboarding-half-made").touch()
    assert "application: packages" in set_up.prepare().stdout
    assert not leftover.exists()
    assert set_up.prepare().stdout == ""


def test_a_moved_checkout_is_noticed(set_up: BareCheckout, tmp_path: Path) -> None:
    moved = BareCheckout(tmp_path / "moved")
    shutil.copytree(set_up.folder / ".venv", moved.folder / ".venv", symlinks=True)
    assert "application: packages" in moved.prepare().stdout
    script = (moved.folder / ".venv" / "bin" / "activate").read_text()
    assert str(moved.folder) in script


def test_an_environment_for_development_stays_one(set_up: BareCheckout) -> None:
    assert "requirements-dev.txt" in set_up.prepare("--development").stdout
    assert set_up.prepare().stdout == ""


def test_offboard_is_a_command_of_the_environment(set_up: BareCheckout) -> None:
    package = set_up.folder / "offboard" / "commands"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("def main(): print('the command line')")
    command = [set_up.folder / ".venv" / "bin" / "offboard"]
    ended = subprocess.run(command, cwd="/", capture_output=True, text=True, check=True)
    assert ended.stdout == "the command line\n"


def test_an_interpreter_of_another_version_is_refused_in_one_sentence(set_up: BareCheckout) -> None:
    ended = set_up.prepare(PYTHON="/bin/false")
    assert ended.returncode == 1
    assert ended.stderr.startswith("PYTHON=/bin/false is not a Python 3.11")
    assert ended.stderr.count("\n") == 1


def test_a_registry_that_cannot_be_reached_is_one_sentence(tmp_path: Path) -> None:
    bare = BareCheckout(tmp_path / "checkout")
    wanted = f"typer==0.29.2 --hash=sha256:{'0' * 64}\n"
    (bare.folder / "requirements.txt").write_text(wanted)
    ended = bare.prepare(
        PIP_CONFIG_FILE="/dev/null",
        PIP_INDEX_URL="http://127.0.0.1:9/simple",
        PIP_EXTRA_INDEX_URL="",
        PIP_FIND_LINKS="",
        PIP_NO_CACHE_DIR="1",
        PIP_RETRIES="0",
    )
    assert ended.returncode == 1
    assert "the package registry cannot be reached" in ended.stderr
    assert ended.stderr.count("\n") == 1


def test_a_full_disk_is_told_before_anything_is_fetched(tmp_path: Path) -> None:
    bare = BareCheckout(tmp_path / "checkout")
    program = (
        "import shutil, sys; shutil.disk_usage = lambda _: type('Usage', (), {'free': 10**9}); "
        "from tools.prepare import *; sys.exit(main_of(lambda: prepare(development=False)))"
    )
    ended = subprocess.run(
        [sys.executable, "-c", program],
        cwd=bare.folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 1
    assert "1.0 GB free" in ended.stderr
    assert ended.stderr.count("\n") == 1
