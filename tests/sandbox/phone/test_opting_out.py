"""The words that Twilio takes for itself, and what they do to a conversation."""

import pytest
from twilio.base.exceptions import TwilioRestException
from twilio.rest import Client

from sandbox.phone.network.keywords import ANSWERS, WORDS, Keyword
from sandbox.phone.server import TwilioStandIn
from tests.sandbox.phone.conftest import MAYA, OpenTwilio, SmallApp, answering, client_of, send


@pytest.mark.parametrize("word", [*sorted(WORDS[Keyword.STOP]), " cancel\n", "Stop"])
async def test_a_word_that_ends_texts_does_so_and_is_told_all_the_same(
    twilio: TwilioStandIn, client: Client, app: SmallApp, word: str
) -> None:
    await twilio.phone.text(word, MAYA)
    await twilio.phone.settled()
    assert app.bodies() == [word]
    assert "OptOutType" not in app.heard[0]
    assert [each.body for each in twilio.phone.shown(MAYA)] == [word, ANSWERS[Keyword.STOP]]
    assert twilio.phone.blocked(MAYA)
    with pytest.raises(TwilioRestException) as failure:
        await send(twilio, client, "Pro ends 14 Dec.")
    assert (failure.value.status, failure.value.code) == (400, 21610)
    assert twilio.phone.messages_to(MAYA) == []


@pytest.mark.parametrize("words", ["please cancel", "STOP it", "cancel.", "the end", "no"])
async def test_the_word_among_others_ends_nothing(
    twilio: TwilioStandIn, app: SmallApp, words: str
) -> None:
    await twilio.phone.text(words, MAYA)
    await twilio.phone.settled()
    assert not twilio.phone.blocked(MAYA)
    assert app.bodies() == [words]
    assert len(twilio.exchange.texts) == 1


@pytest.mark.parametrize("word", sorted(WORDS[Keyword.START]))
async def test_who_has_stopped_texts_can_have_them_again(
    twilio: TwilioStandIn, client: Client, app: SmallApp, word: str
) -> None:
    for body in ("CANCEL", word):
        await twilio.phone.text(body, MAYA)
    await twilio.phone.settled()
    assert app.bodies() == ["CANCEL", word]
    assert not twilio.phone.blocked(MAYA)
    assert twilio.phone.shown(MAYA)[-1].body == ANSWERS[Keyword.START]
    assert (await send(twilio, client, "Welcome back.")).status == "queued"


async def test_a_yes_of_somebody_who_gets_texts_is_an_answer_like_any_other(
    twilio: TwilioStandIn, app: SmallApp
) -> None:
    await twilio.phone.text("Yes", MAYA)
    await twilio.phone.settled()
    assert app.bodies() == ["Yes"]
    assert len(twilio.exchange.texts) == 1


async def test_stopping_twice_is_answered_once(twilio: TwilioStandIn, app: SmallApp) -> None:
    for body in ("STOP", "STOP"):
        await twilio.phone.text(body, MAYA)
    await twilio.phone.settled()
    assert [each.automatic for each in twilio.exchange.on_phone(MAYA)].count(True) == 1
    assert app.bodies() == ["STOP", "STOP"]


@pytest.mark.parametrize("word", sorted(WORDS[Keyword.HELP]))
async def test_help_is_twilio_s_own_affair(twilio: TwilioStandIn, app: SmallApp, word: str) -> None:
    await twilio.phone.text(word, MAYA)
    await twilio.phone.settled()
    assert app.heard == []
    assert twilio.phone.shown(MAYA)[-1].body == ANSWERS[Keyword.HELP]


async def test_one_phone_s_wish_is_no_other_s(
    twilio: TwilioStandIn, client: Client, app: SmallApp
) -> None:
    await twilio.phone.text("STOP")
    assert (await send(twilio, client, "Hello")).status == "queued"


async def test_an_answer_to_who_has_stopped_texts_is_not_sent(
    twilio: TwilioStandIn, app: SmallApp
) -> None:
    app.answer = answering("<Response><Message>Are you sure?</Message></Response>")
    text = await twilio.phone.text("STOP", MAYA)
    await twilio.phone.settled()
    assert twilio.phone.messages_to(MAYA) == []
    assert text.problem == "21610"


@pytest.mark.parametrize(
    ("word", "kind"), [("CANCEL", "STOP"), ("UNSTOP", "START"), ("INFO", "HELP")]
)
async def test_with_advanced_opt_out_every_word_is_told_by_its_kind(
    open_twilio: OpenTwilio, word: str, kind: str
) -> None:
    twilio = await open_twilio(advanced_opt_out=True)
    app = SmallApp(twilio)
    async with app.open():
        await twilio.phone.text(word, MAYA)
        await twilio.phone.text("hello", MAYA)
        await twilio.phone.settled()
    assert app.heard[0]["OptOutType"] == kind
    assert app.heard[0]["MessagingServiceSid"] == twilio.line.service_sid
    assert "OptOutType" not in app.heard[1]


async def test_an_opt_out_holds_for_the_service_and_its_number(open_twilio: OpenTwilio) -> None:
    twilio = await open_twilio(messaging_service=True)
    app = SmallApp(twilio)
    async with app.open(), client_of(twilio) as client:
        await twilio.phone.text("STOP", MAYA)
        for sender in (
            {"messaging_service_sid": twilio.line.service_sid},
            {"from_": twilio.credentials.sender},
        ):
            with pytest.raises(TwilioRestException) as failure:
                await client.messages.create_async(to=MAYA, body="Hello", **sender)
            assert failure.value.code == 21610
