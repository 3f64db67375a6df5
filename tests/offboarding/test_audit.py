"""The log of what was decided: appended to, in order, and without personal data."""

import pytest
import sqlalchemy as sa

from offboarding.audit import service as audit
from offboarding.audit.model import AuditEntry
from offboarding.cases.reasons import ChurnReason
from offboarding.cases.service import record_reason
from offboarding.database import Database
from offboarding.identity import service as identity
from offboarding.policies.store import Policies
from tests.factories import cancel, make_customer, make_subscription


def test_entries_come_in_the_order_they_were_written(database: Database) -> None:
    with database.write() as session:
        for number in range(20):
            audit.record(session, f"event_{number}", "case")
            audit.record(session, "of another", "other")
    with database.read() as session:
        log = audit.entries(session, "case")
        assert [entry.event for entry in log] == [f"event_{number}" for number in range(20)]
        assert [entry.sequence for entry in log] == sorted(entry.sequence for entry in log)


def test_what_is_undone_with_its_transaction_is_not_in_the_log(database: Database) -> None:
    def decide_and_fail() -> None:
        with database.write() as session:
            audit.record(session, "decided", "case")
            raise ConnectionError

    with pytest.raises(ConnectionError):
        decide_and_fail()
    with database.read() as session:
        assert audit.entries(session, "case") == []


def test_the_log_holds_no_name_address_or_word_of_a_customer(
    database: Database, policies: Policies
) -> None:
    with database.write() as session:
        customer = make_customer(session)
        identity.send_code(session, "1" * 32, "amara@example.org")
        case, _ = cancel(session, customer, make_subscription(session, customer), policies)
        record_reason(session, case, ChurnReason.OTHER, "Amara's own words")
    with database.read() as session:
        rows = session.execute(sa.select(AuditEntry.__table__)).all()
        assert rows
        assert "amara" not in str(rows).lower()
