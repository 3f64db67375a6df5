"""What the page shows of one phone."""

from datetime import UTC, datetime

from sandbox.phone.delivery.webhooks import HTTP_FAILURE, NO_CONNECTION
from sandbox.phone.faults import Faults
from sandbox.phone.network.exchange import Exchange
from sandbox.phone.network.keywords import Keyword, keyword_in
from sandbox.phone.network.model import Json, Line, Status, Text
from sandbox.phone.network.segments import dear_letters
from sandbox.phone.page.difficulties import states
from sandbox.phone.page.phones import KnownPhone

MOST_TEXTS = 80
"""How many texts of a phone are shown, the latest ones."""
MOST_LETTERS = 5
"""How many letters are named that make a text dear."""

_STATUS = {
    Status.ACCEPTED: "Accepted",
    Status.QUEUED: "Queued",
    Status.SENDING: "Sending",
    Status.SENT: "Sent",
    Status.DELIVERED: "Delivered",
    Status.UNDELIVERED: "Not delivered",
    Status.FAILED: "Failed",
}
_WHY = {
    30003: "the phone is off or out of reach",
    30005: "the number is nobody's any more",
    30022: "the network takes no more of this sender for now",
}
"""The errors of texts that the page can bring about, by twilio.com/docs/api/errors."""
_NOT_TAKEN = {
    HTTP_FAILURE: "The assistant has not got this: it answered with an error, or too late.",
    NO_CONNECTION: "The assistant has not got this: nobody listens where it should be.",
}


def shown(exchange: Exchange, faults: Faults, line: Line, phone: KnownPhone) -> Json:
    """Everything on the page of this phone."""
    texts = [each for each in exchange.on_phone(phone.number) if not each.repeats]
    block = exchange.blocked(phone.number, line.scope)
    return {
        "count": exchange.changes.count,
        "phone": {"number": phone.number, "title": phone.title, "note": _note(phone)},
        "texts": [_bubble(each, line) for each in texts[-MOST_TEXTS:]],
        "blocked": "" if block is None else _blocked(block.word),
        "difficulties": states(faults),
    }


def _blocked(word: str) -> str:
    return (
        f"Twilio has blocked texts to this number: they wrote {word} alone. "
        "START alone makes them welcome again."
    )


def _note(phone: KnownPhone) -> str:
    if not phone.owners:
        return "No customer has this number on file."
    if len(phone.owners) == 1:
        return f"{phone.owners[0]} has this number on file."
    return f"{' and '.join(phone.owners)} both have this number on file."


def _bubble(text: Text, line: Line) -> Json:
    return {
        "sid": text.sid,
        "mine": text.inbound,
        "automatic": text.automatic,
        "body": text.body,
        "at": datetime.fromtimestamp(text.created_at, UTC).isoformat(),
        "lost": text.status in (Status.UNDELIVERED, Status.FAILED) or bool(text.problem),
        "says": _handed_on(text, line) if text.inbound else _sent(text),
    }


def _sent(text: Text) -> str:
    """Length, alphabet and status, in words."""
    if text.automatic:
        return "Written by Twilio itself, not by the assistant"
    parts = "1 segment" if text.segments == 1 else f"{text.segments} segments"
    status = _STATUS[text.status]
    if text.error_code is not None:
        why = _WHY.get(text.error_code, "Twilio says no more than its number")
        status = f"{status}: {why} (error {text.error_code})"
    return f"{parts}, {text.alphabet}{_because(text.body)}. {status}"


def _because(body: str) -> str:
    """The first letters for which a text is not in the cheap alphabet."""
    dear = dear_letters(body)
    return f" because of {' '.join(dear[:MOST_LETTERS])}" if dear else ""


def _handed_on(text: Text, line: Line) -> str:
    """What became of a text that was written on the phone; nothing where all is well."""
    if keyword_in(text.body) is Keyword.HELP and not line.advanced_opt_out:
        return "Twilio answers this by itself. The assistant doesn't get it."
    if text.problem is None:
        return "On its way"
    if not text.problem:
        return ""
    usual = f"The assistant's answer to this could not be used (error {text.problem})."
    return _NOT_TAKEN.get(text.problem, usual)
