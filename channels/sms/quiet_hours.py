"""Texts that answer nobody wait for the morning.

Between nine in the evening and eight in the morning, by the clock where the customer is, only what
answers them goes out (47 CFR 64.1200(c)(1) has these hours, for calls that sell; we sell nothing by
text, and keep to them all the same).
"""

from collections.abc import Iterator
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import phonenumbers
import sqlalchemy as sa
from phonenumbers import timezone
from sqlalchemy.orm import Session

from channels.sms.lines import candidates
from channels.sms.model import SmsLine, SmsReceived
from offboarding import clock

FROM, UNTIL = time(21), time(8)
ANSWERS_FOR = timedelta(hours=1)
"""So long after they wrote, whatever is said answers them: an agent may need a while."""


def when_to_send(session: Session, line: SmsLine) -> datetime:
    """Now, where they wrote lately or it is day where they are; else the next morning there."""
    moment = clock.now()
    heard = session.scalar(
        sa.select(sa.func.max(SmsReceived.received_at)).where(SmsReceived.line_id == line.id)
    )
    if heard is not None and heard > moment - ANSWERS_FOR:
        return moment
    return max((_morning(zone, moment) for zone in _zones(session, line)), default=moment)


def _zones(session: Session, line: SmsLine) -> Iterator[ZoneInfo]:
    """Where they may be: as the company has it, else wherever such numbers are given out."""
    known = candidates(session, line)
    names = [each.time_zone for each in known] or _of_number(line.number)
    for name in names:
        try:
            yield ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError):
            continue


def _of_number(number: str) -> tuple[str, ...]:
    try:
        return tuple(timezone.time_zones_for_geographical_number(phonenumbers.parse(number)))
    except phonenumbers.NumberParseException:
        return ()


def _morning(zone: ZoneInfo, moment: datetime) -> datetime:
    """The moment itself where it is day in this zone, else the end of the quiet hours there."""
    there = moment.astimezone(zone)
    if UNTIL <= there.time() < FROM:
        return moment
    day = there.date() + timedelta(days=there.time() >= FROM)
    return datetime.combine(day, UNTIL, zone).astimezone(moment.tzinfo)
