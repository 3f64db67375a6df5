"""Only members of the company's workspace act; its guests where policy says so."""

import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

import structlog
from slack_bolt.async_app import AsyncBoltContext
from slack_bolt.response import BoltResponse
from slack_sdk.errors import SlackClientError

from channels.logs import describe
from channels.slack.people import People
from offboarding.policies.store import Policies

_LOG = structlog.get_logger(__name__)

OUTSIDER = "Nothing was done: only members of the company's own workspace talk with its customers."
GUEST = (
    "Nothing was done: guests of this workspace do not talk with customers here. Whoever looks "
    "after policy/routing.yml can allow it (guests_answer)."
)

Body = Mapping[str, Any]


class Members:
    """Lets through who may act; of somebody whom Slack does not describe now, members and guests.

    A channel shared with another company shows its cards to that company's people too.
    """

    def __init__(self, team_id: str, people: People, policies: Policies) -> None:
        self._team_id = team_id
        self._people = people
        self._policies = policies

    async def check(
        self, context: AsyncBoltContext, body: Body, next_: Callable[[], Awaitable[None]]
    ) -> BoltResponse | None:
        """The middleware: who may not act is told so, and nothing happens."""
        refusal = await self._refusal(body)
        if refusal is None:
            await next_()
            return None
        _LOG.warning("slack_act_refused", team=context.team_id)
        if "command" in body:
            answer = {"response_type": "ephemeral", "text": refusal}
            headers: dict[str, str | Sequence[str]] = {"content-type": "application/json"}
            return BoltResponse(status=200, body=json.dumps(answer), headers=headers)
        await _tell(context, refusal)
        return BoltResponse(status=200, body="")

    async def _refusal(self, body: Body) -> str | None:
        user, team_id = _who(body)
        if user is None:
            return None  # an event: what somebody writes reaches customers only after a claim
        from_elsewhere = team_id not in {None, self._team_id}
        if await self._people.is_outsider(user, otherwise=from_elsewhere):
            return OUTSIDER
        if not self._policies.routing.guests_answer and await self._people.is_guest(user):
            return GUEST
        return None


def _who(body: Body) -> tuple[str | None, str | None]:
    """Who acts, and their workspace as far as Slack names it."""
    event = body.get("event") or {}
    if event.get("type") == "app_home_opened":
        return str(event["user"]), None
    user = body.get("user")
    if isinstance(user, Mapping):
        return str(user["id"]), user.get("team_id")
    return (str(body["user_id"]), None) if "user_id" in body else (None, None)


async def _tell(context: AsyncBoltContext, sentence: str) -> None:
    """Where they acted; who opened the home tab finds it empty."""
    if context.client is None or context.channel_id is None or context.user_id is None:
        return
    try:
        await context.client.chat_postEphemeral(
            channel=context.channel_id, user=context.user_id, text=sentence
        )
    except SlackClientError as error:
        _LOG.warning("slack_refusal_not_told", **describe(error))
