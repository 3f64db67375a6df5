"""How long a customer's words take to Slack, and an agent's to the customer's stream."""

import asyncio
import time

from bench.desk.seat import seat
from bench.figures import Times
from offboarding.settings import SlackTransport
from sandbox.slack.blocks import text_of
from sandbox.slack.model import Message
from tests.channels.slack.desk_house import SUPPORT, DeskHouse
from tests.channels.talk import Talk, next_event

SAMPLES = 100


async def measured(transport: SlackTransport, samples: int = SAMPLES) -> tuple[Times, Times]:
    """Customer to Slack, and Slack to customer, one message after the other."""
    async with seat(transport) as seated, seated.desk() as house:
        talk, card = await house.claimed()
        to_slack = [await _to_slack(house, talk, card, number) for number in range(samples)]
        to_customer = await _to_customer(house, talk, card, samples)
    return Times(to_slack), Times(to_customer)


async def _to_slack(house: DeskHouse, talk: Talk, card: Message, number: int) -> float:
    words = f"customer's words {number}."
    begun = time.perf_counter()
    await talk.say(words)
    await house.slack.driver.until(
        lambda: any(
            words in text_of(message.blocks)
            for message in house.slack.workspace.thread(card.ts)[-3:]
        )
    )
    return 1_000 * (time.perf_counter() - begun)


async def _to_customer(house: DeskHouse, talk: Talk, card: Message, samples: int) -> list[float]:
    last = (await talk.status())["last_sequence"]
    times = []
    async with talk.events(last) as events:
        for number in range(samples):
            begun = time.perf_counter()
            await house.slack.driver.post("Sam", SUPPORT, f"agent's {number}", thread_ts=card.ts)
            while (await next_event(events, "message")).data["author"] != "agent":
                pass
            times.append(1_000 * (time.perf_counter() - begun))
            await asyncio.sleep(0)
    return times
