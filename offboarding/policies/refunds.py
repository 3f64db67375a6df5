"""Who is paid back what: the shape of policy/refunds.yml."""

from datetime import date
from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from offboarding.accounts.model import AccountKind, Interval
from offboarding.cases.reasons import ChurnReason
from offboarding.policies.reading import PolicyModel
from offboarding.policies.rules import Jurisdiction
from offboarding.policies.teams import mistake_at

WITHDRAWAL = "withdrawal"
"""What the legal right is called among the rules; no goodwill rule may be called so."""
_EUROPEAN_UNION = {
    *("AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU"),
    *("IE", "IT", "LT", "LU", "LV", "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK"),
}
BY_LAW = frozenset(_EUROPEAN_UNION | {"IS", "LI", "NO", "GB"})
"""Where consumers may withdraw within 14 days: Directive 2011/83/EU, Art. 9, in the EU and (by the
EEA Agreement, annex XIX) in the EEA; SI 2013/3134, reg. 29, in the UK."""

Country = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")]
CurrencyCode = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]
Because = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=160, pattern=r"^[^\n]*$")
]
"""The reason as the customer reads it, after "because"."""


def _no_full_stop(because: str) -> str:
    if because.endswith("."):
        raise ValueError('leave out the full stop: it is read after "because", in a sentence')
    return because


class WithdrawalAmount(StrEnum):
    """What comes back of what was paid, to who withdraws."""

    EVERYTHING = "everything"
    PROPORTIONALLY = "proportionally"
    """Less for the days that were given, of those who asked for them."""


class GoodwillAmount(StrEnum):
    """What comes back beyond the law."""

    LAST_PAYMENT = "last_payment"
    UNUSED_MONTHS = "unused_months"
    """Of the last payment, the part for the whole months that have not begun."""


class WithdrawalRule(PolicyModel):
    """The right to withdraw from a contract that has just begun."""

    countries: frozenset[Country]
    """Of the account; every country of BY_LAW is among them."""
    days: Annotated[int, Field(ge=14, le=366)]
    pays_back: WithdrawalAmount
    because: Annotated[Because, AfterValidator(_no_full_stop)]
    because_declared: Annotated[Because, AfterValidator(_no_full_stop)] = (
        "your withdrawal reached us within the days in which you may withdraw from the contract"
    )
    """The reason after those days, where the withdrawal itself came in within them."""

    @model_validator(mode="after")
    def _leaves_out_nobody_who_has_the_right(self) -> Self:
        lacking = sorted(BY_LAW - self.countries)
        if lacking:
            raise mistake_at(
                ("countries",),
                f"add {', '.join(lacking)}: consumers there may withdraw by law",
            )
        return self


class GoodwillRule(PolicyModel):
    """A refund beyond the law, and whom it fits."""

    name: Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]{1,64}$")]
    because: Annotated[Because, AfterValidator(_no_full_stop)]
    pays_back: GoodwillAmount
    within_days_of_payment: Annotated[int, Field(ge=0, le=366)]
    intervals: frozenset[Interval] = frozenset(Interval)
    account_kinds: frozenset[AccountKind] = frozenset(AccountKind)
    plans: frozenset[str] | Literal["all"] = "all"
    countries: frozenset[Jurisdiction] | Literal["all"] = "all"
    reasons: frozenset[ChurnReason] | Literal["any"] = "any"
    """`any` also fits who gives none."""

    @model_validator(mode="after")
    def _can_fit(self) -> Self:
        if self.pays_back is GoodwillAmount.UNUSED_MONTHS and self.intervals == {Interval.MONTH}:
            raise mistake_at(
                ("intervals",),
                "add year, or pay back last_payment: a month that has begun has none unused",
            )
        return self


class RefundPolicy(PolicyModel):
    """policy/refunds.yml."""

    version: date
    reviewed_by: str
    withdrawal: WithdrawalRule
    ask_a_person_above: dict[CurrencyCode, Annotated[int, Field(ge=0)]]
    """In minor units, by currency. In another currency a person is always asked."""
    goodwill: tuple[GoodwillRule, ...]
    """Looked through from the top, after the right to withdraw; the first that fits is applied."""

    @model_validator(mode="after")
    def _names_each_rule_once(self) -> Self:
        known: set[str] = {WITHDRAWAL}
        for place, rule in enumerate(self.goodwill):
            if rule.name in known:
                raise mistake_at(
                    ("goodwill", place, "name"),
                    f"there are two rules named {rule.name}; give each its own name",
                )
            known.add(rule.name)
        return self

    def asks_a_person(self, amount_minor: int, currency: str) -> bool:
        """Whether a person releases a refund of so much."""
        return amount_minor > self.ask_a_person_above.get(currency, -1)
