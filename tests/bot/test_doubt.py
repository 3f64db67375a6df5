"""What was not heard surely enough goes to the action for doubt, and to no other."""

from typing import Any

import pytest
from bot.dialogue.open_question import OpenQuestionPolicy
from rasa.engine.graph import ExecutionContext, GraphSchema
from rasa.engine.storage.resource import Resource
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActionExecuted, SlotSet, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker

from conftest import PROJECT

CONFIG = {
    "answers": {"email": "action_take_email"},
    "doubted": ["cancel"],
    "in_doubt": "action_not_understood",
    "least_confidence": 0.5,
}


@pytest.fixture(scope="module")
def domain() -> Domain:
    return Domain.load(PROJECT / "domain.yml")


def chosen(
    domain: Domain,
    intent: str,
    confidence: float,
    source: str = "words",
    question: str | None = None,
) -> str | None:
    """The action that the policy predicts; None when it leaves the choice to the rules."""
    config: dict[str, Any] = {**OpenQuestionPolicy.get_default_config(), **CONFIG}
    context = ExecutionContext(GraphSchema({}))
    policy = OpenQuestionPolicy(config, None, Resource("policy"), context)  # type: ignore[arg-type]
    tracker = DialogueStateTracker("conversation", domain.slots)
    leading = {"name": intent, "confidence": confidence}
    parse_data = {"intent": leading, "intents": [intent], "entities": [], "source": source}
    events = [
        SlotSet("open_question", question),
        ActionExecuted("action_listen"),
        UserUttered("as it was said", leading, [], parse_data),
    ]
    tracker.update_with_events(events, domain)
    prediction = policy.predict_action_probabilities(tracker, domain)
    if prediction.max_confidence == 0:
        return None
    return str(domain.action_names_or_texts[prediction.max_confidence_index])


def test_below_the_threshold_a_question_is_asked(domain: Domain) -> None:
    assert chosen(domain, "cancel", 0.49) == "action_not_understood"


def test_from_the_threshold_on_the_rules_decide(domain: Domain) -> None:
    assert chosen(domain, "cancel", 0.5) is None


def test_what_starts_nothing_is_never_doubted(domain: Domain) -> None:
    assert chosen(domain, "greet", 0.3) is None


def test_a_pressed_button_is_never_doubted(domain: Domain) -> None:
    assert chosen(domain, "cancel", 0.1, source="button") is None


def test_an_answer_in_free_words_is_taken_however_it_is_heard(domain: Domain) -> None:
    assert chosen(domain, "cancel", 0.3, question="email") == "action_take_email"
