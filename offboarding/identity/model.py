"""How a conversation's customer was made sure of."""

from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from offboarding.database import IDENTIFIER, MARK, Base, enumeration, new_identifier
from offboarding.encryption.columns import EncryptedText


class IdentityMethod(StrEnum):
    """What made sure of a customer."""

    TOKEN = "token"  # noqa: S105 (a method's name)
    CODE = "code"
    MAILED_LINK = "mailed_link"


class VerifiedIdentity(Base):
    """This conversation is with this customer."""

    __tablename__ = "verified_identity"

    conversation_id: Mapped[str] = mapped_column(IDENTIFIER, primary_key=True)
    customer_id: Mapped[str] = mapped_column(sa.ForeignKey("customer.id"), index=True)
    method: Mapped[IdentityMethod] = mapped_column(enumeration(IdentityMethod))
    verified_at: Mapped[datetime]
    lapses_at: Mapped[datetime]
    """From then on nothing is known; every message moves it on."""
    shared: Mapped[bool] = mapped_column(default=False, server_default=sa.false())
    """Whether somebody else was made sure of in it before, as on a shared computer: then what was
    said in it is not this customer's alone."""


class CodeChallenge(Base):
    """A one-time code was asked for. The code itself is kept nowhere."""

    __tablename__ = "code_challenge"

    id: Mapped[str] = mapped_column(IDENTIFIER, primary_key=True, default=new_identifier)
    conversation_id: Mapped[str] = mapped_column(IDENTIFIER, index=True)
    email: Mapped[str] = mapped_column(
        # It goes on in another conversation when two are joined, and opens there, too.
        EncryptedText(
            "code_challenge.email", owner="conversation_id", mark="email_mark", bound=False
        )
    )
    email_mark: Mapped[str | None] = mapped_column(MARK, index=True)
    phone: Mapped[str | None] = mapped_column(
        EncryptedText("code_challenge.phone", owner="conversation_id", bound=False)
    )
    """The number it was texted to instead, in E.164."""
    customer_id: Mapped[str | None] = mapped_column(sa.ForeignKey("customer.id"), index=True)
    """None when nobody has this address; the conversation goes the same way."""
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    wrong_attempts: Mapped[int] = mapped_column(default=0)
    used_at: Mapped[datetime | None]


class WritesFrom(Base):
    """The phone that a conversation is held from. It proves nothing: senders can be forged."""

    __tablename__ = "writes_from"

    conversation_id: Mapped[str] = mapped_column(IDENTIFIER, primary_key=True)
    number: Mapped[str] = mapped_column(
        EncryptedText("writes_from.number", owner="conversation_id", mark="number_mark")
    )
    """In E.164."""
    number_mark: Mapped[str | None] = mapped_column(MARK, index=True)
