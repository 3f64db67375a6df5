"""Following a conversation: nothing missed, nothing twice, in order, over any number of breaks."""

import asyncio

import pytest

from channels.conversations.state import ConversationState
from channels.conversations.view import MOST_MESSAGES
from offboarding.database import Database
from tests.channels import stand_in
from tests.channels.conftest import Business, Site
from tests.channels.stand_in import LIMIT_SECONDS, StandInRasa
from tests.channels.talk import Talk, next_event

NOTICE = {"until": "14 December", "url": "/exports/1"}


async def test_a_client_that_comes_back_gets_what_it_missed(site: Site) -> None:
    talk = await Talk.begin(site.http)
    async with talk.events() as events:
        welcome = await next_event(events, "message")
    await talk.say("hello")
    await talk.until(3)
    async with talk.events(after=int(welcome.id or "")) as events:
        missed = [await next_event(events, "message") for _ in range(2)]
    assert [event.id for event in missed] == ["2", "3"]
    assert [event.data["text"] for event in missed] == ["hello", "heard hello"]


async def test_the_query_may_say_what_was_seen_and_the_header_knows_better(site: Site) -> None:
    talk = await Talk.begin(site.http)
    await talk.say("hello")
    await talk.until(3)
    for headers, first in (({}, 2), ({"Last-Event-ID": "2"}, 3)):
        async with (
            asyncio.timeout(LIMIT_SECONDS),
            site.http.stream(
                "GET", f"{talk.path}/events?after=1", headers={**talk.headers, **headers}
            ) as response,
        ):
            async for line in response.aiter_lines():
                if line.startswith("id: "):
                    assert line == f"id: {first}"
                    break


@pytest.mark.parametrize("bad", ["-1", "1.5", "x", "", "1e3", "٣", "4", "9" * 40, "1;DROP TABLE"])
async def test_a_position_that_was_never_given_is_refused(site: Site, bad: str) -> None:
    talk = await Talk.begin(site.http)
    response = await site.http.get(
        f"{talk.path}/events", params={"after": bad}, headers=talk.headers
    )
    assert response.status_code == 400
    assert response.json()["type"] == "invalid_position"


async def test_typing_is_shown_while_the_assistant_works(site: Site, rasa: StandInRasa) -> None:
    release = asyncio.Event()

    async def slowly(request):
        await release.wait()
        return await stand_in.echo(request)

    rasa.behaviour = slowly
    talk = await Talk.begin(site.http)
    async with talk.events() as events:
        assert (await next_event(events, "typing")).data == {"typing": False}
        await talk.say("hello")
        assert (await next_event(events, "typing")).data == {"typing": True}
        release.set()
        assert (await next_event(events, "message")).data["text"] == "heard hello"
        assert (await next_event(events, "typing")).data == {"typing": False}


async def test_a_change_of_state_is_told(
    site: Site, database: Database, business: Business
) -> None:
    talk = await Talk.begin(site.http, identity_token="genuine")
    assert talk.identified
    async with talk.events() as events:
        assert (await next_event(events, "state")).data == {"state": "bot", "identified": True}
        with database.write() as session:
            site.gateway.change_state(session, talk.id, ConversationState.WAITING)
        assert (await next_event(events, "state")).data == {"state": "waiting", "identified": True}
        business.identified.clear()
        await talk.say("hello")
        assert (await next_event(events, "state")).data == {"state": "waiting", "identified": False}


async def test_two_clients_follow_the_same_conversation(site: Site) -> None:
    talk = await Talk.begin(site.http)
    async with talk.events(after=1) as here, talk.events(after=1) as there:
        await talk.say("hello")
        for events in (here, there):
            texts = [(await next_event(events, "message")).data["text"] for _ in range(2)]
            assert texts == ["hello", "heard hello"]


async def test_nothing_is_lost_between_what_was_missed_and_what_comes(site: Site) -> None:
    talk = await Talk.begin(site.http)

    async def follow() -> list[int]:
        return [message["sequence"] for message in await talk.until(17)]

    following = asyncio.gather(*(follow() for _ in range(4)))
    for number in range(8):
        await talk.say(f"message {number}")
    for numbers in await following:
        assert numbers == list(range(1, 18))


async def test_a_history_longer_than_one_look_comes_whole(site: Site, database: Database) -> None:
    talk = await Talk.begin(site.http)
    with database.write() as session:
        for number in range(MOST_MESSAGES + 5):
            site.gateway.post_notice(
                session, talk.id, "utter_export_ready", NOTICE, f"notice:{number}"
            )
    messages = await talk.until(MOST_MESSAGES + 6)
    assert [message["sequence"] for message in messages] == list(range(1, MOST_MESSAGES + 7))


async def test_who_goes_away_is_forgotten(site: Site) -> None:
    talk = await Talk.begin(site.http)
    async with talk.events() as events:
        await next_event(events, "message")
        assert site.gateway.listeners.listened() == (talk.id,)
    async with asyncio.timeout(LIMIT_SECONDS):
        # Each further request gives the server a turn to notice that the first client is gone.
        while site.gateway.listeners.listened():
            await talk.status()
