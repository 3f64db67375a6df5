"""The values that texts of domain.yml name, read from the business and written for the customer."""

from contextlib import suppress
from datetime import datetime

from babel.dates import format_date, format_time

from actions.consent import CANCELLING, CANCELLING_PAID_BACK, Act
from actions.turn import Turn
from offboarding.accounts import service as accounts
from offboarding.accounts.model import Customer, Subscription
from offboarding.billing.port import BillingPort
from offboarding.cases import service as cases
from offboarding.cases.model import Case
from offboarding.cases.terms import Terms, terms_from_json, terms_values
from offboarding.clock import now
from offboarding.erasure.outlook import terms_as_things_are
from offboarding.errors import OffboardingError
from offboarding.wording import date_text, locale_of, money_text, zone_of, zone_text


def opening_text(opens_at: datetime, time_zone: str, customer: Customer | None) -> str:
    """When a team is there again: today at 09:00, tomorrow at 09:00, else the day and its date.

    By the customer's clock, else by the team's own, which is named then.
    """
    zone = zone_of(customer.time_zone if customer else time_zone)
    locale = locale_of(customer.locale if customer else None)
    local = opens_at.astimezone(zone)
    time = format_time(local, format="short", locale=locale, tzinfo=zone)
    days = {0: "today", 1: "tomorrow"}
    ahead = (local.date() - now().astimezone(zone).date()).days
    day = days.get(ahead) or f"on {format_date(local, format='full', locale=locale)}"
    return f"{day} at {time}" if customer else f"{day} at {time} ({zone_text(zone, opens_at)})"


def leaving_values(turn: Turn, subscription: Subscription, customer: Customer) -> dict[str, str]:
    """What leaving now would mean for a subscription."""
    return terms_values(leaving_terms(turn, subscription), customer)


def leaving_terms(turn: Turn, subscription: Subscription) -> Terms:
    """The terms on which they would leave a subscription now."""
    return cases.terms_now(turn.session, subscription, turn.billing, turn.policies)


def case_values(turn: Turn, case: Case, customer: Customer) -> dict[str, str]:
    """What was confirmed in a case, as its receipt has it."""
    values: dict[str, str] = {}
    if case.shown:
        agreed = terms_from_json(case.shown)
        now_true = terms_as_things_are(turn.session, case, agreed)
        values = terms_values(now_true, customer)
    return {**values, "case_number": case.number, "plan": case.subscription.plan.name}


def withdrawal_values(turn: Turn) -> dict[str, str] | None:
    """What leaving now would mean for the plan from which they may withdraw; None where none is."""
    customer = turn.customer
    if customer is None:
        return None
    for subscription in accounts.subscriptions(turn.session, customer.account_id):
        if not subscription.renews:
            continue  # it is for a person to take back what was agreed
        with suppress(OffboardingError):  # what billing can't say now is for the person they get
            ways = cases.ways_out(turn.session, subscription, turn.billing, turn.policies)
            for terms in ways.values():
                if terms.refund is not None and terms.refund.is_withdrawal:
                    return terms_values(terms, customer)
    return None


def is_at_once(case: Case) -> bool:
    """Whether it was agreed that it ends at once."""
    return case.shown is not None and terms_from_json(case.shown).at_once_on is not None


def cancelling_as_shown(case: Case) -> Act:
    """What a yes is said to: with money back or without, as the terms have it that were shown."""
    pays = case.shown is not None and terms_from_json(case.shown).refund is not None
    return CANCELLING_PAID_BACK if pays else CANCELLING


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
