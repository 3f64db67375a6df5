"""Calendar days, where somebody lives: not every one of them has 24 hours."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

_SECOND = timedelta(seconds=1)


def days_later(moment: datetime, days: int, zone: ZoneInfo) -> datetime:
    """The same time on the clock so many calendar days later (or earlier), in UTC.

    Where the clocks skip that time, the day has it an hour later (PEP 495); a day is never changed.
    """
    local = moment.astimezone(zone)
    return (local.replace(fold=0) + timedelta(days=days)).astimezone(UTC)


def last_second(day: date, zone: ZoneInfo) -> datetime:
    """The last second of a day there, in UTC.

    As instants: where clocks go back at midnight, the day's last second on the wall comes twice.
    """
    midnight = datetime.combine(day + timedelta(days=1), time(), tzinfo=zone)
    return midnight.astimezone(UTC) - _SECOND


def last_whole_day(end: datetime, zone: ZoneInfo) -> date:
    """The last day there on all of which something holds that holds up to this instant.

    What ends at a day's last second holds on that day; what ends in its afternoon, on the one
    before.
    """
    return (end + _SECOND).astimezone(zone).date() - timedelta(days=1)
