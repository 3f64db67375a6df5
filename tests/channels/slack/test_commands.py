"""What agents can type, and what keeps its description true."""

import re
from inspect import getmembers, isfunction

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from channels.slack.actions import Action
from channels.slack.manifest import manifest, scopes
from offboarding.accounts.model import Customer
from offboarding.cases import service as cases
from offboarding.handoffs.causes import HandOffCause
from offboarding.handoffs.model import HandOff
from offboarding.settings import REPOSITORY, SlackTransport
from sandbox.slack.api.routes import METHODS
from sandbox.slack.blocks import text_of
from sandbox.slack.model import Message
from tests.channels.slack.desk_house import DeskHouse
from tests.factories import make_subscription

PACKAGE = REPOSITORY / "channels" / "slack"
OF_PRIVATE_CHANNELS = {"channels:history": "groups:history", "channels:read": "groups:read"}
OF_EVENTS = {
    "message.channels": "channels:history",
    "message.groups": "groups:history",
    "message.im": "im:history",
    "user_change": "users:read",
}


both_transports = pytest.mark.parametrize("transport", list(SlackTransport))


async def answered(house: DeskHouse, typed: str, channel: str = "#offboarding-leads") -> Message:
    """What only Sam sees after typing this."""
    sam = house.slack.workspace.user("Sam").id
    before = {each.ts for each in house.slack.workspace.in_channel(channel, seen_by=sam)}
    await house.slack.driver.slash("Sam", "/offboarding", typed, channel)
    (answer,) = [
        each
        for each in house.slack.workspace.in_channel(channel, seen_by=sam)
        if each.ts not in before
    ]
    assert answer.only_for == sam
    return answer


@both_transports
async def test_status_says_who_waits_and_how_today_went(house: DeskHouse) -> None:
    empty = text_of((await answered(house, "status")).blocks)
    assert "Waiting: 0." in empty
    talk = await house.customer()
    await house.ask_for_person(talk)
    await house.claimed("Noor", email="maya@example.org")
    shown = text_of((await answered(house, "STATUS")).blocks)
    assert "Waiting: 1, the longest for" in shown
    assert "Talked with: 1." in shown
    assert house.hand_off(talk).number in shown
    assert "Asked for a person: 2" in shown


async def test_mine_shows_mine_alone(house: DeskHouse) -> None:
    assert "nobody" in text_of((await answered(house, "mine")).blocks)
    mine, _ = await house.claimed("Sam")
    theirs, _ = await house.claimed("Noor", email="maya@example.org")
    shown = text_of((await answered(house, "mine")).blocks)
    assert house.hand_off(mine).number in shown
    assert house.hand_off(theirs).number not in shown


async def test_find_takes_a_number_or_an_address(house: DeskHouse) -> None:
    talk, _ = await house.claimed("Noor")
    number = house.hand_off(talk).number
    found = text_of((await answered(house, f"find {number.lower()}")).blocks)
    assert "with Noor Haddad" in found
    with house.database.read() as session:
        email = session.get_one(Customer, house.hand_off(talk).customer_id).email
    assert number in text_of((await answered(house, f"find {email.upper()}")).blocks)
    assert "Nobody asked" in text_of((await answered(house, "find 2222-222")).blocks)
    assert "what to look for" in text_of((await answered(house, "find")).blocks)


async def test_an_address_that_a_stranger_gave_is_no_name(house: DeskHouse) -> None:
    talk = await house.customer(known=False)
    await house.ask_for_person(talk)
    with house.database.write() as session:
        hand_off = session.get_one(HandOff, house.hand_off(talk).id)
        hand_off.contact_email = "maya@example.org"
    shown = text_of((await answered(house, "status")).blocks)
    assert "Somebody who gave maya@example.org asked for a person" in shown


async def test_the_words_and_the_count_of_who_was_told_agree(house: DeskHouse) -> None:
    talk = await house.customer()
    await house.ask_for_person(talk, cause=HandOffCause.FRAUD)  # that team is not there
    shown = text_of((await answered(house, "status")).blocks)
    assert "was told that nobody is there now" in shown
    assert "Told that nobody could come: 0" in shown
    assert "was told that nobody could come" not in shown


async def test_a_case_is_found_though_nobody_asked_for_a_person(house: DeskHouse) -> None:
    talk = await house.customer()
    with house.database.write() as session:
        customer = session.query(Customer).one()
        case = cases.open_case(session, customer, make_subscription(session, customer), talk.id)
    shown = text_of((await answered(house, f"find {case.number.lower()}")).blocks)
    assert f"Case {case.number}, open: Amara Okafor, Pro." in shown
    assert "Nobody asked for a person about it." in shown


async def test_help_names_no_file(house: DeskHouse) -> None:
    assert "docs/" not in text_of((await answered(house, "help")).blocks)


async def test_unknown_words_get_help(house: DeskHouse) -> None:
    for typed in ("", "help", "dance <!channel> *now*"):
        shown = await answered(house, typed)
        for word in ("status", "find", "mine", "practice", "help"):
            assert f"/offboarding {word}" in text_of(shown.blocks)
        assert "<!channel>" not in shown.text


async def test_a_command_works_where_the_bot_is_no_member(house: DeskHouse) -> None:
    house.slack.faults.remove_bot("offboarding-leads")
    assert "Waiting: 0." in text_of((await answered(house, "status")).blocks)


def test_the_manifest_has_the_scope_of_every_method_that_is_called() -> None:
    granted = scopes()
    called = methods_called()
    assert {"chat.postMessage", "views.publish", "users.info"} <= called
    for method in called - {"apps.connections.open"}:
        assert method in METHODS, f"the stand-in does not know {method}"
        needed = METHODS[method].scope
        assert not needed or needed in granted, f"{method} needs {needed}"
        private = OF_PRIVATE_CHANNELS.get(needed)
        assert private is None or private in granted


def test_the_manifest_asks_for_no_scope_that_nothing_uses() -> None:
    used = {METHODS[method].scope for method in methods_called() if method in METHODS}
    used |= {OF_PRIVATE_CHANNELS[scope] for scope in used & OF_PRIVATE_CHANNELS.keys()}
    used |= set(OF_EVENTS.values()) | {"commands"}
    if "include_all_metadata" in source():
        used.add("metadata.message:read")
    assert scopes() <= used


def test_the_manifest_has_the_scope_of_every_event() -> None:
    events = manifest(SlackTransport.SOCKET, "")["settings"]["event_subscriptions"]["bot_events"]
    needed = {OF_EVENTS[event] for event in events if event in OF_EVENTS}
    assert needed <= scopes()
    assert set(events) - OF_EVENTS.keys() == {"app_home_opened"}


def test_the_guide_names_everything_that_can_be_pressed() -> None:
    guide = (REPOSITORY / "docs" / "desk.md").read_text("utf-8")
    assert [action.value for action in Action if f"`{action.value}`" not in guide] == []


def methods_called() -> set[str]:
    """The methods of Slack's Web API that channels/slack calls, by name or as the client's."""
    written = source()
    client = {name for name, _ in getmembers(AsyncWebClient, isfunction) if "_" in name.strip("_")}
    return {
        method
        for name in client - {"api_call"}
        for method in [name.replace("_", ".")]
        if f'"{method}"' in written or re.search(rf"\.{name}\(", written)
    }


def source() -> str:
    return "\n".join(file.read_text("utf-8") for file in PACKAGE.glob("*.py"))
