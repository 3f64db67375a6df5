"""The made-up company's systems as routes: each takes webhooks, one page shows what they think."""

import shutil
from collections.abc import Callable
from typing import Any

from fastapi import APIRouter, HTTPException, Request, Response
from fastapi.responses import HTMLResponse
from starlette.concurrency import run_in_threadpool

from offboarding.database import Database
from offboarding.policies.store import Policies
from offboarding.settings import Settings
from sandbox.systems.connection import PATH, secrets
from sandbox.systems.receiver import Receiver
from sandbox.systems.view import systems

PAGE = "/sandbox/systems"


class SystemsStandIn:
    """Stands in for every system that policy/systems.yml names, each with a memory of its own."""

    def __init__(self, settings: Settings, database: Database) -> None:
        self._settings = settings
        self._database = database
        self._policies = Policies(settings.policy_directory)
        self._folder = settings.data_directory / "systems"

    def reset(self) -> None:
        """Every system forgets what it was told."""
        shutil.rmtree(self._folder, ignore_errors=True)

    def router(self, page: Callable[..., HTMLResponse]) -> APIRouter:
        """The routes; `page` makes a page of the sandbox from a request, a template and values."""
        routes = APIRouter(include_in_schema=False)

        @routes.post(PATH)
        async def webhook(system: str, request: Request) -> Response:
            if system not in self._policies.systems.systems:
                raise HTTPException(404)
            body = await request.body()
            status = await run_in_threadpool(self._receiver(system).take, request.headers, body)
            return Response(status_code=status)

        @routes.get(PAGE)
        def look(request: Request) -> HTMLResponse:
            return page(request, "systems.html", **self._shown())

        return routes

    def _receiver(self, system: str) -> Receiver:
        self._folder.mkdir(parents=True, exist_ok=True)
        return Receiver(secrets(self._settings, system).values, self._folder / f"{system}.db")

    def _shown(self) -> dict[str, Any]:
        with self._database.read() as session:
            return {"systems": systems(session, self._policies.systems, self._folder)}
