"""What a workspace is made of."""

from dataclasses import asdict, dataclass, field
from typing import Any

from sandbox.slack.people import APP_ID, BOT_ID, BOT_NAME, BOT_USER_ID, TEAM_ID

Json = dict[str, Any]
"""An object as it goes over the wire."""


@dataclass
class User:
    """A member of the team; the bot is one too."""

    id: str
    name: str
    full_name: str
    title: str
    email: str
    time_zone: str
    direct_channel: str
    """The conversation between this person and the bot: where the home tab is."""
    active: bool = True
    guest: bool = False
    """Sees only the channels they were invited to."""
    team_id: str = TEAM_ID
    """Another workspace's for somebody who comes in through a shared channel."""
    organisation: tuple[str, ...] = ()
    """The workspaces of their organisation that they belong to, where it has several."""

    @property
    def is_bot(self) -> bool:
        """Whether this is the app's own user."""
        return self.id == BOT_USER_ID


@dataclass
class Channel:
    """A channel, or the conversation of one person with the bot."""

    id: str
    name: str
    purpose: str
    members: list[str]
    archived: bool = False
    direct: bool = False


@dataclass
class Message:
    """A message as it stands; a deleted one is gone, or a tombstone when it had replies."""

    channel: str
    ts: str
    user: str
    text: str
    blocks: list[Json] = field(default_factory=list)
    thread_ts: str | None = None
    client_msg_id: str | None = None
    """People's messages have one; the app's have none."""
    metadata: Json | None = None
    reactions: dict[str, list[str]] = field(default_factory=dict)
    """Who reacted, by the reaction's name, the earliest first."""
    edited: str | None = None
    """When it was last changed, as a ts."""
    files: list[Json] = field(default_factory=list)
    only_for: str | None = None
    """The one person who sees it: an ephemeral message."""
    broadcast: bool = False
    """A reply that is shown in the channel as well."""
    tombstone: bool = False

    @property
    def from_bot(self) -> bool:
        """Whether the app wrote it."""
        return self.user == BOT_USER_ID

    @property
    def is_reply(self) -> bool:
        """Whether it hangs in the thread of another."""
        return self.thread_ts is not None and self.thread_ts != self.ts

    def as_slack(self, *, with_metadata: bool = False) -> Json:
        """As Slack writes a message."""
        if self.tombstone:
            return _tombstone(self)
        content: Json = {"type": "message", "user": self.user, "text": self.text, "ts": self.ts}
        content |= _author(self)
        optional = {
            "blocks": self.blocks,
            "thread_ts": self.thread_ts,
            "files": self.files,
            "edited": self.edited and {"user": self.user, "ts": self.edited},
            "reactions": _reactions(self.reactions),
            "metadata": self.metadata if with_metadata else None,
        }
        content |= {name: value for name, value in optional.items() if value}
        if self.broadcast:
            content |= {"subtype": "thread_broadcast"}
        if self.files:
            content |= {"subtype": "file_share", "upload": False, "display_as_bot": False}
        return content

    def as_row(self) -> Json:
        """As it is kept."""
        return asdict(self)


@dataclass
class View:
    """An open modal, or somebody's home tab."""

    id: str
    user: str
    content: Json
    """What the app sent: type, title, blocks, private_metadata, …"""
    hash: str
    root: str
    previous: str | None = None
    values: Json = field(default_factory=dict)
    """What was filled in so far, by block and action."""
    depth: int = 0
    """How many modals are behind it."""
    tab: str = ""
    """The browser's tab that a modal was opened from; empty when it is not known, so for all."""

    @property
    def blocks(self) -> list[Json]:
        """Its blocks."""
        blocks: list[Json] = self.content["blocks"]
        return blocks

    def as_slack(self) -> Json:
        """As Slack writes a view."""
        empty: Json = {
            "title": None,
            "submit": None,
            "close": None,
            "private_metadata": "",
            "callback_id": "",
            "external_id": "",
            "clear_on_close": False,
            "notify_on_close": False,
        }
        return {
            **empty,
            **self.content,
            "id": self.id,
            "team_id": TEAM_ID,
            "app_id": APP_ID,
            "app_installed_team_id": TEAM_ID,
            "bot_id": BOT_ID,
            "root_view_id": self.root,
            "previous_view_id": self.previous,
            "hash": self.hash,
            "state": {"values": self.values},
        }


def _author(message: Message) -> Json:
    if message.from_bot:
        profile = {"id": BOT_ID, "app_id": APP_ID, "name": BOT_NAME, "team_id": TEAM_ID}
        return {"team": TEAM_ID, "bot_id": BOT_ID, "app_id": APP_ID, "bot_profile": profile}
    return {"team": TEAM_ID, "client_msg_id": message.client_msg_id}


def _reactions(reactions: dict[str, list[str]]) -> list[Json]:
    return [
        {"name": name, "users": list(users), "count": len(users)}
        for name, users in reactions.items()
    ]


def _tombstone(message: Message) -> Json:
    return {
        "type": "message",
        "subtype": "tombstone",
        "text": "This message was deleted.",
        "user": "USLACKBOT",
        "hidden": True,
        "ts": message.ts,
        "thread_ts": message.ts,
    }
