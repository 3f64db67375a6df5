"""What can go wrong goes wrong when a test wants it, and stops when it does not."""

import time

import httpx
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from starlette.responses import Response

from sandbox.slack.delivery.http import signature
from sandbox.slack.server import SlackStandIn
from tests.sandbox.slack.conftest import SUPPORT, OpenSlack, SmallApp


class TestCalls:
    async def test_the_next_calls_are_told_to_wait(
        self, slack: SlackStandIn, client: AsyncWebClient
    ) -> None:
        slack.faults.limit(1, method="chat.postMessage", retry_after=7)
        assert (await client.auth_test())["ok"]
        with pytest.raises(SlackApiError) as failure:
            await client.chat_postMessage(channel=SUPPORT, text="x")
        assert failure.value.response.status_code == 429
        assert failure.value.response.headers["Retry-After"] == "7"
        assert slack.workspace.in_channel(SUPPORT) == []
        assert (await client.chat_postMessage(channel=SUPPORT, text="x"))["ok"]

    async def test_a_channel_takes_only_so_much_at_once(
        self, slack: SlackStandIn, client: AsyncWebClient
    ) -> None:
        slack.faults.limit_channels(per_second=0.001, burst=2)
        for _ in range(2):
            await client.chat_postMessage(channel=SUPPORT, text="x")
        with pytest.raises(SlackApiError):
            await client.chat_postMessage(channel=SUPPORT, text="x")
        assert (await client.chat_postMessage(channel="C0BILLING", text="x"))["ok"]

    @pytest.mark.parametrize(("after", "posted"), [(False, 0), (True, 1)])
    async def test_a_failure_comes_before_or_after_the_effect(
        self, slack: SlackStandIn, client: AsyncWebClient, after: bool, posted: int
    ) -> None:
        slack.faults.fail(method="chat.postMessage", after=after)
        with pytest.raises(SlackApiError) as failure:
            await client.chat_postMessage(channel=SUPPORT, text="x")
        assert failure.value.response.status_code == 500
        assert len(slack.workspace.in_channel(SUPPORT)) == posted

    async def test_a_call_may_hang_although_it_took_effect(self, slack: SlackStandIn) -> None:
        known = slack.credentials
        slack.faults.hang(method="chat.postMessage", after=True)
        impatient = AsyncWebClient(known.bot_token, base_url=known.api_url, timeout=1)
        with pytest.raises(TimeoutError):
            await impatient.chat_postMessage(channel=SUPPORT, text="x")
        assert len(slack.workspace.in_channel(SUPPORT)) == 1

    async def test_weather_comes_and_goes(
        self, slack: SlackStandIn, client: AsyncWebClient
    ) -> None:
        slack.faults.weather(limited=1)
        with pytest.raises(SlackApiError):
            await client.auth_test()
        slack.faults.clear()
        assert (await client.auth_test())["ok"]


class TestEvents:
    async def test_an_event_is_signed_and_tried_again_until_it_is_taken(
        self, slack: SlackStandIn, app: SmallApp
    ) -> None:
        async def failing() -> Response | None:
            return Response(status_code=500) if len(app.headers) < 3 else None

        app.answer = failing
        await slack.driver.post("Sam", SUPPORT, "once")
        await slack.driver.until(lambda: app.heard)
        first, second, third = app.headers
        assert "x-slack-retry-num" not in first
        assert (second["x-slack-retry-num"], third["x-slack-retry-num"]) == ("1", "2")
        assert second["x-slack-retry-reason"] == "http_error"
        assert first["x-slack-signature"].startswith("v0=")
        await slack.driver.delivered()
        problems = [each.problem for each in slack.events.deliveries]
        assert problems == ["http_error", "http_error", ""]
        assert len({each.event_id for each in slack.events.deliveries}) == 1

    async def test_after_three_retries_an_event_is_given_up(
        self, slack: SlackStandIn, app: SmallApp
    ) -> None:
        async def failing() -> Response | None:
            return Response(status_code=503)

        app.answer = failing
        await slack.driver.post("Sam", SUPPORT, "never")
        await slack.driver.delivered()
        assert len(app.headers) == 4

    async def test_no_retry_is_made_when_the_app_asks_for_none(
        self, slack: SlackStandIn, app: SmallApp
    ) -> None:
        async def failing() -> Response | None:
            return Response(status_code=500, headers={"X-Slack-No-Retry": "1"})

        app.answer = failing
        await slack.driver.post("Sam", SUPPORT, "never")
        await slack.driver.delivered()
        assert len(app.headers) == 1

    async def test_an_event_comes_twice(self, slack: SlackStandIn, app: SmallApp) -> None:
        slack.faults.duplicate_events(1)
        await slack.driver.post("Sam", SUPPORT, "doubled")
        await slack.driver.post("Sam", SUPPORT, "single")
        await slack.driver.until(lambda: len(app.heard) == 3)
        assert app.texts() == ["doubled", "doubled", "single"]

    async def test_events_come_late_and_in_the_wrong_order(
        self, slack: SlackStandIn, app: SmallApp
    ) -> None:
        slack.faults.hold_events()
        for text in ("first", "second"):
            await slack.driver.post("Sam", SUPPORT, text)
        await slack.driver.delivered()
        assert app.heard == []
        assert slack.faults.release_events(backwards=True) == 2
        await slack.driver.until(lambda: len(app.heard) == 2)
        assert app.texts() == ["second", "first"]

    async def test_a_forged_request_is_refused_by_the_app(self, app: SmallApp) -> None:
        now = str(int(time.time()))
        headers = {
            "X-Slack-Request-Timestamp": now,
            "X-Slack-Signature": signature("another secret", now, b"{}"),
        }
        async with httpx.AsyncClient() as client:
            answer = await client.post(
                f"{app.slack.app_url}/slack/events", content=b"{}", headers=headers
            )
        assert answer.status_code == 401


class TestSockets:
    async def test_a_refreshed_connection_comes_back_and_loses_nothing(
        self, open_slack: OpenSlack
    ) -> None:
        slack = await open_slack(transport="socket", retry_seconds=(0.5,) * 20)
        app = SmallApp(slack)
        async with app.over_socket() as handler:
            session = handler.client.current_session
            await slack.faults.refresh_sockets()
            await slack.driver.post("Sam", SUPPORT, "in between")
            await slack.driver.until(lambda: app.heard)
            assert handler.client.current_session is not session
        assert app.texts() == ["in between"]

    async def test_a_dropped_connection_comes_back(self, open_slack: OpenSlack) -> None:
        slack = await open_slack(transport="socket", retry_seconds=(0.5,) * 20)
        app = SmallApp(slack)
        async with app.over_socket(ping_interval=0.5):
            slack.faults.drop_sockets()
            await slack.driver.until(lambda: slack.sockets.connected == 0)
            await slack.driver.post("Sam", SUPPORT, "meanwhile")
            await slack.driver.until(lambda: app.heard)
        assert slack.events.deliveries[0].problem == "connection_failed"

    async def test_a_deaf_connection_gives_no_pong_until_the_app_leaves_it(
        self, open_slack: OpenSlack
    ) -> None:
        slack = await open_slack(transport="socket", retry_seconds=(0.5,) * 20, answer_seconds=0.5)
        app = SmallApp(slack)
        async with app.over_socket(ping_interval=0.5):
            slack.faults.deafen_sockets()
            await slack.driver.post("Sam", SUPPORT, "does anybody hear?")
            await slack.driver.until(lambda: app.heard)
        assert slack.events.deliveries[0].problem == "timeout"
        assert slack.events.deliveries[-1].problem == ""

    async def test_several_connections_share_the_events(self, open_slack: OpenSlack) -> None:
        slack = await open_slack(transport="socket")
        one, two = SmallApp(slack), SmallApp(slack)
        async with one.over_socket(), two.over_socket():
            for number in range(4):
                await slack.driver.post("Sam", SUPPORT, str(number))
            await slack.driver.until(lambda: len(one.heard) + len(two.heard) == 4)
        assert len(one.heard) == len(two.heard) == 2
