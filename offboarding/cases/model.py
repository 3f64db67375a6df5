"""The off-boarding case."""

import secrets
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from offboarding.accounts.model import Customer, Subscription
from offboarding.cases.reasons import ChurnReason
from offboarding.cases.states import OVER, CaseState
from offboarding.database import IDENTIFIER, Base, enumeration, new_identifier
from offboarding.encryption.columns import EncryptedText

_LETTERS = "23456789ACDEFGHJKLMNPQRTUVWXYZ"
_ACTIVE = sa.text("state NOT IN ({})".format(", ".join(f"'{state}'" for state in sorted(OVER))))
_GOING_ON = sa.text("completed_at IS NULL")


def new_case_number() -> str:
    """A number to read aloud, without look-alike characters: 7F3K-22."""
    letters = [secrets.choice(_LETTERS) for _ in range(7)]
    return "".join(letters[:4]) + "-" + "".join(letters[4:])


def number_from(words: str) -> str:
    """The number that somebody means, or how it begins, as `new_case_number` writes it.

    It is told by phone and typed: in small letters, with spaces, with another dash or none.
    """
    typed = "".join(letter for letter in words.upper() if letter.isalnum())
    return f"{typed[:4]}-{typed[4:]}" if len(typed) > 4 else typed


class Case(Base):
    """One customer leaving one subscription. The database allows one active case for each."""

    __tablename__ = "off_boarding_case"
    __table_args__ = (
        sa.Index(
            "uq_off_boarding_case_active",
            "subscription_id",
            unique=True,
            sqlite_where=_ACTIVE,
            postgresql_where=_ACTIVE,
        ),
        # What is still to come is looked for among all that ever was.
        sa.Index(
            "ix_off_boarding_case_going_on",
            "state",
            sqlite_where=_GOING_ON,
            postgresql_where=_GOING_ON,
        ),
        sa.Index("ix_off_boarding_case_state", "state", "opened_at"),
    )

    id: Mapped[str] = mapped_column(IDENTIFIER, primary_key=True, default=new_identifier)
    number: Mapped[str] = mapped_column(sa.String(16), unique=True, default=new_case_number)
    subscription_id: Mapped[str] = mapped_column(sa.ForeignKey("subscription.id"), index=True)
    customer_id: Mapped[str] = mapped_column(sa.ForeignKey("customer.id"), index=True)
    conversation_id: Mapped[str] = mapped_column(IDENTIFIER, index=True)
    """The conversation, or visit to the Cancel now page, that last touched it."""
    state: Mapped[CaseState] = mapped_column(enumeration(CaseState), default=CaseState.OPEN)
    reason: Mapped[ChurnReason | None] = mapped_column(enumeration(ChurnReason))
    reason_words: Mapped[str | None] = mapped_column(
        EncryptedText("off_boarding_case.reason_words", owner="customer_id")
    )
    """The reason in the customer's own words."""
    reason_skipped: Mapped[bool] = mapped_column(default=False)
    offer_considered_at: Mapped[datetime | None]
    """When it was decided whether to make an offer; decided once in a case."""
    runs_out: Mapped[bool] = mapped_column(default=False, server_default=sa.false())
    """Whether they chose to keep the plan to the end of what is paid, without the money that who
    leaves at once is paid back. Of no meaning where nothing would be."""
    shown: Mapped[dict[str, Any] | None]
    """The terms as they were shown; a yes counts for these and no others."""
    opened_at: Mapped[datetime] = mapped_column(index=True)
    confirmed_at: Mapped[datetime | None]
    ends_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    """When nothing could happen to the subscription any more."""
    completed_at: Mapped[datetime | None]
    """When the last of its steps was over, the erasure included."""

    subscription: Mapped[Subscription] = relationship(lazy="joined")
    customer: Mapped[Customer] = relationship(lazy="joined")

    @property
    def active(self) -> bool:
        """Whether anything can still happen to it."""
        return self.state not in OVER
