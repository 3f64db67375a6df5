"""A system that is told when access ends: an example to copy (docs/access.md).

Alone:  WEBHOOK_SECRETS=whsec_… uvicorn sandbox.systems.receiver:application --factory
"""

import json
import os
import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path

from fastapi import FastAPI, Request, Response
from standardwebhooks import Webhook, WebhookVerificationError

TABLES = """
CREATE TABLE IF NOT EXISTS seen (webhook_id TEXT PRIMARY KEY);
CREATE TABLE IF NOT EXISTS access (
    subscription_id TEXT PRIMARY KEY, sequence INTEGER, last_event TEXT, since TEXT);
"""
NEWER = """
INSERT INTO access VALUES (:subscription_id, :sequence, :type, :effective_at)
ON CONFLICT (subscription_id) DO UPDATE
SET sequence = :sequence, last_event = :type, since = :effective_at
WHERE :sequence > access.sequence
"""


class Receiver:
    """Takes webhooks. Keeps what it has seen beside what it knows, so that one commit is both."""

    def __init__(self, secrets: Sequence[str], database: Path) -> None:
        self._webhooks = [Webhook(secret) for secret in secrets]
        self._database = database

    def take(self, headers: Mapping[str, str], body: bytes) -> int:
        """Do what a webhook says, once; the status to answer. Believes nothing that is unsigned."""
        if not any(self._signed(webhook, headers, body) for webhook in self._webhooks):
            return 401
        event = json.loads(body)
        if event["type"] == "ping":
            return 204
        with closing(sqlite3.connect(self._database, timeout=10)) as database, database:
            database.executescript(TABLES)
            known = "INSERT OR IGNORE INTO seen VALUES (?)"
            if database.execute(known, [headers["webhook-id"]]).rowcount:
                database.execute(NEWER, {"type": event["type"], **event["data"]})
        return 204

    def _signed(self, webhook: Webhook, headers: Mapping[str, str], body: bytes) -> bool:
        try:
            webhook.verify(body, dict(headers), json_parse=False)  # and no older than five minutes
        except (WebhookVerificationError, ValueError):  # ValueError: a header of a wrong form
            return False
        return True


def application() -> FastAPI:
    """The example as a program of its own."""
    receiver = Receiver(os.environ["WEBHOOK_SECRETS"].split(","), Path("access.db"))
    site = FastAPI()

    @site.post("/webhooks/offboarding")
    async def webhook(request: Request) -> Response:
        return Response(status_code=receiver.take(request.headers, await request.body()))

    return site
