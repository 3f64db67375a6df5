"""A step of an off-boarding failed for good: a person is asked, and the customer is told."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import sqlalchemy as sa
import structlog
from sqlalchemy.orm import Session

from channels.conversations.model import Author, Conversation
from channels.conversations.state import ConversationState
from channels.posting import PostNotice
from channels.sms.model import SmsLine
from channels.texts import Texts
from offboarding.background.model import Task
from offboarding.background.port import FAILED, BackgroundEngine, Handler
from offboarding.background.service import wake_after_commit
from offboarding.billing import agreements
from offboarding.billing.model import LedgerEntry
from offboarding.billing.port import BillingPort
from offboarding.cases.model import Case
from offboarding.database import Database
from offboarding.encryption.errors import KeyDestroyedError
from offboarding.exports.model import Export
from offboarding.handoffs import service as handoffs
from offboarding.handoffs.causes import HandOffCause
from offboarding.offers.model import Offer
from offboarding.policies.routing import RoutingPolicy
from offboarding.steps import service as steps
from offboarding.steps.model import Step
from offboarding.steps.plan import StepKind

log = structlog.get_logger(__name__)

FAILED_STEP = "utter_step_failed"
EXPORT_LABEL = "utter_label_step_export"
END_LABEL = "utter_label_step_end"
MAIL_LABEL = "utter_label_step_mail"
BILLING_LABEL = "utter_label_step_cancel"

_Query = sa.Select[str] | sa.Select[str | None]


def _agreed_in() -> _Query:
    """The case that the key of a ledger entry names, by itself or by its offer; else the newest."""
    named = sa.func.substr(LedgerEntry.key, 1, 32)
    offered_in = sa.select(Offer.case_id).where(Offer.id == named).scalar_subquery()
    return (
        sa.select(Case.conversation_id)
        .join(LedgerEntry, LedgerEntry.subscription_id == Case.subscription_id)
        .where(LedgerEntry.id == sa.bindparam("subject"))
        .order_by(
            sa.case((sa.or_(Case.id == named, Case.id == offered_in), 0), else_=1),
            Case.opened_at.desc(),
        )
        .limit(1)
    )


_STEPS: Mapping[str, tuple[str, _Query]] = {
    "export.build": (
        EXPORT_LABEL,
        sa.select(Export.conversation_id).where(Export.id == sa.bindparam("subject")),
    ),
    "case.end": (
        END_LABEL,
        sa.select(Case.conversation_id).where(Case.id == sa.bindparam("subject")),
    ),
    "mail.did_you_mean_the_plan": (
        MAIL_LABEL,
        sa.select(SmsLine.conversation_id).where(
            SmsLine.id == sa.func.substr(sa.bindparam("subject"), 1, 32)
        ),
    ),
    agreements.CARRY_OUT: (BILLING_LABEL, _agreed_in()),
}
"""By kind of task what it is called, and the conversation it was promised in."""


_STEP_LABELS: Mapping[StepKind, str] = {
    StepKind.CANCEL: BILLING_LABEL,
    StepKind.REFUND: "utter_label_step_refund",
    StepKind.EXPORT: EXPORT_LABEL,
    StepKind.END: END_LABEL,
    StepKind.REVOKE_ACCESS: "utter_label_step_access",
    StepKind.DETACH_PAYMENT_METHOD: "utter_label_step_payment_method",
    StepKind.ERASE: "utter_label_step_erase",
}
"""What a step of a case is called. That a reminder was not sent need not be told."""

RESPONSES: Mapping[str, tuple[str, ...]] = {
    FAILED_STEP: ("step", "number"),
    MAIL_LABEL: (),
    **dict.fromkeys(_STEP_LABELS.values(), ()),
}
"""What is said of it, each a response of domain.yml, and the values each is given."""


def failed_step_handlers(
    database: Database,
    background: BackgroundEngine,
    texts: Texts,
    post: PostNotice,
    desk: Callable[[], RoutingPolicy | None],
    *,
    billing: Callable[[Session], BillingPort],
) -> dict[str, Handler]:
    """The handler of the news that a task failed for good.

    `desk` is who is asked and when, None where no desk is connected: then support is mailed.
    """
    return {FAILED: _News(database, background, texts, post, desk, billing).failed}


@dataclass(frozen=True)
class _News:
    """That a task failed for good; the fields are as `failed_step_handlers` has them."""

    database: Database
    background: BackgroundEngine
    texts: Texts
    post: PostNotice
    desk: Callable[[], RoutingPolicy | None]
    billing: Callable[[Session], BillingPort]

    def failed(self, task_id: str) -> None:
        """A step of a case is stuck from here on; a person is asked, and the customer told."""
        with self.database.write() as session:
            task = session.get_one(Task, task_id)
            if task.kind == steps.TASK:
                wake_after_commit(session, self.background)
                steps.stick(session, task.subject_id)
        try:
            with self.database.write() as session:
                self._tell(session, session.get_one(Task, task_id))
        except KeyDestroyedError:
            # Who it was promised to is erased: nobody is left to be told, and nothing may be noted
            # of them. `offboard task failed` lists it.
            log.warning("failed_step_of_erased_customer", task=task_id)

    def _tell(self, session: Session, task: Task) -> None:
        label, query = _told(session, task)
        if label is None or query is None:
            return  # the customer was promised nothing by it; `offboard task failed` lists it
        conversation_id = session.scalar(query, {"subject": task.subject_id})
        if conversation_id is None:
            return
        wake_after_commit(session, self.background)
        self._call_person(session, conversation_id, task, self.texts.say(label).text)

    def _call_person(self, session: Session, conversation_id: str, task: Task, step: str) -> None:
        conversation = session.get(Conversation, conversation_id)
        in_chat = conversation is not None and conversation.state is not ConversationState.CLOSED
        policy = self.desk()
        asked = policy is not None and HandOffCause.FAILED_STEP in policy.call_in.causes
        hand_off = handoffs.request(
            session,
            conversation_id,
            "assistant",
            cause=HandOffCause.FAILED_STEP,
            desk=policy if in_chat and asked else None,
            billing=self.billing(session),
        )
        handoffs.add_note(session, hand_off, f"Failed: {step} (task {task.id})")
        if conversation is not None and in_chat:
            self.post(
                session,
                conversation_id,
                FAILED_STEP,
                {"step": step, "number": hand_off.number},
                f"step_failed:{task.id}:{task.retries}",
                author=Author.BOT if conversation.state.assistant_answers else Author.SYSTEM,
            )


def _told(session: Session, task: Task) -> tuple[str | None, _Query | None]:
    """What the failed task is called, and the query for the conversation it is told in."""
    if task.kind != steps.TASK:
        return _STEPS.get(task.kind, (None, None))
    step = session.get_one(Step, task.subject_id)
    if step.kind is StepKind.CANCEL and agreements.is_given_up(
        session, agreements.cancellation_key(step.case_id)
    ):
        return None, None  # told when the task was given up that asks the billing provider
    query = sa.select(Case.conversation_id).join(Step, Step.case_id == Case.id)
    return _STEP_LABELS.get(step.kind), query.where(Step.id == sa.bindparam("subject"))
