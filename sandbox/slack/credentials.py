"""What the app needs to talk to the stand-in, and the stand-in to know the app by."""

import hashlib
import hmac
from dataclasses import dataclass

from offboarding.settings import Settings

API_PATH = "/sandbox/slack/api/"
_ANY_ADDRESS = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}  # noqa: S104 (compared, not listened on)


@dataclass(frozen=True)
class SlackCredentials:
    """As a workspace's administrator would copy them from Slack's pages."""

    bot_token: str
    app_token: str
    signing_secret: str
    api_url: str
    """The address that slack_sdk calls its `base_url`."""


def credentials(settings: Settings, base_url: str | None = None) -> SlackCredentials:
    """The same at every start: made from the random secret that the data directory keeps.

    `base_url` is where the stand-in is served; by default, the application's address as itself
    reaches it, whatever the public one is.
    """
    return SlackCredentials(
        bot_token=f"xoxb-100200300400-{_made(settings, 'bot')}",
        app_token=f"xapp-1-A0OFFBOARD-100200300400-{_made(settings, 'app')}",
        signing_secret=_made(settings, "signing")[:32],
        api_url=(base_url or local_url(settings)).rstrip("/") + API_PATH,
    )


def local_url(settings: Settings) -> str:
    """The application's address on this machine."""
    return f"http://{_ANY_ADDRESS.get(settings.host, settings.host)}:{settings.port}"


def _made(settings: Settings, use: str) -> str:
    key = settings.signing_secret.encode()
    return hmac.new(key, f"stand-in slack: {use}".encode(), hashlib.sha256).hexdigest()
