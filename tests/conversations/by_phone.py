"""A customer's phone, for whole talks by SMS: through the sandbox's phone, as a visitor uses it."""

import re
from typing import Any

import httpx
import sqlalchemy as sa

from channels.conversations.model import Inbox, InboxState
from channels.sms.following import behind
from channels.sms.keywords import is_reserved
from channels.sms.model import SmsPost, SmsPostState, SmsReceived
from channels.sms.receiving import READ_AFTER, SURELY_REPEATED_WITHIN
from channels.sms.segments import segmentation
from offboarding import clock
from tests.house import House, wait_for

MOST_SEGMENTS = 3
_CHOICE = re.compile(r"^(\d+) = (.+)$", re.MULTILINE)


class ByPhone:
    """One phone. Every text that comes is held against what all texts have to keep."""

    def __init__(self, house: House, number: str) -> None:
        self._http = httpx.Client(base_url=house.address, headers={"Origin": house.address})
        self._number = number
        self._database = house.database
        self.written = 0

    def text(self, words: str) -> str:
        """Write a text; what comes back, as one."""
        wait_for(self._has_read, "a person to have read what came")
        before = len(self._from_us())
        self.write(words)
        self.written += 1
        wait_for(lambda: len(self._from_us()) > before, f"an answer to {words!r}")
        return self.until_quiet(before)

    def choose(self, title: str) -> str:
        """Take a choice of the last text by its number."""
        for number, offered in _CHOICE.findall(self.last()):
            if offered == title:
                return self.text(number)
        raise AssertionError(f"no {title!r} in {self.last()!r}")

    def code(self) -> str:
        """The newest code that was texted."""

        def look() -> str | None:
            for body in reversed(self._from_us()):
                found = re.match(r"(\d{6}) is your code", body)
                if found:
                    return found[1]
            return None

        return wait_for(look, "a code")

    def last(self) -> str:
        """The newest text with a question's choices, or the newest."""
        texts = self._from_us()
        return next((each for each in reversed(texts) if _CHOICE.search(each)), texts[-1])

    def until_quiet(self, after: int) -> str:
        """The texts after so many, once all that was said has come."""
        wait_for(self._quiet, "the rest")
        new = self._from_us()[after:]
        for body in new:
            assert segmentation(body).segments <= MOST_SEGMENTS, body
            assert not any(is_reserved(title) for _, title in _CHOICE.findall(body)), body
        return "\n".join(new)

    def write(self, words: str) -> None:
        """Write a text, and wait for nothing."""
        act = {"do": "text", "number": self._number, "text": words}
        answer = self._http.post("/sandbox/phone/act", json=act)
        answer.raise_for_status()
        assert answer.json() == {}, answer.json()

    def _from_us(self) -> list[str]:
        texts = self._state()["texts"]
        return [each["body"] for each in texts if not (each["mine"] or each["automatic"])]

    def _has_read(self) -> bool:
        """Whether the last text came long enough ago that somebody may have read it."""
        with self._database.read() as session:
            sent = session.scalar(sa.select(sa.func.max(SmsPost.accepted_at)))
            written = session.scalar(sa.select(sa.func.max(SmsReceived.received_at)))
        moment = clock.now()
        return (sent is None or sent <= moment - READ_AFTER) and (
            written is None or written < moment - SURELY_REPEATED_WITHIN
        )

    def _quiet(self) -> bool:
        """Whether everything was answered, and nothing waits to be sent."""
        with self._database.read() as session:
            waits = session.scalar(
                sa.select(sa.func.count())
                .select_from(Inbox)
                .where(Inbox.state == InboxState.RECEIVED)
            )
            unsent = session.scalar(
                sa.select(sa.func.count())
                .select_from(SmsPost)
                .where(SmsPost.state.in_([SmsPostState.PENDING, SmsPostState.SENDING]))
            )
            return not (waits or unsent or behind(session))

    def _state(self) -> dict[str, Any]:
        answer = self._http.get("/sandbox/phone/state.json", params={"number": self._number})
        answer.raise_for_status()
        return dict(answer.json())
