"""A PostgreSQL of the tests' own: made in a temporary folder, gone when they end."""

import os
import pwd
import secrets
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from tools.debian import postgresql_programs
from tools.steps import LOGS, StepError, explain, run_logged

LOG = LOGS / "postgresql.log"
USER = "offboarding"
CLUSTER_OPTIONS = ("--auth", "scram-sha-256", "--encoding", "UTF8", "--no-sync")


@dataclass(frozen=True)
class Cluster:
    """A PostgreSQL that runs, at an address."""

    address: str
    _control: Sequence[str | Path]

    def restart(self, mode: Literal["fast", "immediate"]) -> None:
        """End every connection and begin anew; `immediate` is a crash, with its recovery.

        Raises StepError.
        """
        command = [*self._control, "--mode", mode, "--wait", "restart"]
        if run_logged(command, log=LOG, directory=Path("/")):
            raise explain(LOG, "Starting a PostgreSQL for the tests anew")


@contextmanager
def throwaway_cluster() -> Iterator[str]:
    """Yield the address of an empty database on a free loopback port."""
    with open_cluster() as running:
        yield running.address


@contextmanager
def open_cluster(*, lasting: bool = False) -> Iterator[Cluster]:
    """A PostgreSQL with an empty database on a free loopback port.

    With `lasting`, what was committed outlives a crash of the server, as it does in earnest.
    """
    programs = postgresql_programs()
    if programs is None:
        raise StepError("PostgreSQL is missing: apt-get install postgresql")
    folder = Path(tempfile.mkdtemp(prefix="offboarding-postgres-"))
    as_user = _as_server_user(folder)
    control: list[str | Path] = [*as_user, programs / "pg_ctl", "--pgdata", folder / "data"]
    with _removed_at_the_end(folder, control):
        yield Cluster(_start(programs, folder, as_user, control, lasting=lasting), control)


@contextmanager
def _removed_at_the_end(folder: Path, control: list[str | Path]) -> Iterator[None]:
    """Stop and remove the cluster when this process ends, however it ends.

    A child waits for a pipe to close that only this process holds open.
    """
    clean = 'read -r _; "$@" --mode immediate stop >/dev/null 2>&1; rm -rf "$0"'
    command = ["sh", "-c", clean, folder, *control]
    with subprocess.Popen(command, cwd="/", stdin=subprocess.PIPE, start_new_session=True):
        yield


def _start(
    programs: Path,
    folder: Path,
    as_user: list[str | Path],
    control: list[str | Path],
    *,
    lasting: bool,
) -> str:
    """Make the cluster and start it; return its address."""
    password = secrets.token_hex(16)
    password_file = folder / "password"
    password_file.write_text(password, "utf-8")
    password_file.chmod(0o644)  # the folder itself is open to the server's user alone
    make: list[str | Path] = [programs / "initdb", "--pgdata", folder / "data"]
    make += ["--pwfile", password_file, "--username", USER, *CLUSTER_OPTIONS]
    port = _free_port()
    # Nothing is worth keeping here, so nothing is forced to the disk; what is to outlive a crash of
    # the server, and not of the machine, only has to leave its memory.
    options = (
        f"-c listen_addresses=127.0.0.1 -c port={port} -c unix_socket_directories='' "
        f"-c synchronous_commit={'on' if lasting else 'off'} "
        "-c fsync=off -c full_page_writes=off -c max_connections=200"
    )
    start: list[str | Path] = [
        "--wait",
        "--log",
        folder / "server.log",
        "--options",
        options,
        "start",
    ]
    LOG.unlink(missing_ok=True)
    steps: list[list[str | Path]] = [[*as_user, *make], [*control, *start]]
    for step in steps:
        if run_logged(step, log=LOG, directory=Path("/")):
            raise explain(LOG, "Starting a PostgreSQL for the tests")
    return f"postgresql://{USER}:{password}@127.0.0.1:{port}/postgres"


def _as_server_user(folder: Path) -> list[str | Path]:
    """PostgreSQL refuses to run as root: hand the folder over and say how to become who may."""
    if os.geteuid() != 0:
        return []
    name = next((each for each in ("postgres", "nobody") if _exists(each)), "nobody")
    shutil.chown(folder, name)
    return [_program("runuser"), "-u", name, "--"]


def _exists(user: str) -> bool:
    try:
        pwd.getpwnam(user)
    except KeyError:
        return False
    return True


def _program(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        raise StepError(f"{name} is missing, which Debian has in util-linux: install that.")
    return found


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


if __name__ == "__main__":  # `tools/python -m tools.postgres COMMAND…` runs it beside a database
    import sys

    with throwaway_cluster() as address:
        code = subprocess.run(
            sys.argv[1:], env=os.environ | {"OFFBOARD_TEST_POSTGRES_URL": address}, check=False
        ).returncode
    sys.exit(code)
