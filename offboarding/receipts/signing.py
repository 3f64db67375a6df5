"""Signing a receipt: once, after it was issued, so that no cancellation ever waits for a key.

A cancellation counts once the customer has confirmed it, whatever fails afterwards (rule R7). So
the receipt's document is written together with the cancellation, and signed when it is first
mailed, shown or downloaded, which is seconds later. What was signed then never changes.
"""

from datetime import datetime
from typing import Any

import structlog
from sqlalchemy.orm import Session

from offboarding import clock
from offboarding.cases.model import Case
from offboarding.database import Database
from offboarding.errors import NotFoundError
from offboarding.policies.receipts import lacking, receipt_policy
from offboarding.receipts.keys import receipt_keys
from offboarding.receipts.model import Declaration, Receipt, ReceiptKind
from offboarding.receipts.signed_file import file_of, sign
from offboarding.receipts.transcript import ConversationDigests, no_conversation
from offboarding.settings import Settings

log = structlog.get_logger(__name__)

FORMAT = "offboarding-receipt/1"


class ReceiptSigner:
    """Signs receipts for a company. Raises PolicyError when policy/receipts.yml is not usable.

    `digest_of` is what knows the conversations.
    """

    def __init__(
        self,
        settings: Settings,
        database: Database,
        digest_of: ConversationDigests = no_conversation,
    ) -> None:
        self._settings = settings
        self._database = database
        self._digest_of = digest_of
        self._policy = receipt_policy(settings.policy_directory)

    def file(self, receipt_id: str) -> str:
        """The signed receipt as a file, the same every time.

        Raises NotFoundError, and ConfigurationError when there is no key to sign it with.
        """
        with self._database.read() as session:
            receipt = session.get(Receipt, receipt_id)
            signature = receipt.signature if receipt is not None else None
        return file_of(signature or self._sign(receipt_id))

    def _sign(self, receipt_id: str) -> str:
        with self._database.write() as session:
            # Held, so that of two who sign at once the second finds the first one's signature.
            receipt = session.get(Receipt, receipt_id, with_for_update=True)
            if receipt is None:
                raise NotFoundError("There is no such receipt.")
            if receipt.names_forgotten:
                raise NotFoundError("Whom this receipt names was erased, and its file with it.")
            if receipt.signature is None:
                keys = receipt_keys(self._settings)
                moment = clock.now()  # after the sandbox may have made the first key
                key_id, key = keys.signer(moment)
                receipt.signature = sign(self._statement(session, receipt, moment), key_id, key)
            return receipt.signature

    def _statement(self, session: Session, receipt: Receipt, moment: datetime) -> dict[str, Any]:
        """All that is signed: the document as it was issued, and who says so."""
        settings = self._settings
        statement = {
            "format": FORMAT,
            "kind": receipt.kind.value,
            **receipt.document,
            "issued_at": receipt.issued_at.isoformat(),
            "signed_at": moment.isoformat(),
            "issuer": {
                "company": settings.company_name,
                "support": settings.support_email,
                "address": settings.base_url,
                "keys": f"{settings.base_url}/receipts/keys",
                "verify": f"{settings.base_url}/receipts/verify",
            },
            "conversation": self._conversation(session, receipt),
        }
        if receipt.kind is ReceiptKind.CANCELLATION:
            statement["return"] = {
                "until": receipt.document.get("ends_at"),
                "at": f"{settings.base_url}/cancel",
            }
            statement["rules"] = self._rules(session, receipt, statement)
        return statement

    def _conversation(self, session: Session, receipt: Receipt) -> dict[str, Any] | None:
        if receipt.conversation_id is None:
            return None
        found = self._digest_of(session, receipt.conversation_id, receipt.issued_at)
        return {"messages": found.messages, "sha256": found.sha256} if found is not None else None

    def _rules(
        self, session: Session, receipt: Receipt, statement: dict[str, Any]
    ) -> dict[str, Any]:
        """The provisions that it answers to. A lacking part is for operators to mend (rule R7)."""
        case = session.get_one(Case, receipt.case_id)
        declared = receipt.document.get("declaration", {}).get("kind", Declaration.ORDINARY)
        jurisdiction = case.subscription.account.jurisdiction
        rules = self._policy.holding(jurisdiction, receipt.issued_at.date(), Declaration(declared))
        missing = lacking(rules, statement)
        if missing:
            log.error("receipt_lacks_parts", receipt_id=receipt.id, parts=missing)
        return {
            "version": self._policy.version.isoformat(),
            "jurisdiction": jurisdiction,
            "sources": [rule.source for rule in rules],
        }
