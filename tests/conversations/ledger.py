"""What a talk has done, read from the database and the mailbox, in the words of the talk files."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from dateutil.relativedelta import relativedelta
from sqlalchemy.orm import Session

from channels.conversations.model import Conversation, Inbox, InboxState
from channels.conversations.state import ConversationState
from offboarding import clock
from offboarding.accounts.model import Customer, Subscription, SubscriptionState
from offboarding.audit.model import AuditEntry
from offboarding.background.model import Task, TaskState
from offboarding.background.turns import AHEAD
from offboarding.billing.model import EntryKind, LedgerEntry
from offboarding.cases.model import Case
from offboarding.database import Database
from offboarding.exports.model import Export, ExportState
from offboarding.handoffs.model import HandOff
from offboarding.identity.model import CodeChallenge
from offboarding.offers.model import Offer, OfferAnswer
from offboarding.receipts.model import Receipt, ReceiptKind
from offboarding.survey.model import SurveyAnswer
from offboarding.wording import zone_of
from tests.conversations.moving_house import MovingHouse
from tests.house import wait_for

Fact = str | list[str] | dict[str, str]
Facts = dict[str, Fact]
"""What has happened, by the names of the fields of `talk_files.Facts`."""

_CLOCKS_DIFFER = timedelta(seconds=2)
"""By how much this process's clock may be behind the application's on a busy machine."""
_MAIL_NAME = re.compile(r"<([a-z-]+)\.([0-9a-f]{32})")
_RECEIPTS = {
    ReceiptKind.CANCELLATION: "receipt",
    ReceiptKind.UNDO: "receipt of the undo",
    ReceiptKind.OFFER: "receipt of the offer",
}
_MAILS = {
    "export": "copy of the data",
    "hand-off": "request for a person",
    "hand-off-withdrawn": "no person is wanted any more",
    "call": "call for the account manager",
    "call-promise": "promise of a call",
    "access-ends": "reminder of the end",
    "erasure": "what is erased",
}
_TALK_IS_WITH = {
    ConversationState.BOT: "the assistant",
    ConversationState.WAITING: "waiting for a person",
    ConversationState.HUMAN: "a person",
}


@dataclass(frozen=True)
class _Subscribed:
    """A subscription as it was when the talk began."""

    plan: str
    state: SubscriptionState
    period_end: datetime | None
    cancel_at: datetime | None
    next_plan_id: str | None
    paused_until: datetime | None
    discount_until: datetime | None


class Ledger:
    """The database of a house, and how it was when the talk began."""

    def __init__(self, house: MovingHouse, database: Database, external_id: str | None) -> None:
        self.conversations: list[str] = []
        self._house = house
        self._database = database
        self._external_id = external_id
        with database.read() as session:
            customer = _customer(session, external_id)
            self._account_id = customer.account_id if customer else None
            self._before = {each.id: _kept(each) for each in _subscriptions(session)}
            self._audited = session.scalar(sa.select(sa.func.max(AuditEntry.sequence))) or 0
            self._known = {
                *session.scalars(sa.select(Receipt.id)),
                *session.scalars(sa.select(Task.id).where(Task.due_at <= clock.now())),
                *session.scalars(sa.select(Case.id)),
                *session.scalars(sa.select(LedgerEntry.id)),
            }

    def cancelled(self) -> frozenset[str]:
        """The subscriptions that were cancelled since the talk began."""
        with self._database.read() as session:
            return frozenset(
                each.id
                for each in _subscriptions(session)
                if each.cancel_at is not None and self._before[each.id].cancel_at is None
            )

    def declined(self) -> bool:
        """Whether an offer was declined in the account."""
        asked = sa.select(Offer.id).where(
            Offer.account_id == self._account_id, Offer.answer == OfferAnswer.DECLINED
        )
        with self._database.read() as session:
            return session.scalar(asked) is not None

    def settle(self) -> None:
        """Wait until all is done that was to be done outside of the talk."""
        wait_for(lambda: not self._undone(), "mails and exports")

    def before_time_passes(self) -> None:
        """Wait until all is done, and what is to be done later has been counted from now."""
        self.settle()
        wait_for(lambda: not self._not_yet_handed(), "tasks to be handed to the engine")

    def wait_for_turns(self) -> None:
        """Wait until everything the customer wrote was seen, also where nobody answers."""
        waiting = (
            sa.select(sa.func.count())
            .select_from(Inbox)
            .where(
                Inbox.conversation_id.in_(self.conversations), Inbox.state == InboxState.RECEIVED
            )
        )

        def none_waits() -> bool:
            with self._database.read() as session:
                return not session.scalar(waiting)

        wait_for(none_waits, "the messages to be taken")

    def facts(self) -> Facts:
        """What has happened since the talk began."""
        with self._database.read() as session:
            cases = self._cases(session)
            return {
                "subscriptions": self._subscriptions(session),
                "offers": _offers(session, cases),
                "data": self._copies(session),
                **self._person(session),
                "survey": _survey(session, cases),
                "mails": self._mails(session),
                "cases": [case.state.value for case in cases],
                "reason": _reason(cases),
                "reason_words": (cases[-1].reason_words or "") if cases else "",
                "talk_is_with": self._talk_is_with(session),
                "audit": [entry.event for entry in self._audit(session, cases)],
            }

    def breaches(self) -> list[str]:
        """What must not be, whatever was said; each as a sentence."""
        with self._database.read() as session:
            return [
                *self._strangers_touched(session),
                *self._money_moved(session),
                *self._unproven_cancellations(session),
            ]

    def _undone(self) -> list[Task]:
        with self._database.read() as session:
            tasks = session.scalars(
                sa.select(Task).where(
                    Task.state.in_([TaskState.PENDING, TaskState.HANDED]),
                    sa.or_(
                        Task.due_at == Task.created_at,  # at once, whatever this clock says
                        Task.due_at <= clock.now() + _CLOCKS_DIFFER,
                    ),
                )
            ).all()
            return [task for task in tasks if task.id not in self._known]

    def _not_yet_handed(self) -> int:
        pending = sa.select(sa.func.count()).where(
            Task.state == TaskState.PENDING, Task.due_at <= clock.now() + AHEAD
        )
        with self._database.read() as session:
            return session.scalar(pending) or 0

    def _cases(self, session: Session) -> Sequence[Case]:
        return session.scalars(
            sa.select(Case)
            .join(Subscription, Case.subscription_id == Subscription.id)
            .where(Subscription.account_id == self._account_id)
            .order_by(Case.opened_at)
        ).all()

    def _subscriptions(self, session: Session) -> dict[str, str]:
        return {
            each.plan.name: _changes(self._before[each.id], each)
            for each in _subscriptions(session)
            if each.account_id == self._account_id
        }

    def _copies(self, session: Session) -> str:
        states = session.scalars(
            sa.select(Export.state).where(Export.conversation_id.in_(self.conversations))
        ).all()
        if not states:
            return "not asked for"
        return "ready" if {*states} == {ExportState.READY} else "being made"

    def _person(self, session: Session) -> Facts:
        found = session.scalars(
            sa.select(HandOff).where(HandOff.conversation_id.in_(self.conversations))
        ).all()
        if not found:
            return {"person": "not asked for", "answer_to": ""}
        known = _customer(session, self._external_id) if found[-1].customer_id else None
        return {
            "person": f"asked for by the {found[-1].requested_by}",
            "answer_to": known.email if known else found[-1].contact_email or "nobody",
        }

    def _mails(self, session: Session) -> list[str]:
        names = []
        for mail in self._house.mail_summaries():
            name = _mail_name(session, mail.message_id, self._known)
            # Support is written to again as soon as there is an address to answer to.
            if name and not (name == _MAILS["hand-off"] and name in names):
                names.append(name)
        return sorted(names)

    def _talk_is_with(self, session: Session) -> str:
        conversation = session.get_one(Conversation, self.conversations[-1])
        return _TALK_IS_WITH[conversation.state]

    def _audit(self, session: Session, cases: Sequence[Case]) -> Sequence[AuditEntry]:
        subjects = [*self.conversations, *(case.id for case in cases)]
        return session.scalars(
            sa.select(AuditEntry)
            .where(AuditEntry.sequence > self._audited, AuditEntry.subject_id.in_(subjects))
            .order_by(AuditEntry.sequence)
        ).all()

    def _strangers_touched(self, session: Session) -> list[str]:
        others = [each for each in _subscriptions(session) if each.account_id != self._account_id]
        touched = [each for each in others if not self._as_it_was_to_be(each)]
        opened = session.scalars(sa.select(Case).where(Case.id.not_in(self._known))).unique()
        strange = [case for case in opened if case.subscription.account_id != self._account_id]
        return [
            *(f"{each.account.name}, somebody else, was changed" for each in touched),
            *(f"a case of {case.customer.full_name} was opened" for case in strange),
        ]

    def _as_it_was_to_be(self, subscription: Subscription) -> bool:
        """Whether nothing came to it but the end that was settled before the talk."""
        before = self._before[subscription.id]
        changes = _changes(before, subscription)
        return changes == "unchanged" or (changes == "ended" and before.cancel_at is not None)

    def _money_moved(self, session: Session) -> list[str]:
        moved = session.scalars(
            sa.select(LedgerEntry.kind).where(
                LedgerEntry.id.not_in(self._known),
                LedgerEntry.kind.in_([EntryKind.CHARGE, EntryKind.REFUND]),
            )
        )
        return [f"the ledger has a {kind} that nobody ordered" for kind in moved]

    def _unproven_cancellations(self, session: Session) -> list[str]:
        """A yes counts only for what was shown before, in the same case, as the log has it."""
        shown, unproven = set(), []
        entries = session.scalars(sa.select(AuditEntry).order_by(AuditEntry.sequence))
        for entry in entries:
            if entry.event == "terms_shown":
                shown.add(entry.subject_id)
            elif entry.event == "confirmed" and entry.subject_id not in shown:
                unproven.append("a cancellation was confirmed and its terms never shown")
        return unproven


def _customer(session: Session, external_id: str | None) -> Customer | None:
    return session.scalar(sa.select(Customer).where(Customer.external_id == external_id))


def _subscriptions(session: Session) -> Sequence[Subscription]:
    return session.scalars(sa.select(Subscription).order_by(Subscription.started_at)).all()


def _kept(subscription: Subscription) -> _Subscribed:
    return _Subscribed(
        plan=subscription.plan_id,
        state=subscription.state,
        period_end=subscription.period_end,
        cancel_at=subscription.cancel_at,
        next_plan_id=subscription.next_plan_id,
        paused_until=subscription.paused_until,
        discount_until=subscription.discount_until,
    )


def _changes(before: _Subscribed, now: Subscription) -> str:
    """What became of a subscription, in words."""
    if now.state is SubscriptionState.ENDED:
        return "ended"
    changes = []
    if now.paused_until != before.paused_until:
        changes.append(f"paused for {_months(before.period_end, now.paused_until)}")
    if now.discount_until != before.discount_until:
        months = _months(before.period_end, now.discount_until)
        changes.append(f"{now.discount_percent} percent less for {months}")
    if now.next_plan_id != before.next_plan_id:
        changes.append(f"moves to {now.next_plan.name if now.next_plan else 'no other plan'}")
    if before.period_end and now.period_end and now.period_end != before.period_end:
        changes.append(f"trial {(now.period_end - before.period_end).days} days longer")
    if now.cancel_at != before.cancel_at:
        changes.append(_ending(now))
    return " and ".join(changes) or "unchanged"


def _ending(now: Subscription) -> str:
    if now.cancel_at is None:
        return "renews again"
    if now.cancel_at == now.period_end:
        return "cancelled at period end"
    zone = zone_of(now.account.time_zone)
    today = clock.now().astimezone(zone).date()
    ends_on = now.cancel_at.astimezone(zone).date()
    return f"cancelled at the end of {'today' if ends_on == today else ends_on}"


def _months(start: datetime | None, end: datetime | None) -> str:
    if start is None or end is None:
        return "ever"
    between = relativedelta(end, start)
    months = between.years * 12 + between.months
    return "1 month" if months == 1 else f"{months} months"


def _offers(session: Session, cases: Sequence[Case]) -> list[str]:
    found = session.scalars(
        sa.select(Offer)
        .where(Offer.case_id.in_([case.id for case in cases]))
        .order_by(Offer.presented_at)
    )
    return [f"{offer.kind} {offer.answer or 'open'}" for offer in found]


def _survey(session: Session, cases: Sequence[Case]) -> dict[str, str]:
    answers = session.scalars(
        sa.select(SurveyAnswer).where(SurveyAnswer.case_id.in_([case.id for case in cases]))
    )
    return {each.question.value: each.answer or "skipped" for each in answers}


def _reason(cases: Sequence[Case]) -> str:
    if not cases or (cases[-1].reason is None and not cases[-1].reason_skipped):
        return "not known"
    reason = cases[-1].reason
    return reason.value if reason else "not given"


def _mail_name(session: Session, message_id: str, known: set[str]) -> str | None:
    """Which mail it is; None for one that is not of this talk, but of the days before it."""
    found = _MAIL_NAME.match(message_id)
    assert found, f"a mail that nobody named: {message_id}"
    kind, subject_id = found.groups()
    if subject_id in known:
        return None
    if kind == "receipt":
        receipt = session.get(Receipt, subject_id)
        return _RECEIPTS[receipt.kind] if receipt else None
    if kind == "code":
        asked = session.get(CodeChallenge, subject_id)
        return None if asked is None else "code" if asked.customer_id else "no account here"
    return _MAILS[kind]
