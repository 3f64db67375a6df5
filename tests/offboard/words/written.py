"""Texts for the linter, written by a test, and what it finds in them."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from offboard.words.check import Check, check
from offboard.words.domain import DomainFile
from offboard.words.house import House
from offboard.words.texts import Response

HOUSE = House.model_validate(
    {
        "said_often": [{"because": "a courtesy", "responses": ["utter_often"]}],
        "says_machine": ["utter_welcome"],
        "in_other_languages": ["utter_language_*"],
        "sms_may_leave_out": {"email": "they know it"},
        "values": {
            "plan": "Pro yearly",
            "ends_on": "14 December 2026",
            "offer_price": "€108.00",
            "email": "maya@example.com",
        },
    }
)
ALWAYS = {
    "utter_welcome": [{"text": "Hello. I'm an automated assistant."}],
    "utter_often": [{"text": "Right."}, {"text": "Fine."}, {"text": "Done."}],
}
"""What HOUSE asks for, so that nothing is found beside what a test writes."""

INTENTS = [
    "accept_offer",
    "affirm",
    "cancel",
    "change_plan",
    "choose_option",
    "decline_offer",
    "deny",
    "human",
    "keep_subscription",
    "pause",
    "skip",
]

Said = str | Mapping[str, Any] | Sequence[Mapping[str, Any]]


def find(
    folder: Path, said: Said, *, name: str = "utter_something", others: Sequence[Response] = ()
) -> Check:
    """What is found when a response says this: a text, a form, or several forms."""
    forms = [{"text": said}] if isinstance(said, str) else said
    forms = [forms] if isinstance(forms, Mapping) else forms
    responses = {**ALWAYS, name: [*forms]}
    written = json.dumps({"intents": INTENTS, "responses": responses}, ensure_ascii=False, indent=1)
    return check_source(folder, written, others=others)


def check_source(folder: Path, source: str, *, others: Sequence[Response] = ()) -> Check:
    """What is found in a domain.yml of this content."""
    path = folder / "domain.yml"
    path.write_text(source, encoding="utf-8")
    return check(DomainFile(path), others, HOUSE)


def names(found: Check) -> set[str]:
    """The rules that are broken."""
    return {finding.rule.name for finding in found.findings}


def buttons(*pressed: str) -> list[dict[str, str]]:
    """Buttons written as "Title /payload"."""
    return [
        {"title": title, "payload": f"/{payload}"}
        for title, _, payload in (each.rpartition(" /") for each in pressed)
    ]
