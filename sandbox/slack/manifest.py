"""What the app may do and hear, read from the manifest that real workspaces are given."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from offboarding.settings import REPOSITORY

MANIFEST = REPOSITORY / "channels" / "slack" / "manifest.yml"


@dataclass(frozen=True)
class Manifest:
    """What is missing there is missing here too, and is noticed before it is in Slack."""

    scopes: frozenset[str]
    events: frozenset[str]
    """As events name themselves: `message`, not `message.channels`."""
    commands: tuple[str, ...]


def read_manifest(path: Path = MANIFEST) -> Manifest:
    """The manifest in a file."""
    content: dict[str, Any] = YAML(typ="safe").load(path.read_text("utf-8"))
    subscriptions = content["settings"]["event_subscriptions"]["bot_events"]
    return Manifest(
        scopes=frozenset(content["oauth_config"]["scopes"]["bot"]),
        events=frozenset(each.partition(".")[0] for each in subscriptions),
        commands=tuple(each["command"] for each in content["features"]["slash_commands"]),
    )
