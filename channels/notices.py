"""What background work has to say in a conversation."""

from collections.abc import Callable
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from channels.conversations.model import Conversation
from channels.conversations.state import ConversationState
from channels.export_words import part_text, rows_text
from channels.posting import PostNotice
from channels.sms.receiving import CHANNEL
from channels.telling import Notice, Teller
from channels.texts import Texts
from offboarding import clock
from offboarding.accounts.model import Customer
from offboarding.background.port import Handler
from offboarding.background.service import schedule
from offboarding.cases.links import case_link
from offboarding.cases.model import Case
from offboarding.cases.states import CaseState
from offboarding.database import Database
from offboarding.exports.model import Export, ExportState
from offboarding.exports.progress import progress
from offboarding.exports.service import PROGRESS_NOTICE, PROGRESS_TOLD_AFTER, export_link
from offboarding.handoffs import service as handoffs
from offboarding.handoffs.model import HandOff
from offboarding.settings import Settings
from offboarding.steps.works import REMINDER_NOTICE
from offboarding.wording import date_text, size_text, undo_until_text, until_text

ChangeState = Callable[[Session, str, ConversationState], None]
"""`Gateway.change_state`."""

EXPORT_READY = "utter_export_ready"
EXPORT_READY_BY_MAIL = "utter_export_ready_by_mail"
EXPORT_PROGRESS = "utter_export_progress"
EXPORT_HINDERED = "utter_export_hindered"
EXPORT_WAITS = "utter_export_waits"
ACCESS_ENDS = "utter_access_ends"
RESPONSES = (
    EXPORT_READY,
    EXPORT_READY_BY_MAIL,
    EXPORT_PROGRESS,
    EXPORT_HINDERED,
    EXPORT_WAITS,
    ACCESS_ENDS,
)
"""What is said, each a response of domain.yml."""


def notice_handlers(
    settings: Settings,
    database: Database,
    post: PostNotice,
    change_state: ChangeState,
    texts: Texts,
) -> dict[str, Handler]:
    """The handlers of every `notice.…` task."""
    notices = _Notices(settings, database, Teller(post, texts))
    return {
        "notice.export_ready": notices.export_ready,
        PROGRESS_NOTICE: notices.export_progress,
        REMINDER_NOTICE: notices.access_ends,
        **_waiting_handlers(database, change_state),
    }


class _Notices:
    """What customers are told beside a mail; each is written as things are when it is said."""

    def __init__(self, settings: Settings, database: Database, teller: Teller) -> None:
        self._settings = settings
        self._database = database
        self._teller = teller

    def export_ready(self, export_id: str) -> None:
        """That the copy of their data can be had."""
        with self._database.write() as session:
            customer_id = session.scalar(
                sa.select(Export.customer_id).where(Export.id == export_id)
            )
            if customer_id is None:
                return
            again_at = self._teller.tell(
                session,
                customer_id,
                f"export_ready:{export_id}",
                lambda _talk: self._ready(session, export_id),
            )
            _again(session, "notice.export_ready", export_id, again_at)

    def export_progress(self, export_id: str) -> None:
        """How far the copy is that they wait for, as often as PROGRESS_TOLD_AFTER says.

        In the widget only: by SMS it would be a text of which nothing comes.
        """
        with self._database.write() as session:
            export = session.get(Export, export_id)
            if export is None or export.state is not ExportState.REQUESTED:
                return
            waited = clock.now() - export.requested_at
            place = max(1, sum(1 for after in PROGRESS_TOLD_AFTER if after <= waited))
            self._teller.tell(
                session,
                export.customer_id,
                f"export_progress:{export_id}:{place}",
                lambda talk: None if talk.channel == CHANNEL else self._how_far(session, export),
            )
            if place < len(PROGRESS_TOLD_AFTER):
                schedule(
                    session,
                    PROGRESS_NOTICE,
                    export_id,
                    key=f"{PROGRESS_NOTICE}:{export_id}:{place}",
                    due_at=export.requested_at + PROGRESS_TOLD_AFTER[place],
                )

    def access_ends(self, case_id: str) -> None:
        """That the end is near. Nothing once it was undone or is over."""
        with self._database.write() as session:
            customer_id = session.scalar(sa.select(Case.customer_id).where(Case.id == case_id))
            if customer_id is None:
                return
            again_at = self._teller.tell(
                session,
                customer_id,
                f"access_ends:{case_id}",
                lambda _talk: self._ends(session, case_id),
            )
            _again(session, REMINDER_NOTICE, case_id, again_at)

    def _ready(self, session: Session, export_id: str) -> Notice | None:
        export = session.get_one(Export, export_id)
        if export.state is not ExportState.READY or export.expires_at is None:
            return None
        if export.expires_at <= clock.now():
            return None
        customer = session.get_one(Customer, export.customer_id)
        values = {
            "file_name": export.file_name or "",
            "size": size_text(export.size_bytes or 0, customer.locale),
            "expires_on": until_text(export.expires_at, customer),
            "export_url": export_link(export.id, self._settings),
        }
        return Notice(EXPORT_READY, values, to_phone=EXPORT_READY_BY_MAIL, asked_for=True)

    def _how_far(self, session: Session, export: Export) -> Notice | None:
        session.refresh(export)  # it may have become ready while the conversation was waited for
        if export.state is not ExportState.REQUESTED:
            return None
        link = {"export_url": export_link(export.id, self._settings)}
        parts = progress(export).sources
        if export.problem is not None:
            return Notice(EXPORT_HINDERED, link)
        if not parts:
            return Notice(EXPORT_WAITS, link)
        customer = session.get_one(Customer, export.customer_id)
        reading = next((each for each in parts if not each.finished), parts[-1])
        values = {
            **link,
            "finished": str(progress(export).finished_sources),
            "parts": str(len(parts)),
            "rows": rows_text(progress(export).done, customer),
            "part": reading.about.rstrip("."),
            "part_rows": part_text(reading, customer),
        }
        return Notice(EXPORT_PROGRESS, values)

    def _ends(self, session: Session, case_id: str) -> Notice | None:
        case = session.get_one(Case, case_id)
        if case.state is not CaseState.SCHEDULED or case.ends_at is None:
            return None
        if case.ends_at <= clock.now():
            return None
        values = {
            "plan": case.subscription.plan.name,
            "ends_on": date_text(case.ends_at, case.customer),
            "undo_until": undo_until_text(case.ends_at, case.customer),
            "case_number": case.number,
            "case_url": case_link(case.id, self._settings),
        }
        return Notice(ACCESS_ENDS, values, to_phone=ACCESS_ENDS)


def _again(session: Session, kind: str, subject_id: str, at: datetime | None) -> None:
    """Try it once more at that instant, where it has to wait."""
    if at is not None:
        schedule(session, kind, subject_id, key=f"{kind}:{subject_id}:{at:%Y%m%d%H%M}", due_at=at)


def _waiting_handlers(database: Database, change_state: ChangeState) -> dict[str, Handler]:
    """Whether the customer waits for a person is shown as the state of the conversation."""

    def show_waiting(hand_off_id: str) -> None:
        with database.write() as session:
            hand_off = session.get(HandOff, hand_off_id)
            conversation = session.get(Conversation, hand_off.conversation_id) if hand_off else None
            if hand_off is None or conversation is None:
                return
            wanted = handoffs.open_hand_off(session, conversation.id) is not None
            if wanted and conversation.state is ConversationState.BOT:
                change_state(session, conversation.id, ConversationState.WAITING)
            elif not wanted and conversation.state is ConversationState.WAITING:
                change_state(session, conversation.id, ConversationState.BOT)

    return {"notice.person_requested": show_waiting, "notice.person_withdrawn": show_waiting}
