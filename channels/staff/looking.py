"""Looking at cases: the list with what is stuck on top, one case, and what is due."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated
from urllib.parse import urlencode

from fastapi import Form, Query, Request, Response
from sqlalchemy.orm import Session

from channels.staff.acting import outcome_of
from channels.staff.frame import INSIGHTS, StaffFrame
from channels.staff.views import case_path, case_row, case_view, due_row
from channels.staff.words import STATES
from offboarding import clock
from offboarding.cases.states import CaseState
from offboarding.casework import overview
from offboarding.casework.overview import CaseCounts, CaseLine
from offboarding.errors import NotFoundError
from offboarding.exports import service as exports

CASES = "/staff/cases"
BY_ADDRESS = f"{CASES}/by-address"
A_PAGE = 25
"""So many cases stand on a page of the list."""
MOST_DUE = 200
MOST_DAYS = 366
_STUCK = "stuck"


@dataclass(frozen=True)
class Filter:
    """A choice above the list, with how many cases it has."""

    title: str
    count: int
    path: str
    chosen: bool


@dataclass(frozen=True)
class Paging:
    """Which part of a list is shown, and the ways to the others; empty where there is none."""

    first: int
    last: int
    total: int
    newer: str
    older: str


class LookingPages:
    """Each method is one route, and changes nothing."""

    def __init__(self, frame: StaffFrame) -> None:
        self._frame = frame

    def home(self, request: Request) -> Response:
        """To the cases, or to all that they may see."""
        who = self._frame.reading(request)
        return self._frame.go(CASES if who.sees_cases else INSIGHTS)

    def cases(
        self,
        request: Request,
        show: Annotated[str, Query(max_length=20)] = "",
        page: Annotated[int, Query(ge=1, le=1_000_000)] = 1,
        number: Annotated[str, Query(max_length=40)] = "",
    ) -> Response:
        """The cases, those in which something is stuck first; or those of a number."""
        who = self._frame.looking(request)
        if number.strip():
            return self._found(request, number)
        state = _state(show)
        with self._frame.database.read() as session:
            counts = overview.counts(session)
            total = _total(counts, show, state)
            offset = min(page - 1, max(0, total - 1) // A_PAGE) * A_PAGE
            found = overview.list_cases(
                session, state=state, only_stuck=show == _STUCK, offset=offset, most=A_PAGE
            )
            rows = [case_row(line) for line in found]
        values: dict[str, object] = {
            "rows": rows,
            "filters": _filters(counts, show),
            "stuck": counts.stuck,
            "paging": _paging(show, offset, len(rows), total),
            "number": "",
            "by_address": False,
        }
        return self._frame.page("cases", who, values)

    def of_address(
        self,
        request: Request,
        email: Annotated[str, Form(max_length=320)] = "",
        token: Annotated[str, Form(max_length=2000)] = "",
    ) -> Response:
        """The cases of whoever has an address; sent as a form, so that no log of paths has it."""
        who = self._frame.acting(request, token)
        with self._frame.database.read() as session:
            found = overview.of_address(session, email, A_PAGE) if email.strip() else []
            values = _result(session, found)
        return self._frame.page("cases", who, {**values, "by_address": True})

    def case(
        self, request: Request, number: str, said: Annotated[str, Query(max_length=500)] = ""
    ) -> Response:
        """One case: its steps, what was promised, and all that happened in it."""
        who = self._frame.looking(request)
        with self._frame.database.read() as session:
            case = overview.find(session, number)
            if case is None:
                raise NotFoundError("There is no case of this number.")
            view = case_view(session, case, self._frame.settings)
        word = self._frame.browsers.said(who.session_id, said) if said else None
        return self._frame.page("case", who, {"case": view, "outcome": outcome_of(word)})

    def due(
        self, request: Request, days: Annotated[int, Query(ge=0, le=MOST_DAYS)] = 7
    ) -> Response:
        """What is stuck, with the reason, and what comes next."""
        who = self._frame.looking(request)
        with self._frame.database.read() as session:
            found = overview.due(session, clock.now() + timedelta(days=days), MOST_DUE)
            values: dict[str, object] = {
                "stuck": [due_row(each) for each in found.stuck],
                "coming": [due_row(each) for each in found.coming],
                "copies": exports.all_given_up(session),
                "more": MOST_DUE if found.more else 0,
                "days": days,
                "most_days": MOST_DAYS,
            }
        return self._frame.page("due", who, values)

    def _found(self, request: Request, number: str) -> Response:
        """Straight to the case where the number means one; else those that it may mean."""
        who = self._frame.looking(request)
        with self._frame.database.read() as session:
            found = overview.search(session, number, A_PAGE)
            values = _result(session, found)
        if len(found) == 1:
            return self._frame.go(case_path(found[0].case.number))
        return self._frame.page("cases", who, {**values, "number": number.strip()})


def _result(session: Session, found: Sequence[CaseLine]) -> dict[str, object]:
    counts = overview.counts(session)
    return {
        "rows": [case_row(line) for line in found],
        "filters": _filters(counts, None),
        "stuck": counts.stuck,
        "paging": None,
        "number": "",
        "by_address": False,
    }


def _state(show: str) -> CaseState | None:
    if show in {"", _STUCK}:
        return None
    try:
        return CaseState(show)
    except ValueError as error:
        raise NotFoundError("There is no such list of cases.") from error


def _total(counts: CaseCounts, show: str, state: CaseState | None) -> int:
    if state is not None:
        return counts.by_state.get(state, 0)
    return counts.stuck if show == _STUCK else counts.all


def _filters(counts: CaseCounts, show: str | None) -> Sequence[Filter]:
    """All, what is stuck, and the states that any case has."""
    states = [state for state in STATES if counts.by_state.get(state) or state.value == show]
    return [
        Filter("All", counts.all, CASES, show == ""),
        Filter("Stuck", counts.stuck, _path(_STUCK), show == _STUCK),
        *(
            Filter(
                STATES[state],
                counts.by_state.get(state, 0),
                _path(state.value),
                show == state.value,
            )
            for state in states
        ),
    ]


def _paging(show: str, offset: int, shown: int, total: int) -> Paging:
    page = offset // A_PAGE + 1
    return Paging(
        first=offset + 1 if shown else 0,
        last=offset + shown,
        total=total,
        newer=_path(show, page - 1) if page > 1 else "",
        older=_path(show, page + 1) if offset + shown < total else "",
    )


def _path(show: str, page: int = 1) -> str:
    values = {**({"show": show} if show else {}), **({"page": page} if page > 1 else {})}
    return f"{CASES}?{urlencode(values)}" if values else CASES
