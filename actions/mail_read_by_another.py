"""In danger, and somebody else reads their mail: the truth about where it goes, before a yes."""

import re

from actions.base import ConversationAction
from actions.handing_off import add_person
from actions.mail_not_safe import mail_may_be_read
from actions.questions import ask_again
from actions.turn import Turn
from offboarding.hearing.spelling import plain_text

_MAIL = r"(?:e-?mails?|mails?|inbox|mailbox|messages|receipts?|address)"
_NOT_THERE = re.compile(
    r"\b(?:no|not|never|don'?t|do not|stop|without|can'?t|can not|cannot)\b"
    rf"[^.!?]{{0,25}}\b{_MAIL}\b"
    r"|\b(?:don'?t|do not|never) (?:\w+ )?(?:send|write|mail|e-?mail)\b"
    r"|\b(?:send|write|mail)\b[^.!?]{0,20}\b(?:another|other|different|new) "
    r"(?:address|e-?mail|mail)\b",
    re.IGNORECASE,
)
_IS_READ = re.compile(
    r"\b(?:he|she|they|ex|husband|wife|partner|boyfriend|girlfriend|father|mother|dad|mum|mom)\b"
    r"[^.!?]{0,20}\b(?:reads?|sees?|checks?|opens?|looks? (?:at|into)|gets?|has|have|knows?)\b"
    rf"[^.!?]{{0,20}}\b(?:{_MAIL}|them|everything)\b",
    re.IGNORECASE,
)


def meet_mail_read_by_another(turn: Turn, _action: ConversationAction) -> bool:
    """Say where a receipt would go, and fetch a person; whether that was the message."""
    customer, said = turn.customer, plain_text(turn.heard.text)
    if customer is None or turn.heard.pressed or not mail_may_be_read(turn):
        return False
    if _NOT_THERE.search(said) is None and _IS_READ.search(said) is None:
        return False
    turn.set("misunderstood", None)
    turn.set("mail_not_safe", "yes")
    turn.say("utter_mail_read_by_another", {"email": customer.email})
    add_person(turn, f"Somebody else may read the mail to {customer.email}: {turn.heard.text}")
    ask_again(turn)
    return True
