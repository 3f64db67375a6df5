"""axe-core on an open page. The file comes with the widget's npm packages (tools/node.py)."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from playwright.sync_api import Page

AXE = Path(__file__).parents[2] / "channels/web/widget/node_modules/axe-core/axe.min.js"
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
TAGS = [*WCAG, "best-practice"]


def judge(page: Page, name: str, tags: Sequence[str] = TAGS) -> list[str]:
    """What axe calls wrong on the page. What it cannot decide is printed, for people to decide.

    Frames are pages of their own: judge them when they are opened alone.
    """
    assert AXE.exists(), "axe-core is missing: `tools/python -m tools.node` installs it"
    # A browser paints nothing before its style sheets are there, but answers scripts before.
    page.wait_for_load_state()
    # Nothing moves while it is judged: what is half faded in has half its contrast.
    page.emulate_media(reduced_motion="reduce")
    # Through the debugger's door: a strict policy would refuse an injected script.
    page.evaluate(AXE.read_text("utf-8"))
    options: dict[str, Any] = {"runOnly": tags, "iframes": False}
    if page.evaluate("matchMedia('(forced-colors: active)').matches"):
        # Then the reader's own colours are used, while axe reads those of the style sheet.
        options["rules"] = {"color-contrast": {"enabled": False}}
    found: dict[str, Any] = page.evaluate("(options) => axe.run(document, options)", options)
    for finding in _sentences(found["incomplete"]):
        sys.stdout.write(f"{name}: axe cannot decide: {finding}\n")
    assert found["passes"], "axe has looked at nothing"
    return [f"{name}: {finding}" for finding in _sentences(found["violations"])]


def _sentences(findings: list[dict[str, Any]]) -> list[str]:
    return [
        f"{finding['id']} ({finding['impact']}) at {_place(node['target'])}: "
        f"{' '.join(str(node['failureSummary']).split())}"
        for finding in findings
        for node in finding["nodes"]
    ]


def _place(target: list[Any]) -> str:
    """A selector; those inside a shadow tree are lists of selectors."""
    return " ".join(" >> ".join(each) if isinstance(each, list) else str(each) for each in target)
