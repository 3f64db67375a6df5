"""What is needed to talk to Slack: nothing that is missing is taken for something."""

from pathlib import Path
from typing import Any

import pytest

from channels.slack.connection import SlackConnection, connection_of
from offboarding.errors import ConfigurationError
from offboarding.settings import SECRETS, Settings, SlackTransport


def settings(folder: Path, **given: Any) -> Settings:
    return Settings(_env_file=None, data_directory=folder, **given)


@pytest.mark.parametrize("empty", ["", "  "])
@pytest.mark.parametrize("name", SECRETS)
def test_an_empty_secret_is_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, empty: str
) -> None:
    monkeypatch.setenv(f"OFFBOARD_{name.upper()}", empty)
    assert getattr(settings(tmp_path), name) is None


def test_every_setting_that_is_a_secret_is_known_as_one() -> None:
    secret = {name for name, each in Settings.model_fields.items() if "Secret" in str(each)}
    assert secret == {*SECRETS, "export_connections"}  # the latter are several, by name


def test_with_an_empty_bot_token_the_sandbox_still_stands_in(tmp_path: Path) -> None:
    assert settings(tmp_path, slack_bot_token="").desk_in_sandbox


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"slack_bot_token": ""}, "OFFBOARD_SLACK_BOT_TOKEN"),
        ({"slack_app_token": ""}, "OFFBOARD_SLACK_APP_TOKEN"),
        (
            {"slack_transport": "http", "slack_signing_secret": ""},
            "OFFBOARD_SLACK_SIGNING_SECRET",
        ),
    ],
)
def test_what_the_transport_needs_must_not_be_empty(
    tmp_path: Path, given: dict[str, str], named: str
) -> None:
    usual = {"slack_bot_token": "xoxb-1", "slack_app_token": "xapp-1", "slack_signing_secret": "s"}
    with pytest.raises(ConfigurationError, match=named):
        connection_of(settings(tmp_path, **{**usual, **given}))


@pytest.mark.parametrize("secret", ["", " "])
def test_over_http_there_is_no_connection_without_a_signing_secret(secret: str) -> None:
    with pytest.raises(ConfigurationError, match="OFFBOARD_SLACK_SIGNING_SECRET"):
        SlackConnection("https://slack.example/", SlackTransport.HTTP, "xoxb-1", "", secret)
