"""`python -m bot.serve`: Rasa behind the turn endpoint, on this machine only.

Ends when its standard input closes, so that it never outlives whoever started it. Logs say what
happened, never what a customer wrote.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bot.new_models import follow_new_models, load
from bot.patches import prepare
from bot.project import ROOT, Project

HOST = "127.0.0.1"
LARGEST_REQUEST = 2_000_000
STOP_AGAIN_SECONDS = 1.0

logger = logging.getLogger("bot.serve")


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until stdin closes or a signal comes."""
    options = _parser().parse_args(arguments)
    _configure_logging(options.log_level)
    prepare()
    model = options.model or Project().model(ROOT / "models")
    application = create_application(model, options.endpoints, options.credentials)
    if not options.ignore_stdin:
        application.register_listener(_stop_when_stdin_closes, "after_server_start")
        application.register_listener(_note_ending, "before_server_stop")
    application.run(host=HOST, port=options.port, access_log=False, debug=False, motd=False)
    return 1 if application.ctx.failed else 0


def create_application(model: Path, endpoints: Path, credentials: Path) -> Any:
    """The web application; its model is loaded after it has begun to listen."""
    from rasa.core.channels.channel import register
    from rasa.shared.utils.io import read_config_file
    from sanic import Sanic

    from bot.channel.gateway import GatewayInput

    application = Sanic("offboarding_bot", configure_logging=False)
    application.config.REQUEST_MAX_SIZE = LARGEST_REQUEST
    application.config.ACCESS_LOG = False
    settings = read_config_file(credentials)
    channel = GatewayInput.from_credentials(settings.get("bot.channel.gateway.GatewayInput"))
    register([channel], application, route="/webhooks/")
    application.ctx.agent = None
    application.ctx.failed = False
    application.ctx.ending = threading.Event()

    async def load_model(running: Any, loop: Any) -> None:
        # By its name Sanic ends it before the loop is closed.
        running.add_task(_load_agent(running, model, endpoints), name="model")

    application.register_listener(load_model, "after_server_start")
    return application


async def _load_agent(application: Any, model: Path, endpoints: Path) -> None:
    application.ctx.agent = await load(model, endpoints)
    if application.ctx.agent.is_ready():
        logger.info("Model %s is loaded.", model.name)
    elif await asyncio.to_thread(model.exists):
        # Whoever started this tries again, and says so where somebody looks.
        logger.error("Model %s cannot be loaded; the lines above say why.", model.name)
        application.ctx.failed = True
        application.stop()
        return
    else:
        logger.error("There is no model at %s.", model)
    await follow_new_models(application, model, endpoints)


async def _stop_when_stdin_closes(application: Any, loop: Any) -> None:
    def stop() -> None:
        application.is_stopping = False
        application.stop()

    def watch() -> None:
        while os.read(sys.stdin.fileno(), 4096):
            pass
        logger.info("Standard input has closed: ending.")
        loop.call_soon_threadsafe(stop)
        # Sanic loses a stop that comes in the instant in which it has just started, and heeds no
        # second one by itself.
        while not application.ctx.ending.wait(STOP_AGAIN_SECONDS):
            loop.call_soon_threadsafe(stop)

    threading.Thread(target=watch, name="stdin", daemon=True).start()


async def _note_ending(application: Any, loop: Any) -> None:
    application.ctx.ending.set()


def _configure_logging(level: str) -> None:
    logging.basicConfig(level=level, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    # Rasa's own notes at lower levels hold what customers wrote.
    for name in ("rasa", "sanic", "apscheduler", "aiohttp", "matplotlib", "asyncio"):
        logging.getLogger(name).setLevel(logging.WARNING)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bot.serve", description=__doc__)
    parser.add_argument("--port", type=int, default=5005)
    parser.add_argument("--model", type=Path, default=None, help="default: the current model")
    parser.add_argument("--endpoints", type=Path, default=ROOT / "endpoints.yml")
    parser.add_argument("--credentials", type=Path, default=ROOT / "credentials.yml")
    parser.add_argument("--log-level", default="INFO", choices=["INFO", "WARNING", "ERROR"])
    parser.add_argument("--ignore-stdin", action="store_true", help="go on when stdin closes")
    return parser


if __name__ == "__main__":
    sys.exit(main())
