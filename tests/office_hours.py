"""A policy whose teams all go home, whatever the shipped one says."""

import shutil
from datetime import UTC, datetime
from pathlib import Path

from ruamel.yaml import YAML

from offboarding.settings import REPOSITORY

TUESDAY_MORNING = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
"""Every team is there."""
SUNDAY = datetime(2026, 11, 29, 9, 0, tzinfo=UTC)
"""No team is there; all are again on Monday at eight o'clock in Berlin."""


def with_office_hours(folder: Path) -> Path:
    """A copy of the shipped policy, in this folder, in which every team has office hours."""
    copied = shutil.copytree(REPOSITORY / "policy", folder / "policy")
    yaml = YAML()
    file = copied / "routing.yml"
    routing = yaml.load(file.read_text(encoding="utf-8"))
    for team in routing["teams"].values():
        team["time_zone"] = "Europe/Berlin"
        team["hours"] = {"monday-friday": "08:00-20:00"}
    with file.open("w", encoding="utf-8") as written:
        yaml.dump(routing, written)
    return copied
