"""No page and no state of the widget has a fault that axe can find, and all fit a small screen."""

import re
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from playwright.sync_api import Page, expect

from channels.conversations.transcript import conversation_digest
from offboarding.receipts.model import Receipt, ReceiptKind
from offboarding.receipts.signing import ReceiptSigner
from tests.browser.axe import WCAG, judge
from tests.browser.conftest import NewCustomer
from tests.browser.customer import Customer
from tests.house import House

pytestmark = pytest.mark.browser
Picture = Callable[[Page, str], None]

LOOKS: dict[str, dict[str, Any]] = {
    "light": {"color_scheme": "light"},
    "dark": {"color_scheme": "dark"},
    "narrow": {"viewport": {"width": 320, "height": 640}},
    "narrow-dark": {"viewport": {"width": 320, "height": 640}, "color_scheme": "dark"},
    "zoomed": {"viewport": {"width": 320, "height": 256}, "device_scale_factor": 4},
    "forced-colors": {"forced_colors": "active"},
}
"""The names of views, and how a browser makes them; `zoomed` is 1280 x 1024 at 400 %."""
SMALL = ["narrow", "zoomed"]
TURN_AROUND = "document.documentElement.dir = 'rtl'; document.documentElement.lang = 'ar';"
looks = pytest.mark.parametrize("look", LOOKS)


def runs_over(page: Page) -> list[str]:
    """What makes the page scroll sideways; nothing where it does not."""
    page.wait_for_load_state()
    found: list[str] = page.evaluate(
        """() => {
          const root = document.documentElement, width = root.clientWidth;
          if (root.scrollWidth <= width) return [];
          const over = [...document.querySelectorAll("body *")]
            .filter((each) => each.getBoundingClientRect().right > width)
            .map((each) => `${each.tagName}.${each.className}: ${each.textContent.slice(0, 40)}`);
          return [`${root.scrollWidth} of ${width} px`, ...over];
        }"""
    )
    return found


def looking(page: Page, picture: Picture, look: str, wrong: list[str]) -> Callable[[str], None]:
    """Looks at the page as it is then, under a name, and adds what is wrong with it."""

    def look_at(name: str) -> None:
        picture(page, f"{look}-{name}")
        wrong.extend(judge(page, name))
        wrong.extend(f"{name} scrolls sideways: {each}" for each in runs_over(page))

    return look_at


def too_wide(customer: Customer) -> list[str]:
    """The parts of the widget whose content is wider than they are."""
    found: list[str] = customer.panel.evaluate(
        "(panel) => [panel, ...panel.querySelectorAll('*')]"
        ".filter((each) => each.scrollWidth > each.clientWidth + 1 && each.clientWidth > 1"
        " && getComputedStyle(each).overflowX !== 'visible')"
        ".map((each) => each.tagName + '.' + each.className)"
    )
    return found


@looks
def test_the_widget_in_every_state_of_a_talk(
    new_customer: NewCustomer, house: House, look: str, picture: Picture
) -> None:
    maya = new_customer(house, **LOOKS[look])
    maya.sign_in("Maya Okafor")
    wrong = judge(maya.page, "closed")
    maya.open_chat()
    expect(maya.button("Cancel my plan")).to_be_visible()
    picture(maya.page, f"{look}-greeting")
    wrong += judge(maya.page, "greeting")
    maya.reach_the_question()
    expect(maya.button("Yes, cancel it")).to_be_visible()
    picture(maya.page, f"{look}-terms")
    wrong += judge(maya.page, "terms")
    maya.box.fill("x" * 5100)
    maya.box.press("Enter")
    expect(maya.panel.get_by_role("alert")).to_contain_text("longer than")
    picture(maya.page, f"{look}-refused")
    wrong += judge(maya.page, "refused")
    maya.box.fill("")
    maya.press("Yes, cancel it")
    maya.receipt_number()
    picture(maya.page, f"{look}-receipt")
    wrong += judge(maya.page, "receipt")
    maya.watch.excuse_outage()
    maya.page.context.set_offline(True)
    expect(maya.status).to_contain_text("Connection lost")
    maya.say("Are you there?")
    picture(maya.page, f"{look}-offline")
    wrong += judge(maya.page, "offline")
    assert wrong == []


def test_the_widget_from_right_to_left(
    new_customer: NewCustomer, house: House, picture: Picture
) -> None:
    maya = new_customer(house)
    maya.page.context.add_init_script(
        f"addEventListener('DOMContentLoaded', () => {{ {TURN_AROUND} }})"
    )
    maya.sign_in("Maya Okafor")
    maya.open_chat()
    maya.reach_the_question()
    expect(maya.button("Yes, cancel it")).to_be_visible()
    picture(maya.page, "rtl-terms")
    box = maya.panel.bounding_box()
    assert box is not None
    assert box["x"] < 100, "it stands on the other side"
    assert judge(maya.page, "terms") == []
    assert runs_over(maya.page) == []


@looks
def test_the_pages_to_cancel_on(
    new_customer: NewCustomer, house: House, look: str, picture: Picture
) -> None:
    email = "maya.okafor@example.com"
    someone = new_customer(house, **LOOKS[look])
    someone.watch.excuse("status of 400")
    page = someone.page
    wrong: list[str] = []
    look_at = looking(page, picture, look, wrong)

    someone.visit("/cancel")
    look_at("cancel-1-address")
    page.get_by_role("button", name="Mail me the code").click()
    expect(page.get_by_role("alert")).to_be_visible()
    look_at("cancel-1-no-address")
    page.get_by_label("Your e-mail address").fill(email)
    page.get_by_role("button", name="Mail me the code").click()
    look_at("cancel-2-code")
    page.get_by_label("The six digits from the mail").fill(house.code(email))
    page.get_by_role("button", name="Go on").click()
    look_at("cancel-3-plan")
    page.get_by_role("button", name=re.compile("^Cancel Pro on ")).click()
    expect(page.get_by_role("main")).to_contain_text("Receipt for Maya Okafor")
    look_at("cancel-4-receipt")
    someone.visit("/cancel/plan")
    look_at("cancel-5-cancelled")
    someone.visit("/cancel/person")
    look_at("cancel-6-person")
    someone.visit("/cancel/kept")
    look_at("cancel-7-kept")
    assert wrong == []


@looks
def test_giving_notice_in_writing(
    new_customer: NewCustomer, house: House, look: str, picture: Picture
) -> None:
    someone = new_customer(house, **LOOKS[look])
    someone.watch.excuse("status of 400")
    page = someone.page
    wrong: list[str] = []
    look_at = looking(page, picture, look, wrong)

    someone.visit("/declare")
    look_at("declare-1-cancellation")
    page.get_by_role("button", name="Cancel now").click()
    expect(page.get_by_role("alert")).to_be_focused()
    look_at("declare-2-incomplete")
    page.get_by_role("main").get_by_role("link", name="withdraw from the contract").click()
    page.wait_for_url("**/withdraw")
    look_at("declare-3-withdrawal")
    page.get_by_label("Your name").fill("Maya Okafor")
    page.get_by_label("The contract").fill("Pro")
    page.get_by_label("Your e-mail address").fill("maya.okafor@example.com")
    page.get_by_role("button", name="Confirm withdrawal").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("We received your withdrawal")
    look_at("declare-4-received")
    assert wrong == []


@looks
def test_the_page_that_checks_receipts(
    new_customer: NewCustomer, house: House, look: str, picture: Picture
) -> None:
    someone = new_customer(house, **LOOKS[look])
    someone.watch.excuse("status of 400")
    page = someone.page
    wrong: list[str] = []
    look_at = looking(page, picture, look, wrong)

    file = a_signed_receipt(house)
    someone.visit("/receipts/verify")
    look_at("check-1-empty")
    page.get_by_role("button", name="Check it").click()
    expect(page.get_by_role("alert")).to_be_visible()
    look_at("check-2-nothing")
    page.get_by_label("The file of the receipt").set_input_files(
        {"name": "receipt.json", "mimeType": "application/json", "buffer": file.encode()}
    )
    page.get_by_role("button", name="Check it").click()
    expect(page.get_by_role("heading", name="This receipt is genuine")).to_be_focused()
    look_at("check-3-genuine")
    page.get_by_label("Or its text").fill(file.replace('"refund_minor": 0', '"refund_minor": 1'))
    page.get_by_role("button", name="Check it").click()
    expect(page.get_by_role("heading", name="This receipt was changed")).to_be_focused()
    look_at("check-4-changed")
    assert wrong == []


def a_signed_receipt(house: House) -> str:
    """Of one of the cancellations that the sandbox begins with."""
    with house.database.read() as session:
        receipt = session.scalars(
            sa.select(Receipt).where(Receipt.kind == ReceiptKind.CANCELLATION)
        ).first()
    assert receipt is not None
    return ReceiptSigner(house.settings, house.database, conversation_digest).file(receipt.id)


def test_the_page_with_several_plans_to_choose_from(
    new_customer: NewCustomer, house: House, picture: Picture
) -> None:
    email = "sofia.lindqvist@example.com"
    sofia = new_customer(house)
    page = sofia.page
    sofia.visit("/cancel")
    page.get_by_label("Your e-mail address").fill(email)
    page.get_by_role("button", name="Mail me the code").click()
    page.get_by_label("The six digits from the mail").fill(house.code(email))
    page.get_by_role("button", name="Go on").click()
    expect(page.get_by_role("radio")).to_have_count(2)
    picture(page, "cancel-choose")
    assert judge(page, "choice of plans") == []


@looks
def test_the_sandbox(new_customer: NewCustomer, house: House, look: str, picture: Picture) -> None:
    someone = new_customer(house, **LOOKS[look])
    page = someone.page
    someone.visit()
    picture(page, f"{look}-home")
    wrong = judge(page, "home")
    page.get_by_role("button", name="Not signed in").first.click()
    expect(page.get_by_role("dialog", name="Who are you?")).to_be_visible()
    picture(page, f"{look}-people")
    wrong += judge(page, "people")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Time", exact=True).click()
    expect(page.get_by_role("dialog", name="Move time on")).to_be_visible()
    picture(page, f"{look}-time")
    wrong += judge(page, "time")
    someone.sign_in("Tomas Moreno")
    picture(page, f"{look}-account")
    wrong += judge(page, "account")
    someone.visit("/sandbox/mailbox")
    page.locator("#mails").get_by_role("link", name=re.compile("cancelled")).first.click()
    picture(page, f"{look}-mailbox")
    wrong += judge(page, "mailbox")
    page.get_by_role("link", name="Plain text").click()
    expect(page.locator(".mail-text")).to_be_visible()
    wrong += judge(page, "mail as text")
    wrong.extend(f"the mailbox scrolls sideways: {each}" for each in runs_over(page))
    someone.visit("/sandbox/systems")
    wrong += judge(page, "systems")
    wrong.extend(f"the systems' page scrolls sideways: {each}" for each in runs_over(page))
    assert wrong == []


def test_the_mails(new_customer: NewCustomer, house: House, picture: Picture) -> None:
    # A mail's own page runs no script at all, not even axe, unless its policy is set aside.
    jonas = new_customer(house, bypass_csp=True)
    jonas.watch.excuse("status of 404")  # the icon that the policy keeps it from asking for
    jonas.sign_in("Jonas Whitfield")
    jonas.open_chat()
    jonas.talk_to_person.click()
    jonas.heard("by mail")
    jonas.say("cancel my plan and send me my data")
    jonas.press("Skip")
    jonas.press("Yes, cancel it")
    jonas.card("Your data")
    jonas.visit("/cancel?other=yes")
    jonas.page.get_by_label("Your e-mail address").fill("jonas.whitfield@example.com")
    jonas.page.get_by_role("button", name="Mail me the code").click()
    house.code("jonas.whitfield@example.com")
    wrong: list[str] = []
    for mail in house.mails("jonas.whitfield@example.com"):
        jonas.visit(f"/sandbox/mailbox/{mail.summary.key}/html")
        picture(jonas.page, f"mail-{mail.summary.subject}")
        # Landmarks and headings are for pages; mail programs bring their own.
        wrong += judge(jonas.page, mail.summary.subject, tags=WCAG)
    assert wrong == []


@pytest.mark.parametrize("look", SMALL)
def test_on_a_small_or_much_enlarged_screen_everything_is_in_reach_and_nothing_runs_over(
    new_customer: NewCustomer, house: House, look: str
) -> None:
    maya = new_customer(house, **LOOKS[look])
    maya.sign_in("Maya Okafor")
    assert runs_over(maya.page) == []
    maya.open_chat()
    for step in (maya.reach_the_question, lambda: maya.press("Yes, cancel it")):
        step()
        maya.expect_ways_out()
        expect(maya.box).to_be_in_viewport(ratio=1)
        expect(maya.panel.get_by_role("button", name="Send")).to_be_in_viewport(ratio=1)
        expect(maya.panel.get_by_role("button", name="Close")).to_be_in_viewport(ratio=1)
        assert runs_over(maya.page) == []
        assert too_wide(maya) == []
    # The account above the widget follows in a moment, with a longer list of what happened.
    expect(maya.page.locator("#account")).to_contain_text("cancelled")
    assert runs_over(maya.page) == []
    link = maya.card("Receipt ").get_by_role("link", name="Open the receipt")
    link.scroll_into_view_if_needed()
    expect(link).to_be_in_viewport(ratio=1)
