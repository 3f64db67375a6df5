"""Brings webhooks to systems over HTTP."""

import asyncio
import ssl
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cache
from urllib.parse import urlsplit

import httpx

from offboarding import clock
from offboarding.access.port import Answer, UnreachableError

LIMIT_SECONDS = 15.0
"""For one try in all. The specification advises 15 to 30 seconds."""
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


class HttpWebhooks:
    """A WebhookPort. Its answers' bodies are never read: what a system says may hold anything."""

    def post(self, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """See WebhookPort."""
        try:
            return asyncio.run(_within_limit(url, headers, body))
        except (httpx.HTTPError, httpx.InvalidURL, OSError, UnicodeError) as error:
            kind = type(error).__name__
        # Not from the error, and not while it is handled: its words quote the address.
        raise UnreachableError(kind)


async def _within_limit(url: str, headers: Mapping[str, str], body: bytes) -> Answer:
    """Raises TimeoutError: httpx itself would wait for ever for who sends a byte now and then."""
    sent = {"Content-Type": "application/json", "User-Agent": "offboarding-assistant", **headers}
    async with (
        asyncio.timeout(LIMIT_SECONDS),
        _client(url) as client,
        client.stream("POST", url, content=body, headers=sent) as response,
    ):
        return Answer(response.status_code, _wait(response.headers.get("Retry-After")))


def _client(url: str) -> httpx.AsyncClient:
    return httpx.AsyncClient(
        follow_redirects=False,
        timeout=LIMIT_SECONDS,
        verify=_trusted(),
        # A proxy of the environment must not see the loopback.
        trust_env=urlsplit(url).hostname not in _LOOPBACK,
    )


@cache
def _trusted() -> ssl.SSLContext:
    """The machine's authorities, for a company's own systems often have a company's own."""
    return ssl.create_default_context()


def _wait(retry_after: str | None) -> float | None:
    """The seconds that a Retry-After asks for (RFC 9110, 10.2.3); None where it is none."""
    text = (retry_after or "").strip()
    if text.isascii() and text.isdigit():
        return float(text[:9])
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    return max(0.0, (_in_utc(moment) - clock.now()).total_seconds())


def _in_utc(moment: datetime) -> datetime:
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment
