"""What people also type, paste and press."""

import pytest
from playwright.sync_api import expect

from tests.browser.customer import Customer
from tests.browser.records import own_words, subscription_of

pytestmark = pytest.mark.browser

OFFLINE = {"offline": True, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1}


def test_a_button_of_an_earlier_question_does_nothing_and_is_told_so(maya: Customer) -> None:
    maya.watch.excuse_outage()
    late = maya.second_tab()
    late.visit()
    late.open_chat()
    expect(late.button("Pause my plan")).to_be_visible()
    late.page.context.new_cdp_session(late.page).send("Network.emulateNetworkConditions", OFFLINE)
    expect(late.status).to_contain_text("Connection lost")

    maya.say("it's too expensive, please cancel")
    maya.heard("I can cancel Pro for")
    late.press("Pause my plan")
    maya.heard("an earlier question")
    maya.press("Cancel it")
    maya.card("What will happen")
    assert subscription_of(maya.house, "maya-okafor").cancel_at is None


def test_five_thousand_characters_are_taken(maya: Customer) -> None:
    words = ("I have thought about this for long. " * 139)[:4999] + "."
    maya.say(words)
    expect(maya.said(words)).to_have_count(1)
    maya.expect_answer()
    assert own_words(maya.house) == [words]


def test_more_than_five_thousand_are_refused_beside_the_box_and_kept(maya: Customer) -> None:
    words = "x" * 6000
    maya.box.fill(words)
    expect(maya.panel).to_contain_text("1,000 characters too many")
    maya.box.press("Enter")
    expect(maya.panel.get_by_role("alert")).to_contain_text("longer than 5,000 characters")
    expect(maya.box).to_have_value(words)
    expect(maya.box).to_have_attribute("aria-invalid", "true")
    expect(maya.box).to_be_focused()
    maya.expect_ways_out()
    assert own_words(maya.house) == []
    maya.box.fill("cancel my plan")
    expect(maya.panel.get_by_role("alert")).not_to_be_visible()
    maya.box.press("Enter")
    maya.heard("what made you decide")


def test_nothing_but_spaces_is_not_sent(maya: Customer) -> None:
    maya.box.fill("   \n  ")
    maya.box.press("Enter")
    expect(maya.panel.get_by_role("alert")).to_contain_text("nothing to send")
    assert own_words(maya.house) == []


def test_html_is_shown_as_the_text_it_is(maya: Customer) -> None:
    words = '<img src=x onerror="document.title=1"><b>bold</b> & <script>alert(1)</script>'
    title = maya.page.title()
    maya.say(words)
    bubble = maya.said(words)
    expect(bubble).to_have_count(1)
    expect(bubble.locator("*")).to_have_count(0)
    maya.expect_answer()
    assert maya.page.title() == title


def test_a_web_address_somebody_types_becomes_no_link(maya: Customer) -> None:
    maya.say("see https://evil.example/x and javascript:alert(1)")
    expect(maya.said("see https://evil.example/x and javascript:alert(1)")).to_have_count(1)
    expect(maya.log.get_by_role("link")).to_have_count(0)


def test_emoji_alone_get_an_answer(maya: Customer) -> None:
    maya.say("😢👋")
    expect(maya.said("😢👋")).to_have_count(1)
    maya.expect_answer()


def test_shift_and_enter_begins_a_line_and_sends_nothing(maya: Customer) -> None:
    maya.box.press_sequentially("one")
    maya.box.press("Shift+Enter")
    maya.box.press_sequentially("two")
    expect(maya.box).to_have_value("one\ntwo")
    maya.box.press("Enter")
    expect(maya.said("one\ntwo")).to_have_count(1)
    maya.expect_answer()
    assert own_words(maya.house) == ["one\ntwo"]


def test_a_double_press_sends_one_message_and_does_not_reach_the_next_question(
    maya: Customer,
) -> None:
    maya.say("it's too expensive, please cancel")
    maya.button("Cancel it").dblclick()
    maya.card("What will happen")
    expect(maya.status).not_to_contain_text("is writing")
    assert own_words(maya.house)[1:] == ["Cancel it"]
    assert subscription_of(maya.house, "maya-okafor").cancel_at is None


def test_two_messages_in_a_row_are_answered_in_order(maya: Customer) -> None:
    maya.say("cancel my plan")
    maya.say("because it costs too much")
    maya.heard("I can cancel Pro for")
    assert own_words(maya.house) == ["cancel my plan", "because it costs too much"]
