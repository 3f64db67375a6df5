"""The page of an export, and the page inside it, as a browser shows them: no fault axe can find."""

import threading
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import uvicorn
from fastapi import FastAPI
from playwright.sync_api import Browser
from pydantic import SecretStr

import offboard.tables  # noqa: F401 (every table is known, as in the application)
from channels.pages.routes import router
from offboard.off_boarding import KEPT
from offboarding.billing.ledger import LedgerBilling
from offboarding.database import Base, Database, open_database
from offboarding.exports import service as exports
from offboarding.exports.archive.verification import verify
from offboarding.exports.model import Export
from offboarding.exports.progress import KeptProgress
from offboarding.exports.sources.port import Description
from offboarding.policies.store import Policies
from offboarding.settings import Settings
from tests.browser.axe import judge
from tests.commands.checkout import free_port, until
from tests.factories import cancel, make_customer, make_subscription

pytestmark = pytest.mark.browser
LOOKS = [{}, {"color_scheme": "dark"}, {"viewport": {"width": 320, "height": 640}}]


@dataclass
class Site:
    """Where the pages are, by name."""

    ready: str
    being_made: str
    inside: str
    """README.html of the archive, unpacked."""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder, port = tmp_path_factory.mktemp("exports"), free_port()
    settings = Settings(
        _env_file=None,
        data_directory=folder,
        secret=SecretStr("s" * 40),
        public_url=f"http://127.0.0.1:{port}",
    )
    database, policies = open_database(settings), Policies(settings.policy_directory)
    Base.metadata.create_all(database.engine)
    application = FastAPI()
    application.include_router(router(settings, database, policies, LedgerBilling))
    server = uvicorn.Server(uvicorn.Config(application, port=port, log_level="warning"))
    thread = threading.Thread(target=server.run)
    thread.start()
    until(lambda: server.started)
    yield _made(settings, database, policies, folder)
    server.should_exit = True
    thread.join()
    database.close()


def _made(settings: Settings, database: Database, policies: Policies, folder: Path) -> Site:
    with database.write() as session:
        customer = make_customer(session)
        cancel(session, customer, make_subscription(session, customer), policies)
        ready = exports.request(session, customer, "1" * 32)
    exports.build(database, ready.id, settings, policies, KEPT)
    with database.write() as session:
        session.get_one(Export, ready.id).requested_at -= exports.LATELY  # another may be made
        session.flush()
        being_made = exports.request(session, customer, "2" * 32)
    parts = [Description("notes", "Your notes.", "sql"), Description("files", "Files.", "http")]
    kept = KeptProgress(database, being_made.id, parts)
    kept.begin(parts[0], 12_345)
    readme = folder / "README.html"
    with zipfile.ZipFile(exports.export_path(ready.id, settings)) as archive:
        readme.write_bytes(archive.read("README.html"))
    return Site(
        exports.export_link(ready.id, settings),
        exports.export_link(being_made.id, settings),
        readme.as_uri(),
    )


@pytest.mark.parametrize("look", LOOKS, ids=["light", "dark", "narrow"])
@pytest.mark.parametrize("name", ["ready", "being_made", "inside"])
def test_there_is_no_fault_in_it(
    chromium: Browser, site: Site, look: dict[str, object], name: str
) -> None:
    context = chromium.new_context(**look)  # type: ignore[arg-type]
    page = context.new_page()
    page.goto(getattr(site, name))
    assert judge(page, name) == []
    assert not page.evaluate(
        "document.documentElement.scrollWidth > document.documentElement.clientWidth"
    )
    context.close()


@pytest.mark.parametrize("script", [True, False], ids=["with-javascript", "without"])
def test_the_button_downloads_a_whole_archive(chromium: Browser, site: Site, script: bool) -> None:
    context = chromium.new_context(java_script_enabled=script)
    page = context.new_page()
    page.goto(site.ready)
    with page.expect_download() as fetched:
        page.get_by_role("button", name="Download the copy").click()
    assert verify(fetched.value.path()).problems == []
    assert page.url == site.ready, "the page is still there"
    context.close()
