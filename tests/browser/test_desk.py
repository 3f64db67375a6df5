"""A customer and an agent, each before their own screen, with the whole house between them."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator, Page, expect

from sandbox import company
from tests.browser.conftest import NewCustomer
from tests.browser.customer import Customer
from tests.house import House, open_house

RETENTION = "#offboarding-retention"


@pytest.fixture(scope="module")
def running_house_with_desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with open_house(tmp_path_factory.mktemp("desk"), OFFBOARD_SANDBOX_DESK="true") as house:
        yield house


@pytest.fixture
def house_with_desk(running_house_with_desk: House) -> House:
    company.reset(running_house_with_desk.database, running_house_with_desk.settings)
    return running_house_with_desk


@pytest.fixture
def customer_of_desk(new_customer: NewCustomer, house_with_desk: House) -> Customer:
    someone = new_customer(house_with_desk)
    someone.visit()
    someone.sign_in("Maya Okafor")
    someone.open_chat()
    return someone


class Agent:
    """Sam, at the desk of the sandbox."""

    def __init__(self, page: Page, house: House) -> None:
        self.page = page
        page.goto(f"{house.address}/sandbox/desk")

    def turn_to(self, channel: str) -> None:
        self.page.get_by_role("link", name=channel).or_(
            self.page.get_by_role("button", name=channel)
        ).first.click()

    def press(self, title: str) -> None:
        self.page.get_by_role("button", name=title, exact=True).last.click()

    def open_thread(self) -> None:
        self.page.get_by_text("replies").or_(self.page.get_by_text("1 reply")).last.click()

    def write(self, words: str) -> None:
        box = self.page.get_by_role("textbox", name="Reply")
        box.fill(words)
        box.press("Enter")

    def sees(self, words: str) -> Locator:
        found = self.page.get_by_text(words).last
        expect(found).to_be_visible()
        return found


def test_a_person_comes_speaks_and_hands_back_to_the_same_question(
    customer_of_desk: Customer, house_with_desk: House
) -> None:
    maya = customer_of_desk
    maya.say("I want to cancel, it's too expensive")
    maya.press("Cancel it")
    maya.card("What will happen")
    maya.say("can I speak to a person first?")
    maya.heard("somebody joins this chat")

    sam = Agent(maya.page.context.new_page(), house_with_desk)
    sam.turn_to(RETENTION)
    sam.sees("Maya Okafor asked for a person")
    sam.press("Claim")
    expect(maya.log).to_contain_text("A person has joined this chat: Sam")
    sam.open_thread()
    sam.write("Hello Maya, what would you like to know?")
    expect(maya.log).to_contain_text("Hello Maya, what would you like to know?")
    for number in range(1, 9):
        sam.write(f"Line {number} of what I found out about your plan")
        line = maya.lines.filter(has_text=f"Line {number} of")
        expect(line).to_be_in_viewport(ratio=1)
        expect(line).to_contain_text("Sam said:")
    maya.say("until when do I keep it? <b>thanks</b>")
    sam.sees("until when do I keep it? <b>thanks</b>")

    sam.press("Hand back")
    expect(maya.log).to_contain_text("Sam has left the chat")
    asked = maya.page.get_by_role("heading", name="What will happen")
    expect(maya.lines.filter(has=asked)).to_have_count(2)
    maya.press("Yes, cancel it")
    assert maya.receipt_number()


def test_an_agent_cancels_what_the_customer_asked_them_to(
    customer_of_desk: Customer, house_with_desk: House
) -> None:
    maya = customer_of_desk
    maya.say("a human please")
    maya.heard("somebody joins this chat")
    sam = Agent(maya.page.context.new_page(), house_with_desk)
    sam.press("Claim")
    expect(maya.log).to_contain_text("A person has joined this chat: Sam")
    sam.press("Cancel for the customer")
    window = sam.page.get_by_role("dialog")
    expect(window).to_contain_text("Pro")
    window.get_by_label("The customer has asked for this here").check()
    window.get_by_role("button", name="Cancel the plan").click()
    assert maya.receipt_number()
