"""The Slack app's manifest, for the transport that is set."""

from io import StringIO
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from channels.slack.routes import PATH
from offboarding.settings import SlackTransport

FILE = Path(__file__).parent / "manifest.yml"


def manifest(transport: SlackTransport, public_url: str) -> dict[str, Any]:
    """The manifest with everything that Slack asks for; its remarks are kept."""
    content: dict[str, Any] = YAML().load(FILE.read_text("utf-8"))
    if transport is SlackTransport.HTTP:
        address = public_url.rstrip("/") + PATH
        settings = content["settings"]
        settings["socket_mode_enabled"] = False
        settings["event_subscriptions"]["request_url"] = address
        settings["interactivity"]["request_url"] = address
        for command in content["features"]["slash_commands"]:
            command["url"] = address
    return content


def as_text(content: dict[str, Any]) -> str:
    """The manifest as one pastes it."""
    yaml = YAML()
    yaml.indent(mapping=2, sequence=4, offset=2)
    yaml.width = 120
    text = StringIO()
    yaml.dump(content, text)
    return text.getvalue()


def scopes() -> frozenset[str]:
    """What the bot's token must be allowed."""
    content = manifest(SlackTransport.SOCKET, "")
    return frozenset(content["oauth_config"]["scopes"]["bot"])
