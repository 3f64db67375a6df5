"""What Twilio tells of a text of ours: in any order, twice or never, and here only ever forward.

The words are those of twilio.com/docs/messaging/api/message-resource, message status values.
"""

from collections.abc import Mapping
from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from channels.sms.model import SETTLED, SmsPost, SmsPostState
from offboarding import clock

OPTED_OUT = 21610
"""The phone has opted out of texts from this sender."""
CARRIER_RATE = 30022
"""More than the campaign may send in a while; the text was not sent and may be sent again."""

SENT_ANEW_AT_MOST = 5
_ANEW_AFTER = timedelta(seconds=60)

_STATES: Mapping[str, SmsPostState] = {
    "accepted": SmsPostState.ACCEPTED,
    "scheduled": SmsPostState.ACCEPTED,
    "queued": SmsPostState.ACCEPTED,
    "sending": SmsPostState.ACCEPTED,
    "sent": SmsPostState.SENT,
    "delivered": SmsPostState.DELIVERED,
    "read": SmsPostState.DELIVERED,
    "undelivered": SmsPostState.UNDELIVERED,
    "failed": SmsPostState.FAILED,
    "canceled": SmsPostState.FAILED,
}
_FARTHER: Mapping[SmsPostState, int] = {
    SmsPostState.PENDING: 0,
    SmsPostState.SENDING: 0,
    SmsPostState.ACCEPTED: 1,
    SmsPostState.SENT: 2,
    **dict.fromkeys(SETTLED, 3),
}
_LOST = frozenset({SmsPostState.UNDELIVERED, SmsPostState.FAILED})


def note(
    session: Session,
    position: int,
    message_sid: str,
    status: str,
    error_code: int | None = None,
) -> SmsPost | None:
    """Note what became of a text; the text, when it is now known that nobody will read it.

    A callback may be faster than the answer to the call that sent the text: then it is from the
    callback that we know that Twilio has it. What is told of an earlier try of the same text, or
    of none that we know, is left alone.
    """
    post = session.scalar(
        sa.select(SmsPost)
        .where(SmsPost.position == position)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    state = _STATES.get(status)
    if post is None or state is None:
        return None
    if post.message_sid is None and post.begun_at is not None and post.state not in SETTLED:
        post.message_sid, post.accepted_at = message_sid, clock.now()
    if post.message_sid != message_sid or _FARTHER[state] <= _FARTHER[post.state]:
        return None
    again = error_code == CARRIER_RATE and post.body and post.attempts < SENT_ANEW_AT_MOST
    if state in _LOST and again:
        _send_anew(post)
        return None
    if state not in SETTLED:
        post.state = state
        if state is SmsPostState.SENT:
            post.body = ""  # nothing sends it again
        return None
    settle(post, state, error_code)
    return post if state in _LOST else None


def settle(post: SmsPost, state: SmsPostState, error_code: int | None) -> None:
    """Nothing more happens to a text; what it said is in the conversation."""
    post.state, post.error_code = state, error_code
    post.settled_at, post.body = clock.now(), ""


def _send_anew(post: SmsPost) -> None:
    """The carrier took none of it, so that nothing is doubled."""
    post.earlier_sids = [*post.earlier_sids, post.message_sid]
    post.state, post.message_sid = SmsPostState.PENDING, None
    post.begun_at = post.accepted_at = None
    post.error_code = CARRIER_RATE
    post.due_at = clock.now() + _ANEW_AFTER * 2 ** (post.attempts - 1)
