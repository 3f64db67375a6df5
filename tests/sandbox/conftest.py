"""A seeded company, its pages and its real SMTP server, on each database."""

import socket
from collections.abc import Callable, Iterator
from email.message import EmailMessage
from pathlib import Path
from smtplib import SMTP

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from offboarding.database import Database
from offboarding.settings import Settings
from sandbox import company
from sandbox.server import Sandbox

ORIGIN = "http://testserver"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(_env_file=None, data_directory=tmp_path, sandbox=True, smtp_port=free_port())


@pytest.fixture
def seeded(database: Database, settings: Settings) -> Database:
    with database.write() as session:
        company.seed(session, settings)
    return database


@pytest.fixture
def sandbox(database: Database, settings: Settings) -> Iterator[Sandbox]:
    part = Sandbox(settings, database)
    part.start()
    yield part
    part.stop()


@pytest.fixture
def resets() -> list[str]:
    """Grows whenever the pages tell that a reset is done."""
    return []


@pytest.fixture
def client(sandbox: Sandbox, resets: list[str]) -> Iterator[TestClient]:
    application = FastAPI()
    application.include_router(sandbox.router(lambda: resets.append("done")))
    with TestClient(application, base_url=ORIGIN, headers={"Origin": ORIGIN}) as client:
        yield client


@pytest.fixture
def send(settings: Settings) -> Callable[..., None]:
    """Sends a mail over the wire to the server that the settings name."""

    def sent(
        *,
        to: str = "maya.okafor@example.com",
        subject: str = "Your receipt",
        text: str | None = "Pro ends.",
        html: str | None = None,
        message_id: str = "<one@larkspur.example>",
    ) -> None:
        mail = EmailMessage()
        mail["From"], mail["To"], mail["Subject"] = "goodbye@larkspur.example", to, subject
        mail["Message-ID"] = message_id
        if text is not None:
            mail.set_content(text)
        if html is not None:
            mail.add_alternative(html, subtype="html")
        with SMTP(settings.smtp_host, settings.smtp_port) as client:
            client.send_message(mail)

    return sent
