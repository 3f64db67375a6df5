"""What is needed to talk to Twilio, and Twilio's own client."""

import asyncio
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from twilio.http.async_http_client import AsyncTwilioHttpClient
from twilio.http.response import Response
from twilio.request_validator import RequestValidator, get_signature_algorithm
from twilio.rest import Client

from offboarding.errors import ConfigurationError
from offboarding.settings import Settings

TIMEOUT_SECONDS = 10.0
"""After which it is not known whether Twilio has taken a text."""
INBOUND_PATH = "/sms/inbound"
STATUS_PATH = "/sms/status"

_PUBLISHED = "https://api.twilio.com"
_SENDER = re.compile(r"\+[1-9]\d{6,14}|\d{3,8}|MG[0-9a-f]{32}")
_ACCOUNT = re.compile(r"AC[0-9a-f]{32}")


@dataclass(frozen=True)
class TwilioConnection:
    """Where Twilio is, where it reaches us, and what proves to each who the other is."""

    account_sid: str
    auth_token: str = field(repr=False)
    sender: str
    api_url: str
    public_url: str
    """Where Twilio calls us, without a slash at the end; what it signs begins with this."""

    def client(self) -> Client:
        """Twilio's REST API, for the event loop that runs now; its HTTP client is to be closed.

        Retries are the outbox's, so that none is lost with this process.
        """
        return Client(
            self.account_sid, self.auth_token, http_client=_HttpClient(self.api_url.rstrip("/"))
        )

    def status_url(self, position: int) -> str:
        """Where Twilio tells what became of a text of ours."""
        return f"{self.public_url}{STATUS_PATH}?post={quote(str(position))}"

    def is_genuine(
        self,
        address: str,
        form: Mapping[str, Sequence[str]],
        signature: str,
        settings: str = "",
    ) -> bool:
        """Whether Twilio itself sent this form to `address`, a path and its query.

        The address that was signed is the public one, whatever a proxy made of it on the way:
        nothing of the request but path and query counts (twilio-python issues 402 and 751).
        `settings` is the header that names another algorithm than HMAC-SHA1.
        """
        if not signature:
            return False
        try:
            genuine = RequestValidator(self.auth_token).validate(
                self.public_url + address,
                _Form(form),
                signature,
                algorithm=get_signature_algorithm(settings),
            )
        except ValueError:  # an algorithm that nobody knows
            return False
        return bool(genuine)


def connection_of(settings: Settings) -> TwilioConnection | None:
    """The connection that the settings name; None where no account is named.

    Raises ConfigurationError where something of it is missing or no such thing.
    """
    sid = settings.twilio_account_sid.strip()
    if not sid:
        return None
    if _ACCOUNT.fullmatch(sid) is None:
        raise ConfigurationError(
            "OFFBOARD_TWILIO_ACCOUNT_SID names no account: it begins with AC and has 34 "
            "characters. Twilio's console shows it on its first page."
        )
    if settings.twilio_auth_token is None:
        raise ConfigurationError(
            "OFFBOARD_TWILIO_AUTH_TOKEN is not set. Twilio's console shows it beside the account."
        )
    if _SENDER.fullmatch(settings.sms_sender) is None:
        raise ConfigurationError(
            "OFFBOARD_SMS_SENDER is neither a number such as +12025550100, nor a short code, nor "
            "a Messaging Service (MG and 32 characters)."
        )
    if not settings.public_url:
        raise ConfigurationError(
            "OFFBOARD_PUBLIC_URL is not set, so Twilio could not reach us, and what it signs could "
            "not be checked. Set it to the address that Twilio's console has for this number."
        )
    return TwilioConnection(
        account_sid=sid,
        auth_token=settings.twilio_auth_token.get_secret_value(),
        sender=settings.sms_sender,
        api_url=settings.twilio_api_url,
        public_url=settings.base_url,
    )


@dataclass(frozen=True)
class _Form:
    """A form as the validator wants to be asked for it: each field may have several values."""

    fields: Mapping[str, Sequence[str]]

    def __iter__(self) -> Any:
        return iter(self.fields)

    def __bool__(self) -> bool:
        return bool(self.fields)

    def getlist(self, name: str) -> Sequence[str]:
        """All values of a field."""
        return self.fields[name]


class _HttpClient(AsyncTwilioHttpClient):  # type: ignore[misc]  # the package has no types
    """The official client's, with another address and an end to waiting."""

    def __init__(self, api_url: str) -> None:
        super().__init__()
        self._api_url = api_url

    async def request(self, method: str, url: str, *further: Any, **named: Any) -> Response:
        """Ask Twilio, or what stands in for it. Raises TimeoutError."""
        named.pop("timeout", None)
        async with asyncio.timeout(TIMEOUT_SECONDS):
            return await super().request(
                method, url.replace(_PUBLISHED, self._api_url, 1), *further, **named
            )
