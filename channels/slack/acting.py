"""An agent does something: who it is, the work in a worker thread, and the reason when it fails."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import structlog
from slack_bolt.async_app import AsyncBoltContext

from channels.in_thread import in_thread
from channels.logs import describe
from channels.slack.people import People
from offboarding.errors import OffboardingError

_LOG = structlog.get_logger(__name__)

WENT_WRONG = "Something went wrong on our side, and nothing was changed. Please try it once more."
Body = Mapping[str, Any]
Done = TypeVar("Done")


@dataclass(frozen=True)
class Who:
    """The agent who acts."""

    user: str
    """Their id in the workspace."""
    outer_id: str
    name: str


class Acting:
    """Carries out what agents ask for.

    `sent` is called after each, for it may have put something into the outbox.
    """

    def __init__(self, team_id: str, people: People, sent: Callable[[], None]) -> None:
        self._team_id = team_id
        self._people = people
        self.sent = sent
        self._watching: list[Callable[[Who], None]] = []

    def watch(self, acted: Callable[[Who], None]) -> None:
        """Have `acted` called whenever somebody has done something."""
        self._watching.append(acted)

    async def who(self, body: Body) -> Who:
        """Who acts, by a press, a window or a command."""
        user = body.get("user") or {"id": body.get("user_id"), "name": body.get("user_name")}
        identifier = str(user["id"])
        name = await self._people.full_name(
            identifier, str(user.get("name") or user.get("username") or "")
        )
        return Who(identifier, f"{self._team_id}:{identifier}", name)

    async def carry_out(
        self, work: Callable[[Who], Done], body: Body, context: AsyncBoltContext
    ) -> Done | None:
        """What `work` returns; None when it could not be done: then only the agent sees why."""
        who = await self.who(body)
        try:
            return await in_thread(work, who)
        except OffboardingError as error:
            await self.explain(body, context, error.sentence)
        except Exception as error:  # noqa: BLE001 (whatever it is, the agent is told)
            _LOG.error("slack_act_failed", **describe(error))
            await self.explain(body, context, WENT_WRONG)
        finally:
            self.sent()
            for acted in self._watching:
                acted(who)
        return None

    async def explain(self, body: Body, context: AsyncBoltContext, sentence: str) -> None:
        """Tell only who acted, where they acted."""
        channel = (body.get("channel") or {}).get("id")
        message = body.get("message") or {}
        if context.client is None or channel is None:
            return
        await context.client.chat_postEphemeral(
            channel=channel,
            user=str(body["user"]["id"]),
            text=sentence,
            thread_ts=message.get("thread_ts") or message.get("ts"),
        )
