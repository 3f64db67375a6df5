"""The whole house, as `offboard run` starts it: turns by the web API, the same ones straight."""

import secrets
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from bench.client import Client
from bench.figures import HouseFigures, Times
from bench.load import at_once
from bench.messages import ALL, LEAVING, QUESTIONS
from bench.processes import BenchError, free_port, peak_megabytes, processor_seconds
from bench.rasas import turn
from channels.conversations.model import Conversation
from offboarding.database import Database
from tests.house import House, open_house

CUSTOMERS = ("maya-okafor", "jonas-whitfield", "farah-nasser", "elena-rossi")
IDLE_SECONDS = 10.0
WARMING_TURNS = 20
_API = "/api/conversations"


@dataclass(frozen=True)
class Counts:
    """How much is measured."""

    turns: int
    at_once: int
    turns_each: int
    pages: int


@dataclass(frozen=True)
class OpenHouse:
    """A running house, and what it takes to ask its Rasa directly."""

    house: House
    database: Database
    rasa: Client
    start_seconds: float

    @property
    def port(self) -> int:
        return urlsplit(self.house.address).port or 0

    @property
    def application_id(self) -> int:
        """The process id of the application: Rasa's parent."""
        parent = self.house.rasa().parent()
        if parent is None:
            raise BenchError("The application has ended.")
        return parent.pid


class WebTalk:
    """A conversation by the web API: what is posted there is answered on the event stream."""

    def __init__(self, house: OpenHouse, external_id: str) -> None:
        token = house.house.identity_token(external_id)
        opened = Client(house.port).post(_API, {"identity_token": token})
        self.id: str = opened["conversation_id"]
        headers = {"Authorization": f"Bearer {opened['session_token']}"}
        self._path = f"{_API}/{self.id}"
        self._sender = Client(house.port, headers)
        self._stream = Client(house.port, headers).events(f"{self._path}/events", 0)
        self._wait_until_quiet()

    def say(self, text: str) -> None:
        self.answer_milliseconds(text)

    def answer_milliseconds(self, text: str) -> float:
        """From the POST to the assistant's first message on the stream."""
        key = {"Idempotency-Key": uuid.uuid4().hex}
        began = time.perf_counter()
        asked: int = self._sender.post(f"{self._path}/messages", {"text": text}, **key)["sequence"]
        for name, data in self._stream:
            # What is left of the last answer comes with lower numbers.
            if name == "message" and data["author"] == "bot" and data["sequence"] > asked:
                return (time.perf_counter() - began) * 1000
        raise BenchError("The event stream ended.")

    def cancel_page(self) -> str:
        """The address of the page that needs no assistant."""
        return str(urlsplit(self._sender.post(f"{self._path}/cancel-page", {})["url"]).path)

    def _wait_until_quiet(self) -> None:
        for name, data in self._stream:
            if name == "typing" and not data["typing"]:
                return


@contextmanager
def furnished() -> Iterator[OpenHouse]:
    """A house in a folder of its own that is removed afterwards."""
    token = secrets.token_urlsafe(24)
    rasa_port = free_port()
    variables = {"OFFBOARD_RASA_TOKEN": token, "OFFBOARD_RASA_PORT": str(rasa_port)}
    with tempfile.TemporaryDirectory(prefix="bench-house-") as folder:
        began = time.perf_counter()
        with open_house(Path(folder), **variables) as house:
            started = time.perf_counter() - began
            rasa = Client(rasa_port, {"Authorization": f"Bearer {token}"})
            database = house.database
            yield OpenHouse(house, database, rasa, started)
            database.close()
            house.stop()


def measure(house: OpenHouse, counts: Counts) -> HouseFigures:
    """Everything there is to measure of the house."""
    names = cycle(CUSTOMERS)

    def begin() -> WebTalk:
        return WebTalk(house, next(names))

    _pairs(house, WARMING_TURNS)
    pairs = _pairs(house, counts.turns)
    used = processor_seconds(house.application_id)
    crowd = at_once(begin, counts.at_once, counts.turns_each)
    used = processor_seconds(house.application_id) - used
    return HouseFigures(
        start_seconds=house.start_seconds,
        answers=Times([gateway for gateway, _ in pairs]),
        straight=Times([straight for _, straight in pairs]),
        overhead=Times([gateway - straight for gateway, straight in pairs]),
        at_once=crowd,
        cancel_page=_cancel_page(begin(), house.port, counts.pages),
        application_milliseconds_a_turn=1000 * used / len(crowd.times.milliseconds),
        idle_percent=_idle_percent(house),
        peak_megabytes={
            "application": peak_megabytes(house.application_id),
            "Rasa": peak_megabytes(house.house.rasa().pid),
        },
    )


def _pairs(house: OpenHouse, turns: int) -> list[tuple[float, float]]:
    """Each turn by the gateway and straight at Rasa, with the same words and the same state.

    Which of the two goes first alternates, so that neither has always the warmer caches.
    """
    pairs: list[tuple[float, float]] = []
    names, talks = cycle(CUSTOMERS), cycle((QUESTIONS, LEAVING))
    while len(pairs) < turns:
        talk = WebTalk(house, next(names))
        for text in next(talks)[: turns - len(pairs)]:
            pairs.append(_pair(house, talk, text, straight_first=len(pairs) % 2 == 0))
    return pairs


def _pair(
    house: OpenHouse, talk: WebTalk, text: str, *, straight_first: bool
) -> tuple[float, float]:
    state = _dialogue_state(house.database, talk.id)
    if straight_first:
        straight = _straight_milliseconds(house.rasa, talk.id, text, state)
        return talk.answer_milliseconds(text), straight
    return talk.answer_milliseconds(text), _straight_milliseconds(house.rasa, talk.id, text, state)


def _straight_milliseconds(rasa: Client, conversation_id: str, text: str, state: Any) -> float:
    began = time.perf_counter()
    turn(rasa, conversation_id, text, state)
    return (time.perf_counter() - began) * 1000


def _dialogue_state(database: Database, conversation_id: str) -> Any:
    with database.read() as session:
        return session.get_one(Conversation, conversation_id).dialogue_state


def _cancel_page(talk: WebTalk, port: int, pages: int) -> Times:
    """The page behind "Cancel now" as a signed-in customer opens it from the chat."""
    talk.say(ALL[0])
    path, browser = talk.cancel_page(), Client(port)
    times = []
    for _ in range(pages):
        began = time.perf_counter()
        browser.get(path)
        times.append((time.perf_counter() - began) * 1000)
    return Times(times)


def _idle_percent(house: OpenHouse) -> dict[str, float]:
    """Of one core, while nobody says anything; the conversations so far are still listened to."""
    ids = {"application": house.application_id, "Rasa": house.house.rasa().pid}
    before = {name: processor_seconds(process_id) for name, process_id in ids.items()}
    time.sleep(IDLE_SECONDS)
    return {
        name: 100 * (processor_seconds(process_id) - before[name]) / IDLE_SECONDS
        for name, process_id in ids.items()
    }
