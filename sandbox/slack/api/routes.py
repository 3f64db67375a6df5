"""The Web API's address, who may call it, and the methods by name."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse

from sandbox.slack.api import chat, conversations, members, reactions, views
from sandbox.slack.api.call import Call, arguments_of
from sandbox.slack.credentials import API_PATH, SlackCredentials
from sandbox.slack.errors import SlackRefusal
from sandbox.slack.faults import ApiCall, Faults
from sandbox.slack.model import Json
from sandbox.slack.team.workspace import Workspace


@dataclass(frozen=True)
class Method:
    """What a method does, and the scope it needs; with none, any token will do."""

    carry_out: Callable[[Call], Json]
    scope: str = ""


METHODS = {
    "auth.test": Method(members.test),
    "bots.info": Method(members.bot_info, "users:read"),
    "chat.delete": Method(chat.delete, "chat:write"),
    "chat.getPermalink": Method(chat.get_permalink),
    "chat.postEphemeral": Method(chat.post_ephemeral, "chat:write"),
    "chat.postMessage": Method(chat.post_message, "chat:write"),
    "chat.update": Method(chat.update, "chat:write"),
    "conversations.history": Method(conversations.history, "channels:history"),
    "conversations.info": Method(conversations.info, "channels:read"),
    "conversations.join": Method(conversations.join, "channels:join"),
    "conversations.list": Method(conversations.list_all, "channels:read"),
    "conversations.members": Method(conversations.members, "channels:read"),
    "conversations.replies": Method(conversations.replies, "channels:history"),
    "reactions.add": Method(reactions.add, "reactions:write"),
    "reactions.remove": Method(reactions.remove, "reactions:write"),
    "team.info": Method(members.team_info, "team:read"),
    "users.info": Method(members.info, "users:read"),
    "users.list": Method(members.list_all, "users:read"),
    "users.lookupByEmail": Method(members.lookup_by_email, "users:read.email"),
    "views.open": Method(views.open_modal),
    "views.publish": Method(views.publish),
    "views.push": Method(views.push),
    "views.update": Method(views.update),
}


def _unknown(call: Call) -> Json:
    raise SlackRefusal("unknown_method", req_method=call.method)


_UNKNOWN = Method(_unknown)


class WebApi:
    """Answers the app's calls."""

    def __init__(
        self,
        workspace: Workspace,
        faults: Faults,
        known: SlackCredentials,
        socket_url: Callable[[], str],
    ) -> None:
        self._workspace = workspace
        self._faults = faults
        self._known = known
        self._socket_url = socket_url

    def router(self) -> APIRouter:
        """Every method's route; Slack takes reading calls by GET too."""
        routes = APIRouter(include_in_schema=False)
        routes.add_api_route(API_PATH + "{method}", self._answer, methods=["GET", "POST"])
        return routes

    async def _answer(self, method: str, request: Request) -> Response:
        try:
            arguments = await arguments_of(request)
            self._check_token(method, request, arguments)
        except SlackRefusal as refusal:
            return self._response(refusal.answer)
        channel = str(arguments.get("channel", ""))
        early = await self._faults.before(method, channel)
        if early is not None:
            return early
        answer = self._carried_out(method, arguments)
        late = await self._faults.after(method, channel)
        return late or self._response(answer)

    def _carried_out(self, method: str, arguments: Json) -> Json:
        call = Call(method, arguments, self._workspace)
        try:
            if method == "apps.connections.open":
                return {"ok": True, "url": self._socket_url()}
            known = METHODS.get(method, _UNKNOWN)
            self._check_scope(known.scope)
            answer = {"ok": True, **known.carry_out(call)}
        except SlackRefusal as refusal:
            answer = refusal.answer
        self._faults.note(ApiCall(method, arguments, answer))
        self._workspace.changes.touch()
        return answer

    def _check_token(self, method: str, request: Request, arguments: Json) -> None:
        given = request.headers.get("authorization", "").removeprefix("Bearer ").strip()
        given = given or str(arguments.pop("token", ""))
        if not given:
            raise SlackRefusal("not_authed")
        for_sockets = method == "apps.connections.open"
        wanted = self._known.app_token if for_sockets else self._known.bot_token
        if given in (self._known.app_token, self._known.bot_token) and given != wanted:
            raise SlackRefusal("not_allowed_token_type")
        if not secrets.compare_digest(given.encode(), wanted.encode()):
            raise SlackRefusal("invalid_auth")
        if self._workspace.revoked:
            raise SlackRefusal("token_revoked")

    def _check_scope(self, scope: str) -> None:
        scopes = self._workspace.scopes
        if scope and scope not in scopes:
            raise SlackRefusal("missing_scope", needed=scope, provided=",".join(sorted(scopes)))

    def _response(self, answer: Json) -> Response:
        scopes = ",".join(sorted(self._workspace.scopes))
        headers = {"x-oauth-scopes": scopes, "x-slack-req-id": secrets.token_hex(16)}
        return JSONResponse(answer, headers=headers)
