"""chat.*: messages come, change and go."""

from typing import Any

from sandbox.slack.api.call import Call
from sandbox.slack.blocks import check_message_blocks
from sandbox.slack.errors import SlackRefusal
from sandbox.slack.model import Json, Message
from sandbox.slack.people import BOT_USER_ID, TEAM_DOMAIN

LONGEST_TEXT = 40_000
LONGEST_EDIT = 4_000


def post_message(call: Call) -> Json:
    """A new message of the app's."""
    channel = call.channel(posting=True)
    content = _content(call, LONGEST_TEXT)
    thread_ts = _thread(call)
    message = call.workspace.post(
        channel,
        BOT_USER_ID,
        **content,
        thread_ts=thread_ts,
        metadata=_metadata(call),
        broadcast=bool(thread_ts) and call.flag("reply_broadcast"),
    )
    return {
        "channel": channel.id,
        "ts": message.ts,
        "message": message.as_slack(with_metadata=True),
    }


def post_ephemeral(call: Call) -> Json:
    """A message that one person sees."""
    channel, user = call.channel(posting=True), call.user()
    if user.id not in channel.members:
        raise SlackRefusal("user_not_in_channel")
    content = _content(call, LONGEST_TEXT)
    message = call.workspace.post(
        channel, BOT_USER_ID, **content, thread_ts=_thread(call), only_for=user.id
    )
    return {"message_ts": message.ts}


def update(call: Call) -> Json:
    """Another content for a message of the app's."""
    channel = call.channel(posting=True)
    message = _own(call, "cant_update_message")
    content = _content(call, LONGEST_EDIT)
    if "blocks" not in call.arguments and "text" in call.arguments:
        content["blocks"] = []  # as in Slack: text alone takes the blocks away
    if "metadata" in call.arguments:
        content["metadata"] = _metadata(call)
    call.workspace.edit(message, **content)
    return {
        "channel": channel.id,
        "ts": message.ts,
        "text": message.text,
        "message": message.as_slack(with_metadata=True),
    }


def delete(call: Call) -> Json:
    """Take a message of the app's away."""
    channel = call.channel(posting=True)
    message = _own(call, "cant_delete_message")
    call.workspace.delete(message)
    return {"channel": channel.id, "ts": message.ts}


def get_permalink(call: Call) -> Json:
    """The address of a message."""
    channel = call.channel(member=False)
    message = call.message(channel, "message_ts")
    address = (
        f"https://{TEAM_DOMAIN}.slack.com/archives/{channel.id}/p{message.ts.replace('.', '')}"
    )
    if message.is_reply:
        address += f"?thread_ts={message.thread_ts}&cid={channel.id}"
    return {"channel": channel.id, "permalink": address}


def _own(call: Call, refusal: str) -> Message:
    message = call.message(call.channel(posting=True))
    if not message.from_bot:
        raise SlackRefusal(refusal)
    return message


def _content(call: Call, longest: int) -> dict[str, Any]:
    text, blocks = call.text("text"), call.arguments.get("blocks")
    if blocks:
        check_message_blocks(blocks)
    if not text.strip() and not blocks:
        raise SlackRefusal("no_text")
    if len(text) > longest:
        raise SlackRefusal("msg_too_long")
    return {"text": text, "blocks": blocks or []}


def _thread(call: Call) -> str | None:
    thread_ts = call.text("thread_ts")
    if not thread_ts:
        return None
    if thread_ts not in call.workspace.messages:
        raise SlackRefusal("thread_not_found")
    return thread_ts


def _metadata(call: Call) -> Json | None:
    metadata = call.arguments.get("metadata")
    if not metadata:
        return None
    if not isinstance(metadata, dict) or not metadata.get("event_type"):
        raise SlackRefusal("invalid_metadata_format")
    if not isinstance(metadata.get("event_payload"), dict):
        raise SlackRefusal("invalid_metadata_format")
    return metadata
