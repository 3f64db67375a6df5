"""One line for each request: what was asked for and how it went, never a text or a token."""

import time

import structlog
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from channels.logs import describe
from channels.web.problems import internal_problem

_LOG = structlog.get_logger(__name__)


class RequestLog:
    """Logs requests, and turns faults of ours into a problem instead of a stack trace.

    The route is logged, not the path: paths may carry links that open something.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on and log it when it ends."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = time.perf_counter()
        status = 0

        async def noting(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, noting)
        except ClientDisconnect:  # whoever hangs up in the middle is no fault of ours
            _LOG.info("request_cut_off", **_about(scope))
        except Exception as error:  # noqa: BLE001 (the last one who can answer)
            _LOG.error("request_failed", **_about(scope), **describe(error))
            if not status:
                await internal_problem()(scope, receive, noting)
        finally:
            milliseconds = round((time.perf_counter() - began) * 1000, 1)
            _LOG.info("request", **_about(scope), status=status, milliseconds=milliseconds)


def _about(scope: Scope) -> dict[str, str]:
    about = {
        "method": scope["method"],
        "route": getattr(scope.get("route"), "path", "unknown"),
    }
    conversation_id = scope.get("path_params", {}).get("conversation_id")
    if conversation_id is not None:
        about["conversation_id"] = str(conversation_id)[:36]
    return about
