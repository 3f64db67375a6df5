"""The home tab: who waits, who is mine, how today went, and the way to practice."""

import asyncio
from collections import defaultdict
from collections.abc import Mapping
from typing import Any

import structlog
from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from channels.in_thread import in_thread
from channels.logs import describe
from channels.slack.acting import WENT_WRONG, Acting, Who
from channels.slack.actions import Action
from channels.slack.home_view import home_view
from channels.slack.looking import Looking
from channels.slack.practice import Practice
from channels.slack.presses import Presses
from offboarding.errors import OffboardingError

_LOG = structlog.get_logger(__name__)

CLAIMED = "The conversation is yours. What you write in its thread reaches the customer."

Body = Mapping[str, Any]


class Home:
    """Publishes it when it is opened, and again when its agent has done something."""

    def __init__(
        self,
        client: AsyncWebClient,
        acting: Acting,
        looking: Looking,
        presses: Presses,
        practice: Practice,
    ) -> None:
        self._client = client
        self._acting = acting
        self._looking = looking
        self._presses = presses
        self._practice = practice
        self._shown: set[str] = set()
        self._turns: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._tasks: set[asyncio.Task[None]] = set()
        acting.watch(self._refresh)

    def listen(self, app: AsyncApp) -> None:
        """Register what can be done in the tab."""
        app.event("app_home_opened")(self._opened)
        app.action(Action.HOME_CLAIM.value)(self._claim)
        app.action(Action.OPEN_THREAD.value)(_followed)
        app.action(Action.PRACTICE.value)(self._practise)

    async def _opened(self, event: Body, body: Body) -> None:
        if event.get("tab") == "home":
            self._shown.add(str(event["user"]))
            await self._publish(await self._acting.who({**body, "user": {"id": event["user"]}}))

    async def _claim(self, ack: AsyncAck, body: Body, action: Body) -> None:
        who = await self._acting.who(body)
        try:
            await in_thread(
                self._presses.claim,
                str(action.get("value")),
                who.outer_id,
                who.name,
                str(action["action_ts"]),
                on_card=False,
            )
            notice = CLAIMED
        except OffboardingError as error:
            notice = error.sentence
        except Exception as error:  # noqa: BLE001 (whatever it is, the agent is told)
            _LOG.error("slack_act_failed", **describe(error))
            notice = WENT_WRONG
        await ack()
        self._acting.sent()
        await self._publish(who, notice)

    async def _practise(self, ack: AsyncAck, body: Body, client: AsyncWebClient) -> None:
        await ack()
        await self._practice.open(client, str(body["trigger_id"]))

    def _refresh(self, who: Who) -> None:
        """Show anew what somebody has open who has done something, without making them wait."""
        if who.user in self._shown:
            task = asyncio.create_task(self._publish(who))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _publish(self, who: Who, notice: str | None = None) -> None:
        """One after the other, so that the newest stays. The next opening mends what fails."""
        async with self._turns[who.user]:
            try:
                view = home_view(await self._looking.sight(who), notice)
                await self._client.views_publish(user_id=who.user, view=view.to_dict())
            except Exception as error:  # noqa: BLE001
                _LOG.warning("slack_home_not_shown", **describe(error))


async def _followed(ack: AsyncAck) -> None:
    """Slack has opened the thread itself, and tells us of it."""
    await ack()
