"""A small trained model, and Rasa serving it beside an application that answers action calls."""

import json
import os
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from bot.patches import prepare

prepare()

ROOT = Path(__file__).resolve().parents[2]
PROJECT = Path(__file__).resolve().parent / "project"
TOKEN = "a-token-of-the-tests"


def train(models: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """Run bot.train on the small project."""
    command = [sys.executable, "-m", "bot.train", "--out", str(models)]
    for name in ("config", "domain"):
        command += [f"--{name}", str(PROJECT / f"{name}.yml")]
    command += ["--data", str(PROJECT / "data"), *options]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


@pytest.fixture(scope="session")
def training(tmp_path_factory: pytest.TempPathFactory) -> subprocess.CompletedProcess[str]:
    """The training of the small project, and what it said."""
    trained = train(tmp_path_factory.mktemp("models"))
    assert trained.returncode == 0, trained.stderr[-2000:]
    return trained


@pytest.fixture(scope="session")
def model(training: subprocess.CompletedProcess[str]) -> Path:
    """The small project's model."""
    return Path(training.stdout.splitlines()[-1])


Reply = Callable[[dict[str, Any]], dict[str, Any]]


@dataclass
class Application:
    """Answers action calls as each test wants, and keeps them."""

    calls: list[dict[str, Any]] = field(default_factory=list)
    replies: dict[str, Reply] = field(default_factory=dict)
    port: int = 0

    def answer(self, call: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        """The status and body for one action call."""
        self.calls.append(call)
        reply = self.replies.get(call["next_action"])
        if reply is None:
            said = [{"text": call["next_action"]}]
            return 200, {"events": [], "responses": said}
        body = reply(call)
        return body.pop("status", 200), body

    def forget(self) -> None:
        """Begin anew, for the next test."""
        self.calls.clear()
        self.replies.clear()


@pytest.fixture(scope="session")
def _application() -> Iterator[Application]:
    application = Application()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers["content-length"])
            status, body = application.answer(json.loads(self.rfile.read(length)))
            content = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *arguments: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    application.port = server.server_port
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield application
    server.shutdown()


@pytest.fixture
def application(_application: Application) -> Iterator[Application]:
    """The application, with nothing remembered from other tests."""
    _application.forget()
    yield _application
    _application.forget()


@dataclass
class Bot:
    """A running Rasa and how to talk to it."""

    process: subprocess.Popen[bytes]
    port: int
    log: Path

    def request(
        self, path: str, content: bytes | None = None, token: str = TOKEN
    ) -> tuple[int, dict[str, Any]]:
        """One HTTP request."""
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}/webhooks/gateway/{path}",
            data=content,
            headers={"Authorization": f"Bearer {token}"},
        )
        try:
            with urllib.request.urlopen(request, timeout=30) as response:
                return response.status, json.load(response)
        except urllib.error.HTTPError as error:
            return error.code, json.loads(error.read())

    def turn(self, **changes: Any) -> tuple[int, dict[str, Any]]:
        """One turn; what is not given is as in a new conversation on the web."""
        body = {
            "conversation_id": "conversation-1",
            "message_id": "message-1",
            "channel": "web",
            "text": None,
            "intent": None,
            "state": None,
        }
        return self.request("turn", json.dumps({**body, **changes}).encode())

    def say(self, text: str, state: Any = None, **changes: Any) -> dict[str, Any]:
        """A turn that must succeed."""
        status, answer = self.turn(text=text, state=state, **changes)
        assert status == 200, answer
        return answer


def free_port() -> int:
    """A port that nobody listens on."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler)
    port = server.server_port
    server.server_close()
    return port


def start(model: Path, port: int, action_endpoint: str, log: Path) -> Bot:
    """Start bot.serve and wait until it says that it is ready, or that it has no model."""
    environment = {
        **os.environ,
        "OFFBOARD_RASA_TOKEN": TOKEN,
        "OFFBOARD_ACTION_ENDPOINT": action_endpoint,
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "bot.serve", "--port", str(port), "--model", str(model)],
        cwd=ROOT,
        env=environment,
        stdin=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    ready = threading.Event()

    def follow() -> None:
        assert process.stderr is not None
        with log.open("wb") as written:
            for line in process.stderr:
                written.write(line)
                written.flush()
                if b"is loaded." in line or b"There is no model" in line:
                    ready.set()
        ready.set()

    threading.Thread(target=follow, daemon=True).start()
    assert ready.wait(120)
    assert process.poll() is None, log.read_text()[-2000:]
    return Bot(process, port, log)


@pytest.fixture(scope="session")
def _bot(
    model: Path, _application: Application, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Bot]:
    endpoint = f"http://127.0.0.1:{_application.port}/actions/webhook?token=x"
    log = tmp_path_factory.mktemp("log") / "bot.log"
    bot = start(model, free_port(), endpoint, log)
    yield bot
    assert bot.process.stdin is not None
    bot.process.stdin.close()
    bot.process.wait(30)


@pytest.fixture
def bot(_bot: Bot, application: Application) -> Bot:
    """Rasa, with an application beside it that remembers nothing."""
    return _bot
