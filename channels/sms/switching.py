"""Going on where texts can't: by mail to the address on file, else with a person."""

from datetime import timedelta

from sqlalchemy.orm import Session

from channels.sms.lines import candidates
from channels.sms.model import SmsLine
from offboarding import clock
from offboarding.background.service import schedule

MAILED_AGAIN_AFTER = timedelta(hours=24)
"""A mail that only says that texts don't reach them goes out once in so long."""


def could_not_be_told(session: Session, line: SmsLine) -> None:
    """A text is lost: they hear by mail how to go on, at most once a day; a person sees it else."""
    _go_on(session, line, "mail.texts_do_not_arrive")


def wrote_cancel(session: Session, line: SmsLine) -> None:
    """They wrote a word that may mean their plan: a mail asks, with the way to cancel in it.

    At most once a day: senders can be forged, and nobody's mailbox is to be filled by that.
    """
    _go_on(session, line, "mail.did_you_mean_the_plan")


def stopped_texts(session: Session, line: SmsLine) -> None:
    """They want no more texts while we talk: a mail has the way on."""
    _go_on(session, line, "mail.texts_do_not_arrive")


def line_in(occasion: str) -> str:
    """The line that a task is about."""
    return occasion.partition(":")[0]


def _go_on(session: Session, line: SmsLine, kind: str) -> None:
    """`kind` where somebody can be mailed. Its subject is the line and the day.

    So it is the same mail however often it is tried, and another one the next day.
    """
    day = int(clock.now().timestamp() // MAILED_AGAIN_AFTER.total_seconds()) % 1000
    occasion = f"{line.id}:{day:03}"
    if candidates(session, line):
        schedule(session, kind, occasion)
    elif line.conversation_id is not None:
        schedule(session, "sms.nobody_to_mail", occasion)
