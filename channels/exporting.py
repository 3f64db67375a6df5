"""What channels keep of somebody, for the copy of their data: what was said in conversations."""

import sqlalchemy as sa

from channels.conversations.messages import COPIED
from channels.conversations.model import Author, Conversation, Message, QuickReply
from offboarding.exports.sources.own_data import KeptData
from offboarding.exports.sources.port import Row, Subject
from offboarding.identity.model import VerifiedIdentity

_WROTE = {
    Author.CUSTOMER: "you",
    Author.BOT: "the automated assistant",
    Author.AGENT: "a person of our team",
    Author.SYSTEM: "a notice in the chat",
}
_BETWEEN = "\x1f"
"""Between two choices: no title has it, for what is kept of messages has no control characters."""


def _said(subject: Subject) -> sa.Select[Message, str, str]:
    """Every message of their conversations, each once, with the buttons under it.

    Theirs are those in which it was made sure that they are with this customer, and with nobody
    else before: a copy may not adversely affect others (GDPR, Article 15(4)). What was copied from
    a joined conversation is left to that one, which has the instants at which it was said.
    """
    return (
        sa.select(Message, Conversation.channel, _choices())
        .join(Conversation, Conversation.id == Message.conversation_id)
        .join(VerifiedIdentity, VerifiedIdentity.conversation_id == Message.conversation_id)
        .where(
            VerifiedIdentity.customer_id == subject.customer_id,
            VerifiedIdentity.shared.is_(False),
            sa.or_(Message.dedupe_key.is_(None), ~Message.dedupe_key.startswith(COPIED)),
        )
        .order_by(Conversation.created_at, Conversation.id, Message.sequence)
    )


def _choices() -> sa.ScalarSelect[str]:
    """The titles of a message's buttons, in their order."""
    titles = (
        sa.select(QuickReply.title)
        .where(
            QuickReply.conversation_id == Message.conversation_id,
            QuickReply.message_sequence == Message.sequence,
        )
        .order_by(QuickReply.position)
        .correlate(Message)
        .subquery()
    )
    # Sorted before it is joined: SQLite sorts within an aggregate only from 3.44 on.
    return sa.select(sa.func.aggregate_strings(titles.c.title, _BETWEEN)).scalar_subquery()


def _row(message: Message, channel: str, choices: str | None) -> Row:
    return (
        message.conversation_id,
        channel,
        message.sequence,
        message.created_at,
        _WROTE[message.author],
        message.author_name,
        message.text,
        choices.split(_BETWEEN) if choices else None,
        _facts(message),
    )


def _facts(message: Message) -> dict[str, object] | None:
    """What a card says. Its links stay out: whoever got hold of the copy could open them."""
    if message.card is None:
        return None
    return {name: message.card.get(name) for name in ("title", "rows", "note")}


CONVERSATIONS = KeptData(
    columns=(
        ("conversation", "Which conversation it belongs to."),
        ("channel", "Where you wrote last in that conversation: on the web, or by text (sms)."),
        ("number", "Its place in the conversation."),
        ("at", "When it was written."),
        ("by", "Who wrote it."),
        ("name", "The name of the person of our team, as you were shown it."),
        ("text", "The words."),
        ("choices", "The buttons that were under it."),
        ("facts", "What was shown beside the words: a title, facts with their labels, a note."),
    ),
    select=_said,
    row=_row,
    money={},
)
