"""`offboard insights`: why customers leave, on the terminal and for other programs."""

import csv
import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Annotated

import typer
from rich.table import Column, Table

from channels.staff.insight_views import (
    InsightView,
    LineRow,
    insight_view,
    left_out_text,
    period_text,
    said_row,
)
from offboard.configuration import load_settings
from offboard.console import output
from offboard.opening import reading
from offboarding.cases.reasons import ChurnReason
from offboarding.insights import words
from offboarding.insights.departures import departures
from offboarding.insights.offers import AFTER_DAYS
from offboarding.insights.period import Period, last_days, period
from offboarding.insights.report import as_json
from offboarding.insights.service import insights
from offboarding.insights.table import table
from offboarding.settings import Settings
from offboarding.wording import zone_of

application = typer.Typer(no_args_is_help=True, help="Learn why customers leave.")

_DAY = ["%Y-%m-%d"]
Days = Annotated[int, typer.Option(min=1, max=1826, help="The last so many days, today included.")]
First = Annotated[
    datetime | None, typer.Option("--from", formats=_DAY, help="From this day on, not --days.")
]
Last = Annotated[
    datetime | None, typer.Option("--to", formats=_DAY, help="Until the end of this day: today.")
]


@application.command()
def show(
    days: Days = 90,
    first: First = None,
    last: Last = None,
    *,
    for_programs: Annotated[bool, typer.Option("--json", help="As JSON, with intervals.")] = False,
) -> None:
    """What became of the wishes of a period, and why they were said."""
    settings = load_settings()
    chosen = _period(settings, days, first, last)
    with reading(settings) as session:
        found = insights(session, chosen)
    if for_programs:
        sys.stdout.write(json.dumps(as_json(found), indent=2, ensure_ascii=False) + "\n")
        return
    output.print(f"Why they leave, {period_text(chosen)}", style="bold", markup=False)
    _print(insight_view(found))


@application.command()
def wishes(days: Days = 90, first: First = None, last: Last = None) -> None:
    """Every wish of a period as a line of CSV: no name, no address, no word."""
    settings = load_settings()
    chosen = _period(settings, days, first, last)
    with reading(settings) as session:
        found = departures(session, chosen)
    writer = csv.writer(sys.stdout, quoting=csv.QUOTE_ALL, lineterminator="\n")
    writer.writerows(table(found, with_cases=True))


@application.command("words")
def in_their_words(
    days: Days = 90,
    first: First = None,
    last: Last = None,
    reason: Annotated[ChurnReason | None, typer.Option(help="Only who leaves for this.")] = None,
    most: Annotated[int, typer.Option(min=1, help="How many at the most.")] = words.MOST,
) -> None:
    """What they said themselves, without who said it; the newest first."""
    settings = load_settings()
    chosen = _period(settings, days, first, last)
    with reading(settings) as session:
        found = words.said(session, chosen, reason=reason, most=most)
    if not found.said and not found.left_out:
        output.print(f"Nobody left words from {period_text(chosen)}.")
    for row in (said_row(each, chosen.zone) for each in found.said):
        about = ", ".join(part for part in (row.about, row.reason, row.plan) if part)
        output.print(f"{row.day}  {about}", style="bold", markup=False)
        output.print(f"  {row.words}", markup=False, highlight=False)
    if found.left_out:
        output.print(left_out_text(found.left_out), highlight=False)


def _period(settings: Settings, days: int, first: datetime | None, last: datetime | None) -> Period:
    zone = zone_of(settings.company_time_zone)
    if first is None and last is None:
        return last_days(days, zone)
    whole = last_days(days, zone)
    end = last.date() if last is not None else whole.last
    return period(first.date() if first is not None else whole.first, end, zone)


def _print(view: InsightView) -> None:
    if not view.wishes:
        output.print(
            f"Nobody said that they want to leave (in as many days before: {view.before})."
        )
        return
    _print_sentences(view.lead)
    for each in _tables(view):
        output.print(each)
    _print_sentences(view.people)
    _print_sentences(f"{question}: {share}" for question, share in view.survey)


def _print_sentences(sentences: Iterable[str]) -> None:
    for sentence in sentences:
        output.print(sentence, markup=False, highlight=False)


def _tables(view: InsightView) -> Iterator[Table]:
    outcomes = Table("What became of it", "Wishes", "", "Before", box=None)
    for row in view.outcomes:
        outcomes.add_row(row.name, str(row.count), row.percent, str(row.before))
    yield outcomes
    yield _lines("Why", view.reasons)
    yield _lines("Plan", view.plans)
    yield _lines("Time with us", view.stays)
    yield _lines("Country", view.countries)
    if view.offers:
        yield _offers(view)
    if view.holdouts:
        yield _holdouts(view)


def _lines(title: str, rows: Sequence[LineRow]) -> Table:
    table = Table(title, "Wishes", "", "Before", "Left", "Still here", "A month, left", box=None)
    for row in rows:
        table.add_row(
            row.name, str(row.count), row.percent, row.before, str(row.left), str(row.stayed),
            row.leaving,
        )  # fmt: skip
    return table


def _offers(view: InsightView) -> Table:
    """After so many days: who of those who accepted is still here."""
    after = [f"{days} days" for days in AFTER_DAYS]
    longest = max(len(row.name) for row in view.offers)
    name = Column("Offer", no_wrap=True, min_width=longest)
    table = Table(name, "Made", "Accepted", "Declined", "None", *after, box=None)
    for row in view.offers:
        table.add_row(
            row.name, str(row.made), row.accepted, str(row.declined), str(row.unanswered),
            *row.still_here,
        )  # fmt: skip
    return table


def _holdouts(view: InsightView) -> Table:
    table = Table("Offer", "After", "Offered", "Left out", "Difference (95 % interval)", box=None)
    for row in view.holdouts:
        table.add_row(row.name, f"{row.days} days", row.made, row.held_out, row.difference)
    return table
