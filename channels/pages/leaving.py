"""The two things a customer can do on the cancel page."""

import re

from sqlalchemy.orm import Session

from channels.pages.visits import Visitor
from offboarding.accounts import service as accounts
from offboarding.accounts.model import Customer
from offboarding.billing.port import BillingPort
from offboarding.cases import service as cases
from offboarding.cases import workflow
from offboarding.cases.model import Case
from offboarding.cases.service import TermsChangedError
from offboarding.cases.states import CaseState
from offboarding.errors import NotFoundError
from offboarding.policies.store import Policies
from offboarding.receipts.model import Receipt

_IDENTIFIER = re.compile(r"[0-9a-f]{32}")


def confirm(
    session: Session, visitor: Visitor, choice: str, *, billing: BillingPort, policies: Policies
) -> Receipt:
    """Cancel what was chosen, as it was shown; chosen again, the same receipt.

    A case is opened here and not when the page is looked at: looking changes nothing, and what
    was seen is in `choice`. Raises NotFoundError when the account has no such subscription,
    TermsChangedError when something else would happen than was shown, or when it was kept or undone
    since then, CancelledOtherwiseError when it was cancelled before and something else was shown
    than happened then.
    """
    customer = visitor.known
    subscription_id, _, mark = choice.partition(".")
    before, _, seen = mark.partition(".")
    case = _case(session, visitor, customer, subscription_id)
    cases.lock(session, case)
    if case.state in {CaseState.OPEN, CaseState.SHOWN}:
        if before != cases.decided_before(session, case.subscription):
            raise TermsChangedError("It was kept or undone since it was shown, so look again.")
        cases.show_chosen(session, case, seen, billing, policies)
    return workflow.confirm(
        session, case, customer, billing=billing, policies=policies, source="page", seen=seen
    )


def _case(session: Session, visitor: Visitor, customer: Customer, subscription_id: str) -> Case:
    """The case of a subscription of the account; of one that is over, that by which it ended."""
    owned = {each.id: each for each in accounts.subscriptions(session, customer.account_id)}
    if subscription_id in owned:
        return cases.open_case(session, customer, owned[subscription_id], visitor.conversation_id)
    over = {each.id: each for each in accounts.ended(session, customer.account_id)}
    case = None
    if subscription_id in over:
        case = cases.case_that_ended(session, over[subscription_id])
    if case is None:
        raise NotFoundError("There is no such subscription in your account.")
    return case


def undo(session: Session, visitor: Visitor, case_id: str, *, billing: BillingPort) -> Receipt:
    """Take a cancellation back; a second time changes nothing.

    Raises NotFoundError when it is not of this account, TransitionError after its end.
    """
    customer = visitor.known
    case = session.get(Case, case_id) if _IDENTIFIER.fullmatch(case_id) else None
    if case is None:
        raise NotFoundError("There is no such cancellation in your account.")
    return workflow.undo(session, case, customer, billing=billing)
