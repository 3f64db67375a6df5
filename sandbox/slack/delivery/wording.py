"""What each change of a workspace is called in Slack's events."""

from collections.abc import Callable

from sandbox.slack.model import Channel, Json, Message, User
from sandbox.slack.people import TEAM_ID
from sandbox.slack.team.changes import Change, Kind
from sandbox.slack.team.workspace import Workspace


def events_of(change: Change, workspace: Workspace) -> list[Json]:
    """The events that Slack sends for a change; mostly one."""
    return _WORDINGS[change.kind](change, workspace)


def home_opened(user: User, view: Json | None, workspace: Workspace) -> Json:
    """Somebody looks at their home tab."""
    event: Json = {
        "type": "app_home_opened",
        "user": user.id,
        "channel": user.direct_channel,
        "tab": "home",
        "event_ts": workspace.new_ts(),
    }
    return event | ({"view": view} if view else {})


def _posted(change: Change, workspace: Workspace) -> list[Json]:
    channel, message = _about(change)
    event = message.as_slack(with_metadata=True) | _place(channel, message.ts)
    root = workspace.messages.get(message.thread_ts or "")
    if root is not None and message.is_reply:
        event["parent_user_id"] = root.user
    return [event]


def _edited(change: Change, workspace: Workspace) -> list[Json]:
    channel, message = _about(change)
    return [
        {
            "type": "message",
            "subtype": "message_changed",
            "message": {**message.as_slack(with_metadata=True), "source_team": TEAM_ID},
            "previous_message": change.before,
            "hidden": True,
            "ts": message.edited,
            **_place(channel, message.edited or workspace.new_ts()),
        }
    ]


def _deleted(change: Change, workspace: Workspace) -> list[Json]:
    channel, message = _about(change)
    moment = workspace.new_ts()
    event: Json = {
        "type": "message",
        "previous_message": change.before,
        "hidden": True,
        "ts": moment,
        **_place(channel, moment),
    }
    if message.tombstone:
        return [event | {"subtype": "message_changed", "message": message.as_slack()}]
    return [event | {"subtype": "message_deleted", "deleted_ts": message.ts}]


def _reacted(change: Change, workspace: Workspace) -> list[Json]:
    channel, message = _about(change)
    added = change.kind is Kind.REACTED
    return [
        {
            "type": "reaction_added" if added else "reaction_removed",
            "user": change.user.id if change.user else "",
            "reaction": change.reaction,
            "item": {"type": "message", "channel": channel.id, "ts": message.ts},
            "item_user": message.user,
            "event_ts": workspace.new_ts(),
        }
    ]


def _archived(change: Change, workspace: Workspace) -> list[Json]:
    kind = "channel_archive" if change.kind is Kind.ARCHIVED else "channel_unarchive"
    channel = change.channel.id if change.channel else ""
    return [{"type": kind, "channel": channel, "user": "USLACKBOT", "event_ts": workspace.new_ts()}]


def _user_changed(change: Change, workspace: Workspace) -> list[Json]:
    user = change.user
    if user is None:
        return []
    content = {"id": user.id, "team_id": TEAM_ID, "name": user.name, "deleted": not user.active}
    return [{"type": "user_change", "user": content, "event_ts": workspace.new_ts()}]


def _about(change: Change) -> tuple[Channel, Message]:
    assert change.channel is not None  # noqa: S101 (every change of a message has both)
    assert change.message is not None  # noqa: S101
    return change.channel, change.message


def _place(channel: Channel, moment: str) -> Json:
    return {
        "channel": channel.id,
        "channel_type": "im" if channel.direct else "channel",
        "event_ts": moment,
    }


_WORDINGS: dict[Kind, Callable[[Change, Workspace], list[Json]]] = {
    Kind.POSTED: _posted,
    Kind.EDITED: _edited,
    Kind.DELETED: _deleted,
    Kind.REACTED: _reacted,
    Kind.UNREACTED: _reacted,
    Kind.ARCHIVED: _archived,
    Kind.UNARCHIVED: _archived,
    Kind.USER_CHANGED: _user_changed,
}
