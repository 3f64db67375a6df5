"""Handing a letter to the SMTP server."""

import re
import smtplib
import ssl
from contextlib import suppress
from dataclasses import dataclass
from email.errors import HeaderParseError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr

from email_validator import validate_email

from offboarding import clock
from offboarding.errors import ConfigurationError
from offboarding.settings import Settings

TIMEOUT_SECONDS = 20
"""How long the SMTP server may take for each answer; after that the task is tried again."""

_UNPRINTABLE = re.compile(r"[\x00-\x20\x7f-\x9f\u2028\u2029]+")
_SUBJECT_LENGTH = 160


@dataclass(frozen=True)
class Attachment:
    """A JSON file that goes with a letter."""

    file_name: str
    content: str


@dataclass(frozen=True)
class Letter:
    """One mail to one address.

    `name` says which letter it is, such as `receipt.<identifier>`; the Message-ID is made from it,
    so that a letter that is sent again is seen to be the same by whoever receives it twice.
    """

    name: str
    to: str
    subject: str
    text: str
    html: str
    reply_to: str | None = None
    attachment: Attachment | None = None


class MailSender:
    """Sends letters over SMTP, one connection each.

    Raises ConfigurationError when OFFBOARD_MAIL_FROM names no address.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._sender = _sender_address(settings.mail_from)

    def send(self, letter: Letter) -> None:
        """Hand the letter over. Raises OSError or smtplib.SMTPException when that fails."""
        message = self.message(letter)
        settings = self._settings
        with smtplib.SMTP(
            settings.smtp_host,
            settings.smtp_port,
            # Else the machine's name is asked of the DNS, which can take minutes where there is
            # none; the sender's domain is a better name for us than a container's anyway.
            local_hostname=self._sender.domain,
            timeout=TIMEOUT_SECONDS,
        ) as server:
            if settings.smtp_starttls:
                server.starttls(context=ssl.create_default_context())
            if settings.smtp_user:
                password = settings.smtp_password
                server.login(
                    settings.smtp_user, password.get_secret_value() if password is not None else ""
                )
            server.send_message(message)

    def message(self, letter: Letter) -> EmailMessage:
        """The letter as it goes over the wire.

        No value can add a header: addresses are parsed, the subject is made one line. Raises
        ValueError for an address that is none.
        """
        message = EmailMessage(policy=SMTP)
        message["From"] = self._sender
        message["To"] = _address(letter.to)
        if letter.reply_to is not None:
            # Staff are told all the same where the customer's address can't be answered by mail.
            with suppress(ValueError):
                message["Reply-To"] = _address(letter.reply_to)
        message["Subject"] = _one_line(letter.subject)
        message["Date"] = format_datetime(clock.now())
        message["Message-ID"] = f"<{letter.name}@{self._sender.domain}>"
        # Keeps holiday notices and other machines from answering (RFC 3834).
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(letter.text)
        message.add_alternative(letter.html, subtype="html")
        if letter.attachment is not None:
            # As bytes: no mail server on the way may then break its lines anew.
            message.add_attachment(
                letter.attachment.content.encode(),
                maintype="application",
                subtype="json",
                filename=letter.attachment.file_name,
            )
        return message


def _sender_address(mail_from: str) -> Address:
    name, address = parseaddr(mail_from)
    try:
        return _address(address, _one_line(name))
    except ValueError as error:
        raise ConfigurationError(
            f"OFFBOARD_MAIL_FROM is {mail_from!r}, which names no address. "
            "Write it like: Larkspur Notes <goodbye@larkspur.example>"
        ) from error


def _address(address: str, name: str = "") -> Address:
    """The address, with the name people see. Raises ValueError unless it is just one.

    A domain in other letters is written as DNS has it (RFC 5891), which every server can take.
    """
    if _UNPRINTABLE.search(address):
        raise ValueError("an address holds no space, line break or control character")
    if not address.isascii():
        checked = validate_email(address, check_deliverability=False, allow_smtputf8=False)
        address = checked.ascii_email or address
    try:
        parsed = Address(name, addr_spec=address)
    except (HeaderParseError, IndexError) as error:  # how the standard library says so
        raise ValueError(f"{address!r} is no address") from error
    if not parsed.username or not parsed.domain:
        raise ValueError(f"{address!r} is no address")
    return parsed


def _one_line(text: str) -> str:
    line = _UNPRINTABLE.sub(" ", text).strip()
    return line if len(line) <= _SUBJECT_LENGTH else line[: _SUBJECT_LENGTH - 1] + "…"
