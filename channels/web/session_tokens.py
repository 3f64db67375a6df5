"""The token that opens one conversation: signed here, for 30 days, never chosen by a client."""

import hmac
from typing import Annotated

from fastapi import Depends
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from itsdangerous import BadData, URLSafeTimedSerializer

from channels.errors import UnknownConversationError

LIFETIME_SECONDS = 30 * 24 * 60 * 60

_BEARER = HTTPBearer(auto_error=False, description="The `session_token` of the conversation.")


class SessionTokens:
    """Makes and checks session tokens."""

    def __init__(self, secret: str) -> None:
        self._serializer = URLSafeTimedSerializer(secret, salt="web-session")

    def make(self, conversation_id: str) -> str:
        """A token that opens this conversation."""
        return self._serializer.dumps(conversation_id)

    def opens(self, token: str, conversation_id: str) -> bool:
        """Whether the token is ours, young enough, and for this conversation."""
        try:
            named = self._serializer.loads(token, max_age=LIFETIME_SECONDS)
        except (BadData, ValueError):
            return False
        return isinstance(named, str) and hmac.compare_digest(
            named.encode(), conversation_id.encode("utf-8", "surrogatepass")
        )

    async def check(
        self,
        conversation_id: str,
        credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_BEARER)],
    ) -> None:
        """Let a request through that carries the conversation's token.

        Raises UnknownConversationError, the same for forged tokens and unknown conversations.
        """
        if credentials is None or not self.opens(credentials.credentials, conversation_id):
            raise UnknownConversationError
