"""The one place that reads the time."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo


def now() -> datetime:
    """The present instant, in UTC. Tests move it with time-machine."""
    return datetime.now(UTC)


def end_of_day(moment: datetime, zone: ZoneInfo) -> datetime:
    """The last second of the day of an instant, by the calendar of a time zone, in UTC."""
    tomorrow = moment.astimezone(zone).date() + timedelta(days=1)
    # As instants: where clocks go back at midnight, the day's last second on the wall comes twice.
    return datetime.combine(tomorrow, time(), tzinfo=zone).astimezone(UTC) - timedelta(seconds=1)
