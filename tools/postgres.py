"""A PostgreSQL of the tests' own: made in a temporary folder, gone when they end."""

import os
import pwd
import secrets
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tools.debian import postgresql_programs
from tools.steps import LOGS, StepError, explain, run_logged

LOG = LOGS / "postgresql.log"
USER = "offboarding"
CLUSTER_OPTIONS = ("--auth", "scram-sha-256", "--encoding", "UTF8", "--no-sync")


@contextmanager
def throwaway_cluster() -> Iterator[str]:
    """Yield the address of an empty database on a free loopback port."""
    programs = postgresql_programs()
    if programs is None:
        raise StepError("PostgreSQL is missing: apt-get install postgresql")
    folder = Path(tempfile.mkdtemp(prefix="offboarding-postgres-"))
    try:
        yield from _running(programs, folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _running(programs: Path, folder: Path) -> Iterator[str]:
    password = secrets.token_hex(16)
    data, password_file = folder / "data", folder / "password"
    password_file.write_text(password, "utf-8")
    as_user = _as_server_user(folder, password_file)
    make: list[str | Path] = [programs / "initdb", "--pgdata", data, "--pwfile", password_file]
    port = _free_port()
    # Nothing is worth keeping here, so nothing is forced to the disk.
    options = (
        f"-c listen_addresses=127.0.0.1 -c port={port} -c unix_socket_directories='' "
        "-c fsync=off -c synchronous_commit=off -c full_page_writes=off -c max_connections=200"
    )
    control: list[str | Path] = [*as_user, programs / "pg_ctl", "--pgdata", data, "--wait"]
    LOG.unlink(missing_ok=True)
    steps: list[list[str | Path]] = [
        [
            *as_user,
            *make,
            "--username",
            USER,
            "--auth",
            "scram-sha-256",
            "--encoding",
            "UTF8",
            "--no-sync",
        ],
        [*control, "--log", folder / "server.log", "--options", options, "start"],
    ]
    try:
        for step in steps:
            if run_logged(step, log=LOG, directory=Path("/")):
                raise explain(LOG, "Starting a PostgreSQL for the tests")
        yield f"postgresql://{USER}:{password}@127.0.0.1:{port}/postgres"
    finally:
        run_logged([*control, "--mode", "immediate", "stop"], log=LOG, directory=Path("/"))


def _as_server_user(*paths: Path) -> list[str | Path]:
    """PostgreSQL refuses to run as root: hand the files over and say how to become who may."""
    if os.geteuid() != 0:
        return []
    name = next((each for each in ("postgres", "nobody") if _exists(each)), "nobody")
    for path in paths:
        shutil.chown(path, name)
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
