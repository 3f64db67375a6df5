"""The web API: parse, ask the gateway, answer."""

from http import HTTPStatus
from typing import Annotated, Any
from urllib.parse import urlsplit

from fastapi import APIRouter, Depends, FastAPI, Header, Query, Request
from sse_starlette import EventSourceResponse
from starlette.middleware.cors import CORSMiddleware

from channels.conversations.cleaning import MOST_CHARACTERS
from channels.conversations.inbox import Inbound
from channels.errors import EmptyMessageError, MessageTooLongError
from channels.fallbacks import PERSON_INTENT
from channels.gateway import Gateway
from channels.in_thread import in_thread
from channels.texts import TALK_TO_PERSON_LABEL
from channels.web import events
from channels.web.limits import CONVERSATIONS_PER_MINUTE, BodyLimit, CreationLimit
from channels.web.models import (
    CancelPage,
    ConversationStatus,
    NewConversation,
    NewMessage,
    OpenedConversation,
    Problem,
    TakenMessage,
)
from channels.web.problems import install_problems
from channels.web.request_log import RequestLog
from channels.web.session_tokens import SessionTokens
from offboarding.errors import IdentityTokenInvalidError

PREFIX = "/api/conversations"
CHANNEL = "web"

IdempotencyKey = Annotated[
    str,
    Header(
        alias="Idempotency-Key",
        pattern=r"^[\x21-\x7e]{8,64}$",
        description="Made by the sender, 8 to 64 characters; the same key is taken once.",
    ),
]
_PROBLEMS: dict[int | str, dict[str, Any]] = {
    "4XX": {
        "model": Problem,
        "description": "What was asked for cannot be done.",
        "content": {"application/problem+json": {}},
    }
}
_STREAM: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "Events `message`, `typing` and `state`; see docs/contracts.md.",
        "content": {"text/event-stream": {}},
    }
}


def router(
    gateway: Gateway, *, conversations_per_minute: int = CONVERSATIONS_PER_MINUTE
) -> APIRouter:
    """The routes of the web API. `install` adds the rest of what they need.

    `conversations_per_minute` is how many one address may open.
    """
    routes = _Routes(gateway, CreationLimit(conversations_per_minute))
    session = [Depends(routes.tokens.check)]
    api = APIRouter(prefix=PREFIX, tags=["conversations"], responses=_PROBLEMS)
    api.add_api_route("", routes.open, methods=["POST"], status_code=HTTPStatus.CREATED)
    one = "/{conversation_id}"
    api.add_api_route(one, routes.status, methods=["GET"], dependencies=session)
    api.add_api_route(
        f"{one}/events",
        routes.events,
        methods=["GET"],
        dependencies=session,
        response_class=EventSourceResponse,
        response_model=None,
        responses=_STREAM,
    )
    api.add_api_route(
        f"{one}/messages",
        routes.send,
        methods=["POST"],
        dependencies=session,
        status_code=HTTPStatus.ACCEPTED,
    )
    api.add_api_route(
        f"{one}/cancel-page", routes.cancel_page, methods=["POST"], dependencies=session
    )
    return api


def install(
    app: FastAPI, gateway: Gateway, *, conversations_per_minute: int = CONVERSATIONS_PER_MINUTE
) -> None:
    """Give the application the web API: its routes, errors, limits, log and cross-origin rules."""
    app.include_router(router(gateway, conversations_per_minute=conversations_per_minute))
    install_problems(app)
    # The one added last is the outermost: every answer, also a refusal, gets the CORS headers.
    app.add_middleware(BodyLimit, prefix=PREFIX)
    app.add_middleware(RequestLog)
    app.add_middleware(
        CORSMiddleware,
        allow_origins=[*gateway.settings.origins, _origin(gateway.settings.base_url)],
        allow_methods=["GET", "POST"],
        allow_headers=["Authorization", "Content-Type", "Idempotency-Key", "Last-Event-ID"],
        expose_headers=["Retry-After"],
        max_age=600,
    )


def _origin(address: str) -> str:
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}"


class _Routes:
    """The routes, with what they all need."""

    def __init__(self, gateway: Gateway, creations: CreationLimit) -> None:
        self.tokens = SessionTokens(gateway.settings.signing_secret)
        self._gateway = gateway
        self._creations = creations

    async def open(self, request: Request, wanted: NewConversation) -> OpenedConversation:
        """Begin a conversation; its first message says that an automated assistant answers."""
        self._creations.take(request.client.host if request.client else "")
        if wanted.identity_token is not None and not wanted.identity_token.isascii():
            raise IdentityTokenInvalidError("This sign-in isn't valid. Please reload the page.")
        opened = await self._gateway.open_conversation(wanted.preferences, wanted.identity_token)
        return OpenedConversation(
            conversation_id=opened.conversation_id,
            session_token=self.tokens.make(opened.conversation_id),
            identified=opened.identified,
        )

    async def status(self, conversation_id: str) -> ConversationStatus:
        """Who answers now, and how far the talk is."""
        view = await self._gateway.look(conversation_id)
        return ConversationStatus(
            conversation_id=conversation_id,
            state=view.state,
            identified=view.identified,
            last_sequence=view.last_sequence,
        )

    async def events(
        self,
        conversation_id: str,
        last_event_id: Annotated[str | None, Header(alias="Last-Event-ID")] = None,
        after: Annotated[str | None, Query(description="As Last-Event-ID.")] = None,
    ) -> EventSourceResponse:
        """Every message after the last one seen, and then whatever comes, as it comes."""
        position = events.read_position(last_event_id, after)
        return await events.follow(self._gateway, conversation_id, position)

    async def send(
        self, conversation_id: str, message: NewMessage, idempotency_key: IdempotencyKey
    ) -> TakenMessage:
        """Say something. It is kept before this is answered; the bot's answer is an event."""
        inbound = self._inbound(conversation_id, message, idempotency_key)
        return TakenMessage(sequence=await self._gateway.receive(conversation_id, inbound))

    async def cancel_page(self, conversation_id: str) -> CancelPage:
        """A link to a page to cancel on that needs no assistant."""
        await self._gateway.look(conversation_id)
        url = await in_thread(self._gateway.cancel_page_link, conversation_id)
        return CancelPage(url=url)

    def _inbound(self, conversation_id: str, message: NewMessage, key: str) -> Inbound:
        outer_id = f"{conversation_id}:{key}"
        if message.quick_reply is not None:
            return Inbound(CHANNEL, outer_id, client_key=key, quick_reply_id=message.quick_reply)
        if message.command is not None:
            label = self._gateway.texts.label(TALK_TO_PERSON_LABEL)
            return Inbound(CHANNEL, outer_id, label, client_key=key, intent=PERSON_INTENT)
        text = message.text or ""
        if not text:
            raise EmptyMessageError
        if len(text) > MOST_CHARACTERS:
            raise MessageTooLongError
        return Inbound(CHANNEL, outer_id, text, client_key=key)
