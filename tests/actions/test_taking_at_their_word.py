"""A yes or "do it" with no question open is one to what was spoken of a moment ago, or to none."""

import pytest

from tests.actions.conftest import Hearing

PERSON = {"title": "Talk to a person", "payload": "/human"}
CANCEL = {"title": "Cancel my plan", "payload": "/cancel"}


@pytest.mark.parametrize("text", ["yes", "yes please", "sure", "Please do"])
def test_a_yes_to_the_one_person_offered_fetches_them(amara: Hearing, text: str) -> None:
    amara.slots["choices"] = [PERSON]
    assert amara.hear("action_ask_wish", "affirm", text=text) == ["utter_person_will_mail"]


@pytest.mark.parametrize("text", ["ok", "ok thanks", "fine do it"])
def test_what_may_only_say_that_it_was_read_fetches_nobody(amara: Hearing, text: str) -> None:
    amara.slots["choices"] = [PERSON]
    assert amara.hear("action_ask_wish", "affirm", text=text) == ["utter_ask_wish"]


def test_a_yes_to_two_things_is_asked_which(amara: Hearing) -> None:
    amara.slots["choices"] = [CANCEL, PERSON]
    said = amara.hear("action_ask_wish", "affirm", text="yes")
    assert said == ["utter_which_of_these"]
    assert [button["payload"] for button in amara.last[0]["buttons"]] == ["/cancel", "/human"]


@pytest.mark.parametrize("text", ["fine do it", "ok go ahead then", "do it"])
def test_do_it_begins_the_leaving_that_was_asked_about(amara: Hearing, text: str) -> None:
    amara.hear("action_answer_timeline", "timeline_or_status", text="when would it end?")
    assert amara.hear("action_ask_wish", "affirm", text=text) == ["utter_ask_reason"]
    assert amara.subscription("Pro").renews


def test_do_it_begins_nothing_where_leaving_was_not_asked_about(amara: Hearing) -> None:
    amara.hear("action_answer_billing", "billing_question", text="what did I pay?")
    assert amara.hear("action_ask_wish", "affirm", text="do it") == ["utter_ask_wish"]
