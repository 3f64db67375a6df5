"""reactions.*: small marks on messages."""

import re

from sandbox.slack.api.call import Call
from sandbox.slack.errors import SlackRefusal
from sandbox.slack.model import Json, Message
from sandbox.slack.people import BOT_USER_ID

_NAME = re.compile(r"[a-z0-9_'+-]{1,100}(?:::skin-tone-[2-6])?")


def add(call: Call) -> Json:
    """The app reacts."""
    message = _message(call)
    if not call.workspace.react(message, BOT_USER_ID, _name(call)):
        raise SlackRefusal("already_reacted")
    return {}


def remove(call: Call) -> Json:
    """The app takes its reaction back."""
    message = _message(call)
    if not call.workspace.unreact(message, BOT_USER_ID, _name(call)):
        raise SlackRefusal("no_reaction")
    return {}


def _message(call: Call) -> Message:
    channel = call.channel(member=False)
    if channel.archived:
        raise SlackRefusal("is_archived")
    if BOT_USER_ID not in channel.members:
        raise SlackRefusal("not_in_channel")
    return call.message(channel, "timestamp")


def _name(call: Call) -> str:
    name = call.text("name").strip(":")
    if _NAME.fullmatch(name) is None:
        raise SlackRefusal("invalid_name")
    return name
