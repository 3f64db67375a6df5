"""The home tab: who waits, who is mine, how today went, the way to practice."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from sqlalchemy.orm import Session

from channels.slack.home_view import NOBODY_WAITS, NONE_OF_MINE
from offboarding import clock
from offboarding.database import new_identifier
from offboarding.handoffs.model import HandOff
from offboarding.settings import SlackTransport
from sandbox.slack.blocks import check_view, elements_of, text_of
from sandbox.slack.model import View
from tests.channels.slack.desk_house import DeskHouse

both_transports = pytest.mark.parametrize("transport", list(SlackTransport))


async def opened(house: DeskHouse, agent: str = "Sam") -> View:
    await house.slack.driver.open_home(agent)
    found = await house.slack.driver.until(lambda: house.slack.driver.home(agent))
    assert found is not None
    return found


async def until_home_says(house: DeskHouse, words: str, agent: str = "Sam") -> View:
    def look() -> View | None:
        view = house.slack.driver.home(agent)
        return view if view is not None and words in text_of(view.blocks) else None

    found = await house.slack.driver.until(look)
    assert found is not None
    return found


def links_in(view: View) -> list[str]:
    return [
        element["url"]
        for block in view.blocks
        for element in elements_of(block)
        if "url" in element
    ]


async def test_an_empty_desk_says_so_kindly(house: DeskHouse) -> None:
    shown = text_of((await opened(house)).blocks)
    assert NOBODY_WAITS in shown
    assert NONE_OF_MINE in shown
    assert "Asked for a person: 0" in shown
    assert "Practise" in shown


async def test_who_waits_is_shown_with_the_longest_waiting_first(house: DeskHouse) -> None:
    first = await house.customer()
    await house.ask_for_person(first)
    second = await house.customer(known=False)
    await house.ask_for_person(second)
    # Slack has a card a moment before we know where it is.
    await house.until(lambda: house.threads_known() == 2)
    home = await opened(house)
    shown = text_of(home.blocks)
    assert "Waiting: 2" in shown
    numbers = [house.hand_off(talk).number for talk in (first, second)]
    assert shown.index(numbers[0]) < shown.index(numbers[1])
    assert "Amara Okafor asked for a person" in shown
    assert "Somebody unknown asked for a person" in shown
    assert "our support team" in shown
    assert len(links_in(home)) == 2
    assert all(link.startswith("https://") for link in links_in(home))


async def test_times_are_by_the_agents_own_clock(house: DeskHouse) -> None:
    with time_machine.travel(datetime(2026, 11, 24, 10, 15, tzinfo=UTC), tick=True):
        await house.ask_for_person(await house.customer())
        assert "asked at 10:15 GMT" in text_of((await opened(house, "Sam")).blocks)
        assert "asked at 15:45 IST" in text_of((await opened(house, "Priya")).blocks)


@both_transports
async def test_claiming_in_the_tab_makes_the_conversation_mine(house: DeskHouse) -> None:
    talk = await house.customer()
    await house.ask_for_person(talk)
    await house.slack.driver.press("Sam", await opened(house), "desk_home_claim")
    home = await until_home_says(house, "Yours: 1")
    assert "Waiting: 0" in text_of(home.blocks)
    assert (await talk.status())["state"] == "human"


async def test_who_claims_too_late_is_told_who_was_first(house: DeskHouse) -> None:
    card = await house.ask_for_person(await house.customer())
    home = await opened(house, "Noor")
    await house.slack.driver.press("Sam", card.ts, "desk_claim")
    await house.slack.driver.press("Noor", home, "desk_home_claim")
    shown = text_of((await until_home_says(house, "has claimed", "Noor")).blocks)
    assert "Sam Adeyemi has claimed this conversation already." in shown
    assert "Waiting: 0" in shown


async def test_the_tab_follows_what_its_agent_does_on_cards(house: DeskHouse) -> None:
    card = await house.ask_for_person(await house.customer())
    assert "Yours: 0" in text_of((await opened(house)).blocks)
    await house.slack.driver.press("Sam", card.ts, "desk_claim")
    await until_home_says(house, "Yours: 1")
    await house.slack.driver.until(
        lambda: "Resolve" in text_of(house.slack.workspace.message(card.ts).blocks)
    )
    await house.slack.driver.press("Sam", card.ts, "desk_resolve")
    home = await until_home_says(house, "Yours: 0")
    shown = text_of(home.blocks)
    assert "Asked for a person: 1" in shown
    assert "Claimed within the promised time: 1 of 1" in shown
    assert "Resolved: 1" in shown


async def test_today_begins_at_midnight_of_the_agents_own_day(house: DeskHouse) -> None:
    # 20:30 of the 23rd in London is the 24th already in Kolkata.
    with time_machine.travel(datetime(2026, 11, 23, 20, 30, tzinfo=UTC), tick=True):
        await house.ask_for_person(await house.customer())
    with time_machine.travel(datetime(2026, 11, 24, 9, 0, tzinfo=UTC), tick=True):
        assert "Asked for a person: 0" in text_of((await opened(house, "Sam")).blocks)
        assert "Asked for a person: 1" in text_of((await opened(house, "Priya")).blocks)


async def test_a_link_is_asked_of_slack_once(house: DeskHouse) -> None:
    await house.ask_for_person(await house.customer())
    await opened(house)
    await opened(house, "Noor")
    asked = [call for call in house.slack.faults.calls if call.method == "chat.getPermalink"]
    assert len(asked) == 1


async def test_without_links_the_tab_is_shown_all_the_same(house: DeskHouse) -> None:
    await house.ask_for_person(await house.customer())
    house.slack.faults.fail(method="chat.getPermalink")
    home = await opened(house)
    assert "Waiting: 1" in text_of(home.blocks)
    assert links_in(home) == []


async def test_a_crowd_fits_into_the_tab(house: DeskHouse) -> None:
    await house.ask_for_person(await house.customer())
    with house.database.write() as session:
        crowd(session)
    home = await opened(house)
    check_view(home.content, home=True)
    shown = text_of(home.blocks)
    assert "Waiting: 61" in shown
    assert "and 41 more" in shown


def crowd(session: Session) -> None:
    for number in range(60):
        session.add(
            HandOff(
                conversation_id=new_identifier(),
                requested_by="customer",
                requested_at=clock.now() + timedelta(seconds=number),
                team="support",
            )
        )
