"""What staff read before they cancel for a customer: each way to leave, in words of the customer.

The same at the desk, on the staff pages and at the command line.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from channels.facts import terms_sentence
from offboarding.accounts.model import Customer, Subscription
from offboarding.billing.port import BillingPort
from offboarding.cases import service as cases
from offboarding.cases.terms import Terms, terms_values
from offboarding.policies.store import Policies

_OF_THEM = {"You": "They", "you": "they", "Your": "Their", "your": "their"}
_TO_THEM = re.compile(r"\b(?:You|you|Your|your)\b")


@dataclass(frozen=True)
class Way:
    """A way to leave that staff can take for a customer; most have but one."""

    terms: Terms
    label: str
    """When it ends and what becomes of the money, in a few words by which it is chosen."""
    sentence: str
    """The same with all that it rests on."""
    undo: str
    """Whether it can be undone, and until when: a sentence without its full stop."""
    seen: str
    """Stands for just this, as `offboarding.cases.service.show_chosen` takes it."""
    chosen: bool
    """Whether the customer has said that they want this one. Nobody has to ask for the end at
    once, so it is only known of the other."""

    @property
    def runs_out(self) -> bool:
        """Whether what is paid runs out first; else it ends at once."""
        return self.terms.at_once_on is None


def ways_for_staff(
    session: Session,
    subscription: Subscription,
    customer: Customer,
    billing: BillingPort,
    policies: Policies,
) -> Sequence[Way]:
    """Both ways to leave, or the only one: first what the customer has chosen. Changes nothing."""
    ways = cases.ways_out(session, subscription, billing, policies)
    first = next(iter(ways))
    return [
        _way(terms, subscription, customer, first=runs_out is first, said=runs_out and first)
        for runs_out, terms in ways.items()
    ]


def of_them(text: str) -> str:
    """What speaks to the customer, as it speaks of them: English has one verb for both."""
    return _TO_THEM.sub(lambda match: _OF_THEM[match[0]], text)


def _way(
    terms: Terms, subscription: Subscription, customer: Customer, *, first: bool, said: bool
) -> Way:
    values = terms_values(terms, customer)
    if terms.at_once_on is not None:
        label = f"At once, with {values['refund']} paid back"
        undo = "It can't be undone"
    else:
        label = f"On {values['ends_on']}, with nothing paid back"
        undo = f"It can be undone until {values['undo_until']}"
    return Way(
        terms=terms,
        label=label,
        sentence=of_them(terms_sentence(values, free=subscription.plan.free)),
        undo=undo,
        seen=cases.staff_mark(terms, first=first),
        chosen=said and terms.other_way is not None,
    )
