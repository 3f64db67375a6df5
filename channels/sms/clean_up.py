"""Forgetting, once a day, the rows about texts that nothing can need any more.

What was said stays in the conversation; here it is that a text came in, and what became of each of
ours. Both keep something from happening twice, so a row goes only once that can't happen:

- `sms_received` knows a webhook again by Twilio's number of the text. Twilio repeats one within
  minutes, those that reached nobody are looked up for an hour (`catching_up.LOOKED_BACK`), networks
  double a text within seconds, and texts are counted by the hour: 30 days are enough, by weeks.
- `sms_post` knows by its key that something was said. A key has its hour, its day, its code or its
  message in it, and none of these comes again. A text whose outcome is unknown is looked for at
  Twilio only among those that are younger than it, so the numbers of older ones are not needed.
  And an answer counts for the question that was sent last within the days in which a talk goes on.
"""

from collections.abc import Callable
from datetime import datetime, time, timedelta

import sqlalchemy as sa
import structlog
from sqlalchemy.orm import InstrumentedAttribute, Session

from channels.sms.model import SETTLED, SmsPost, SmsReceived
from offboarding import clock
from offboarding.background.service import schedule
from offboarding.database import Database
from offboarding.policies.rules import RetentionPolicy

_LOG = structlog.get_logger(__name__)

CLEAN_UP = "sms.clean_up"
AT = time(3, 0)
"""By UTC: when few write, wherever they are."""
_AT_ONCE = 1_000


def schedule_clean_up(session: Session) -> None:
    """Have the next clean-up done, once however often it is asked for."""
    due_at = _next(clock.now())
    schedule(session, CLEAN_UP, due_at.date().isoformat(), due_at=due_at)


def clean_up(database: Database, retention: Callable[[], RetentionPolicy]) -> None:
    """Forget what policy/retention.yml keeps no longer, and see to the next time.

    To that first, so that a failure today is none for good. What is not settled yet is never
    forgotten. A second time it finds nothing.
    """
    with database.write() as session:
        schedule_clean_up(session)
    kept, moment = retention().texts_days, clock.now()
    received = _forget(
        database,
        SmsReceived.message_sid,
        SmsReceived.received_at < moment - timedelta(days=kept.received),
    )
    settled = _forget(
        database,
        SmsPost.position,
        SmsPost.state.in_(SETTLED),
        SmsPost.settled_at < moment - timedelta(days=kept.settled),
    )
    _LOG.info("sms_cleaned_up", received=received, settled=settled)


def _forget(
    database: Database,
    key: InstrumentedAttribute[str] | InstrumentedAttribute[int],
    *old: sa.ColumnElement[bool],
) -> int:
    """Delete the rows that are so, some at a time, so that no text has to wait; how many."""
    count = 0
    while True:
        with database.write() as session:
            found = session.scalars(sa.select(key).where(*old).limit(_AT_ONCE)).all()
            session.execute(
                sa.delete(key.class_)
                .where(key.in_(found))
                .execution_options(synchronize_session=False)
            )
        count += len(found)
        if len(found) < _AT_ONCE:
            return count


def _next(moment: datetime) -> datetime:
    today = datetime.combine(moment.date(), AT, moment.tzinfo)
    return today if moment < today else today + timedelta(days=1)
