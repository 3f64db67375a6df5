"""Whether a workspace is connected as it should be: token, scopes, transport, channels."""

from collections.abc import AsyncIterator, Mapping
from typing import Any

from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from channels.findings import Finding
from channels.slack.connection import SlackConnection
from channels.slack.manifest import scopes
from offboarding.handoffs.teams import escalation_channel
from offboarding.policies.routing import RoutingPolicy
from offboarding.settings import SlackTransport

_PAGE = 200
_TOKEN_MENDS = {
    "invalid_auth": "Copy it anew from OAuth & Permissions of the Slack app.",
    "not_authed": "Copy it from OAuth & Permissions of the Slack app.",
    "account_inactive": "The app was removed from the workspace: install it again.",
    "token_revoked": "Install the app again, and copy the new token.",
    "token_expired": "Turn token rotation off in the app, and install it again.",
    "not_allowed_token_type": "It has to be the bot's token, which begins with xoxb-.",
}
_REINSTALL = (
    "Paste the manifest of `offboard slack manifest` into the Slack app (App Manifest), and "
    "install the app again: only that gives it new scopes."
)

Found = Mapping[str, Any]


async def check(
    connection: SlackConnection,
    client: AsyncWebClient,
    policy: RoutingPolicy,
    *,
    join: bool = False,
) -> list[Finding]:
    """Look at everything, in the order in which it has to be mended.

    With `join` the bot goes into the public channels where it is missing.
    """
    token, granted = await _token(client)
    if not token.good:
        return [token]
    transport = await _transport(connection, client)
    channels = [each async for each in _channels(client, policy, join=join)]
    return [token, _scopes(granted), transport, *channels]


async def _token(client: AsyncWebClient) -> tuple[Finding, frozenset[str]]:
    """Whether the bot's token is taken, and what it allows."""
    name = "Bot token"
    try:
        answer = await client.auth_test()
    except SlackApiError as error:
        word = _word(error)
        mend = _TOKEN_MENDS.get(
            word, "Look at OFFBOARD_SLACK_BOT_TOKEN and OFFBOARD_SLACK_API_URL."
        )
        return Finding(name, good=False, sentence=f"Slack refuses it ({word}). {mend}"), frozenset()
    except Exception as error:  # noqa: BLE001 (whatever a connection does)
        sentence = (
            f"Slack does not answer at {client.base_url} ({type(error).__name__}). Check the "
            "network, a proxy, and OFFBOARD_SLACK_API_URL."
        )
        return Finding(name, good=False, sentence=sentence), frozenset()
    if not answer.get("bot_id"):
        sentence = "It is a person's token. Copy the bot's, which begins with xoxb-."
        return Finding(name, good=False, sentence=sentence), frozenset()
    granted = frozenset(
        each.strip() for each in str(_header(answer.headers, "x-oauth-scopes")).split(",")
    )
    return Finding(name, good=True, sentence=f"good, in {answer.get('team')}"), granted


def _scopes(granted: frozenset[str]) -> Finding:
    missing = sorted(scopes() - granted)
    if not missing:
        return Finding("Scopes", good=True, sentence="all there")
    return Finding(
        "Scopes", good=False, sentence=f"These are missing: {', '.join(missing)}. {_REINSTALL}"
    )


async def _transport(connection: SlackConnection, client: AsyncWebClient) -> Finding:
    """Whether Slack can reach us, as far as that can be known from here."""
    if connection.transport is SlackTransport.HTTP:
        return Finding("Signing secret", good=True, sentence="set; Slack calls us over HTTP")
    name = "App token"
    try:
        await client.apps_connections_open(app_token=connection.app_token)
    except SlackApiError as error:
        return Finding(
            name,
            good=False,
            sentence=f"Slack refuses it ({_word(error)}). It begins with xapp- and needs the scope "
            "connections:write: Basic Information, App-Level Tokens. Socket Mode has to be on.",
        )
    return Finding(name, good=True, sentence="good; Socket Mode")


async def _channels(
    client: AsyncWebClient, policy: RoutingPolicy, *, join: bool
) -> AsyncIterator[Finding]:
    try:
        known = await _all(client)
    except SlackApiError as error:
        yield Finding(
            "Channels", good=False, sentence=f"Slack does not list them ({_word(error)})."
        )
        return
    for channel, wanted_by in _wanted(policy).items():
        found = known.get(channel)
        if join and found is not None and not (found["is_member"] or found["is_archived"]):
            found = await _joined(client, found)
        yield _channel(channel, wanted_by, found)


def _wanted(policy: RoutingPolicy) -> dict[str, str]:
    """Every channel that policy/routing.yml names, and whom it is for."""
    wanted: dict[str, str] = {}
    for key, team in policy.teams.items():
        wanted[team.channel] = ", ".join(
            filter(None, (wanted.get(team.channel), f"the team {key}"))
        )
    for key, team in policy.teams.items():
        escalation = escalation_channel(policy, team)
        if escalation is not None and escalation not in wanted:
            wanted[escalation] = f"what nobody of the team {key} took"
    return wanted


def _channel(channel: str, wanted_by: str, found: Found | None) -> Finding:
    if found is None:
        return Finding(
            channel,
            good=False,
            sentence=f"There is no such channel, but policy/routing.yml names it for {wanted_by}. "
            "Make it in Slack, or name another one. A private one is seen only once the bot is in "
            "it: /invite the app there.",
        )
    if found["is_archived"]:
        return Finding(
            channel,
            good=False,
            sentence=f"It is archived, but policy/routing.yml names it for {wanted_by}. Unarchive "
            "it in Slack, or name another one.",
        )
    if not found["is_member"]:
        return Finding(
            channel,
            good=False,
            sentence="The bot is no member, so that nothing can be posted there. Write "
            "/invite and the app's name in it, or run `offboard slack check --join`.",
        )
    return Finding(channel, good=True, sentence=f"good, for {wanted_by}")


async def _joined(client: AsyncWebClient, found: Found) -> Found:
    """The channel once the bot is in it; as it was when it can't go there."""
    try:
        await client.conversations_join(channel=str(found["id"]))
    except SlackApiError:
        return found
    return {**found, "is_member": True}


async def _all(client: AsyncWebClient) -> dict[str, Found]:
    """Every channel that can be seen, by #name and by id. Raises SlackApiError."""
    known: dict[str, Found] = {}
    cursor = ""
    while True:
        answer = await client.conversations_list(
            limit=_PAGE, cursor=cursor, types="public_channel,private_channel"
        )
        for channel in answer.get("channels") or ():
            found = {
                "id": channel["id"],
                "is_member": bool(channel.get("is_member")),
                "is_archived": bool(channel.get("is_archived")),
            }
            known[f"#{channel['name']}"] = known[str(channel["id"])] = found
        cursor = (answer.get("response_metadata") or {}).get("next_cursor") or ""
        if not cursor:
            return known


def _header(headers: Mapping[str, Any], name: str) -> str:
    """A header, however it is spelt."""
    return next((str(value) for key, value in headers.items() if key.lower() == name), "")


def _word(error: SlackApiError) -> str:
    return str(error.response.get("error") or "unknown")
