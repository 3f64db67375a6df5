"""The desk as a newcomer has it: in a real browser, with a small Bolt application behind it."""

import asyncio
import os
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Literal

import httpx
import pytest
from fastapi import FastAPI
from playwright.async_api import Page, Route, async_playwright, expect
from slack_bolt.async_app import AsyncAck
from slack_sdk.web.async_client import AsyncWebClient

from offboard import tables  # noqa: F401 (the tables must be known before they are made)
from offboarding.database import Base, Database
from offboarding.settings import Settings
from sandbox import company
from sandbox.mailbox import MailStore
from sandbox.pages import router as company_pages
from sandbox.slack.server import SlackStandIn
from tests.browser.axe import AXE, TAGS
from tests.browser.conftest import ARGUMENTS, CHROMIUM, PATIENCE
from tests.channels.stand_in import served
from tests.keys import KEYS
from tests.sandbox.slack.conftest import SUPPORT, SmallApp
from tests.sandbox.slack.test_deliveries import OFFER
from tests.sandbox.slack.test_web_api import button, section

expect.set_options(timeout=PATIENCE)

CUSTOMERS_WORDS = "&lt;!channel&gt; *bold* <https://x.example/a|a link> &lt;img src=x&gt; :eyes:"
CONFIRM = {
    "title": {"type": "plain_text", "text": "Resolve it?"},
    "text": {"type": "plain_text", "text": "The customer gets a receipt."},
    "confirm": {"type": "plain_text", "text": "Resolve"},
    "deny": {"type": "plain_text", "text": "Not yet"},
}
CARD: list[dict[str, Any]] = [
    {"type": "header", "text": {"type": "plain_text", "text": "Maya Okafor waits"}},
    {
        **section(f"> {CUSTOMERS_WORDS}"),
        "fields": [
            {"type": "mrkdwn", "text": "*Plan*\nPro, 12 a month"},
            {"type": "mrkdwn", "text": "*Reason*\nToo expensive"},
        ],
        "accessory": {
            "type": "overflow",
            "action_id": "more",
            "options": [
                {"text": {"type": "plain_text", "text": "Full history"}, "value": "history"},
                {"text": {"type": "plain_text", "text": "Hand back"}, "value": "back"},
            ],
        },
    },
    {"type": "divider"},
    {
        "type": "actions",
        "elements": [
            {**button("claim", "Claim"), "style": "primary"},
            button("offer", "Make an offer"),
            {**button("resolve", "Resolve"), "style": "danger", "confirm": CONFIRM},
        ],
    },
    {"type": "context", "elements": [{"type": "mrkdwn", "text": "Waiting for _2 minutes_"}]},
]


class TestRoutes:
    async def test_the_page_runs_nothing_foreign_and_may_be_framed_by_its_own_alone(
        self, slack: SlackStandIn
    ) -> None:
        async with httpx.AsyncClient(base_url=slack.own_url) as client:
            for path in ("/sandbox/desk", "/sandbox/both"):
                page = await client.get(path)
                policy = page.headers["content-security-policy"]
                assert "script-src 'self';" in policy
                assert "frame-ancestors 'self'" in policy
                assert not re.search(r"<script(?![^>]* src=)|<style| style=| on\w+=", page.text)

    async def test_every_part_of_the_page_is_served(self, slack: SlackStandIn) -> None:
        async with httpx.AsyncClient(base_url=slack.own_url) as client:
            page = (await client.get("/sandbox/desk")).text
            for path in re.findall(r"/sandbox/desk/static/[\w.-]+", page):
                assert (await client.get(path)).status_code == 200
            assert (await client.get("/sandbox/desk/static/pages.py")).status_code == 404

    async def test_another_website_can_t_act_as_an_agent(self, slack: SlackStandIn) -> None:
        act = {"agent": "sam", "do": "post", "channel": SUPPORT, "text": "hello"}
        async with httpx.AsyncClient(base_url=slack.own_url) as client:
            foreign = {"Origin": "https://evil.example"}
            refused = await client.post("/sandbox/desk/act", json=act, headers=foreign)
            own = await client.post(
                "/sandbox/desk/act", json=act, headers={"Origin": slack.own_url}
            )
        assert (refused.status_code, own.status_code) == (403, 200)
        assert [each.text for each in slack.workspace.in_channel(SUPPORT)] == ["hello"]

    async def test_what_can_t_be_done_is_said_in_a_sentence(self, slack: SlackStandIn) -> None:
        slack.faults.archive(SUPPORT)
        acts = [
            {"do": "post", "channel": SUPPORT, "text": "x"},
            {"do": "slash", "channel": "C0BILLING", "text": "/giphy cat"},
            {"do": "submit", "view": "V0GONE"},
            {"do": "dance"},
        ]
        async with httpx.AsyncClient(
            base_url=slack.own_url, headers={"Origin": slack.own_url}
        ) as client:
            for act in acts:
                answer = await client.post("/sandbox/desk/act", json={"agent": "sam", **act})
                assert answer.json()["problem"].endswith(".")

    async def test_a_press_on_a_card_that_has_changed_meanwhile_reaches_the_app(
        self, slack: SlackStandIn, app: SmallApp
    ) -> None:
        values: list[str] = []

        @app.bolt.action("claim")
        async def claim(ack: AsyncAck, action: dict[str, Any]) -> None:
            values.append(action["value"])
            await ack()

        seen = {**button("claim", "Claim"), "value": "hand-off"}
        blocks = [{"type": "actions", "block_id": "doing", "elements": [seen]}]
        card = await app.client.chat_postMessage(channel=SUPPORT, text="Maya", blocks=blocks)
        await app.client.chat_update(channel=SUPPORT, ts=card["ts"], text="Noor has it", blocks=[])
        press = {"do": "press", "ts": card["ts"], "action": "claim", "block": "doing"}
        async with httpx.AsyncClient(
            base_url=slack.own_url, headers={"Origin": slack.own_url}
        ) as client:
            answer = await client.post(
                "/sandbox/desk/act", json={"agent": "sam", **press, "element": seen}
            )
        assert answer.json() == {}
        assert values == ["hand-off"]


@pytest.fixture
async def pages(slack: SlackStandIn, settings: Settings, tmp_path: Path) -> AsyncIterator[str]:
    """The company's website and the desk, at one address."""
    database = Database(f"sqlite:///{tmp_path / 'company.db'}", KEYS)
    Base.metadata.create_all(database.engine)
    with database.write() as session:
        company.seed(session, settings)
    application = FastAPI()
    mails = MailStore(settings.data_directory)
    application.include_router(slack.router())
    application.include_router(company_pages(settings, database, mails, lambda: None))
    async with served(application) as address:
        yield address
    database.close()


@pytest.fixture
async def desk(pages: str) -> AsyncIterator[Page]:
    """A browser at the desk; in the end, nothing may have been complained of."""
    complaints: list[str] = []
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        new = await browser.new_page(viewport={"width": 1280, "height": 800}, locale="en-GB")
        new.set_default_timeout(PATIENCE)
        new.on("pageerror", lambda error: complaints.append(str(error)))
        new.on(
            "console",
            lambda line: complaints.append(line.text) if line.type == "error" else None,
        )
        await new.goto(f"{pages}/sandbox/desk")
        yield new
        await browser.close()
    assert complaints == []


async def picture(page: Page, name: str) -> None:
    folder = os.environ.get("OFFBOARD_SCREENSHOTS")
    if folder:
        await page.screenshot(path=f"{folder}/desk-{name}.png")


@pytest.fixture
def pressed(app: SmallApp) -> list[str]:
    """What was pressed on the card, which the app answers by a word and a reaction."""
    actions: list[str] = []

    @app.bolt.action(re.compile("claim|resolve|more"))
    async def press(ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient) -> None:
        action = body["actions"][0]
        actions.append(action["action_id"])
        await ack()
        text = f"{action['action_id']} by {body['user']['name']}"
        channel, ts = body["channel"]["id"], body["message"]["ts"]
        await client.chat_postEphemeral(channel=channel, user=body["user"]["id"], text=text)
        if action["action_id"] == "claim":
            await client.reactions_add(channel=channel, timestamp=ts, name="eyes")

    return actions


@pytest.mark.browser
async def test_an_agent_claims_and_answers_in_the_thread(
    desk: Page, slack: SlackStandIn, app: SmallApp, pressed: list[str]
) -> None:
    await expect(desk.get_by_text("Nobody waits here.")).to_be_visible()
    await picture(desk, "empty")
    card = await app.client.chat_postMessage(channel=SUPPORT, text="Maya waits", blocks=CARD)
    words = desk.locator(".desk-message blockquote")
    await expect(words).to_contain_text("<!channel> bold a link <img src=x>")
    await expect(words.locator("strong")).to_have_text("bold")
    await expect(words.locator("a")).to_have_attribute("href", "https://x.example/a")
    assert await words.locator("img").count() == 0

    await desk.get_by_role("button", name="Claim").click()
    await expect(desk.get_by_text("claim by sam")).to_be_visible()
    await expect(desk.get_by_text("Only visible to you")).to_be_visible()
    await expect(desk.get_by_role("button", name="eyes 1 by Larkspur off-boarding")).to_be_visible()
    assert pressed == ["claim"]

    await desk.get_by_role("button", name="Reply in a thread").click()
    await desk.get_by_label("Reply in the thread").fill("Hello Maya, 5 < 6")
    await desk.keyboard.press("Enter")
    await expect(desk.get_by_role("log", name="Thread")).to_contain_text("Hello Maya, 5 < 6")
    await slack.driver.until(lambda: app.heard)
    assert app.heard[0]["text"] == "Hello Maya, 5 &lt; 6"
    assert app.heard[0]["thread_ts"] == card["ts"]
    await picture(desk, "thread")

    await desk.get_by_role("button", name="Close").click()
    await app.client.chat_postMessage(channel=SUPPORT, text="Thanks", thread_ts=card["ts"])
    await expect(desk.get_by_text("New", exact=True)).to_be_visible()
    await desk.get_by_role("button", name="2 replies").click()
    await expect(desk.get_by_role("log", name="Thread")).to_contain_text("Thanks")
    await expect(desk.get_by_text("New", exact=True)).to_be_hidden()


@pytest.mark.browser
async def test_an_agent_fills_in_what_the_app_opens(desk: Page, app: SmallApp) -> None:
    taken: list[dict[str, Any]] = []

    @app.bolt.action("offer")
    async def offer(ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient) -> None:
        await ack()
        await client.views_open(trigger_id=body["trigger_id"], view=OFFER)

    @app.bolt.view("offer")
    async def submitted(ack: AsyncAck, view: dict[str, Any]) -> None:
        values = view["state"]["values"]
        if values["amount"]["percent"]["value"] == "40":
            await ack(response_action="errors", errors={"amount": "At most 30."})
            return
        taken.append(values)
        await ack()

    await app.client.chat_postMessage(channel=SUPPORT, text="Maya waits", blocks=CARD)
    await desk.get_by_role("button", name="Make an offer").click()
    modal = desk.get_by_role("dialog", name="Make an offer")
    await modal.get_by_label("Percent").fill("40")
    await modal.get_by_role("button", name="Offer").click()
    await expect(modal.get_by_text("Please complete this required field.")).to_be_visible()
    await modal.get_by_label("Kind").select_option("Pause")
    await modal.get_by_role("button", name="Offer").click()
    await expect(modal.get_by_text("At most 30.")).to_be_visible()
    await expect(modal.get_by_label("Percent")).to_be_focused()
    await picture(desk, "modal")
    await modal.get_by_label("Percent").fill("20")
    await desk.keyboard.press("Enter")
    await expect(modal).to_be_hidden()
    assert taken[0]["amount"]["percent"]["value"] == "20"
    assert taken[0]["kind"]["kind"]["selected_option"]["value"] == "pause"


def offer_of(kind: str) -> dict[str, Any]:
    """A window whose fields depend on what is chosen in it."""
    kinds = [
        {"text": {"type": "plain_text", "text": each}, "value": each.lower()}
        for each in ("Pause", "Discount")
    ]
    choice = {
        "type": "input",
        "block_id": "kind",
        "label": {"type": "plain_text", "text": "What"},
        "dispatch_action": True,
        "element": {
            "type": "static_select",
            "action_id": "kind",
            "options": kinds,
            "initial_option": kinds[0],
        },
    }
    fields = {"pause": "Months", "discount": "Percent"}
    inputs = [
        {
            "type": "input",
            "block_id": name,
            "label": {"type": "plain_text", "text": name},
            "element": {"type": "plain_text_input", "action_id": name},
        }
        for name in ("Why", fields[kind])
    ]
    return {**OFFER, "blocks": [choice, *inputs]}


@pytest.mark.browser
async def test_a_choice_in_a_window_changes_its_fields_and_keeps_what_was_typed(
    desk: Page, app: SmallApp
) -> None:
    @app.bolt.action("offer")
    async def offer(ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient) -> None:
        await ack()
        await client.views_open(trigger_id=body["trigger_id"], view=offer_of("pause"))

    @app.bolt.action("kind")
    async def chosen(ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient) -> None:
        await ack()
        kind = body["view"]["state"]["values"]["kind"]["kind"]["selected_option"]["value"]
        await client.views_update(view_id=body["view"]["id"], view=offer_of(kind))

    @app.bolt.view("offer")
    async def submitted(ack: AsyncAck) -> None:
        await ack(response_action="errors", errors={"Percent": "At most 30.", "gone": "And that."})

    await app.client.chat_postMessage(channel=SUPPORT, text="Maya waits", blocks=CARD)
    await desk.get_by_role("button", name="Make an offer").click()
    modal = desk.get_by_role("dialog", name="Make an offer")
    await modal.get_by_label("Why").fill("She asked")
    await modal.get_by_label("What").select_option("Discount")
    await modal.get_by_label("Percent").fill("40")
    await expect(modal.get_by_label("Why")).to_have_value("She asked")
    await expect(modal.get_by_label("What")).to_have_value("discount")
    await modal.get_by_role("button", name="Offer").click()
    await expect(modal.get_by_text("At most 30.")).to_be_visible()
    await expect(modal.get_by_text("And that.")).to_be_visible()


@pytest.mark.browser
async def test_a_choice_that_the_app_does_not_take_is_said_in_the_window(
    desk: Page, slack: SlackStandIn, app: SmallApp
) -> None:
    trigger = slack.workspace.views.trigger("U0SAMOKAFOR")
    await app.client.views_open(trigger_id=trigger, view=offer_of("pause"))
    modal = desk.get_by_role("dialog", name="Make an offer")
    await modal.get_by_label("What").select_option("Discount")
    await expect(modal.get_by_role("alert")).to_contain_text("didn't answer")


@pytest.mark.browser
async def test_a_window_opens_in_the_tab_that_asked_for_it_until_that_is_loaded_anew(
    desk: Page, app: SmallApp
) -> None:
    @app.bolt.action("offer")
    async def offer(ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient) -> None:
        await ack()
        await client.views_open(trigger_id=body["trigger_id"], view=OFFER)

    await app.client.chat_postMessage(channel=SUPPORT, text="Maya waits", blocks=CARD)
    assert desk.context.browser is not None
    other = await desk.context.browser.new_page()
    await other.goto(desk.url)
    await other.get_by_role("button", name="Make an offer").click()
    await expect(other.get_by_role("dialog")).to_be_visible()
    await desk.bring_to_front()
    await app.client.chat_postMessage(channel=SUPPORT, text="And Jo")
    await expect(desk.get_by_text("And Jo")).to_be_visible()
    await expect(desk.get_by_role("dialog")).to_be_hidden()
    await other.reload()
    await expect(other.get_by_text("And Jo")).to_be_visible()
    await expect(other.get_by_role("dialog")).to_be_hidden()


@pytest.mark.browser
async def test_who_claims_is_led_to_the_thread_and_reminders_stand_in_the_channel_too(
    desk: Page, slack: SlackStandIn, app: SmallApp
) -> None:
    @app.bolt.action("desk_claim")
    async def claim(ack: AsyncAck) -> None:
        await ack()

    blocks = [{"type": "actions", "elements": [button("desk_claim", "Claim")]}]
    card = await app.client.chat_postMessage(channel=SUPPORT, text="Maya waits", blocks=blocks)
    await app.client.chat_postMessage(
        channel=SUPPORT, text="Still waiting", thread_ts=card["ts"], reply_broadcast=True
    )
    channel, thread = (desk.get_by_role("log", name=name) for name in ("Messages", "Thread"))
    await expect(channel).to_contain_text("Still waiting")
    await desk.get_by_role("button", name="Claim").click()
    await expect(desk.get_by_label("Reply in the thread")).to_be_focused()
    await expect(thread).to_contain_text("Still waiting")
    said = await slack.driver.post("Sam", SUPPORT, "Hello", card["ts"])
    await app.client.reactions_add(channel=SUPPORT, timestamp=said.ts, name="white_check_mark")
    await expect(thread.get_by_title(re.compile("white check mark, by"))).to_contain_text("sent")
    await expect(desk.get_by_text("No customer reads what you write here.")).to_be_visible()
    await desk.get_by_role("button", name="Close").click()
    await desk.get_by_role("button", name="Also in a thread: open it").click()
    await expect(thread).to_contain_text("Hello")


@pytest.mark.browser
async def test_what_is_typed_and_not_sent_stays_with_its_channel_and_its_thread(
    desk: Page, app: SmallApp
) -> None:
    for name in ("Maya", "Jo"):
        card = await app.client.chat_postMessage(channel=SUPPORT, text=f"{name} waits")
        await app.client.chat_postMessage(channel=SUPPORT, text="Help", thread_ts=card["ts"])
    message, reply = desk.get_by_label("Message", exact=True), desk.get_by_label("Reply in the")
    support, billing = (
        desk.get_by_role("link", name=f"#offboarding-{team}") for team in ("support", "billing")
    )
    await message.fill("/offboarding practice")
    await desk.get_by_role("button", name="1 reply").first.click()
    await reply.fill("For Maya alone")
    await desk.get_by_role("button", name="1 reply").last.click()
    await expect(desk.get_by_role("log", name="Thread")).to_contain_text("Jo waits")
    await expect(reply).to_have_value("")
    await desk.get_by_role("button", name="1 reply").first.click()
    await expect(reply).to_have_value("For Maya alone")

    await billing.click()
    await expect(desk.get_by_role("heading", name="#offboarding-billing")).to_be_visible()
    await expect(message).to_have_value("")
    await support.click()
    await expect(message).to_have_value("/offboarding practice")


@pytest.mark.browser
async def test_a_command_that_was_answered_late_does_not_come_back(
    desk: Page, slack: SlackStandIn, app: SmallApp
) -> None:
    message = desk.get_by_label("Message", exact=True)
    await message.fill("/offboarding practice")
    await desk.keyboard.press("Enter")
    await expect(desk.get_by_role("alert")).to_contain_text("didn't answer")
    await expect(message).to_have_value("/offboarding practice")
    await app.client.views_open(trigger_id=slack.workspace.views.trigger("U0SAMOKAFOR"), view=OFFER)
    await expect(desk.get_by_role("dialog")).to_be_visible()
    await expect(message).to_have_value("")


@pytest.mark.browser
async def test_what_is_typed_before_another_agent_has_arrived_is_for_that_one(desk: Page) -> None:
    may_load = asyncio.Event()

    async def late(route: Route) -> None:
        await may_load.wait()
        await route.continue_()

    message = desk.get_by_label("Message", exact=True)
    await expect(desk.get_by_role("link", name="#offboarding-support")).to_be_visible()
    await message.fill("For Sam")
    await desk.route("**/sandbox/desk/state.json*", late)
    await desk.get_by_label("You are").select_option("Noor Haddad, Support, team lead")
    await expect(message).to_have_value("")
    await message.fill("For Noor")
    may_load.set()
    app = desk.get_by_role("link", name="You and the app")
    await expect(app).to_have_attribute("href", re.compile("D0NOORHADDAD|U0NOORHADDAD"))
    await expect(message).to_have_value("For Noor")
    await desk.get_by_label("You are").select_option("Sam Adeyemi, Support")
    await expect(message).to_have_value("For Sam")


@pytest.mark.browser
async def test_what_is_sent_before_the_next_place_is_shown_reaches_that_one(
    desk: Page, slack: SlackStandIn, app: SmallApp
) -> None:
    cards = [
        await app.client.chat_postMessage(channel=SUPPORT, text=f"{name} waits")
        for name in ("Maya", "Lena")
    ]
    for card in cards:
        await app.client.chat_postMessage(channel=SUPPORT, text="Help", thread_ts=card["ts"])
    await desk.get_by_role("button", name="1 reply").first.click()
    await expect(desk.get_by_role("log", name="Thread")).to_contain_text("Maya waits")
    may_load = asyncio.Event()

    async def late(route: Route) -> None:
        await may_load.wait()
        await route.continue_()

    await desk.route("**/sandbox/desk/state.json*", late)
    await desk.get_by_role("button", name="1 reply").last.click()
    async with desk.expect_response("**/sandbox/desk/act"):
        await desk.get_by_label("Reply in the").fill("For Lena alone")
        await desk.keyboard.press("Enter")
    await desk.get_by_role("link", name="#offboarding-billing").click()
    async with desk.expect_response("**/sandbox/desk/act"):
        await desk.get_by_label("Message", exact=True).fill("For billing")
        await desk.keyboard.press("Enter")
    may_load.set()
    threads = [[each.text for each in slack.workspace.thread(card["ts"])][1:] for card in cards]
    assert threads == [["Help"], ["Help", "For Lena alone"]]
    await expect(desk.get_by_role("log").first).to_contain_text("For billing")
    await expect(desk.get_by_role("heading", name="#offboarding-billing")).to_be_visible()


@pytest.mark.browser
async def test_what_is_sent_while_the_page_loads_reaches_the_channel_it_opens_with(
    desk: Page, pages: str, app: SmallApp
) -> None:
    may_load = asyncio.Event()

    async def late(route: Route) -> None:
        await may_load.wait()
        await route.continue_()

    await desk.route("**/sandbox/desk/state.json*", late)
    await desk.goto(f"{pages}/sandbox/desk")
    message = desk.get_by_label("Message", exact=True)
    async with desk.expect_response("**/sandbox/desk/act"):
        await message.fill("Good morning")
        await desk.keyboard.press("Enter")
    await message.fill("/offboarding practice")
    may_load.set()
    await expect(desk.get_by_role("log", name="Messages")).to_contain_text("Good morning")
    await expect(message).to_have_value("/offboarding practice")

    may_load.clear()
    await desk.reload()
    await message.fill("/offboarding practice")
    await desk.keyboard.press("Enter")
    await expect(desk.get_by_role("alert")).to_contain_text("didn't answer")
    may_load.set()
    await expect(message).to_have_value("/offboarding practice")


@pytest.mark.browser
async def test_the_thread_of_who_is_claimed_takes_the_place_of_the_one_that_is_open(
    desk: Page, app: SmallApp
) -> None:
    @app.bolt.action("desk_claim")
    async def claim(ack: AsyncAck) -> None:
        await ack()

    ended = await app.client.chat_postMessage(channel=SUPPORT, text="Maya has left")
    await app.client.chat_postMessage(channel=SUPPORT, text="Bye", thread_ts=ended["ts"])
    blocks = [section("Jo waits"), {"type": "actions", "elements": [button("desk_claim", "Claim")]}]
    await app.client.chat_postMessage(channel=SUPPORT, text="Jo waits", blocks=blocks)
    await desk.get_by_role("button", name="1 reply").click()
    thread = desk.get_by_role("log", name="Thread")
    await expect(thread).to_contain_text("Bye")

    await desk.get_by_role("button", name="Claim").click()
    await expect(thread).to_contain_text("Jo waits")
    await expect(thread).not_to_contain_text("Bye")
    await expect(desk.get_by_label("Reply in the thread")).to_be_focused()


@pytest.mark.browser
async def test_both_sides_have_one_bar_that_says_who_is_signed_in(desk: Page, pages: str) -> None:
    await desk.route("**/widget.js", lambda route: route.fulfill(content_type="text/javascript"))
    await desk.goto(f"{pages}/sandbox/both")
    customer = desk.frame_locator('iframe[title="The company\'s website"]')
    agents = desk.frame_locator('iframe[title="The desk"]')
    await expect(customer.get_by_role("heading", level=1)).to_be_visible()
    for frame in (customer, agents):
        await expect(frame.get_by_role("complementary", name="Sandbox")).to_be_hidden()
    for width in (1280, 1600):
        await desk.set_viewport_size({"width": width, "height": 800})
        for link in await agents.get_by_role("link", name="#offboarding").all():
            await expect(link).to_be_in_viewport(ratio=1)
    await picture(desk, "both")
    await customer.get_by_role("button", name="Sign in", exact=True).click()
    await customer.get_by_role("button", name="Lena Vogt").click()
    bar = desk.get_by_role("complementary", name="Sandbox")
    await expect(bar.first).to_contain_text("Signed in as Lena Vogt")


@pytest.mark.browser
async def test_the_desk_can_be_used_on_a_phone(desk: Page, app: SmallApp) -> None:
    await desk.set_viewport_size({"width": 320, "height": 640})
    await app.client.chat_postMessage(channel=SUPPORT, text="Maya waits", blocks=CARD)
    await expect(desk.get_by_role("button", name="Make an offer")).to_be_visible()
    assert await desk.evaluate("document.documentElement.scrollWidth <= innerWidth")
    await desk.get_by_label("Message", exact=True).fill("I take it")
    await desk.keyboard.press("Enter")
    await expect(desk.get_by_role("log", name="Messages")).to_contain_text("I take it")
    await picture(desk, "phone")


LONG = f"https://help.larkspur.example/receipts/{'0123456789abcdef' * 6}?until=tomorrow"
LONG_WORDS: list[dict[str, Any]] = [
    {"type": "header", "text": {"type": "plain_text", "text": LONG[:140]}},
    {"type": "section", "text": {"type": "plain_text", "text": f"Here it is: {LONG}"}},
    {
        "type": "section",
        "text": {"type": "mrkdwn", "text": f"<{LONG}>"},
        "fields": [
            {"type": "plain_text", "text": f"E-mail: {'amara.' * 12}okafor@larkspur.example"},
            {"type": "plain_text", "text": f"Plan: {LONG}"},
        ],
        "accessory": button("look", "Look"),
    },
    {"type": "context", "elements": [{"type": "plain_text", "text": f"Noted: {LONG}"}]},
]
IS_CUT = """root => [root, ...root.querySelectorAll("*")]
    .filter(each => !each.matches(".unseen, textarea, option, select"))
    .filter(each => each.getBoundingClientRect().right > innerWidth + 0.5
        || each.scrollWidth > each.clientWidth + 1 && getComputedStyle(each).display !== "inline")
    .map(each => each.tagName + "." + each.className)"""
"""The parts of a page that are wider than what they stand in."""


@pytest.mark.browser
@pytest.mark.parametrize("width", [320, 1280])
async def test_long_addresses_wrap_on_a_phone_and_at_a_desk(
    desk: Page, app: SmallApp, width: int
) -> None:
    @app.bolt.action("look")
    async def look(ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient) -> None:
        await ack()
        title = {"type": "plain_text", "text": "Full history"}
        window = {"type": "modal", "title": title, "blocks": [LONG_WORDS[1], LONG_WORDS[3]]}
        await client.views_open(trigger_id=body["trigger_id"], view=window)

    await desk.set_viewport_size({"width": width, "height": 640})
    card = await app.client.chat_postMessage(channel=SUPPORT, text=LONG, blocks=LONG_WORDS)
    await app.client.chat_postMessage(channel=SUPPORT, text=LONG, thread_ts=card["ts"])
    await desk.get_by_role("button", name="1 reply").click()
    thread = desk.get_by_role("log", name="Thread")
    await expect(thread).to_contain_text(f"Noted: {LONG}")
    assert await desk.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert await thread.evaluate(IS_CUT) == []
    await picture(desk, f"long-{width}")
    await thread.get_by_role("button", name="Look").click()
    history = desk.get_by_role("dialog", name="Full history")
    await expect(history).to_contain_text(LONG)
    assert await history.evaluate(IS_CUT) == []
    await picture(desk, f"long-window-{width}")


@pytest.mark.browser
async def test_an_agent_is_asked_before_what_can_t_be_undone(
    desk: Page, app: SmallApp, pressed: list[str]
) -> None:
    await app.client.chat_postMessage(channel=SUPPORT, text="Maya waits", blocks=CARD)
    await desk.get_by_role("button", name="Resolve").click()
    await desk.get_by_role("button", name="Not yet").click()
    await desk.locator("summary").click()
    await picture(desk, "menu")
    await desk.get_by_role("button", name="Full history").click()
    await expect(desk.get_by_text("more by sam")).to_be_visible()
    await desk.get_by_role("button", name="Resolve").click()
    await desk.get_by_role("dialog").get_by_role("button", name="Resolve").click()
    await expect(desk.get_by_text("resolve by sam")).to_be_visible()
    assert pressed == ["more", "resolve"]


@pytest.mark.browser
async def test_an_agent_commands_looks_home_and_sees_what_is_unread(
    desk: Page, slack: SlackStandIn, app: SmallApp
) -> None:
    @app.bolt.command("/offboarding")
    async def command(ack: AsyncAck, body: dict[str, Any]) -> None:
        await ack(f"Nobody waits, {body['user_name']}.")

    @app.bolt.event("app_home_opened")
    async def opened(event: dict[str, Any], client: AsyncWebClient) -> None:
        view = {"type": "home", "blocks": [section("*Open now*: none"), *CARD]}
        await client.views_publish(user_id=event["user"], view=view)

    await desk.get_by_label("You are").select_option("Noor Haddad, Support, team lead")
    await desk.get_by_label("Message", exact=True).fill("/offboarding status")
    await desk.keyboard.press("Enter")
    await expect(desk.get_by_text("Nobody waits, noor.")).to_be_visible()
    await desk.get_by_label("Message", exact=True).fill("/nothing")
    await desk.keyboard.press("Enter")
    await expect(desk.get_by_role("alert")).to_contain_text("/nothing is not a valid command.")

    billing = desk.get_by_role("link", name="#offboarding-billing")
    await app.client.chat_postMessage(channel="C0BILLING", text="A refund")
    await expect(billing).to_have_text(re.compile("unread"))
    await billing.click()
    await expect(desk.get_by_role("log", name="Messages")).to_contain_text("A refund")
    await expect(billing).not_to_have_text(re.compile("unread"))

    said = await slack.driver.post("Noor", "C0BILLING", "I take it")
    mine = desk.locator(f'[data-ts="{said.ts}"]')
    await mine.get_by_role("button", name="Edit").click()
    await mine.get_by_label("Edit the message").fill("We take it")
    await mine.get_by_role("button", name="Save").click()
    await expect(mine).to_contain_text("We take it (edited)")
    await mine.get_by_role("button", name="Delete").click()
    await expect(mine).to_be_hidden()

    await desk.get_by_role("link", name="Home").click()
    await expect(desk.get_by_text("Open now: none")).to_be_visible()
    await desk.emulate_media(color_scheme="dark")
    await desk.set_viewport_size({"width": 900, "height": 700})
    assert await desk.evaluate("document.documentElement.scrollWidth <= innerWidth")
    await picture(desk, "home-dark")


@pytest.mark.browser
async def test_an_agent_talks_with_the_app_alone_and_follows_a_link_to_a_thread(
    desk: Page, slack: SlackStandIn, app: SmallApp
) -> None:
    card = await app.client.chat_postMessage(channel=SUPPORT, text="Maya waits", blocks=CARD)
    await app.client.chat_postMessage(channel=SUPPORT, text="Please help", thread_ts=card["ts"])
    link = await app.client.chat_getPermalink(channel=SUPPORT, message_ts=card["ts"])
    url_button = {**button("open", "Open the thread"), "url": link["permalink"]}
    sam = slack.workspace.user("Sam").id
    await app.client.chat_postMessage(
        channel=sam, text="Yours", blocks=[{"type": "actions", "elements": [url_button]}]
    )

    @app.bolt.action("open")
    async def followed(ack: AsyncAck) -> None:
        await ack()

    await desk.get_by_role("link", name=re.compile("You and the app.*unread")).click()
    await desk.get_by_role("button", name="Open the thread").click()
    await expect(desk.get_by_role("heading", name="#offboarding-support")).to_be_visible()
    await expect(desk.get_by_role("log", name="Thread")).to_contain_text("Please help")
    await desk.get_by_label("You are").select_option("Noor Haddad, Support, team lead")
    await desk.get_by_role("link", name="You and the app").click()
    await expect(desk.get_by_text("Nothing here yet.")).to_be_visible()


@pytest.mark.browser
async def test_a_press_that_the_app_does_not_take_is_said(
    desk: Page, slack: SlackStandIn, app: SmallApp
) -> None:
    await app.client.chat_postMessage(channel=SUPPORT, text="Maya waits", blocks=CARD)
    await desk.get_by_role("button", name="Claim").click()
    await expect(desk.get_by_role("alert")).to_contain_text("didn't answer")


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_axe_finds_nothing_wrong(
    desk: Page, slack: SlackStandIn, app: SmallApp, scheme: Literal["light", "dark"]
) -> None:
    await desk.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    card = await app.client.chat_postMessage(channel=SUPPORT, text="Maya waits", blocks=CARD)
    await slack.driver.post("Sam", SUPPORT, "See this", card["ts"], ["invoice.pdf"])
    await slack.driver.react("Noor", card["ts"], "eyes")
    await desk.get_by_role("button", name="1 reply").click()
    await expect(desk.get_by_text("File: invoice.pdf")).to_be_visible()
    wrong = await judged(desk)
    await app.client.views_open(trigger_id=slack.workspace.views.trigger("U0SAMOKAFOR"), view=OFFER)
    await desk.get_by_role("dialog").get_by_role("button", name="Offer").click()
    await expect(desk.get_by_text("Please complete this required field.").first).to_be_visible()
    assert wrong + await judged(desk) == []


async def judged(page: Page) -> list[str]:
    """What axe calls wrong; tests/browser/axe.py does the same for pages that do not wait."""
    assert AXE.exists(), "axe-core is missing: `tools/python -m tools.node` installs it"
    await page.evaluate(AXE.read_text("utf-8"))
    options = {"runOnly": TAGS, "iframes": False}
    found = await page.evaluate("(options) => axe.run(document, options)", options)
    assert found["passes"], "axe has looked at nothing"
    return [f"{each['id']} at {each['nodes'][0]['target']}" for each in found["violations"]]
