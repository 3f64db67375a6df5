"""Tells a person which of the company's systems could not be told, and what mends it."""

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from channels.facts import Row
from channels.mail.rendering import LetterTemplates
from channels.mail.sender import Letter, MailSender
from offboarding import clock
from offboarding.access.model import AccessEvent, AccessNotification, NotificationState
from offboarding.access.transitions import TELL_A_PERSON
from offboarding.background.port import Handler
from offboarding.database import Database
from offboarding.policies.store import Policies
from offboarding.settings import Settings

MOST_ROWS = 50
"""One letter names so many; `offboard access list` has all."""


def access_letter_handlers(
    settings: Settings, database: Database, policies: Policies
) -> dict[str, Handler]:
    """The handler of the task that tells a person what failed at a system."""
    sender = MailSender(settings)
    templates = LetterTemplates(settings.company_name, settings.base_url)

    def tell(system: str) -> None:
        with database.read() as session:
            failed = _untold(session, system)
        if not failed:
            return
        described = policies.systems.systems.get(system)
        rendered = templates.render(
            "access_failed",
            {
                "system": described.name if described else system,
                "count": len(failed),
                "rows": [_row(each) for each in failed[:MOST_ROWS]],
                "more": max(0, len(failed) - MOST_ROWS),
                "number": failed[0].id,
            },
        )
        # The same letter again, after a crash, has the same name: what fails changes it.
        sender.send(
            Letter(
                name=f"access-failed.{failed[-1].id}.{failed[-1].resent}",
                to=settings.support_email,
                subject=rendered.subject,
                text=rendered.text,
                html=rendered.html,
            )
        )
        with database.write() as session:
            session.execute(
                sa.update(AccessNotification)
                .where(AccessNotification.id.in_([each.id for each in failed]))
                # One that failed anew since then is told of in the next letter.
                .where(AccessNotification.failed_at <= failed[-1].failed_at)
                .values(told_at=clock.now())
            )

    return {TELL_A_PERSON: tell}


def _untold(session: Session, system: str) -> list[AccessNotification]:
    found = session.scalars(
        sa.select(AccessNotification)
        .join(AccessEvent)
        .options(joinedload(AccessNotification.event).joinedload(AccessEvent.case))
        .where(
            AccessNotification.system == system,
            AccessNotification.state == NotificationState.FAILED,
            AccessNotification.told_at.is_(None),
        )
        .order_by(AccessNotification.failed_at, AccessNotification.id)
    )
    return list(found)


def _row(failed: AccessNotification) -> Row:
    said = f"{failed.event.kind.value}: {failed.problem} (number {failed.id})"
    return Row(f"Case {failed.event.case.number}", said)
