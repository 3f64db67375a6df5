"""Sealing: each entry of the audit log gets its place in a chain of hashes, and the hash there.

An entry is written in the transaction of what it records, which must not wait for anybody else's.
So nobody seals there: a moment after the commit one sealer, alone, takes what is new.
"""

import hashlib
import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from offboarding import clock
from offboarding.audit.model import AuditEntry, AuditSeal
from offboarding.database import hold_alone
from offboarding.errors import OffboardingError

BEGINNING = "0" * 64
"""What stands for the hash before the first entry."""
_MOST_AT_ONCE = 1_000
_HEAD = re.compile(r"(?P<position>\d{1,18}):(?P<hash>[0-9a-f]{64})", re.ASCII)


class HeadUnreadableError(OffboardingError):
    """What was given is no head of a chain."""

    word = "head_unreadable"


@dataclass(frozen=True)
class Head:
    """The end of the chain. Whoever keeps it elsewhere can tell later whether all is as it was."""

    position: int
    """How many entries are sealed."""
    hash: str
    sealed_at: datetime | None = None

    def __str__(self) -> str:
        """As it is printed, kept and read again: POSITION:HASH."""
        return f"{self.position}:{self.hash}"

    @classmethod
    def read(cls, text: str) -> "Head":
        """A head from its text. Raises HeadUnreadableError."""
        found = _HEAD.fullmatch(text.strip().lower())
        if found is None:
            raise HeadUnreadableError(
                f"{text!r} is no head of the audit log; `offboard audit head` prints one, "
                "POSITION:HASH with 64 hexadecimal digits."
            )
        return cls(int(found["position"]), found["hash"])


def head(session: Session) -> Head:
    """Where the chain ends now."""
    last = session.execute(
        sa.select(AuditSeal.position, AuditSeal.hash, AuditSeal.sealed_at)
        .order_by(AuditSeal.position.desc())
        .limit(1)
    ).one_or_none()
    return Head(*last) if last is not None else Head(0, BEGINNING)


def seal(session: Session, *, after: int | None = None, most: int = _MOST_AT_ONCE) -> int | None:
    """Give each entry that has none its place in the chain, and its hash there.

    In the order of their sequence, `most` at the most, and with `after` only those whose sequence
    is higher. Returns the sequence of the last one, None where there was none. Nobody else seals
    until the transaction ends. An entry that is committed late, after one with a higher sequence
    was sealed, comes after that one in the chain.
    """
    hold_alone(session, "audit_seal")
    end = head(session)
    position, previous = end.position, end.hash
    sealed_at = clock.now()
    seals: list[dict[str, Any]] = []
    for entry in session.execute(unsealed(after).limit(most)):
        position += 1
        previous = seal_hash(
            position=position, previous=previous, sealed_at=sealed_at, **entry._asdict()
        )
        seals.append(
            {
                "position": position,
                "entry_sequence": entry.sequence,
                "hash": previous,
                "sealed_at": sealed_at,
            }
        )
    if not seals:
        return None
    session.execute(sa.insert(AuditSeal), seals)
    return int(seals[-1]["entry_sequence"])


def unsealed(after: int | None = None) -> sa.Select[Any]:
    """The entries without a place in the chain, by their sequence; only those beyond `after`."""
    known = sa.select(AuditSeal.position).where(AuditSeal.entry_sequence == AuditEntry.sequence)
    found = sa.select(*ENTRY).where(~known.exists()).order_by(AuditEntry.sequence)
    return found.where(AuditEntry.sequence > after) if after is not None else found


ENTRY = (
    AuditEntry.sequence,
    AuditEntry.at,
    AuditEntry.event,
    AuditEntry.subject_id,
    AuditEntry.policy_version,
    AuditEntry.details,
)
"""All of an entry: each of these is hashed."""


def seal_hash(
    *,
    position: int,
    previous: str,
    sealed_at: datetime,
    sequence: int,
    at: datetime,
    event: str,
    subject_id: str,
    policy_version: str | None,
    details: dict[str, Any],
) -> str:
    """SHA-256 over all of an entry, its place, when it got that, and the hash before it.

    Over JSON in the one form that RFC 8785 gives it: names in order, no spaces, UTF-8. Instants
    are ISO 8601 in UTC with six digits of the second. docs/audit.md has it for other programs.
    """
    sealed = {
        "position": position,
        "previous": previous,
        "sealed_at": _instant(sealed_at),
        "sequence": sequence,
        "at": _instant(at),
        "event": event,
        "subject_id": subject_id,
        "policy_version": policy_version,
        "details": details,
    }
    text = json.dumps(sealed, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()


def _instant(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="microseconds")
