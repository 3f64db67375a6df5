"""Why customers leave: figures of a period, the words they left, and every wish as a table."""

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Annotated
from urllib.parse import urlencode

from fastapi import Query, Request, Response

from channels.staff.frame import INSIGHTS, SignedIn, StaffFrame
from channels.staff.insight_views import (
    SaidRow,
    insight_view,
    left_out_text,
    period_text,
    reason_name,
    said_row,
)
from offboarding.cases.reasons import ChurnReason
from offboarding.insights import words
from offboarding.insights.departures import departures
from offboarding.insights.period import Period, PeriodInvalidError, last_days, period
from offboarding.insights.service import insights
from offboarding.insights.table import table
from offboarding.wording import zone_of

SPANS = (30, 90, 365)
"""So many days are a press away."""
USUAL_SPAN = 90

First = Annotated[str, Query(alias="from", max_length=40)]
Last = Annotated[str, Query(alias="to", max_length=40)]
Days = Annotated[str, Query(max_length=10)]


@dataclass(frozen=True)
class Asked:
    """The days that were asked for, as they were typed, and what came of it."""

    first: str
    last: str
    error: str
    period: Period | None

    @property
    def query(self) -> str:
        """The same days, for links on the page."""
        return urlencode({"from": self.first, "to": self.last})


@dataclass(frozen=True)
class Span:
    """A choice of days above the page."""

    title: str
    path: str
    chosen: bool


class InsightPages:
    """Each method is one route, and changes nothing."""

    def __init__(self, frame: StaffFrame) -> None:
        self._frame = frame
        self._zone = zone_of(frame.settings.company_time_zone)

    def why(
        self, request: Request, days: Days = "", first: First = "", last: Last = ""
    ) -> Response:
        """What became of the wishes of a period, and why they were said."""
        who = self._frame.reading(request)
        asked = self._asked(days, first, last)
        if asked.period is None:
            return self._page("insights", who, asked, {"view": None})
        with self._frame.database.read() as session:
            found = insights(session, asked.period)
        return self._page("insights", who, asked, {"view": insight_view(found)})

    def words(
        self,
        request: Request,
        days: Days = "",
        first: First = "",
        last: Last = "",
        reason: Annotated[str, Query(max_length=40)] = "",
    ) -> Response:
        """What they said themselves, without who said it."""
        who = self._frame.reading(request)
        asked = self._asked(days, first, last)
        chosen = next((each for each in ChurnReason if each.value == reason), None)
        rows: Sequence[SaidRow] = ()
        left_out, full = "", False
        if asked.period is not None:
            with self._frame.database.read() as session:
                found = words.said(session, asked.period, reason=chosen)
            rows = [said_row(each, self._zone) for each in found.said]
            left_out = left_out_text(found.left_out)
            full = len(rows) + found.left_out == words.MOST
        values: dict[str, object] = {
            "rows": rows,
            "left_out": left_out,
            "full": full,
            "most": words.MOST,
            "reasons": [(each.value, reason_name(each)) for each in ChurnReason],
            "reason": chosen.value if chosen is not None else "",
        }
        return self._page("words", who, asked, values)

    def table(
        self, request: Request, days: Days = "", first: First = "", last: Last = ""
    ) -> Response:
        """Every wish of a period in a line, for spreadsheets: no name, no address, no word.

        Nor the number of a case for who sees none: by plan, day and reason words are near a line.
        """
        who = self._frame.reading(request)
        asked = self._asked(days, first, last)
        if asked.period is None:
            return self._page("insights", who, asked, {"view": None})
        with self._frame.database.read() as session:
            found = departures(session, asked.period)
        text = io.StringIO(newline="")
        writer = csv.writer(text, quoting=csv.QUOTE_ALL)
        writer.writerows(table(found, with_cases=who.sees_cases))
        name = f"wishes-to-leave-{asked.period.first}-{asked.period.last}.csv"
        return Response(
            "\ufeff" + text.getvalue(),  # the mark tells spreadsheets that this is UTF-8
            media_type="text/csv; charset=utf-8",
            headers={"Content-Disposition": f'attachment; filename="{name}"'},
        )

    def _page(
        self, name: str, who: SignedIn, asked: Asked, values: Mapping[str, object]
    ) -> Response:
        own: dict[str, object] = {
            "asked": {**asdict(asked), "query": asked.query},
            "days_text": period_text(asked.period) if asked.period is not None else "",
            "spans": self._spans(asked, f"{INSIGHTS}/words" if name == "words" else INSIGHTS),
        }
        status = 400 if asked.period is None else 200
        return self._frame.page(name, who, {**own, **values}, status=status)

    def _asked(self, days: str, first: str, last: str) -> Asked:
        if not first and not last:
            chosen = last_days(int(days) if days in map(str, SPANS) else USUAL_SPAN, self._zone)
            return Asked(chosen.first.isoformat(), chosen.last.isoformat(), "", chosen)
        try:
            found = period(_day(first, "first"), _day(last, "last"), self._zone)
        except PeriodInvalidError as error:
            return Asked(first, last, error.sentence, None)
        return Asked(first, last, "", found)

    def _spans(self, asked: Asked, path: str) -> list[Span]:
        spans = []
        for days in SPANS:
            same = asked.period == last_days(days, self._zone)
            spans.append(Span(f"{days} days", f"{path}?days={days}", same))
        return spans


def _day(text: str, which: str) -> date:
    try:
        return date.fromisoformat(text.strip())
    except ValueError as error:
        raise PeriodInvalidError(
            f"Write the {which} day as year-month-day, such as 2030-01-31."
        ) from error
