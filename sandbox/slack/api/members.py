"""users.*, team.*, bots.*, auth.*: who is who."""

from datetime import datetime
from zoneinfo import ZoneInfo

from offboarding import clock
from sandbox.slack.api.call import Call
from sandbox.slack.api.paging import page
from sandbox.slack.errors import SlackRefusal
from sandbox.slack.model import Json, User
from sandbox.slack.people import (
    APP_ID,
    BOT_ID,
    BOT_NAME,
    BOT_USER_ID,
    TEAM_DOMAIN,
    TEAM_ID,
    TEAM_NAME,
)


def test(_call: Call) -> Json:
    """Whose token this is."""
    return {
        "url": f"https://{TEAM_DOMAIN}.slack.com/",
        "team": TEAM_NAME,
        "user": "offboarding",
        "team_id": TEAM_ID,
        "user_id": BOT_USER_ID,
        "bot_id": BOT_ID,
        "is_enterprise_install": False,
    }


def team_info(_call: Call) -> Json:
    """The team."""
    return {"team": {"id": TEAM_ID, "name": TEAM_NAME, "domain": TEAM_DOMAIN, "email_domain": ""}}


def bot_info(call: Call) -> Json:
    """The bot."""
    if call.text("bot", BOT_ID) != BOT_ID:
        raise SlackRefusal("bot_not_found")
    return {
        "bot": {
            "id": BOT_ID,
            "app_id": APP_ID,
            "name": BOT_NAME,
            "user_id": BOT_USER_ID,
            "deleted": False,
        }
    }


def info(call: Call) -> Json:
    """One person."""
    return {"user": _described(call, call.user())}


def list_all(call: Call) -> Json:
    """Everybody, deactivated people too."""
    users = [_described(call, each) for each in call.workspace.users.values()]
    return page(call, users, "members", 1000)


def lookup_by_email(call: Call) -> Json:
    """The active person with this address."""
    email = call.text("email").lower()
    for user in call.workspace.users.values():
        if email and user.email == email and user.active:
            return {"user": _described(call, user)}
    raise SlackRefusal("users_not_found")


def _described(call: Call, user: User) -> Json:
    profile = {
        "real_name": user.full_name,
        "display_name": user.name,
        "first_name": user.full_name.split()[0],
        "last_name": user.full_name.split()[-1],
        "title": user.title,
        "team": TEAM_ID,
        "image_72": "",
    }
    if user.email and "users:read.email" in call.workspace.scopes:
        profile["email"] = user.email
    content: Json = {
        "id": user.id,
        "team_id": user.team_id,
        "name": user.name,
        "deleted": not user.active,
        "is_bot": user.is_bot,
        "is_app_user": False,
        "profile": profile,
        "updated": 0,
    }
    if user.active:
        content |= {
            "real_name": user.full_name,
            "is_admin": False,
            "is_restricted": user.guest,
            "is_ultra_restricted": False,
            "is_stranger": TEAM_ID not in {user.team_id, *user.organisation},
            **_zone(user.time_zone),
        }
        if user.organisation:
            content["enterprise_user"] = {"teams": list(user.organisation)}
    return content


def _zone(name: str) -> Json:
    moment: datetime = clock.now().astimezone(ZoneInfo(name))
    offset = moment.utcoffset()
    return {
        "tz": name,
        "tz_label": moment.tzname(),
        "tz_offset": int(offset.total_seconds()) if offset else 0,
    }
