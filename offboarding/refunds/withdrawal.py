"""Until which day a consumer may withdraw from a contract that has just begun."""

from datetime import date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import holidays

from offboarding.accounts.model import Account
from offboarding.wording import zone_of

_SATURDAY = 5


def last_day(began_at: datetime, days: int, account: Account) -> date:
    """The last day on which somebody may withdraw, by the calendar of the account's time zone.

    The day on which the contract began is not counted. Where the last one is a Saturday, a Sunday
    or a public holiday, the next working day is (Regulation (EEC, Euratom) 1182/71, Art. 3 (1) and
    (4)). UK law does not extend it; the longer period is given there too.
    """
    day = local_day(began_at, account) + timedelta(days=days)
    while day.weekday() >= _SATURDAY or day in _public_holidays(
        account.country, account.region, day.year
    ):
        day += timedelta(days=1)
    return day


def local_day(moment: datetime, account: Account) -> date:
    """The calendar day of an instant where the account is."""
    zone: ZoneInfo = zone_of(account.time_zone)
    return moment.astimezone(zone).date()


@lru_cache(maxsize=256)
def _public_holidays(country: str, region: str | None, year: int) -> frozenset[date]:
    """None are known of a few small places: there weekends alone extend a period."""
    known = holidays.list_supported_countries()
    if country not in known:
        return frozenset()
    part = region if region in known[country] else None
    return frozenset(holidays.country_holidays(country, subdiv=part, years=year))
