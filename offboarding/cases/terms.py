"""What a cancellation means for this customer: the one owner of its dates and amounts."""

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from offboarding import clock
from offboarding.accounts import service as accounts
from offboarding.accounts.model import Customer, Subscription
from offboarding.billing.port import BillingPort, Payment
from offboarding.cases.reasons import ChurnReason
from offboarding.days import days_later, last_second
from offboarding.policies.rules import InvoiceRule, RetentionPolicy
from offboarding.policies.store import Policies
from offboarding.refunds.model import Refund, refund_from_json
from offboarding.refunds.preview import refund_preview
from offboarding.refunds.withdrawal import local_day
from offboarding.wording import date_text, money_text, undo_until_text, until_text, zone_of

PAID_BACK_WITHIN = timedelta(days=14)
"""From the yes: Directive 2011/83/EU, Art. 13 (1), and what we promise for every refund."""


class TermsKind(StrEnum):
    """What it means for their money; each has texts of its own (`utter_ask_confirm_…`)."""

    FREE = "free"
    """Nothing was going to be charged."""
    PAID = "paid"
    """The next payment is not taken."""
    REFUND = "refund"
    """Something is paid back, and it ends at once."""


@dataclass(frozen=True)
class OtherPlan:
    """Another plan of the account, which goes on: neither cancelled nor ended."""

    name: str
    next_payment: Payment | None
    """What will be charged for it next; None where nothing is, or where it is not known."""


@dataclass(frozen=True)
class OtherWay:
    """The way to leave that was not chosen, where there are two: at once with money back, or later.

    Nobody loses by it: it is shown beside what was chosen, and a yes counts for that alone.
    """

    ends_at: datetime
    refund: Refund | None
    """What is paid back by this way; None where it is the one that runs out."""

    @property
    def name(self) -> str:
        """What the names of texts end with that offer it (`utter_or_…`)."""
        return "run_out" if self.refund is None else "at_once"


@dataclass(frozen=True)
class Terms:
    """What will happen, as instants and minor units."""

    plan_name: str
    ends_at: datetime
    """Last instant of access. Where it ends at once, the instant at which these terms were made."""
    spared: Payment | None
    """The next payment, which will not be taken."""
    refund: Refund | None
    """What is paid back; whoever gets it leaves at once."""
    at_once_on: date | None
    """The day, where the account is, on which it ends at once; None where its period ends it."""
    currency: str
    content_until: datetime
    """Until when content can be downloaded at least; then it is erased, unless a plan goes on."""
    invoices_until_year: int
    """The last year in which invoices are kept."""
    invoices_because: str
    policy_version: str
    other_plans: tuple[OtherPlan, ...] = ()
    """What goes on beside it, oldest first. While there is one, no content is erased."""
    other_way: OtherWay | None = None
    """Not among what is kept, for it is no part of what is agreed."""

    @property
    def refund_minor(self) -> int:
        """What is paid back, in minor units of the refund's currency; 0 where nothing is."""
        return self.refund.amount_minor if self.refund is not None else 0

    @property
    def kind(self) -> TermsKind:
        """What it means for their money."""
        if self.refund is not None:
            return TermsKind.REFUND
        return TermsKind.PAID if self.spared is not None else TermsKind.FREE

    def as_json(self) -> dict[str, Any]:
        """All that is agreed by a yes, for keeping and comparing."""
        return {
            "plan_name": self.plan_name,
            "ends_at": _utc(self.ends_at),
            "spared_minor": self.spared.amount_minor if self.spared else None,
            "spared_at": _utc(self.spared.at) if self.spared else None,
            "refund_minor": self.refund_minor,
            "refund": self.refund.as_json() if self.refund is not None else None,
            "at_once_on": self.at_once_on.isoformat() if self.at_once_on is not None else None,
            "currency": self.currency,
            "content_until": _utc(self.content_until),
            "invoices_until_year": self.invoices_until_year,
            "invoices_because": self.invoices_because,
            "policy_version": self.policy_version,
            "other_plans": [_other_as_json(each) for each in self.other_plans],
        }


def terms_of(
    subscription: Subscription,
    billing: BillingPort,
    policies: Policies,
    reason: ChurnReason | None = None,
    *,
    runs_out: bool = False,
) -> Terms:
    """What cancelling this subscription now would mean for who leaves for this reason.

    Whoever would be paid back leaves at once, unless what is paid is to run out instead. Where a
    case may be open, `offboarding.cases.service.terms_now` knows the reason and that choice.
    """
    preview = billing.preview_cancellation(subscription)
    moment = clock.now()
    later = OtherWay(preview.ends_at.astimezone(UTC), None)
    back = refund_preview(subscription, billing, policies.refunds, reason)
    at_once = OtherWay(moment, back) if back is not None else None
    other_way: OtherWay | None = None
    if at_once is not None and later.ends_at > moment:
        # With nothing more to be taken, to let it run out would only be to lose the money.
        later_is_better = preview.spared is not None
        other_way = at_once if runs_out else later if later_is_better else None
    refund = None if other_way is at_once else back
    ends_at = later.ends_at if refund is None else moment
    retention = policies.retention
    invoices = _invoice_rule(retention, subscription.account.jurisdiction)
    others = accounts.others(subscription)
    zone = zone_of(subscription.account.time_zone)
    # Counted from the end of the day, so that what is shown holds for all of it.
    content_from = (
        ends_at if refund is None else last_second(local_day(moment, subscription.account), zone)
    )
    return Terms(
        plan_name=subscription.plan.name,
        ends_at=ends_at,
        spared=preview.spared,
        refund=refund,
        at_once_on=local_day(moment, subscription.account) if refund is not None else None,
        currency=preview.currency,
        content_until=content_until_after(
            max([content_from, *_ends(others)]), retention.content_days_after_end, zone
        ),
        invoices_until_year=_this_year(zone) + invoices.years,
        invoices_because=invoices.because,
        policy_version=retention.version.isoformat(),
        other_plans=tuple(
            OtherPlan(each.plan.name, billing.next_payment(each)) for each in others if each.renews
        ),
        other_way=other_way,
    )


def content_until_after(end: datetime, days: int, zone: ZoneInfo) -> datetime:
    """Until when content can be downloaded that is kept for so many days after an end.

    The last second of a day where the account is: "until 14 January" includes the whole of it.
    Where nothing is kept after the end, the end itself.
    """
    if not days:
        return end
    return last_second(days_later(end, days, zone).astimezone(zone).date(), zone)


def invoice_years(terms: Terms, agreed_at: datetime, zone: ZoneInfo) -> int:
    """For how many years after that of its date an invoice is kept, by terms that were agreed then.

    `terms_of` counts them from the year in which it is asked, where the account is, and a yes
    counts for terms of that same moment only.
    """
    return terms.invoices_until_year - agreed_at.astimezone(zone).year


def digest(terms: Terms) -> str:
    """Changes with anything in the terms that a yes counts for; stands for what was seen."""
    text = json.dumps(agreed(terms.as_json()), sort_keys=True)
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
        # Kept before there were refunds by policy, they have neither.
        refund=refund_from_json(kept["refund"]) if kept.get("refund") else None,
        at_once_on=date.fromisoformat(kept["at_once_on"]) if kept.get("at_once_on") else None,
        currency=kept["currency"],
        content_until=datetime.fromisoformat(kept["content_until"]),
        invoices_until_year=kept["invoices_until_year"],
        invoices_because=kept["invoices_because"],
        policy_version=kept["policy_version"],
        # Kept before terms knew of other plans, they have none.
        other_plans=tuple(_other_from_json(each) for each in kept.get("other_plans", ())),
    )


def agreed(kept: dict[str, Any]) -> dict[str, Any]:
    """What of kept terms a yes counts for: an end at once is at the instant of the yes itself.

    Terms kept before they knew of other plans are those of an account that has none.
    """
    known = {"other_plans": [], **kept}
    return {**known, "ends_at": None} if known.get("at_once_on") else known


def terms_values(terms: Terms, customer: Customer) -> dict[str, str]:
    """The terms in words, for the chat, the page, the mail: the values their texts name.

    `ends_on` is a day with an hour in it: until when something holds is said by `undo_until`.
    `goes_on` is there where another plan goes on, and `content_until` only where none does, for
    only then is that day the last. `runs_until` and `money_back` are of the other way to leave.
    """
    values = {
        "plan": terms.plan_name,
        "ends_on": date_text(terms.ends_at, customer),
        "undo_until": undo_until_text(terms.ends_at, customer),
        "content": _content(terms, customer),
        "nothing_more": _nothing_more(terms, customer),
        "invoices_until_year": str(terms.invoices_until_year),
        "invoices_because": terms.invoices_because,
        "refund": money_text(
            terms.refund_minor,
            terms.refund.currency if terms.refund is not None else terms.currency,
            customer.locale,
        ),
    }
    if terms.other_plans:
        values["goes_on"] = _goes_on(terms.other_plans, customer)
    else:
        values["content_until"] = until_text(terms.content_until, customer)
    if terms.refund is not None:
        values["refund_because"] = terms.refund.because
        values["refund_when"] = _refund_when(terms.refund, terms.ends_at, customer)
    if terms.spared is not None:
        values["spared_amount"] = money_text(
            terms.spared.amount_minor, terms.currency, customer.locale
        )
        values["spared_on"] = date_text(terms.spared.at, customer)
    return {**values, **_other_way_values(terms, customer)}


def _other_way_values(terms: Terms, customer: Customer) -> dict[str, str]:
    if terms.other_way is None:
        return {}
    back = terms.other_way.refund
    if back is None:
        return {"runs_until": date_text(terms.other_way.ends_at, customer)}
    return {
        "money_back": money_text(back.amount_minor, back.currency, customer.locale),
        "money_back_because": back.because,
    }


def _content(terms: Terms, customer: Customer) -> str:
    """What becomes of their content, as it goes on after "your content"."""
    if terms.other_plans:
        return "stays while you have another plan"
    until = until_text(terms.content_until, customer)
    if terms.content_until < clock.now():  # read later, on a receipt
        return f"could be downloaded until {until}, then it was deleted"
    return f"can be downloaded until {until}, then it is deleted"


def _nothing_more(terms: Terms, customer: Customer) -> str:
    """That nothing is charged any more, and of what: without its full stop."""
    more = "" if terms.kind is TermsKind.FREE else " more"
    if not terms.other_plans:
        return f"Nothing{more} is charged"
    return (
        f"Nothing{more} is charged for {terms.plan_name}. {_goes_on(terms.other_plans, customer)}"
    )


def _goes_on(others: Sequence[OtherPlan], customer: Customer) -> str:
    """What goes on, a sentence for each, without the last full stop."""
    return ". ".join(_one_goes_on(each, customer) for each in others)


def _one_goes_on(other: OtherPlan, customer: Customer) -> str:
    due = other.next_payment
    if due is None:
        return f"{other.name} goes on"
    amount = money_text(due.amount_minor, due.currency, customer.locale)
    return f"{other.name} goes on: {amount} on {date_text(due.at, customer)}"


def _other_as_json(other: OtherPlan) -> dict[str, Any]:
    due = other.next_payment
    return {
        "name": other.name,
        "next_payment": (
            {"amount_minor": due.amount_minor, "currency": due.currency, "at": _utc(due.at)}
            if due is not None
            else None
        ),
    }


def _other_from_json(kept: dict[str, Any]) -> OtherPlan:
    due = kept["next_payment"]
    if due is None:
        return OtherPlan(kept["name"], None)
    at = datetime.fromisoformat(due["at"])
    return OtherPlan(kept["name"], Payment(due["amount_minor"], due["currency"], at))


def _ends(others: Sequence[Subscription]) -> Iterator[datetime]:
    """When those end that are cancelled: of several promises the longest holds."""
    return (each.cancel_at for each in others if each.cancel_at is not None)


def _refund_when(refund: Refund, ends_at: datetime, customer: Customer) -> str:
    if refund.by_a_person:
        until = date_text(ends_at + PAID_BACK_WITHIN, customer)
        return f"by {until}, the way you paid, after one of us has looked at it"
    return "at once, the way you paid"


def _invoice_rule(retention: RetentionPolicy, jurisdiction: str) -> InvoiceRule:
    country = jurisdiction.partition("-")[0]
    rules = retention.invoices
    return rules.get(jurisdiction) or rules.get(country) or rules["default"]


def _utc(moment: datetime) -> str:
    """The same instant is always written the same way, for shown terms are compared as text."""
    return moment.astimezone(UTC).isoformat()


def _this_year(zone: ZoneInfo) -> int:
    return clock.now().astimezone(zone).year
