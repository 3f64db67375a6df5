"""Whole talks in a real browser: by a signed-in customer, by a visitor, across reloads and tabs."""

import hashlib
import json
import re
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.customer import ENDINGS, Customer
from tests.browser.records import own_words, subscription_of

pytestmark = pytest.mark.browser
Picture = Callable[[Page, str], None]


def check_archive(path: Path) -> None:
    """A ZIP that opens, with just the files that its manifest lists, byte for byte."""
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        manifest = json.loads(archive.read("manifest.json"))
        listed = {entry["path"]: entry for entry in manifest["files"]}
        assert set(archive.namelist()) == {*listed, "manifest.json"}
        for name, entry in listed.items():
            content = archive.read(name)
            assert hashlib.sha256(content).hexdigest() == entry["sha256"], name
            if name.endswith(".jsonl"):
                assert len(content.splitlines()) == entry["rows"], name
        profile = json.loads(archive.read("data/profile.jsonl"))
        assert profile["email"] == "maya.okafor@example.com"


def test_a_signed_in_customer_leaves_in_their_own_words_and_takes_their_data_along(
    maya: Customer, picture: Picture
) -> None:
    maya.heard("automated assistant")
    picture(maya.page, "1-greeting")
    maya.say("it's too expensive, please cancel")
    maya.heard("I can cancel Pro for")
    picture(maya.page, "2-offer")
    maya.press("Cancel it")
    terms = maya.card("What will happen")
    expect(terms).to_contain_text("€29.00")
    picture(maya.page, "3-what-will-happen")
    assert subscription_of(maya.house, "maya-okafor").cancel_at is None, "nothing before the yes"
    maya.press("Yes, cancel it")
    maya.heard(ENDINGS)
    number = maya.receipt_number()
    picture(maya.page, "4-receipt")

    with maya.page.expect_popup() as opened:
        maya.card("Receipt ").get_by_role("link", name="Open the receipt").click()
    receipt = opened.value
    expect(receipt.get_by_role("main")).to_contain_text(number)
    picture(receipt, "5-receipt-page")
    receipt.close()

    maya.press("Yes, please")
    link = maya.card("Your data").get_by_role("link", name="Download")
    picture(maya.page, "6-export")
    with maya.page.expect_popup() as opened:
        link.click()
    copy = opened.value
    expect(copy.get_by_role("main")).to_contain_text("5 of 5")
    picture(copy, "6-export-page")
    with copy.expect_download() as fetched:
        copy.get_by_role("button", name="Download the copy").click()
    assert re.fullmatch(r"your-data-\d{4}-\d\d-\d\d\.zip", fetched.value.suggested_filename)
    check_archive(fetched.value.path())
    copy.close()

    maya.say("better search would have helped, the rest was fine")
    maya.press("Perhaps")
    maya.heard("Thank you for")
    picture(maya.page, "7-goodbye")

    account = maya.page.locator("#account")
    expect(account).to_contain_text("Pro is cancelled")
    expect(account).to_contain_text(number)
    mail = maya.mail("maya.okafor@example.com", number)
    expect(mail.locator(".mail-text")).to_contain_text(number)
    mail.get_by_role("link", name="As designed").click()
    expect(mail.frame_locator("iframe").locator("body")).to_contain_text(number)
    picture(mail, "8-mailbox")


def test_nothing_is_said_that_does_not_belong_into_the_talk(maya: Customer) -> None:
    maya.cancel_by_chat()
    maya.press("No, thank you")
    maya.press("Skip")
    maya.press("Skip")
    maya.heard("Thank you for")
    expect(maya.log).not_to_contain_text("I'm not sure I got that")
    expect(maya.log).not_to_contain_text("Shall I cancel Pro")


def test_a_visitor_who_is_not_signed_in_leaves_with_a_code_from_their_mailbox(
    customer: Customer, picture: Picture
) -> None:
    customer.open_chat()
    customer.press("Cancel my plan")
    customer.heard("Which e-mail address")
    customer.say("maya.okafor@example.com")
    customer.heard("If there is an account")
    mail = customer.mail("maya.okafor@example.com", "code")
    code = re.search(r"\b\d{6}\b", mail.locator(".mail-text").inner_text())
    assert code
    picture(mail, "code-in-the-mailbox")
    mail.close()
    customer.say(code.group())
    customer.heard("Thank you, Maya")
    customer.press("Skip")
    customer.card("What will happen")
    customer.press("Yes, cancel it")
    number = customer.receipt_number()
    with customer.page.expect_popup() as opened:
        customer.card("Receipt ").get_by_role("link", name="Open the receipt").click()
    expect(opened.value.get_by_role("main")).to_contain_text(number)
    kept = subscription_of(customer.house, "maya-okafor")
    assert kept.cancel_at == kept.period_end


def test_a_reload_in_the_middle_keeps_the_talk_and_goes_on(maya: Customer) -> None:
    maya.reach_the_question()
    before = maya.lines.count()
    maya.page.reload()
    expect(maya.lines).to_have_count(before)
    maya.card("What will happen")
    maya.press("Yes, cancel it")
    maya.receipt_number()
    assert own_words(maya.house) == [
        "it's too expensive, please cancel",
        "Cancel it",
        "Yes, cancel it",
    ]


def test_words_that_were_not_sent_outlive_a_reload(maya: Customer) -> None:
    maya.box.fill("half a thou")
    maya.page.reload()
    expect(maya.box).to_have_value("half a thou")


def test_two_tabs_show_the_same_talk_and_either_goes_on(maya: Customer) -> None:
    other = maya.second_tab()
    other.visit()
    other.open_chat()
    maya.say("it's too expensive, please cancel")
    expect(other.said("it's too expensive, please cancel")).to_have_count(1)
    other.press("Cancel it")
    maya.card("What will happen")
    expect(maya.said("Cancel it")).to_have_count(1)
    maya.press("Yes, cancel it")
    assert other.receipt_number() == maya.receipt_number()
    assert own_words(maya.house) == [
        "it's too expensive, please cancel",
        "Cancel it",
        "Yes, cancel it",
    ]
