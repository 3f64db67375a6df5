"""A customer at the demo company's site, doing what one sees and presses there."""

import re
from pathlib import Path

from playwright.sync_api import Locator, Page, expect

from tests.browser.watch import Watch
from tests.house import House

LAUNCHER = "Change or cancel"
ENDINGS = "is cancelled and ends on"


class Customer:
    """One tab of one person's browser, and the widget in it."""

    def __init__(self, page: Page, house: House, watch: Watch) -> None:
        self.page = page
        self.house = house
        self.watch = watch

    # The site --------------------------------------------------------------------------------

    def visit(self, path: str = "/") -> None:
        self.page.goto(f"{self.house.address}{path}")

    def sign_in(self, name: str) -> None:
        """Be one of the demo customers, by the site's own chooser."""
        self.visit()
        self.page.get_by_role("button", name="Not signed in").first.click()
        people = self.page.get_by_role("dialog", name="Who are you?")
        people.get_by_role("button", name=re.compile(f"^{name}")).click()
        expect(self.page.get_by_role("heading", level=1)).to_contain_text(name.partition(" ")[0])

    def second_tab(self) -> "Customer":
        return Customer(self.page.context.new_page(), self.house, self.watch)

    def mail(self, recipient: str, subject: str) -> Page:
        """The mail with such a subject, opened in a second tab as plain text."""
        tab = self.page.context.new_page()
        tab.goto(f"{self.house.address}/sandbox/mailbox?to={recipient}")
        tab.locator("#mails").get_by_role("link", name=re.compile(subject)).first.click()
        tab.get_by_role("link", name="Plain text").click()
        expect(tab.locator(".mail-text")).to_be_visible()
        return tab

    # The widget ------------------------------------------------------------------------------

    @property
    def launcher(self) -> Locator:
        return self.page.get_by_role("button", name=LAUNCHER)

    @property
    def panel(self) -> Locator:
        return self.page.locator("offboard-assistant").get_by_role("dialog")

    @property
    def log(self) -> Locator:
        return self.panel.get_by_role("log")

    @property
    def lines(self) -> Locator:
        """Every line of the talk, whoever said it."""
        return self.log.locator("ol > li")

    @property
    def box(self) -> Locator:
        return self.panel.get_by_role("textbox", name="Your message")

    @property
    def status(self) -> Locator:
        return self.panel.get_by_role("status")

    @property
    def cancel_now(self) -> Locator:
        return self.panel.get_by_role("link", name="Cancel now")

    @property
    def talk_to_person(self) -> Locator:
        """The standing control, not a quick reply of the same name."""
        return self.panel.get_by_role("button", name="Talk to a person").first

    def open_chat(self) -> None:
        self.launcher.click()
        expect(self.log).to_contain_text("automated assistant")

    def say(self, words: str) -> None:
        """Write it and send it by Enter."""
        self.box.fill(words)
        self.box.press("Enter")
        expect(self.box).to_have_value("")

    def button(self, title: str) -> Locator:
        """A quick reply."""
        return self.log.get_by_role("button", name=title, exact=True)

    def press(self, title: str) -> None:
        self.button(title).click()

    def heard(self, words: str) -> Locator:
        """A line of the assistant with these words, once it is there."""
        line = self.lines.filter(has_text="Assistant said:").filter(has_text=words).last
        expect(line).to_be_visible()
        return line

    def expect_answer(self) -> None:
        """Whatever it is: the newest line is not one's own, and nobody is writing any more."""
        expect(self.lines.last).to_contain_text("Assistant said:")
        expect(self.status).not_to_contain_text("is writing")

    def said(self, words: str) -> Locator:
        """The customer's own bubbles that say exactly this."""
        own = self.lines.filter(has_text="You said:").locator("p")
        return own.filter(has_text=re.compile(rf"^\s*{re.escape(words)}\s*$"))

    def card(self, title: str) -> Locator:
        """The line that holds the newest card with such a title."""
        heading = self.page.get_by_role("heading", name=title)
        line = self.lines.filter(has=heading).last
        expect(line).to_be_visible()
        return line

    def own_words(self) -> list[str]:
        """What the customer said, in the order shown."""
        lines = self.lines.filter(has_text="You said:").locator("p").all_inner_texts()
        return [line.strip() for line in lines]

    def expect_ways_out(self) -> None:
        """Both standing controls are on the screen, and can be pressed."""
        for control in (self.cancel_now, self.talk_to_person):
            expect(control).to_be_in_viewport(ratio=1)
            control.click(trial=True)

    # Whole stretches of a talk ---------------------------------------------------------------

    def reach_the_question(self) -> None:
        """From the wish to the card that says what will happen."""
        self.say("it's too expensive, please cancel")
        self.press("Cancel it")
        self.card("What will happen")

    def cancel_by_chat(self) -> str:
        """From the wish to the receipt; its number."""
        self.reach_the_question()
        self.press("Yes, cancel it")
        return self.receipt_number()

    def receipt_number(self) -> str:
        """The number on the receipt card."""
        title = self.card("Receipt ").get_by_role("heading").inner_text()
        return title.removeprefix("Receipt ").strip()


def take_picture(page: Page, folder: Path | None, name: str) -> None:
    """Keep a picture for people to judge, if there is a folder for them."""
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=folder / f"{name}.png", animations="disabled")
