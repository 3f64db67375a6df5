"""A gateway on a real server, before a stand-in Rasa, on each database."""

import socket
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI
from pydantic import SecretStr
from sqlalchemy.orm import Session

from channels.gateway import Gateway
from channels.rasa import RasaClient
from channels.texts import Texts
from channels.web.routes import install
from offboarding.database import Database
from offboarding.errors import IdentityTokenExpiredError, IdentityTokenInvalidError
from offboarding.settings import Settings
from tests.channels.stand_in import TOKEN, StandInRasa, served

DOMAIN = Path(__file__).parent / "domain.yml"


@dataclass
class Business:
    """The little the gateway asks of the business."""

    identified: set[str] = field(default_factory=set)
    handoffs: list[str] = field(default_factory=list)
    woken: int = 0

    def identify(self, _session: Session, conversation_id: str, token: str) -> None:
        if token == "expired":
            raise IdentityTokenExpiredError("This sign-in is too old. Please reload the page.")
        if token != "genuine":
            raise IdentityTokenInvalidError("This sign-in isn't valid.")
        self.identified.add(conversation_id)

    def is_identified(self, _session: Session, conversation_id: str) -> bool:
        return conversation_id in self.identified

    def request_handoff(self, _session: Session, conversation_id: str) -> str:
        self.handoffs.append(conversation_id)
        return "7F3K-22"

    def cancel_page_link(self, conversation_id: str) -> str:
        return f"http://shop.example/cancel/enter/for-{conversation_id}"

    def start(self) -> None: ...

    def wake(self) -> None:
        self.woken += 1

    def healthy(self) -> bool:
        return True

    def stop(self) -> None: ...


@dataclass
class Site:
    """A running gateway and a way to call it."""

    gateway: Gateway
    http: httpx.AsyncClient
    address: str


Running = Callable[..., AbstractAsyncContextManager[Site]]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(
        _env_file=None,
        secret=SecretStr("a secret of the tests, long enough for it"),
        data_directory=tmp_path,
        allowed_origins=["https://www.shop.example"],
        rasa_timeout_seconds=5.0,
    )


@pytest.fixture
def texts(settings: Settings) -> Texts:
    return Texts(DOMAIN, {"company_name": settings.company_name})


@pytest.fixture
def business() -> Business:
    return Business()


@pytest.fixture
async def rasa() -> AsyncIterator[StandInRasa]:
    stand_in = StandInRasa()
    async with served(stand_in.app) as address:
        stand_in.address = address
        yield stand_in


@pytest.fixture
def closed_address() -> Iterator[str]:
    """An address where nobody answers: a port that is taken and not listened on."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{taken.getsockname()[1]}"


@pytest.fixture
def running(
    settings: Settings, texts: Texts, business: Business, database: Database, rasa: StandInRasa
) -> Running:
    """Starts a gateway on the test's database; as often as wanted, also at once."""

    @asynccontextmanager
    async def start(
        client: type[RasaClient] = RasaClient,
        rasa_address: str | None = None,
        seconds: float = 5.0,
        per_minute: int = 120,
    ) -> AsyncIterator[Site]:
        rasa_client = client(rasa_address or rasa.address, TOKEN, seconds)
        gateway = Gateway(
            settings,
            database,
            rasa_client,
            texts,
            business,
            identify=business.identify,
            is_identified=business.is_identified,
            request_handoff=business.request_handoff,
            cancel_page_link=business.cancel_page_link,
        )
        app = FastAPI()
        install(app, gateway, conversations_per_minute=per_minute)
        await gateway.start()
        async with served(app) as address, httpx.AsyncClient(base_url=address) as http:
            try:
                yield Site(gateway, http, address)
            finally:
                await gateway.stop(grace_seconds=0)
                await rasa_client.close()

    return start


@pytest.fixture
async def site(running: Running) -> AsyncIterator[Site]:
    async with running() as site:
        yield site
