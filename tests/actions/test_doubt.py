"""In doubt a question is asked; twice in doubt a person is offered, and nothing is started."""

import sqlalchemy as sa

from actions.doubt import MEANINGS
from actions.phrases import PHRASES
from channels.texts import Texts
from offboarding.handoffs.model import HandOff
from offboarding.settings import REPOSITORY
from tests.actions.conftest import Hearing

NOT_UNDERSTOOD = "action_not_understood"


def persons_asked_for(talk: Hearing) -> int:
    with talk.database.read() as session:
        return session.scalar(sa.select(sa.func.count()).select_from(HandOff)) or 0


def test_in_doubt_the_two_likeliest_are_named(amara: Hearing) -> None:
    ranking = {"out_of_scope": 0.4, "pause": 0.35, "cancel": 0.3, "refund": 0.2}
    said = amara.hear(NOT_UNDERSTOOD, "pause", confidence=0.35, ranking=ranking)
    assert said == ["utter_did_you_mean"]
    assert amara.question == "meaning"


def test_one_that_is_likely_enough_is_named_alone(amara: Hearing) -> None:
    said = amara.hear(NOT_UNDERSTOOD, "cancel", confidence=0.4, ranking={"cancel": 0.4})
    assert said == ["utter_did_you_mean_one"]


def test_where_nothing_is_likely_all_choices_are_shown(amara: Hearing) -> None:
    said = amara.hear(NOT_UNDERSTOOD, "nlu_fallback", confidence=0.9, ranking={"cancel": 0.1})
    assert said == ["utter_not_understood"]


def test_under_an_open_question_that_question_is_the_choice(amara: Hearing) -> None:
    amara.hear("action_start_leaving", "cancel")
    amara.hear("action_skip_reason", "skip")
    said = amara.hear(NOT_UNDERSTOOD, "pause", confidence=0.4, ranking={"pause": 0.4})
    assert said == ["utter_not_understood_here", "utter_ask_confirm_again"]
    assert amara.question == "confirm"


def test_twice_in_doubt_a_person_is_offered_and_not_sent_for(amara: Hearing) -> None:
    amara.hear(NOT_UNDERSTOOD, "nlu_fallback", confidence=0.9)
    assert amara.hear(NOT_UNDERSTOOD, "deny") == ["utter_not_understood_twice"]
    assert persons_asked_for(amara) == 0


def test_two_questions_that_are_not_ours_only_bring_the_offer_of_a_person(amara: Hearing) -> None:
    assert amara.hear("action_not_ours", "out_of_scope") == ["utter_out_of_scope"]
    assert amara.hear("action_not_ours", "out_of_scope") == ["utter_out_of_scope_twice"]
    assert persons_asked_for(amara) == 0


def test_what_is_understood_in_between_is_a_new_beginning(amara: Hearing) -> None:
    amara.hear("action_not_ours", "out_of_scope")
    amara.hear("action_answer_billing", "billing_question")
    assert amara.hear("action_not_ours", "out_of_scope") == ["utter_out_of_scope"]


def test_swearing_is_answered_with_the_next_step(amara: Hearing) -> None:
    said = amara.hear("action_not_ours", "out_of_scope", text="you fucking idiots")
    assert said == ["utter_next_step", "utter_ask_wish"]


def test_swearing_at_the_question_why_is_a_reason_skipped(amara: Hearing) -> None:
    amara.hear("action_start_leaving", "cancel")
    said = amara.hear("action_take_reason", "out_of_scope", text="fuck you")
    assert said == ["utter_understood", "utter_ask_confirm_paid"]


def test_every_meaning_and_label_has_its_words() -> None:
    values = {"company_name": "A Company", "support_email": "help@example.org"}
    texts = Texts(REPOSITORY / "domain.yml", values, required=PHRASES)
    assert all(texts.say(f"utter_meaning_{intent}").text for intent in MEANINGS)
