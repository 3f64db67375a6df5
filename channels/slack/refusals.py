"""What it means when Slack refuses a call; its words: docs.slack.dev/reference/methods."""

from enum import StrEnum
from math import isfinite

from slack_sdk.errors import SlackApiError

LEAST_SECONDS = 1.0
MOST_SECONDS = 300.0
"""Within these is waited, whatever Slack, or something on the way, asks for."""


class Refusal(StrEnum):
    """What is to be done about it."""

    DONE = "done"
    """It was there already."""
    LIMITED = "limited"
    """Too much at once: Slack says how long to wait, and has not done it."""
    TRANSIENT = "transient"
    """Something failed there; perhaps after it was done."""
    AWAY = "away"
    """Slack lets us do nothing until an operator mends it: what waits is kept, and tried again."""
    UNSHOWABLE = "unshowable"
    """Slack will never show this one message; others it takes."""
    GONE = "gone"
    """The channel is not there, or closed to us."""


class Outage(StrEnum):
    """Whether what does not reach Slack may soon."""

    FOR_NOW = "for_now"
    LASTING = "lasting"
    """It never will, or has not for a while."""


_WORDS = {
    Refusal.DONE: {"already_reacted"},
    Refusal.LIMITED: {"ratelimited", "rate_limited"},
    Refusal.TRANSIENT: {
        "internal_error",
        "fatal_error",
        "service_unavailable",
        "request_timeout",
        "team_added_to_org",
    },
    Refusal.AWAY: {
        "access_denied",
        "account_inactive",
        "invalid_auth",
        "missing_scope",
        "not_authed",
        "team_access_not_granted",
        "token_expired",
        "token_revoked",
    },
    Refusal.UNSHOWABLE: {
        "invalid_arguments",
        "invalid_blocks",
        "invalid_blocks_format",
        "invalid_metadata_format",
        "msg_blocks_too_long",
        "msg_too_long",
        "no_text",
    },
}
_BY_WORD = {word: refusal for refusal, words in _WORDS.items() for word in words}


def refusal_of(error: SlackApiError) -> Refusal:
    """What this refusal is; of words that are not known, that the channel is closed to us."""
    if not hasattr(error.response, "get"):
        return Refusal.TRANSIENT  # no answer of Slack's Web API: of something on the way, perhaps
    status = getattr(error.response, "status_code", 0)
    if status == 429:
        return Refusal.LIMITED
    known = _BY_WORD.get(word_of(error))
    if known is None and status >= 500:
        return Refusal.TRANSIENT
    return known or Refusal.GONE


def word_of(error: SlackApiError) -> str:
    """Slack's word for it."""
    return str(error.response.get("error") or "")


def seconds_to_wait(error: SlackApiError) -> float:
    """How long Slack asks to wait, within reason."""
    headers = getattr(error.response, "headers", {})
    asked = headers.get("Retry-After") or headers.get("retry-after") or LEAST_SECONDS
    try:
        seconds = float(asked)
    except ValueError:
        return LEAST_SECONDS
    return min(max(seconds, LEAST_SECONDS), MOST_SECONDS) if isfinite(seconds) else LEAST_SECONDS
