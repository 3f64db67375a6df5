"""What becomes of an account's content and invoices as things are now, whatever held at the yes.

Of several plans the longest promise holds, and another may have been cancelled, taken back, begun
or ended since a case's terms were kept.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from sqlalchemy.orm import Session

from offboarding import clock
from offboarding.accounts import service as accounts
from offboarding.cases.model import Case
from offboarding.cases.terms import OtherPlan, Terms
from offboarding.erasure.kept import invoices_until_year
from offboarding.erasure.service import day_of_erasure
from offboarding.steps.plan import ERASED_AFTER


def terms_as_things_are(session: Session, case: Case, terms: Terms) -> Terms:
    """Terms kept for a case, with the other plans, the content's day and the invoices' of today.

    A next payment is the one that was shown, while it is still to come.
    """
    shown = {other.name: other.next_payment for other in terms.other_plans}
    other_plans = []
    for other in accounts.others(case.subscription):
        if other.renews:
            due = shown.get(other.plan.name)
            to_come = due if due is not None and due.at > clock.now() else None
            other_plans.append(OtherPlan(other.plan.name, to_come))
    return replace(
        terms,
        other_plans=tuple(other_plans),
        content_until=max(_ends_of_what_keeps_it(session, case, terms)),
        invoices_until_year=invoices_until_year(session, case) or terms.invoices_until_year,
    )


def _ends_of_what_keeps_it(session: Session, case: Case, terms: Terms) -> Iterator[datetime]:
    """Until when each of what keeps the content does: these terms, other cases, other plans."""
    yield terms.content_until
    erased = day_of_erasure(session, case.subscription.account_id)
    if erased is not None:
        yield erased - ERASED_AFTER
    yield from (each.cancel_at for each in accounts.others(case.subscription) if each.cancel_at)
