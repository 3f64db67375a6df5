"""Cancelling for the customer, from the card."""

from dataclasses import replace

from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_sdk.models.views import View
from slack_sdk.web.async_client import AsyncWebClient

from channels.desk.cancelling import AgentCancelling
from channels.desk.service import hand_off_in_charge
from channels.in_thread import in_thread
from channels.slack.acting import Acting, Who
from channels.slack.actions import Action
from channels.slack.opening import open_window, sentence_of
from channels.slack.queue import thread_of, update_card
from channels.slack.windows import cancel as window
from channels.slack.windows.parts import (
    PLAN,
    Body,
    Remembered,
    notice_view,
    remembered,
    selected,
    ticked,
)
from offboarding.background.port import BackgroundEngine
from offboarding.background.service import wake_after_commit
from offboarding.cases.service import TermsChangedError
from offboarding.database import Database
from offboarding.errors import OffboardingError
from offboarding.handoffs.agents import remember_agent

NOT_ASKED = "Tick this if they have asked for it here. Without that nothing is cancelled."
NOT_CHOSEN = "Choose how it shall end, as they want it. Without that nothing is cancelled."


class Cancelling:
    """Listens to the button and the window."""

    def __init__(
        self,
        acting: Acting,
        database: Database,
        background: BackgroundEngine,
        cancelling: AgentCancelling,
    ) -> None:
        self._acting = acting
        self._database = database
        self._background = background
        self._cancelling = cancelling

    def listen(self, app: AsyncApp) -> None:
        """Register them."""
        app.action(Action.CANCEL.value)(self._open)
        app.action(Action.CANCEL_PLAN.value)(self._show_anew)
        app.view(Action.CANCEL_CONFIRM.value)(self._confirm)

    async def _open(self, ack: AsyncAck, body: Body, action: Body, client: AsyncWebClient) -> None:
        await ack()
        hand_off_id = str(action.get("value"))
        await open_window(
            client,
            str(body["trigger_id"]),
            window.TITLE,
            lambda who: self._view(who, hand_off_id, None),
            await self._acting.who(body),
        )

    async def _show_anew(self, ack: AsyncAck, body: Body, client: AsyncWebClient) -> None:
        """Another plan was chosen: other terms."""
        await ack()
        view, who = body["view"], await self._acting.who(body)
        kept = remembered(view)
        try:
            shown = await in_thread(
                self._view, who, kept.hand_off, selected(view, PLAN) or kept.plan
            )
        except OffboardingError as error:
            shown = notice_view(window.TITLE, error.sentence)
        await client.views_update(view_id=str(view["id"]), view=shown.to_dict())

    async def _confirm(self, ack: AsyncAck, body: Body, view: Body) -> None:
        who, kept = await self._acting.who(body), remembered(view)
        chosen = selected(view, PLAN) or kept.plan
        if chosen != kept.plan:  # sent before its terms were shown
            anew = await in_thread(self._anew, who, replace(kept, plan=chosen), window.OTHER_PLAN)
            await ack(response_action="update", view=anew.to_dict())
            return
        way, missing = window.way_taken(view, kept.seen), {}
        if way is None:
            missing[window.way_block(kept.seen)] = NOT_CHOSEN
        if not ticked(view, window.block_of(kept.seen)):
            missing[window.block_of(kept.seen)] = NOT_ASKED
        if way is None or missing:
            await ack(response_action="errors", errors=missing)
            return
        try:
            await in_thread(self._cancel, who, kept, way)
        except TermsChangedError:
            anew = await in_thread(self._anew, who, kept, window.CHANGED)
            await ack(response_action="update", view=anew.to_dict())
        except Exception as error:  # noqa: BLE001 (whatever it is, the agent is told)
            notice = notice_view(window.TITLE, sentence_of(error))
            await ack(response_action="update", view=notice.to_dict())
        else:
            await ack()
        finally:
            self._acting.sent()

    def _anew(self, who: Who, kept: Remembered, notice: str) -> View:
        try:
            return self._view(who, kept.hand_off, kept.plan, notice)
        except Exception as error:  # noqa: BLE001 (whatever it is, the agent is told)
            return notice_view(window.TITLE, sentence_of(error))

    def _view(
        self, who: Who, hand_off_id: str, plan: str | None, notice: str | None = None
    ) -> View:
        with self._database.write() as session:
            hand_off = hand_off_in_charge(session, hand_off_id)
            agent = remember_agent(session, who.outer_id, who.name)
            form = self._cancelling.form(session, hand_off, agent, plan)
            seen = window.seen_in(form)
            kept = Remembered(hand_off=hand_off_id, plan=form.plan.id, seen=seen)
            return window.cancel_view(form, kept, notice)

    def _cancel(self, who: Who, kept: Remembered, way: str) -> None:
        with self._database.write() as session:
            wake_after_commit(session, self._background)
            hand_off = hand_off_in_charge(session, kept.hand_off)
            agent = remember_agent(session, who.outer_id, who.name)
            self._cancelling.cancel(session, hand_off, agent, kept.plan, way)
            thread = thread_of(session, hand_off.id)
            if thread is not None:
                update_card(session, thread)
