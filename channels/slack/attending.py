"""Who claimed a conversation and does not answer is reminded; then the team is asked again."""

from datetime import datetime, timedelta

import structlog
from sqlalchemy.orm import Session

from channels.desk.attendance import Unanswered, unanswered
from channels.desk.service import Desk, hand_off_in_charge
from channels.logs import describe
from channels.slack.card import duration
from channels.slack.queue import PostKind, post, thread_of, update_card
from offboarding import clock
from offboarding.background.port import BackgroundEngine
from offboarding.background.service import wake_after_commit
from offboarding.database import Database
from offboarding.handoffs.model import HandOff
from offboarding.handoffs.states import HandOffState
from offboarding.handoffs.teams import team_of
from offboarding.policies.store import Policies

_LOG = structlog.get_logger(__name__)


class Attending:
    """Looks after those who were claimed and wait for an answer.

    The database tells since when, so that a restart forgets nothing.
    """

    def __init__(
        self, database: Database, desk: Desk, policies: Policies, background: BackgroundEngine
    ) -> None:
        self._database = database
        self._desk = desk
        self._policies = policies
        self._background = background

    def look(self) -> bool:
        """Remind whoever has to be, release what has to be; whether there was anything."""
        with self._database.read() as session:
            late = [each for each in unanswered(session) if self._is_late(each)]
        return sum(self._guarded(each) for each in late) > 0

    def _within(self, team: str | None) -> timedelta:
        return timedelta(seconds=team_of(self._policies.routing, team).answer_within_seconds)

    def _is_late(self, waits: Unanswered) -> bool:
        return clock.now() >= waits.since + self._within(waits.team)

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
            if hand_off.state is not HandOffState.CLAIMED or waits not in unanswered(session):
                return False
            wake_after_commit(session, self._background)
            if clock.now() < waits.since + 2 * self._within(waits.team):
                return self._remind(session, hand_off, waits)
            return self._release(session, hand_off)

    def _remind(self, session: Session, hand_off: HandOff, waits: Unanswered) -> bool:
        thread, agent = thread_of(session, hand_off.id), hand_off.agent
        if thread is None or agent is None:
            return False
        text = _reminder(agent.outer_id, waits.since, self._within(waits.team))
        key = f"unanswered:{hand_off.id}:{hand_off.claimed_at}:{waits.first}"
        return post(session, thread, PostKind.MESSAGE, {"text": text}, key)

    def _release(self, session: Session, hand_off: HandOff) -> bool:
        self._desk.release(session, hand_off, silent=True)
        _LOG.info("hand_off_released_unanswered", hand_off=hand_off.id)
        thread = thread_of(session, hand_off.id)
        if thread is not None:
            update_card(session, thread)
        return True


def _reminder(outer_id: str, since: datetime, more: timedelta) -> str:
    user = outer_id.rpartition(":")[2]
    return (
        f"<@{user}> The customer has waited {duration(clock.now() - since)} for your answer. Write "
        "to them; press *Resolve* if it is settled, or *Hand back*. "
        f"In {duration(more)} the team is asked again."
    )
