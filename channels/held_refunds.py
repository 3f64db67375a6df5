"""A refund that is too large to be paid by itself: a person is asked to release it."""

from collections.abc import Callable

from sqlalchemy.orm import Session

from channels.conversations.model import Conversation
from channels.conversations.state import ConversationState
from offboarding.background.port import BackgroundEngine, Handler
from offboarding.background.service import wake_after_commit
from offboarding.billing.port import BillingPort
from offboarding.cases.model import Case
from offboarding.cases.terms import terms_from_json
from offboarding.cases.workflow import REFUND_HELD
from offboarding.database import Database
from offboarding.handoffs import service as handoffs
from offboarding.handoffs.causes import HandOffCause
from offboarding.policies.routing import RoutingPolicy
from offboarding.steps import service as steps
from offboarding.steps.model import StepState
from offboarding.steps.plan import StepKind
from offboarding.wording import money_text


def held_refund_handlers(
    database: Database,
    background: BackgroundEngine,
    desk: Callable[[], RoutingPolicy | None],
    billing: Callable[[Session], BillingPort],
) -> dict[str, Handler]:
    """The handler of a refund that waits for a person.

    `desk` is who is asked and when, None where no desk is connected: then support is mailed. The
    customer is told nothing here: what they said yes to says that a person looks at it first.
    """

    def ask(case_id: str) -> None:
        with database.write() as session:
            wake_after_commit(session, background)
            _ask(session, session.get_one(Case, case_id), desk(), billing(session))

    return {REFUND_HELD: ask}


def _ask(session: Session, case: Case, policy: RoutingPolicy | None, billing: BillingPort) -> None:
    refund = terms_from_json(case.shown).refund if case.shown is not None else None
    step = steps.step_of(session, case.id, StepKind.REFUND)
    if refund is None or step is None or step.state is not StepState.STUCK:
        return  # somebody saw it in the list before
    cause = HandOffCause.WITHDRAWAL if refund.is_withdrawal else HandOffCause.BEYOND_POLICY
    conversation = session.get(Conversation, case.conversation_id)
    in_chat = conversation is not None and conversation.state is not ConversationState.CLOSED
    asked = policy is not None and cause in policy.call_in.causes
    hand_off = handoffs.request(
        session,
        case.conversation_id,
        "assistant",
        cause=cause,
        desk=policy if in_chat and asked else None,
        billing=billing,
    )
    amount = money_text(refund.amount_minor, refund.currency)
    handoffs.add_note(
        session,
        hand_off,
        f"Refund of {amount} in case {case.number} (rule {refund.rule}) is above what is paid by "
        f"itself. Look at it, then `offboard case retry {case.number}` pays it; paid another way, "
        f"`offboard case settle {case.number} refund` says so.",
    )
