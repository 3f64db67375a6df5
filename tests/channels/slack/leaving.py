"""A customer with a plan who talks with Sam, and what both can see of it."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from offboarding.accounts.model import Customer, Subscription
from offboarding.cases import service as cases
from offboarding.cases.model import Case
from offboarding.handoffs import service as handoffs
from offboarding.handoffs.causes import HandOffCause
from offboarding.identity.model import VerifiedIdentity
from sandbox.slack.blocks import elements_of, text_of
from sandbox.slack.model import Message, View
from tests.channels.slack.desk_house import DeskHouse
from tests.channels.talk import Talk
from tests.factories import make_account, make_plan, make_subscription


@dataclass
class Leaving:
    """Somebody who may leave, in a conversation that Sam has claimed unless said otherwise."""

    house: DeskHouse
    talk: Talk
    card: Message
    subscription_ids: list[str]

    def subscription(self, number: int = 0) -> Subscription:
        with self.house.database.read() as session:
            found = session.get_one(Subscription, self.subscription_ids[number])
            _ = found.plan, found.next_plan
            return found

    def case(self, number: int = 0) -> Case | None:
        with self.house.database.read() as session:
            subscription = session.get_one(Subscription, self.subscription_ids[number])
            return cases.active_case(session, subscription)

    def count(self, table: type[Any]) -> int:
        with self.house.database.read() as session:
            return session.query(table).count()

    async def window(self, action: str, title: str, agent: str = "Sam") -> View:
        """Press a button of the card; the window, once it is filled."""
        await self.house.press(agent, self.card, action)
        return await self.until_window(agent, title)

    async def until_window(self, agent: str, title: str, words: str = "") -> View:
        def filled() -> View | None:
            view = self.house.slack.driver.front(agent)
            if view is None or view.content["title"]["text"] != title:
                return None
            text = text_of(view.blocks)
            return view if words in text and "Just a moment" not in text else None

        found = await self.house.slack.driver.until(filled)
        assert found is not None
        return found

    async def said(self, words: str) -> dict[str, Any]:
        """The first message to the customer with these words, once it is there."""
        async with self.talk.events() as events:
            async for event in events:
                if event.name == "message" and words in event.data["text"]:
                    return event.data
        raise AssertionError("the stream ended")

    async def messages(self) -> list[dict[str, Any]]:
        return await self.talk.until((await self.talk.status())["last_sequence"])

    async def answer(self, message: dict[str, Any], title: str) -> None:
        """Press one of the buttons beneath a message."""
        reply = next(each for each in message["quick_replies"] if each["title"] == title)
        await self.talk.press(reply["id"])

    def whispers(self, user: str) -> list[str]:
        seen = self.house.slack.workspace.thread(self.card.ts, seen_by=user)
        return [each.text for each in seen if each.only_for]


async def leaving(
    house: DeskHouse,
    *,
    plans: tuple[str, ...] = ("Pro",),
    known: bool = True,
    claimed: bool = True,
    cause: HandOffCause | None = None,
    **account: Any,
) -> Leaving:
    """Begin such a conversation, with a case of the first plan."""
    talk = await house.customer()
    ids = []
    with house.database.write() as session:
        identity = session.get_one(VerifiedIdentity, talk.id)
        customer = session.get_one(Customer, identity.customer_id)
        if account:
            customer.account = make_account(session, **account)
        smaller = make_plan(session, "Basic", price="9.00")
        for number, name in enumerate(plans):
            price = "0" if name == "Free" else "29.00"
            plan = make_plan(session, name, price=price, smaller_plan=smaller)
            subscription = make_subscription(session, customer, plan)
            subscription.started_at += timedelta(days=number)
            ids.append(subscription.id)
        if not known:
            session.delete(identity)
        session.flush()
    if cause is not None:
        with house.database.write() as session:
            handoffs.request(session, talk.id, cause=cause, desk=house.policies.routing)
    card = await house.ask_for_person(talk)
    if claimed:
        await house.press("Sam", card, "desk_claim")
        await house.until_pressable(card, "desk_hand_back")
    return Leaving(house, talk, card, ids)


def pressable(message: Message) -> list[str]:
    """The names of what can be pressed in a message."""
    return [each["action_id"] for block in message.blocks for each in elements_of(block)]
