"""Whether Twilio is connected as it should be: account, sender, and where it calls us."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from twilio.base.exceptions import TwilioRestException
from twilio.rest import Client

from channels.findings import Finding
from channels.sms.connection import INBOUND_PATH, TwilioConnection

_LONG_CODES = "+1"
"""Numbers of North America, whose carriers take texts only from registered senders (A2P 10DLC)."""


async def check(connection: TwilioConnection, client: Client) -> list[Finding]:
    """Look at everything, in the order in which it has to be mended."""
    account = await _asked("Account", lambda: _account(connection, client))
    address = _address(connection)
    if not account.good:
        return [account, address]
    return [account, address, await _asked("Sender", lambda: _sender(connection, client))]


async def _asked(subject: str, look: Callable[[], Any]) -> Finding:
    """What a look gives; where Twilio refuses or does not answer, that is what was found."""
    try:
        finding = await look()
    except TwilioRestException as error:
        mend = (
            "Copy account and auth token anew from the console's first page."
            if error.status in {401, 403}
            else f"Its page: twilio.com/docs/errors/{error.code}."
        )
        sentence = f"Twilio refuses it (error {error.code}). {mend}"
        return Finding(subject, good=False, sentence=sentence)
    except Exception as error:  # noqa: BLE001 (whatever a connection does)
        sentence = (
            f"Twilio does not answer ({type(error).__name__}). Check the network, a proxy, and "
            "OFFBOARD_TWILIO_API_URL."
        )
        return Finding(subject, good=False, sentence=sentence)
    if not isinstance(finding, Finding):
        raise TypeError(f"{subject} gave no finding")
    return finding


async def _account(connection: TwilioConnection, client: Client) -> Finding:
    account = await client.api.accounts(connection.account_sid).fetch_async()
    if account.status != "active":
        sentence = f"It is {account.status}. Twilio's console says why."
        return Finding("Account", good=False, sentence=sentence)
    trial = "; a trial: it only texts numbers that were verified in the console"
    sentence = f"good{trial if account.type == 'Trial' else ''}"
    return Finding("Account", good=True, sentence=sentence)


def _address(connection: TwilioConnection) -> Finding:
    parts = urlsplit(connection.public_url)
    local = parts.hostname in {"127.0.0.1", "localhost", "::1"}
    if parts.scheme != "https" and not local:
        sentence = "It is no https address: texts would cross the net in the clear."
        return Finding("Public address", good=False, sentence=sentence)
    return Finding("Public address", good=True, sentence=f"Twilio calls {connection.public_url}")


async def _sender(connection: TwilioConnection, client: Client) -> Finding:
    if connection.sender.startswith("MG"):
        service = await client.messaging.v1.services(connection.sender).fetch_async()
        if service.use_inbound_webhook_on_number:
            sentence = (
                "The Messaging Service leaves incoming texts to each number. Set Integration to "
                f'"Send a webhook", and the request URL to {_wanted(connection)}.'
            )
            return Finding("Sender", good=False, sentence=sentence)
        return _calls(connection, service.inbound_request_url, service.inbound_method)
    found = await client.incoming_phone_numbers.list_async(phone_number=connection.sender, limit=1)
    if not found:
        sentence = (
            f"This account has no number {connection.sender}. Set OFFBOARD_SMS_SENDER to one that "
            "the console lists under Active numbers."
        )
        return Finding("Sender", good=False, sentence=sentence)
    number = found[0]
    if not (number.capabilities or {}).get("sms"):
        sentence = "This number can't text. Buy one with the capability SMS."
        return Finding("Sender", good=False, sentence=sentence)
    if number.sms_application_sid:
        sentence = (
            "A TwiML App answers this number's texts. Take it out of the number's messaging "
            f"settings, and set the webhook to {_wanted(connection)}."
        )
        return Finding("Sender", good=False, sentence=sentence)
    return _calls(connection, number.sms_url, number.sms_method)


def _calls(connection: TwilioConnection, address: str | None, method: str | None) -> Finding:
    wanted = _wanted(connection)
    if (address or "").split("#")[0] != wanted or method != "POST":
        sentence = (
            f"Its incoming texts go to {address or 'nobody'} by {method or 'nothing'}. Set the "
            f"webhook to {wanted} by HTTP POST."
        )
        return Finding("Sender", good=False, sentence=sentence)
    registered = (
        "; carriers of the US take texts from it once brand and campaign are registered (A2P "
        "10DLC), which can't be seen from here"
        if connection.sender.startswith(_LONG_CODES)
        else ""
    )
    return Finding("Sender", good=True, sentence=f"good{registered}")


def _wanted(connection: TwilioConnection) -> str:
    return connection.public_url + INBOUND_PATH
