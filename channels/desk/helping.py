"""What helps an agent to answer: a suggestion, what policy says here, and the account's dates."""

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy.orm import Session

from channels.for_staff import of_them
from offboarding.accounts import service as accounts
from offboarding.accounts.model import Customer, Subscription
from offboarding.billing.port import BillingPort
from offboarding.billing.stripe.failures import BillingUnknownError
from offboarding.cases import service as cases
from offboarding.cases.model import Case
from offboarding.cases.terms import terms_values
from offboarding.erasure.kept import has_invoices
from offboarding.handoffs.facts import case_of
from offboarding.handoffs.model import HandOff
from offboarding.handoffs.suggestions import SuggestionPolicy, suggested
from offboarding.identity.service import identified_customer
from offboarding.offers.allowed import barred, only_if_asked
from offboarding.offers.model import OfferKind
from offboarding.offers.service import Verdict, verdicts
from offboarding.policies.store import Policies
from offboarding.wording import date_text

PAYMENT_UNKNOWN = (
    "How it is paid can't be seen just now, so what a cancellation would mean is not said here."
)
STRANGER = (
    "It is not sure who writes here. Say nothing about an account, not even whether there is one."
)

YOU_MAY = "You may offer something else, within your limits."
ONLY_YOU_MAY = "The assistant can't make an offer; you may, within your limits."

_KINDS = {
    OfferKind.PAUSE: "a pause",
    OfferKind.DISCOUNT: "a discount",
    OfferKind.TRIAL_EXTENSION: "a longer trial",
    OfferKind.SMALLER_PLAN: "the smaller plan",
    OfferKind.CALL: "a call with their account manager",
}


@dataclass(frozen=True)
class Help:
    """For the agent's eyes alone."""

    suggestion: str
    offers: list[str]
    """Which offers fit, or why none does."""
    dates: list[str]


def help_with(
    session: Session,
    hand_off: HandOff,
    policies: Policies,
    suggestions: SuggestionPolicy,
    billing: BillingPort,
) -> Help:
    """What is known now. Of an account only while it is sure that the customer writes."""
    values = {"number": hand_off.number}
    customer = identified_customer(session, hand_off.conversation_id)
    if customer is None:
        text = suggested(suggestions, hand_off.cause, None, values)
        return Help(text, offers=[], dates=[STRANGER])
    case = case_of(session, hand_off, customer)
    reason = case.reason if case is not None else None
    subscription = _subscription(session, customer, case)
    values["first_name"] = customer.full_name.split()[0] if customer.full_name.strip() else ""
    unknown = []
    if subscription is not None and subscription.renews:
        try:
            terms = cases.terms_now(session, subscription, billing, policies)
        except BillingUnknownError:  # the rest still helps
            unknown = [PAYMENT_UNKNOWN]
        else:
            values |= terms_values(terms, customer)
            if not has_invoices(session, subscription, terms):
                del values["invoices_until_year"], values["invoices_because"]
    return Help(
        suggestion=suggested(
            suggestions,
            hand_off.cause,
            reason,
            {name: value for name, value in values.items() if value},
        ),
        offers=_offers(session, hand_off, policies, subscription, case),
        dates=[*_dates(session, customer, values), *unknown],
    )


def _subscription(session: Session, customer: Customer, case: Case | None) -> Subscription | None:
    """The one that the talk is about, else the first that goes on."""
    if case is not None:
        return case.subscription
    owned = accounts.subscriptions(session, customer.account_id)
    return next((each for each in owned if each.renews), next(iter(owned), None))


def _offers(
    session: Session,
    hand_off: HandOff,
    policies: Policies,
    subscription: Subscription | None,
    case: Case | None,
) -> list[str]:
    """Why none may be made; else what the assistant may of each kind, and that agents may more."""
    if subscription is None:
        return ["They have no plan, so there is nothing to offer."]
    forbidden = barred(session, hand_off, subscription, policies)
    if forbidden is not None:
        return [forbidden]
    condition = only_if_asked(session, case, subscription, policies)
    reason = case.reason if case is not None else None
    kinds = {rule.name: rule.kind for rule in policies.offers.offers}
    judged = verdicts(session, policies.offers, subscription, reason)
    rules = [_in_words(each, kinds.get(each.rule)) for each in judged]
    rules.append(YOU_MAY if any(each.fits for each in judged) else ONLY_YOU_MAY)
    return [condition, *rules] if condition is not None else rules


def _in_words(verdict: Verdict, kind: OfferKind | None) -> str:
    """What a rule says, without its name: that is for those who write policy."""
    what = _KINDS[kind] if kind is not None else "anything"
    if verdict.fits:
        return f"The assistant can offer {what}: {verdict.because}."
    return f"The assistant can't offer {what}: {verdict.because}."


def _dates(session: Session, customer: Customer, values: dict[str, str]) -> Iterator[str]:
    for each in accounts.subscriptions(session, customer.account_id):
        if each.cancel_at is not None:
            yield f"{each.plan.name}: cancelled, ends {date_text(each.cancel_at, customer)}"
        elif each.period_end is not None:
            yield f"{each.plan.name}: paid until {date_text(each.period_end, customer)}"
        else:
            yield f"{each.plan.name}: no date, it is free"
    yield from _ways_out(values)
    if "spared_on" in values:
        yield f"Then not taken: {values['spared_amount']} on {values['spared_on']}"
    if "content" in values:
        yield f"Their content {of_them(values['content'])}"
    if "invoices_until_year" in values:
        yield (
            f"Invoices are kept until {values['invoices_until_year']}, because "
            f"{values['invoices_because']}"
        )


def _ways_out(values: dict[str, str]) -> Iterator[str]:
    """How it would end; by each of the two ways where the customer has the choice."""
    if "refund_because" in values:
        because = of_them(values["refund_because"])
        yield (
            f"Cancelled now, {values['plan']} ends at once: {values['refund']} is paid back, "
            f"because {because}"
        )
    elif "ends_on" in values:
        yield f"Cancelled now, {values['plan']} ends on {values['ends_on']}"
    if "runs_until" in values:
        yield f"Or, if they would rather, it ends on {values['runs_until']}: nothing is paid back"
    if "money_back" in values:
        because = of_them(values["money_back_because"])
        yield (
            "So they have said. Or, if they would rather, it ends at once: "
            f"{values['money_back']} is paid back, because {because}"
        )
