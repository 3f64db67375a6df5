"""The window in which an agent cancels for the customer: just what will happen, and a box."""

from slack_sdk.models.blocks import (
    Block,
    CheckboxesElement,
    InputBlock,
    PlainTextObject,
    SectionBlock,
)
from slack_sdk.models.views import View

from channels.desk.cancelling import CancelForm
from channels.slack.actions import Action
from channels.slack.windows.parts import ASKED, Remembered, option, plan_menu
from channels.slack.words import plain_context, shortened

TITLE = "Cancel for the customer"
OTHER_PLAN = (
    "You chose this plan after you were shown another. Nothing was cancelled; please read this."
)
CHANGED = "Something about this plan has changed, so nothing was cancelled. This is how it is now."
_LONGEST_ROW = 3000


def cancel_view(form: CancelForm, kept: Remembered, notice: str | None = None) -> View:
    """The window. What is ticked counts for this plan and these terms only."""
    asked = CheckboxesElement(
        action_id=ASKED, options=[option("The customer has asked for this here", ASKED)]
    )
    blocks: list[Block] = [
        *([plain_context(notice)] if notice else []),
        *plan_menu(form.plans, form.plan, Action.CANCEL_PLAN),
        *(_row(label, value) for label, value in form.rows),
        InputBlock(label="Asked for", block_id=asked_block(form), element=asked),
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


def asked_block(form: CancelForm) -> str:
    """The block of the box."""
    return block_of(form.seen)


def block_of(seen: str) -> str:
    """The block of the box beneath what stands for `seen`."""
    return f"{ASKED}:{seen}"


def _row(label: str, value: str) -> SectionBlock:
    text = shortened(f"{label}: {value}", _LONGEST_ROW)
    return SectionBlock(text=PlainTextObject(text=text, emoji=False))
