"""How many numbers that never wrote before are answered in a minute.

Senders can be forged, and numbers bought by the thousand: whoever floods us with first texts has us
pay for a welcome and an answer to each (SMS pumping). So first answers are spread over time.
Nothing is dropped, and who has written before, or is a customer's number on file, waits for nobody.
"""

from datetime import datetime, timedelta
from threading import Lock

import sqlalchemy as sa
import structlog
from sqlalchemy.orm import Session

from channels.sms.model import SmsLine
from offboarding import clock
from offboarding.accounts import service as accounts
from offboarding.database import hold_alone

_LOG = structlog.get_logger(__name__)

WINDOW = timedelta(minutes=1)
TOLD_EVERY = timedelta(minutes=1)
"""So often at the most the log says that new numbers have to wait."""


class NewNumbers:
    """Gives each new number its turn: at most `per_minute` have theirs in any one minute."""

    def __init__(self, per_minute: int) -> None:
        self._per_minute = per_minute
        self._told_at: datetime | None = None
        self._telling = Lock()

    def give_turn(self, session: Session, line: SmsLine) -> None:
        """Note from when on texts may go over a line, once. The caller holds the line.

        Called where something is about to be said, so that opt-outs that we need not answer take
        nobody's turn.
        """
        if line.answered_from is not None:
            return
        moment = clock.now()
        if accounts.customers_by_phone(session, line.number):
            line.answered_from = moment
            return
        hold_alone(session, "sms_new_numbers")
        line.answered_from = self._next_turn(session, moment)
        session.flush()
        if line.answered_from > moment:
            self._tell(line.answered_from - moment)

    def _next_turn(self, session: Session, moment: datetime) -> datetime:
        """Now, unless `per_minute` others have their turns less than a minute before that."""
        before = session.scalar(
            sa.select(SmsLine.answered_from)
            .where(SmsLine.answered_from.is_not(None))
            .order_by(SmsLine.answered_from.desc())
            .offset(self._per_minute - 1)
            .limit(1)
        )
        return moment if before is None else max(moment, before + WINDOW)

    def _tell(self, wait: timedelta) -> None:
        moment = clock.now()
        with self._telling:
            if self._told_at is not None and moment - self._told_at < TOLD_EVERY:
                return
            self._told_at = moment
        _LOG.warning(
            "sms_new_numbers_wait",
            per_minute=self._per_minute,
            wait_seconds=round(wait.total_seconds()),
        )


def waiting_for_turn(session: Session) -> int:
    """How many new numbers wait for their first answer."""
    counted = sa.select(sa.func.count()).select_from(SmsLine)
    return session.scalar(counted.where(SmsLine.answered_from > clock.now())) or 0
