"""Takes a newly trained model while serving: talks go on, their state travels with each turn."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path
from typing import Any

from threadpoolctl import threadpool_limits

from bot.project import PREFIX, SUFFIX

LOOK_SECONDS = 2.0

logger = logging.getLogger(__name__)


async def follow_new_models(application: Any, served: Path, endpoints: Path) -> None:
    """Serve each model that appears beside the first one, as soon as it is loaded.

    `bot.train` puts a model in its place whole, so a file that is seen is complete. A turn that
    runs keeps the model it began with. One that cannot be loaded is named in the log and left.
    """
    refused: set[Path] = set()
    while True:
        await asyncio.sleep(LOOK_SECONDS)
        newest = _newest(served, refused)
        if newest == served:
            continue
        agent = await _loaded(newest, endpoints)
        if agent is None:
            refused.add(newest)
            continue
        application.ctx.agent = agent
        served = newest
        logger.info("Model %s is loaded.", newest.name)


def _newest(served: Path, refused: set[Path]) -> Path:
    """The youngest model in the folder; the one being served where none is younger."""
    models = {*served.parent.glob(f"{PREFIX}*{SUFFIX}")} - refused - {served}
    youngest = max(models, key=_modified, default=served)
    return youngest if _modified(youngest) > _modified(served) else served


def _modified(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:  # a model that is served may have been cleared away since
        return 0.0


async def _loaded(model: Path, endpoints: Path) -> Any:
    # Loading takes seconds; in a thread of its own, with a loop of its own, no turn waits for it.
    try:
        agent = await asyncio.to_thread(lambda: asyncio.run(load(model, endpoints)))
    except Exception:
        logger.exception("Model %s cannot be loaded; the last one stays.", model.name)
        return None
    if not agent.is_ready():
        logger.error("Model %s cannot be loaded; the last one stays.", model.name)
        return None
    return agent


async def load(model: Path, endpoints: Path) -> Any:
    """Rasa's agent for a model file."""
    from rasa.core.agent import load_agent
    from rasa.core.utils import AvailableEndpoints

    read = AvailableEndpoints.read_endpoints(str(endpoints))
    loop = asyncio.get_running_loop()
    agent = await load_agent(model_path=str(model), endpoints=read, loop=loop)
    # One text is a few thousand multiplications. Shared out, threads of BLAS wait for the next by
    # spinning, on the cores that the application needs.
    threadpool_limits(limits=1, user_api="blas")
    return agent
