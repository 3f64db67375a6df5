"""A message goes in once and is answered once, in order, whatever dies in between."""

import asyncio
from datetime import UTC, datetime
from typing import Any

import pytest
import time_machine
from starlette.responses import Response

from channels.conversations import inbox, service
from channels.conversations.inbox import Inbound, PendingTurn
from channels.conversations.service import Preferences
from channels.conversations.state import ConversationState
from channels.fallbacks import Fallbacks
from channels.rasa import RasaClient, TurnAnswer
from channels.texts import Texts
from channels.turns import TurnRunner
from offboarding.database import Database
from tests.channels import stand_in
from tests.channels.conftest import Business, Running, Site
from tests.channels.stand_in import TOKEN, StandInRasa, echo
from tests.channels.talk import Talk

NOTICE = {"until": "14 December", "url": "/exports/1"}
UNAVAILABLE = "I can't answer right now. You can cancel on a page, or get a person."


async def test_the_first_message_says_that_an_automated_assistant_answers(site: Site) -> None:
    talk = await Talk.begin(site.http, locale="en-GB", time_zone="Europe/Berlin")
    [welcome] = await talk.until(1)
    assert welcome["author"] == "bot"
    assert "automated assistant of Larkspur Notes" in welcome["text"]
    assert [reply["title"] for reply in welcome["quick_replies"]] == ["Cancel my plan"]
    assert "payload" not in str(welcome)


async def test_a_message_is_answered(site: Site, rasa: StandInRasa, business: Business) -> None:
    talk = await Talk.begin(site.http)
    assert await talk.say("it costs too much", key="first-key") == 2
    messages = await talk.until(3)
    assert [message["sequence"] for message in messages] == [1, 2, 3]
    assert [message["author"] for message in messages] == ["bot", "customer", "bot"]
    assert messages[1]["client_key"] == "first-key"
    assert messages[2]["text"] == "heard it costs too much"
    [request] = rasa.requests
    assert request["conversation_id"] == talk.id
    assert request["channel"] == "web"
    assert (request["intent"], request["state"]) == (None, None)


@pytest.mark.parametrize(
    ("time_zone", "day"),
    [("Pacific/Kiritimati", "2026-12-01"), ("Pacific/Honolulu", "2026-11-30"), (None, None)],
)
async def test_the_day_is_the_customers_own(
    site: Site, rasa: StandInRasa, time_zone: str | None, day: str | None
) -> None:
    with time_machine.travel(datetime(2026, 11, 30, 12, tzinfo=UTC)):
        talk = await Talk.begin(site.http, time_zone=time_zone)
        await talk.say("please end it tomorrow")
        await talk.until(3)
    assert rasa.requests[0]["day"] == day


async def test_what_was_written_before_the_last_answer_is_told(
    site: Site, rasa: StandInRasa
) -> None:
    both_written = asyncio.Event()

    async def answers_then(request: dict[str, Any]) -> Response:
        await both_written.wait()
        return await echo(request)

    rasa.behaviour = answers_then
    talk = await Talk.begin(site.http)
    await talk.say("one")
    await talk.say("two")
    both_written.set()
    await talk.until(5)
    await talk.say("three")
    await talk.until(7)
    assert [request["overtaken"] for request in rasa.requests] == [False, True, False]


async def test_a_message_that_comes_before_the_first_turn_begins_is_answered_at_once(
    database: Database, rasa: StandInRasa, texts: Texts
) -> None:
    with database.write() as session:
        talk = service.open_conversation(session, "web", Preferences()).id
    with database.write() as session:
        first = inbox.receive(session, talk, Inbound("web", "first-of-two", "one"))
    with database.write() as session:
        inbox.receive(session, talk, Inbound("web", "second-of-two", "two"))
    client = RasaClient(rasa.address, TOKEN, 5.0)
    fallbacks = Fallbacks(texts, lambda _session, _conversation: "7F3K-22")
    runner = TurnRunner(database, client, fallbacks, lambda _conversation: None)
    runner.wake(talk, first.turn)
    runner.wake(talk)  # in the same step of the event loop: no task has run yet
    await rasa.asked(2)
    assert rasa.heard() == ["one", "two"]
    await runner.stop(grace_seconds=5)
    await client.close()


async def test_the_dialogue_state_of_one_turn_is_given_to_the_next(
    site: Site, rasa: StandInRasa
) -> None:
    talk = await Talk.begin(site.http)
    await talk.say("one")
    await talk.until(3)
    await talk.say("two")
    await talk.until(5)
    assert [request["state"] for request in rasa.requests] == [None, {"turns": 1}]
    assert len({request["message_id"] for request in rasa.requests}) == 2


async def test_two_messages_are_answered_one_after_the_other(site: Site, rasa: StandInRasa) -> None:
    release = asyncio.Event()

    async def slowly(request):
        await release.wait()
        return await stand_in.echo(request)

    rasa.behaviour = slowly
    talk = await Talk.begin(site.http)
    await talk.say("one")
    await talk.say("two")
    await rasa.asked(1)
    assert rasa.heard() == ["one"]
    release.set()
    messages = await talk.until(5)
    assert [message["text"] for message in messages[1:]] == [
        "one",
        "two",
        "heard one",
        "heard two",
    ]
    assert rasa.requests[1]["state"] == {"turns": 1}


async def test_the_same_key_again_gives_the_same_answer_and_no_second_turn(
    site: Site, rasa: StandInRasa
) -> None:
    talk = await Talk.begin(site.http)
    first = await talk.say("hello", key="one-and-the-same")
    await talk.until(3)
    assert await talk.say("hello", key="one-and-the-same") == first
    await talk.say("and now?")
    await talk.until(5)
    assert rasa.heard() == ["hello", "and now?"]


async def test_the_same_key_eight_times_at_once_is_one_message(
    site: Site, rasa: StandInRasa
) -> None:
    talk = await Talk.begin(site.http)
    taken = await asyncio.gather(*(talk.say("hello", key="at-the-same-time") for _ in range(8)))
    assert set(taken) == {2}
    assert len(await talk.until(3)) == 3
    assert (await talk.status())["last_sequence"] == 3
    assert rasa.heard() == ["hello"]


async def test_the_same_key_in_two_conversations_is_two_messages(
    site: Site, rasa: StandInRasa
) -> None:
    for _ in range(2):
        talk = await Talk.begin(site.http)
        await talk.say("hello", key="one-and-the-same")
        await talk.until(3)
    assert len(rasa.requests) == 2


async def test_a_crash_while_rasa_works_replays_the_turn(
    running: Running, rasa: StandInRasa
) -> None:
    async with running() as first:
        talk = await Talk.begin(first.http)
        await talk.say("before")
        await talk.until(3)
        rasa.behaviour = stand_in.never
        await talk.say("during")
        await rasa.asked(2)
    rasa.behaviour = stand_in.echo
    async with running() as second:
        messages = await Talk(second.http, _opened(talk)).until(5)
    assert [message["text"] for message in messages[3:]] == ["during", "heard during"]
    assert rasa.requests[1] == rasa.requests[2]


class _DiesAfterTheAnswer(RasaClient):
    answered = asyncio.Event()

    async def turn(self, pending: PendingTurn) -> TurnAnswer:
        await super().turn(pending)
        self.answered.set()
        await asyncio.Event().wait()
        raise AssertionError


async def test_a_crash_between_rasas_answer_and_the_commit_answers_once(
    running: Running, rasa: StandInRasa
) -> None:
    _DiesAfterTheAnswer.answered = asyncio.Event()
    async with running(_DiesAfterTheAnswer) as first:
        talk = await Talk.begin(first.http)
        await talk.say("hello")
        async with asyncio.timeout(stand_in.LIMIT_SECONDS):
            await _DiesAfterTheAnswer.answered.wait()
        assert (await talk.status())["last_sequence"] == 2
    async with running() as second:
        talk = Talk(second.http, _opened(talk))
        await talk.until(3)
        await talk.say("on we go")
        messages = await talk.until(5)
    assert [message["text"] for message in messages[1:]] == [
        "hello",
        "heard hello",
        "on we go",
        "heard on we go",
    ]
    assert rasa.requests[0] == rasa.requests[1]
    assert rasa.requests[2]["state"] == {"turns": 1}


async def test_two_processes_on_one_database_answer_once(
    running: Running, rasa: StandInRasa
) -> None:
    both_asked = asyncio.Event()

    async def once_both_asked(request):
        if len(rasa.requests) >= 2:
            both_asked.set()
        await both_asked.wait()
        return await stand_in.echo(request)

    rasa.behaviour = once_both_asked
    async with running() as first:
        talk = await Talk.begin(first.http)
        await talk.say("hello")
        await rasa.asked(1)
        async with running() as second:  # finds the message unanswered and takes it up, too
            there = Talk(second.http, _opened(talk))
            await there.until(3)
            await there.say("more")
            await talk.until(5)
            assert (await talk.status())["last_sequence"] == 5
    assert rasa.requests[0] == rasa.requests[1]


async def test_a_listener_at_another_process_gets_the_message(running: Running) -> None:
    async with running() as first, running() as second:
        here = await Talk.begin(first.http)
        there = Talk(second.http, _opened(here))
        async with there.events(after=1) as events:
            await here.say("hello")
            texts = [event.data["text"] async for event in _first_messages(events, 2)]
    assert texts == ["hello", "heard hello"]


@pytest.mark.parametrize(
    "behaviour",
    [
        stand_in.nothing,
        stand_in.bare_list,
        stand_in.nonsense,
        stand_in.nameless_button,
        stand_in.failing,
        stand_in.not_loaded,
    ],
)
async def test_a_turn_that_rasa_fails_is_answered_honestly_and_the_talk_goes_on(
    site: Site, rasa: StandInRasa, behaviour: stand_in.Behaviour
) -> None:
    talk = await Talk.begin(site.http)
    await talk.say("one")
    await talk.until(3)
    rasa.behaviour = behaviour
    await talk.say("two")
    unavailable = (await talk.until(5))[-1]
    assert unavailable["text"] == UNAVAILABLE
    assert [reply["title"] for reply in unavailable["quick_replies"]] == ["Talk to a person"]
    assert unavailable["card"]["links"] == [
        {
            "title": "Cancel on a page",
            "url": f"http://shop.example/cancel/enter/for-{talk.id}",
        }
    ]
    rasa.behaviour = stand_in.echo
    await talk.say("three")
    assert (await talk.until(7))[-1]["text"] == "heard three"
    assert rasa.requests[-1]["state"] == {"turns": 1}


async def test_a_card_is_shown_with_its_facts_and_links(site: Site, rasa: StandInRasa) -> None:
    card = {
        "kind": "terms",
        "title": "What will happen",
        "rows": [{"label": "Ends", "value": "14 December 2026"}],
        "links": [{"title": "Download", "url": "/exports/1"}],
        "note": None,
    }

    async def with_card(_request):
        return stand_in.answered("", card=card)

    rasa.behaviour = with_card
    talk = await Talk.begin(site.http)
    await talk.say("hello")
    assert (await talk.until(3))[-1]["card"] == card


@pytest.mark.parametrize("url", ["javascript:alert(1)", "//evil.example", "/\\evil.example", "x"])
async def test_a_card_with_a_link_that_is_none_is_not_shown(
    site: Site, rasa: StandInRasa, url: str
) -> None:
    async def with_card(_request):
        return stand_in.answered("", card={"kind": "x", "links": [{"title": "x", "url": url}]})

    rasa.behaviour = with_card
    talk = await Talk.begin(site.http)
    await talk.say("hello")
    assert (await talk.until(3))[-1]["text"] == UNAVAILABLE


async def test_a_rasa_that_is_too_slow_is_not_waited_for(
    running: Running, rasa: StandInRasa
) -> None:
    rasa.behaviour = stand_in.never
    async with running(seconds=0.2) as site:
        talk = await Talk.begin(site.http)
        await talk.say("hello")
        assert (await talk.until(3))[-1]["text"] == UNAVAILABLE


async def test_a_rasa_that_is_down_is_said_honestly(running: Running, closed_address: str) -> None:
    async with running(rasa_address=closed_address) as site:
        talk = await Talk.begin(site.http)
        await talk.say("hello")
        assert (await talk.until(3))[-1]["text"] == UNAVAILABLE


async def test_a_person_is_got_without_rasa(
    running: Running, business: Business, closed_address: str
) -> None:
    async with running(rasa_address=closed_address) as site:
        talk = await Talk.begin(site.http)
        await talk.say("hello")
        unavailable = (await talk.until(3))[-1]
        await talk.press(unavailable["quick_replies"][0]["id"])
        assert "7F3K-22" in (await talk.until(5))[-1]["text"]
        await talk.ask_for_person()
        assert "7F3K-22" in (await talk.until(7))[-1]["text"]
    assert business.handoffs == [talk.id, talk.id]


async def test_the_wish_for_a_person_is_an_intent(site: Site, rasa: StandInRasa) -> None:
    talk = await Talk.begin(site.http)
    await talk.ask_for_person()
    assert (await talk.until(3))[1]["text"] == "Talk to a person"
    assert rasa.requests[0]["text"] is None
    assert rasa.requests[0]["intent"] == {"name": "human", "entities": {}}


async def test_a_fault_of_ours_in_one_conversation_is_said_and_stops_no_other(
    running: Running, business: Business, closed_address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_session: object, _conversation_id: str) -> str:
        raise RuntimeError("the business is broken")

    monkeypatch.setattr(business, "request_handoff", broken)
    async with running(rasa_address=closed_address) as site:
        talk = await Talk.begin(site.http)
        await talk.ask_for_person()
        other = await Talk.begin(site.http)
        await other.say("hello")
        assert (await other.until(3))[-1]["text"] == UNAVAILABLE
        assert (await talk.until(3))[-1]["text"].startswith("Something broke on our side")
        await talk.say("hello?")
        assert (await talk.until(5))[-1]["text"] == UNAVAILABLE


async def test_while_a_person_answers_the_assistant_is_silent(
    site: Site, rasa: StandInRasa, database: Database
) -> None:
    talk = await Talk.begin(site.http)
    _change(site, database, talk, ConversationState.HUMAN)
    assert await talk.say("are you there?") == 2
    assert (await talk.status())["state"] == "human"
    _change(site, database, talk, ConversationState.BOT)
    await talk.say("back again")
    messages = await talk.until(4)
    assert [message["text"] for message in messages[1:]] == [
        "are you there?",
        "back again",
        "heard back again",
    ]
    assert rasa.heard() == ["back again"]


async def test_what_waited_when_a_person_took_over_is_not_answered_by_the_assistant(
    site: Site, rasa: StandInRasa, database: Database
) -> None:
    release = asyncio.Event()

    async def slowly(request):
        await release.wait()
        return await stand_in.echo(request)

    rasa.behaviour = slowly
    talk = await Talk.begin(site.http)
    await talk.say("one")
    await talk.say("two")
    await rasa.asked(1)
    _change(site, database, talk, ConversationState.HUMAN)
    release.set()
    await _all_answered(site, database, talk)
    assert rasa.heard() == ["one"]
    # What Rasa had answered meanwhile is not said either: a person is in charge.
    assert [message["author"] for message in await talk.until(3)] == ["bot", "customer", "customer"]
    assert (await talk.status())["last_sequence"] == 3


@pytest.mark.parametrize(("kind", "kept"), [("receipt", True), ("terms", False)])
async def test_what_was_done_when_a_person_took_over_is_shown_and_what_was_asked_is_not(
    site: Site, rasa: StandInRasa, database: Database, kind: str, kept: bool
) -> None:
    release = asyncio.Event()
    card = {"kind": kind, "title": "Pro", "rows": [], "links": [], "note": None}
    buttons = [{"title": "Undo", "payload": "/undo"}]

    async def slowly(_request):
        await release.wait()
        return stand_in.answered("One moment.", "Pro it is.", card=card, buttons=buttons)

    rasa.behaviour = slowly
    talk = await Talk.begin(site.http)
    await talk.say("cancel it")
    await rasa.asked(1)
    _change(site, database, talk, ConversationState.HUMAN)
    release.set()
    await _all_answered(site, database, talk)
    last = (await talk.status())["last_sequence"]
    said = [(each["author"], each["text"]) for each in (await talk.until(last))[2:]]
    assert said == ([("system", "Pro it is.")] if kept else [])
    assert (await talk.until(last))[-1]["quick_replies"] == []


async def test_a_closed_conversation_takes_nothing_more(site: Site, database: Database) -> None:
    talk = await Talk.begin(site.http)
    taken = await talk.say("hello", key="before-the-end")
    await talk.until(3)
    _change(site, database, talk, ConversationState.CLOSED)
    refused = await talk.send(text="one more")
    assert refused.status_code == 409
    assert refused.json()["type"] == "conversation_closed"
    assert await talk.say("hello", key="before-the-end") == taken


async def test_messages_do_not_pile_up_without_end(site: Site, rasa: StandInRasa) -> None:
    rasa.behaviour = stand_in.never
    talk = await Talk.begin(site.http)
    for number in range(inbox.MOST_WAITING):
        await talk.say(f"message {number}")
    refused = await talk.send(text="one too many")
    assert refused.status_code == 429
    assert int(refused.headers["retry-after"]) > 0


async def test_a_notice_is_said_once_and_at_once(
    site: Site, database: Database, business: Business
) -> None:
    talk = await Talk.begin(site.http)
    async with talk.events(after=1) as events:
        for _ in range(2):
            with database.write() as session:
                site.gateway.post_notice(session, talk.id, "utter_export_ready", NOTICE, "export:1")
        [notice] = [event.data async for event in _first_messages(events, 1)]
    assert notice["text"] == "Your files are ready until 14 December."
    assert notice["card"]["rows"] == [{"label": "Link works until", "value": "14 December"}]
    assert notice["card"]["links"] == [{"title": "Download", "url": "/exports/1"}]
    assert (await talk.status())["last_sequence"] == 2


def _opened(talk: Talk) -> dict[str, object]:
    return {"conversation_id": talk.id, "session_token": talk.token, "identified": False}


def _change(site: Site, database: Database, talk: Talk, state: ConversationState) -> None:
    with database.write() as session:
        site.gateway.change_state(session, talk.id, state)


async def _first_messages(events, count):
    async for event in events:
        if event.name == "message":
            yield event
            count -= 1
            if not count:
                return


async def _all_answered(site: Site, database: Database, talk: Talk) -> None:
    async with asyncio.timeout(stand_in.LIMIT_SECONDS):
        with site.gateway.listeners.listen(talk.id) as news:
            while _waiting(database, talk):
                await news.wait()
                news.clear()


def _waiting(database: Database, talk: Talk) -> int:
    with database.read() as session:
        return inbox.waiting(session, talk.id)
