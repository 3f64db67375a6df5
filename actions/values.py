"""The values that texts of domain.yml name, read from the business and written for the customer."""

from datetime import datetime

from offboarding.accounts.model import Customer, Subscription
from offboarding.billing.port import BillingPort
from offboarding.cases.model import Case
from offboarding.cases.terms import terms_from_json, terms_of, terms_values
from offboarding.offers.model import Offer
from offboarding.policies.store import Policies
from offboarding.wording import date_text, money_text


def leaving_values(
    subscription: Subscription, customer: Customer, billing: BillingPort, policies: Policies
) -> dict[str, str]:
    """What leaving now would mean for a subscription."""
    return terms_values(terms_of(subscription, billing, policies), customer)


def case_values(case: Case, customer: Customer) -> dict[str, str]:
    """What was confirmed in a case, as its receipt has it."""
    values = terms_values(terms_from_json(case.shown), customer) if case.shown else {}
    return {**values, "case_number": case.number, "plan": case.subscription.plan.name}


def payment_values(
    subscription: Subscription, customer: Customer, billing: BillingPort
) -> dict[str, str]:
    """The last and the next payment; what does not exist is left out."""
    values = {"plan": subscription.plan.name}
    last, upcoming = billing.last_payment(subscription), billing.next_payment(subscription)
    if last is not None:
        values["last_amount"] = money_text(last.amount_minor, last.currency, customer.locale)
        values["last_on"] = date_text(last.at, customer)
    if upcoming is not None:
        values["next_amount"] = money_text(
            upcoming.amount_minor, upcoming.currency, customer.locale
        )
        values["next_on"] = date_text(upcoming.at, customer)
    return values


def offer_values(offer: Offer, customer: Customer) -> dict[str, str]:
    """What an offer promises."""
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
