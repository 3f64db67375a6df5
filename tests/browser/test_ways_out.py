"""Cancel now and Talk to a person: always there, and they lead where they say."""

import re

import pytest
import sqlalchemy as sa
from playwright.sync_api import Page, expect

from offboarding.handoffs.model import HandOff
from tests.browser.conftest import NewCustomer
from tests.browser.customer import Customer
from tests.browser.records import subscription_of
from tests.house import House

pytestmark = pytest.mark.browser


def leave_by_page(page: Page, house: House, email: str) -> None:
    """From the e-mail address to the receipt, on the pages only."""
    page.get_by_label("Your e-mail address").fill(email)
    page.get_by_role("button", name="Mail me the code").click()
    page.get_by_label("The six digits from the mail").fill(house.code(email))
    page.get_by_role("button", name="Go on").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Cancel Pro")
    page.get_by_role("button", name=re.compile("^Cancel Pro on ")).click()
    expect(page.get_by_role("main")).to_contain_text("Receipt for Maya Okafor")


def test_both_ways_out_are_on_the_screen_from_the_greeting_to_the_goodbye(maya: Customer) -> None:
    maya.expect_ways_out()
    maya.say("it's too expensive, please cancel")
    maya.heard("I can cancel Pro for")
    maya.expect_ways_out()
    maya.press("Cancel it")
    maya.card("What will happen")
    maya.expect_ways_out()
    maya.press("Yes, cancel it")
    maya.receipt_number()
    maya.expect_ways_out()
    maya.press("No, thank you")
    maya.press("Skip")
    maya.press("Skip")
    maya.heard("Thank you for")
    maya.expect_ways_out()


def test_cancel_now_is_one_step_from_the_receipt_for_whom_we_know(maya: Customer) -> None:
    maya.heard("automated assistant")
    with maya.page.expect_popup() as opened:
        maya.cancel_now.click()
    page = opened.value
    expect(page.get_by_role("heading", level=1)).to_have_text("Cancel Pro")
    expect(page.get_by_role("main")).to_contain_text("€29.00")
    assert subscription_of(maya.house, "maya-okafor").cancel_at is None, "a look changes nothing"
    page.get_by_role("button", name=re.compile("^Cancel Pro on ")).click()
    expect(page.get_by_role("main")).to_contain_text("Receipt for Maya Okafor")
    kept = subscription_of(maya.house, "maya-okafor")
    assert kept.cancel_at == kept.period_end
    expect(maya.page.locator("#account")).to_contain_text("Pro is cancelled")


def test_a_reloaded_page_of_cancel_now_goes_on(maya: Customer) -> None:
    with maya.page.expect_popup() as opened:
        maya.cancel_now.click()
    page = opened.value
    expect(page.get_by_role("heading", level=1)).to_have_text("Cancel Pro")
    page.reload()
    page.get_by_role("button", name=re.compile("^Cancel Pro on ")).click()
    expect(page.get_by_role("main")).to_contain_text("Receipt for Maya Okafor")


def test_cancel_now_asks_a_visitor_who_they_are_and_then_takes_two_steps(
    customer: Customer,
) -> None:
    customer.open_chat()
    with customer.page.expect_popup() as opened:
        customer.cancel_now.click()
    leave_by_page(opened.value, customer.house, "maya.okafor@example.com")
    assert subscription_of(customer.house, "maya-okafor").cancel_at is not None


def test_without_javascript_the_page_works_from_the_address_to_the_receipt_and_back(
    new_customer: NewCustomer, house: House
) -> None:
    plain = new_customer(house, java_script_enabled=False)
    plain.visit("/cancel")
    leave_by_page(plain.page, house, "maya.okafor@example.com")
    kept = subscription_of(house, "maya-okafor")
    assert kept.cancel_at == kept.period_end

    plain.visit("/cancel")
    plain.page.get_by_role("button", name="Undo the cancellation of Pro").click()
    expect(plain.page.get_by_role("main")).to_contain_text("Receipt for Maya Okafor")
    assert subscription_of(house, "maya-okafor").cancel_at is None


def test_without_javascript_a_wrong_code_is_named_and_can_be_mended(
    new_customer: NewCustomer, house: House
) -> None:
    plain = new_customer(house, java_script_enabled=False)
    plain.watch.excuse(r"status of 400")
    plain.visit("/cancel")
    page = plain.page
    page.get_by_label("Your e-mail address").fill("maya.okafor@example.com")
    page.get_by_role("button", name="Mail me the code").click()
    right = house.code("maya.okafor@example.com")
    code = page.get_by_label("The six digits from the mail")
    code.fill("000000" if right != "000000" else "111111")
    page.get_by_role("button", name="Go on").click()
    expect(page.get_by_role("alert")).to_contain_text("4 tries left")
    expect(page).to_have_title(re.compile("^Error: "))
    code.fill(right)
    page.get_by_role("button", name="Go on").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Cancel Pro")


def test_talk_to_a_person_answers_in_the_middle_of_a_talk_which_then_goes_on(
    maya: Customer,
) -> None:
    maya.reach_the_question()
    maya.talk_to_person.click()
    maya.heard("by mail")
    with maya.house.database.read() as session:
        hand_off = session.scalars(sa.select(HandOff)).one()
    maya.heard(hand_off.number)
    assert subscription_of(maya.house, "maya-okafor").cancel_at is None
    maya.say("yes, cancel it")
    maya.receipt_number()


def test_talk_to_a_person_answers_a_visitor_too(customer: Customer) -> None:
    customer.open_chat()
    customer.talk_to_person.click()
    customer.heard("Which e-mail address")
    customer.say("someone@example.com")
    customer.heard("someone@example.com")


def test_on_the_pages_a_person_can_be_asked_for(new_customer: NewCustomer, house: House) -> None:
    plain = new_customer(house, java_script_enabled=False)
    plain.visit("/cancel")
    plain.page.get_by_role("button", name="Ask for a person").click()
    plain.page.get_by_label("The address to answer to").fill("someone@example.com")
    plain.page.get_by_role("button", name="Send the address").click()
    expect(plain.page.get_by_role("main")).to_contain_text("someone@example.com")
