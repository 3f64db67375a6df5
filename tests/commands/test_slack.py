"""`offboard slack`: the manifest to paste, and what is missing in a workspace."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from fastapi import FastAPI
from pydantic import SecretStr
from ruamel.yaml import YAML
from typer.testing import CliRunner, Result

from channels.slack.manifest import scopes
from offboard.commands.slack import application
from offboard.configuration import remember_port
from offboarding.database import Database
from offboarding.handoffs import service as handoffs
from offboarding.settings import REPOSITORY, Settings, SlackTransport
from sandbox.slack.server import SlackStandIn
from tests.channels.stand_in import served

CHANNELS = ("support", "success", "retention", "billing", "privacy", "product", "leads")


@pytest.fixture
async def slack(tmp_path: Path) -> AsyncIterator[SlackStandIn]:
    """A workspace that is connected as it should be."""
    settings = Settings(
        _env_file=None,
        secret=SecretStr("a secret of the tests, long enough"),
        data_directory=tmp_path,
    )
    stand_in = SlackStandIn(settings, transport="socket")
    site = FastAPI()
    site.include_router(stand_in.router())
    async with served(site) as address:
        stand_in.own_url = address
        await stand_in.start()
        yield stand_in
        await stand_in.stop()


@pytest.fixture
def environment(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, slack: SlackStandIn
) -> dict[str, str]:
    known = slack.credentials
    values = {
        "OFFBOARD_DATA_DIRECTORY": str(tmp_path),
        "OFFBOARD_SLACK_BOT_TOKEN": known.bot_token,
        "OFFBOARD_SLACK_APP_TOKEN": known.app_token,
        "OFFBOARD_SLACK_API_URL": known.api_url,
    }
    for name, value in values.items():
        monkeypatch.setenv(name, value)
    return values


async def run(*words: str) -> Result:
    """The command beside the stand-in, which needs this loop."""
    return await asyncio.to_thread(CliRunner().invoke, application, list(words))


async def test_a_workspace_that_is_connected_well_is_said_to_be(
    environment: dict[str, str],
) -> None:
    done = await run("check")
    assert done.exit_code == 0, done.output
    assert "MISSING" not in done.output
    for name in CHANNELS:
        assert f"#offboarding-{name}: good" in done.output


async def test_no_token_is_ever_printed(environment: dict[str, str], slack: SlackStandIn) -> None:
    slack.faults.revoke_token()
    done = await run("check")
    slack.faults.revoke_token(revoked=False)
    again = await run("check")
    for name, value in environment.items():
        if name.endswith("TOKEN"):
            assert value not in done.output + again.output


async def test_a_revoked_token_is_named_with_its_mend(
    environment: dict[str, str], slack: SlackStandIn
) -> None:
    slack.faults.revoke_token()
    done = await run("check")
    assert done.exit_code == 1
    assert "Bot token: Slack refuses it (token_revoked). Install the app again" in done.output


async def test_a_missing_scope_is_named(environment: dict[str, str], slack: SlackStandIn) -> None:
    slack.faults.remove_scope("reactions:write")
    done = await run("check")
    assert done.exit_code == 1
    assert "These are missing: reactions:write." in done.output


async def test_a_wrong_app_token_is_named(
    environment: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OFFBOARD_SLACK_APP_TOKEN", "xapp-another")
    done = await run("check")
    assert done.exit_code == 1
    assert "App token: Slack refuses it (invalid_auth)" in done.output
    assert "xapp-another" not in done.output


async def test_over_http_a_signing_secret_is_needed(
    environment: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OFFBOARD_SLACK_TRANSPORT", "http")
    done = await run("check")
    assert done.exit_code == 1
    assert "OFFBOARD_SLACK_SIGNING_SECRET is not set" in str(done.exception)
    monkeypatch.setenv("OFFBOARD_SLACK_SIGNING_SECRET", "a signing secret")
    assert (await run("check")).exit_code == 0


async def test_a_channel_that_is_not_there_or_archived_is_named(
    environment: dict[str, str], slack: SlackStandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    slack.faults.archive("offboarding-billing")
    slack.workspace.channel("offboarding-privacy").name = "privacy-elsewhere"
    done = await run("check")
    assert done.exit_code == 1
    assert "MISSING #offboarding-billing: It is archived" in done.output
    assert "MISSING #offboarding-privacy: There is no such channel" in done.output
    assert "the team privacy" in done.output


async def test_a_mistake_in_what_is_suggested_to_agents_is_named(
    environment: dict[str, str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    folder = tmp_path / "policy"
    shutil.copytree(REPOSITORY / "policy", folder)
    file = folder / "suggestions.yml"
    file.write_text(file.read_text("utf-8").replace("{plan}", "{plam}"), "utf-8")
    monkeypatch.setenv("OFFBOARD_POLICY_DIRECTORY", str(folder))
    done = await run("check")
    assert done.exit_code == 1
    assert f"MISSING Suggestions: {file}, line" in done.output


async def test_a_bot_that_is_no_member_can_join(
    environment: dict[str, str], slack: SlackStandIn
) -> None:
    slack.faults.remove_bot("offboarding-leads")
    done = await run("check")
    assert done.exit_code == 1
    assert "MISSING #offboarding-leads: The bot is no member" in done.output
    assert (await run("check", "--join")).exit_code == 0
    assert (await run("check")).exit_code == 0


async def test_a_slack_that_does_not_answer_is_a_sentence(
    environment: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OFFBOARD_SLACK_API_URL", "http://127.0.0.1:9/api/")
    done = await run("check")
    assert done.exit_code == 1
    assert "Slack does not answer at http://127.0.0.1:9/api/" in done.output


async def test_in_the_sandbox_the_stand_in_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("OFFBOARD_DATA_DIRECTORY", str(tmp_path))
    monkeypatch.setenv("PORT", "9")
    done = await run("check")
    assert done.exit_code == 1
    assert "The sandbox's stand-in for Slack is used" in done.stderr
    assert "does not answer" in done.output


async def test_in_the_sandbox_it_is_found_on_whatever_port_it_runs(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("PORT", raising=False)
    monkeypatch.setenv("OFFBOARD_DATA_DIRECTORY", str(tmp_path))
    settings = Settings()
    stand_in = SlackStandIn(settings, transport="socket")
    site = FastAPI()
    site.include_router(stand_in.router())
    async with served(site) as address:
        remember_port(settings.model_copy(update={"port": urlsplit(address).port}))
        stand_in.own_url = address
        await stand_in.start()
        done = await run("check")
        await stand_in.stop()
    assert (done.exit_code, "MISSING" in done.output) == (0, False), done.output


def test_the_manifest_is_printed_for_socket_mode() -> None:
    printed = manifest_printed()
    assert printed["settings"]["socket_mode_enabled"] is True
    assert "request_url" not in printed["settings"]["event_subscriptions"]
    assert set(printed["oauth_config"]["scopes"]["bot"]) == scopes()


def test_the_manifest_is_printed_with_addresses_for_http(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OFFBOARD_SLACK_TRANSPORT", SlackTransport.HTTP.value)
    monkeypatch.setenv("OFFBOARD_PUBLIC_URL", "https://assistant.example.com/")
    printed = manifest_printed()
    address = "https://assistant.example.com/slack/events"
    assert printed["settings"]["socket_mode_enabled"] is False
    assert printed["settings"]["event_subscriptions"]["request_url"] == address
    assert printed["settings"]["interactivity"]["request_url"] == address
    assert printed["features"]["slash_commands"][0]["url"] == address


def test_without_a_public_address_there_is_no_manifest_for_http(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("OFFBOARD_SLACK_TRANSPORT", "http")
    done = CliRunner().invoke(application, ["manifest"])
    assert "OFFBOARD_PUBLIC_URL is not set" in str(done.exception)


def test_status_shows_who_waits(monkeypatch: pytest.MonkeyPatch, database: Database) -> None:
    url = database.engine.url.render_as_string(hide_password=False)
    monkeypatch.setenv("OFFBOARD_DATABASE_URL", url)
    assert "Nobody waits" in CliRunner().invoke(application, ["status"]).output
    with database.write() as session:
        number = handoffs.request(session, "1" * 32).number
    done = CliRunner().invoke(application, ["status"])
    assert done.exit_code == 0, done.output
    assert number in done.output
    assert "asked for a person" in done.output
    assert "Asked for a person: 1" in done.output


def manifest_printed() -> dict[str, Any]:
    done = CliRunner().invoke(application, ["manifest"])
    assert done.exit_code == 0, done.output
    printed: dict[str, Any] = YAML(typ="safe").load(done.output)
    return printed
