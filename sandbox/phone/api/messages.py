"""The Messages resource: texts are sent, looked up and listed.

twilio.com/docs/messaging/api/message-resource.
"""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

import phonenumbers

from sandbox.phone.delivery.outbound import Outbound
from sandbox.phone.errors import TwilioRefusal, opted_out
from sandbox.phone.faults import Faults
from sandbox.phone.network.exchange import Exchange
from sandbox.phone.network.model import Direction, Line, Status, Text
from sandbox.phone.network.segments import measured

LONGEST_BODY = 1600
_E164 = re.compile(r"\+[1-9]\d{6,14}")
_ANY_SENDER = re.compile(r"\+[1-9]\d{6,14}|\d{3,8}|[A-Za-z0-9 ]{1,11}")


class Messages:
    """Texts as the application sees them."""

    def __init__(self, exchange: Exchange, outbound: Outbound, faults: Faults, line: Line) -> None:
        self._exchange = exchange
        self._outbound = outbound
        self._faults = faults
        self._line = line

    def create(self, form: Mapping[str, str]) -> Text:
        """Take a text to be sent. Raises TwilioRefusal."""
        body, to = form.get("Body", ""), form.get("To", "")
        service = self._service(form)
        _check_recipient(to)
        _check_body(body)
        _check_callback(form.get("StatusCallback", ""))
        if to == self._line.sender:
            raise TwilioRefusal(21266, "A number can't write to itself.")
        if self._exchange.blocked(to, self._line.scope) is not None:
            raise opted_out()
        turn = self._faults.reserve(self._line.sender, measured(body).segments)
        text = self._exchange.add(
            Direction.API,
            to,
            self._line.sender,
            body,
            service_sid=service,
            callback=form.get("StatusCallback", ""),
            status=Status.QUEUED if service is None else Status.ACCEPTED,
        )
        self._outbound.take(text, turn)
        return text

    def find(self, query: Mapping[str, str]) -> list[Text]:
        """What fits, the latest first. Raises TwilioRefusal.

        What was not sent yet is found by when it was made: so that whoever asks for what was sent
        since a moment, because an answer never came, finds what still waits.
        """
        wanted = [*_numbers(query), *_dates(query)]
        return [
            text for text in reversed(self._exchange.texts) if all(fits(text) for fits in wanted)
        ]

    def _service(self, form: Mapping[str, str]) -> str | None:
        """The Messaging Service that is to send it; None for the number itself."""
        service, sender = form.get("MessagingServiceSid", ""), form.get("From", "")
        if service and service != self._line.service_sid:
            raise TwilioRefusal(21701, "There is no such Messaging Service.")
        if not service and not sender:
            raise TwilioRefusal(21603, "Neither From nor MessagingServiceSid says who sends it.")
        if sender and not _ANY_SENDER.fullmatch(sender):
            raise TwilioRefusal(21212, f"The From number {sender} is no sender.")
        if sender and sender != self._line.sender:
            raise TwilioRefusal(21606, f"The From number {sender} is not one of this account.")
        return service or None


def _check_recipient(to: str) -> None:
    if not to:
        raise TwilioRefusal(21604, "The parameter To says to nobody.")
    invalid = TwilioRefusal(21211, f"The To number {to} is no phone number.")
    if not _E164.fullmatch(to):
        raise invalid
    try:
        possible = phonenumbers.is_possible_number(phonenumbers.parse(to))
    except phonenumbers.NumberParseException:
        possible = False
    if not possible:
        raise invalid


def _check_body(body: str) -> None:
    if not body.strip():
        raise TwilioRefusal(21602, "The text says nothing.")
    if len(body) > LONGEST_BODY:
        raise TwilioRefusal(21617, f"The text is longer than {LONGEST_BODY} characters.")


def _check_callback(url: str) -> None:
    if url and not (url.startswith(("http://", "https://")) and urlsplit(url).hostname):
        raise TwilioRefusal(21609, "StatusCallback is no address.")


def _numbers(query: Mapping[str, str]) -> list[Callable[[Text], bool]]:
    to, sender = query.get("To", ""), query.get("From", "")
    found: list[Callable[[Text], bool]] = []
    if to:
        found.append(lambda text: (text.sender if text.inbound else text.phone) == to)
    if sender:
        found.append(lambda text: (text.phone if text.inbound else text.sender) == sender)
    return found


def _dates(query: Mapping[str, str]) -> list[Callable[[Text], bool]]:
    found: list[Callable[[Text], bool]] = []
    if query.get("DateSent"):
        day = _span(query["DateSent"])[0].date()
        found.append(lambda text: _moment(text).date() == day)
    if query.get("DateSent>"):
        since, _ = _span(query["DateSent>"])
        found.append(lambda text: _moment(text) >= since)
    if query.get("DateSent<"):
        _, until = _span(query["DateSent<"])
        found.append(lambda text: _moment(text) < until)
    return found


def _moment(text: Text) -> datetime:
    """In whole seconds, as the application reads it."""
    moment = text.created_at if text.sent_at is None else text.sent_at
    return datetime.fromtimestamp(int(moment), UTC)


def _span(given: str) -> tuple[datetime, datetime]:
    """The day that is named, or the second. Raises TwilioRefusal."""
    try:
        day = datetime.combine(date.fromisoformat(given), datetime.min.time(), UTC)
    except ValueError:
        second = _second(given)
        return second, second + timedelta(seconds=1)
    return day, day + timedelta(days=1)


def _second(given: str) -> datetime:
    for read in (datetime.fromisoformat, parsedate_to_datetime):
        try:
            moment = read(given).replace(microsecond=0)
        except ValueError:
            continue
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    raise TwilioRefusal(20001, f"{given} is no date.")
