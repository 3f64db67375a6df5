"""How dates and money are written for a customer; the only place that does."""

from datetime import datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from babel import Locale, UnknownLocaleError
from babel.dates import (
    format_date,
    format_datetime,
    format_time,
    get_timezone_gmt,
    get_timezone_location,
)
from babel.numbers import format_currency, format_decimal, get_currency_precision

from offboarding import clock
from offboarding.accounts.model import Customer
from offboarding.days import last_whole_day

DEFAULT_LOCALE = "en-GB"


def locale_of(name: str | None) -> Locale:
    """The locale a browser or an account names, else British English."""
    try:
        return Locale.parse((name or DEFAULT_LOCALE).replace("_", "-"), sep="-")
    except (ValueError, UnknownLocaleError):
        return Locale.parse(DEFAULT_LOCALE, sep="-")


def zone_of(name: str | None) -> ZoneInfo:
    """The time zone named, else UTC."""
    try:
        return ZoneInfo(name or "UTC")
    except (ValueError, OSError, ZoneInfoNotFoundError):  # OSError: the name of a folder of zones
        return ZoneInfo("UTC")


def date_text(moment: datetime, customer: Customer) -> str:
    """The customer's own calendar day of an instant: 14 December 2026."""
    local = moment.astimezone(zone_of(customer.time_zone))
    return format_date(local, format="long", locale=locale_of(customer.locale))


def until_text(end: datetime, customer: Customer) -> str:
    """Until when something holds that ends at this instant, as it goes on after "until".

    The last day on all of which it holds, for who reads "until 14 December" counts on all of that
    day. Where no such day is still to come, the instant itself: 15 December 2026, 09:30 (…).
    """
    zone, spelling = zone_of(customer.time_zone), locale_of(customer.locale)
    last, today = last_whole_day(end, zone), clock.now().astimezone(zone).date()
    words = format_date(last, format="long", locale=spelling)
    if last > today:
        return words
    if last == end.astimezone(zone).date():
        return words if end < clock.now() else f"the end of {words}"
    return moment_text(end, customer)


def undo_until_text(ends_at: datetime, customer: Customer) -> str:
    """Until when a cancellation can be undone that ends then: the instant itself, with its zone.

    It is said in the chat, on pages and in mails of many days, and is the same in all of them. A
    day would have to be the last whole one before, and be another on the day of the end.
    """
    return moment_text(ends_at, customer)


def moment_text(moment: datetime, customer: Customer) -> str:
    """Day, time and zone of an instant: 14 December 2026, 09:30 (Berlin time)."""
    return moment_text_in(moment, customer.time_zone, customer.locale)


def moment_text_in(moment: datetime, time_zone: str | None, locale: str | None = None) -> str:
    """As `moment_text`, for somebody of whom no more than this is known."""
    zone, spelling = zone_of(time_zone), locale_of(locale)
    local = moment.astimezone(zone)
    day = format_date(local, format="long", locale=spelling)
    time = format_time(local, format="short", locale=spelling, tzinfo=zone)
    return f"{day}, {time} ({zone_text(zone, moment)})"


def zone_text(zone: ZoneInfo, moment: datetime) -> str:
    """Whose clock it is, for people: Berlin time. A zone that is no city's is said by its offset.

    In English, as the sentences around it are. `Etc/GMT+5` is five hours behind: POSIX counts
    the other way round, so that its name would mislead.
    """
    if "/" in zone.key and not zone.key.startswith("Etc/"):
        city = get_timezone_location(zone, locale=locale_of(None), return_city=True)
        return f"{city.rpartition('/')[2]} time"
    local = moment.astimezone(zone)
    return get_timezone_gmt(local, locale=locale_of(None)) if local.utcoffset() else "UTC"


def short_moment_text(moment: datetime, time_zone: str) -> str:
    """Day and time of an instant, for a table whose zone is said above it: 14 Dec 2026, 09:30."""
    spelling = locale_of(None)
    return format_datetime(moment, "d MMM y, HH:mm", tzinfo=zone_of(time_zone), locale=spelling)


def money_text(minor: int, currency: str, locale: str | None = None) -> str:
    """An amount in minor units, written out: 2900, EUR -> €29.00."""
    amount = Decimal(minor) / (10 ** get_currency_precision(currency))
    return format_currency(amount, currency, locale=locale_of(locale))


def size_text(size_bytes: int, locale: str | None = None) -> str:
    """A file's size in kB, or in MB from a million bytes on."""
    thousand, unit = (1_000_000, "MB") if size_bytes >= 1_000_000 else (1_000, "kB")
    amount = format_decimal(
        max(0.1, size_bytes / thousand), format="#,##0.#", locale=locale_of(locale)
    )
    return f"{amount} {unit}"


def number_text(number: int, locale: str | None = None) -> str:
    """A whole number, in groups of digits: 12,345."""
    return format_decimal(number, locale=locale_of(locale))


def minutes_text(span: timedelta) -> str:
    """How long somebody waits: a minute, 3 minutes, 90 seconds."""
    seconds = max(int(span.total_seconds()), 1)
    if seconds == 60:
        return "a minute"
    if seconds % 60 == 0:
        return f"{seconds // 60} minutes"
    return f"{seconds} second{'s' * (seconds != 1)}"


def waited_text(span: timedelta) -> str:
    """How long ago it was, in whole minutes: 4 minutes, 2 hours, 3 days."""
    minutes = int(span.total_seconds()) // 60
    for size, name in ((24 * 60, "day"), (60, "hour"), (1, "minute")):
        if minutes >= size:
            number = minutes // size
            return f"{number} {name}{'s' * (number != 1)}"
    return "less than a minute"
