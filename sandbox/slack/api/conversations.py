"""conversations.*: channels, who is in them, and what was said."""

from sandbox.slack.api.call import Call
from sandbox.slack.api.paging import page
from sandbox.slack.errors import SlackRefusal
from sandbox.slack.model import Channel, Json, Message
from sandbox.slack.people import BOT_USER_ID, TEAM_ID
from sandbox.slack.team.workspace import Workspace


def list_all(call: Call) -> Json:
    """Every channel, archived ones too unless they are not wanted."""
    kinds = call.text("types", "public_channel").split(",")
    found = [
        channel
        for channel in call.workspace.channels.values()
        if ("im" if channel.direct else "public_channel") in kinds
        and not (channel.archived and call.flag("exclude_archived"))
    ]
    return page(call, [_described(each) for each in found], "channels", 100)


def info(call: Call) -> Json:
    """One channel."""
    return {"channel": _described(call.channel(member=False))}


def join(call: Call) -> Json:
    """The app goes into a channel."""
    channel = call.channel(member=False)
    if channel.archived:
        raise SlackRefusal("is_archived")
    if channel.direct:
        raise SlackRefusal("method_not_supported_for_channel_type")
    answer: Json = {}
    if BOT_USER_ID in channel.members:
        answer = {"warning": "already_in_channel"}
    call.workspace.set_member(channel, BOT_USER_ID, member=True)
    return {"channel": _described(channel), **answer}


def members(call: Call) -> Json:
    """Who is in a channel."""
    return page(call, call.channel(member=False).members, "members", 100)


def history(call: Call) -> Json:
    """The messages of a channel, newest first."""
    channel = call.channel()
    found = [each for each in call.workspace.in_channel(channel.id) if _within(call, each.ts)]
    written = [_written(call, each) for each in reversed(found)]
    return page(call, written, "messages", 100)


def replies(call: Call) -> Json:
    """A message and its thread, oldest first."""
    channel = call.channel()
    root = call.workspace.messages.get(call.text("ts"))
    if root is None or root.channel != channel.id or root.only_for:
        raise SlackRefusal("thread_not_found")
    first, *others = call.workspace.thread(root.thread_ts or root.ts)
    written = [_written(call, each) for each in others if _within(call, each.ts)]
    return page(call, [_written(call, first), *written], "messages", 1000)


def _written(call: Call, message: Message) -> Json:
    content = message.as_slack(with_metadata=call.flag("include_all_metadata"))
    if message.thread_ts == message.ts:
        content |= thread_summary(call.workspace, message)
    elif message.is_reply:
        content["parent_user_id"] = _author(call.workspace, message.thread_ts)
    return content


def thread_summary(workspace: Workspace, message: Message) -> Json:
    """What a message with replies says of them."""
    replies = workspace.thread(message.ts)[1:]
    users = list(dict.fromkeys(each.user for each in replies))
    return {
        "reply_count": len(replies),
        "reply_users": users,
        "reply_users_count": len(users),
        "latest_reply": replies[-1].ts if replies else message.ts,
        "subscribed": False,
    }


def _author(workspace: Workspace, ts: str | None) -> str | None:
    root = workspace.messages.get(ts or "")
    return root.user if root else None


def _within(call: Call, ts: str) -> bool:
    """Whether a message is in the asked span; its ends count only when they are asked for."""
    oldest, latest = call.text("oldest", "0"), call.text("latest")
    if call.flag("inclusive") and ts in (oldest, latest):
        return True
    return float(ts) > float(oldest) and (not latest or float(ts) < float(latest))


def _described(channel: Channel) -> Json:
    if channel.direct:
        user = next(each for each in channel.members if each != BOT_USER_ID)
        return {"id": channel.id, "is_im": True, "user": user, "is_archived": False}
    purpose = {"value": channel.purpose, "creator": "", "last_set": 0}
    return {
        "id": channel.id,
        "name": channel.name,
        "name_normalized": channel.name,
        "is_channel": True,
        "is_group": False,
        "is_im": False,
        "is_private": False,
        "is_archived": channel.archived,
        "is_member": BOT_USER_ID in channel.members,
        "num_members": len(channel.members),
        "context_team_id": TEAM_ID,
        "topic": purpose,
        "purpose": purpose,
    }
