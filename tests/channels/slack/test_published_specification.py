"""What we send to Slack, and what our stand-in takes, held against Slack's own specification.

It is of 2020, and Prism reads it: every method has to be one of Slack's, and to have all that Slack
requires. What has come since is listed here by name.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from channels.slack.check import check
from channels.slack.connection import SlackConnection
from offboarding.policies.store import Policies
from offboarding.settings import Settings, SlackTransport
from sandbox.slack.api.routes import METHODS
from sandbox.slack.credentials import API_PATH, credentials
from sandbox.slack.model import Json
from sandbox.slack.server import SlackStandIn
from tests.channels.slack.desk_day import everything_that_happens, let_the_leads_be_told
from tests.channels.slack.desk_house import SUPPORT, DeskHouse, Opening
from tests.channels.slack.desk_policies import policies_in
from tests.channels.slack.overheard import OverheardSlack, Sent, overheard_slack
from tests.channels.slack.test_commands import methods_called
from tests.prism import played, specification

FILE = "slack_web_2020_converted.json"
ORIGIN = (
    "web-api/slack_web_openapi_v2.json of github.com/slackapi/slack-api-specs (MIT), converted to "
    "OpenAPI 3 with POST for every method, JSON and form bodies, and a bearer token"
)
NEWER_METHODS = {"apps.connections.open": "Socket Mode is of January 2021"}
NEWER_ARGUMENTS = {
    "metadata": "messages have had metadata since 2022",
    "include_all_metadata": "and are read with it since then",
    "team_id": "Bolt names the workspace, for apps of a whole organisation",
}


@dataclass(frozen=True)
class Published:
    """What the specification says of each method."""

    bodies: dict[str, Json]

    def __contains__(self, method: str) -> bool:
        return method in self.bodies

    def arguments(self, method: str) -> set[str]:
        return set(self.bodies[method]["properties"])

    def required(self, method: str) -> list[str]:
        return list(self.bodies[method].get("required", ()))


@pytest.fixture(scope="module")
def published() -> Published:
    paths = json.loads(specification(FILE, ORIGIN).read_text("utf-8"))["paths"]
    return Published(
        {
            path.removeprefix("/"): each["post"]["requestBody"]["content"]["application/json"][
                "schema"
            ]
            for path, each in paths.items()
        }
    )


@pytest.fixture(scope="module")
def prism(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a Slack that knows nothing but the specification."""
    log = tmp_path_factory.mktemp("prism") / "prism.log"
    with played(specification(FILE, ORIGIN), log) as address:
        yield address


def connection(api_url: str, settings: Settings) -> SlackConnection:
    """Our application's own way to a Slack at this address."""
    known = credentials(settings)
    return SlackConnection(
        api_url, SlackTransport.SOCKET, known.bot_token, known.app_token, known.signing_secret
    )


@pytest.fixture
def to_prism(prism: str, desk_settings: Settings) -> AsyncWebClient:
    return connection(prism, desk_settings).client()


@pytest.fixture
def desk_policies(tmp_path: Path) -> Policies:
    """Some that can be changed."""
    return policies_in(tmp_path / "policy")


only_sqlite = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
"""What is sent is the same whatever it was kept in."""


@only_sqlite
@pytest.mark.parametrize("transport", [SlackTransport.SOCKET])
async def test_everything_that_the_desk_sends_is_as_slack_has_published_it(
    opening: Opening,
    desk_settings: Settings,
    tmp_path: Path,
    published: Published,
    to_prism: AsyncWebClient,
) -> None:
    let_the_leads_be_told(tmp_path / "policy" / "routing.yml")
    async with overheard_slack(desk_settings) as overheard:
        async with opening(slack=overheard.slack) as house:
            await everything_that_happens(house)
        await look_as_an_operator(overheard, desk_settings, house)
    assert methods_called() <= overheard.methods(), "the story leaves something out"
    known = [each for each in overheard.sent if each.method not in NEWER_METHODS]
    assert [each.method for each in known if each.method not in published] == []
    assert misnamed(known, published) == {}
    assert [refused for each in known if (refused := await refusal(each, to_prism))] == []


@only_sqlite
async def test_what_is_wrong_is_noticed(to_prism: AsyncWebClient, prism: str) -> None:
    """So that the test above can fail."""
    text = {"text": "Hello"}
    for as_json in (True, False):
        status, why = await refusal(Sent("chat.postMessage", text, as_json), to_prism) or (0, "")
        assert (status, "channel" in why) == (422, True)
    where = {"channel": "C0SUPPORT", **text}
    assert await refusal(Sent("chat.postMessage", where, as_json=True), to_prism) is None
    stranger = AsyncWebClient(base_url=prism)
    assert (await refusal(Sent("auth.test", {}, as_json=False), stranger) or ())[:1] == (401,)
    unheard_of = Sent("chat.postPostcard", where, as_json=True)
    assert (await refusal(unheard_of, to_prism) or ())[:1] == (404,)


def test_what_is_listed_as_newer_is_not_in_the_specification(published: Published) -> None:
    assert [method for method in NEWER_METHODS if method in published] == []
    taken = {name for each in METHODS if each in published for name in published.arguments(each)}
    assert NEWER_ARGUMENTS.keys() & taken == set()


def test_the_stand_in_has_no_method_that_slack_has_not(published: Published) -> None:
    assert [each for each in METHODS if each not in published and each not in NEWER_METHODS] == []


@only_sqlite
async def test_the_stand_in_requires_what_slack_requires(
    slack: SlackStandIn, published: Published
) -> None:
    slack.workspace.scopes |= {each.scope for each in METHODS.values()}
    client = connection(slack.own_url + API_PATH, slack.settings).client()
    lenient, strict = [], []
    for method in filter(published.__contains__, METHODS):
        for missing in published.required(method):
            arguments = complete(slack, method, published.arguments(method))
            del arguments[missing]
            if await refusal(Sent(method, arguments, as_json=True), client) is None:
                lenient.append(f"{method} without {missing}")
        if published.required(method):
            whole = Sent(method, complete(slack, method, published.arguments(method)), as_json=True)
            strict += [refused] if (refused := await refusal(whole, client)) else []
    assert lenient == []
    assert strict == [], "with everything there each is taken, so each was refused for what lacked"


async def refusal(sent: Sent, client: AsyncWebClient) -> tuple[int, str] | None:
    """The status and the reason with which it is refused; None where it is taken."""
    try:
        answer = await sent.again(client)
    except SlackApiError as error:
        answer = error.response
        violations = answer.headers.get("sl-violations") or answer.data
        return answer.status_code, f"{sent.method}: {violations}"
    return None if answer.status_code == 200 else (answer.status_code, sent.method)


def misnamed(sent: list[Sent], published: Published) -> dict[str, set[str]]:
    """Arguments that no method of that name has: Slack would pass over them in silence."""
    found: dict[str, set[str]] = {}
    for each in sent:
        names = each.arguments.keys() - published.arguments(each.method) - NEWER_ARGUMENTS.keys()
        if names:
            found.setdefault(each.method, set()).update(names)
    return found


def complete(slack: SlackStandIn, method: str, wanted: set[str]) -> dict[str, Any]:
    """Arguments with which the stand-in carries this method out."""
    workspace = slack.workspace
    channel, sam = workspace.channel(SUPPORT), workspace.user("Sam")
    message = workspace.post(channel, workspace.user("offboarding").id, "Hello")
    title = {"type": "plain_text", "text": "Hello"}
    blocks = [{"type": "section", "text": title}]
    home = method == "views.publish"
    known = {
        "channel": channel.id,
        **dict.fromkeys(("ts", "message_ts", "timestamp"), message.ts),
        **dict.fromkeys(("user", "user_id"), sam.id),
        "email": sam.email,
        "name": "eyes",
        "text": "Hello again",
        "trigger_id": workspace.views.trigger(sam.id),
        "view": {"type": "home" if home else "modal", "title": title, "blocks": blocks},
    }
    if method == "reactions.remove":
        workspace.react(message, message.user, "eyes")
    return {name: value for name, value in known.items() if name in wanted}


async def look_as_an_operator(
    overheard: OverheardSlack, settings: Settings, house: DeskHouse
) -> None:
    """`offboard slack check --join`."""
    overheard.slack.faults.remove_bot("offboarding-billing")
    ours = connection(overheard.slack.own_url + API_PATH, settings)
    findings = await check(ours, ours.client(), house.policies.routing, join=True)
    assert [each.sentence for each in findings if not each.good] == []
