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
    day = int(clock.now().timestamp() // MAILED_AGAIN_AFTER.total_seconds())
    _go_on(session, line, "mail.texts_do_not_arrive", f"{line.id}:{day}")


def wrote_cancel(session: Session, line: SmsLine, intent_id: str) -> None:
    """They wrote a word that may mean their plan: a mail asks, with the way to cancel in it."""
    _go_on(session, line, "mail.did_you_mean_the_plan", intent_id)


def stopped_texts(session: Session, line: SmsLine) -> None:
    """They want no more texts while we talk: a mail has the way on, once for each opt-out."""
    moment = line.opted_out_at
    _go_on(session, line, "mail.texts_do_not_arrive", f"{line.id}:{moment}")


def _go_on(session: Session, line: SmsLine, kind: str, once: str) -> None:
    if candidates(session, line):
        schedule(session, kind, line.id, key=f"{kind}:{once}")
    elif line.conversation_id is not None:
        schedule(session, "sms.nobody_to_mail", line.id, key=f"sms.nobody_to_mail:{once}")
