"""A day at the desk, with all that an agent can do and all that Slack is sent for it."""

from datetime import UTC, datetime
from pathlib import Path

import time_machine

from tests.channels.slack.desk_house import SUPPORT, DeskHouse
from tests.channels.slack.leaving import Leaving, leaving
from tests.channels.slack.test_agent_offers import asked_to_approve
from tests.channels.slack.test_asking import helped
from tests.channels.slack.test_cancelling import cancelled
from tests.channels.slack.test_commands import answered
from tests.channels.slack.test_home import opened
from tests.channels.slack.test_practice import GOOD, begin


def let_the_leads_be_told(routing: Path) -> None:
    """Whenever nobody of support comes in time."""
    promise = "remind_after_seconds: 90"
    leads = f'{promise}\n    escalate_to: "#offboarding-leads"'
    routing.write_text(routing.read_text().replace(promise, leads))


async def everything_that_happens(house: DeskHouse) -> None:
    """One after the other; the routing policy has to let the leads be told."""
    customer = await leaving(house)
    await they_talk(customer)
    await they_look(house, customer)
    await an_offer_is_approved_and_declined(customer)
    await cancelled(customer)
    await customer.said("is cancelled and ends on")
    await house.press("Sam", customer.card, "desk_hand_back")
    await somebody_practises(house)
    await slack_fails_after_taking_it(house)
    await nobody_comes(house)


async def they_talk(customer: Leaving) -> None:
    house, driver = customer.house, customer.house.slack.driver
    await customer.talk.say("Are you there?")
    await house.until_in_thread(customer.card, "Are you there?")
    answer = await driver.post("Sam", SUPPORT, "I am", thread_ts=customer.card.ts)
    await house.until_marked(answer, "white_check_mark")
    note = await driver.post("Noor", SUPPORT, "A friend of mine", thread_ts=customer.card.ts)
    await house.until_marked(note, "memo")


async def they_look(house: DeskHouse, customer: Leaving) -> None:
    await helped(house, customer.card)
    await customer.window("desk_history", "Full history")
    await house.slack.driver.close("Sam")
    await opened(house)
    await answered(house, "status")


async def an_offer_is_approved_and_declined(customer: Leaving) -> None:
    asking = await asked_to_approve(customer)
    await customer.house.slack.driver.press("Noor", asking.ts, "desk_offer_approve")
    await customer.answer(await customer.said("It could also cost"), "No, thank you")
    await customer.said("Nothing was changed")


async def somebody_practises(house: DeskHouse) -> None:
    await begin(house)
    sheet = await house.until_shown("Practice: Price")
    await house.until_in_thread(sheet, "When would it stop?")
    await house.slack.driver.post("Sam", SUPPORT, GOOD, thread_ts=sheet.ts)
    await house.until_in_thread(sheet, "please do")
    await house.slack.driver.press("Sam", sheet.ts, "desk_practice_review")
    await house.until_in_thread(sheet, "How it went")


async def slack_fails_after_taking_it(house: DeskHouse) -> None:
    """Then it is looked for: a card in its channel, a message in its thread."""
    house.slack.faults.fail(method="chat.postMessage", after=True)
    talk, card = await house.claimed()
    house.slack.faults.fail(method="chat.postMessage", after=True)
    await talk.say("Once, please")
    await house.until_in_thread(card, "Once, please")
    await house.until_done()
    await house.press("Sam", card, "desk_resolve")
    await house.until_in_thread(card, "resolved it.")


async def nobody_comes(house: DeskHouse) -> None:
    """The channel is reminded; then those are told to whom the team escalates."""
    with time_machine.travel(datetime.now(UTC), tick=True) as later:
        card = await house.ask_for_person(await house.customer())
        later.shift(91)
        await house.until_in_thread(card, "Somebody still waits")
        later.shift(90)
        await house.until_shown("Nobody has come in time")
        await house.until_done()
