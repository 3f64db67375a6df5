"""How background work says something in a conversation."""

from collections.abc import Mapping
from typing import Protocol

from sqlalchemy.orm import Session

from channels.conversations.model import Author


class PostNotice(Protocol):
    """`Gateway.post_notice`."""

    def __call__(
        self,
        session: Session,
        conversation_id: str,
        response_name: str,
        values: Mapping[str, str],
        dedupe_key: str,
        *,
        author: Author = Author.BOT,
    ) -> int:
        """Say a response of domain.yml, once for its key; the message's number."""
