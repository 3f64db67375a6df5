"""Every mail the application sends, caught by a real SMTP server and kept for reading."""

import mailbox
import re
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes
from email.errors import HeaderParseError
from email.header import decode_header, make_header
from email.message import Message
from pathlib import Path
from threading import Lock
from typing import Any

import structlog
from aiosmtpd.controller import Controller

from offboarding.settings import Settings

log = structlog.get_logger(__name__)
HOST = "127.0.0.1"
_RECIPIENT = "X-Sandbox-Recipient"
_KEY = re.compile(r"^(\d+)\.M(\d+)P\d+Q(\d+)\.")
_HEAD = re.compile(r"<head\b[^>]*>", re.IGNORECASE)
_DOCTYPE = re.compile(r"^\s*<!doctype\b[^>]*>", re.IGNORECASE)


@dataclass(frozen=True)
class MailSummary:
    """A mail as the list shows it."""

    key: str
    message_id: str
    sender: str
    recipients: tuple[str, ...]
    """The addresses it was really delivered to, in lower case."""
    subject: str
    received_at: datetime


@dataclass(frozen=True)
class Mail:
    """A mail as it is read."""

    summary: MailSummary
    text: str | None
    html: str | None
    """As it was sent: nothing to be shown but in a frame that runs and loads nothing."""
    attachments: tuple[str, ...]


class MailStore:
    """The mails of the sandbox, in a Maildir. May be used by several threads and processes."""

    def __init__(self, data_directory: Path) -> None:
        folder = data_directory / "sandbox-mailbox"
        folder.parent.mkdir(parents=True, exist_ok=True)
        self._maildir = mailbox.Maildir(folder, create=True)
        self._summaries: dict[str, MailSummary] = {}
        self._lock = Lock()

    def keep(self, content: bytes, recipients: Sequence[str]) -> None:
        """Store a mail as it came; one whose Message-ID is here already is not kept twice."""
        message_id = _header(message_from_bytes(content), "Message-ID")
        with self._lock:
            self._refresh()
            if message_id and any(
                known.message_id == message_id for known in self._summaries.values()
            ):
                return
            lines = [f"{_RECIPIENT}: {recipient.lower()}\r\n".encode() for recipient in recipients]
            self._maildir.add(b"".join(lines) + content)

    def summaries(self, recipient: str | None = None) -> list[MailSummary]:
        """All mails, newest first; with `recipient`, only those to that address."""
        with self._lock:
            self._refresh()
            found = [
                each
                for each in self._summaries.values()
                if recipient is None or recipient.lower() in each.recipients
            ]
        return sorted(found, key=lambda each: _arrival(each.key), reverse=True)

    def mail(self, key: str) -> Mail | None:
        """One mail to read, or None."""
        with self._lock:
            self._refresh()
            summary = self._summaries.get(key)
            if summary is None:
                return None
            message = message_from_bytes(self._maildir.get_bytes(key))
        parts = [part for part in message.walk() if not part.is_multipart()]
        return Mail(
            summary=summary,
            text=_body(parts, "text/plain"),
            html=_body(parts, "text/html"),
            attachments=tuple(name for part in parts if (name := part.get_filename())),
        )

    def clear(self) -> int:
        """Throw all mails away; how many there were."""
        with self._lock:
            keys = self._maildir.keys()
            for key in keys:
                self._maildir.discard(key)
            self._summaries.clear()
        return len(keys)

    def _refresh(self) -> None:
        """Read what came since the last look, by whichever process, and forget what is gone."""
        keys = set(self._maildir.keys())
        for gone in self._summaries.keys() - keys:
            del self._summaries[gone]
        for key in keys - self._summaries.keys():
            try:
                content = self._maildir.get_bytes(key)
            except (KeyError, FileNotFoundError):  # cleared by another process in this instant
                continue
            self._summaries[key] = _summary(key, message_from_bytes(content))


class MailServer:
    """An SMTP server on the loopback address that takes every mail and hands none on."""

    def __init__(self, settings: Settings, store: MailStore) -> None:
        self._settings = settings
        self._store = store
        self._controller: Controller | None = None

    def start(self) -> None:
        """Listen, and set the application's SMTP settings to this server.

        On another free port when the one in the settings is taken. In the sandbox no mail goes
        anywhere else, whatever was set: its customers' addresses are not ours to write to.
        """
        settings = self._settings
        try:
            self._listen(settings.smtp_port)
        except OSError:
            settings.smtp_port = _free_port()
            self._listen(settings.smtp_port)
        settings.smtp_host = HOST
        settings.smtp_user, settings.smtp_password = "", None
        settings.smtp_starttls = False
        log.info("sandbox_mailbox_listens", port=settings.smtp_port)

    def stop(self) -> None:
        """Stop listening. Harmless when it never began."""
        if self._controller is not None:
            self._controller.stop(no_assert=True)
            self._controller = None

    def _listen(self, port: int) -> None:
        controller = Controller(_Delivery(self._store), hostname=HOST, port=port)
        controller.start()
        self._controller = controller


class _Delivery:
    """What aiosmtpd asks when a mail has come."""

    def __init__(self, store: MailStore) -> None:
        self._store = store

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
        """Store the mail; the sender tries again later when that fails."""
        try:
            self._store.keep(envelope.content, envelope.rcpt_tos)
        except OSError as error:
            log.warning("sandbox_mail_not_kept", problem=str(error))
            return "451 The mail could not be stored"
        return "250 Kept in the sandbox's mailbox"


def framed(html: str) -> str:
    """A mail's HTML with every link set to open in a tab of its own."""
    base = '<base target="_blank">'
    for place in (_HEAD, _DOCTYPE):
        found = place.search(html)
        if found:
            return html[: found.end()] + base + html[found.end() :]
    return base + html


def _summary(key: str, message: Message) -> MailSummary:
    seconds, microseconds, _ = _arrival(key)
    return MailSummary(
        key=key,
        message_id=_header(message, "Message-ID"),
        sender=_header(message, "From"),
        recipients=tuple(str(each) for each in message.get_all(_RECIPIENT, [])),
        subject=_header(message, "Subject") or "(no subject)",
        received_at=datetime.fromtimestamp(seconds, UTC).replace(microsecond=microseconds),
    )


def _arrival(key: str) -> tuple[int, int, int]:
    """When a mail came: second, microsecond and count, which a Maildir writes into its names."""
    found = _KEY.match(key)
    if found is None:
        return (0, 0, 0)
    second, microsecond, count = (int(number) for number in found.groups())
    return (second, microsecond, count)


def _header(message: Message, name: str) -> str:
    value = str(message.get(name, ""))
    try:
        text = str(make_header(decode_header(value)))
    except (HeaderParseError, LookupError, UnicodeError):
        text = value
    return " ".join(text.split())


def _body(parts: Sequence[Message], content_type: str) -> str | None:
    for part in parts:
        if part.get_content_type() == content_type and part.get_filename() is None:
            payload = part.get_payload(decode=True)
            content = payload if isinstance(payload, bytes) else b""
            try:
                return content.decode(part.get_content_charset("utf-8"), "replace")
            except LookupError:  # a character set that nobody knows
                return content.decode("utf-8", "replace")
    return None


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
    return port
