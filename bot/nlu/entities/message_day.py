"""On which day a message was written, as far as that can be known."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta

DAY = "day"
"""The message's metadata may name the customer's day: "2026-11-24"."""

# From the first place on Earth where a day begins to the last one.
_EARLIEST_CLOCK = timedelta(hours=-12)
_LATEST_CLOCK = timedelta(hours=14)


def possible_days(metadata: Mapping[str, object] | None, now: datetime) -> frozenset[date]:
    """The customer's day where it is told; else every day that it is somewhere, `now` in UTC.

    "Tomorrow" is certain in the first case alone, "14 December" in both.
    """
    told = (metadata or {}).get(DAY)
    if isinstance(told, str):
        try:
            return frozenset({date.fromisoformat(told)})
        except ValueError:
            pass  # what cannot be read tells nothing
    return frozenset((now + clock).date() for clock in (_EARLIEST_CLOCK, _LATEST_CLOCK))
