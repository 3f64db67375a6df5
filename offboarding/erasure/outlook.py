"""What becomes of an account's content as things are now, whatever was true at the yes.

Of several plans the longest promise holds, and another may have been cancelled, taken back or
begun since a case's terms were kept.
"""

from dataclasses import replace
from datetime import datetime

from sqlalchemy.orm import Session

from offboarding import clock
from offboarding.accounts import service as accounts
from offboarding.accounts.model import Subscription
from offboarding.cases.terms import OtherPlan, Terms
from offboarding.erasure.service import erased_at
from offboarding.steps.plan import ERASED_AFTER


def terms_as_things_are(session: Session, subscription: Subscription, terms: Terms) -> Terms:
    """Terms kept for a subscription, with the other plans and the content's day of today.

    A next payment is the one that was shown, while it is still to come.
    """
    shown = {other.name: other.next_payment for other in terms.other_plans}
    other_plans = []
    for other in accounts.others(subscription):
        if other.renews:
            due = shown.get(other.plan.name)
            to_come = due if due is not None and due.at > clock.now() else None
            other_plans.append(OtherPlan(other.plan.name, to_come))
    return replace(
        terms,
        other_plans=tuple(other_plans),
        content_until=_content_until(session, subscription, terms),
    )


def _content_until(session: Session, subscription: Subscription, terms: Terms) -> datetime:
    erased = erased_at(session, subscription.account_id)
    if erased is None:
        return terms.content_until
    return max(erased - ERASED_AFTER, terms.content_until)
