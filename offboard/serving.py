"""Serves the application beside Rasa in one event loop, and ends both on Ctrl-C or SIGTERM."""

import asyncio
import os
import signal
import socket
import sys
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress

import httpx
import uvicorn
import uvloop

from offboard.application import create_application
from offboard.configuration import local_address
from offboard.console import notice
from offboard.rasa_process import RasaProcess
from offboarding.settings import Settings

GRACE_SECONDS = 2
"""How long a request that is being answered may still take at the end."""
LAST_RESORT_SECONDS = 8.0
PATIENCE_SECONDS = 30.0
POLL_SECONDS = 0.2


class Server(uvicorn.Server):
    """Uvicorn with its signals left to us, for Rasa has to end with it."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Catch nothing."""
        yield


def serve(settings: Settings, bound: socket.socket, rasa: RasaProcess | None) -> None:
    """Serve until Ctrl-C or SIGTERM; raises an OffboardingError when Rasa cannot be had."""
    uvloop.run(_serve(settings, bound, rasa))


async def _serve(settings: Settings, bound: socket.socket, rasa: RasaProcess | None) -> None:
    application = create_application(settings)
    server = Server(
        uvicorn.Config(
            application,
            lifespan="off",  # run below, so that its errors reach us as they are
            log_config=None,
            access_log=False,
            timeout_graceful_shutdown=GRACE_SECONDS,
        )
    )
    _end_on_signals(server)
    async with _in_background(rasa, server), application.router.lifespan_context(application):
        announcing = asyncio.create_task(_announce_when_ready(settings, rasa))
        try:
            await server.serve(sockets=[bound])
        finally:
            announcing.cancel()


def _end_on_signals(server: Server) -> None:
    loop = asyncio.get_running_loop()

    def end(number: signal.Signals) -> None:
        if not server.should_exit:
            _exit_at_the_latest_after(LAST_RESORT_SECONDS)
        server.handle_exit(number, None)

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, end, number)


def _exit_at_the_latest_after(seconds: float) -> None:
    """Whatever hangs while ending, the person at the terminal gets it back; Rasa then ends too."""
    last_resort = threading.Timer(seconds, os._exit, (0,))
    last_resort.daemon = True
    last_resort.start()


@asynccontextmanager
async def _in_background(rasa: RasaProcess | None, server: Server) -> AsyncIterator[None]:
    """Rasa runs within; when it cannot be had, the server ends and the reason is raised."""
    if rasa is None:
        yield
        return
    task = asyncio.create_task(rasa.keep_running())
    task.add_done_callback(lambda _: setattr(server, "should_exit", True))
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def _announce_when_ready(settings: Settings, rasa: RasaProcess | None) -> None:
    """Print the address once every part says that it is ready."""
    notice("Starting, about 15 seconds …")
    address = local_address(settings)
    async with httpx.AsyncClient(base_url=address, trust_env=False) as client:
        said_last = asyncio.get_running_loop().time()
        while waits_for := await _not_ready(client):
            if asyncio.get_running_loop().time() - said_last > PATIENCE_SECONDS:
                notice(f"Not ready yet: {waits_for}")
                said_last = asyncio.get_running_loop().time()
            await asyncio.sleep(POLL_SECONDS)
    if rasa is not None:
        rasa.has_answered = True
    sys.stdout.write(f"Ready: {address}\n")
    sys.stdout.flush()


async def _not_ready(client: httpx.AsyncClient) -> str:
    """What /readyz says of the parts that are not ready; empty when all are."""
    try:
        answer = await client.get("/readyz")
    except httpx.TransportError as error:
        return str(error) or type(error).__name__
    return "" if answer.status_code == httpx.codes.OK else answer.text.strip()
