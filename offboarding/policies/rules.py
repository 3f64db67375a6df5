"""What may be offered, and what is kept: the shape of the files in policy/."""

from datetime import date
from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from offboarding.accounts.model import AccountKind, Interval, SubscriptionState
from offboarding.cases.reasons import ChurnReason
from offboarding.offers.model import OfferKind
from offboarding.policies.reading import PolicyModel

Jurisdiction = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}(-[A-Z0-9]{1,3})?$")]
"""A country, or a country and its region: DE, US-MN."""


class OfferRule(PolicyModel):
    """One offer and whom it fits."""

    name: Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]{1,64}$")]
    kind: OfferKind
    reasons: frozenset[ChurnReason]
    """Churn reasons it fits."""
    intervals: frozenset[Interval] = frozenset(Interval)
    account_kinds: frozenset[AccountKind] = frozenset(AccountKind)
    states: frozenset[SubscriptionState] = frozenset({SubscriptionState.ACTIVE})
    percent: Annotated[int, Field(ge=1, le=90)] | None = None
    months: Annotated[int, Field(ge=1, le=12)] | None = None
    days: Annotated[int, Field(ge=1, le=90)] | None = None

    @model_validator(mode="after")
    def _has_what_its_kind_needs(self) -> Self:
        needed = {
            OfferKind.PAUSE: ("months",),
            OfferKind.DISCOUNT: ("percent", "months"),
            OfferKind.TRIAL_EXTENSION: ("days",),
        }.get(self.kind, ())
        lacking = [field for field in needed if getattr(self, field) is None]
        if lacking:
            raise ValueError(f"an offer of kind {self.kind} needs {' and '.join(lacking)}")
        return self


class OfferPolicy(PolicyModel):
    """policy/offers.yml."""

    version: date
    reviewed_by: str
    offers_enabled: bool
    """False: nobody gets an offer."""
    never_in: frozenset[Jurisdiction]
    """Where the law lets nothing stand between a notice of cancellation and its end."""
    cooldown_days: Annotated[int, Field(ge=0, le=3650)]
    """Days after an offer was made in which the account gets no other."""
    holdout_percent: Annotated[int, Field(ge=0, le=50)] = 0
    """Of accounts with whom an offer that fits is left out, so that it can be seen what it does."""
    offers: tuple[OfferRule, ...]
    """Looked through from the top; the first that fits is made."""

    @model_validator(mode="after")
    def _names_each_offer_once(self) -> Self:
        names = [rule.name for rule in self.offers]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"there are two offers named {twice[0]}; give each its own name")
        return self


class InvoiceRule(PolicyModel):
    """How long invoices must be kept somewhere."""

    years: Annotated[int, Field(ge=1, le=30)]
    because: str
    """The reason as the customer reads it, after "because"."""


class TextsRule(PolicyModel):
    """Days for which it is kept that a text came in, and what became of one of ours.

    Seven at the least, for so long a talk by SMS goes on with what was last sent in it.
    """

    received: Annotated[int, Field(ge=7, le=3650)] = 30
    settled: Annotated[int, Field(ge=7, le=3650)] = 90
    """From when nothing more could become of it; what is not settled is kept until it is."""


class RetentionPolicy(PolicyModel):
    """policy/retention.yml."""

    version: date
    reviewed_by: str
    content_days_after_end: Annotated[int, Field(ge=0, le=3650)]
    """Days after the end in which content can still be downloaded, then it is erased."""
    export_link_days: Annotated[int, Field(ge=1, le=365)]
    """Days for which a link to an export works."""
    invoices: dict[Jurisdiction | Literal["default"], InvoiceRule]
    """By country; `default` for all others."""
    texts_days: TextsRule = TextsRule()

    @model_validator(mode="after")
    def _has_default(self) -> Self:
        if "default" not in self.invoices:
            raise ValueError("invoices needs a `default` entry")
        return self
