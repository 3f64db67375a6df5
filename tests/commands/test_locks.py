"""The lock files hold versions and hashes, and no address."""

import subprocess

import pytest

from offboarding.settings import REPOSITORY

NAMES = ("*package-lock.json", "*requirements*.txt")
LOCKS = subprocess.run(
    ["git", "ls-files", *NAMES], cwd=REPOSITORY, capture_output=True, text=True, check=True
).stdout.split()


def test_every_kind_of_lock_is_looked_at() -> None:
    assert {"requirements.txt", "bot/requirements.txt", "tools/prism/package-lock.json"} <= set(
        LOCKS
    )


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_holds_no_address(lock: str) -> None:
    lines = (REPOSITORY / lock).read_text("utf-8").splitlines()
    assert [line for line in lines if "://" in line] == []
