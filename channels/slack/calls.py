"""From what waits in the outbox to a call to Slack, and from Slack's answer back."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from channels.slack.card import card
from channels.slack.facts import facts_for_desk
from channels.slack.links import Place
from channels.slack.model import PracticeThread, SlackPost, SlackThread, Thread
from channels.slack.practice_card import practice_card
from channels.slack.queue import PostKind
from offboarding.billing.port import BillingPort
from offboarding.handoffs.model import HandOff
from offboarding.policies.store import Policies
from offboarding.practice.model import PracticeRun

METADATA_EVENT = "offboarding_post"
"""The type of the metadata by which a message of ours is found again in its thread."""


class ThreadMissingError(Exception):
    """The thread this belongs to was never begun: its card could not be posted."""


@dataclass(frozen=True)
class Call:
    """One call of Slack's Web API."""

    method: str
    arguments: dict[str, Any]
    once: bool
    """Whether it must not be made twice: then Slack is asked first, when the outcome is unknown."""
    card: Place | None = None
    """The card that its text is to lead to, where it is about one in another channel."""


def call_for(session: Session, post: SlackPost, policies: Policies, billing: BillingPort) -> Call:
    """What is to be called for a post, with the card and the thread as they are now.

    Raises ThreadMissingError.
    """
    kind = PostKind(post.kind)
    if kind is PostKind.ANNOUNCEMENT:
        arguments = {
            **post.arguments,
            "channel": post.channel,
            "unfurl_links": False,  # the card stays in its channel
            "unfurl_media": False,
            **_marked(post),
        }
        return Call("chat.postMessage", arguments, once=True, card=_place_of_card(session, post))
    thread = _thread(session, post)
    if kind is PostKind.CARD:
        return Call(
            "chat.postMessage",
            {
                **_card(session, thread, policies, billing),
                "channel": thread.channel,
                **_marked(post),
            },
            once=True,
        )
    if thread.ts is None or thread.channel_id is None:
        raise ThreadMissingError
    channel = {"channel": thread.channel_id}
    match kind:
        case PostKind.CARD_UPDATE:
            arguments = {**_card(session, thread, policies, billing), **channel, "ts": thread.ts}
            return Call("chat.update", arguments, once=False)
        case PostKind.REACTION:
            return Call("reactions.add", {**post.arguments, **channel}, once=False)
        case PostKind.WHISPER:
            arguments = {**post.arguments, **channel, "thread_ts": thread.ts}
            return Call("chat.postEphemeral", arguments, once=False)
        case PostKind.MESSAGE:
            arguments = {
                **post.arguments,
                **channel,
                "thread_ts": thread.ts,
                "unfurl_links": False,
                "unfurl_media": False,
                **_marked(post),
            }
            return Call("chat.postMessage", arguments, once=True)


def note_sent(session: Session, post: SlackPost, answer: dict[str, Any]) -> None:
    """Keep of Slack's answer what later calls need."""
    if PostKind(post.kind) is PostKind.CARD:
        thread = _thread(session, post)
        thread.channel_id, thread.ts = answer["channel"], answer["ts"]


def _thread(session: Session, post: SlackPost) -> Thread:
    if post.practice_id is not None:
        return session.get_one(PracticeThread, post.practice_id)
    return session.get_one(SlackThread, post.hand_off_id)


def _place_of_card(session: Session, post: SlackPost) -> Place | None:
    """None until Slack has taken the card."""
    thread = session.get(SlackThread, post.hand_off_id)
    if thread is None or thread.channel_id is None or thread.ts is None:
        return None
    return thread.channel_id, thread.ts


def _card(
    session: Session, thread: Thread, policies: Policies, billing: BillingPort
) -> dict[str, Any]:
    if isinstance(thread, PracticeThread):
        return practice_card(session.get_one(PracticeRun, thread.run_id))
    hand_off = session.get_one(HandOff, thread.hand_off_id)
    return card(facts_for_desk(session, hand_off, policies, billing))


def _marked(post: SlackPost) -> dict[str, Any]:
    return {"metadata": {"event_type": METADATA_EVENT, "event_payload": {"key": post.key}}}
