"""Notices in writing and withdrawals out of talks: the list without anybody's words, then each."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import Form, Query, Request, Response
from sqlalchemy.orm import Session

from channels.facts import Row
from channels.staff.acting import Outcome
from channels.staff.frame import StaffFrame
from offboarding.casework import notices
from offboarding.casework.notices import WrittenNotice
from offboarding.errors import NotFoundError
from offboarding.handoffs.declared import declared_rows
from offboarding.handoffs.service import answer_to
from offboarding.staff import members

NOTICES = "/staff/notices"

_OUTCOMES: Mapping[str, Outcome] = {
    "seen_to": Outcome("Noted as seen to.", changed=True),
    "seen_to_before": Outcome("It was noted as seen to already.", changed=False),
    "taken_back": Outcome("Noted as taken back. It counts no more.", changed=True),
    "taken_back_before": Outcome("It was noted as taken back already.", changed=False),
}


@dataclass(frozen=True)
class NoticeRow:
    """A notice of the list."""

    number: str
    path: str
    kind: str
    received_at: datetime
    on_file: str
    seen_to_at: datetime | None


class NoticePages:
    """Each method is one route."""

    def __init__(self, frame: StaffFrame) -> None:
        self._frame = frame

    def all(self, request: Request) -> Response:
        """What is to be seen to, and what was."""
        who = self._frame.looking(request)
        with self._frame.database.read() as session:
            found = notices.notices(session)
            values: dict[str, object] = {
                "to_do": [_row(each) for each in found.to_do],
                "seen_to": [_row(each) for each in found.seen_to],
                "more": len(found.to_do) if found.more else 0,
                "in_talks": [_row(each) for each in found.in_talks],
            }
        return self._frame.page("notices", who, values)

    def one(
        self, request: Request, number: str, said: Annotated[str, Query(max_length=500)] = ""
    ) -> Response:
        """What was declared, word by word, and when it came in."""
        who = self._frame.looking(request)
        with self._frame.database.read() as session:
            notice = _notice(session, number)
            by = notices.seen_to_by(session, notice)
            taken_back_by = notices.taken_back_by(session, notice)
            names = members.addresses(session, {by, taken_back_by})
            values: dict[str, object] = {
                "notice": _row(notice),
                "rows": _words(notice),
                "email": answer_to(session, notice.hand_off) or "",
                "in_talk": notice.in_talk,
                "at_the_desk": notice.hand_off.team is not None,
                "by": names.get(by, by),
                "taken_back_by": names.get(taken_back_by, taken_back_by),
                "withdraws": notice.withdraws,
            }
        word = self._frame.browsers.said(who.session_id, said) if said else None
        values["outcome"] = _OUTCOMES.get(word) if word is not None else None
        return self._frame.page("notice", who, values)

    def see_to(
        self,
        request: Request,
        number: str,
        token: Annotated[str, Form(max_length=2000)] = "",
    ) -> Response:
        """Note that a person did what follows from it."""
        who = self._frame.acting(request, token)
        with self._frame.database.write() as session:
            notice = _notice(session, number)
            path = _path(notice)
            if notice.in_talk:
                raise NotFoundError("Whoever has the talk at the desk sees to it.")
            done = notices.see_to(session, notice, by=who.mark)
        return self._frame.go(path, who, "seen_to" if done else "seen_to_before")

    def take_back(
        self,
        request: Request,
        number: str,
        token: Annotated[str, Form(max_length=2000)] = "",
    ) -> Response:
        """Note that it was not meant as a withdrawal, or was taken back: it counts no more."""
        who = self._frame.acting(request, token)
        with self._frame.database.write() as session:
            notice = _notice(session, number)
            path = _path(notice)
            if not notice.withdraws:
                raise NotFoundError("Only a withdrawal counts for longer than until it is seen to.")
            done = notices.take_back(session, notice, by=who.mark)
        return self._frame.go(path, who, "taken_back" if done else "taken_back_before")


def _notice(session: Session, number: str) -> WrittenNotice:
    found = notices.find(session, number)
    if found is None:
        raise NotFoundError("There is no notice of this number, or it is not kept any more.")
    return found


def _words(notice: WrittenNotice) -> list[Row]:
    """What they declared, or what is noted of their words in a talk."""
    if notice.in_talk:
        return [Row("Noted in the chat", notice.hand_off.note)]
    return [Row(label, value) for label, value in declared_rows(notice.hand_off)]


def _row(notice: WrittenNotice) -> NoticeRow:
    hand_off = notice.hand_off
    return NoticeRow(
        number=hand_off.number,
        path=_path(notice),
        kind=notice.kind,
        received_at=hand_off.requested_at,
        on_file="Yes" if notice.on_file else "No",
        seen_to_at=None if hand_off.open else hand_off.ended_at,
    )


def _path(notice: WrittenNotice) -> str:
    return f"{NOTICES}/{notice.hand_off.number}"
