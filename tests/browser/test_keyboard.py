"""Everything without a mouse, with the focus always seen and never lost."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import NewCustomer
from tests.browser.customer import ENDINGS, Customer
from tests.browser.records import subscription_of
from tests.house import House

pytestmark = pytest.mark.browser

MOST_STOPS = 80
FOCUSED = """() => {
  let one = document.activeElement;
  while (one?.shadowRoot?.activeElement) one = one.shadowRoot.activeElement;
  if (!one || one === document.body) return null;
  const style = getComputedStyle(one);
  return {
    name: (one.getAttribute("aria-label") || one.innerText || one.id || one.tagName).trim(),
    ring: style.outlineStyle === "none" ? 0 : parseFloat(style.outlineWidth),
  };
}"""
NOTE_LOST_FOCUS = """() => {
  window.focusLost = 0;
  const look = () => {
    if (document.activeElement === document.body || !document.activeElement) window.focusLost++;
    requestAnimationFrame(look);
  };
  look();
}"""


class Keyboard:
    """A customer's keyboard; each stop of the Tab key must show a ring."""

    def __init__(self, customer: Customer) -> None:
        self.page = customer.page

    def go_to(self, name: str, key: str = "Tab") -> None:
        """Press Tab until something with such a name has the focus."""
        self.page.wait_for_load_state()  # before the style sheet is there, there is no ring
        passed = []
        for _ in range(MOST_STOPS):
            self.page.keyboard.press(key)
            focused = self.page.evaluate(FOCUSED)
            if focused is None:  # past the last stop the browser itself comes
                continue
            assert focused["ring"] >= 2, f"no ring around {focused['name']}"
            if re.match(name, focused["name"]):
                return
            passed.append(focused["name"])
        raise AssertionError(f"{name} is in reach of no Tab: {passed}")

    def press(self, name: str, key: str = "Tab") -> None:
        self.go_to(name, key)
        self.page.keyboard.press("Enter")


def test_a_whole_cancellation_by_keyboard_alone(new_customer: NewCustomer, house: House) -> None:
    maya = new_customer(house)
    keys = Keyboard(maya)
    maya.visit()
    keys.press("Not signed in")
    expect(maya.page.get_by_role("dialog", name="Who are you?")).to_be_visible()
    keys.press("Maya Okafor")
    expect(maya.page.get_by_role("heading", level=1)).to_have_text("Hello, Maya")
    keys.press("Change or cancel")
    expect(maya.box).to_be_focused()
    maya.page.evaluate(NOTE_LOST_FOCUS)
    maya.heard("automated assistant")

    maya.page.keyboard.type("it's too expensive, please cancel")
    maya.page.keyboard.press("Enter")
    expect(maya.button("Cancel it")).to_be_visible()
    expect(maya.box).to_be_focused()
    keys.press("Cancel it", "Shift+Tab")
    maya.card("What will happen")
    expect(maya.button("Cancel it")).to_have_count(0)
    expect(maya.box).to_be_focused()
    keys.press("Yes, cancel it", "Shift+Tab")
    maya.heard(ENDINGS)
    keys.go_to("Open the receipt", "Shift+Tab")
    with maya.page.expect_popup() as opened:
        maya.page.keyboard.press("Enter")
    expect(opened.value.get_by_role("main")).to_contain_text("Receipt for Maya Okafor")
    opened.value.close()
    keys.press("No, thank you")
    maya.heard("what should we have done differently")
    expect(maya.box).to_be_focused()
    keys.press("Skip", "Shift+Tab")
    maya.heard("coming back")
    keys.press("Perhaps", "Shift+Tab")
    maya.heard("Thank you for")

    assert maya.page.evaluate("window.focusLost") == 0
    assert subscription_of(house, "maya-okafor").cancel_at is not None
    maya.page.keyboard.press("Escape")
    expect(maya.panel).to_have_count(0)
    expect(maya.launcher).to_be_focused()
    assert maya.page.evaluate("window.focusLost") == 0


def test_escape_closes_from_everywhere_and_gives_the_focus_back(maya: Customer) -> None:
    keys = Keyboard(maya)
    for stop in ("Close", "Cancel now", "Talk to a person", "Conversation", "Send"):
        expect(maya.box).to_be_focused()
        keys.go_to(stop)
        maya.page.keyboard.press("Escape")
        expect(maya.panel).to_have_count(0)
        expect(maya.launcher).to_be_focused()
        maya.page.keyboard.press("Enter")


def test_both_ways_out_work_by_keyboard(maya: Customer) -> None:
    keys = Keyboard(maya)
    maya.page.evaluate(NOTE_LOST_FOCUS)
    keys.go_to("Cancel now", "Shift+Tab")
    with maya.page.expect_popup() as opened:
        maya.page.keyboard.press("Enter")
    expect(opened.value.get_by_role("heading", level=1)).to_have_text("Cancel Pro")
    opened.value.close()
    keys.press("Talk to a person")
    maya.heard("by mail")
    assert maya.page.evaluate("window.focusLost") == 0


def test_the_order_of_the_tab_key_is_the_order_on_the_screen(maya: Customer) -> None:
    expect(maya.button("Cancel my plan")).to_be_visible()
    wanted = ["Close", "Cancel now", "Talk to a person", "Conversation", "Cancel my plan"]
    maya.panel.get_by_role("button", name="Close").focus()
    for name in wanted:
        focused = maya.page.evaluate(FOCUSED)
        assert focused["name"].startswith(name), focused
        maya.page.keyboard.press("Tab")


def test_new_messages_do_not_pull_the_focus_away(maya: Customer) -> None:
    keys = Keyboard(maya)
    maya.box.fill("it's too expensive, please cancel")
    maya.box.press("Enter")
    keys.go_to("Conversation", "Shift+Tab")
    maya.heard("I can cancel Pro for")
    expect(maya.log).to_be_focused()


def test_the_pages_work_by_keyboard_and_name_what_is_wrong_first(
    new_customer: NewCustomer, house: House
) -> None:
    someone = new_customer(house)
    someone.watch.excuse("status of 400")
    keys = Keyboard(someone)
    someone.visit("/cancel")
    keys.press("Mail me the code")
    expect(someone.page.get_by_role("alert")).to_be_focused()
    keys.press("That does not look like")
    someone.page.keyboard.type("maya.okafor@example.com")
    someone.page.keyboard.press("Enter")
    expect(someone.page.get_by_role("heading", level=1)).to_have_text("Enter the code")
    keys.go_to("code")
    someone.page.keyboard.type(house.code("maya.okafor@example.com"))
    someone.page.keyboard.press("Enter")
    expect(someone.page.get_by_role("heading", level=1)).to_have_text("Cancel Pro")
    keys.press("Cancel Pro on")
    expect(someone.page.get_by_role("main")).to_contain_text("Receipt for Maya Okafor")
