"""Buttons: only the server knows what they mean, and an old one is not taken for an answer."""

import asyncio

import pytest

from tests.channels import stand_in
from tests.channels.conftest import Site
from tests.channels.stand_in import StandInRasa
from tests.channels.talk import Talk


async def _offering(request):
    buttons = [
        {"title": "The second", "payload": '/affirm{"option": "2"}'},
        {"title": "No", "payload": "/deny"},
    ]
    return stand_in.answered("Which?", buttons=buttons)


async def test_a_button_is_its_intent_with_its_entities(site: Site, rasa: StandInRasa) -> None:
    rasa.behaviour = _offering
    talk = await Talk.begin(site.http)
    await talk.say("hello")
    offered = (await talk.until(3))[-1]["quick_replies"]
    assert [set(reply) for reply in offered] == [{"id", "title"}] * 2
    await talk.press(offered[0]["id"])
    assert (await talk.until(5))[3]["text"] == "The second"
    assert rasa.requests[1]["intent"] == {"name": "affirm", "entities": {"option": "2"}}
    assert rasa.requests[1]["text"] is None


async def test_a_button_stays_live_until_another_message_has_some(
    site: Site, rasa: StandInRasa
) -> None:
    talk = await Talk.begin(site.http)
    [welcome] = await talk.until(1)
    await talk.say("hello")
    await talk.until(3)
    await talk.press(welcome["quick_replies"][0]["id"])
    await talk.until(5)
    assert rasa.requests[1]["intent"]["name"] == "cancel"


async def test_a_stale_button_is_told_as_one(site: Site, rasa: StandInRasa) -> None:
    rasa.behaviour = _offering
    talk = await Talk.begin(site.http)
    [welcome] = await talk.until(1)
    await talk.say("hello")
    await talk.until(3)
    await talk.press(welcome["quick_replies"][0]["id"])
    assert (await talk.until(5))[3]["text"] == "Cancel my plan"
    assert rasa.requests[1]["intent"] == {"name": "stale_button", "entities": {}}


async def test_a_second_yes_before_the_answer_is_not_a_yes_to_the_next_question(
    site: Site, rasa: StandInRasa
) -> None:
    rasa.behaviour = _offering
    talk = await Talk.begin(site.http)
    await talk.say("hello")
    yes = (await talk.until(3))[-1]["quick_replies"][0]["id"]
    release = asyncio.Event()

    async def slowly(request):
        await release.wait()
        return await _offering(request)

    rasa.behaviour = slowly
    await talk.press(yes)
    await talk.press(yes)
    release.set()
    await talk.until(7)
    assert [request["intent"]["name"] for request in rasa.requests[1:]] == [
        "affirm",
        "stale_button",
    ]


async def test_a_button_of_another_conversation_is_unknown(site: Site, rasa: StandInRasa) -> None:
    other = await Talk.begin(site.http)
    [welcome] = await other.until(1)
    talk = await Talk.begin(site.http)
    refused = await talk.send(quick_reply=welcome["quick_replies"][0]["id"])
    assert refused.status_code == 404
    assert refused.json()["type"] == "unknown_quick_reply"
    assert (await talk.status())["last_sequence"] == 1
    assert rasa.requests == []


@pytest.mark.parametrize("unknown", ["", "nobody", "/affirm", "\x00", "0" * 32, "x" * 5000, "é"])
async def test_a_button_nobody_offered_is_unknown(site: Site, unknown: str) -> None:
    talk = await Talk.begin(site.http)
    refused = await talk.send(quick_reply=unknown)
    assert refused.status_code == 404
    assert refused.json()["type"] == "unknown_quick_reply"
