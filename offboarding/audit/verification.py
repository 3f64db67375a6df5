"""Whether the audit log is as it was when it was sealed; if not, where it first is not."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import pairwise
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from offboarding import clock
from offboarding.audit.chain import BEGINNING, ENTRY, Head, seal_hash, unsealed
from offboarding.audit.model import AuditEntry, AuditSeal

IN_ORDER_WITHIN = timedelta(hours=1)
"""Entries are sealed in the order of their commits, so that their times may go back by as much as a
transaction lasts and the clocks of two machines differ; by so much they never do."""
_AT_ONCE = 2_000
_MINUTE = "%Y-%m-%d %H:%M"


class Fault(StrEnum):
    """What was done to the log."""

    ENTRY_CHANGED = "entry_changed"
    """An entry is not what was sealed, or its seal is dated or placed otherwise."""
    ENTRY_MISSING = "entry_missing"
    ENTRY_INSERTED = "entry_inserted"
    """Its time does not fit its place; or a clock was set back."""
    SEAL_CHANGED = "seal_changed"
    """Only the hash of a seal is another one."""
    SEAL_MISSING = "seal_missing"
    REWRITTEN = "rewritten"
    """The chain fits, and is not the one whose head was kept elsewhere."""
    SHORTENED = "shortened"
    """The chain ends before the head that was kept elsewhere."""


@dataclass(frozen=True)
class Finding:
    """The first place at which something is wrong."""

    fault: Fault
    position: int | None
    """In the chain; None for an entry that has no place in it yet."""
    sequence: int | None
    """Of the entry, where one is meant."""
    sentence: str


@dataclass(frozen=True)
class Verification:
    """What a look at the whole log found. `finding` is None where nothing is wrong."""

    sealed: int
    unsealed: int
    head: Head
    finding: Finding | None


@dataclass(frozen=True)
class _Link:
    """One seal with its entry. `values` is None where a field holds nothing of its kind."""

    position: int
    entry_sequence: int | None
    hash: str | None
    sequence: int | None
    values: dict[str, Any] | None

    def hash_after(self, previous: str) -> str | None:
        """The hash as it has to be after this one; None where there can't be any."""
        if self.values is None:
            return None
        try:
            return seal_hash(position=self.position, previous=previous, **self.values)
        except (TypeError, ValueError, AttributeError):
            return None


def verify(session: Session, expected: Head | None = None) -> Verification:
    """Look at every entry and every seal.

    `expected` is a head that was kept elsewhere: without one a log that was rewritten from some
    entry to its end looks whole. What the kept head already covers is not held against the order of
    time any more, so that a clock that was set back once is no finding for ever.
    """
    walk = _Walk(expected)
    finding = walk.through(_links(session)) or walk.at_the_end(session)
    counted = sa.select(sa.func.count())
    return Verification(
        sealed=session.scalar(counted.select_from(AuditSeal)) or 0,
        unsealed=session.scalar(counted.select_from(unsealed().order_by(None).subquery())) or 0,
        head=walk.head if finding is None else _stored_head(session),
        finding=finding,
    )


class _Walk:
    """From the beginning of the chain to its end, or to the first thing that is wrong."""

    def __init__(self, expected: Head | None) -> None:
        self.head = Head(0, BEGINNING)
        self._expected = expected
        self._newest: datetime | None = None

    def through(self, links: Iterator[_Link]) -> Finding | None:
        """The first fault among these; they are all of the chain, in order."""
        for link, following in pairwise(_with_end(links)):
            if link is None:
                break
            finding = self._fault_of(link, following)
            if finding is not None:
                return finding
        return None

    def at_the_end(self, session: Session) -> Finding | None:
        """Whether the chain is as long as it was, and what has no place in it yet is new."""
        expected = self._expected
        if expected is not None and self.head.position < expected.position:
            return Finding(
                Fault.SHORTENED,
                self.head.position + 1,
                None,
                f"The chain ends at position {self.head.position}; the head that was kept has "
                f"{expected.position}: what came after is missing.",
            )
        for sequence, at in _unsealed_times(session):
            if at is None:
                sentence = f"Entry {sequence}, not sealed yet, holds what can't be read."
                return Finding(Fault.ENTRY_INSERTED, None, sequence, sentence)
            misdated = self._misdated(at, clock.now())
            if misdated:
                sentence = f"Entry {sequence}, not sealed yet, {misdated}"
                return Finding(Fault.ENTRY_INSERTED, None, sequence, sentence)
        return None

    def _fault_of(self, link: _Link, following: _Link | None) -> Finding | None:
        position = self.head.position + 1
        if link.position != position:
            return _out_of_place(link, position)
        right = link.hash_after(self.head.hash)
        if right is None or right != link.hash:
            return _broken(link, right, following)
        expected = self._expected
        if expected is not None and expected.position == position and expected.hash != right:
            return Finding(
                Fault.REWRITTEN,
                position,
                link.sequence,
                f"The chain fits, but position {position} has another hash than the head that was "
                "kept: it was rewritten there or before.",
            )
        return self._take(link, right)

    def _take(self, link: _Link, right: str) -> Finding | None:
        """The link fits: it is the head from now on, unless its time is impossible."""
        values = link.values or {}
        at, sealed_at = values["at"], values["sealed_at"]
        covered = self._expected is not None and link.position <= self._expected.position
        misdated = None if covered else self._misdated(at, sealed_at)
        if misdated:
            sentence = f"Position {link.position}, entry {link.sequence}, {misdated}"
            return Finding(Fault.ENTRY_INSERTED, link.position, link.sequence, sentence)
        self.head = Head(link.position, right, sealed_at)
        self._newest = at if covered or self._newest is None else max(at, self._newest)
        return None

    def _misdated(self, at: datetime, by: datetime) -> str | None:
        """What is impossible about an entry's time; `by` is when it was there at the latest."""
        either = "it was inserted, or a clock was set back."
        if self._newest is not None and at < self._newest - IN_ORDER_WITHIN:
            before = f"long before what was sealed before it ({self._newest:{_MINUTE}})"
            return f"is dated {at:{_MINUTE}} UTC, {before}: {either}"
        if at > by + IN_ORDER_WITHIN:
            return f"is dated {at:{_MINUTE}} UTC, after it was there ({by:{_MINUTE}}): {either}"
        return None


def _out_of_place(link: _Link, wanted: int) -> Finding:
    if link.position < wanted:
        return Finding(
            Fault.SEAL_CHANGED,
            link.position,
            link.entry_sequence,
            f"A seal stands at position {link.position}, before the beginning of the chain; "
            f"it names entry {link.entry_sequence}.",
        )
    return Finding(
        Fault.SEAL_MISSING,
        wanted,
        None,
        f"The seal of position {wanted} is missing; the next is {link.position}.",
    )


def _broken(link: _Link, right: str | None, following: _Link | None) -> Finding:
    """What is wrong with a seal that does not fit: the seal after it tells which part.

    That one was made over the hash that this one had.
    """
    place = f"Position {link.position}"
    if link.sequence is None:
        return Finding(
            Fault.ENTRY_MISSING,
            link.position,
            link.entry_sequence,
            f"{place}: the entry that was sealed there, {link.entry_sequence}, is missing.",
        )
    if (
        right is not None
        and following is not None
        and following.hash_after(right) == following.hash
    ):
        return Finding(
            Fault.SEAL_CHANGED,
            link.position,
            link.sequence,
            f"{place}: the hash in the seal of entry {link.sequence} was changed; the entry is as "
            "it was.",
        )
    return Finding(
        Fault.ENTRY_CHANGED,
        link.position,
        link.sequence,
        f"{place}: entry {link.sequence} is not what was sealed. It was changed, or its seal was.",
    )


def _stored_head(session: Session) -> Head:
    """Where the chain ends, whatever is wrong in it; without a time, which may be unreadable."""
    last = session.execute(
        sa.select(AuditSeal.position, AuditSeal.hash).order_by(AuditSeal.position.desc()).limit(1)
    ).one_or_none()
    return Head(*last) if last is not None else Head(0, BEGINNING)


_LINKS = (
    sa.select(
        AuditSeal.position,
        AuditSeal.entry_sequence,
        AuditSeal.hash,
        AuditSeal.sealed_at,
        *ENTRY,
    )
    .join(AuditEntry, AuditEntry.sequence == AuditSeal.entry_sequence, isouter=True)
    .order_by(AuditSeal.position)
)


def _links(session: Session) -> Iterator[_Link]:
    """All seals by their position, each with its entry."""
    last: int | None = None
    while found := _some_links(session, last):
        yield from found
        last = found[-1].position


def _some_links(session: Session, last: int | None) -> Sequence[_Link]:
    beyond = AuditSeal.position > last if last is not None else sa.true()
    try:
        rows = session.execute(_LINKS.where(beyond).limit(_AT_ONCE)).all()
    except (TypeError, ValueError):
        # A field holds what no program of ours wrote. Which one is found row by row.
        positions = sa.select(AuditSeal.position).where(beyond).order_by(AuditSeal.position)
        return [_link_at(session, each) for each in session.scalars(positions.limit(_AT_ONCE))]
    return [_link(row) for row in rows]


def _link_at(session: Session, position: int) -> _Link:
    try:
        return _link(session.execute(_LINKS.where(AuditSeal.position == position)).one())
    except (TypeError, ValueError):
        named = sa.select(AuditSeal.entry_sequence, AuditSeal.hash, AuditEntry.sequence).join(
            AuditEntry, AuditEntry.sequence == AuditSeal.entry_sequence, isouter=True
        )
        row = session.execute(named.where(AuditSeal.position == position)).one()
        return _Link(position, *row, values=None)


def _link(row: sa.Row[Any]) -> _Link:
    values = row._asdict()
    return _Link(
        position=values.pop("position"),
        entry_sequence=values.pop("entry_sequence"),
        hash=values.pop("hash"),
        sequence=values["sequence"],
        values=values if values["sequence"] is not None else None,
    )


def _unsealed_times(session: Session) -> Iterator[tuple[int, datetime | None]]:
    """Each entry without a place in the chain, and its time; None where it can't be read."""
    sequence: int | None = None
    while found := session.scalars(
        unsealed(sequence).with_only_columns(AuditEntry.sequence).limit(_AT_ONCE)
    ).all():
        for sequence in found:
            try:
                entry = session.execute(
                    sa.select(*ENTRY).where(AuditEntry.sequence == sequence)
                ).one()
                yield sequence, entry.at
            except (TypeError, ValueError):
                yield sequence, None


def _with_end(links: Iterator[_Link]) -> Iterator[_Link | None]:
    yield from links
    yield None
