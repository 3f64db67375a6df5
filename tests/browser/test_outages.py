"""What goes wrong between a browser and a house, and that a talk survives it."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import expect

from tests.browser.conftest import NewCustomer
from tests.browser.customer import ENDINGS, Customer
from tests.browser.records import messages, own_words, subscription_of
from tests.house import House, open_house, wait_for

pytestmark = [pytest.mark.browser, pytest.mark.faults]

BACK_SECONDS = 90
BACK = BACK_SECONDS * 1000


@pytest.fixture
def own_house(tmp_path: Path) -> Iterator[House]:
    """A house of one's own, to be killed."""
    with open_house(tmp_path / "house") as running:
        yield running


@pytest.fixture
def jonas(new_customer: NewCustomer, own_house: House) -> Customer:
    """Jonas Whitfield, signed in at that house, with the chat open."""
    someone = new_customer(own_house)
    someone.watch.excuse_outage()
    someone.sign_in("Jonas Whitfield")
    someone.open_chat()
    return someone


def ready(house: House) -> bool:
    return httpx.get(f"{house.address}/readyz", trust_env=False).status_code == httpx.codes.OK


def test_offline_says_so_and_what_is_written_meanwhile_arrives_once_and_in_order(
    maya: Customer,
) -> None:
    maya.watch.excuse_outage()
    with maya.page.expect_response(lambda response: response.request.method == "POST"):
        maya.say("hello there")
    expect(maya.said("hello there")).to_have_count(1)
    maya.page.context.set_offline(True)
    expect(maya.status).to_contain_text("Connection lost")
    maya.say("are you a robot?")
    maya.say("thanks, good to know")
    expect(maya.lines.filter(has_text="Will be sent when the connection is back")).to_have_count(2)
    assert own_words(maya.house) == ["hello there"]

    maya.page.context.set_offline(False)
    expect(maya.status).not_to_contain_text("Connection lost")
    expect(maya.lines.filter(has_text="Will be sent")).to_have_count(0)
    wanted = ["hello there", "are you a robot?", "thanks, good to know"]
    wait_for(lambda: own_words(maya.house) == wanted, "both messages in the database")
    expect(maya.status).not_to_contain_text("is writing")
    maya.say("cancel my plan please")
    maya.press("Skip")
    maya.card("What will happen")
    assert own_words(maya.house) == [*wanted, "cancel my plan please", "Skip"]
    for words in wanted:
        expect(maya.said(words)).to_have_count(1)


def test_words_written_offline_outlive_a_reload_before_they_are_sent(maya: Customer) -> None:
    maya.watch.excuse_outage()
    maya.page.route("**/api/**", lambda route: route.abort("connectionfailed"))
    maya.say("I want to cancel")
    expect(maya.lines.filter(has_text="I want to cancel")).to_have_count(1)
    maya.page.reload()
    expect(maya.lines.filter(has_text="I want to cancel")).to_have_count(1)
    assert own_words(maya.house) == []
    maya.page.unroute("**/api/**")
    maya.heard("what made you decide")
    assert own_words(maya.house) == ["I want to cancel"]
    expect(maya.said("I want to cancel")).to_have_count(1)


def test_with_rasa_killed_the_widget_says_so_and_cancel_now_leads_to_the_receipt(
    jonas: Customer,
) -> None:
    house = jonas.house
    jonas.heard("automated assistant")
    house.kill_rasa()
    jonas.say("please cancel my subscription")
    line = jonas.heard("can't think right now")
    with jonas.page.expect_popup() as opened:
        line.get_by_role("link").click()
    page = opened.value
    page.get_by_role("button", name="Cancel Pro yearly").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("cancel")
    expect(page.get_by_role("main")).to_contain_text("Receipt for Jonas")
    assert subscription_of(house, "jonas-whitfield").cancel_at is not None
    page.close()

    wait_for(lambda: ready(house), "Rasa to be back", seconds=BACK_SECONDS)
    jonas.say("please cancel my subscription")
    jonas.heard("is cancelled already")


def test_with_rasa_killed_the_standing_controls_work(jonas: Customer) -> None:
    jonas.house.kill_rasa()
    jonas.talk_to_person.click()
    jonas.heard("your request is")
    with jonas.page.expect_popup() as opened:
        jonas.cancel_now.click()
    expect(opened.value.get_by_role("button", name="Cancel Pro yearly")).to_be_visible()


def test_the_application_killed_and_started_again_loses_and_doubles_nothing(
    jonas: Customer,
) -> None:
    house = jonas.house
    jonas.say("cancel my plan")
    jonas.heard("what made you decide")
    said = messages(house)
    house.kill()
    expect(jonas.status).to_contain_text("Connection lost")
    jonas.say("I do not use it enough")
    expect(jonas.lines.filter(has_text="Will be sent when")).to_have_count(1)
    house.start()

    expect(jonas.status).not_to_contain_text("Connection lost", timeout=BACK)
    wait_for(lambda: len(messages(house)) > len(said) + 1, "an answer", seconds=BACK_SECONDS)
    # Rasa may have been slower to come back than the message, and the answer may say so.
    wait_for(lambda: ready(house), "Rasa to be back", seconds=BACK_SECONDS)
    jonas.say("please just cancel it")
    jonas.card("What will happen")
    jonas.press("Yes, cancel it")
    jonas.heard(ENDINGS)
    assert messages(house)[: len(said)] == said
    assert own_words(house) == [
        "cancel my plan",
        "I do not use it enough",
        "please just cancel it",
        "Yes, cancel it",
    ]
    # What belongs to the last answer comes a moment after its first line.
    wait_for(lambda: jonas.lines.count() == len(messages(house)), "the same lines on both sides")
