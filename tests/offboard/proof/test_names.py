"""The proof names responses, questions, slots and intents of domain.yml: each has to be there."""

from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from offboard.proof import checks, situations
from offboard.proof.kinds import KINDS
from offboard.proof.moves import ANSWERED_BY_YES, AT_QUESTIONS, ONLY_FROM_BUTTONS, WORDS
from offboarding.settings import REPOSITORY
from sandbox.customers import BY_EXTERNAL_ID

DOMAIN: Path = REPOSITORY / "domain.yml"


@pytest.fixture(scope="module")
def domain() -> dict[str, Any]:
    read: dict[str, Any] = YAML(typ="safe").load(DOMAIN.read_text(encoding="utf-8"))
    return read


def test_responses_that_tell_something_are_responses(domain: dict[str, Any]) -> None:
    named = checks.TELL_OF_A_CANCELLATION | checks.TELL_OF_A_PERSON | checks.TELL_OF_A_LOCK
    assert named <= set(domain["responses"])


def test_questions_are_questions(domain: dict[str, Any]) -> None:
    assert {*ANSWERED_BY_YES, *AT_QUESTIONS} <= set(domain["slots"]["open_question"]["values"])


def test_slots_are_slots(domain: dict[str, Any]) -> None:
    assert set(domain["slots"]) >= situations.NO_DIFFERENCE | situations.ON_THE_WAY


def test_every_intent_has_words_or_is_pressed(domain: dict[str, Any]) -> None:
    assert set(domain["intents"]) <= {*WORDS, *ONLY_FROM_BUTTONS}


def test_every_kind_is_a_demo_customer() -> None:
    assert {kind.customer for kind in KINDS} <= set(BY_EXTERNAL_ID)
