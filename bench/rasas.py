"""The two Rasas: how each is trained, started, and asked."""

import json
import secrets
import shutil
import sys
import uuid
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench import default_project, sample
from bench.client import Client
from bench.processes import BenchError, free_port, run, running, wait_until

CHECKOUT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Training:
    """A trained model and how long that took."""

    model: Path
    seconds: float
    earlier: bool = False


@dataclass(frozen=True)
class Seated:
    """A Rasa that is served and has answered a first message."""

    rasa: "Rasa"
    port: int
    process_id: int
    start_seconds: float


class Conversation(ABC):
    """One conversation straight with a Rasa."""

    @abstractmethod
    def say(self, text: str) -> None:
        """Say something and wait for the answer; raises BenchError when there is none."""


class Rasa(ABC):
    """One of the two."""

    title: str

    @abstractmethod
    def train(self, folder: Path, *, anew: bool) -> Training:
        """Train on domain.yml and data/."""

    @abstractmethod
    def command(self, model: Path, folder: Path, port: int, action_port: int) -> list[str]:
        """What serves the model."""

    @abstractmethod
    def converse(self, port: int) -> Conversation:
        """Begin a conversation."""

    def variables(self, action_port: int) -> Mapping[str, str]:
        """Environment variables of the server."""
        return {"OFFBOARD_ACTION_ENDPOINT": f"http://127.0.0.1:{action_port}/"}

    @contextmanager
    def serving(self, model: Path, folder: Path, action_port: int) -> Iterator[tuple[int, int]]:
        """Serve; port and process id, once a first message was answered."""
        port, log = free_port(), folder / "serve.log"
        command = self.command(model, folder, port, action_port)
        with running(command, self.place(folder), log, self.variables(action_port)) as process:

            def answers() -> bool:
                try:
                    self.converse(port).say("hello")
                except BenchError:
                    return False
                return True

            wait_until(answers, process, log)
            yield port, process.pid

    def place(self, folder: Path) -> Path:  # noqa: ARG002 (the other one uses it)
        """Where the server runs."""
        return CHECKOUT


class OurRasa(Rasa):
    """This project's configuration, served by the gateway channel."""

    title = "this project"

    def __init__(self) -> None:
        self._python = str(CHECKOUT / "bot" / ".venv" / "bin" / "python")
        self._token = secrets.token_urlsafe(24)

    def train(self, folder: Path, *, anew: bool) -> Training:  # noqa: ARG002 (takes seconds)
        out, data = folder / "models", folder / "data"
        sample.write(CHECKOUT / "data", data)
        command = [self._python, "-m", "bot.train", "--out", str(out), "--data", str(data)]
        seconds = run(command, CHECKOUT, folder / "train.log")
        return Training(next(out.glob("*.tar.gz")), seconds)

    def command(self, model: Path, folder: Path, port: int, action_port: int) -> list[str]:  # noqa: ARG002
        command = [self._python, "-m", "bot.serve", "--port", str(port), "--model", str(model)]
        return [*command, "--log-level", "WARNING"]

    def variables(self, action_port: int) -> Mapping[str, str]:
        return {**super().variables(action_port), "OFFBOARD_RASA_TOKEN": self._token}

    def converse(self, port: int) -> Conversation:
        return TurnConversation(port, self._token)


class DefaultRasa(Rasa):
    """Rasa's default configuration, served by Rasa's REST channel."""

    title = "Rasa's default"

    def __init__(self, python: Path, store: Path, epochs: int) -> None:
        self._python = str(python)
        self._store = store
        self._epochs = epochs

    def train(self, folder: Path, *, anew: bool) -> Training:
        project = self.place(folder)
        fingerprint = default_project.write(CHECKOUT, project, self._epochs)
        default_project.write_endpoints(project, 1)
        kept = self._store / f"rasa-default-{fingerprint}.tar.gz"
        note = kept.with_suffix(".json")
        if note.exists() and not anew:
            return Training(kept, json.loads(note.read_text("utf-8"))["seconds"], earlier=True)
        command = [self._python, "-m", "rasa", "train", "--fixed-model-name", default_project.NAME]
        seconds = run(command, project, folder / "train.log", **QUIET)
        self._store.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(project / "models" / default_project.MODEL, kept)
        noted = {"seconds": seconds, "epochs": self._epochs}
        note.write_text(json.dumps(noted), encoding="utf-8")
        return Training(kept, seconds)

    def command(self, model: Path, folder: Path, port: int, action_port: int) -> list[str]:
        default_project.write_endpoints(self.place(folder), action_port)
        command = [self._python, "-m", "rasa", "run", "--interface", "127.0.0.1"]
        return [*command, "--port", str(port), "--model", str(model)]

    def variables(self, action_port: int) -> Mapping[str, str]:
        return {**super().variables(action_port), **QUIET}

    def converse(self, port: int) -> Conversation:
        return RestConversation(port)

    def place(self, folder: Path) -> Path:
        return folder / "project"


QUIET = {"RASA_TELEMETRY_ENABLED": "false", "TF_CPP_MIN_LOG_LEVEL": "2"}


class TurnConversation(Conversation):
    """By the gateway's channel: each turn carries the state that the last one left."""

    def __init__(self, port: int, token: str) -> None:
        self._client = Client(port, {"Authorization": f"Bearer {token}"})
        self._id = uuid.uuid4().hex
        self._state: Any = None

    def say(self, text: str) -> None:
        answer = turn(self._client, self._id, text, self._state)
        self._state = answer["state"]


def turn(client: Client, conversation_id: str, text: str, state: Any) -> Any:
    """One turn as the gateway asks for it; the answer."""
    answer = client.post(
        "/webhooks/gateway/turn",
        {
            "conversation_id": conversation_id,
            "message_id": uuid.uuid4().hex,
            "channel": "web",
            "text": text,
            "intent": None,
            "state": state,
        },
    )
    if not answer["messages"]:
        raise BenchError("A turn was answered with silence.")
    return answer


class RestConversation(Conversation):
    """By Rasa's REST channel: Rasa remembers the conversation."""

    def __init__(self, port: int) -> None:
        self._client = Client(port)
        self._id = uuid.uuid4().hex

    def say(self, text: str) -> None:
        self._client.post("/webhooks/rest/webhook", {"sender": self._id, "message": text})


def action_stub(port: int) -> list[str]:
    """The command of the action server that stands behind both."""
    return [sys.executable, "-m", "bench.action_stub", str(port)]
