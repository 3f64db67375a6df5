"""Who asks how far the copy of their data is hears how it stands, and none is started by asking."""

import pytest
import sqlalchemy as sa

from offboarding.background.model import Task, TaskState
from offboarding.exports.model import Export
from tests.actions.conftest import Hearing

WHERE = "is my export ready?"


def asks(hearing: Hearing) -> list[str]:
    return hearing.hear("action_not_understood", "data_export", text=WHERE)


def exports(hearing: Hearing) -> int:
    with hearing.database.read() as session:
        return session.query(Export).count()


def test_without_one_they_hear_that_one_can_be_made(amara: Hearing) -> None:
    assert asks(amara)[0] == "utter_copy_none"
    assert exports(amara) == 0


def test_while_it_is_made_they_hear_so(amara: Hearing) -> None:
    amara.hear("action_start_export", "data_export", text="a copy of my data please")
    assert asks(amara)[0] == "utter_copy_coming"


def test_given_up_they_hear_that_and_can_start_it_once_more(amara: Hearing) -> None:
    amara.hear("action_start_export", "data_export", text="a copy of my data please")
    with amara.database.write() as session:
        session.execute(
            sa.update(Task).where(Task.kind == "export.build").values(state=TaskState.FAILED)
        )
    assert asks(amara)[0] == "utter_copy_given_up"
    amara.hear("action_start_export", "data_export", pressed=True)
    assert asks(amara)[0] == "utter_copy_coming"
    assert exports(amara) == 1


def test_asked_for_again_it_is_said_how_far_the_one_is(amara: Hearing) -> None:
    first = amara.hear("action_start_export", "data_export", text="a copy of my data please")
    assert first[0] == "utter_export_started"
    again = amara.hear("action_start_export", "data_export", text="send me my data please")
    assert again[0] == "utter_copy_coming"
    assert exports(amara) == 1


@pytest.mark.parametrize(
    "text",
    [
        "and where are my notes in it",
        "how do i get my notes tho",
        "where can I download my photos?",
    ],
)
@pytest.mark.parametrize("intents", [["data_export"], ["data_export", "timeline_or_status"]])
def test_who_asks_how_to_get_their_content_is_told_where(
    amara: Hearing, text: str, intents: list[str]
) -> None:
    said = amara.hear("action_start_export", *intents, text=text)
    assert said == ["utter_content_is_at"]
    amara.settings.sandbox = False
    said = amara.hear("action_start_export", *intents, text=text)
    assert said == ["utter_content_by_person"]
    assert not amara.slots.get("export_started")


@pytest.mark.parametrize("text", ["how do I get my data", "send me my notes and everything"])
def test_a_wish_for_their_data_still_makes_a_copy(amara: Hearing, text: str) -> None:
    assert amara.hear("action_start_export", "data_export", text=text) == ["utter_export_started"]
