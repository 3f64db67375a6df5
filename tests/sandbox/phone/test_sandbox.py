"""The phone as a part of the sandbox: where it is found, when it is there, and resets."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from offboarding.database import Database
from offboarding.settings import Settings
from sandbox.server import Sandbox
from tests.sandbox.conftest import free_port
from tests.sandbox.phone.conftest import MAYA

ORIGIN = "http://testserver"
LINK = 'href="/sandbox/phone"'
PAGES = ("/", "/sandbox/mailbox", "/sandbox/desk", "/sandbox/both")

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


@pytest.fixture
def settings(tmp_path: Path, request: pytest.FixtureRequest) -> Settings:
    changes: dict[str, Any] = getattr(request, "param", {})
    return Settings(_env_file=None, data_directory=tmp_path, smtp_port=free_port(), **changes)


@pytest.fixture
def client(settings: Settings, database: Database) -> Iterator[TestClient]:
    part = Sandbox(settings, database)
    part.start()
    application = FastAPI()
    application.include_router(part.router())
    with TestClient(application, base_url=ORIGIN, headers={"Origin": ORIGIN}) as client:
        yield client
    part.stop()


def test_every_page_leads_to_it(client: TestClient) -> None:
    for page in (*PAGES, "/sandbox/phone"):
        assert LINK in client.get(page).text
    assert 'href="/sandbox/phone" aria-current="page"' in client.get("/sandbox/phone").text


@pytest.mark.parametrize("settings", [{"sandbox_phone": False}], indirect=True)
def test_without_it_no_page_leads_there(client: TestClient) -> None:
    for page in PAGES:
        assert LINK not in client.get(page).text
    assert client.get("/sandbox/phone").status_code == 404


@pytest.mark.parametrize("settings", [{"sandbox_desk": False}], indirect=True)
def test_it_needs_no_desk(client: TestClient) -> None:
    page = client.get("/sandbox/phone").text
    assert LINK in page
    assert 'href="/sandbox/desk"' not in page


def test_whoever_is_signed_in_finds_their_own_phone(client: TestClient) -> None:
    client.post("/sandbox/sign-in", data={"customer": "jonas-whitfield"})
    assert 'data-first="+447700900142"' in client.get("/sandbox/phone").text
    client.post("/sandbox/sign-in", data={"customer": "farah-nasser"})
    assert f'data-first="{MAYA}"' in client.get("/sandbox/phone").text


def test_a_reset_empties_it_and_leads_back_to_it(client: TestClient) -> None:
    act = {"do": "text", "number": MAYA, "text": "STOP"}
    assert client.post("/sandbox/phone/act", json=act).json() == {}

    def state() -> Any:
        return client.get("/sandbox/phone/state.json", params={"number": MAYA}).json()

    assert (len(state()["texts"]), bool(state()["blocked"])) == (2, True)
    answer = client.post("/sandbox/reset", headers={"Referer": f"{ORIGIN}/sandbox/phone"})
    assert answer.url.path == "/sandbox/phone"
    assert "Everything is as on the first day." in answer.text
    assert "every text on the phones" in answer.text
    assert (state()["texts"], state()["blocked"]) == ([], "")
