"""What the house really wrote down, read from its database."""

import sqlalchemy as sa

from channels.conversations.model import Author, Conversation, Message
from offboarding.accounts.model import Customer, Subscription
from tests.house import House


def subscription_of(house: House, external_id: str) -> Subscription:
    """The only subscription of a demo customer."""
    with house.database.read() as session:
        return session.scalars(
            sa.select(Subscription)
            .join(Customer, Customer.account_id == Subscription.account_id)
            .where(Customer.external_id == external_id)
        ).one()


def own_words(house: House) -> list[str]:
    """All that customers said in the only conversation there is, in order."""
    with house.database.read() as session:
        conversation = session.scalars(sa.select(Conversation.id)).one()
        return list(
            session.scalars(
                sa.select(Message.text)
                .where(Message.conversation_id == conversation, Message.author == Author.CUSTOMER)
                .order_by(Message.sequence)
            )
        )


def messages(house: House) -> list[str]:
    """Everything that was said in the only conversation there is, in order."""
    with house.database.read() as session:
        conversation = session.scalars(sa.select(Conversation.id)).one()
        return list(
            session.scalars(
                sa.select(Message.text)
                .where(Message.conversation_id == conversation)
                .order_by(Message.sequence)
            )
        )
