"""A customer's phone as a newcomer holds it: in a real browser, with a small application."""

import os
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Literal

import httpx
import phonenumbers
import pytest
from fastapi import FastAPI
from playwright.async_api import Page, async_playwright, expect
from twilio.rest import Client

from offboard import tables  # noqa: F401 (the tables must be known before they are made)
from offboarding.database import Base, Database
from offboarding.settings import Settings
from sandbox import company
from sandbox.customers import CUSTOMERS
from sandbox.mailbox import MailStore
from sandbox.pages import router as company_pages
from sandbox.phone.network.model import Status
from sandbox.phone.page.difficulties import BY_NAME
from sandbox.phone.page.phones import known_phones
from sandbox.phone.server import TwilioStandIn
from tests.browser.conftest import ARGUMENTS, CHROMIUM, PATIENCE
from tests.channels.stand_in import served
from tests.keys import KEYS
from tests.sandbox.phone.conftest import MAYA, SmallApp, answering, listening, send
from tests.sandbox.slack.test_desk_page import judged

expect.set_options(timeout=PATIENCE)

JONAS = "+447700900142"


class TestPhones:
    def test_each_customer_s_number_could_be_one_and_two_share_theirs(self) -> None:
        numbers = [each.phone for each in CUSTOMERS if each.phone is not None]
        assert all(phonenumbers.is_possible_number(phonenumbers.parse(each)) for each in numbers)
        shared = [each for each in known_phones() if len(each.owners) > 1]
        assert [each.owners for each in shared] == [("Sofia Lindqvist", "Tomas Moreno")]
        assert known_phones()[-1].owners == ()


class TestRoutes:
    async def test_the_page_runs_nothing_foreign(self, twilio: TwilioStandIn) -> None:
        async with httpx.AsyncClient(base_url=twilio.own_url) as client:
            page = await client.get("/sandbox/phone")
        policy = page.headers["content-security-policy"]
        assert "script-src 'self';" in policy
        assert not re.search(r"<script(?![^>]* src=)|<style| style=| on\w+=", page.text)

    async def test_another_website_can_t_write_on_the_phone(self, twilio: TwilioStandIn) -> None:
        act = {"do": "text", "number": MAYA, "text": "hello"}
        async with httpx.AsyncClient(base_url=twilio.own_url) as client:
            foreign = {"Origin": "https://evil.example"}
            refused = await client.post("/sandbox/phone/act", json=act, headers=foreign)
            own = await client.post(
                "/sandbox/phone/act", json=act, headers={"Origin": twilio.own_url}
            )
        assert (refused.status_code, own.status_code) == (403, 200)
        assert [each.body for each in twilio.exchange.texts] == ["hello"]

    async def test_what_can_t_be_done_is_said_in_a_sentence(self, twilio: TwilioStandIn) -> None:
        acts = [
            {"do": "text", "number": MAYA, "text": " "},
            {"do": "text", "number": MAYA, "text": 1601 * "a"},
            {"do": "text", "number": "+15005550006", "text": "hello"},
            {"do": "difficulty", "name": "earthquake"},
            {"do": "dance"},
        ]
        headers = {"Origin": twilio.own_url}
        async with httpx.AsyncClient(base_url=twilio.own_url, headers=headers) as client:
            for act in acts:
                answer = await client.post("/sandbox/phone/act", json=act)
                assert answer.json()["problem"].endswith(".")
            assert (await client.get("/sandbox/phone/state.json?number=1")).status_code == 404

    async def test_every_difficulty_can_be_switched_on_and_off(self, twilio: TwilioStandIn) -> None:
        headers = {"Origin": twilio.own_url}
        async with httpx.AsyncClient(base_url=twilio.own_url, headers=headers) as client:

            async def on_after(name: str, *, on: bool) -> list[str]:
                act = {"do": "difficulty", "name": name, "on": on}
                assert (await client.post("/sandbox/phone/act", json=act)).json() == {}
                query = {"number": MAYA}
                state = (await client.get("/sandbox/phone/state.json", params=query)).json()
                return [each for each, is_ in state["difficulties"].items() if is_["on"]]

            for name in BY_NAME:
                assert await on_after(name, on=True) == [name]
                assert await on_after(name, on=False) == []


@pytest.fixture
async def pages(twilio: TwilioStandIn, settings: Settings, tmp_path: Path) -> AsyncIterator[str]:
    """The company's website and the phone, at one address."""
    database = Database(f"sqlite:///{tmp_path / 'company.db'}", KEYS)
    Base.metadata.create_all(database.engine)
    with database.write() as session:
        company.seed(session, settings)
    application = FastAPI()
    mails = MailStore(settings.data_directory)
    application.include_router(twilio.router())
    application.include_router(company_pages(settings, database, mails, lambda: None))
    async with served(application) as address:
        await listening(address)
        yield address
    database.close()


@pytest.fixture
async def phone(pages: str) -> AsyncIterator[Page]:
    """A browser at the phone; in the end, nothing may have been complained of."""
    complaints: list[str] = []
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        new = await browser.new_page(viewport={"width": 1280, "height": 900}, locale="en-GB")
        new.set_default_timeout(PATIENCE)
        new.on("pageerror", lambda error: complaints.append(str(error)))
        new.on(
            "console",
            lambda line: complaints.append(line.text) if line.type == "error" else None,
        )
        await new.goto(f"{pages}/sandbox/phone")
        yield new
        await browser.close()
    assert complaints == []


async def picture(page: Page, name: str) -> None:
    folder = os.environ.get("OFFBOARD_SCREENSHOTS")
    if folder:
        await page.screenshot(path=f"{folder}/phone-{name}.png")


async def write(phone: Page, words: str) -> None:
    """Type it and press Enter."""
    await phone.get_by_label("Text to Larkspur Notes").fill(words)
    await phone.keyboard.press("Enter")


@pytest.mark.browser
async def test_a_customer_writes_and_reads_what_the_assistant_answers(
    phone: Page, twilio: TwilioStandIn, client: Client, app: SmallApp
) -> None:
    await expect(phone.get_by_text("No texts yet.")).to_be_visible()
    await expect(phone.get_by_text("Maya Okafor has this number on file.")).to_be_visible()
    await picture(phone, "empty")
    app.answer = answering(
        "<Response><Message>Pro ends 14 Dec. Receipt: http://127.0.0.1:9/r/7F3K-22. Thanks \u2019"
        "</Message></Response>"
    )
    await phone.get_by_label("Text to Larkspur Notes").fill("I want")
    await phone.keyboard.press("Shift+Enter")
    await phone.keyboard.type("to leave")
    await phone.keyboard.press("Enter")
    texts = phone.get_by_role("log", name="Texts")
    await expect(texts).to_contain_text("1 segment, UCS-2 because of \u2019. Delivered")
    assert app.bodies() == ["I want\nto leave"]
    mine, answer = await texts.get_by_role("article").all()
    await expect(mine).to_contain_text("You: I want to leave")
    link = answer.get_by_role("link")
    await expect(link).to_have_attribute("href", "http://127.0.0.1:9/r/7F3K-22")
    await expect(link).to_have_attribute("target", "_blank")
    await expect(phone.get_by_label("Text to Larkspur Notes")).to_be_focused()
    twilio.faults.undeliverable(30003)
    await send(twilio, client, "Are you there?")
    await expect(texts).to_contain_text(
        "1 segment, GSM-7. Not delivered: the phone is off or out of reach (error 30003)"
    )
    await picture(phone, "talk")
    await phone.reload()
    await expect(texts).to_contain_text("Are you there?")


@pytest.mark.browser
async def test_a_phone_that_has_stopped_texts_says_so_until_it_wants_them_again(
    phone: Page, twilio: TwilioStandIn, app: SmallApp
) -> None:
    await write(phone, "CANCEL")
    note = "Twilio has blocked texts to this number: they wrote CANCEL alone."
    await expect(phone.get_by_text(note)).to_be_visible()
    await expect(phone.get_by_role("log")).to_contain_text("Written by Twilio itself")
    await write(phone, "HELP")
    await expect(phone.get_by_role("log")).to_contain_text("The assistant doesn't get it.")
    await picture(phone, "blocked")
    await write(phone, "START")
    await expect(phone.get_by_text(note)).to_be_hidden()


@pytest.mark.browser
async def test_texts_that_are_written_in_one_go_are_all_sent_in_order(
    phone: Page, twilio: TwilioStandIn, app: SmallApp
) -> None:
    for words in ("one", "two", "three"):
        await write(phone, words)
    await expect(phone.get_by_role("log")).to_contain_text("three")
    written = [each.body for each in twilio.phone.shown(MAYA) if each.inbound]
    assert written == ["one", "two", "three"]


@pytest.mark.browser
async def test_each_phone_has_its_own_texts_and_begun_words(
    phone: Page, twilio: TwilioStandIn, client: Client, app: SmallApp
) -> None:
    box = phone.get_by_label("Text to Larkspur Notes")
    await send(twilio, client, "For Jonas", JONAS)
    await box.fill("Maya's words")
    await phone.get_by_label("Whose phone").select_option(JONAS)
    await expect(phone.get_by_role("log")).to_contain_text("For Jonas")
    await expect(box).to_have_value("")
    await phone.get_by_label("Whose phone").select_option("+46701740612")
    note = "Sofia Lindqvist and Tomas Moreno both have this number on file."
    await expect(phone.get_by_text(note)).to_be_visible()
    await phone.get_by_label("Whose phone").select_option(MAYA)
    await expect(box).to_have_value("Maya's words")
    await phone.go_back()
    await expect(phone.get_by_text(note)).to_be_visible()


@pytest.mark.browser
async def test_what_was_made_difficult_goes_off_by_itself(
    phone: Page, twilio: TwilioStandIn, client: Client, app: SmallApp
) -> None:
    await phone.get_by_text("Make it difficult").click()
    switch = phone.get_by_role("switch", name=re.compile("phone is off"))
    await switch.check()
    await expect(switch).to_be_checked()
    await expect(phone.get_by_text("2 to come")).to_be_visible()
    await picture(phone, "difficult")
    for body in ("one", "two"):
        await send(twilio, client, body)
    await expect(switch).not_to_be_checked()
    await twilio.phone.settled()
    assert {each.status for each in twilio.phone.messages_to(MAYA)} == {Status.UNDELIVERED}


@pytest.mark.browser
async def test_a_text_that_the_assistant_never_got_says_why(
    phone: Page, twilio: TwilioStandIn
) -> None:
    twilio.app_url = "http://127.0.0.1:1"
    await write(phone, "Anybody?")
    await expect(phone.get_by_role("log")).to_contain_text("nobody listens where it should be")


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_axe_finds_nothing_wrong_and_a_small_screen_is_wide_enough(
    phone: Page,
    twilio: TwilioStandIn,
    client: Client,
    app: SmallApp,
    scheme: Literal["light", "dark"],
) -> None:
    await phone.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    twilio.faults.undeliverable(30005)
    await send(twilio, client, f"See http://127.0.0.1:9/{'long' * 30}")
    await send(twilio, client, "And this arrives.")
    await write(phone, "STOP")
    await expect(phone.get_by_text("Twilio has blocked texts")).to_be_visible()
    await phone.get_by_text("Make it difficult").click()
    wrong = await judged(phone)
    await phone.set_viewport_size({"width": 320, "height": 640})
    assert await phone.evaluate("document.documentElement.scrollWidth <= innerWidth")
    await picture(phone, f"small-{scheme}")
    assert wrong + await judged(phone) == []
