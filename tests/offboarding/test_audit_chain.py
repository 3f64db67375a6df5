"""Whatever is done to the audit log once it is sealed is found, and the place is named."""

import hashlib
import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
import time_machine
from hypothesis import HealthCheck, assume, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from offboarding import clock
from offboarding.audit import guards
from offboarding.audit import service as audit
from offboarding.audit.chain import BEGINNING, Head, HeadUnreadableError, head, seal, seal_hash
from offboarding.audit.model import AuditEntry, AuditSeal
from offboarding.audit.sealer import LOOKS_BACK, Sealer, seal_all
from offboarding.audit.verification import Fault, Finding, Verification, verify
from offboarding.database import Database
from offboarding.settings import REPOSITORY
from tests.commands.checkout import until
from tests.offboarding.at_once import at_once
from tests.offboarding.tampering import tampering, undone

ENTRIES = 8
ON_POSTGRESQL = pytest.mark.parametrize("database", ["postgres"], indirect=True)
ON_SQLITE = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


def write(database: Database, count: int = ENTRIES) -> None:
    with database.write() as session:
        for number in range(count):
            audit.record(
                session, "offer_made", f"case-{number}", policy_version="2026-11-23", name="pause"
            )


def whole(database: Database, expected: Head | None = None) -> Verification:
    with database.read() as session:
        found = verify(session, expected)
    assert found.finding is None, found.finding
    return found


def finding_in(session: Session, expected: Head | None = None) -> Finding:
    found = verify(session, expected).finding
    assert found is not None, "nothing was found"
    assert found.sentence
    return found


@pytest.fixture
def log(database: Database) -> Database:
    """A sealed log."""
    write(database)
    seal_all(database)
    return database


@pytest.fixture
def tampered(log: Database) -> Iterator[Session]:
    """A sealed log, and somebody who may do anything with it."""
    with tampering(log) as session:
        yield session


# --- sealing


def test_an_empty_log_is_whole_and_has_a_head(database: Database) -> None:
    assert whole(database).head == Head(0, BEGINNING)
    with database.write() as session:
        assert seal(session) is None


def test_each_entry_gets_its_place_in_the_order_it_was_written(log: Database) -> None:
    found = whole(log)
    assert (found.sealed, found.unsealed, found.head.position) == (ENTRIES, 0, ENTRIES)
    with log.read() as session:
        assert head(session) == found.head
        seals = session.scalars(sa.select(AuditSeal).order_by(AuditSeal.position)).all()
        sequences = session.scalars(sa.select(AuditEntry.sequence).order_by(AuditEntry.sequence))
        assert [each.position for each in seals] == list(range(1, ENTRIES + 1))
        assert [each.entry_sequence for each in seals] == sequences.all()


def test_a_second_sealing_changes_nothing(log: Database) -> None:
    before = whole(log)
    seal_all(log)
    assert whole(log) == before


def test_what_is_written_later_goes_on_from_the_head(log: Database) -> None:
    kept = whole(log).head
    write(log)
    assert whole(log, kept).unsealed == ENTRIES
    seal_all(log)
    assert whole(log, kept).head.position == 2 * ENTRIES


def test_more_than_fits_into_one_transaction_is_sealed(database: Database) -> None:
    write(database, 2_500)
    seal_all(database)
    assert whole(database).sealed == 2_500


def test_what_was_undone_leaves_no_gap_in_the_chain(log: Database) -> None:
    def decide_and_fail() -> None:
        with log.write() as session:
            audit.record(session, "decided", "case")
            session.flush()
            raise ConnectionError

    with pytest.raises(ConnectionError):
        decide_and_fail()
    write(log)
    seal_all(log)
    assert whole(log).head.position == 2 * ENTRIES


@ON_POSTGRESQL
def test_an_entry_that_is_committed_late_comes_after_those_that_were_faster(
    database: Database,
) -> None:
    with database.write() as slow:
        audit.record(slow, "slow", "case")
        slow.flush()
        write(database)
        seal_all(database, looks_back=LOOKS_BACK)
        assert whole(database).sealed == ENTRIES
    seal_all(database, looks_back=LOOKS_BACK)
    assert whole(database).sealed == ENTRIES + 1
    with database.read() as session:
        [entry] = audit.entries(session, "case")
        assert audit.positions(session, [entry.sequence]) == {entry.sequence: ENTRIES + 1}


def test_an_entry_beyond_the_usual_look_is_met_by_the_thorough_one(log: Database) -> None:
    with log.write() as session:
        first = session.scalars(sa.select(sa.func.min(AuditEntry.sequence))).one()
        session.add(
            AuditEntry(
                sequence=first - 1, at=clock.now(), event="late", subject_id="case", details={}
            )
        )
    seal_all(log, looks_back=0)
    assert whole(log).unsealed == 1
    seal_all(log)
    assert whole(log).unsealed == 0


def test_the_hash_is_the_one_in_the_guide() -> None:
    """So that another program, written after docs/audit.md, comes to the same."""
    guide = (REPOSITORY / "docs" / "audit.md").read_text("utf-8")
    [text] = re.findall(r"^\{.*\}$", guide, re.MULTILINE)
    [expected] = re.findall(r"^[0-9a-f]{64}$", guide, re.MULTILINE)
    assert hashlib.sha256(text.encode()).hexdigest() == expected
    given = json.loads(text)
    for name in ("at", "sealed_at"):
        given[name] = datetime.fromisoformat(given[name])
    assert seal_hash(**given) == expected


def test_writers_and_two_sealers_at_once_leave_one_whole_chain(database: Database) -> None:
    writers, each = 4, 25

    def work(number: int) -> None:
        for _ in range(each):
            if number < writers:
                write(database, 2)
            else:
                seal_all(database, looks_back=LOOKS_BACK)

    failed = [error for error in at_once(writers + 2, work) if error is not None]
    assert failed == []
    seal_all(database)
    found = whole(database)
    assert (found.sealed, found.unsealed) == (writers * each * 2, 0)


def test_the_sealer_seals_while_it_runs_and_leaves_nothing_at_its_end(database: Database) -> None:
    write(database)
    sealer = Sealer(database)
    sealer.start()
    until(lambda: whole(database).unsealed == 0)
    write(database)
    sealer.stop()
    assert whole(database).sealed == 2 * ENTRIES


# --- the guards


@pytest.mark.parametrize("table", [AuditEntry, AuditSeal])
@pytest.mark.parametrize("all_rows", [True, False])
def test_the_database_refuses_to_change_or_delete(
    log: Database, table: type[AuditEntry] | type[AuditSeal], all_rows: bool
) -> None:
    key = AuditEntry.sequence if table is AuditEntry else AuditSeal.position
    field = "event" if table is AuditEntry else "hash"
    rows = sa.true() if all_rows else key == 3
    for refused in (sa.update(table).values({field: "x"}), sa.delete(table)):
        with pytest.raises(IntegrityError, match="append-only"), log.write() as session:
            session.execute(refused.where(rows))
    whole(log)


@ON_SQLITE
@pytest.mark.parametrize(
    ("table", "row"),
    [
        ("audit_entry", "sequence, at, 'x', subject_id, NULL, details"),
        ("audit_seal", "position, entry_sequence, 'x', sealed_at"),
        ("audit_seal", "99, entry_sequence, 'x', sealed_at"),
    ],
)
def test_the_database_refuses_to_replace(log: Database, table: str, row: str) -> None:
    replace = f"REPLACE INTO {table} SELECT {row} FROM {table} LIMIT 1"  # noqa: S608 (ours)
    with pytest.raises(IntegrityError, match="append-only"), log.write() as session:
        session.execute(sa.text(replace))
    whole(log)


@ON_POSTGRESQL
@pytest.mark.parametrize("table", guards.TABLES)
def test_the_database_refuses_to_truncate(log: Database, table: str) -> None:
    with pytest.raises(IntegrityError, match="append-only"), log.write() as session:
        session.execute(sa.text(f"TRUNCATE {table} CASCADE"))
    whole(log)


def test_a_guard_that_is_gone_is_noticed_and_can_be_put_back(log: Database) -> None:
    with log.write() as session:
        connection = session.connection()
        assert guards.unguarded(connection) == []
        with guards.lifted(connection):
            assert guards.unguarded(connection) == ["audit_entry", "audit_seal"]
            guards.guard(connection, "audit_seal")
            assert guards.unguarded(connection) == ["audit_entry"]
        assert guards.unguarded(connection) == []
        guards.guard(connection)
    test_the_database_refuses_to_change_or_delete(log, AuditEntry, all_rows=True)


# --- what is found

_TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=30)
_MOMENT = st.datetimes(
    datetime(1990, 1, 1),  # noqa: DTZ001 (the strategy adds the zone)
    datetime(2090, 1, 1),  # noqa: DTZ001
    timezones=st.just(UTC),
)
_NUMBER = st.one_of(st.integers(-(2**60), 0), st.integers(1_000_000, 2**60))
"""A number that no other row has."""
_DETAILS = st.dictionaries(_TEXT, _TEXT | st.integers(-(2**60), 2**60) | st.booleans() | st.none())
_FIELDS: dict[tuple[Any, str], st.SearchStrategy[Any]] = {
    (AuditEntry, "sequence"): _NUMBER,
    (AuditEntry, "at"): _MOMENT,
    (AuditEntry, "event"): _TEXT,
    (AuditEntry, "subject_id"): _TEXT,
    (AuditEntry, "policy_version"): _TEXT | st.none(),
    (AuditEntry, "details"): _DETAILS,
    (AuditSeal, "position"): _NUMBER,
    (AuditSeal, "entry_sequence"): _NUMBER,
    (AuditSeal, "hash"): st.text("0123456789abcdef", min_size=64, max_size=64) | _TEXT,
    (AuditSeal, "sealed_at"): _MOMENT,
}


def test_the_property_changes_every_field_there_is() -> None:
    every = {(table, c.key) for table in (AuditEntry, AuditSeal) for c in table.__table__.columns}
    assert set(_FIELDS) == every


@hypothesis_settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    row=st.integers(1, ENTRIES),
    change=st.sampled_from(sorted(_FIELDS, key=str)).flatmap(
        lambda field: st.tuples(st.just(field), _FIELDS[field])
    ),
)
def test_any_change_of_any_field_is_found_where_it_was_made(
    tampered: Session, row: int, change: tuple[tuple[Any, str], Any]
) -> None:
    (table, field), value = change
    with undone(tampered) as session:
        sealed = session.get_one(AuditSeal, row)
        entry = session.get_one(AuditEntry, sealed.entry_sequence)
        here = {"sequence": entry.sequence, "position": row}
        assume(
            json.dumps(getattr(entry if table is AuditEntry else sealed, field), default=str)
            != json.dumps(value, default=str)
        )
        key = AuditEntry.sequence if table is AuditEntry else AuditSeal.position
        session.expunge_all()
        session.execute(
            sa.update(table).where(key == here[key.key]).values({field: value}),
            execution_options={"synchronize_session": False},
        )
        found = finding_in(session)
        assert found.position == row or found.sequence == here["sequence"], found
        if field == "hash" and row < ENTRIES:
            assert found.fault is Fault.SEAL_CHANGED
        if table is AuditEntry:
            gone = field == "sequence"
            assert found.fault is (Fault.ENTRY_MISSING if gone else Fault.ENTRY_CHANGED)


@ON_SQLITE
@pytest.mark.parametrize(
    ("table", "field"),
    [
        ("audit_entry", "at"),
        ("audit_entry", "details"),
        ("audit_entry", "event"),
        ("audit_seal", "sealed_at"),
        ("audit_seal", "hash"),
        ("audit_seal", "entry_sequence"),
    ],
)
@pytest.mark.parametrize("garbage", ["'no such thing'", "X'00FF'", "17"])
def test_what_cannot_even_be_read_is_named(
    tampered: Session, table: str, field: str, garbage: str
) -> None:
    model = AuditEntry if table == "audit_entry" else AuditSeal
    key = AuditSeal.position if model is AuditSeal else AuditEntry.sequence
    fourth = tampered.scalars(sa.select(key).order_by(key).offset(3).limit(1)).one()
    tampered.execute(
        sa.update(model.__table__).where(key == fourth).values({field: sa.literal_column(garbage)})
    )
    assert finding_in(tampered).position == 4


@ON_SQLITE
def test_an_unsealed_entry_that_cannot_be_read_is_named(tampered: Session) -> None:
    tampered.execute(
        sa.text(
            "INSERT INTO audit_entry (at, event, subject_id, details)"
            " VALUES ('yesterday', 'x', 'x', '{}')"
        )
    )
    found = finding_in(tampered)
    assert (found.fault, found.position) == (Fault.ENTRY_INSERTED, None)


def test_an_entry_that_is_missing_is_named(tampered: Session) -> None:
    sequence = tampered.get_one(AuditSeal, 5).entry_sequence
    tampered.execute(sa.delete(AuditEntry).where(AuditEntry.sequence == sequence))
    found = finding_in(tampered)
    assert (found.fault, found.position, found.sequence) == (Fault.ENTRY_MISSING, 5, sequence)


def test_a_seal_that_is_missing_is_named(tampered: Session) -> None:
    tampered.execute(sa.delete(AuditSeal).where(AuditSeal.position == 5))
    found = finding_in(tampered)
    assert (found.fault, found.position) == (Fault.SEAL_MISSING, 5)


def test_the_first_of_several_changes_is_named(tampered: Session) -> None:
    for position in (6, 3, 7):
        sequence = tampered.get_one(AuditSeal, position).entry_sequence
        tampered.execute(
            sa.update(AuditEntry).where(AuditEntry.sequence == sequence).values(event="other")
        )
    assert finding_in(tampered).position == 3


def backdated(session: Session, by: timedelta) -> AuditEntry:
    entry = AuditEntry(at=clock.now() - by, event="undone", subject_id="case", details={})
    session.add(entry)
    session.flush()
    return entry


@pytest.mark.parametrize("by", [timedelta(hours=2), timedelta(days=400), timedelta(hours=-2)])
def test_an_entry_that_was_inserted_with_another_time_is_named(
    log: Database, by: timedelta
) -> None:
    with log.write() as session:
        entry = backdated(session, by)
    with log.read() as session:
        found = finding_in(session)
        assert (found.fault, found.sequence) == (Fault.ENTRY_INSERTED, entry.sequence)
        assert found.position is None
    write(log)
    seal_all(log)
    with log.read() as session:
        found = finding_in(session)
        assert (found.fault, found.position) == (Fault.ENTRY_INSERTED, ENTRIES + 1)


def test_a_clock_that_was_set_back_is_no_finding_once_a_later_head_is_kept(
    database: Database,
) -> None:
    with time_machine.travel(clock.now() + timedelta(hours=5)):
        write(database)
        seal_all(database)
    write(database)
    seal_all(database)
    with database.read() as session:
        assert finding_in(session).position == ENTRIES + 1
        kept = head(session)
    assert kept.position == 2 * ENTRIES
    write(database)
    seal_all(database)
    assert whole(database, kept).sealed == 3 * ENTRIES


# --- what only a kept head finds


def rewrite(session: Session, *, without: int) -> None:
    """Leave the last entries away and seal all others anew, as the application would have."""
    session.execute(sa.delete(AuditSeal))
    kept = session.scalars(sa.select(AuditEntry.sequence).order_by(AuditEntry.sequence)).all()
    for sequence in kept[len(kept) - without :]:
        session.execute(sa.delete(AuditEntry).where(AuditEntry.sequence == sequence))
    seal(session)


def test_a_log_that_was_rewritten_looks_whole_but_for_the_head_that_was_kept(
    tampered: Session,
) -> None:
    kept = head(tampered)
    tampered.execute(sa.update(AuditEntry).values(event="other"))
    rewrite(tampered, without=0)
    assert verify(tampered).finding is None
    found = finding_in(tampered, kept)
    assert (found.fault, found.position) == (Fault.REWRITTEN, ENTRIES)


def test_entries_cut_off_the_end_are_missed_by_the_head_that_was_kept(tampered: Session) -> None:
    kept = head(tampered)
    rewrite(tampered, without=2)
    assert verify(tampered).finding is None
    found = finding_in(tampered, kept)
    assert (found.fault, found.position) == (Fault.SHORTENED, ENTRIES - 1)


def test_an_earlier_head_is_on_the_way_to_the_present_one(log: Database) -> None:
    with log.read() as session:
        seals = session.scalars(sa.select(AuditSeal)).all()
    for each in seals:
        whole(log, Head.read(f"{each.position}:{each.hash}"))


def test_a_head_is_read_as_it_is_printed(log: Database) -> None:
    found = whole(log).head
    assert Head.read(f" {found}\n") == Head(found.position, found.hash)


@pytest.mark.parametrize(
    "text", ["", "8", "8:", f"8:{'g' * 64}", f"-8:{'a' * 64}", f"8:{'a' * 63}", f"٨:{'a' * 64}"]
)
def test_what_is_no_head_is_refused_with_a_sentence(text: str) -> None:
    with pytest.raises(HeadUnreadableError, match="offboard audit head"):
        Head.read(text)
