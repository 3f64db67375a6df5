"""What one agent sees, as the page wants it."""

from sandbox.slack.api.conversations import thread_summary
from sandbox.slack.kit.typed import EMOJI
from sandbox.slack.model import Channel, Json, Message, User, View
from sandbox.slack.team.workspace import Workspace

MOST_MESSAGES = 60
"""How many messages of a channel are shown, the latest ones."""


def seen_by(workspace: Workspace, user: User, channel: Channel, thread: str, tab: str) -> Json:
    """Everything on the page of `user`, with this channel and perhaps this thread open.

    Of the windows that the app opened, only those which this tab asked for.
    """
    if channel.direct:
        channel = workspace.channels[user.direct_channel]  # nobody sees another's
    messages = _in_channel(workspace, channel, user)[-MOST_MESSAGES:]
    stack = workspace.views.stack(user.id, tab)
    replies = workspace.thread(thread, user.id) if thread in workspace.messages else []
    return {
        "count": workspace.changes.count,
        "me": {"id": user.id, "name": user.full_name, "title": user.title, "active": user.active},
        "people": {each.id: each.full_name for each in workspace.users.values()},
        "names": {each.id: each.name for each in workspace.channels.values()},
        "channels": [
            _listed(workspace, each, user)
            for each in workspace.channels.values()
            if not each.direct or user.id in each.members
        ],
        "channel": {
            "id": channel.id,
            "name": channel.name,
            "purpose": channel.purpose,
            "archived": channel.archived,
            "direct": channel.direct,
        },
        "messages": [_shown(workspace, each, user) for each in messages],
        "thread": [_shown(workspace, each, user) for each in replies],
        "modal": _view(stack[-1]) if stack else None,
        "home": _view(workspace.views.home(user.id)),
        "emoji": EMOJI,
    }


def _in_channel(workspace: Workspace, channel: Channel, user: User) -> list[Message]:
    """What the channel itself shows: its messages, and the replies that are shown there as well."""
    return [
        each
        for each in workspace.messages.in_channel(channel.id)
        if (each.broadcast or not each.is_reply) and each.only_for in (None, user.id)
    ]


def _listed(workspace: Workspace, channel: Channel, user: User) -> Json:
    """A channel in the list; `latest` is the last that somebody else wrote."""
    others = (
        each.ts
        for each in reversed(workspace.messages.in_channel(channel.id))
        if each.user != user.id and each.only_for in (None, user.id)
    )
    return {
        "id": channel.id,
        "name": channel.name,
        "archived": channel.archived,
        "direct": channel.direct,
        "latest": next(others, ""),
    }


def _shown(workspace: Workspace, message: Message, user: User) -> Json:
    content = message.as_slack() | {
        "author": workspace.users[message.user].full_name,
        "app": message.from_bot,
        "mine": message.user == user.id and not message.tombstone,
        "ephemeral": message.only_for is not None,
        "gone": message.tombstone,
    }
    if message.thread_ts == message.ts:
        others = [each.ts for each in workspace.thread(message.ts)[1:] if each.user != user.id]
        content |= {
            "replies": thread_summary(workspace, message)["reply_count"],
            "latest": others[-1] if others else "",
        }
    return content


def _view(view: View | None) -> Json | None:
    if view is None:
        return None
    return {**view.as_slack(), "depth": view.depth}
