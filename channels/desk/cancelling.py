"""An agent cancels for the customer: they see what will happen, then it is done as always."""

import hashlib
import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from channels.conversations import service as conversations
from channels.conversations.model import Author
from channels.desk.verified import chosen, leavable, verified_customer
from channels.gateway import Gateway
from channels.texts import Texts
from offboarding.accounts.model import Subscription
from offboarding.audit import service as audit
from offboarding.billing.port import BillingPort
from offboarding.cases import service as cases
from offboarding.cases import workflow
from offboarding.cases.model import Case
from offboarding.cases.service import TermsChangedError
from offboarding.cases.states import OVER
from offboarding.cases.terms import Terms, TermsKind, agreed, terms_from_json, terms_values
from offboarding.handoffs.claiming import check_claimed_by
from offboarding.handoffs.model import Agent, HandOff
from offboarding.offers import by_agent
from offboarding.offers.service import UNDECIDED
from offboarding.policies.store import Policies
from offboarding.receipts.service import receipt_link
from offboarding.settings import Settings

SHOWN = {kind: f"utter_ask_confirm_{kind}" for kind in TermsKind}
DONE = {kind: f"utter_cancelled_{kind}" for kind in TermsKind}
"""The texts of the assistant, so that both say the same."""

_OF_THEM = {"You": "They", "you": "they", "Your": "Their", "your": "their"}
_TO_THEM = re.compile(r"\b(?:You|you|Your|your)\b")


@dataclass(frozen=True)
class CancelForm:
    """What would happen to one of the customer's plans."""

    plans: Sequence[Subscription]
    plan: Subscription
    rows: Sequence[tuple[str, str]]
    """Label and value of each thing that would happen, in the assistant's words, of the customer:
    an agent reads them."""
    seen: str
    """Stands for exactly this: another mark means that something else would happen."""


class AgentCancelling:
    """Whoever calls it holds the hand-off and commits."""

    def __init__(
        self,
        gateway: Gateway,
        texts: Texts,
        policies: Policies,
        settings: Settings,
        billing: Callable[[Session], BillingPort],
    ) -> None:
        self._gateway = gateway
        self._texts = texts
        self._policies = policies
        self._settings = settings
        self._billing = billing

    def form(
        self, session: Session, hand_off: HandOff, agent: Agent, subscription_id: str | None
    ) -> CancelForm:
        """What would happen; nothing is changed by looking.

        Raises NotClaimedByYouError, HandOffEndedError, NotVerifiedError or NotFoundError.
        """
        check_claimed_by(hand_off, agent)
        customer = verified_customer(session, hand_off)
        plan = chosen(session, hand_off, customer, subscription_id)
        terms = cases.terms_now(session, plan, self._billing(session), self._policies)
        shown = self._texts.say(SHOWN[terms.kind], terms_values(terms, customer))
        rows = shown.card["rows"] if shown.card is not None else []
        return CancelForm(
            plans=leavable(session, customer),
            plan=plan,
            rows=[(of_them(str(row["label"])), of_them(str(row["value"]))) for row in rows],
            seen=_mark(session, plan, terms),
        )

    def cancel(
        self, session: Session, hand_off: HandOff, agent: Agent, subscription_id: str, seen: str
    ) -> None:
        """Do what was seen, once; the customer has the receipt here and by mail.

        Raises TermsChangedError when something else would happen by now, and as `form`.
        """
        check_claimed_by(hand_off, agent)
        customer = verified_customer(session, hand_off)
        conversations.hold(session, hand_off.conversation_id)
        plan = chosen(session, hand_off, customer, subscription_id)
        billing = self._billing(session)
        case = cases.open_case(session, customer, plan, hand_off.conversation_id)
        cases.lock(session, case)
        if case.state in UNDECIDED:
            terms = cases.terms_now(session, plan, billing, self._policies)
            if _mark(session, plan, terms) != seen:
                raise TermsChangedError("Something about this plan has changed. Please read again.")
            cases.show_terms(session, case, billing, self._policies)
            audit.record(session, "cancelled_by_agent", case.id, agent=agent.id, asked=True)
        receipt = workflow.confirm(
            session,
            case,
            customer,
            billing=billing,
            policies=self._policies,
            source=f"agent:{agent.id}",
        )
        by_agent.withdraw_in(session, case)
        terms = terms_from_json(receipt.document)
        values = {
            **terms_values(terms, customer),
            "case_number": case.number,
            "receipt_url": receipt_link(receipt.id, self._settings),
            "email": customer.email,
        }
        self._gateway.post_notice(
            session,
            hand_off.conversation_id,
            DONE[terms.kind],
            values,
            f"cancelled_by_agent:{receipt.id}",
            author=Author.SYSTEM,
        )


def of_them(text: str) -> str:
    """What speaks to the customer, as it speaks of them: English has one verb for both."""
    return _TO_THEM.sub(lambda match: _OF_THEM[match[0]], text)


def _mark(session: Session, plan: Subscription, terms: Terms) -> str:
    """Of the terms, and of how often it was decided before: what was undone is not done again."""
    before = sa.select(sa.func.count(Case.id)).where(
        Case.subscription_id == plan.id, Case.state.in_(list(OVER))
    )
    kept = json.dumps([session.scalar(before), agreed(terms.as_json())], sort_keys=True)
    return hashlib.sha256(kept.encode()).hexdigest()
