"""What stays when an account's data are erased: what, why, and until when (rules R8 and R11)."""

from collections.abc import Iterator
from datetime import date

from sqlalchemy.orm import Session

from offboarding.accounts import service as accounts
from offboarding.accounts.model import Subscription, SubscriptionState
from offboarding.billing.entries import last_charge
from offboarding.cases import service as cases
from offboarding.cases.model import Case
from offboarding.cases.terms import Terms, TermsKind, invoice_years, terms_from_json
from offboarding.wording import zone_of


def what_is_kept(session: Session, case: Case) -> list[dict[str, str | None]]:
    """What stays after the erasure of a case's account."""
    terms = terms_from_json(case.shown) if case.shown is not None else None
    year = invoices_until_year(session, case)
    invoices: dict[str, str | None] = {
        "what": "invoices",
        "because": terms.invoices_because if terms is not None else "the law asks for it",
        "until": date(year, 12, 31).isoformat() if year is not None else None,
    }
    return [
        *([invoices] if terms is None or has_invoices(session, case.subscription, terms) else []),
        # Nothing deletes these two, so no day is promised.
        {
            "what": "receipts, without your name",
            "because": "they prove that you cancelled",
            "until": None,
        },
        {
            "what": "log of what was done, without names",
            "because": "we must be able to account for it",
            "until": None,
        },
    ]


def has_invoices(session: Session, subscription: Subscription, terms: Terms) -> bool:
    """Whether an account has invoices, by the terms on which a plan of it ends.

    None where nothing was going to be charged of it and nothing ever was, as of a free plan. Of
    other plans that cost something it is taken that something was, but for a trial.
    """
    if terms.kind is not TermsKind.FREE or last_charge(session, subscription) is not None:
        return True
    own = subscription.id
    ended = accounts.ended(session, subscription.account_id)
    others = [*accounts.others(subscription), *(plan for plan in ended if plan.id != own)]
    return any(_was_paid(session, plan) for plan in others)


def invoices_until_year(session: Session, case: Case) -> int | None:
    """The last year in which invoices of a case's account are kept; None where nothing was agreed.

    Of plans that end by cases, as these agreed. Of those that ended otherwise, so many years
    after that of their end, in which the last of their invoices is at the latest.
    """
    if case.shown is None:
        return None
    by_cases = [case.shown, *(each.shown for each in cases.promised_cases(session, case))]
    years = [terms_from_json(shown).invoices_until_year for shown in by_cases if shown is not None]
    return max([*years, *_years_of_the_others(session, case)])


def _years_of_the_others(session: Session, case: Case) -> Iterator[int]:
    """For the invoices of each plan of the account that ended without a case."""
    if case.shown is None or case.confirmed_at is None:
        return
    zone = zone_of(case.subscription.account.time_zone)
    kept = invoice_years(terms_from_json(case.shown), case.confirmed_at, zone)
    by_a_case = {each.subscription_id for each in cases.promised_cases(session, case)}
    for plan in accounts.ended(session, case.subscription.account_id):
        end = plan.cancel_at or plan.period_end
        if plan.id not in by_a_case and end is not None and _was_paid(session, plan):
            yield end.astimezone(zone).year + kept


def _was_paid(session: Session, subscription: Subscription) -> bool:
    """Whether there may be an invoice of it."""
    if last_charge(session, subscription) is not None:
        return True
    return not subscription.plan.free and subscription.state is not SubscriptionState.TRIALING
