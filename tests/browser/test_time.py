"""The sandbox's time, moved on from its bar: an off-boarding to its very end in minutes."""

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from playwright.sync_api import Locator, expect

from offboarding import clock
from sandbox.customers import CUSTOMERS
from tests.browser.axe import judge
from tests.browser.conftest import NewCustomer
from tests.browser.customer import Customer
from tests.browser.records import subscription_of
from tests.browser.test_accessibility import LOOKS, Picture, runs_over
from tests.house import House, open_house, wait_for

pytestmark = pytest.mark.browser

MAYA = "maya.okafor@example.com"
NARROW = {"viewport": {"width": 390, "height": 844}}
MOST_MOVES = 12


@pytest.fixture(scope="module")
def house_of_its_own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """Whose time may be moved, for nobody else is in it."""
    with open_house(tmp_path_factory.mktemp("time")) as house:
        yield house


@pytest.fixture
def someone(new_customer: NewCustomer, house_of_its_own: House) -> Customer:
    """Somebody in a sandbox that is as on the first day."""
    someone = new_customer(house_of_its_own)
    someone.visit()
    reset(someone)
    return someone


def reset(someone: Customer) -> None:
    someone.page.get_by_role("button", name="Reset", exact=True).click()
    someone.page.get_by_role("button", name="Reset everything").click()
    expect(notice(someone)).to_contain_text("Everything is as on the first day.")


def notice(someone: Customer) -> Locator:
    return someone.page.locator(".notice")


def tool(someone: Customer) -> Locator:
    return someone.page.get_by_role("button", name=re.compile("^Time"))


def move(someone: Customer, how: str) -> None:
    tool(someone).click()
    someone.page.get_by_role("button", name=how, exact=True).click()
    expect(notice(someone)).to_contain_text(" here now.")


def nothing_is_to_come(someone: Customer) -> bool:
    return "Nothing is to come" in (someone.page.locator("#time-coming").text_content() or "")


def test_an_off_boarding_is_seen_to_its_very_end(someone: Customer) -> None:
    house = someone.house
    someone.watch.excuse("status of 401")  # the open chat asks for a talk that has been erased
    someone.sign_in("Maya Okafor")
    someone.open_chat()
    someone.cancel_by_chat()
    [receipt] = wait_for(lambda: house.mails(MAYA), "the receipt")
    found = re.search(r"http\S+/case/\S+", receipt.text or "")
    assert found is not None

    for _ in range(MOST_MOVES):
        if nothing_is_to_come(someone):
            break
        move(someone, "To what comes next")
    tool(someone).click()
    expect(someone.page.get_by_role("button", name="To what comes next")).to_be_disabled()

    subjects = [mail.summary.subject for mail in house.mails(MAYA)]
    assert len(subjects) == 3, subjects
    assert "What we erase now, and what we keep" in subjects
    assert any(subject.startswith("Pro ends on ") for subject in subjects)
    someone.page.goto(found[0])
    expect(someone.page.get_by_role("main")).to_contain_text("All 6 are done.")


def test_the_day_is_kept_over_a_restart_and_reset_puts_it_back(someone: Customer) -> None:
    expect(tool(someone)).to_have_text("Time")
    move(someone, "A week")
    move(someone, "A day")
    someone.watch.excuse_outage()
    day = tool(someone).inner_text()
    assert re.search(r"\d{1,2} \w+ \d{4}", day)
    someone.house.stop()
    someone.house.start()
    someone.visit()
    expect(tool(someone)).to_have_text(day)
    reset(someone)
    expect(tool(someone)).to_have_text("Time")


def test_after_renewals_every_page_is_whole_and_the_chat_cancels(someone: Customer) -> None:
    move(someone, "30 days")
    move(someone, "A week")
    someone.sign_in("Maya Okafor")
    someone.open_chat()
    someone.cancel_by_chat()
    address = someone.house.address
    for customer in CUSTOMERS:
        answer = someone.page.request.post(
            f"{address}/sandbox/sign-in",
            form={"customer": customer.external_id},
            headers={"Origin": address},
        )
        assert f"Hello, {customer.full_name.split()[0]}" in answer.text()
    pro = subscription_of(someone.house, "maya-okafor")
    assert pro.period_end is not None
    assert pro.period_end > clock.now() + timedelta(days=37)


def test_by_keyboard_and_without_javascript(
    new_customer: NewCustomer, house_of_its_own: House
) -> None:
    someone = new_customer(house_of_its_own, java_script_enabled=False)
    someone.visit()
    reset(someone)
    tool(someone).press("Enter")
    button = someone.page.get_by_role("button", name="A day", exact=True)
    expect(button).to_be_visible()
    button.press("Enter")
    expect(notice(someone)).to_contain_text(" here now.")


@pytest.mark.parametrize("look", ["light", "dark"])
def test_ahead_of_the_present_the_bar_fits_a_phone_and_nothing_bars_anybody(
    new_customer: NewCustomer, house_of_its_own: House, look: str, picture: Picture
) -> None:
    someone = new_customer(house_of_its_own, **LOOKS[look] | NARROW)
    someone.visit()
    reset(someone)
    while not nothing_is_to_come(someone):
        move(someone, "To what comes next")
    picture(someone.page, f"{look}-time-ahead")
    wrong = judge(someone.page, "ahead")
    tool(someone).click()
    expect(someone.page.get_by_role("dialog", name="Move time on")).to_be_visible()
    picture(someone.page, f"{look}-time-nothing-to-come")
    wrong += judge(someone.page, "nothing to come")
    wrong.extend(f"the page scrolls sideways: {each}" for each in runs_over(someone.page))
    assert wrong == []
