"""An action server that answers at once and always the same: `python -m bench.action_stub PORT`.

It stands behind both Rasas, so that understanding, dialogue and serving are compared, and no
business.
"""

import sys

import uvicorn
from starlette.types import Receive, Scope, Send

ANSWER = b'{"events": [], "responses": [{"text": "Noted."}]}'
HEADERS = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(ANSWER))]


async def answer(scope: Scope, receive: Receive, send: Send) -> None:
    """Read the call whole and answer it."""
    if scope["type"] != "http":
        return
    while (await receive()).get("more_body"):
        pass
    await send({"type": "http.response.start", "status": 200, "headers": HEADERS})
    await send({"type": "http.response.body", "body": ANSWER})


if __name__ == "__main__":
    uvicorn.run(
        answer,
        host="127.0.0.1",
        port=int(sys.argv[1]),
        lifespan="off",
        log_level="error",
        access_log=False,
    )
