"""The Web API, asked by Slack's own client."""

from typing import Any

import httpx
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.models.blocks import HeaderBlock, SectionBlock
from slack_sdk.web.async_client import AsyncWebClient

from offboarding.settings import Settings
from sandbox.slack.blocks import pings_in, text_of
from sandbox.slack.credentials import credentials
from sandbox.slack.manifest import read_manifest
from sandbox.slack.server import SlackStandIn
from tests.sandbox.slack.conftest import SUPPORT, OpenSlack, client_of


def section(text: str = "Words") -> dict[str, Any]:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text}}


def button(action_id: str = "claim", text: str = "Claim", value: str = "1") -> dict[str, Any]:
    label = {"type": "plain_text", "text": text}
    return {"type": "button", "action_id": action_id, "text": label, "value": value}


def modal(**parts: Any) -> dict[str, Any]:
    title = {"type": "plain_text", "text": "Make an offer"}
    return {"type": "modal", "title": title, "blocks": [section()], **parts}


def word(failure: pytest.ExceptionInfo[SlackApiError]) -> str:
    return str(failure.value.response["error"])


class TestWhoCalls:
    async def test_the_bot_token_says_whose_it_is_and_what_it_may(
        self, client: AsyncWebClient
    ) -> None:
        answer = await client.auth_test()
        assert answer["user_id"] == "U0OFFBOARD"
        assert answer["bot_id"] == "B0OFFBOARD"
        assert "chat:write" in answer.headers["x-oauth-scopes"].split(",")

    @pytest.mark.parametrize(
        ("token", "expected"),
        [(None, "not_authed"), ("xoxb-other", "invalid_auth"), ("app", "not_allowed_token_type")],
    )
    async def test_no_other_token_counts(
        self, slack: SlackStandIn, token: str | None, expected: str
    ) -> None:
        known = slack.credentials
        token = known.app_token if token == "app" else token
        with pytest.raises(SlackApiError) as failure:
            await AsyncWebClient(token, base_url=known.api_url).auth_test()
        assert word(failure) == expected

    async def test_a_revoked_token_is_refused(
        self, slack: SlackStandIn, client: AsyncWebClient
    ) -> None:
        slack.faults.revoke_token()
        with pytest.raises(SlackApiError) as failure:
            await client.auth_test()
        assert word(failure) == "token_revoked"

    async def test_a_missing_scope_is_named(
        self, slack: SlackStandIn, client: AsyncWebClient
    ) -> None:
        slack.faults.remove_scope("users:read.email")
        with pytest.raises(SlackApiError) as failure:
            await client.users_lookupByEmail(email="sam.okafor@larkspur.example")
        assert word(failure) == "missing_scope"
        assert failure.value.response["needed"] == "users:read.email"

    async def test_the_app_token_opens_a_connection(self, slack: SlackStandIn) -> None:
        known = slack.credentials
        client = AsyncWebClient(base_url=known.api_url)
        answer = await client.apps_connections_open(app_token=known.app_token)
        assert answer["url"].startswith("ws://127.0.0.1:")

    def test_the_credentials_stay_the_same_and_are_this_house_s_own(
        self, settings: Settings, tmp_path_factory: pytest.TempPathFactory
    ) -> None:
        again = Settings(_env_file=None, data_directory=settings.data_directory)
        other = Settings(_env_file=None, data_directory=tmp_path_factory.mktemp("other"))
        assert credentials(settings) == credentials(again)
        assert credentials(settings).bot_token != credentials(other).bot_token


class TestMessages:
    async def test_a_message_and_its_thread_are_read_back(self, client: AsyncWebClient) -> None:
        metadata = {"event_type": "card", "event_payload": {"conversation": "abc"}}
        posted = await client.chat_postMessage(
            channel=SUPPORT, text="A customer waits", blocks=[section()], metadata=metadata
        )
        for text in ("one", "two"):
            await client.chat_postMessage(channel=SUPPORT, text=text, thread_ts=posted["ts"])

        found = await client.conversations_replies(
            channel=SUPPORT, ts=posted["ts"], include_all_metadata=True
        )

        card, *replies = found["messages"]
        assert [reply["text"] for reply in replies] == ["one", "two"]
        assert card["metadata"] == metadata
        assert card["reply_count"] == 2
        assert all(block["block_id"] for block in card["blocks"])
        [only] = (await client.conversations_history(channel=SUPPORT))["messages"]
        assert only["ts"] == posted["ts"]
        assert "metadata" not in only

    async def test_an_edit_and_a_deletion_hold(self, client: AsyncWebClient) -> None:
        posted = await client.chat_postMessage(channel="#offboarding-support", text="first")
        await client.chat_update(channel=SUPPORT, ts=posted["ts"], text="second")
        [message] = (await client.conversations_history(channel=SUPPORT))["messages"]
        assert (message["text"], message["edited"]["user"]) == ("second", "U0OFFBOARD")
        await client.chat_delete(channel=SUPPORT, ts=posted["ts"])
        assert (await client.conversations_history(channel=SUPPORT))["messages"] == []

    async def test_time_stamps_are_unique_and_grow(self, client: AsyncWebClient) -> None:
        stamps = [
            (await client.chat_postMessage(channel=SUPPORT, text=str(number)))["ts"]
            for number in range(5)
        ]
        assert stamps == sorted(set(stamps))

    async def test_pages_lead_to_the_end(self, client: AsyncWebClient) -> None:
        for number in range(5):
            await client.chat_postMessage(channel=SUPPORT, text=str(number))
        first = await client.conversations_history(channel=SUPPORT, limit=2)
        texts = [message["text"] async for page in first for message in page["messages"]]
        assert texts == ["4", "3", "2", "1", "0"]

    @pytest.mark.parametrize(
        ("arguments", "expected"),
        [
            ({"channel": "C0NOWHERE", "text": "x"}, "channel_not_found"),
            ({"channel": SUPPORT, "text": " "}, "no_text"),
            ({"channel": SUPPORT, "text": "x" * 40_001}, "msg_too_long"),
            ({"channel": SUPPORT, "text": "x", "thread_ts": "1.2"}, "thread_not_found"),
            ({"channel": SUPPORT, "text": "x", "metadata": {"a": 1}}, "invalid_metadata_format"),
        ],
    )
    async def test_what_slack_refuses_is_refused(
        self, client: AsyncWebClient, arguments: dict[str, Any], expected: str
    ) -> None:
        with pytest.raises(SlackApiError) as failure:
            await client.chat_postMessage(**arguments)
        assert word(failure) == expected

    async def test_only_one_s_own_messages_are_changed(
        self, slack: SlackStandIn, client: AsyncWebClient
    ) -> None:
        message = await slack.driver.post("Sam", SUPPORT, "mine")
        with pytest.raises(SlackApiError) as failure:
            await client.chat_update(channel=SUPPORT, ts=message.ts, text="yours")
        assert word(failure) == "cant_update_message"

    async def test_an_archived_channel_and_one_without_the_bot_take_nothing(
        self, slack: SlackStandIn, client: AsyncWebClient
    ) -> None:
        slack.faults.archive("#offboarding-support")
        slack.faults.remove_bot("#offboarding-billing")
        for channel, expected in ((SUPPORT, "is_archived"), ("C0BILLING", "not_in_channel")):
            with pytest.raises(SlackApiError) as failure:
                await client.chat_postMessage(channel=channel, text="x")
            assert word(failure) == expected
        await client.conversations_join(channel="C0BILLING")
        assert (await client.chat_postMessage(channel="C0BILLING", text="x"))["ok"]

    async def test_an_ephemeral_message_is_seen_by_one_person(
        self, slack: SlackStandIn, client: AsyncWebClient
    ) -> None:
        sam = slack.workspace.user("Sam")
        await client.chat_postEphemeral(channel=SUPPORT, user=sam.id, text="Already claimed")
        assert (await client.conversations_history(channel=SUPPORT))["messages"] == []
        [seen] = slack.workspace.in_channel(SUPPORT, seen_by=sam.id)
        assert seen.text == "Already claimed"
        assert slack.workspace.in_channel(SUPPORT, seen_by=slack.workspace.user("Noor").id) == []

    async def test_a_second_like_reaction_is_refused(self, client: AsyncWebClient) -> None:
        posted = await client.chat_postMessage(channel=SUPPORT, text="x")
        mark = {"channel": SUPPORT, "timestamp": posted["ts"], "name": "white_check_mark"}
        await client.reactions_add(**mark)
        with pytest.raises(SlackApiError) as failure:
            await client.reactions_add(**mark)
        assert word(failure) == "already_reacted"
        await client.reactions_remove(**mark)
        [message] = (await client.conversations_history(channel=SUPPORT))["messages"]
        assert "reactions" not in message

    async def test_everything_is_there_after_a_restart(self, open_slack: OpenSlack) -> None:
        first = await open_slack()
        message = await first.driver.post("Sam", SUPPORT, "still here")
        second = await open_slack()
        assert second.workspace.message(message.ts).text == "still here"
        assert second.workspace.new_ts() > message.ts
        second.workspace.reset()
        assert second.workspace.in_channel(SUPPORT) == []


class TestPeople:
    async def test_somebody_is_found_by_e_mail_until_deactivated(
        self, slack: SlackStandIn, client: AsyncWebClient
    ) -> None:
        answer = await client.users_lookupByEmail(email="noor.haddad@larkspur.example")
        assert answer["user"]["tz"] == "Europe/Berlin"
        slack.faults.deactivate("Noor")
        with pytest.raises(SlackApiError) as failure:
            await client.users_lookupByEmail(email="noor.haddad@larkspur.example")
        assert word(failure) == "users_not_found"
        assert (await client.users_info(user=answer["user"]["id"]))["user"]["deleted"]

    async def test_lists_are_complete(self, client: AsyncWebClient) -> None:
        channels = (await client.conversations_list(exclude_archived=True))["channels"]
        assert {each["name"] for each in channels} >= {
            "offboarding-support",
            "offboarding-product",
        }
        people = (await client.users_list())["members"]
        assert len(people) == 5
        assert len((await client.conversations_members(channel=SUPPORT))["members"]) == 5
        assert (await client.team_info())["team"]["id"] == "T0LARKSPUR"
        assert (await client.bots_info(bot="B0OFFBOARD"))["bot"]["user_id"] == "U0OFFBOARD"


class TestBlocks:
    @pytest.mark.parametrize(
        "blocks",
        [
            [section()] * 51,
            [section("x" * 3001)],
            [section("")],
            [{"type": "header", "text": {"type": "plain_text", "text": "x" * 151}}],
            [{"type": "actions", "elements": [button(text="x" * 76)]}],
            [{"type": "actions", "elements": [button(value="x" * 2001)]}],
            [{"type": "actions", "elements": [button(), button()]}],
            [{"type": "actions", "elements": []}],
            [{"type": "section", "fields": []}],
            [{"type": "nonsense"}],
            [{**section(), "block_id": "a"}, {**section(), "block_id": "a"}],
            [{**section(), "accessory": {"type": "static_select", "options": []}}],
        ],
    )
    async def test_blocks_that_slack_would_not_take_are_refused(
        self, client: AsyncWebClient, blocks: list[dict[str, Any]]
    ) -> None:
        with pytest.raises(SlackApiError) as failure:
            await client.chat_postMessage(channel=SUPPORT, text="x", blocks=blocks)
        assert word(failure) == "invalid_blocks"
        assert failure.value.response["response_metadata"]["messages"]

    async def test_blocks_of_slack_s_own_models_are_taken(self, client: AsyncWebClient) -> None:
        blocks = [HeaderBlock(text="A card"), SectionBlock(text="*Words*")]
        assert (await client.chat_postMessage(channel=SUPPORT, text="x", blocks=blocks))["ok"]

    @pytest.mark.parametrize(
        "view",
        [
            modal(title={"type": "plain_text", "text": "x" * 25}),
            modal(blocks=[section()] * 101),
            modal(private_metadata="x" * 3001),
            {"type": "home", "blocks": []},
        ],
    )
    async def test_a_modal_that_slack_would_not_take_is_refused(
        self, slack: SlackStandIn, client: AsyncWebClient, view: dict[str, Any]
    ) -> None:
        trigger = slack.workspace.views.trigger("U0SAMOKAFOR")
        with pytest.raises(SlackApiError) as failure:
            await client.views_open(trigger_id=trigger, view=view)
        assert word(failure) == "invalid_arguments"

    async def test_a_trigger_opens_one_modal_and_only_soon(
        self, slack: SlackStandIn, client: AsyncWebClient
    ) -> None:
        views = slack.workspace.views
        trigger, late = views.trigger("U0SAMOKAFOR"), views.trigger("U0SAMOKAFOR")
        opened = await client.views_open(trigger_id=trigger, view=modal())
        now = views.clock()
        views.clock = lambda: now + 61
        for given, expected in ((trigger, "exchanged_trigger_id"), (late, "expired_trigger_id")):
            with pytest.raises(SlackApiError) as failure:
                await client.views_open(trigger_id=given, view=modal())
            assert word(failure) == expected
        with pytest.raises(SlackApiError) as failure:
            await client.views_update(view_id=opened["view"]["id"], view=modal(), hash="old")
        assert word(failure) == "hash_conflict"
        with pytest.raises(SlackApiError) as failure:
            await client.views_update(view_id="V0NONE", view=modal())
        assert word(failure) == "not_found"

    async def test_a_home_tab_is_published(
        self, slack: SlackStandIn, client: AsyncWebClient
    ) -> None:
        await client.views_publish(
            user_id="U0SAMOKAFOR", view={"type": "home", "blocks": [section("Nobody waits")]}
        )
        home = slack.driver.home("Sam")
        assert home is not None
        assert text_of(home.blocks) == "Nobody waits"

    def test_words_that_call_everybody_are_found_only_when_they_would(self) -> None:
        assert pings_in("look", [section("<!channel> <@U0SAMOKAFOR>")]) == [
            "<!channel>",
            "<@U0SAMOKAFOR>",
        ]
        assert pings_in("&lt;!channel&gt;", [section("&lt;!here&gt;")]) == []


async def test_an_unknown_method_and_a_broken_body_are_said(slack: SlackStandIn) -> None:
    known = slack.credentials
    bearer = {"Authorization": f"Bearer {known.bot_token}"}
    async with httpx.AsyncClient(base_url=known.api_url, headers=bearer) as client:
        assert (await client.post("chat.sing")).json()["error"] == "unknown_method"
        broken = await client.post(
            "chat.postMessage", content="{", headers={"Content-Type": "application/json"}
        )
        assert broken.json()["error"] == "invalid_json"


async def test_the_app_may_do_what_its_manifest_says_and_no_more(open_slack: OpenSlack) -> None:
    manifest = read_manifest()
    slack = await open_slack(scopes=manifest.scopes)
    answer = await client_of(slack).auth_test()
    assert set(answer.headers["x-oauth-scopes"].split(",")) == manifest.scopes
    assert "message" in manifest.events
    assert manifest.commands == ("/offboarding",)
