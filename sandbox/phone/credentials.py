"""What the application needs to talk to the stand-in, and the stand-in to know it by."""

import hashlib
import hmac
from dataclasses import dataclass, field

from offboarding.settings import Settings
from sandbox.slack.credentials import local_url

API_PATH = "/sandbox/twilio"
"""Takes the place of `https://api.twilio.com` in the client's addresses."""
SENDER = "+12025550100"
"""Whom customers write to. In North America 555-0100 to 555-0199 are kept for fiction."""


@dataclass(frozen=True)
class TwilioCredentials:
    """As an operator would copy them from Twilio's console."""

    account_sid: str
    auth_token: str = field(repr=False)
    api_url: str
    """Without a slash at the end."""
    sender: str


def credentials(settings: Settings, base_url: str | None = None) -> TwilioCredentials:
    """The same at every start: made from the random secret that the data directory keeps.

    `base_url` is where the stand-in is served; by default, the application's address as itself
    reaches it, whatever the public one is.
    """
    return TwilioCredentials(
        account_sid=f"AC{_made(settings, 'account')}",
        auth_token=_made(settings, "auth token"),
        api_url=(base_url or local_url(settings)).rstrip("/") + API_PATH,
        sender=SENDER,
    )


def service_sid(settings: Settings) -> str:
    """The Messaging Service that the sender is in, for whoever sends by it."""
    return f"MG{_made(settings, 'service')}"


def _made(settings: Settings, use: str) -> str:
    key = settings.signing_secret.encode()
    return hmac.new(key, f"stand-in twilio: {use}".encode(), hashlib.sha256).hexdigest()[:32]
