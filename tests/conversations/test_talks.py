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
        try:
            metafunc.parametrize("talk", list(_talks(wanted=wanted)))
        except PolicyError as error:
            raise pytest.UsageError(error.sentence) from None


def test_talk(talk: Talk, moving_house: MovingHouse, talks_database: Database) -> None:
    mistake = None
    try:
        play(talk, moving_house, talks_database, responses())
    except TalkError as error:
        mistake = error
    if mistake:  # outside of the handler: the report is for people who don't read Python
        pytest.fail(f"{talk.talk}\n({talk.why})\n{mistake}", pytrace=False)


def _talks(*, wanted: bool) -> Iterator[object]:
    for path in talk_files.files(wanted=wanted):
        for talk in talk_files.read_talks(path):
            for name, each in talk.in_each_wording():
                yield pytest.param(each, id=f"{path.stem}: {name}")
