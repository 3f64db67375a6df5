"""Every text of domain.yml names only values that somebody fills."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

DOMAIN = Path(__file__).parents[2] / "domain.yml"
KNOWN = {
    "first",
    "second",
    "company_name",
    "support_email",
    "plan",
    "ends_on",
    "content_until",
    "invoices_until_year",
    "invoices_because",
    "refund",
    "spared_amount",
    "spared_on",
    "case_number",
    "receipt_url",
    "email",
    "last_amount",
    "last_on",
    "next_amount",
    "next_on",
    "starts_on",
    "offer_ends_on",
    "price",
    "offer_price",
    "percent",
    "offer_plan_name",
    "account_manager",
    "interval",
    "attempts_left",
    "first_name",
    "years",
    "number",
    "file_name",
    "size",
    "expires_on",
    "export_url",
}
"""The names in actions/values.py, and those that actions give beside them."""


def texts(node: Any, place: str) -> Iterator[tuple[str, str]]:
    if isinstance(node, str):
        yield place, node
    elif isinstance(node, dict):
        for name, part in node.items():
            yield from texts(part, f"{place}.{name}")
    elif isinstance(node, list):
        for number, part in enumerate(node):
            yield from texts(part, f"{place}[{number}]")


def test_no_text_names_a_value_that_nobody_fills() -> None:
    responses = YAML(typ="safe").load(DOMAIN.read_text(encoding="utf-8"))["responses"]
    unknown = [
        f"{place}: {{{name}}} is not one of {sorted(KNOWN)}"
        for place, text in texts(responses, "")
        if not place.endswith(".payload")
        for name in re.findall(r"\{([^{}]*)\}", text)
        if name not in KNOWN
    ]
    assert not unknown, "\n".join(unknown)
