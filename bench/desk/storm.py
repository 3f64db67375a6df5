"""Many conversations and agents while Slack limits, fails and repeats, and we are restarted.

What must hold, whatever the weather: each message arrives once and in order on both sides, and the
assistant says nothing while a person is in charge.
"""

import asyncio
import itertools
import random
import re
import time
from collections import Counter
from dataclasses import dataclass, field

from bench.desk.seat import Seat, seat
from offboarding.settings import SlackTransport
from sandbox.slack.blocks import text_of
from sandbox.slack.model import Message
from tests.channels.slack.desk_house import SUPPORT, DeskHouse
from tests.channels.talk import Talk

AGENTS = ("Sam", "Noor", "Priya", "Ines")
PATIENCE_SECONDS = 60.0
"""So long nothing more may arrive before what is missing is counted as lost."""
LOOK_SECONDS = 0.5
_CUSTOMERS = re.compile(r"c(\d+)-(\d+);")
_AGENTS = re.compile(r"a(\d+)-(\d+);")


@dataclass
class Line:
    """One conversation in the storm, and what was said in it."""

    number: int
    agent: str
    talk: Talk
    card: Message
    from_customer: int = 0
    from_agent: int = 0


@dataclass
class Verdict:
    """What came of it, over all conversations."""

    conversations: int = 0
    said: int = 0
    lost: int = 0
    doubled: int = 0
    out_of_order: int = 0
    from_the_assistant: int = 0
    restarts: int = 0
    calls: Counter[str] = field(default_factory=Counter)
    doubled_events: int = 0
    seconds: float = 0.0

    def count(self, wanted: list[int], found: list[int]) -> None:
        """Compare what was said with what arrived."""
        self.said += len(wanted)
        arrived = Counter(found)
        self.lost += sum(1 for number in wanted if not arrived[number])
        self.doubled += sum(times - 1 for times in arrived.values())
        self.out_of_order += sum(
            1 for earlier, later in itertools.pairwise(found) if later < earlier
        )


async def storm(
    *,
    conversations: int,
    agents: int,
    seconds: float,
    restarts: int,
    pace: float = 20.0,
    transport: SlackTransport = SlackTransport.HTTP,
    seed: int = 1,
) -> Verdict:
    """Let it blow for so long, wait until all has arrived or patience ends, and count.

    In each conversation somebody writes every `pace` seconds on average: the customer or the agent.
    """
    verdict = Verdict(conversations=conversations)
    chance = random.Random(seed)  # noqa: S311 (weather, not a secret)
    async with seat(transport) as seated:
        names = _agents(seated, agents)
        lines: list[Line] = []
        begun = time.monotonic()
        for turn in range(restarts + 1):
            async with seated.desk() as house:
                if not lines:
                    lines = await _claimed(house, names, conversations)
                    seated.slack.faults.weather(limited=0.05, failed=0.03, doubled=0.1, seed=seed)
                    begun = time.monotonic()
                for line in lines:
                    line.talk = _moved(line.talk, house)
                until = begun + seconds * (turn + 1) / (restarts + 1)
                await _talking(house, lines, chance, pace, until)
                if turn == restarts:
                    seated.slack.faults.clear()
                    await _settled(house, lines)
                    await _counted(house, lines, verdict)
        verdict.restarts = restarts
        verdict.seconds = time.monotonic() - begun
        faults = seated.slack.faults
        verdict.calls = Counter(str(call.answer.get("error") or "ok") for call in faults.calls)
        verdict.calls.update({"429": faults.limited, "503": faults.failed})
        verdict.doubled_events = faults.doubled
    return verdict


def _agents(seated: Seat, wanted: int) -> list[str]:
    names = list(AGENTS[:wanted])
    for number in range(len(names), wanted):
        names.append(f"Agent Number{number}")
        seated.slack.workspace.add_user(
            f"U0STORM{number:03}", names[-1], f"agent{number}@example.com"
        )
    return names


async def _claimed(house: DeskHouse, names: list[str], conversations: int) -> list[Line]:
    lines = []
    for number in range(conversations):
        agent = names[number % len(names)]
        talk, card = await house.claimed(agent, known=False)
        lines.append(Line(number, agent, talk, card))
    return lines


def _moved(talk: Talk, house: DeskHouse) -> Talk:
    """The same conversation, at the application that runs now."""
    opened = {"conversation_id": talk.id, "session_token": talk.token, "identified": True}
    return Talk(house.http, opened)


async def _talking(
    house: DeskHouse, lines: list[Line], chance: random.Random, pace: float, until: float
) -> None:
    at_once = min(len(lines), 10)
    pause = pace * at_once / len(lines)
    following = time.monotonic()
    while time.monotonic() < until:
        some = chance.sample(lines, at_once)
        await asyncio.gather(*(_say_something(house, line, chance) for line in some))
        following += pause
        await asyncio.sleep(max(0.0, following - time.monotonic()))


async def _say_something(house: DeskHouse, line: Line, chance: random.Random) -> None:
    if chance.random() < 0.5:
        key = f"storm-{line.number}-{line.from_customer}"
        words = f"c{line.number}-{line.from_customer};"
        response = await line.talk.send(key, text=words)
        if response.status_code == 202:
            line.from_customer += 1
            if chance.random() < 0.1:  # the widget sends again what it has no answer to
                await line.talk.send(key, text=words)
    else:
        words = f"a{line.number}-{line.from_agent};"
        await house.slack.driver.post(line.agent, SUPPORT, words, thread_ts=line.card.ts)
        line.from_agent += 1


async def _settled(house: DeskHouse, lines: list[Line]) -> None:
    arrived, since = -1, time.monotonic()
    while time.monotonic() - since < PATIENCE_SECONDS:
        there = [_in_slack(house, line) + await _at_customer(line) for line in lines]
        if there == [line.from_customer + line.from_agent for line in lines]:
            return
        if sum(there) != arrived:
            arrived, since = sum(there), time.monotonic()
        await asyncio.sleep(LOOK_SECONDS)


def _in_slack(house: DeskHouse, line: Line) -> int:
    return len(set(_shown(house, line)))


async def _at_customer(line: Line) -> int:
    return len(set(_numbers(_AGENTS, await _texts(line, "agent"))))


async def _counted(house: DeskHouse, lines: list[Line], verdict: Verdict) -> None:
    for line in lines:
        verdict.count(list(range(line.from_customer)), _shown(house, line))
        arrived = _numbers(_AGENTS, await _texts(line, "agent"))
        verdict.count(list(range(line.from_agent)), arrived)
        verdict.from_the_assistant += len(await _texts(line, "bot")) - 1  # its welcome


def _shown(house: DeskHouse, line: Line) -> list[int]:
    texts = [text_of(message.blocks) for message in house.slack.workspace.thread(line.card.ts)]
    return [int(match[2]) for text in texts for match in _CUSTOMERS.finditer(text)]


async def _texts(line: Line, author: str) -> list[str]:
    last = (await line.talk.status())["last_sequence"]
    return [each["text"] for each in await line.talk.until(last) if each["author"] == author]


def _numbers(pattern: re.Pattern[str], texts: list[str]) -> list[int]:
    return [int(match[2]) for text in texts if (match := pattern.search(text)) is not None]
