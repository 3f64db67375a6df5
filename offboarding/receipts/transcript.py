"""A conversation as a file whose SHA-256 a receipt carries, so that what was said can be proven.

One line of JSON for each message, in order, as the customer was shown it: `sha256sum` over the file
gives the digest in the receipt. The lines are written in one way only: members by name, no spaces,
UTF-8, a line feed after each.
"""

import hashlib
import json
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy.orm import Session


@dataclass(frozen=True)
class Said:
    """One message as it was shown. `choices` are the titles of its buttons, `card` its facts."""

    number: int
    at: datetime
    author: str
    text: str
    choices: tuple[str, ...] = ()
    card: dict[str, Any] | None = None


@dataclass(frozen=True)
class ConversationDigest:
    """What a receipt says of a conversation: its first `messages` messages, and their SHA-256."""

    messages: int
    sha256: str


ConversationDigests = Callable[[Session, str, datetime], ConversationDigest | None]
"""The digest of a conversation, given its identifier, as it was at an instant; None when nothing
was said there, as on a visit to a page. A channel provides it, for it knows what was shown."""


def transcript(messages: Iterable[Said]) -> bytes:
    """The file."""
    return b"".join(_line(message) for message in messages)


def digest(messages: Iterable[Said]) -> ConversationDigest | None:
    """The digest of the file; None without a message."""
    known = list(messages)
    if not known:
        return None
    return ConversationDigest(len(known), hashlib.sha256(transcript(known)).hexdigest())


def no_conversation(_session: Session, _conversation_id: str, _until: datetime) -> None:
    """For where no conversations are kept: a receipt then carries no digest of one."""


def _line(message: Said) -> bytes:
    members = {**asdict(message), "at": message.at.astimezone(UTC).isoformat()}
    line = json.dumps(members, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return f"{line}\n".encode()
