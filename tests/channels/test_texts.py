"""What the gateway says itself is read from domain.yml, and a mistake shows at the start."""

from pathlib import Path

import pytest

from channels.texts import REQUIRED, TALK_TO_PERSON_LABEL, WELCOME, Texts
from offboarding.errors import ConfigurationError
from tests.channels.conftest import DOMAIN

VALUES = {"company_name": "Larkspur Notes"}


def test_values_are_filled_in() -> None:
    assert "assistant of Larkspur Notes" in Texts(DOMAIN, VALUES).say(WELCOME).text


def test_a_channels_own_words_come_first() -> None:
    texts = Texts(DOMAIN, VALUES)
    assert texts.say(WELCOME, channel="sms").text.startswith("Automated assistant")
    assert texts.say(WELCOME, channel="mail") == texts.say(WELCOME, channel="web")


def test_a_card_is_filled_in_and_checked() -> None:
    values = {"until": "14 December", "url": "/exports/1"}
    card = Texts(DOMAIN, VALUES).say("utter_export_ready", values).card
    assert card is not None
    assert card["rows"] == [{"label": "Link works until", "value": "14 December"}]
    with pytest.raises(ConfigurationError, match=r"utter_export_ready.*links\.0\.url"):
        Texts(DOMAIN, VALUES).say("utter_export_ready", {**values, "url": "javascript:x"})


def test_a_label_may_be_said_otherwise(tmp_path: Path) -> None:
    assert Texts(DOMAIN, VALUES).label(TALK_TO_PERSON_LABEL) == "Talk to a person"
    other = tmp_path / "domain.yml"
    other.write_text(f"{DOMAIN.read_text()}  {TALK_TO_PERSON_LABEL}:\n  - text: A human, please\n")
    assert Texts(other, VALUES).label(TALK_TO_PERSON_LABEL) == "A human, please"


@pytest.mark.parametrize("name", REQUIRED)
def test_a_missing_response_is_named_with_its_file(tmp_path: Path, name: str) -> None:
    other = tmp_path / "domain.yml"
    other.write_text(DOMAIN.read_text().replace(f"{name}:", "utter_renamed:"))
    with pytest.raises(ConfigurationError, match=rf"domain\.yml.*`{name}`"):
        Texts(other, VALUES)


def test_a_response_the_caller_needs_is_asked_for_at_the_start() -> None:
    Texts(DOMAIN, VALUES, required=["utter_export_ready"])
    with pytest.raises(ConfigurationError, match="utter_nowhere"):
        Texts(DOMAIN, VALUES, required=["utter_nowhere"])


def test_a_value_nobody_fills_is_named() -> None:
    with pytest.raises(ConfigurationError, match=r"\{company_name\}"):
        Texts(DOMAIN, {})
    with pytest.raises(ConfigurationError, match=r"\{until\}"):
        Texts(DOMAIN, VALUES).say("utter_export_ready")


@pytest.mark.parametrize(
    "content",
    ["", "responses: 5", "responses:\n  utter_welcome: [", "- a list", "responses:\n  a:\n  - b"],
)
def test_a_file_of_another_form_is_refused(tmp_path: Path, content: str) -> None:
    other = tmp_path / "domain.yml"
    other.write_text(content)
    with pytest.raises(ConfigurationError, match=r"domain\.yml"):
        Texts(other, VALUES)


def test_a_button_that_is_no_intent_is_named(tmp_path: Path) -> None:
    other = tmp_path / "domain.yml"
    other.write_text(DOMAIN.read_text().replace("payload: /human", "payload: human"))
    with pytest.raises(ConfigurationError, match="utter_assistant_unavailable"):
        Texts(other, VALUES)


def test_no_file_is_a_configuration_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="cannot be read"):
        Texts(tmp_path / "domain.yml", VALUES)
