"""What people press, submit, close and command, as Slack tells the app."""

from sandbox.slack.model import Channel, Json, Message, User, View
from sandbox.slack.people import APP_ID, TEAM_DOMAIN, TEAM_ID

TOKEN = "stand-in-verification-token"  # noqa: S105 (Slack's old one; nobody checks it any more)


def block_actions(user: User, action: Json, trigger_id: str, state: Json, place: Json) -> Json:
    """Something in a message or view was pressed or chosen."""
    return _common("block_actions", user) | {
        "trigger_id": trigger_id,
        "state": {"values": state},
        "actions": [action],
        **place,
    }


def in_message(channel: Channel, message: Message, response_url: str) -> Json:
    """Where that was, for a message."""
    container: Json = {
        "type": "message",
        "message_ts": message.ts,
        "channel_id": channel.id,
        "is_ephemeral": message.only_for is not None,
    }
    if message.thread_ts:
        container["thread_ts"] = message.thread_ts
    place: Json = {
        "container": container,
        "channel": {"id": channel.id, "name": channel.name},
        "response_url": response_url,
    }
    if message.only_for is None:
        place["message"] = message.as_slack(with_metadata=True)
    return place


def in_view(view: View) -> Json:
    """Where that was, for a modal or home tab."""
    return {"container": {"type": "view", "view_id": view.id}, "view": view.as_slack()}


def action(element: Json, block_id: str, moment: str, value: Json | None) -> Json:
    """What was pressed or chosen."""
    kept = ("action_id", "type", "text", "value", "style", "url", "placeholder", "confirm")
    found: Json = {name: element[name] for name in kept if name in element}
    return found | {"block_id": block_id, "action_ts": moment} | (value or {})


def view_submission(user: User, view: View, trigger_id: str) -> Json:
    """A modal was submitted."""
    return _common("view_submission", user) | {
        "trigger_id": trigger_id,
        "view": view.as_slack(),
        "response_urls": [],
    }


def view_closed(user: User, view: View, *, cleared: bool) -> Json:
    """A modal was closed."""
    return _common("view_closed", user) | {"view": view.as_slack(), "is_cleared": cleared}


def message_shortcut(
    user: User, callback_id: str, trigger_id: str, message: Message, place: Json
) -> Json:
    """A message's own menu was used."""
    return _common("message_action", user) | {
        "callback_id": callback_id,
        "trigger_id": trigger_id,
        "action_ts": message.ts,
        "message_ts": message.ts,
        **{name: place[name] for name in ("channel", "message", "response_url")},
    }


def slash_command(
    user: User, channel: Channel, typed: tuple[str, str], trigger_id: str, url: str
) -> Json:
    """A command was typed: its name and what came after it."""
    return {
        "token": TOKEN,
        "team_id": TEAM_ID,
        "team_domain": TEAM_DOMAIN,
        "channel_id": channel.id,
        "channel_name": "directmessage" if channel.direct else channel.name,
        "user_id": user.id,
        "user_name": user.name,
        "command": typed[0],
        "text": typed[1],
        "api_app_id": APP_ID,
        "is_enterprise_install": "false",
        "response_url": url,
        "trigger_id": trigger_id,
    }


def _common(kind: str, user: User) -> Json:
    return {
        "type": kind,
        "user": {"id": user.id, "username": user.name, "name": user.name, "team_id": user.team_id},
        "api_app_id": APP_ID,
        "token": TOKEN,
        "team": {"id": TEAM_ID, "domain": TEAM_DOMAIN},
        "enterprise": None,
        "is_enterprise_install": False,
    }
