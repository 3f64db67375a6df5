"""The window in which an agent cancels for the customer: just what will happen, and a box.

Where there are two ways to leave, both, and a choice of one.
"""

from collections.abc import Sequence

from slack_sdk.models.blocks import (
    Block,
    CheckboxesElement,
    HeaderBlock,
    InputBlock,
    PlainTextObject,
    RadioButtonsElement,
    SectionBlock,
)
from slack_sdk.models.views import View

from channels.desk.cancelling import CancelForm, CancelWay
from channels.slack.actions import Action
from channels.slack.windows.parts import ASKED, Body, Remembered, option, plan_menu, selected
from channels.slack.words import plain_context, shortened

TITLE = "Cancel for the customer"
OTHER_PLAN = (
    "You chose this plan after you were shown another. Nothing was cancelled; please read this."
)
CHANGED = "Something about this plan has changed, so nothing was cancelled. This is how it is now."
WAY = "way"
_CHOSEN = "The customer has said that they want it to run out."
_LONGEST_ROW = 3000
_LONGEST_HEADER = 150


def cancel_view(form: CancelForm, kept: Remembered, notice: str | None = None) -> View:
    """The window. What is ticked counts for this plan and these terms only."""
    shown = seen_in(form)
    asked = CheckboxesElement(
        action_id=ASKED, options=[option("The customer has asked for this here", ASKED)]
    )
    blocks: list[Block] = [
        *([plain_context(notice)] if notice else []),
        *plan_menu(form.plans, form.plan, Action.CANCEL_PLAN),
        *(_both(form.ways, way_block(shown)) if len(form.ways) > 1 else _rows(form.ways[0])),
        InputBlock(label="Asked for", block_id=block_of(shown), element=asked),
        plain_context("They get the receipt in the chat and by mail."),
    ]
    return View(
        type="modal",
        callback_id=Action.CANCEL_CONFIRM.value,
        title=TITLE,
        submit="Cancel the plan",
        close="Close",
        private_metadata=kept.as_text(),
        blocks=blocks,
    )


def seen_in(form: CancelForm) -> str:
    """Stands for all that the window shows: the marks of its ways."""
    return " ".join(each.seen for each in form.ways)


def block_of(seen: str) -> str:
    """The block of the box beneath what stands for `seen`."""
    return f"{ASKED}:{seen}"


def way_block(seen: str) -> str:
    """The block of the choice between two ways; there is none where there is one."""
    return f"{WAY}:{seen}"


def way_taken(view: Body, seen: str) -> str | None:
    """The mark of the way that is chosen, or of the only one; None where none of two is."""
    return selected(view, way_block(seen)) or (None if " " in seen else seen)


def _both(ways: Sequence[CancelWay], block: str) -> list[Block]:
    """What each would mean, and below it the choice; theirs is made already."""
    blocks: list[Block] = []
    for each in ways:
        title = shortened(each.way.label, _LONGEST_HEADER)
        blocks += [HeaderBlock(text=PlainTextObject(text=title, emoji=False)), *_rows(each)]
    options = {each.seen: option(each.way.label, each.seen, about=each.way.undo) for each in ways}
    chosen = next((each.seen for each in ways if each.way.chosen), "")
    radio = RadioButtonsElement(
        action_id=WAY, options=list(options.values()), initial_option=options.get(chosen)
    )
    blocks.append(InputBlock(label="How shall it end?", block_id=block, element=radio))
    return [*blocks, plain_context(_CHOSEN)] if chosen else blocks


def _rows(each: CancelWay) -> list[Block]:
    return [_row(label, value) for label, value in each.rows]


def _row(label: str, value: str) -> SectionBlock:
    text = shortened(f"{label}: {value}", _LONGEST_ROW)
    return SectionBlock(text=PlainTextObject(text=text, emoji=False))
