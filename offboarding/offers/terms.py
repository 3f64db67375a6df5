"""What an offer promises: the one owner of its dates and amounts, whoever makes it."""

from datetime import datetime, timedelta
from typing import Any

from dateutil.relativedelta import relativedelta

from offboarding.accounts.model import Customer, Interval, Plan, Subscription
from offboarding.errors import TransitionError
from offboarding.offers.model import Offer, OfferKind
from offboarding.wording import date_text, money_text


def offer_terms(
    subscription: Subscription,
    kind: OfferKind,
    *,
    percent: int | None = None,
    months: int | None = None,
    days: int | None = None,
) -> dict[str, Any]:
    """What is promised: amounts in minor units of `currency`, instants in ISO-8601 UTC."""
    plan, starts_at = subscription.plan, subscription.period_end
    terms: dict[str, Any] = {"plan_name": plan.name, "currency": plan.currency}
    if kind is OfferKind.CALL or starts_at is None:
        return {**terms, "account_manager": subscription.account.account_manager_name}
    terms["starts_at"] = starts_at.isoformat()
    match kind:
        case OfferKind.PAUSE:
            terms["ends_at"] = _months_after(starts_at, months).isoformat()
        case OfferKind.DISCOUNT:
            less = percent or 0
            terms["percent"] = less
            terms["price_minor"] = plan.price_minor
            terms["offer_price_minor"] = plan.price_minor - plan.price_minor * less // 100
            reduced = months_reduced(plan, months or 0)
            terms["ends_at"] = _months_after(starts_at, reduced).isoformat()
        case OfferKind.TRIAL_EXTENSION:
            terms["ends_at"] = (starts_at + timedelta(days=days or 0)).isoformat()
        case OfferKind.SMALLER_PLAN:
            smaller = _smaller(plan)
            terms |= {
                "price_minor": plan.price_minor,
                "offer_plan_id": smaller.id,
                "offer_plan_name": smaller.name,
                "offer_price_minor": smaller.price_minor,
                "interval": smaller.interval.value,
            }
    return terms


def offer_values(offer: Offer, customer: Customer) -> dict[str, str]:
    """What an offer promises, in words: the values that texts of domain.yml name."""
    terms = offer.terms
    values = {"plan": str(terms["plan_name"])}
    for name, value_name in (("starts_at", "starts_on"), ("ends_at", "offer_ends_on")):
        if name in terms:
            values[value_name] = date_text(datetime.fromisoformat(terms[name]), customer)
    for name in ("price", "offer_price"):
        if f"{name}_minor" in terms:
            values[name] = money_text(terms[f"{name}_minor"], terms["currency"], customer.locale)
    for name in ("percent", "offer_plan_name", "account_manager", "interval"):
        if terms.get(name) is not None:
            values[name] = str(terms[name])
    return values


def months_reduced(plan: Plan, months: int) -> int:
    """For how many months a plan costs less by a discount of so many.

    Each payment that is taken in them is reduced as a whole, and a yearly one pays for its year.
    """
    paid_for = 12 if plan.interval is Interval.YEAR else 1
    return -(-months // paid_for) * paid_for


def _months_after(moment: datetime, months: int | None) -> datetime:
    return moment + relativedelta(months=months or 0)


def _smaller(plan: Plan) -> Plan:
    if plan.smaller_plan is None:
        raise TransitionError(f"There is no plan smaller than {plan.name}.")
    return plan.smaller_plan
