"""Texts are not wanted, or wanted again. CANCEL alone is both an opt-out and perhaps the plan.

The word is respected at once, whatever was meant (47 CFR 64.1200(a)(10)); what else it may have
meant is kept and followed up by another channel. One confirmation may be sent, within five minutes
and without marketing (47 CFR 64.1200(a)(12)): Twilio sends it for the words that it acts on, we for
the others.
"""

import sqlalchemy as sa
from sqlalchemy.orm import Session

from channels.conversations.model import Author, Message
from channels.sms.keywords import Keyword
from channels.sms.lines import withhold_waiting
from channels.sms.model import SmsLine
from channels.sms.switching import stopped_texts, wrote_cancel
from offboarding import clock
from offboarding.audit import service as audit
from offboarding.cases import intents


def opt_out(session: Session, line: SmsLine, keyword: Keyword) -> bool:
    """Send nothing more to this phone; whether that is news."""
    news = _stop(session, line, keyword.word)
    if news or keyword.may_mean_the_plan:
        # Twilio may have told us before the word came in, or they stopped the texts long ago and
        # mean the plan now.
        line.opt_out_word = keyword.word
        _follow_up(session, line, keyword)
    return news


def learn_of_opt_out(session: Session, line: SmsLine) -> None:
    """Twilio refuses to send: they have opted out, and we do not know by which word."""
    if _stop(session, line, None):
        stopped_texts(session, line)


def opt_in(session: Session, line: SmsLine) -> bool:
    """They want texts again; whether they had opted out."""
    if line.opted_out_at is None:
        return False
    line.opted_out_at = line.opt_out_word = None
    _record(session, line, "opted_in")
    return True


def _stop(session: Session, line: SmsLine, word: str | None) -> bool:
    if line.opted_out_at is not None:
        return False
    line.opted_out_at, line.opt_out_word = clock.now(), word
    session.flush()
    withhold_waiting(session, line)
    _record(session, line, "opted_out")
    return True


def _follow_up(session: Session, line: SmsLine, keyword: Keyword) -> None:
    """Keep the plan in mind where it may have been meant, and let nothing that was begun drop."""
    if line.conversation_id is None:
        return
    if keyword.may_mean_the_plan:
        intents.open_intent(session, line.conversation_id, keyword.word)
        wrote_cancel(session, line)
    elif _we_spoke(session, line.conversation_id):
        stopped_texts(session, line)


def _we_spoke(session: Session, conversation_id: str) -> bool:
    """Whether there is a talk that they may want to go on with."""
    said = sa.select(Message.sequence).where(
        Message.conversation_id == conversation_id, Message.author != Author.CUSTOMER
    )
    return session.scalar(said.limit(1)) is not None


def _record(session: Session, line: SmsLine, what: str) -> None:
    audit.record(session, what, line.conversation_id or line.id)
