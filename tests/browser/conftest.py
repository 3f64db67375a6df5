"""A real Chromium in front of a real house."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Protocol

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from tests.browser.customer import Customer, take_picture
from tests.browser.watch import Watch
from tests.house import House

PATIENCE = 30_000
"""Milliseconds; a busy machine is slow, and nothing here is about speed."""
CHROMIUM = os.environ.get("OFFBOARD_TEST_CHROMIUM") or "/usr/bin/chromium"
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
]
PICTURES = "OFFBOARD_SCREENSHOTS"

expect.set_options(timeout=PATIENCE)


class NewCustomer(Protocol):
    """Opens a browser of one's own at a house; options are those of a Playwright context."""

    def __call__(self, house: House, /, **options: Any) -> Customer: ...


# Of a module, not of the session: while it runs, no other test could run an event loop.
@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """The browser."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def new_customer(chromium: Browser) -> Iterator[NewCustomer]:
    """A maker of customers, each with a browser that shares nothing with another's.

    In the end none of their pages may have complained of anything, nor asked another origin.
    """
    opened: list[tuple[BrowserContext, Watch, House]] = []

    def open_one(house: House, /, **options: Any) -> Customer:
        settings = {"viewport": {"width": 1200, "height": 800}, "locale": "en-GB", **options}
        context = chromium.new_context(**settings)
        context.set_default_timeout(PATIENCE)
        watch = Watch(context)
        opened.append((context, watch, house))
        return Customer(context.new_page(), house, watch)

    yield open_one
    addresses = [house.address for _, _, house in opened]
    for context, _, _ in opened:
        context.close()
    for (_, watch, _), address in zip(opened, addresses, strict=True):
        assert watch.unexcused == []
        assert watch.origins <= {address, *watch.other_origins}


@pytest.fixture
def customer(new_customer: NewCustomer, house: House) -> Customer:
    """Somebody who is not signed in and has just come to the site."""
    someone = new_customer(house)
    someone.visit()
    return someone


@pytest.fixture
def maya(new_customer: NewCustomer, house: House) -> Customer:
    """Maya Okafor, signed in, with the chat open."""
    someone = new_customer(house)
    someone.sign_in("Maya Okafor")
    someone.open_chat()
    return someone


@pytest.fixture
def picture(request: pytest.FixtureRequest) -> Callable[[Page, str], None]:
    """Keeps a picture in the folder OFFBOARD_SCREENSHOTS; does nothing without one."""
    named = os.environ.get(PICTURES)
    folder = Path(named) if named else None
    return lambda page, name: take_picture(page, folder, name)
