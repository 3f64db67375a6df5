"""What the windows have in common: what they remember, which plan they are about, and reading."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from slack_sdk.models.blocks import InputBlock, StaticSelectElement
from slack_sdk.models.blocks.basic_components import Option
from slack_sdk.models.views import View

from channels.slack.actions import Action
from channels.slack.words import plain_sections, shortened
from offboarding.accounts.model import Subscription

LOADING = "Just a moment …"
ASKED = "asked"
PLAN = "plan"
_LONGEST_OPTION = 75

Body = Mapping[str, Any]


@dataclass(frozen=True)
class Remembered:
    """What a window keeps between opening and sending; Slack gives it back unseen."""

    hand_off: str
    plan: str = ""
    kind: str = ""
    """Of offers: the kind whose fields are shown."""
    key: str = ""
    """Made when it was opened, so that one sent twice is known."""
    seen: str = ""
    """Stands for what was shown."""

    def as_text(self) -> str:
        """As it is kept."""
        return json.dumps(asdict(self))


def remembered(view: Body) -> Remembered:
    """What a window of ours kept."""
    return Remembered(**json.loads(str(view["private_metadata"])))


def notice_view(title: str, sentence: str) -> View:
    """A window that says something, and can only be closed."""
    return View(type="modal", title=title, close="Close", blocks=plain_sections(sentence))


def plan_menu(
    plans: Sequence[Subscription], plan: Subscription, action: Action
) -> list[InputBlock]:
    """The choice among several plans; nothing where there is one."""
    if len(plans) <= 1:
        return []
    options = {each.id: option(each.plan.name, each.id) for each in plans}
    menu = StaticSelectElement(
        action_id=action.value,
        options=list(options.values()),
        initial_option=options.get(plan.id),
    )
    return [InputBlock(label="Plan", block_id=PLAN, element=menu, dispatch_action=True)]


def option(title: str, value: str, *, about: str | None = None) -> Option:
    """One of a menu, perhaps with a line below it."""
    description = shortened(about, _LONGEST_OPTION) if about is not None else None
    return Option(text=shortened(title, _LONGEST_OPTION), value=value, description=description)


def selected(view: Body, block_id: str) -> str | None:
    """What was chosen in a menu, as the window has it now."""
    found = _value(view, block_id).get("selected_option") or {}
    return str(found["value"]) if found.get("value") else None


def ticked(view: Body, block_id: str) -> bool:
    """Whether a box was ticked."""
    return bool(_value(view, block_id).get("selected_options"))


def number(view: Body, block_id: str) -> int | None:
    """A whole number that was written; None for anything else."""
    try:
        return int(str(_value(view, block_id).get("value")))
    except ValueError:
        return None


def _value(view: Body, block_id: str) -> Body:
    """The one element of a block."""
    values = view["state"]["values"].get(block_id) or {}
    return next(iter(values.values()), {})
