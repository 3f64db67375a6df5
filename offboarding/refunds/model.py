"""A refund as it is promised."""

from dataclasses import dataclass
from typing import Any

from offboarding.policies.refunds import WITHDRAWAL


@dataclass(frozen=True)
class PartOfPayment:
    """How much of one payment is paid back, in minor units."""

    payment: str
    """The payment's `reference`: its ledger entry."""
    amount_minor: int


@dataclass(frozen=True)
class Refund:
    """What is paid back, by which rule and why. Whoever gets it leaves at once."""

    rule: str
    """The rule's name in policy/refunds.yml; `withdrawal` is the legal right."""
    because: str
    """As the customer reads it, after "because"."""
    currency: str
    parts: tuple[PartOfPayment, ...]
    by_a_person: bool
    """Whether a person releases it before it is paid."""
    policy_version: str

    @property
    def amount_minor(self) -> int:
        """All of it, in minor units of `currency`; always more than nothing."""
        return sum(part.amount_minor for part in self.parts)

    @property
    def is_withdrawal(self) -> bool:
        """Whether it is the legal right that they make use of."""
        return self.rule == WITHDRAWAL

    def as_json(self) -> dict[str, Any]:
        """All of it, for keeping and comparing."""
        return {
            "rule": self.rule,
            "because": self.because,
            "currency": self.currency,
            "parts": [
                {"payment": part.payment, "amount_minor": part.amount_minor} for part in self.parts
            ],
            "by_a_person": self.by_a_person,
            "policy_version": self.policy_version,
        }


def refund_from_json(kept: dict[str, Any]) -> Refund:
    """The refund that `Refund.as_json` kept."""
    return Refund(
        rule=kept["rule"],
        because=kept["because"],
        currency=kept["currency"],
        parts=tuple(PartOfPayment(part["payment"], part["amount_minor"]) for part in kept["parts"]),
        by_a_person=kept["by_a_person"],
        policy_version=kept["policy_version"],
    )
