"""An event that could not be dealt with: whoever wrote it is told that it reached nobody."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from channels.slack.queue import whisper
from channels.slack.threads import thread_at

NOT_DELIVERED = (
    "The customer did not get this: something went wrong on our side. Please write it once more."
)


def tell_author(session: Session, event: Mapping[str, Any], position: int) -> None:
    """Tell the author of words in a customer's thread; of other events nobody is told."""
    channel, thread_ts, user = event.get("channel"), event.get("thread_ts"), event.get("user")
    if not isinstance(user, str) or event.get("bot_id") or not channel or not thread_ts:
        return
    thread = thread_at(session, str(channel), str(thread_ts))
    if thread is not None:
        whisper(session, thread, user, NOT_DELIVERED, f"set_aside:{position}")
