"""Many phones while Twilio limits, fails, repeats and goes silent, and we are restarted.

What must hold, whatever the weather: each text is heard once, each answer arrives once and in
order, and nothing is sent to who has opted out.
"""

import asyncio
import itertools
import random
import re
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

import sqlalchemy as sa

from bench.sms.seat import seat
from channels.conversations.messages import read_after
from channels.conversations.model import Author
from channels.sms.model import SmsLine
from offboarding.encryption.lookup import is_value
from sandbox.phone.network.model import Status, Text
from sandbox.phone.server import TwilioStandIn
from tests.channels.sms.phone_house import PhoneHouse

PATIENCE_SECONDS = 60.0
"""So long nothing more may arrive before what is missing is counted as lost."""
LOOK_SECONDS = 0.5
STOPS_IN = 10
"""One phone in so many opts out on the way."""
_WORDS = re.compile(r"c(\d+)-(\d+);")


@dataclass
class Phone:
    """One phone in the storm, and what was written on it."""

    number: str
    written: int = 0
    stops_at: float | None = None
    stopped_at: float | None = None


@dataclass
class Verdict:
    """What came of it, over all phones."""

    phones: int = 0
    texts: int = 0
    lost: int = 0
    doubled: int = 0
    out_of_order: int = 0
    after_opt_out: int = 0
    restarts: int = 0
    calls: Counter[str] = field(default_factory=Counter)
    webhooks: int = 0
    seconds: float = 0.0

    def count(self, wanted: int, found: list[int]) -> None:
        """Compare what was written with what arrived."""
        self.texts += wanted
        arrived = Counter(found)
        self.lost += sum(1 for number in range(wanted) if not arrived[number])
        self.doubled += sum(times - 1 for times in arrived.values())
        self.out_of_order += sum(
            1 for earlier, later in itertools.pairwise(found) if later < earlier
        )


async def storm(
    *, phones: int, seconds: float, restarts: int, pace: float = 10.0, seed: int = 1
) -> Verdict:
    """Let it blow for so long, wait until all has arrived or patience ends, and count.

    On each phone somebody writes every `pace` seconds on average.
    """
    verdict = Verdict(phones=phones, restarts=restarts)
    chance = random.Random(seed)  # noqa: S311 (weather, not a secret)
    held = [Phone(f"+4477009{number:05}") for number in range(phones)]
    async with seat() as seated:
        begun = time.monotonic()
        for phone in held[::STOPS_IN]:
            phone.stops_at = begun + seconds * chance.uniform(0.2, 0.9)
        for turn in range(restarts + 1):
            async with seated.house() as house:
                until = begun + seconds * (turn + 1) / (restarts + 1)
                await _writing(house, held, chance, pace, until)
                if turn == restarts:
                    house.twilio.faults.clear()
                    await _settled(house, held)
                    _counted(house, held, verdict)
        verdict.seconds = time.monotonic() - begun
        calls = seated.twilio.faults.calls
        verdict.calls = Counter(str(call.answer.get("code") or "ok") for call in calls)
        verdict.webhooks = len(seated.twilio.deliveries)
    return verdict


async def _writing(
    house: PhoneHouse, held: list[Phone], chance: random.Random, pace: float, until: float
) -> None:
    pause = pace / len(held)
    following = time.monotonic()
    for number in itertools.count():
        if time.monotonic() >= until:
            return
        if number % 20 == 0:
            _weather(house.twilio, chance)
        phone = chance.choice(held)
        if phone.stopped_at is None:
            await _write(house, phone)
        following += pause
        await asyncio.sleep(max(0.0, following - time.monotonic()))


def _weather(twilio: TwilioStandIn, chance: random.Random) -> None:
    """Plan what goes wrong next: about one call in eight, one webhook in five."""
    faults = twilio.faults
    plans: tuple[Callable[[], None], ...] = (
        lambda: faults.limit(3),
        lambda: faults.fail(1),
        lambda: faults.fail(1, after=True),
        lambda: faults.duplicate_texts(3),
        lambda: faults.repeat_texts(3),
        lambda: faults.double_callbacks(4),
        lambda: faults.reverse_callbacks(4),
        lambda: faults.lose_callbacks(2),
    )
    for plan in chance.sample(plans, 3):
        plan()


async def _write(house: PhoneHouse, phone: Phone) -> None:
    if phone.stops_at is not None and time.monotonic() >= phone.stops_at:
        await house.twilio.phone.text("STOP", phone.number)
        phone.stopped_at = time.time()
        return
    words = f"c{phone.number[-5:]}-{phone.written};"
    await house.twilio.phone.text(words, phone.number)
    phone.written += 1


async def _settled(house: PhoneHouse, held: list[Phone]) -> None:
    arrived, since = -1, time.monotonic()
    while time.monotonic() - since < PATIENCE_SECONDS:
        there = [len(set(_arrived(house, each))) for each in held if _stays(each)]
        if there == [each.written for each in held if _stays(each)]:
            return
        if sum(there) != arrived:
            arrived, since = sum(there), time.monotonic()
        await asyncio.sleep(LOOK_SECONDS)


def _stays(phone: Phone) -> bool:
    return phone.stopped_at is None


def _counted(house: PhoneHouse, held: list[Phone], verdict: Verdict) -> None:
    for phone in held:
        verdict.count(phone.written, _heard(house, phone))
        if _stays(phone):
            verdict.count(phone.written, _arrived(house, phone))
            continue
        verdict.after_opt_out += sum(
            1
            for text in house.twilio.phone.messages_to(phone.number)
            if text.created_at > (phone.stopped_at or 0.0)
        )


def _heard(house: PhoneHouse, phone: Phone) -> list[int]:
    """What the conversation has of the phone's texts."""
    with house.database.read() as session:
        known = sa.select(SmsLine).where(is_value(session, SmsLine.number, phone.number))
        line = session.scalars(known).one_or_none()
        if line is None or line.conversation_id is None:
            return []
        said = read_after(session, line.conversation_id, 0, most=10_000)
    own = [each.text for each in said if each.author is Author.CUSTOMER]
    return [int(match[2]) for text in own for match in _WORDS.finditer(text)]


def _arrived(house: PhoneHouse, phone: Phone) -> list[int]:
    """Which of the phone's texts were answered, in the order in which the answers were sent."""
    texts = [each for each in house.twilio.phone.messages_to(phone.number) if _is_there(each)]
    return [int(match[2]) for text in texts for match in _WORDS.finditer(text.body)]


def _is_there(text: Text) -> bool:
    return text.status is Status.DELIVERED
