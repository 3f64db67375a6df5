"""Acts as the agents do, for tests and for the page: each step one call that reads like a story."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from sandbox.slack.api.views import checked
from sandbox.slack.blocks import find_element
from sandbox.slack.delivery import payloads
from sandbox.slack.delivery.events import Events
from sandbox.slack.delivery.transport import NotAnsweredError, Parcel, Transport
from sandbox.slack.delivery.wording import home_opened
from sandbox.slack.errors import AppDidNotAnswerError, DriverError
from sandbox.slack.kit.typed import as_file, as_rich_text, as_sent
from sandbox.slack.kit.values import chosen, missing_in, state_of
from sandbox.slack.model import Channel, Json, Message, User, View
from sandbox.slack.responses import Responses
from sandbox.slack.team.changes import LIMIT_SECONDS
from sandbox.slack.team.workspace import Workspace

Found = TypeVar("Found")


@dataclass(frozen=True)
class Submitted:
    """What came of submitting a modal."""

    errors: dict[str, str] = field(default_factory=dict)
    """By block, the sentence under the field; empty when it was taken."""
    view: View | None = None
    """The modal that is open now."""


class Driver:
    """`agent` is a name, full name, e-mail or id; `channel` a name or id.

    Whatever Slack's own client would not let a person do raises DriverError; when the app does not
    answer, AppDidNotAnswerError is raised.
    """

    def __init__(
        self,
        workspace: Workspace,
        events: Events,
        transport: Transport,
        responses: Responses,
        commands: Sequence[str],
    ) -> None:
        self._workspace = workspace
        self._events = events
        self._transport = transport
        self._responses = responses
        self._commands = commands

    async def post(
        self,
        agent: str,
        channel: str,
        text: str,
        thread_ts: str | None = None,
        files: Sequence[str] = (),
    ) -> Message:
        """Write into a channel or thread, perhaps with files of these names."""
        user, place = self._within(agent, channel)
        if thread_ts is not None:
            self._workspace.message(thread_ts)
        return self._workspace.post(
            place,
            user.id,
            as_sent(text),
            blocks=as_rich_text(text),
            thread_ts=thread_ts,
            files=[as_file(name, user.id) for name in files],
        )

    async def edit(self, agent: str, ts: str, text: str) -> None:
        """Change one's own message."""
        message = self._own(agent, ts)
        self._workspace.edit(message, text=as_sent(text), blocks=as_rich_text(text))

    async def delete(self, agent: str, ts: str) -> None:
        """Take one's own message away."""
        self._workspace.delete(self._own(agent, ts))

    async def react(self, agent: str, ts: str, name: str) -> None:
        """React to a message, or take it back."""
        user, message = self._agent(agent), self._workspace.message(ts)
        if not self._workspace.react(message, user.id, name):
            self._workspace.unreact(message, user.id, name)

    async def press(
        self,
        agent: str,
        where: str | View,
        action_id: str,
        *,
        choose: Any = None,
        block_id: str = "",
        values: Mapping[str, Any] | None = None,
        seen: Json | None = None,
        tab: str = "",
    ) -> None:
        """Press a button, or `choose` an option, in a message (its ts) or a view.

        `values` are other fields that were filled in before, by action_id. `seen` is the element as
        it stood before the agent: Slack sends that, though the message may have changed meanwhile.
        What is opened then is for `tab` alone. Returns when the app has taken it; what it then does
        may come later: see `modal` and `until`.
        """
        user = self._agent(agent)
        message = self._seen(user, where) if isinstance(where, str) else None
        view = None if isinstance(where, str) else where
        blocks = view.blocks if view is not None else message.blocks if message is not None else []
        given = {**(values or {})}
        try:
            block, element = find_element(blocks, action_id, block_id)
        except DriverError:
            if seen is None or seen.get("action_id") != action_id:
                raise
            block, element, given = {"block_id": block_id}, seen, {}
        else:
            if element["type"] not in {"button", "overflow"}:
                given[f"{block['block_id']}/{action_id}"] = choose
        value = None if element["type"] == "button" else chosen(element, choose)
        state = state_of(blocks, given, view.values if view is not None else {})
        if view is not None:
            self._workspace.views.fill(view, state)
        what = payloads.action(element, block["block_id"], self._workspace.new_ts(), value)
        place = payloads.in_view(view) if view is not None else self._around(user, message)
        trigger = self._workspace.views.trigger(user.id, tab)
        await self._send(
            Parcel.INTERACTION, payloads.block_actions(user, what, trigger, state, place)
        )

    async def submit(
        self, agent: str, view: View | None = None, values: Mapping[str, Any] | None = None
    ) -> Submitted:
        """Submit a modal (by default the one in front), with these values by action_id."""
        user = self._agent(agent)
        front = view or self.front(agent)
        if front is None:
            raise DriverError(f"{user.full_name} has no modal open.")
        state = state_of(front.blocks, values or {}, front.values)
        self._workspace.views.fill(front, state)
        missing = missing_in(front.blocks, state)
        if missing:
            return Submitted(missing, front)
        trigger = self._workspace.views.trigger(user.id, front.tab)
        answer = await self._send(
            Parcel.INTERACTION, payloads.view_submission(user, front, trigger)
        )
        return Submitted(self._after_submission(front, answer), self.front(agent))

    async def close(self, agent: str, view: View | None = None) -> None:
        """Close a modal; the app hears of it when it asked to."""
        user = self._agent(agent)
        front = view or self.front(agent)
        if front is None:
            return
        self._workspace.views.close(front)
        if front.content.get("notify_on_close"):
            await self._send(Parcel.INTERACTION, payloads.view_closed(user, front, cleared=False))

    async def slash(
        self,
        agent: str,
        command: str,
        text: str = "",
        channel: str = "offboarding-support",
        tab: str = "",
    ) -> None:
        """Type a command in a channel; its answer is a message there."""
        user, place = self._within(agent, channel)
        if command not in self._commands:
            raise DriverError(f"{command} is not a valid command.")
        url = self._responses.url(place.id, user.id)
        trigger = self._workspace.views.trigger(user.id, tab)
        payload = payloads.slash_command(user, place, (command, text), trigger, url)
        answer = await self._send(Parcel.COMMAND, payload)
        if answer.get("text") or answer.get("blocks"):
            self._responses.say(place.id, user.id, answer)

    async def shortcut(self, agent: str, callback_id: str, ts: str) -> None:
        """Use a shortcut in a message's menu."""
        user, message = self._agent(agent), self._workspace.message(ts)
        trigger, place = self._workspace.views.trigger(user.id), self._around(user, message)
        await self._send(
            Parcel.INTERACTION,
            payloads.message_shortcut(user, callback_id, trigger, message, place),
        )

    async def open_home(self, agent: str) -> None:
        """Look at one's home tab; the app publishes it: see `home`."""
        user = self._agent(agent)
        view = self._workspace.views.home(user.id)
        self._events.send(home_opened(user, view.as_slack() if view else None, self._workspace))

    def home(self, agent: str) -> View | None:
        """The home tab as it is."""
        return self._workspace.views.home(self._workspace.user(agent).id)

    def front(self, agent: str) -> View | None:
        """The modal in front of somebody."""
        stack = self._workspace.views.stack(self._workspace.user(agent).id)
        return stack[-1] if stack else None

    async def modal(self, agent: str, title: str = "") -> View:
        """Wait until a modal is in front of somebody, with this title if one is given."""

        def opened() -> View | None:
            view = self.front(agent)
            fits = view is not None and title in ("", view.content["title"]["text"])
            return view if fits else None

        found = await self.until(opened)
        assert found is not None  # noqa: S101 (that is what was waited for)
        return found

    async def until(self, predicate: Callable[[], Found], seconds: float = LIMIT_SECONDS) -> Found:
        """Wait until this is true of the workspace, and return it. Raises TimeoutError."""
        return await self._workspace.changes.until(predicate, seconds)

    async def delivered(self, seconds: float = LIMIT_SECONDS) -> None:
        """Wait until no event is on its way to the app, nor waits to be tried again."""
        await self.until(lambda: self._events.idle, seconds)

    def _after_submission(self, view: View, answer: Json) -> dict[str, str]:
        views = self._workspace.views
        match answer.get("response_action"):
            case "errors":
                return dict(answer["errors"])
            case "update":
                views.update(view, checked(answer["view"]))
            case "push":
                views.push(view.user, checked(answer["view"]), view.tab)
            case "clear":
                views.close_all(view.user, view.tab)
            case _:
                views.close(view)
        return {}

    async def _send(self, parcel: Parcel, payload: Json) -> Json:
        try:
            return await self._transport.send(parcel, payload)
        except NotAnsweredError as error:
            raise AppDidNotAnswerError(error.reason) from None

    def _agent(self, agent: str) -> User:
        user = self._workspace.user(agent)
        if not user.active:
            raise DriverError(f"{user.full_name}'s account is deactivated.")
        return user

    def _within(self, agent: str, channel: str) -> tuple[User, Channel]:
        user, found = self._agent(agent), self._workspace.channel(channel)
        if found.archived:
            raise DriverError(f"#{found.name} is archived.")
        if user.id not in found.members:
            raise DriverError(f"{user.full_name} is not in {found.name}.")
        return user, found

    def _own(self, agent: str, ts: str) -> Message:
        user, message = self._agent(agent), self._workspace.message(ts)
        if message.user != user.id:
            raise DriverError(f"Message {ts} is not {user.full_name}'s.")
        return message

    def _seen(self, user: User, ts: str) -> Message:
        message = self._workspace.message(ts)
        if message.only_for not in (None, user.id):
            raise DriverError(f"{user.full_name} does not see message {ts}.")
        return message

    def _around(self, user: User, message: Message | None) -> Json:
        if message is None:
            return {}
        channel = self._workspace.channels[message.channel]
        url = self._responses.url(channel.id, user.id, message.ts)
        return payloads.in_message(channel, message, url)
