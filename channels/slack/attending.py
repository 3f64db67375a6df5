"""Who claimed a conversation and does not answer is reminded; then the team is asked again."""

from datetime import datetime, timedelta

import sqlalchemy as sa
import structlog
from sqlalchemy.orm import Session

from channels.desk.attendance import Unanswered, unanswered
from channels.desk.service import Desk, hand_off_in_charge
from channels.logs import describe
from channels.slack.card import duration
from channels.slack.model import SlackPost
from channels.slack.queue import PostKind, post, thread_of, update_card
from offboarding import clock
from offboarding.background.port import BackgroundEngine
from offboarding.background.service import wake_after_commit
from offboarding.database import Database
from offboarding.handoffs.model import HandOff
from offboarding.handoffs.teams import team_of
from offboarding.policies.store import Policies

_LOG = structlog.get_logger(__name__)


class Attending:
    """Looks after those who were claimed and wait for an answer.

    The database tells since when, so that a restart forgets nothing. Nobody is released before
    they could read the reminder, nor before this process has listened as long for what they wrote
    meanwhile.
    """

    def __init__(
        self, database: Database, desk: Desk, policies: Policies, background: BackgroundEngine
    ) -> None:
        self._database = database
        self._desk = desk
        self._policies = policies
        self._background = background
        self._listening_since = clock.now()

    def look(self) -> bool:
        """Remind whoever has to be, release what has to be; whether there was anything."""
        with self._database.read() as session:
            late = [each for each in unanswered(session) if self._is_late(each)]
            reminded = _reminders(session, late)
        due = [each for each in late if self._is_due(each, reminded)]
        return sum(self._guarded(each) for each in due) > 0

    def _within(self, waits: Unanswered) -> timedelta:
        return timedelta(seconds=team_of(self._policies.routing, waits.team).answer_within_seconds)

    def _is_late(self, waits: Unanswered) -> bool:
        return clock.now() >= waits.since + self._within(waits)

    def _is_due(self, waits: Unanswered, reminded: dict[str, datetime | None]) -> bool:
        """Whether there is something to do: not yet reminded, or reminded long enough ago."""
        key = _key(waits)
        return key not in reminded or self._is_over(waits, reminded[key])

    def _is_over(self, waits: Unanswered, reminded_at: datetime | None) -> bool:
        if reminded_at is None:  # the reminder waits to be sent
            return False
        return clock.now() >= max(reminded_at, self._listening_since) + self._within(waits)

    def _guarded(self, waits: Unanswered) -> bool:
        try:
            return self._deal_with(waits)
        except Exception as error:  # noqa: BLE001 (it is looked again; others must not wait for it)
            _LOG.error("slack_attending_failed", hand_off=waits.hand_off_id, **describe(error))
            return False

    def _deal_with(self, waits: Unanswered) -> bool:
        with self._database.write() as session:
            hand_off = hand_off_in_charge(session, waits.hand_off_id)
            # The agent may have written, or be gone, since the look.
            if waits not in unanswered(session, hand_off.id):
                return False
            wake_after_commit(session, self._background)
            reminded = _reminders(session, [waits])
            if _key(waits) not in reminded:
                return self._remind(session, hand_off, waits)
            return self._is_over(waits, reminded[_key(waits)]) and self._release(session, hand_off)

    def _remind(self, session: Session, hand_off: HandOff, waits: Unanswered) -> bool:
        thread, agent = thread_of(session, hand_off.id), hand_off.agent
        if thread is None or agent is None:
            return False
        text = _reminder(agent.outer_id, waits.since, self._within(waits))
        return post(session, thread, PostKind.MESSAGE, {"text": text}, _key(waits))

    def _release(self, session: Session, hand_off: HandOff) -> bool:
        self._desk.release(session, hand_off, silent=True)
        _LOG.info("hand_off_released_unanswered", hand_off=hand_off.id)
        thread = thread_of(session, hand_off.id)
        if thread is not None:
            thread.claimed_ts = None
            update_card(session, thread)
        return True


def _key(waits: Unanswered) -> str:
    """The reminder's: one for each wait."""
    return f"unanswered:{waits.hand_off_id}:{waits.claimed_at}:{waits.first}"


def _reminders(session: Session, late: list[Unanswered]) -> dict[str, datetime | None]:
    """By key when the reminder was in Slack, None while it waits; those without one are missing."""
    if not late:
        return {}
    found = session.execute(
        sa.select(SlackPost.key, SlackPost.sent_at).where(
            SlackPost.key.in_([_key(each) for each in late])
        )
    )
    return {row.key: row.sent_at for row in found}


def _reminder(outer_id: str, since: datetime, more: timedelta) -> str:
    user = outer_id.rpartition(":")[2]
    return (
        f"<@{user}> The customer has waited {duration(clock.now() - since)} for your answer. Write "
        "to them; press *Resolve* if it is settled, or *Hand back*. "
        f"In {duration(more)} the team is asked again."
    )
