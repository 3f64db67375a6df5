"""What people do reaches a Bolt application, over HTTP and over Socket Mode alike."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from slack_bolt.async_app import AsyncAck
from slack_sdk.web.async_client import AsyncWebClient

from sandbox.slack.errors import AppDidNotAnswerError, DriverError
from sandbox.slack.people import EVENTS
from sandbox.slack.server import SlackStandIn
from tests.sandbox.slack.conftest import SUPPORT, OpenSlack, SmallApp
from tests.sandbox.slack.test_web_api import button, modal, section

AMOUNT = {
    "type": "input",
    "block_id": "amount",
    "label": {"type": "plain_text", "text": "Percent"},
    "element": {
        "type": "number_input",
        "action_id": "percent",
        "is_decimal_allowed": False,
        "max_value": "50",
    },
}
KIND = {
    "type": "input",
    "block_id": "kind",
    "label": {"type": "plain_text", "text": "Kind"},
    "element": {
        "type": "static_select",
        "action_id": "kind",
        "options": [
            {"text": {"type": "plain_text", "text": "Discount"}, "value": "discount"},
            {"text": {"type": "plain_text", "text": "Pause"}, "value": "pause"},
        ],
    },
}
SUBMIT = {"type": "plain_text", "text": "Offer"}
OFFER = modal(callback_id="offer", submit=SUBMIT, blocks=[AMOUNT, KIND], notify_on_close=True)


@pytest.fixture(params=["http", "socket"])
async def app(request: pytest.FixtureRequest, open_slack: OpenSlack) -> AsyncIterator[SmallApp]:
    events = EVENTS | {"reaction_added", "channel_archive"}
    slack = await open_slack(transport=request.param, retry_seconds=(0, 0, 0), events=events)
    small = SmallApp(slack)
    async with small.over_http() if request.param == "http" else small.over_socket():
        yield small


@pytest.fixture
def slack(app: SmallApp) -> SlackStandIn:
    return app.slack


class TestEvents:
    async def test_what_an_agent_writes_is_heard_as_slack_writes_it(
        self, slack: SlackStandIn, app: SmallApp
    ) -> None:
        card = await app.client.chat_postMessage(channel=SUPPORT, text="card")
        said = await slack.driver.post(
            "Sam", SUPPORT, "5 < 6 & see https://x.example/a 🙂", thread_ts=card["ts"]
        )
        await slack.driver.until(lambda: len(app.heard) == 1)
        [event] = app.heard
        assert event["text"] == ("5 &lt; 6 &amp; see <https://x.example/a> :slightly_smiling_face:")
        assert (event["user"], event["ts"]) == (slack.workspace.user("Sam").id, said.ts)
        assert (event["thread_ts"], event["channel"]) == (card["ts"], SUPPORT)
        assert event["parent_user_id"] == "U0OFFBOARD"
        assert event["client_msg_id"]

    async def test_an_edit_a_deletion_and_a_file_are_told(
        self, slack: SlackStandIn, app: SmallApp
    ) -> None:
        said = await slack.driver.post("Sam", SUPPORT, "first")
        await slack.driver.edit("Sam", said.ts, "second")
        await slack.driver.delete("Sam", said.ts)
        await slack.driver.post("Sam", SUPPORT, "", files=["invoice.pdf"])
        await slack.driver.until(lambda: len(app.heard) == 4)
        _, edit, deletion, upload = app.heard
        assert edit["subtype"] == "message_changed"
        assert (edit["message"]["text"], edit["previous_message"]["text"]) == ("second", "first")
        assert (deletion["subtype"], deletion["deleted_ts"]) == ("message_deleted", said.ts)
        assert upload["subtype"] == "file_share"
        assert upload["files"][0]["name"] == "invoice.pdf"

    async def test_many_messages_come_in_order(self, slack: SlackStandIn, app: SmallApp) -> None:
        numbers = [str(number) for number in range(20)]
        for number in numbers:
            await slack.driver.post("Sam", SUPPORT, number)
        await slack.driver.until(lambda: len(app.heard) == 20)
        assert app.texts() == numbers

    async def test_a_channel_without_the_bot_is_not_overheard(
        self, slack: SlackStandIn, app: SmallApp
    ) -> None:
        slack.faults.remove_bot("offboarding-billing")
        await slack.driver.post("Sam", "offboarding-billing", "secret")
        await slack.driver.post("Sam", SUPPORT, "open")
        await slack.driver.until(lambda: app.heard)
        await slack.driver.delivered()
        assert app.texts() == ["open"]

    async def test_the_home_tab_opens(self, slack: SlackStandIn, app: SmallApp) -> None:
        @app.bolt.event("app_home_opened")
        async def opened(event: dict[str, Any], client: AsyncWebClient) -> None:
            view = {"type": "home", "blocks": [section(f"Hello <@{event['user']}>")]}
            await client.views_publish(user_id=event["user"], view=view)

        await slack.driver.open_home("Noor")
        home = await slack.driver.until(lambda: slack.driver.home("Noor"))
        assert home is not None
        assert home.blocks[0]["text"]["text"] == "Hello <@U0NOORHADDAD>"

    async def test_reactions_and_an_archived_channel_are_told(
        self, slack: SlackStandIn, app: SmallApp
    ) -> None:
        heard: list[dict[str, Any]] = []

        @app.bolt.event("reaction_added")
        @app.bolt.event("channel_archive")
        async def keep(event: dict[str, Any]) -> None:
            heard.append(event)
            slack.workspace.changes.touch()

        said = await slack.driver.post("Sam", SUPPORT, "x")
        await slack.driver.react("Noor", said.ts, "eyes")
        slack.faults.archive(SUPPORT)
        await slack.driver.until(lambda: len(heard) == 2)
        assert {event["type"] for event in heard} == {"reaction_added", "channel_archive"}
        with pytest.raises(DriverError, match="archived"):
            await slack.driver.post("Sam", SUPPORT, "too late")


class TestPressing:
    async def test_a_button_opens_a_modal_whose_answer_is_taken(
        self, slack: SlackStandIn, app: SmallApp
    ) -> None:
        taken: list[dict[str, Any]] = []

        @app.bolt.action("offer")
        async def pressed(ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient) -> None:
            await ack()
            assert body["message"]["text"] == "card"
            assert body["actions"][0]["value"] == "1"
            await client.views_open(trigger_id=body["trigger_id"], view=OFFER)

        @app.bolt.view("offer")
        async def submitted(ack: AsyncAck, view: dict[str, Any]) -> None:
            values = view["state"]["values"]
            if values["amount"]["percent"]["value"] == "50":
                await ack(response_action="errors", errors={"amount": "At most 40."})
            else:
                taken.append(values)
                await ack()

        blocks = [{"type": "actions", "elements": [button("offer")]}]
        card = await app.client.chat_postMessage(channel=SUPPORT, text="card", blocks=blocks)
        await slack.driver.press("Sam", card["ts"], "offer")
        view = await slack.driver.modal("Sam", "Make an offer")

        missing = await slack.driver.submit("Sam", view, {"percent": 20})
        assert missing.errors == {"kind": "Please complete this required field."}
        beyond = await slack.driver.submit("Sam", view, {"percent": 60, "kind": "Pause"})
        assert beyond.errors == {"amount": "Please enter 50 or less."}
        refused = await slack.driver.submit("Sam", view, {"percent": 50, "kind": "Pause"})
        assert refused.errors == {"amount": "At most 40."}
        accepted = await slack.driver.submit("Sam", values={"percent": 20})
        assert (accepted.errors, accepted.view) == ({}, None)
        [values] = taken
        assert values["amount"]["percent"] == {"type": "number_input", "value": "20"}
        assert values["kind"]["kind"]["selected_option"]["value"] == "pause"

    async def test_a_modal_is_replaced_then_closed_and_the_app_hears_of_it(
        self, slack: SlackStandIn, app: SmallApp
    ) -> None:
        closed: list[str] = []

        @app.bolt.shortcut("look")
        async def look(ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient) -> None:
            await ack()
            await client.views_open(trigger_id=body["trigger_id"], view=OFFER)

        @app.bolt.view("offer")
        async def submitted(ack: AsyncAck) -> None:
            title = {"type": "plain_text", "text": "Sent"}
            done = modal(title=title, callback_id="done", notify_on_close=True)
            await ack(response_action="update", view=done)

        @app.bolt.view_closed("done")
        async def gone(ack: AsyncAck, view: dict[str, Any]) -> None:
            await ack()
            closed.append(view["callback_id"])

        message = await slack.driver.post("Sam", SUPPORT, "x")
        await slack.driver.shortcut("Sam", "look", message.ts)
        await slack.driver.modal("Sam")
        after = await slack.driver.submit("Sam", values={"percent": 1, "kind": "pause"})
        assert after.view is not None
        assert after.view.content["title"]["text"] == "Sent"
        await slack.driver.close("Sam")
        assert closed == ["done"]
        assert slack.driver.front("Sam") is None

    async def test_the_answer_s_address_speaks_to_one_person_five_times(
        self, slack: SlackStandIn, app: SmallApp
    ) -> None:
        addresses: list[str] = []

        @app.bolt.action("claim")
        async def pressed(ack: AsyncAck, body: dict[str, Any]) -> None:
            await ack()
            addresses.append(body["response_url"])

        blocks = [{"type": "actions", "elements": [button()]}]
        card = await app.client.chat_postMessage(channel=SUPPORT, text="card", blocks=blocks)
        await slack.driver.press("Sam", card["ts"], "claim")
        content = {"text": "It is Noor's", "response_type": "ephemeral"}
        async with httpx.AsyncClient() as client:
            codes = [(await client.post(addresses[0], json=content)).status_code for _ in range(6)]
        assert codes == [200] * 5 + [404]
        sam = slack.workspace.user("Sam").id
        assert slack.workspace.in_channel(SUPPORT, seen_by=sam)[-1].text == "It is Noor's"
        assert slack.workspace.in_channel(SUPPORT)[-1].text == "card"

    async def test_a_command_is_answered_to_whoever_typed_it(
        self, slack: SlackStandIn, app: SmallApp
    ) -> None:
        @app.bolt.command("/offboarding")
        async def command(ack: AsyncAck, body: dict[str, Any]) -> None:
            await ack(f"{body['user_name']} asks {body['text']}")

        await slack.driver.slash("Priya", "/offboarding", "status", SUPPORT)
        priya = slack.workspace.user("Priya").id
        [answer] = slack.workspace.in_channel(SUPPORT, seen_by=priya)
        assert (answer.text, answer.only_for) == ("priya asks status", priya)
        with pytest.raises(DriverError, match="not a valid command"):
            await slack.driver.slash("Priya", "/giphy")

    async def test_what_is_not_there_can_t_be_pressed(
        self, slack: SlackStandIn, app: SmallApp
    ) -> None:
        blocks = [{"type": "actions", "elements": [button()]}]
        card = await app.client.chat_postMessage(channel=SUPPORT, text="card", blocks=blocks)
        with pytest.raises(DriverError, match="there are claim"):
            await slack.driver.press("Sam", card["ts"], "resolve")
        slack.faults.deactivate("Sam")
        with pytest.raises(DriverError, match="deactivated"):
            await slack.driver.press("Sam", card["ts"], "claim")


async def test_a_press_that_nobody_takes_is_said(app: SmallApp, slack: SlackStandIn) -> None:
    @app.bolt.action("claim")
    async def pressed(ack: AsyncAck) -> None:
        """Never acknowledges."""

    app.patience(0.2)
    blocks = [{"type": "actions", "elements": [button()]}]
    card = await app.client.chat_postMessage(channel=SUPPORT, text="card", blocks=blocks)
    with pytest.raises(AppDidNotAnswerError):
        await slack.driver.press("Sam", card["ts"], "claim")
