"""`offboard slack`: connects a workspace, says what is missing, and who waits for a person."""

import asyncio
from typing import Annotated
from zoneinfo import ZoneInfo

import typer
from pydantic import SecretStr
from rich.table import Table

from channels.findings import Finding
from channels.slack.card import CAUSES, duration
from channels.slack.check import check as look
from channels.slack.connection import SlackConnection, connection_of
from channels.slack.manifest import as_text
from channels.slack.manifest import manifest as manifest_for
from channels.slack.rows import number_lines
from channels.slack.shelf import FOLDER
from offboard.configuration import load_settings, settings_beside_it
from offboard.console import notice, output
from offboard.opening import reading
from offboarding.errors import ConfigurationError, PolicyError
from offboarding.handoffs import overview
from offboarding.handoffs.suggestions import SuggestionPolicy
from offboarding.policies.reading import read_policy
from offboarding.policies.routing import RoutingPolicy
from offboarding.policies.store import Policies
from offboarding.practice.reading import load_scenarios
from offboarding.settings import Settings, SlackTransport
from sandbox.slack.credentials import credentials

application = typer.Typer(
    no_args_is_help=True, help="Connect a Slack workspace, and see what is missing."
)


@application.callback()
def describe() -> None:
    """Connect a Slack workspace, and see what is missing."""


@application.command()
def manifest() -> None:
    """Print the Slack app's manifest for the transport that is set, to be pasted into Slack."""
    settings = load_settings()
    if settings.slack_transport is SlackTransport.HTTP and not settings.public_url:
        raise ConfigurationError(
            "OFFBOARD_PUBLIC_URL is not set, but with OFFBOARD_SLACK_TRANSPORT=http Slack calls us "
            "there. Set it to the application's https address."
        )
    content = manifest_for(settings.slack_transport, settings.public_url)
    output.print(as_text(content), markup=False, end="")


@application.command()
def check(
    *,
    join: Annotated[
        bool, typer.Option("--join", help="Have the bot join public channels it is missing in.")
    ] = False,
) -> None:
    """Look at token, scopes, transport, channels and files; what is missing, with its mend."""
    settings = settings_beside_it()
    policy = Policies(settings.policy_directory).routing
    if settings.desk_in_sandbox:
        notice(
            "The sandbox's stand-in for Slack is used: nothing has to be connected, and it answers "
            "while `make run` runs. A bot token in OFFBOARD_SLACK_BOT_TOKEN connects a workspace."
        )
    findings = asyncio.run(_findings(_connection(settings), policy, join=join))
    findings += _files(settings)
    for finding in findings:
        mark = "ok     " if finding.good else "MISSING"
        output.print(f"{mark} {finding.subject}: {finding.sentence}", markup=False)
    if not all(finding.good for finding in findings):
        raise typer.Exit(1)


@application.command()
def status() -> None:
    """Who waits for a person, who talks with whom, and how today went (UTC)."""
    with reading(load_settings()) as session:
        table = Table("Number", "State", "Team", "Because", "Waited", "Agent", box=None)
        for each in (*overview.waiting(session), *overview.claimed(session)):
            table.add_row(
                each.number,
                each.state.value,
                each.team or "",
                CAUSES[each.cause],
                duration(overview.waited(each)),
                each.agent.full_name if each.agent is not None else "",
            )
        if table.row_count:
            output.print(table)
        else:
            output.print("Nobody waits, and nobody is talked with.")
        for line in number_lines(overview.numbers(session, ZoneInfo("UTC"))):
            output.print(line, markup=False)


async def _findings(
    connection: SlackConnection, policy: RoutingPolicy, *, join: bool
) -> list[Finding]:
    return await look(connection, connection.client(), policy, join=join)


def _files(settings: Settings) -> list[Finding]:
    """What agents use beside policy/routing.yml: suggested replies, and practice."""
    wrong: dict[str, list[str]] = {"Suggestions": [], "Practice": []}
    try:
        read_policy(settings.policy_directory / "suggestions.yml", SuggestionPolicy)
    except PolicyError as error:
        wrong["Suggestions"].append(error.sentence)
    try:
        wrong["Practice"] += load_scenarios(FOLDER).problems
    except PolicyError as error:
        wrong["Practice"].append(error.sentence)
    return [
        Finding(name, good=not sentences, sentence=" ".join(sentences) or "good")
        for name, sentences in wrong.items()
    ]


def _connection(settings: Settings) -> SlackConnection:
    """To the workspace, or to the stand-in. Raises ConfigurationError when a token is missing."""
    if not settings.desk_in_sandbox:
        return connection_of(settings)
    known = credentials(settings)
    return connection_of(
        settings.model_copy(
            update={
                "slack_bot_token": SecretStr(known.bot_token),
                "slack_app_token": SecretStr(known.app_token),
                "slack_signing_secret": SecretStr(known.signing_secret),
                "slack_api_url": known.api_url,
            }
        )
    )
