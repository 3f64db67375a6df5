"""The window in which an agent makes an offer, and the message that asks another to approve it."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from slack_sdk.models.blocks import (
    ActionsBlock,
    Block,
    ButtonElement,
    CheckboxesElement,
    InputBlock,
    NumberInputElement,
    StaticSelectElement,
)
from slack_sdk.models.views import View

from channels.desk.offering import OfferForm
from channels.desk.offers_made import described
from channels.slack.actions import Action
from channels.slack.windows.parts import ASKED, Remembered, notice_view, option, plan_menu
from channels.slack.words import escaped, plain_context, plain_sections
from offboarding.accounts.model import Interval, Plan
from offboarding.offers.bounds import Choice
from offboarding.offers.errors import KIND
from offboarding.offers.model import AgentOffer, OfferKind

TITLE = "Make an offer"
OTHER_FIELDS = "You chose something else after these fields were shown. Nothing was offered yet."
_KINDS = {
    OfferKind.PAUSE: "A pause",
    OfferKind.DISCOUNT: "A discount",
    OfferKind.TRIAL_EXTENSION: "A longer trial",
    OfferKind.SMALLER_PLAN: "The smaller plan",
}
_FIELDS = {"percent": "Percent off", "months": "Months", "days": "Days"}


def offer_view(
    form: OfferForm, kind: str | None, kept: Remembered, notice: str | None = None
) -> View:
    """The window, with the fields that the chosen kind needs; it remembers which those are."""
    menu = plan_menu(form.plans, form.plan, Action.OFFER_PLAN)
    if form.barred is not None and not menu:
        return notice_view(TITLE, form.barred)
    blocks: list[Block] = [*([plain_context(notice)] if notice else []), *menu]
    shown = ""
    if form.barred is not None:
        blocks += plain_sections(form.barred)
    else:
        chosen = next((each for each in form.choices if each.kind == kind), form.choices[0])
        blocks += _fields(form, chosen)
        shown = chosen.kind.value
    return View(
        type="modal",
        callback_id=Action.OFFER_MAKE.value,
        title=TITLE,
        submit="Offer it",
        close="Close",
        private_metadata=replace(kept, plan=form.plan.id, kind=shown).as_text(),
        blocks=blocks,
    )


def block_of(field: str, kind: str | None) -> str:
    """The block that a field of policy is written in; each kind has its own."""
    return f"{field}:{kind}" if field in _FIELDS else field


def approval_message(proposal: AgentOffer) -> dict[str, Any]:
    """Asks another agent: the arguments of the call."""
    text = (
        f"{proposal.agent.full_name} would offer {described(proposal)}. That is above the limit, "
        "so somebody else has to approve it before the customer sees it."
    )
    approve = ButtonElement(
        text="Approve", action_id=Action.OFFER_APPROVE, value=proposal.id, style="primary"
    )
    refuse = ButtonElement(text="Refuse", action_id=Action.OFFER_REFUSE, value=proposal.id)
    blocks = [*plain_sections(text), ActionsBlock(elements=[approve, refuse])]
    return {"text": escaped(text), "blocks": [block.to_dict() for block in blocks]}


def decided_message(sentence: str) -> dict[str, Any]:
    """What was decided: the arguments of the call."""
    blocks = [block.to_dict() for block in plain_sections(sentence)]
    return {"text": escaped(sentence), "blocks": blocks}


def _fields(form: OfferForm, chosen: Choice) -> list[Block]:
    options = {each.kind: option(_KINDS[each.kind], each.kind.value) for each in form.choices}
    kinds = StaticSelectElement(
        action_id=Action.OFFER_KIND.value,
        options=list(options.values()),
        initial_option=options[chosen.kind],
    )
    asked = CheckboxesElement(
        action_id=ASKED, options=[option("The customer asked for this", ASKED)]
    )
    return [
        InputBlock(label="What", block_id=KIND, element=kinds, dispatch_action=True),
        *(_number(chosen, field, most, form.plan.plan) for field, most in chosen.most.items()),
        InputBlock(
            label="Asked for", block_id=ASKED, element=asked, optional=form.only_if_asked is None
        ),
        plain_context(form.only_if_asked or _what_happens(chosen.approval_above)),
    ]


def _number(chosen: Choice, field: str, most: int, plan: Plan) -> InputBlock:
    limit = chosen.approval_above.get(field)
    hint = f"From 1 to {most}."
    if limit is not None and limit < most:
        hint += f" Above {limit} another agent has to approve it."
    if chosen.kind is OfferKind.DISCOUNT and field == "months" and plan.interval is Interval.YEAR:
        hint += f" {plan.name} is paid by the year: the next payment is reduced, for all its year."
    return InputBlock(
        label=_FIELDS[field],
        block_id=block_of(field, chosen.kind.value),
        hint=hint,
        element=NumberInputElement(
            action_id=field, is_decimal_allowed=False, min_value="1", max_value=str(most)
        ),
    )


def _what_happens(limits: Mapping[str, int]) -> str:
    at_once = "They see it in the chat with two buttons, and what they take is done at once."
    return at_once if limits else f"{at_once} Nobody else has to approve it."
