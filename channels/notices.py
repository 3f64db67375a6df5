"""What background work has to say in a conversation."""

from collections.abc import Callable, Mapping
from typing import Protocol

from sqlalchemy.orm import Session

from channels.conversations.model import Author, Conversation
from channels.conversations.service import hold
from channels.conversations.state import ConversationState
from offboarding.accounts.model import Customer
from offboarding.background.port import Handler
from offboarding.database import Database
from offboarding.exports.model import Export
from offboarding.exports.service import export_link
from offboarding.handoffs import service as handoffs
from offboarding.handoffs.model import HandOff
from offboarding.settings import Settings
from offboarding.wording import date_text, size_text

ChangeState = Callable[[Session, str, ConversationState], None]
"""`Gateway.change_state`."""


class PostNotice(Protocol):
    """`Gateway.post_notice`."""

    def __call__(
        self,
        session: Session,
        conversation_id: str,
        response_name: str,
        values: Mapping[str, str],
        dedupe_key: str,
        *,
        author: Author = Author.BOT,
    ) -> int:
        """Say a response of domain.yml, once for its key; the message's number."""


def notice_handlers(
    settings: Settings, database: Database, post: PostNotice, change_state: ChangeState
) -> dict[str, Handler]:
    """The handlers of every `notice.…` task."""

    def export_ready(export_id: str) -> None:
        with database.write() as session:
            export = session.get(Export, export_id)
            if export is None or export.expires_at is None:
                return
            conversation = session.get(Conversation, export.conversation_id)
            if conversation is None:
                return  # asked for on a page; the mail has the link
            conversation = hold(session, conversation.id)
            customer = session.get_one(Customer, export.customer_id)
            values = {
                "file_name": export.file_name or "",
                "size": size_text(export.size_bytes or 0, customer.locale),
                "expires_on": date_text(export.expires_at, customer),
                "export_url": export_link(export.id, settings),
            }
            post(
                session,
                export.conversation_id,
                "utter_export_ready",
                values,
                f"export_ready:{export.id}",
                # While a person is there the assistant is silent; the house says it.
                author=Author.BOT if conversation.state.assistant_answers else Author.SYSTEM,
            )

    return {
        "notice.export_ready": export_ready,
        **_waiting_handlers(database, change_state),
    }


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
