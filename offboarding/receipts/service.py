"""Issuing receipts."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from offboarding import clock
from offboarding.background.service import schedule
from offboarding.cases.model import Case
from offboarding.links import LinkTokens
from offboarding.receipts.model import Declaration, Receipt, ReceiptKind
from offboarding.settings import Settings


def issue(
    session: Session,
    case: Case,
    kind: ReceiptKind,
    facts: dict[str, Any],
    *,
    declaration: Declaration = Declaration.ORDINARY,
) -> Receipt:
    """Issue the receipt of a case for one kind of act, once, and have it mailed (rule R8).

    `facts` are what was agreed; `declaration` is what a customer who leaves declared.
    """
    known = receipt_of(session, case, kind)
    if known is not None:
        return known
    moment = clock.now()
    received_at = case.confirmed_at if kind is ReceiptKind.CANCELLATION else None
    receipt = Receipt(
        case_id=case.id,
        customer_id=case.customer_id,
        kind=kind,
        conversation_id=case.conversation_id,
        issued_at=moment,
        document={
            "case_number": case.number,
            "received_at": (received_at or moment).isoformat(),
            **(_declared(case, declaration) if kind is ReceiptKind.CANCELLATION else {}),
            **facts,
            "read_in": {"locale": case.customer.locale, "time_zone": case.customer.time_zone},
        },
    )
    session.add(receipt)
    session.flush()
    schedule(session, "mail.receipt", receipt.id)
    return receipt


def _declared(case: Case, declaration: Declaration) -> dict[str, Any]:
    """What the customer declared: who, of which contract, and to when (§ 312k (2) BGB)."""
    subscription = case.subscription
    return {
        "declaration": {
            "kind": declaration.value,
            "by": case.customer.full_name,
            "confirmed_to": case.customer.email,
            "contract": subscription.id,
            "account": subscription.account.name,
            "contract_since": subscription.started_at.isoformat(),
            "to": "the earliest date",
        }
    }


def receipt_of(session: Session, case: Case, kind: ReceiptKind) -> Receipt | None:
    """The receipt of a case for a kind of act, if issued."""
    return session.scalar(
        sa.select(Receipt).where(Receipt.case_id == case.id, Receipt.kind == kind)
    )


def newest_receipt(session: Session, case: Case) -> Receipt | None:
    """The receipt that a case has of the act that came last, if any was issued."""
    return session.scalar(
        sa.select(Receipt)
        .where(Receipt.case_id == case.id)
        .order_by(Receipt.issued_at.desc())
        .limit(1)
    )


def receipt_link(receipt_id: str, settings: Settings) -> str:
    """The address at which the customer sees a receipt; it cannot be guessed."""
    return f"{settings.base_url}/receipts/{_tokens(settings).token(receipt_id)}"


def receipt_by_token(session: Session, token: str, settings: Settings) -> Receipt:
    """The receipt a link leads to. Raises NotFoundError."""
    return session.get_one(Receipt, _tokens(settings).find(session, Receipt.id, token))


def _tokens(settings: Settings) -> LinkTokens:
    return LinkTokens(settings.signing_secret, "receipt")
