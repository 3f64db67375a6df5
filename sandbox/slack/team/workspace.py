"""The workspace: who and what is in it, and how it changes. Knows no wire."""

import re
import time
import uuid
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from sandbox.slack import people
from sandbox.slack.blocks import with_ids
from sandbox.slack.errors import DriverError
from sandbox.slack.model import Channel, Json, Message, User
from sandbox.slack.people import BOT_USER_ID
from sandbox.slack.team.changes import Change, Changes, Kind
from sandbox.slack.team.messages import Messages
from sandbox.slack.team.store import Store
from sandbox.slack.team.views import Views


class Workspace:
    """One team. Every change is kept before it is told; nothing here waits, so all is atomic."""

    def __init__(self, data_directory: Path, scopes: Iterable[str]) -> None:
        self.changes = Changes()
        self._store = Store(data_directory)
        self.users: dict[str, User] = {}
        self.channels: dict[str, Channel] = {}
        self.messages = Messages()
        self.views = Views(self._store, self.changes)
        self.scopes = set(scopes)
        """What the app may do now."""
        self.revoked = False
        """Whether the bot's token has been revoked."""
        self._granted = frozenset(self.scopes)
        self._last_ts = 0
        self._load()

    def reset(self) -> None:
        """Everything as on the first day."""
        self._store.clear()
        self._last_ts = 0  # the sandbox's time may be an earlier one again
        self._load()
        self.changes.touch()

    def close(self) -> None:
        """Let go of the file."""
        self._store.close()

    def user(self, who: str) -> User:
        """Somebody by id, name, full name or e-mail. Raises DriverError when there is nobody."""
        for user in self.users.values():
            if who.lower() in (
                user.id.lower(),
                user.name,
                user.full_name.lower(),
                user.full_name.split()[0].lower(),
                user.email,
            ):
                return user
        raise DriverError(f"Nobody in the stand-in Slack is called {who}.")

    def channel(self, which: str) -> Channel:
        """A channel by id or name, with # or without. Raises DriverError when there is none."""
        name = which.removeprefix("#")
        for channel in self.channels.values():
            if name in (channel.id, channel.name):
                return channel
        raise DriverError(f"The stand-in Slack has no channel {which}.")

    def message(self, ts: str) -> Message:
        """A message by its ts. Raises DriverError when there is none."""
        try:
            return self.messages[ts]
        except KeyError:
            raise DriverError(f"The stand-in Slack has no message {ts}.") from None

    def in_channel(self, channel: str, seen_by: str | None = None) -> list[Message]:
        """The messages of a channel itself, without replies; ephemeral ones for `seen_by` alone."""
        wanted = self.channel(channel).id
        return [
            each
            for each in self.messages.in_channel(wanted)
            if not each.is_reply and each.only_for in (None, seen_by)
        ]

    def thread(self, ts: str, seen_by: str | None = None) -> list[Message]:
        """A message and its replies; ephemeral ones for `seen_by` alone."""
        return [each for each in self.messages.in_thread(ts) if each.only_for in (None, seen_by)]

    def new_ts(self) -> str:
        """A time stamp that is later than all before."""
        self._last_ts = max(time.time_ns() // 1000, self._last_ts + 1)
        return f"{self._last_ts // 1_000_000}.{self._last_ts % 1_000_000:06d}"

    def post(
        self,
        channel: Channel,
        user: str,
        text: str,
        *,
        blocks: list[Json] | None = None,
        thread_ts: str | None = None,
        **more: Any,
    ) -> Message:
        """A new message; `more` is any other part of a Message."""
        root = self.messages.get(thread_ts)
        if root is not None and root.thread_ts:
            thread_ts = root.thread_ts  # a reply to a reply hangs in the same thread
        ts = self.new_ts()
        message = Message(channel.id, ts, user, text, with_ids(blocks), thread_ts=thread_ts, **more)
        if user != BOT_USER_ID:
            message.client_msg_id = str(uuid.uuid4())
        self.messages.add(message)
        if root is not None and root.thread_ts is None and message.only_for is None:
            root.thread_ts = root.ts
            self._keep(root)
        self._keep(message)
        if message.only_for is not None:
            self.changes.touch()
        else:
            self.changes.tell(Change(Kind.POSTED, channel, message))
        return message

    def edit(self, message: Message, **changed: Any) -> None:
        """Give a message another text, other blocks or metadata."""
        before = message.as_slack()
        for part, value in changed.items():
            setattr(message, part, with_ids(value) if part == "blocks" else value)
        message.edited = self.new_ts()
        self._keep(message)
        self._tell(Kind.EDITED, message, before)

    def delete(self, message: Message) -> None:
        """Take a message away; one with replies leaves a tombstone."""
        before = message.as_slack()
        if len(self.thread(message.ts)) > 1:
            message.tombstone, message.text, message.blocks = True, "", []
            self._keep(message)
        else:
            self.messages.remove(message)
            self._store.drop("message", message.ts)
        self._tell(Kind.DELETED, message, before)

    def react(self, message: Message, user: str, name: str) -> bool:
        """Add a reaction; False when it is there already."""
        users = message.reactions.setdefault(name, [])
        if user in users:
            return False
        users.append(user)
        self._reacted(Kind.REACTED, message, user, name)
        return True

    def unreact(self, message: Message, user: str, name: str) -> bool:
        """Take a reaction back; False when it is not there."""
        users = message.reactions.get(name, [])
        if user not in users:
            return False
        users.remove(user)
        if not users:
            del message.reactions[name]
        self._reacted(Kind.UNREACTED, message, user, name)
        return True

    def set_archived(self, channel: Channel, *, archived: bool) -> None:
        """Archive a channel, or bring it back."""
        channel.archived = archived
        self._keep_channel(channel)
        self.changes.tell(Change(Kind.ARCHIVED if archived else Kind.UNARCHIVED, channel))

    def set_member(self, channel: Channel, user: str, *, member: bool) -> None:
        """Take somebody into a channel, or out of it."""
        others = [each for each in channel.members if each != user]
        channel.members = [*others, user] if member else others
        self._keep_channel(channel)
        self.changes.touch()

    def set_active(self, user: User, *, active: bool) -> None:
        """Deactivate somebody, or bring them back."""
        user.active = active
        self._store.keep("user", user.id, asdict(user))
        self.changes.tell(Change(Kind.USER_CHANGED, user=user))

    def add_channel(self, name: str, purpose: str = "") -> Channel:
        """Another channel, with everybody in it."""
        channel = _channel(name, purpose, self.users)
        self.channels[channel.id] = channel
        self._keep_channel(channel)
        self.changes.touch()
        return channel

    def add_user(self, name: str, full_name: str, email: str) -> User:
        """Another agent, in every channel."""
        person = people.Person(
            f"U0{name.upper()}", name, full_name, "Support", email, "Europe/London"
        )
        user = self._add_person(person)
        for channel in list(self.channels.values()):
            if not channel.direct:
                self.set_member(channel, user.id, member=True)
        return user

    def _tell(self, kind: Kind, message: Message, before: Json) -> None:
        channel = self.channels[message.channel]
        self.changes.tell(Change(kind, channel, message, before))

    def _reacted(self, kind: Kind, message: Message, user: str, name: str) -> None:
        self._keep(message)
        channel = self.channels[message.channel]
        self.changes.tell(Change(kind, channel, message, user=self.users[user], reaction=name))

    def _keep(self, message: Message) -> None:
        self._store.keep("message", message.ts, message.as_row())

    def _keep_channel(self, channel: Channel) -> None:
        self._store.keep("channel", channel.id, asdict(channel))

    def _load(self) -> None:
        self.users = {row["id"]: User(**row) for row in self._store.all("user")}
        self.channels = {row["id"]: Channel(**row) for row in self._store.all("channel")}
        self.messages = Messages()
        for row in self._store.all("message"):
            self.messages.add(Message(**row))
        self.views.load()
        self.scopes, self.revoked = set(self._granted), False
        if not self.users:
            self._found()

    def _found(self) -> None:
        """Make the demo team."""
        for person in (people.BOT, *people.AGENTS):
            self._add_person(person)
        for name, purpose in people.CHANNELS.items():
            self.add_channel(name, purpose)

    def _add_person(self, person: people.Person) -> User:
        direct = f"D{person.id[1:]}"
        user = User(
            person.id,
            person.name,
            person.full_name,
            person.title,
            person.email,
            person.time_zone,
            direct,
        )
        self.users[user.id] = user
        self._store.keep("user", user.id, asdict(user))
        if not user.is_bot:
            talk = Channel(direct, direct, "", [BOT_USER_ID, user.id], direct=True)
            self.channels[direct] = talk
            self._keep_channel(talk)
        return user


def _channel(name: str, purpose: str, members: Iterable[str]) -> Channel:
    identifier = "C0" + re.sub(r"[^A-Z0-9]", "", name.upper().removeprefix("OFFBOARDING"))
    return Channel(identifier, name, purpose, list(members))
