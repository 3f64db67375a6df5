"""Practice: a made-up customer in a thread, until the review."""

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa

from channels.slack.connection import SlackConnection
from channels.slack.desk import SlackDesk
from channels.slack.model import SlackPost
from channels.slack.practice_card import FOR_YOU_ALONE, IN_CHANNEL, LOADING
from channels.slack.shelf import FOLDER, Shelf
from offboarding.background.dbos_engine import DbosEngine
from offboarding.errors import PolicyError
from offboarding.practice.model import PracticeMessage, PracticeRun, PracticeState
from offboarding.settings import SlackTransport
from sandbox.slack.blocks import text_of
from sandbox.slack.model import Message
from tests.channels.slack.desk_house import SUPPORT, DeskHouse
from tests.channels.slack.test_home import opened

both_transports = pytest.mark.parametrize("transport", list(SlackTransport))

GOOD = (
    "Hello Marta, 29 euros a month is a lot for two shopping lists. Pro would stop on 14 December "
    "2026. Shall I cancel it for then?"
)


async def begin(house: DeskHouse, scenario: str = "price", channel: str = SUPPORT) -> None:
    await house.slack.driver.slash("Sam", "/offboarding", "practice", channel)
    view = await house.slack.driver.until(lambda: chooser(house))
    assert view is not None
    submitted = await house.slack.driver.submit(
        "Sam", view, values={"desk_practice_scenario": scenario}
    )
    assert submitted.errors == {}


def chooser(house: DeskHouse):  # type: ignore[no-untyped-def]
    view = house.slack.driver.front("Sam")
    return view if view is not None and view.content.get("submit") else None


def words_of(message: Message) -> str:
    return text_of(message.blocks)


async def test_the_window_says_who_can_read_along(house: DeskHouse) -> None:
    await house.slack.driver.slash("Sam", "/offboarding", "practice", SUPPORT)
    view = await house.slack.driver.until(lambda: chooser(house))
    assert IN_CHANNEL in text_of(view.blocks)
    await house.slack.driver.close("Sam")
    await house.slack.driver.press("Sam", await opened(house), "desk_practice")
    view = await house.slack.driver.until(lambda: chooser(house))
    assert FOR_YOU_ALONE in text_of(view.blocks)


async def test_slack_is_answered_before_the_window_is_filled(house: DeskHouse) -> None:
    house.slack.faults.hang(method="views.update")
    await house.slack.driver.slash("Sam", "/offboarding", "practice", SUPPORT)
    window = house.slack.driver.front("Sam")
    assert window is not None
    assert LOADING in text_of(window.blocks)
    house.slack.faults.clear()


async def test_a_practice_is_marked_as_one_and_its_customer_writes_first(house: DeskHouse) -> None:
    await begin(house)
    sheet = await house.until_shown("Practice: Price: too much for two lists a month")
    assert "made up" in words_of(sheet)
    assert "Paid until: 14 December 2026" in words_of(sheet)
    opening = await house.until_in_thread(sheet, "When would it stop?")
    assert "Marta Lindholm (made up)" in words_of(opening)


@both_transports
async def test_the_customer_answers_in_the_thread_and_the_review_ends_it(house: DeskHouse) -> None:
    await begin(house)
    sheet = await house.until_shown("Practice: Price")
    await house.until_in_thread(sheet, "When would it stop?")
    await house.slack.driver.post("Sam", SUPPORT, GOOD, thread_ts=sheet.ts)
    await house.until_in_thread(sheet, "please do")

    await house.slack.driver.press("Sam", sheet.ts, "desk_practice_review")
    review = await house.until_in_thread(sheet, "How it went")
    assert "29 euros a month is a lot for two shopping lists" in words_of(review)
    await house.slack.driver.until(
        lambda: "is over" in words_of(house.slack.workspace.message(sheet.ts))
    )
    assert "Show how it went" not in words_of(house.slack.workspace.message(sheet.ts))

    await house.slack.driver.post("Sam", SUPPORT, "One more thing", thread_ts=sheet.ts)
    sam = house.slack.workspace.user("Sam").id
    await house.slack.driver.until(
        lambda: any(
            "This practice is over" in each.text
            for each in house.slack.workspace.thread(sheet.ts, seen_by=sam)
        )
    )
    assert sum("How it went" in words_of(each) for each in thread(house, sheet)) == 1


async def test_a_repeated_event_gets_no_second_answer(house: DeskHouse) -> None:
    await begin(house)
    sheet = await house.until_shown("Practice: Price")
    await house.until_in_thread(sheet, "When would it stop?")
    house.slack.faults.duplicate_events()
    await house.slack.driver.post("Sam", SUPPORT, GOOD, thread_ts=sheet.ts)
    await house.until_in_thread(sheet, "please do")
    await house.slack.driver.delivered()
    await house.until(lambda: nothing_waits(house))
    texts = [words_of(each) for each in thread(house, sheet)]
    assert len(texts) == len(set(texts))
    with house.database.read() as session:
        written = sa.select(sa.func.count()).where(PracticeMessage.outer_id.is_not(None))
        assert session.scalar(written) == 1


async def test_a_window_sent_twice_begins_one_practice(house: DeskHouse) -> None:
    await house.slack.driver.slash("Sam", "/offboarding", "practice")
    view = await house.slack.driver.until(lambda: chooser(house))
    for _ in range(2):
        await house.slack.driver.submit("Sam", view, values={"desk_practice_scenario": "price"})
    await house.until_shown("Practice: Price")
    await house.until(lambda: nothing_waits(house))
    with house.database.read() as session:
        assert session.scalar(sa.select(sa.func.count(PracticeRun.id))) == 1


async def test_what_a_colleague_writes_there_is_no_reply(house: DeskHouse) -> None:
    await begin(house)
    sheet = await house.until_shown("Practice: Price")
    await house.until_in_thread(sheet, "When would it stop?")
    await house.slack.driver.post("Noor", SUPPORT, "Watch the date", thread_ts=sheet.ts)
    await house.slack.driver.post("Sam", SUPPORT, GOOD, thread_ts=sheet.ts)
    await house.until_in_thread(sheet, "please do")
    with house.database.read() as session:
        said = session.scalars(
            sa.select(PracticeMessage.text).where(PracticeMessage.outer_id.is_not(None))
        ).all()
    assert said == [GOOD]

    await house.slack.driver.press("Noor", sheet.ts, "desk_practice_review")
    with house.database.read() as session:
        assert session.scalars(sa.select(PracticeRun.state)).all() == [PracticeState.GOING]


async def test_where_the_bot_is_no_member_the_customer_writes_in_a_direct_message(
    house: DeskHouse,
) -> None:
    house.slack.faults.remove_bot("offboarding-leads")
    await house.slack.driver.slash("Sam", "/offboarding", "practice", "#offboarding-leads")
    window = await house.slack.driver.until(lambda: chooser(house))
    assert FOR_YOU_ALONE in text_of(window.blocks)
    await house.slack.driver.close("Sam")
    await begin(house, channel="#offboarding-leads")
    sheet = await house.until_shown("Practice: Price")
    sam = house.slack.workspace.user("Sam")
    assert sheet.channel == sam.direct_channel
    told = house.slack.driver.front("Sam")
    assert told is not None
    assert "direct message" in text_of(told.blocks)
    await house.until_in_thread(sheet, "When would it stop?")
    await house.slack.driver.post("Sam", sheet.channel, GOOD, thread_ts=sheet.ts)
    await house.until_in_thread(sheet, "please do")


async def test_a_practice_touches_no_customer(house: DeskHouse) -> None:
    talk, card = await house.claimed()
    await begin(house)
    sheet = await house.until_shown("Practice: Price")
    await house.until_in_thread(sheet, "When would it stop?")
    await house.slack.driver.post("Sam", SUPPORT, GOOD, thread_ts=sheet.ts)
    await house.until_in_thread(sheet, "please do")
    before = [each["text"] for each in await talk.until(1)]
    assert GOOD not in before
    assert not any("shopping" in words_of(each) for each in thread(house, card))


def thread(house: DeskHouse, root: Message) -> list[Message]:
    return house.slack.workspace.thread(root.ts)


def nothing_waits(house: DeskHouse) -> bool:
    with house.database.read() as session:
        waiting = sa.select(SlackPost.position).where(SlackPost.state.in_(["pending", "sending"]))
        return session.scalar(waiting.limit(1)) is None


def test_a_changed_scenario_is_read_anew_and_a_mistake_keeps_the_last(tmp_path: Path) -> None:
    folder = tmp_path / "practice"
    shutil.copytree(FOLDER, folder)
    shelf = Shelf(folder)
    assert "mine" not in shelf.scenarios().by_id
    shutil.copy(folder / "scenarios" / "price.yml", folder / "scenarios" / "mine.yml")
    assert "mine" in shelf.scenarios().by_id
    titles = shelf.rules().rules.titles
    (folder / "review.yml").write_text("titles: no", "utf-8")
    assert shelf.rules().rules.titles == titles
    assert "mine" in shelf.scenarios().by_id
    with pytest.raises(PolicyError):
        Shelf(folder).rules()


@pytest.mark.parametrize("transport", [SlackTransport.SOCKET])
async def test_a_practice_goes_on_after_a_restart(house: DeskHouse) -> None:
    await begin(house)
    sheet = await house.until_shown("Practice: Price")
    await house.until_in_thread(sheet, "When would it stop?")
    await house.until(lambda: nothing_waits(house))
    house.slack.faults.hold_events()
    await house.slack.driver.post("Sam", SUPPORT, GOOD, thread_ts=sheet.ts)
    await house.desk.stop()
    async with another_desk(house):
        house.slack.faults.release_events()
        await house.until_in_thread(sheet, "please do")
        await house.slack.driver.press("Sam", sheet.ts, "desk_practice_review")
        await house.until_in_thread(sheet, "How it went")


@asynccontextmanager
async def another_desk(house: DeskHouse) -> AsyncIterator[None]:
    """As a new process would make it."""
    known = house.slack.credentials
    connection = SlackConnection(
        api_url=known.api_url,
        transport=SlackTransport.SOCKET,
        bot_token=known.bot_token,
        app_token=known.app_token,
        signing_secret=known.signing_secret,
    )
    background = DbosEngine(house.settings, house.database)
    desk = SlackDesk(connection, house.database, house.policies, house.gateway, background)
    await desk.start()
    try:
        await house.until(desk.healthy)
        yield
    finally:
        await desk.stop()
