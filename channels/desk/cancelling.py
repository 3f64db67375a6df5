"""An agent cancels for the customer: they see what will happen, then it is done as always."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from channels.conversations import service as conversations
from channels.conversations.model import Author
from channels.desk.verified import chosen, leavable, verified_customer
from channels.facts import receipt_facts
from channels.for_staff import Way, of_them, ways_for_staff
from channels.gateway import Gateway
from channels.texts import Texts
from offboarding.accounts import service as accounts
from offboarding.accounts.model import Customer, Subscription
from offboarding.audit import service as audit
from offboarding.billing.port import BillingPort
from offboarding.cases import service as cases
from offboarding.cases import workflow
from offboarding.cases.model import Case
from offboarding.cases.service import TermsChangedError
from offboarding.cases.terms import Terms, TermsKind, terms_from_json, terms_values
from offboarding.cases.workflow import CancelledOtherwiseError
from offboarding.errors import TransitionError
from offboarding.handoffs.claiming import check_claimed_by
from offboarding.handoffs.model import Agent, HandOff
from offboarding.offers import by_agent
from offboarding.offers.service import UNDECIDED
from offboarding.policies.store import Policies
from offboarding.receipts.model import Receipt
from offboarding.receipts.service import receipt_link
from offboarding.settings import Settings

DONE = {kind: f"utter_cancelled_{kind}" for kind in TermsKind}
"""The texts of the assistant, so that both say the same."""


@dataclass(frozen=True)
class CancelWay:
    """What would happen to a plan by one way to leave."""

    way: Way
    rows: Sequence[tuple[str, str]]
    """Label and value of each thing that would happen, in the assistant's words, of the customer:
    an agent reads them."""
    seen: str
    """Stands for exactly this: another mark means that something else would happen."""


@dataclass(frozen=True)
class CancelForm:
    """What would happen to one of the customer's plans: by each way, where there are two."""

    plans: Sequence[Subscription]
    plan: Subscription
    ways: Sequence[CancelWay]


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
        billing, before = self._billing(session), cases.decided_before(session, plan)
        return CancelForm(
            plans=leavable(session, customer),
            plan=plan,
            ways=[
                CancelWay(way, self._rows(way.terms, customer), f"{before}.{way.seen}")
                for way in ways_for_staff(session, plan, customer, billing, self._policies)
            ],
        )

    def cancel(
        self, session: Session, hand_off: HandOff, agent: Agent, subscription_id: str, seen: str
    ) -> None:
        """Do what was seen, once; the customer has the receipt here and by mail.

        Where there were two ways to leave, `seen` is of the one that was chosen. Raises
        TermsChangedError when something else would happen by now, TransitionError when it was
        cancelled before and otherwise, and as `form`.
        """
        check_claimed_by(hand_off, agent)
        customer = verified_customer(session, hand_off)
        conversations.hold(session, hand_off.conversation_id)
        billing = self._billing(session)
        source = f"agent:{agent.id}"
        case = _case(session, hand_off, customer, subscription_id)
        plan = case.subscription
        cases.lock(session, case)
        before, _, way_seen = seen.partition(".")
        if case.state in UNDECIDED:
            if before != cases.decided_before(session, plan):
                raise TermsChangedError("Something about this plan has changed. Please read again.")
            cases.show_chosen(session, case, way_seen, billing, self._policies, by=source)
            audit.record(session, "cancelled_by_agent", case.id, agent=agent.id, asked=True)
        try:
            receipt = workflow.confirm(
                session,
                case,
                customer,
                billing=billing,
                policies=self._policies,
                source=source,
                seen=way_seen,
            )
        except CancelledOtherwiseError as error:
            facts = receipt_facts(session, session.get_one(Receipt, error.receipt_id))
            how = of_them(" ".join(facts.sentences))
            raise TransitionError(f"{error.sentence} This is how: {how}") from error
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

    def _rows(self, terms: Terms, customer: Customer) -> list[tuple[str, str]]:
        """As the assistant would show them, of the customer."""
        other = f"_or_{terms.other_way.name}" if terms.other_way is not None else ""
        text = f"utter_ask_confirm_{terms.kind}{other}"
        card = self._texts.say(text, terms_values(terms, customer)).card
        rows = card["rows"] if card is not None else []
        return [(of_them(str(row["label"])), of_them(str(row["value"]))) for row in rows]


def _case(session: Session, hand_off: HandOff, customer: Customer, subscription_id: str) -> Case:
    """The case of a plan; of one that is over, that by which it ended. Raises NotFoundError."""
    over = {each.id: each for each in accounts.ended(session, customer.account_id)}
    if subscription_id in over:
        ended = cases.case_that_ended(session, over[subscription_id])
        if ended is not None:
            return ended
    plan = chosen(session, hand_off, customer, subscription_id)
    return cases.open_case(session, customer, plan, hand_off.conversation_id)
