"""Every talk of the files under talks/; docs/conversation-tests.md says how to write one."""

from collections.abc import Iterator

import pytest

from offboarding.database import Database
from offboarding.errors import PolicyError
from tests.conversations import talk_files
from tests.conversations.moving_house import MovingHouse
from tests.conversations.player import TalkError, play
from tests.conversations.responses import responses
from tests.conversations.talk_files import Talk

pytestmark = pytest.mark.conversation


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "talk" in metafunc.fixturenames:
        wanted = bool(metafunc.config.getoption("--wanted"))
        metafunc.parametrize("talk", list(_talks(wanted=wanted)))


def test_talk(
    talk: Talk | PolicyError, moving_house: MovingHouse, talks_database: Database
) -> None:
    mistake: str | None = None
    if isinstance(talk, PolicyError):
        mistake = talk.sentence
    else:
        try:
            play(talk, moving_house, talks_database, responses())
        except TalkError as error:
            mistake = f"{talk.talk}\n({talk.why})\n{error}"
    if mistake:  # without a trace: whoever writes talks need not read Python
        pytest.fail(mistake, pytrace=False)


def _talks(*, wanted: bool) -> Iterator[object]:
    """Every talk, once for each of its wordings; for a file that can't be read, its mistake."""
    for path in talk_files.files(wanted=wanted):
        try:
            for talk in talk_files.read_talks(path):
                for name, each in talk.in_each_wording():
                    yield pytest.param(each, id=f"{path.stem}: {name}")
        except PolicyError as error:
            yield pytest.param(error, id=f"{path.stem}: can't be read")
