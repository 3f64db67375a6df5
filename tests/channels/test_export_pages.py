"""The page of an export: what is in it, how far it is, and a download that is counted fairly."""

import zipfile
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import time_machine
from pydantic import HttpUrl, SecretStr

from offboard.off_boarding import KEPT
from offboarding import clock
from offboarding.accounts.model import Customer
from offboarding.database import Database
from offboarding.exports import service as exports
from offboarding.exports.model import Export, ExportState
from offboarding.exports.progress import KeptProgress
from offboarding.exports.sources.port import Description
from offboarding.policies.store import Policies
from offboarding.settings import REPOSITORY, Settings
from tests.channels.pages_site import Browser, browsers
from tests.factories import make_customer, make_subscription


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(
        _env_file=None,
        data_directory=tmp_path,
        secret=SecretStr("s" * 40),
        public_url="http://testserver",
    )


@pytest.fixture(scope="module")
def policies() -> Policies:
    return Policies(REPOSITORY / "policy")


@pytest.fixture
def new_window(settings: Settings, database: Database, policies: Policies) -> Callable[[], Browser]:
    return browsers(settings, database, policies)


@pytest.fixture
def window(new_window: Callable[[], Browser]) -> Browser:
    return new_window()


@pytest.fixture
def export(database: Database, settings: Settings) -> Export:
    """One that was asked for."""
    with database.write() as session:
        customer = make_customer(session)
        make_subscription(session, customer)
        return exports.request(session, customer, "c" * 32)


@pytest.fixture
def path(export: Export, database: Database, settings: Settings, policies: Policies) -> str:
    """The page of the export, which is ready."""
    exports.build(database, export.id, settings, policies, KEPT)
    return address(export, settings)


def address(export: Export, settings: Settings) -> str:
    return urlsplit(exports.export_link(export.id, settings)).path


def archive(export: Export, settings: Settings) -> bytes:
    return exports.export_path(export.id, settings).read_bytes()


def downloads(database: Database, export: Export) -> int:
    with database.read() as session:
        return session.get_one(Export, export.id).downloads


def test_the_page_says_what_is_in_it_how_large_it_is_and_until_when(
    window: Browser, path: str, database: Database, export: Export
) -> None:
    page = window.open(path)
    until = clock.now() + timedelta(days=29)  # the last day on all of which it works
    for words in (
        "your-data-", ".zip, ", " kB",
        f"{until.day} {until:%B %Y}",
        "5 of 5",
        "What you subscribe to. 1 row",
        "and your answers. 0 rows",
        "Download the copy",
        "Whoever has this link can download the copy",
    ):  # fmt: skip
        assert words in page.text
    assert page.response.headers["Cache-Control"] == "no-store"
    assert downloads(database, export) == 0


def test_looking_and_fetching_ahead_uses_nothing_up(
    window: Browser, path: str, database: Database, export: Export
) -> None:
    """Mail scanners and browsers open links before people do."""
    for _ in range(9):
        assert window.open(path).status == 200
        assert window.client.head(path).status_code == 200
        assert window.client.head(f"{path}/file").status_code == 200
        assert window.open(f"{path}/file").path == path, "without a ticket there is no file"
    assert downloads(database, export) == 0


def test_the_button_downloads_the_archive_and_counts_once(
    window: Browser, path: str, database: Database, export: Export, settings: Settings
) -> None:
    response = window.send(window.open(path), path).response
    assert response.content == archive(export, settings)
    assert response.headers["Content-Type"] == "application/zip"
    assert response.headers["Content-Disposition"].startswith('attachment; filename="your-data-')
    assert response.headers["Cache-Control"] == "no-store"
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert downloads(database, export) == 1
    page = window.open(path)
    assert "4 of 5" in page.text
    assert "counts as the same one" in page.text


def test_a_download_that_broke_off_goes_on_where_it_was(
    window: Browser, path: str, database: Database, export: Export, settings: Settings
) -> None:
    begun = window.send(window.open(path), path).response
    ticketed = str(begun.url)
    whole = archive(export, settings)
    head = window.client.head(ticketed)
    assert (head.status_code, head.headers["Content-Length"]) == (200, str(len(whole)))
    rest = window.client.get(
        ticketed, headers={"Range": "bytes=100-", "If-Range": begun.headers["ETag"]}
    )
    assert (rest.status_code, rest.content) == (206, whole[100:])
    assert downloads(database, export) == 1


def test_begun_again_within_an_hour_it_is_the_same_and_later_another(
    window: Browser, path: str, database: Database, export: Export
) -> None:
    with time_machine.travel(clock.now(), tick=False) as now:
        window.send(window.open(path), path)
        now.shift(timedelta(minutes=59))
        window.send(window.open(path), path)
        assert downloads(database, export) == 1
        now.shift(timedelta(minutes=2))
        window.send(window.open(path), path)
        assert downloads(database, export) == 2


def test_another_visitor_uses_another(
    new_window: Callable[[], Browser], path: str, database: Database, export: Export
) -> None:
    for _ in range(2):
        window = new_window()
        window.send(window.open(path), path)
    assert downloads(database, export) == 2


def test_once_all_are_used_there_is_no_button_and_no_file(
    new_window: Callable[[], Browser], path: str, database: Database, export: Export
) -> None:
    with database.write() as session:
        session.get_one(Export, export.id).downloads = 4
    last, late = new_window(), new_window()
    form = late.open(path)
    last.send(last.open(path), path)
    refused = late.send(form, path)
    assert refused.status == 409
    assert "Ask for a new one in the chat" in refused.text
    page = late.open(path)
    assert "0 of 5" in page.text
    assert "Download the copy" not in page.html
    assert "Ask for a new copy in the chat" in page.text
    again = last.send(last.open(path), path)
    assert again.response.headers["Content-Type"] == "application/zip", "their hour isn't over"
    assert downloads(database, export) == 5


def test_a_ticket_of_another_export_opens_nothing(
    window: Browser, path: str, database: Database, settings: Settings, policies: Policies
) -> None:
    window.send(window.open(path), path)
    ticket = window.client.cookies["offboarding-download"]
    with database.write() as session:
        other = exports.request(session, make_customer(session, "ben@example.org"), "d" * 32)
    exports.build(database, other.id, settings, policies, KEPT)
    theirs = address(other, settings)
    assert window.open(f"{theirs}/file?ticket={ticket}").path == theirs
    assert window.open(f"{path}/file?ticket={ticket}x").path == path


@pytest.mark.parametrize("state", [ExportState.REVOKED, ExportState.ERASED])
def test_revoked_or_erased_page_button_and_ticket_are_dead(
    window: Browser, path: str, database: Database, export: Export, state: ExportState
) -> None:
    form = window.open(path)
    ticketed = str(window.send(form, path).response.url)
    with database.write() as session:
        session.get_one(Export, export.id).state = state
    for page in (window.open(path), window.send(form, path), window.open(ticketed)):
        assert page.status == 404
        assert "There is nothing here" in page.text


def test_expired_it_says_what_to_do(window: Browser, path: str) -> None:
    with time_machine.travel(clock.now() + timedelta(days=31)):
        page = window.open(path)
    assert page.status == 404
    assert "expired. Ask for a new copy" in page.text


def test_a_file_that_is_gone_uses_no_download_up(
    window: Browser, path: str, database: Database, export: Export, settings: Settings
) -> None:
    form = window.open(path)
    exports.export_path(export.id, settings).unlink()
    assert window.open(path).status == 404
    assert window.send(form, path).status == 404
    assert downloads(database, export) == 0


def test_while_it_is_made_the_page_says_how_far_it_is(
    window: Browser, database: Database, export: Export, settings: Settings
) -> None:
    path = address(export, settings)
    assert "begun yet. We mail you as soon as it is ready" in window.open(path).text
    parts = [
        Description("profile", "Who you are.", "tables"),
        Description("notes", "Your notes.", "sql"),
        Description("files", "Your files.", "http"),
    ]
    kept = KeptProgress(database, export.id, parts)
    kept.begin(parts[0], 1)
    kept.advance()
    kept.end()
    kept.begin(parts[1], 12_345)
    page = window.open(path)
    for words in (
        "1 of 3 parts are done, 1 row so far",
        "Who you are. Done: 1 row",
        "Your notes. 0 of 12,345 rows",
        "Your files. To come",
        "Look again",
    ):
        assert words in page.text
    assert window.client.post(path).status_code == 404


def test_while_it_is_hindered_the_page_says_so_and_not_why(
    window: Browser, database: Database, export: Export, settings: Settings
) -> None:
    with database.write() as session:
        session.get_one(Export, export.id).problem = "The source crm answers with status 500."
    page = window.open(address(export, settings))
    assert "It is tried again" in page.text
    assert "crm" not in page.html


def test_the_customer_is_named_nowhere_on_it(
    window: Browser, path: str, database: Database, export: Export
) -> None:
    with database.read() as session:
        customer = session.get_one(Customer, export.customer_id)
    for known in (customer.full_name, customer.email, customer.external_id):
        assert known not in window.open(path).html


@pytest.mark.parametrize("place", [None, "https://www.example.org/my-content"])
def test_the_page_and_the_archive_say_what_is_not_in_it_and_where_that_is(
    new_window: Callable[[], Browser],
    export: Export,
    *,
    database: Database,
    settings: Settings,
    policies: Policies,
    place: str | None,
) -> None:
    settings.sandbox = False
    settings.content_url = HttpUrl(place) if place else None
    exports.build(database, export.id, settings, policies, KEPT)
    page = new_window().open(address(export, settings)).html
    with zipfile.ZipFile(exports.export_path(export.id, settings)) as copy:
        readme = copy.read("README.html").decode()
    assert "Nothing else is in it" in page
    assert "Nothing else is in it" in readme
    assert "profile, subscriptions, ledger" in readme
    if place is not None:
        assert place in page
        assert place in readme
    else:
        assert "person can help you" in " ".join(page.split())
        assert "a person can help you" in readme
