"""The tasks that tell a system: one try each, the next one a task of its own.

So no worker sleeps while a system is down, and a wait of an hour outlives every restart. A crash
between the post and our commit has the same task carried out again: the system gets the same
`webhook-id` twice, by which it knows it has it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import structlog
from sqlalchemy.orm import Session

from offboarding import clock
from offboarding.access.answers import (
    ACKNOWLEDGE_WITHIN,
    ATTEMPTS,
    REFUSALS,
    Verdict,
    pause_after,
    verdict_of,
    words_for,
)
from offboarding.access.away import AwaySystems
from offboarding.access.message import body_of
from offboarding.access.model import (
    UNSETTLED,
    AccessNotification,
    NotificationState,
)
from offboarding.access.port import Answer, Endpoints, UnreachableError, WebhookPort
from offboarding.access.transitions import NOTIFY, have_sent, locked, locked_line, move
from offboarding.background.port import Handler
from offboarding.background.service import schedule
from offboarding.database import Database
from offboarding.errors import ConfigurationError

log = structlog.get_logger(__name__)

OVERDUE = "access.overdue"
"""The kind of the task that looks whether a system has said what became of it."""
_ACKNOWLEDGED = NotificationState.ACKNOWLEDGED


@dataclass(frozen=True)
class Try:
    """One try that was begun."""

    notification_id: str
    system: str
    resent: int
    attempt: int
    body: bytes


@dataclass(frozen=True)
class Outcome:
    """How a try ended."""

    verdict: Verdict
    problem: str | None = None
    answer: Answer | None = None


class Sender:
    """Sends notifications, over a port, to where the endpoints say."""

    def __init__(self, database: Database, endpoints: Endpoints, port: WebhookPort) -> None:
        self._database = database
        self._endpoints = endpoints
        self._port = port
        self._away = AwaySystems()

    def handlers(self) -> dict[str, Handler]:
        """By kind of task."""
        return {NOTIFY: self.send, OVERDUE: self.give_up_waiting}

    def send(self, notification_id: str) -> None:
        """Try once, if it is its turn. No transaction is open while the system is talked to."""
        with self._database.write() as session:
            begun = _begin(session, notification_id)
        if begun is None:
            return
        outcome = self._outcome(begun)
        with self._database.write() as session:
            _conclude(session, begun, outcome)
        log.info(
            "system_told",
            system=begun.system,
            notification=begun.notification_id,
            attempt=begun.attempt,
            outcome=outcome.verdict.name.lower(),
            problem=outcome.problem,
        )

    def give_up_waiting(self, notification_id: str) -> None:
        """It was taken long ago, and the system has not said what became of it: ask a person."""
        with self._database.write() as session:
            notification = locked(session, notification_id)
            if notification is None or notification.state is not NotificationState.SENT:
                return
            if (notification.sent_at or clock.now()) + ACKNOWLEDGE_WITHIN > clock.now():
                return  # it was sent again meanwhile
            hours = round(ACKNOWLEDGE_WITHIN.total_seconds() / 3600)
            problem = f"answered 202, and has not said within {hours} hours what became of it"
            move(session, notification, NotificationState.FAILED, problem)

    def _outcome(self, begun: Try) -> Outcome:
        try:
            endpoint = self._endpoints.of(begun.system)
        except ConfigurationError as error:
            return Outcome(Verdict.GONE, error.sentence)
        if self._away.is_away(begun.system):
            return Outcome(Verdict.LATER, "did not answer another try a moment ago")
        headers = endpoint.secrets.headers(begun.notification_id, clock.now(), begun.body)
        try:
            answer = self._port.post(endpoint.url, headers, begun.body)
        except UnreachableError as error:
            self._away.note(begun.system, answered=False)
            return Outcome(Verdict.LATER, f"did not answer ({error.kind})")
        self._away.note(begun.system, answered=True)
        verdict = verdict_of(answer.status)
        if verdict in {Verdict.ACKNOWLEDGED, Verdict.TAKEN}:
            return Outcome(verdict)
        return Outcome(verdict, words_for(answer.status), answer)


def _begin(session: Session, notification_id: str) -> Try | None:
    """Mark a try as begun; None where it is not this one's turn, or nobody's any more."""
    notification = locked(session, notification_id)
    if notification is None or notification.state is not NotificationState.WAITING:
        return None
    if notification.due_at > clock.now():
        return None  # an earlier task, carried out again after a crash; the next has its own
    others = _others_in_line(session, notification)
    number = notification.event.sequence
    if any(newer.event.sequence > number and newer.state is _ACKNOWLEDGED for newer in others):
        move(session, notification, NotificationState.SUPERSEDED)
        return None
    if any(
        older.event.sequence < number and older.state in UNSETTLED and _in_effect(older)
        for older in others
    ):
        return None  # once the older one is settled, it has this one sent
    notification.attempts += 1
    notification.tried_at = clock.now()
    return Try(
        notification.id,
        notification.system,
        notification.resent,
        notification.attempts,
        body_of(notification.event),
    )


def _in_effect(notification: AccessNotification) -> bool:
    return notification.event.effective_at <= clock.now()


def _others_in_line(
    session: Session, notification: AccessNotification
) -> Sequence[AccessNotification]:
    """What this system is told about the same subscription besides."""
    line = locked_line(session, notification.event.subscription_id)
    return [
        each for each in line if each.system == notification.system and each.id != notification.id
    ]


def _conclude(session: Session, begun: Try, outcome: Outcome) -> None:
    """Write down how a try ended, and what follows."""
    notification = locked(session, begun.notification_id)
    if notification is None or notification.state not in UNSETTLED:
        return  # superseded meanwhile, or its callback was faster
    # An acknowledgement counts whichever try it answers; of all else only the last try's end does.
    is_last = (notification.resent, notification.attempts) == (begun.resent, begun.attempt)
    waiting = notification.state is NotificationState.WAITING
    match outcome.verdict:
        case Verdict.ACKNOWLEDGED:
            move(session, notification, NotificationState.ACKNOWLEDGED)
        case _ if not (is_last and waiting):
            pass
        case Verdict.TAKEN:
            move(session, notification, NotificationState.SENT)
            schedule(
                session,
                OVERDUE,
                notification.id,
                key=f"{OVERDUE}:{notification.id}:{begun.resent}:{begun.attempt}",
                due_at=clock.now() + ACKNOWLEDGE_WITHIN,
            )
        case Verdict.GONE:
            move(session, notification, NotificationState.FAILED, outcome.problem)
        case _:
            _try_later_or_give_up(session, notification, outcome)


def _try_later_or_give_up(
    session: Session, notification: AccessNotification, outcome: Outcome
) -> None:
    if outcome.verdict is Verdict.REFUSED:
        notification.refusals += 1
    if notification.attempts >= ATTEMPTS or notification.refusals >= REFUSALS:
        move(session, notification, NotificationState.FAILED, outcome.problem)
        return
    notification.problem = outcome.problem
    notification.due_at = clock.now() + pause_after(
        notification.attempts, outcome.answer, notification.id
    )
    have_sent(session, notification)
