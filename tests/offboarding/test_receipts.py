"""The receipt: once, at once, and only for who has its link."""

import pytest
import sqlalchemy as sa
from pydantic import SecretStr
from sqlalchemy.orm import Session

from offboarding.background.model import Task
from offboarding.cases.model import Case
from offboarding.database import Database
from offboarding.errors import NotFoundError
from offboarding.policies.store import Policies
from offboarding.receipts import service as receipts
from offboarding.receipts.model import Receipt, ReceiptKind
from offboarding.settings import Settings
from tests.factories import cancel, make_customer, make_subscription
from tests.offboarding.at_once import at_once


def leave(session: Session, policies: Policies) -> tuple[Case, Receipt]:
    customer = make_customer(session)
    return cancel(session, customer, make_subscription(session, customer), policies)


def test_a_receipt_says_what_when_received_when_it_ends_money_and_what_is_kept(
    database: Database, policies: Policies
) -> None:
    """R8."""
    with database.write() as session:
        case, receipt = leave(session, policies)
        assert case.confirmed_at is not None
        assert case.subscription.period_end is not None
        assert receipt.document == {
            "case_number": case.number,
            "received_at": case.confirmed_at.isoformat(),
            "declaration": {
                "kind": "ordinary",
                "by": "Amara Okafor",
                "confirmed_to": "amara@example.org",
                "contract": case.subscription_id,
                "account": "Amara Okafor",
                "contract_since": "2022-11-14T00:00:00+00:00",
                "to": "the earliest date",
            },
            "plan_name": "Pro",
            "ends_at": case.subscription.period_end.isoformat(),
            "spared_minor": 2900,
            "spared_at": case.subscription.period_end.isoformat(),
            "refund_minor": 0,
            "refund": None,
            "at_once_on": None,
            "other_plans": [],
            "currency": "EUR",
            "content_until": receipt.document["content_until"],
            "invoices_until_year": receipt.document["invoices_until_year"],
            "invoices_because": "UK tax law says so",
            "policy_version": policies.retention.version.isoformat(),
            "read_in": {"locale": "en-GB", "time_zone": "Europe/London"},
        }


def test_a_receipt_is_mailed_once(database: Database, policies: Policies) -> None:
    with database.write() as session:
        case, receipt = leave(session, policies)
        again = receipts.issue(session, case, ReceiptKind.CANCELLATION, {"plan_name": "Other"})
        assert again is receipt
        assert receipt.document["plan_name"] == "Pro"
        mails = session.scalars(sa.select(Task.subject_id).where(Task.kind == "mail.receipt")).all()
        assert mails == [receipt.id]


def test_the_link_leads_to_the_receipt(
    database: Database, policies: Policies, settings: Settings
) -> None:
    with database.write() as session:
        _, receipt = leave(session, policies)
        link = receipts.receipt_link(receipt.id, settings)
        assert link.startswith("https://bye.example/receipts/")
        token = link.rpartition("/")[2]
        assert receipts.receipt_by_token(session, token, settings) is receipt


@pytest.mark.parametrize("forge", ["the id", "cut", "other secret", "nothing", "another receipt"])
def test_a_forged_link_leads_nowhere(
    database: Database, policies: Policies, settings: Settings, forge: str
) -> None:
    with database.write() as session:
        _, receipt = leave(session, policies)
        genuine = receipts.receipt_link(receipt.id, settings).rpartition("/")[2]
        other = Settings(_env_file=None, secret=SecretStr("another secret, just as long as ours"))
        forged = {
            "the id": receipt.id,
            "cut": genuine[:-2],
            "other secret": receipts.receipt_link(receipt.id, other).rpartition("/")[2],
            "nothing": "",
            "another receipt": receipts.receipt_link("f" * 32, settings).rpartition("/")[2],
        }[forge]
        with pytest.raises(NotFoundError):
            receipts.receipt_by_token(session, forged, settings)


def test_the_database_itself_refuses_a_second_receipt(
    database: Database, policies: Policies
) -> None:
    with database.write() as session:
        case, first = leave(session, policies)
        session.add(
            Receipt(
                case_id=case.id,
                customer_id=case.customer_id,
                kind=first.kind,
                document={},
                issued_at=first.issued_at,
            )
        )
        with pytest.raises(sa.exc.IntegrityError):
            session.flush()
        session.rollback()


def test_issued_eight_times_at_once_there_is_one(database: Database, policies: Policies) -> None:
    with database.write() as session:
        case, _ = leave(session, policies)

    def issue(_number: int) -> str:
        with database.write() as session:
            mine = session.get_one(Case, case.id)
            return receipts.issue(session, mine, ReceiptKind.CANCELLATION, {}).id

    assert len(set(at_once(8, issue))) == 1
