"""Whole talks by SMS: the trained model, the real actions, the sandbox's Twilio."""

import re

import httpx
import pytest
import sqlalchemy as sa

from offboarding.accounts.model import Customer, Subscription
from sandbox import company
from sandbox.customers import BY_EXTERNAL_ID
from tests.conversations.by_phone import ByPhone
from tests.conversations.moving_house import MovingHouse
from tests.house import wait_for

pytestmark = pytest.mark.conversation

MOST_MESSAGES = 7
"""So many texts a whole cancellation may take of the customer."""


@pytest.fixture
def house(moving_house: MovingHouse) -> MovingHouse:
    company.reset(moving_house.database, moving_house.settings)
    return moving_house


def phone_of(house: MovingHouse, external_id: str) -> ByPhone:
    number = BY_EXTERNAL_ID[external_id].phone
    assert number is not None
    return ByPhone(house, number)


def is_cancelled(house: MovingHouse, external_id: str) -> bool:
    with house.database.read() as session:
        account = session.scalars(
            sa.select(Customer.account_id).where(Customer.external_id == external_id)
        ).one()
        held = session.scalars(sa.select(Subscription).where(Subscription.account_id == account))
        return any(each.cancel_at is not None for each in held)


def test_a_customer_whose_number_is_known_leaves_in_few_texts(house: MovingHouse) -> None:
    maya = phone_of(house, "maya-okafor")
    first = maya.text("I want to cancel, it's too expensive")
    assert "automated assistant" in first
    assert "code" in first
    offered = maya.text(maya.code())
    assert "Maya" in offered
    asked = maya.choose("Cancel it")
    assert not is_cancelled(house, "maya-okafor"), "asked first"
    assert re.search(r"\d{1,2} \w+ \d{4}|\d{1,2} \w{3}", asked), "says when it ends"
    done = maya.choose("Yes, cancel it")
    assert is_cancelled(house, "maya-okafor")
    assert maya.written <= MOST_MESSAGES
    assert "receipt" in done.lower()
    mails = wait_for(lambda: house.mails("maya.okafor@example.com"), "the receipt by mail")
    assert "cancelled" in mails[0].text


def test_a_stranger_s_phone_leaves_with_a_code_by_mail(house: MovingHouse) -> None:
    phone = ByPhone(house, "+12025550199")
    asked = phone.text("please cancel my subscription")
    assert "e-mail" in asked
    phone.text("jonas.whitfield@example.com")
    phone.text(house.code("jonas.whitfield@example.com"))
    phone.text("it is too expensive")
    phone.choose("Cancel it")
    phone.choose("Yes, cancel it")
    assert is_cancelled(house, "jonas-whitfield")
    assert phone.written <= MOST_MESSAGES


def test_what_is_no_code_is_asked_for_by_where_the_code_went(house: MovingHouse) -> None:
    maya = phone_of(house, "maya-okafor")
    maya.text("please cancel my subscription")
    asked = maya.text("it costs too much")
    assert "six digits" in asked
    assert "from the mail" not in asked
    assert "text" in asked or "this phone" in asked


def test_a_phone_that_two_share_is_asked_for_an_address(house: MovingHouse) -> None:
    assert "e-mail" in phone_of(house, "sofia-lindqvist").text("cancel my plan please")


def test_cancel_alone_ends_in_a_mail_whose_link_cancels(house: MovingHouse) -> None:
    phone_of(house, "maya-okafor").write("CANCEL")
    (mail,) = wait_for(lambda: house.mails("maya.okafor@example.com"), "the mail")
    assert "CANCEL" in (mail.text or "")
    link = re.findall(r"https?://\S+/cancel/enter/\S+", mail.text or "")[0]
    with httpx.Client(follow_redirects=True) as browser:
        page = browser.get(link)
        assert "Pro" in page.text
        assert not is_cancelled(house, "maya-okafor"), "looking changes nothing"
        fields = dict(re.findall(r'<input[^>]* name="([^"]+)"[^>]* value="([^"]*)"', page.text))
        action = re.findall(r'<form[^>]* action="([^"]+)"', page.text)[0]
        assert browser.post(page.url.join(action), data=fields).status_code == 200
    assert is_cancelled(house, "maya-okafor")
