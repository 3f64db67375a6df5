"""A process that dies between any two of its acts, played within this one.

What a kill -9 leaves behind is what was committed and what the world outside took. So the process
may end just before and just after each commit and each effect outside: nothing in between could be
told apart afterwards. `test_cases_killed.py` does the same to a real process, which takes seconds
for each kill where this takes none.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.orm import Session

from offboarding.database import Database
from tests.keys import KEYS


class Killed(BaseException):
    """The process is no more. No error of the application: nothing in it may catch this."""


class Fate:
    """When the process dies: at its so-manieth moment, or not at all."""

    def __init__(self) -> None:
        self._left: int | None = None
        self.deaths = 0

    def die_at(self, moment: int | None) -> None:
        """Let it die at this moment from now on (1 is the next); None lets it live."""
        self._left = moment

    def moment(self) -> None:
        """One at which the process may die. Raises Killed."""
        if self._left is None:
            return
        self._left -= 1
        if self._left <= 0:
            self._left = None
            self.deaths += 1
            raise Killed


class MortalDatabase(Database):
    """A database whose client may die before a commit, which is lost, or right after it."""

    def __init__(self, url: str, fate: Fate) -> None:
        super().__init__(url, KEYS)
        self._fate = fate

    @contextmanager
    def write(self) -> Iterator[Session]:
        """See Database."""
        with super().write() as session:
            yield session
            self._fate.moment()
        self._fate.moment()
