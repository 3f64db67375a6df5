"""One call of the Web API: what was asked, and how its parts are found and refused."""

import json
from dataclasses import dataclass
from typing import Any

from starlette.datastructures import FormData
from starlette.requests import Request

from sandbox.slack.errors import DriverError, SlackRefusal
from sandbox.slack.model import Channel, Json, Message, User
from sandbox.slack.people import BOT_USER_ID
from sandbox.slack.team.workspace import Workspace

_STRUCTURED = {"blocks", "view", "metadata", "attachments"}
_TRUE = {"1", "true", True}


@dataclass(frozen=True)
class Call:
    """A method's name and arguments, in the workspace it is about."""

    method: str
    arguments: Json
    workspace: Workspace

    def text(self, name: str, default: str = "") -> str:
        """An argument as text."""
        value = self.arguments.get(name)
        return default if value is None else str(value)

    def flag(self, name: str) -> bool:
        """An argument as a yes or no, as forms and JSON write them."""
        return self.arguments.get(name) in _TRUE

    def number(self, name: str, default: int) -> int:
        """An argument as a number. Raises SlackRefusal."""
        try:
            return int(self.text(name) or default)
        except ValueError:
            raise SlackRefusal("invalid_arguments") from None

    def channel(self, *, posting: bool = False, member: bool = True) -> Channel:
        """The channel that is meant, by id; when posting, a name will do. Raises SlackRefusal."""
        given = self.text("channel")
        found = self.workspace.channels.get(given)
        if found is None and posting:
            found = self._posting_target(given)
        if found is None:
            raise SlackRefusal("channel_not_found")
        if found.archived and posting:
            raise SlackRefusal("is_archived")
        if member and BOT_USER_ID not in found.members:
            raise SlackRefusal("not_in_channel")
        return found

    def message(self, channel: Channel, name: str = "ts") -> Message:
        """The message of that channel. Raises SlackRefusal."""
        found = self.workspace.messages.get(self.text(name))
        if found is None or found.channel != channel.id or found.tombstone or found.only_for:
            raise SlackRefusal("message_not_found")
        return found

    def user(self, name: str = "user") -> User:
        """The person that is meant, by id. Raises SlackRefusal."""
        found = self.workspace.users.get(self.text(name))
        if found is None:
            raise SlackRefusal("user_not_found")
        return found

    def _posting_target(self, given: str) -> Channel | None:
        """Slack posts by a channel's name, and to a person by their id."""
        user = self.workspace.users.get(given)
        try:
            return self.workspace.channel(user.direct_channel if user else given)
        except DriverError:
            return None


async def arguments_of(request: Request) -> Json:
    """The arguments of a call, from the address, a form or a JSON body. Raises SlackRefusal."""
    found: Json = dict(request.query_params)
    kind = request.headers.get("content-type", "").partition(";")[0]
    if kind == "application/json":
        try:
            body = await request.json()
        except ValueError:
            raise SlackRefusal("invalid_json") from None
        if not isinstance(body, dict):
            raise SlackRefusal("json_not_object")
        return found | body
    if kind:
        found |= _plain(await request.form())
    for name in _STRUCTURED & found.keys():
        found[name] = _parsed(name, found[name])
    return found


def _plain(form: FormData) -> Json:
    return {name: value for name, value in form.items() if isinstance(value, str)}


def _parsed(name: str, given: Any) -> Any:
    try:
        return json.loads(given) if given else None
    except ValueError:
        word = {"blocks": "invalid_blocks_format", "metadata": "invalid_metadata_format"}
        raise SlackRefusal(word.get(name, "invalid_arguments")) from None
