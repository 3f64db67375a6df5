"""Practice in Slack: a scenario is chosen in a window, and played in a thread."""

import asyncio
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
import structlog
from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncBoltContext
from slack_sdk.errors import SlackApiError
from slack_sdk.models.views import View
from slack_sdk.web.async_client import AsyncWebClient
from sqlalchemy.orm import Session

from channels.in_thread import in_thread
from channels.logs import describe
from channels.slack.acting import Acting, Who
from channels.slack.actions import Action
from channels.slack.model import PracticeThread
from channels.slack.opening import open_at_once
from channels.slack.practice_card import (
    LOADING,
    SCENARIO_BLOCK,
    choice,
    notice_view,
    review_message,
    said_by_customer,
)
from channels.slack.queue import PostKind, post, post_card, update_card, whisper
from channels.slack.shelf import Shelf
from channels.slack.words import for_customer
from offboarding.database import Database
from offboarding.errors import OffboardingError, PolicyError
from offboarding.handoffs.agents import remember_agent
from offboarding.practice import service as practice
from offboarding.practice.model import PracticeAuthor, PracticeRun, PracticeState
from offboarding.practice.service import scenario_of

_LOG = structlog.get_logger(__name__)

OVER = "This practice is over. Begin another one with /offboarding practice."
IN_DIRECT_MESSAGE = (
    "Your customer writes to you in a direct message from this app; you find it under Apps."
)

Body = Mapping[str, Any]


class NotYourPracticeError(OffboardingError):
    """Somebody else's button."""

    word = "not_your_practice"

    def __init__(self) -> None:
        super().__init__("This is somebody else's practice. Begin your own: /offboarding practice")


class Practice:
    """Opens the window, begins threads, and lets the simulated customer answer in them."""

    def __init__(self, database: Database, acting: Acting, shelf: Shelf) -> None:
        self._database = database
        self._acting = acting
        self._shelf = shelf
        self._tasks: set[asyncio.Task[None]] = set()

    def listen(self, app: AsyncApp) -> None:
        """Register the window and the button."""
        app.view(Action.PRACTICE_START.value)(self._begin)
        app.action(Action.PRACTICE_REVIEW.value)(self._show_review)

    async def open(self, client: AsyncWebClient, trigger_id: str, channel: str = "") -> None:
        """Open the window at once, for its ticket lasts three seconds, and fill it then.

        Slack is answered before it is filled: the first reading of the scenarios may take longer
        than it waits. The thread is to begin in the channel; without one, in a direct message.
        """
        view_id = await open_at_once(client, trigger_id, notice_view(LOADING).to_dict())
        task = asyncio.create_task(self._fill(client, view_id, channel))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _fill(self, client: AsyncWebClient, view_id: str, channel: str) -> None:
        try:
            where = channel if channel and await _can_write(client, channel) else ""
            view = await in_thread(self._choice, where)
            await client.views_update(view_id=view_id, view=view.to_dict())
        except Exception as error:  # noqa: BLE001 (nobody awaits this; whoever waits closes it)
            _LOG.error("slack_window_failed", **describe(error))

    def deal_with(self, session: Session, event: Mapping[str, Any]) -> None:
        """What somebody wrote in a thread that is no customer's: in a practice, a reply."""
        thread = session.scalar(
            sa.select(PracticeThread).where(
                PracticeThread.channel_id == str(event.get("channel")),
                PracticeThread.ts == str(event.get("thread_ts")),
            )
        )
        if thread is not None and thread.user == event.get("user"):
            self._reply(session, thread, event)

    def _reply(self, session: Session, thread: PracticeThread, event: Mapping[str, Any]) -> None:
        run, ts = session.get_one(PracticeRun, thread.run_id), str(event["ts"])
        if run.state is not PracticeState.GOING:
            whisper(session, thread, thread.user, OVER, f"over:{run.id}:{ts}")
            return
        text = for_customer(str(event.get("text") or ""), lambda _user: None)
        try:
            rules = self._shelf.rules()
        except PolicyError as error:  # customers' events wait behind this one
            whisper(session, thread, thread.user, error.sentence, f"rules:{run.id}:{ts}")
            return
        lines = practice.reply(session, rules, run.id, f"{event['channel']}:{ts}", text)
        self._say(session, thread, run, lines, ts)
        if run.state is not PracticeState.GOING:
            self._review(session, thread, run)

    def _choice(self, channel: str) -> View:
        try:
            return choice(self._shelf.scenarios(), channel)
        except OffboardingError as error:
            return notice_view(error.sentence)

    async def _begin(self, ack: AsyncAck, body: Body, view: Body, client: AsyncWebClient) -> None:
        who = await self._acting.who(body)
        chosen = view["state"]["values"][SCENARIO_BLOCK][Action.PRACTICE_SCENARIO]
        asked_in = str(view.get("private_metadata") or "")
        channel = who.user
        if asked_in and await _can_write(client, asked_in):
            channel = asked_in
        try:
            await in_thread(
                self._start, who, str(chosen["selected_option"]["value"]), channel, str(view["id"])
            )
        except OffboardingError as error:
            await ack(response_action="errors", errors={SCENARIO_BLOCK: error.sentence})
            return
        self._acting.sent()
        if channel == asked_in:
            await ack()
        else:
            await ack(response_action="update", view=notice_view(IN_DIRECT_MESSAGE).to_dict())

    def _start(self, who: Who, scenario_id: str, channel: str, view_id: str) -> None:
        """The same window sent twice begins one practice."""
        scenarios = self._shelf.scenarios()
        with self._database.write() as session:
            agent = remember_agent(session, who.outer_id, who.name)
            run = practice.start(session, scenarios, agent.id, scenario_id, f"slack:{view_id}")
            if session.get(PracticeThread, run.id) is not None:
                return
            thread = PracticeThread(run_id=run.id, user=who.user, channel=channel)
            session.add(thread)
            session.flush()
            post_card(session, thread)
            opening = [each.text for each in run.messages if each.author is PracticeAuthor.CUSTOMER]
            self._say(session, thread, run, opening, "opening")

    async def _show_review(
        self, ack: AsyncAck, body: Body, action: Body, context: AsyncBoltContext
    ) -> None:
        await self._acting.carry_out(
            lambda who: self._finish(who, str(action.get("value"))), body, context
        )
        await ack()

    def _finish(self, who: Who, run_id: str) -> None:
        with self._database.write() as session:
            thread = session.get(PracticeThread, run_id)
            if thread is None or thread.user != who.user:
                raise NotYourPracticeError
            self._review(session, thread, session.get_one(PracticeRun, run_id))

    def _review(self, session: Session, thread: PracticeThread, run: PracticeRun) -> None:
        review = practice.finish(session, self._shelf.rules(), run.id)
        key = f"practice_review:{run.id}"
        post(session, thread, PostKind.MESSAGE, review_message(review), key)
        update_card(session, thread)

    def _say(
        self,
        session: Session,
        thread: PracticeThread,
        run: PracticeRun,
        lines: list[str],
        in_answer_to: str,
    ) -> None:
        scenario = scenario_of(run)
        for number, line in enumerate(lines):
            key = f"practice:{run.id}:{in_answer_to}:{number}"
            post(session, thread, PostKind.MESSAGE, said_by_customer(scenario, line), key)


async def _can_write(client: AsyncWebClient, channel: str) -> bool:
    """Whether we are a member of the channel: only then Slack tells us of replies in it."""
    try:
        answer = await client.conversations_info(channel=channel)
    except SlackApiError:
        return False
    found = answer.get("channel") or {}
    return bool(found.get("is_member")) and not found.get("is_archived")
