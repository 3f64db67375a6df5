"""The receipt."""

from datetime import datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.orm.attributes import flag_modified

from offboarding.database import IDENTIFIER, Base, enumeration, new_identifier
from offboarding.encryption.columns import EncryptedDocument, EncryptedText, in_clear


class ReceiptKind(StrEnum):
    """What a receipt is for."""

    CANCELLATION = "cancellation"
    UNDO = "undo"
    OFFER = "offer"


class Declaration(StrEnum):
    """What the customer declared; the law tells these apart (§ 312k (2) BGB, Art. 11a CRD)."""

    ORDINARY = "ordinary"
    FOR_CAUSE = "for_cause"
    WITHDRAWAL = "withdrawal"


NAMES = frozenset({"by", "confirmed_to", "account"})
"""What in a receipt's declaration tells who made it."""


class Receipt(Base):
    """What was done, as the customer may keep it. Chat, mail and page show this `document`."""

    __tablename__ = "receipt"
    __table_args__ = (sa.UniqueConstraint("case_id", "kind"),)

    id: Mapped[str] = mapped_column(IDENTIFIER, primary_key=True, default=new_identifier)
    case_id: Mapped[str] = mapped_column(sa.ForeignKey("off_boarding_case.id"))
    customer_id: Mapped[str] = mapped_column(sa.ForeignKey("customer.id"), index=True)
    kind: Mapped[ReceiptKind] = mapped_column(enumeration(ReceiptKind))
    document: Mapped[dict[str, Any]] = mapped_column(
        EncryptedDocument("receipt.document", owner="customer_id")
    )
    conversation_id: Mapped[str | None] = mapped_column(IDENTIFIER)
    """Where it was agreed, for the digest of what was said; a case may move to another."""
    signature: Mapped[str | None] = mapped_column(
        EncryptedText("receipt.signature", owner="customer_id")
    )
    """The signed document: a compact JWS (RFC 7515), made once and never again. None until then."""
    issued_at: Mapped[datetime]

    @property
    def names_forgotten(self) -> bool:
        """Whether it once named who declared something, and does not any more."""
        declared = self.document.get("declaration")
        return declared is not None and not declared.keys() & NAMES

    def forget_names(self) -> bool:
        """Take out who declared it, and the signed file that names them; whether it named any.

        What is left tells nothing of them, and has to be read when their key is destroyed. Where
        it is destroyed already, in a copy from before that was put back, nothing can be read: what
        is there stays, for whoever finds the key in a copy of the keys.
        """
        if not self.document:
            return False
        declared = self.document.get("declaration")
        named = False
        if declared is not None and not self.names_forgotten:
            named = True
            unnamed = {key: value for key, value in declared.items() if key not in NAMES}
            self.document, self.signature = {**self.document, "declaration": unnamed}, None
        self.document = in_clear(self.document)
        flag_modified(self, "document")
        if self.signature is not None:
            self.signature = in_clear(self.signature)
            flag_modified(self, "signature")
        return named
