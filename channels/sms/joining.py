"""One conversation over channels: a talk by SMS goes on in the one that was begun on the website.

Only where it is sure in both, now, that they are with the same customer: what is said in one is
read in the other from then on. The website's conversation stays, with the request for a person and
the thread that hang on it; what was said by SMS is added to it, and so is where that talk stood,
which is newer.
"""

import sqlalchemy as sa
from sqlalchemy.orm import Session, undefer

from channels.conversations.inbox import waiting
from channels.conversations.messages import COPIED, record
from channels.conversations.model import Conversation, Message, QuickReply
from channels.conversations.service import hold, move
from channels.conversations.state import ConversationState
from channels.sms.model import SmsLine, SmsPost
from offboarding import clock
from offboarding.audit import service as audit
from offboarding.cases.intents import CancellationIntent
from offboarding.cases.model import Case
from offboarding.cases.states import CaseState
from offboarding.database import new_identifier
from offboarding.exports.model import Export
from offboarding.handoffs import service as handoffs
from offboarding.identity import service as identity
from offboarding.identity.model import CodeChallenge, VerifiedIdentity
from offboarding.settings import Settings


def join(session: Session, line: SmsLine, settings: Settings) -> bool:
    """Join the line's talk with the customer's on the website; whether there was one to join.

    The caller holds the line.
    """
    if line.conversation_id is None:
        return False
    if handoffs.open_hand_off(session, line.conversation_id) is not None:
        return False  # somebody comes to this one, and answers in its thread
    known = identity.valid_identity(session, line.conversation_id)
    found = _elsewhere(session, line.conversation_id, known.customer_id) if known else None
    if found is None:
        return False
    # In the order of their ids, so that two joins never wait for each other.
    held = {
        each: hold(session, each, undefer(Conversation.dialogue_state))
        for each in sorted((line.conversation_id, found))
    }
    by_text, on_website = held[line.conversation_id], held[found]
    if not _quiet(session, by_text) or not _quiet(session, on_website):
        return False
    if _about_other_plans(session, by_text.id, on_website.id):
        return False
    moved = _copy(session, by_text, on_website)
    _carry_over(session, by_text.id, on_website.id)
    on_website.dialogue_state, on_website.channel = by_text.dialogue_state, by_text.channel
    line.conversation_id = on_website.id
    line.sent_through = moved.get(line.sent_through, on_website.next_sequence - 1)
    for post in session.scalars(sa.select(SmsPost).where(SmsPost.line_id == line.id)):
        if post.conversation_id == by_text.id and post.through is not None:
            post.conversation_id, post.through = on_website.id, moved.get(post.through)
    identity.hand_over(session, by_text.id, on_website.id, settings)
    identity.note_number(session, on_website.id, line.number)
    move(session, by_text.id, ConversationState.CLOSED)
    audit.record(session, "conversations_joined", on_website.id, joined=by_text.id)
    session.flush()
    return True


def _elsewhere(session: Session, conversation_id: str, customer_id: str) -> str | None:
    """The newest open conversation that is sure to be with this customer, but for this one."""
    return session.scalar(
        sa.select(Conversation.id)
        .join(VerifiedIdentity, VerifiedIdentity.conversation_id == Conversation.id)
        .where(
            Conversation.id != conversation_id,
            Conversation.state != ConversationState.CLOSED,
            VerifiedIdentity.customer_id == customer_id,
            VerifiedIdentity.lapses_at >= clock.now(),
            Conversation.id.not_in(
                sa.select(SmsLine.conversation_id).where(SmsLine.conversation_id.is_not(None))
            ),
        )
        .order_by(Conversation.last_activity_at.desc())
        .limit(1)
    )


def _quiet(session: Session, conversation: Conversation) -> bool:
    """Whether nothing waits for an answer in it."""
    return (
        conversation.state is not ConversationState.CLOSED
        and waiting(session, conversation.id) == 0
    )


def _about_other_plans(session: Session, *conversations: str) -> bool:
    """Whether something else is open in each: then a yes might be taken for the wrong one."""
    undecided = sa.select(Case.subscription_id).where(
        Case.conversation_id.in_(conversations),
        Case.state.in_([CaseState.OPEN, CaseState.SHOWN]),
    )
    return len(set(session.scalars(undecided))) > 1


def _carry_over(session: Session, source: str, target: str) -> None:
    """What hangs on the one talk hangs on the other: cases, files, codes, what is not settled."""
    for kept in (Case, Export, CodeChallenge, CancellationIntent):
        session.execute(
            sa.update(kept)
            .where(kept.conversation_id == source)
            .values(conversation_id=target)
            .execution_options(synchronize_session="fetch")
        )


def _copy(session: Session, source: Conversation, target: Conversation) -> dict[int, int]:
    """Add what was said in one to the other; the old numbers with the new ones.

    The last one before the first is where the other ended, for what nobody was sent yet.
    """
    moved = {0: target.next_sequence - 1}
    said = session.scalars(
        sa.select(Message).where(Message.conversation_id == source.id).order_by(Message.sequence)
    ).all()
    for message in said:
        moved[message.sequence] = record(
            session,
            target,
            author=message.author,
            author_name=message.author_name,
            text=message.text,
            card=message.card,
            dedupe_key=f"{COPIED}{source.id}:{message.sequence}",
        )
    session.flush()
    for reply in session.scalars(
        sa.select(QuickReply).where(QuickReply.conversation_id == source.id)
    ).all():
        session.add(
            QuickReply(
                id=new_identifier(),
                conversation_id=target.id,
                message_sequence=moved[reply.message_sequence],
                position=reply.position,
                title=reply.title,
                payload=reply.payload,
            )
        )
    session.flush()
    return moved
