"""Another plan or a pause that is agreed and has yet to come: never said to be as it was."""

import pytest

from tests.actions.conftest import Hearing


@pytest.mark.parametrize(
    ("action", "intent", "text"),
    [
        ("action_keep", "keep_subscription", "leave it please"),
        ("action_ask_for_offer", "change_plan", "another plan please"),
        ("action_ask_for_offer", "pause", "can you pause it"),
    ],
)
def test_what_is_arranged_is_said_with_its_day_and_its_price(
    amara: Hearing, action: str, intent: str, text: str
) -> None:
    _agree(amara, "change_plan")
    assert amara.hear(action, intent, text=text) == ["utter_arranged_plan"]
    told = amara.said_last("utter_arranged_plan")
    assert (told["plan"], told["offer_plan_name"], told["offer_price"]) == ("Pro", "Basic", "€9.00")
    assert told["starts_on"]


def test_nothing_stays_as_it_is_while_something_is_arranged(amara: Hearing) -> None:
    _agree(amara, "pause")
    amara.hear("action_start_leaving", "cancel", text="cancel it")
    amara.hear("action_skip_reason", "skip")
    said = amara.hear("action_keep", "keep_subscription", text="I keep it")
    assert said == ["utter_arranged_pause"]
    told = amara.said_last("utter_arranged_pause")
    assert told["starts_on"] != told["offer_ends_on"]


def _agree(amara: Hearing, wish: str) -> None:
    amara.hear("action_ask_for_offer", wish, text="that please")
    said = amara.hear("action_accept_offer", "affirm", text="yes")
    assert said[0].startswith("utter_accepted_")
