"""What a cancellation means for this customer: the one owner of its dates and amounts."""

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from offboarding import clock
from offboarding.accounts.model import Customer, Subscription
from offboarding.billing.port import BillingPort, Payment
from offboarding.policies.rules import InvoiceRule, RetentionPolicy
from offboarding.policies.store import Policies
from offboarding.wording import date_text, money_text, zone_of


@dataclass(frozen=True)
class Terms:
    """What will happen, as instants and minor units."""

    plan_name: str
    ends_at: datetime
    spared: Payment | None
    """The next payment, which will not be taken."""
    refund_minor: int
    currency: str
    content_until: datetime
    """Until when content can be downloaded; then it is erased."""
    invoices_until_year: int
    """The last year in which invoices are kept."""
    invoices_because: str
    policy_version: str

    def as_json(self) -> dict[str, Any]:
        """All of it, for keeping and comparing."""
        return {
            "plan_name": self.plan_name,
            "ends_at": _utc(self.ends_at),
            "spared_minor": self.spared.amount_minor if self.spared else None,
            "spared_at": _utc(self.spared.at) if self.spared else None,
            "refund_minor": self.refund_minor,
            "currency": self.currency,
            "content_until": _utc(self.content_until),
            "invoices_until_year": self.invoices_until_year,
            "invoices_because": self.invoices_because,
            "policy_version": self.policy_version,
        }


def terms_of(subscription: Subscription, billing: BillingPort, policies: Policies) -> Terms:
    """What cancelling this subscription now would mean."""
    preview = billing.preview_cancellation(subscription)
    ends_at = preview.ends_at.astimezone(UTC)
    retention = policies.retention
    invoices = _invoice_rule(retention, subscription.account.jurisdiction)
    zone = zone_of(subscription.account.time_zone)
    return Terms(
        plan_name=subscription.plan.name,
        ends_at=ends_at,
        spared=preview.spared,
        refund_minor=preview.refund_minor,
        currency=preview.currency,
        content_until=ends_at + timedelta(days=retention.content_days_after_end),
        invoices_until_year=_this_year(zone) + invoices.years,
        invoices_because=invoices.because,
        policy_version=retention.version.isoformat(),
    )


def digest(terms: Terms) -> str:
    """Changes whenever anything in the terms does; stands for what somebody saw."""
    text = json.dumps(terms.as_json(), sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def terms_from_json(kept: dict[str, Any]) -> Terms:
    """The terms that `Terms.as_json` kept."""
    spared = None
    if kept["spared_minor"] is not None:
        spared = Payment(
            kept["spared_minor"], kept["currency"], datetime.fromisoformat(kept["spared_at"])
        )
    return Terms(
        plan_name=kept["plan_name"],
        ends_at=datetime.fromisoformat(kept["ends_at"]),
        spared=spared,
        refund_minor=kept["refund_minor"],
        currency=kept["currency"],
        content_until=datetime.fromisoformat(kept["content_until"]),
        invoices_until_year=kept["invoices_until_year"],
        invoices_because=kept["invoices_because"],
        policy_version=kept["policy_version"],
    )


def terms_values(terms: Terms, customer: Customer) -> dict[str, str]:
    """The terms in words, for the chat, the page, the mail: the values their texts name."""
    values = {
        "plan": terms.plan_name,
        "ends_on": date_text(terms.ends_at, customer),
        "content_until": date_text(terms.content_until, customer),
        "invoices_until_year": str(terms.invoices_until_year),
        "invoices_because": terms.invoices_because,
        "refund": money_text(terms.refund_minor, terms.currency, customer.locale),
    }
    if terms.spared is not None:
        values["spared_amount"] = money_text(
            terms.spared.amount_minor, terms.currency, customer.locale
        )
        values["spared_on"] = date_text(terms.spared.at, customer)
    return values


def _invoice_rule(retention: RetentionPolicy, jurisdiction: str) -> InvoiceRule:
    country = jurisdiction.partition("-")[0]
    rules = retention.invoices
    return rules.get(jurisdiction) or rules.get(country) or rules["default"]


def _utc(moment: datetime) -> str:
    """The same instant is always written the same way, for shown terms are compared as text."""
    return moment.astimezone(UTC).isoformat()


def _this_year(zone: ZoneInfo) -> int:
    return clock.now().astimezone(zone).year
