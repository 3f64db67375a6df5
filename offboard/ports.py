"""Takes the application's port before anything starts, and says who has it when it is taken."""

import errno
import socket
from contextlib import suppress
from pathlib import Path

from offboarding.errors import ConfigurationError

LISTENING = "0A"
"""The state of a listening socket in the kernel's table."""


def listen(host: str, port: int) -> socket.socket:
    """A socket bound to the address; raises ConfigurationError with the mend when it cannot be."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        bound = socket.socket(family, kind, protocol)
    except socket.gaierror:
        raise ConfigurationError(
            f"OFFBOARD_HOST={host} is no address of this machine; 127.0.0.1 is one."
        ) from None
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind(address)
        bound.listen(256)
    except OSError as error:
        bound.close()
        raise ConfigurationError(_why_not(error, host, port)) from None
    return bound


def _why_not(error: OSError, host: str, port: int) -> str:
    if error.errno == errno.EADDRINUSE:
        holder = holder_of(port) or "another program"
        return (
            f"Port {port} is taken by {holder}: end that, or choose another port: "
            f"PORT={_free_port_after(port)} make run"
        )
    if error.errno == errno.EACCES:
        return (
            f"Port {port} needs the rights of root: choose one above 1023, for example "
            f"PORT=8000 make run"
        )
    return f"{host}:{port} cannot be listened on ({error.strerror}): change OFFBOARD_HOST or PORT."


def loopback_port(preferred: int) -> int:
    """The preferred port when it is free on the loopback address, else, as for 0, any other."""
    return preferred if preferred and _is_free(preferred) else _any_free_port()


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _any_free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def _free_port_after(port: int) -> int:
    nearby = range(port + 1, min(port + 100, 65536))
    return next((each for each in nearby if _is_free(each)), None) or _any_free_port()


def holder_of(port: int) -> str | None:
    """The program that listens on a port, as far as this user may know it (Linux only)."""
    inodes = {f"socket:[{inode}]" for inode in _listening_inodes(port)}
    for link in Path("/proc").glob("[0-9]*/fd/*") if inodes else ():
        with suppress(OSError):  # ended meanwhile, or another user's
            if str(link.readlink()) in inodes:
                process = link.parent.parent
                name = (process / "comm").read_text("utf-8").strip()
                return f"{name} (process {process.name})"
    return None


def _listening_inodes(port: int) -> set[str]:
    inodes = set()
    for table in ("tcp", "tcp6"):
        with suppress(OSError):
            for line in Path("/proc/net", table).read_text("utf-8").splitlines()[1:]:
                fields = line.split()
                if fields[3] == LISTENING and int(fields[1].rpartition(":")[2], 16) == port:
                    inodes.add(fields[9])
    return inodes
