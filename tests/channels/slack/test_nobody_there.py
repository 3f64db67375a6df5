"""Nobody comes, or nobody is there: the customer hears the truth once, and nothing is lost.

Known failures F5 and F6.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine

from offboarding.background.dbos_engine import DbosEngine
from offboarding.background.service import schedule
from offboarding.database import Database
from offboarding.handoffs.causes import HandOffCause
from offboarding.handoffs.states import HandOffState
from offboarding.identity.service import identified_customer
from offboarding.policies.store import Policies
from offboarding.settings import Settings
from tests.channels.slack.desk_day import let_the_leads_be_told
from tests.channels.slack.desk_house import SUPPORT, DeskHouse, Opening
from tests.channels.slack.desk_policies import policies_in
from tests.channels.talk import Talk
from tests.factories import make_subscription

BILLING = "#offboarding-billing"
NOBODY_YET = "Nobody has come in the time I promised"


@pytest.fixture
def desk_policies(tmp_path: Path) -> Policies:
    """Some that can be changed."""
    return policies_in(tmp_path / "policy")


@pytest.fixture
def later() -> Iterator[time_machine.Traveller]:
    """The time goes on as ever; the test moves it."""
    with time_machine.travel(datetime.now(UTC), tick=True) as traveller:
        yield traveller


async def told(talk: Talk) -> list[str]:
    """What the bot said unasked, after its greeting."""
    last = (await talk.status())["last_sequence"]
    return [each["text"] for each in (await talk.until(last))[1:] if each["author"] == "bot"]


async def test_whoever_waits_in_vain_is_remembered_and_then_told_the_truth(
    house: DeskHouse, later: time_machine.Traveller
) -> None:
    talk = await house.customer(email="amara@example.org")
    subscribed(house, talk)
    card = await house.ask_for_person(talk)
    hand_off = house.hand_off(talk)
    await house.until(lambda: talk_state(house, talk) == "waiting")
    later.shift(91)
    reminder = await house.until_in_thread(card, "Somebody still waits")
    assert "<!here>" in reminder.text
    assert (house.mailed, await told(talk)) == ([], [])

    later.shift(90)
    message = (await talk.until(2))[-1]
    assert message["text"].startswith(NOBODY_YET)
    assert hand_off.number in message["text"]
    assert "amara@example.org" in message["text"]
    assert "Cancel my plan" in [each["title"] for each in message["quick_replies"]]
    await house.until(lambda: house.mailed == [hand_off.id])
    await house.until_in_thread(card, "it was mailed")
    await talk.say("All right")
    assert (await talk.until(4))[-1]["author"] == "bot"


def subscribed(house: DeskHouse, talk: Talk, **how: Any) -> None:
    """They have a plan."""
    with house.database.write() as session:
        customer = identified_customer(session, talk.id)
        assert customer is not None
        make_subscription(session, customer, **how)


async def test_who_has_cancelled_is_not_told_to_cancel(
    house: DeskHouse, later: time_machine.Traveller
) -> None:
    talk = await house.customer()
    subscribed(house, talk, cancel_at=datetime.now(UTC) + timedelta(days=21))
    await house.ask_for_person(talk)
    later.shift(181)
    message = (await talk.until(2))[-1]
    assert message["text"].startswith(NOBODY_YET)
    assert "ancel" not in message["text"]
    assert [each["title"] for each in message["quick_replies"]] == [
        "Wait for a person",
        "Go on without one",
    ]


def talk_state(house: DeskHouse, talk: Talk) -> str:
    return house.gateway.look_now(talk.id).state.value


async def test_a_person_may_come_after_the_promised_time(
    house: DeskHouse, later: time_machine.Traveller
) -> None:
    talk = await house.customer()
    card = await house.ask_for_person(talk)
    later.shift(181)
    await talk.until(2)
    await house.press("Sam", card, "desk_claim")
    assert "Sam" in (await talk.until(3))[-1]["text"]
    await house.slack.driver.post("Sam", SUPPORT, "Sorry for the wait", thread_ts=card.ts)
    assert (await talk.until(4))[-1]["author"] == "agent"


async def test_who_has_given_no_address_is_told_so(
    house: DeskHouse, later: time_machine.Traveller
) -> None:
    talk = await house.customer(known=False)
    await house.ask_for_person(talk)
    later.shift(181)
    message = (await talk.until(2))[-1]
    assert "no address to answer to" in message["text"]


async def test_the_truth_is_told_once_however_often_it_is_looked(
    house: DeskHouse, database: Database, later: time_machine.Traveller
) -> None:
    talk = await house.customer()
    await house.ask_for_person(talk)
    hand_off = house.hand_off(talk)
    later.shift(181)
    await talk.until(2)
    for number in range(3):
        with database.write() as session:
            schedule(session, "hand_off.unclaimed", hand_off.id, key=f"again {number}")
            schedule(session, "desk.remind", hand_off.id, key=f"remind again {number}")
    await house.until_done()
    assert len(await told(talk)) == 1
    assert house.mailed == [hand_off.id]


async def test_where_somebody_came_in_time_nobody_says_that_nobody_did(
    house: DeskHouse, later: time_machine.Traveller
) -> None:
    talk, card = await house.claimed()
    later.shift(200)
    await house.until_done()
    assert (await told(talk), house.mailed) == ([], [])
    assert "still waits" not in str([each.text for each in house.slack.workspace.thread(card.ts)])


async def test_the_leads_are_led_to_the_card(
    opening: Opening, tmp_path: Path, later: time_machine.Traveller
) -> None:
    let_the_leads_be_told(tmp_path / "policy" / "routing.yml")
    async with opening() as house:
        talk = await house.customer()
        card = await house.ask_for_person(talk)
        later.shift(181)
        told = await house.until_shown("to request")
        assert f"Nobody has come in time to request {house.hand_off(talk).number}" in told.text
        link = f"/archives/{card.channel}/p{card.ts.replace('.', '')}|Open the card>"
        assert told.text.endswith(link)


async def test_the_leads_are_told_without_a_link_where_slack_gives_none(
    opening: Opening, tmp_path: Path, later: time_machine.Traveller
) -> None:
    let_the_leads_be_told(tmp_path / "policy" / "routing.yml")
    async with opening() as house:
        await house.ask_for_person(await house.customer())
        house.slack.faults.fail(method="chat.getPermalink")
        later.shift(181)
        told = await house.until_shown("Nobody has come in time")
        assert told.text.endswith("on its card.")


@pytest.mark.parametrize(
    ("answers", "words"),
    [(False, "Somebody has come and not answered"), (True, "Who had come has left")],
)
async def test_the_leads_are_told_of_who_had_come(
    opening: Opening,
    tmp_path: Path,
    later: time_machine.Traveller,
    *,
    answers: bool,
    words: str,
) -> None:
    let_the_leads_be_told(tmp_path / "policy" / "routing.yml")
    async with opening() as house:
        talk, card = await house.claimed()
        if answers:
            said = await house.slack.driver.post("Sam", SUPPORT, "One moment", card.ts)
            await house.until_marked(said, "white_check_mark")
        await house.release("Sam", card)
        await house.until_pressable(card, "desk_claim")
        later.shift(181)
        told = await house.until_shown("nobody else has come in time")
        assert f"{words}, and nobody else has come in time to request " in told.text
        assert house.hand_off(talk).number in told.text


async def test_out_of_hours_support_is_mailed_at_once_and_no_time_is_promised(
    house: DeskHouse, later: time_machine.Traveller
) -> None:
    talk = await house.customer()
    card = await house.ask_for_person(talk, cause=HandOffCause.FRAUD)
    assert card.channel == house.slack.workspace.channel(BILLING).id
    hand_off = house.hand_off(talk)
    assert hand_off.claim_due_at is None
    await house.until(lambda: house.mailed == [hand_off.id])
    await house.until_in_thread(card, "They know that nobody is there now")
    later.shift(timedelta(hours=3))
    await talk.say("Then I wait")
    await talk.until(3)
    await house.until_done()
    assert await told(talk) == ["heard Then I wait"]
    assert house.mailed == [hand_off.id]


async def test_who_looks_in_out_of_hours_can_claim_and_releasing_mails_support_again(
    house: DeskHouse,
) -> None:
    talk = await house.customer()
    card = await house.ask_for_person(talk, cause=HandOffCause.FRAUD)
    hand_off = house.hand_off(talk)
    await house.press("Ines", card, "desk_claim")
    await house.until_pressable(card, "desk_more")
    await house.release("Ines", card)
    assert house.hand_off(talk).state is HandOffState.WAITING
    await house.until(lambda: house.mailed == [hand_off.id] * 2)
    assert "Ines had to leave" in (await talk.until(3))[-1]["text"]


async def test_released_to_a_team_that_is_there_the_promise_is_made_anew(
    house: DeskHouse, later: time_machine.Traveller
) -> None:
    talk, card = await house.claimed()
    hand_off = house.hand_off(talk)
    later.shift(150)
    await house.release("Sam", card)
    await talk.until(3)
    later.shift(60)
    await house.until_done()
    assert house.mailed == [], "the time runs from the release"
    later.shift(130)
    assert (await talk.until(4))[-1]["text"].startswith(NOBODY_YET)
    await house.until(lambda: house.mailed == [hand_off.id])


async def test_the_promise_is_kept_by_the_engine_of_production(
    opening: Opening, desk_settings: Settings, database: Database, tmp_path: Path
) -> None:
    routing = tmp_path / "policy" / "routing.yml"
    short = routing.read_text().replace("claim_within_seconds: 180", "claim_within_seconds: 1")
    routing.write_text(short.replace("remind_after_seconds: 90", "remind_after_seconds: 1"))
    async with opening(engine=DbosEngine(desk_settings, database)) as house:
        talk = await house.customer()
        card = await house.ask_for_person(talk)
        assert (await talk.until(2))[-1]["text"].startswith(NOBODY_YET)
        await house.until(lambda: house.mailed == [house.hand_off(talk).id])
        await house.until_in_thread(card, "it was mailed")
