"""The buttons of the card, each bound to what it does."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncBoltContext

from channels.slack.acting import Acting
from channels.slack.actions import Action
from channels.slack.history import History
from channels.slack.presses import Presses

Body = Mapping[str, Any]


class CardButtons:
    """Listens to the buttons of the card."""

    def __init__(self, acting: Acting, presses: Presses, history: History) -> None:
        self._acting = acting
        self._presses = presses
        self._history = history

    def listen(self, app: AsyncApp) -> None:
        """Register every button."""
        presses = self._presses
        app.action(Action.CLAIM.value)(self._claim)
        for action, press in (
            (Action.HAND_BACK, presses.hand_back),
            (Action.RESOLVE, presses.resolve),
        ):
            app.action(action.value)(self._pressing(press))
        app.action(Action.MORE.value)(self._more)
        app.action(Action.HISTORY.value)(self._show_history)

    def _pressing(self, press: Callable[[str, str, str], None]) -> Callable[..., Awaitable[None]]:
        async def pressed(
            ack: AsyncAck, body: Body, action: Body, context: AsyncBoltContext
        ) -> None:
            await self._acting.carry_out(
                lambda who: press(str(action.get("value")), who.outer_id, who.name), body, context
            )
            await ack()

        return pressed

    async def _claim(
        self, ack: AsyncAck, body: Body, action: Body, context: AsyncBoltContext
    ) -> None:
        hand_off_id, pressed_ts = str(action.get("value")), str(action["action_ts"])
        await self._acting.carry_out(
            lambda who: self._presses.claim(hand_off_id, who.outer_id, who.name, pressed_ts),
            body,
            context,
        )
        await ack()

    async def _more(
        self, ack: AsyncAck, body: Body, action: Body, context: AsyncBoltContext
    ) -> None:
        what, _, hand_off_id = str((action.get("selected_option") or {}).get("value")).partition(
            ":"
        )
        if what == "release":
            await self._acting.carry_out(
                lambda who: self._presses.release(hand_off_id, who.outer_id, who.name),
                body,
                context,
            )
        await ack()

    async def _show_history(
        self, ack: AsyncAck, body: Body, action: Body, context: AsyncBoltContext
    ) -> None:
        await ack()
        if context.client is not None:
            await self._history.open(
                context.client, str(body["trigger_id"]), str(action.get("value"))
            )
