"""The application's answer to a webhook, as far as it sends texts.

TwiML: twilio.com/docs/messaging/twiml. What is not XML but plain text is a text as it stands.
"""

from dataclasses import dataclass
from xml.etree import ElementTree as ET

from sandbox.phone.delivery.webhooks import Answer, NotTakenError

INVALID = "12100"
"""Twilio's error code for what is no TwiML."""
_PLAIN = "text/plain"
_TEXTS = ("Message", "Sms")


@dataclass(frozen=True)
class Reply:
    """A text that the application answers with."""

    body: str
    to: str = ""
    """Another phone than the one that wrote."""
    callback: str = ""


def replies_in(answer: Answer) -> list[Reply]:
    """What is to be sent. Raises NotTakenError where nobody can read it."""
    if not answer.body.strip():
        return []
    if answer.kind == _PLAIN:
        return [Reply(answer.body.strip())]
    try:
        root = ET.fromstring(answer.body)  # noqa: S314 (our own application's)
    except ET.ParseError:
        raise NotTakenError(INVALID) from None
    if root.tag != "Response":
        raise NotTakenError(INVALID)
    return [_reply(each) for each in root if each.tag in _TEXTS]


def _reply(element: ET.Element) -> Reply:
    within = element.find("Body")
    body = "".join((element if within is None else within).itertext())
    callback = element.get("statusCallback") or element.get("action") or ""
    return Reply(body.strip(), element.get("to", ""), callback)
