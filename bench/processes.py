"""Processes that a benchmark starts: ended by their id, looked at through /proc."""

import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

START_SECONDS = 300.0
ENDING_SECONDS = 10.0
LOOK_SECONDS = 0.02


class BenchError(Exception):
    """A measurement could not be made; the sentence says why."""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def run(command: Sequence[str], folder: Path, log: Path, **variables: str) -> float:
    """Run a command to its end; how many seconds it took."""
    began = time.perf_counter()
    with log.open("wb") as output:
        code = subprocess.run(
            command,
            cwd=folder,
            env=os.environ | variables,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            check=False,
        ).returncode
    if code:
        raise BenchError(f"{Path(command[0]).name} ended with {code}; {log} says why.")
    return time.perf_counter() - began


@contextmanager
def running(
    command: Sequence[str], folder: Path, log: Path, variables: Mapping[str, str]
) -> Iterator[subprocess.Popen[bytes]]:
    """A process that is ended with everything it started, whatever happens."""
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            cwd=folder,
            env=os.environ | variables,
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # its process group is its own, and no other's
        )
    try:
        yield process
    finally:
        _end(process)


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is not None:
        return
    os.killpg(process.pid, signal.SIGTERM)
    try:
        process.wait(ENDING_SECONDS)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def wait_until(works: Callable[[], bool], process: subprocess.Popen[bytes], log: Path) -> None:
    """Return as soon as it works; not being reachable yet counts as not working."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise BenchError(f"A server ended with {process.returncode}; {log} says why.")
        try:
            if works():
                return
        except OSError:
            pass
        time.sleep(LOOK_SECONDS)
    raise BenchError(f"A server did not answer in {START_SECONDS:.0f} s; {log} may say why.")


def peak_megabytes(process_id: int) -> float:
    """The most memory the process has held at once."""
    return _megabytes(process_id, "VmHWM:")


def resident_megabytes(process_id: int) -> float:
    """The memory that the process holds now."""
    return _megabytes(process_id, "VmRSS:")


def _megabytes(process_id: int, named: str) -> float:
    for line in Path(f"/proc/{process_id}/status").read_text("utf-8").splitlines():
        if line.startswith(named):
            return int(line.split()[1]) / 1000
    raise BenchError("This system does not tell the memory of a process.")


def processor_seconds(process_id: int) -> float:
    """The processor time the process has used so far."""
    fields = Path(f"/proc/{process_id}/stat").read_text("utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
