"""The card of a hand-off: the first message of its thread, rewritten whenever something changes."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from slack_sdk.models.blocks import (
    ActionsBlock,
    Block,
    ButtonElement,
    ConfirmObject,
    HeaderBlock,
    MarkdownTextObject,
    OverflowMenuElement,
    PlainTextObject,
    SectionBlock,
    TextObject,
)
from slack_sdk.models.blocks.basic_components import Option

from channels.desk.verified import HOW_TO_VERIFY
from channels.slack.actions import Action
from channels.slack.facts import DeskFacts
from channels.slack.words import (
    escaped,
    plain_context,
    shortened,
    time_by_the_readers_clock,
)
from offboarding.handoffs.causes import HandOffCause
from offboarding.handoffs.overview import waited
from offboarding.handoffs.states import HandOffState

CAUSES = {
    HandOffCause.CUSTOMER_ASKED: "asked for a person",
    HandOffCause.NOT_UNDERSTOOD: "was not understood twice",
    HandOffCause.ANGER: "is angry",
    HandOffCause.DANGER: "is not safe from somebody",
    HandOffCause.BEREAVEMENT: "writes about a death",
    HandOffCause.HARDSHIP: "is in hardship",
    HandOffCause.FRAUD: "fears fraud",
    HandOffCause.DISPUTED_CHARGE: "disputes a charge",
    HandOffCause.LEGAL_THREAT: "speaks of the law",
    HandOffCause.WITHDRAWAL: "withdraws from the contract",
    HandOffCause.BEYOND_POLICY: "asks for more than policy has",
    HandOffCause.VALUABLE_ACCOUNT: "has a large account",
    HandOffCause.ACCOUNT_MANAGER: "has an account manager",
    HandOffCause.FAILED_STEP: "was let down by a failed step",
    HandOffCause.TEXTS_BLOCKED: "can't be texted any more, and has no address on file",
}
_VERIFIED = "Verified"
_LONGEST_FIELD = 500
_MOST_FIELDS = 10
"""As many as one section of Slack's may have."""


def card(facts: DeskFacts) -> dict[str, Any]:
    """The card as it is now: the arguments of the call."""
    title = f"{_name(facts)} {CAUSES[facts.hand_off.cause]}"
    blocks: list[Block] = [
        HeaderBlock(text=PlainTextObject(text=shortened(title, 150), emoji=False)),
        *_sections(_fields(facts)),
        *([_note(facts)] if facts.hand_off.note else []),
        plain_context(_standing(facts)),
        *([plain_context(HOW_TO_VERIFY)] if _has_to_be_verified(facts) else []),
        *_buttons(facts),
    ]
    return {
        "text": escaped(f"{title}: {_standing(facts)}"),
        "blocks": [block.to_dict() for block in blocks],
    }


def duration(time: timedelta) -> str:
    """A waiting time in words: 45 s, 3 min, 2 h 5 min."""
    seconds = int(time.total_seconds())
    if seconds < 90:
        return f"{seconds} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"


def one_line(text: str) -> str:
    """The text without a break, so that nobody's words can look like another row."""
    return " ".join(text.split())


def _name(facts: DeskFacts) -> str:
    return one_line(facts.customer.full_name) if facts.customer is not None else "Somebody unknown"


def _fields(facts: DeskFacts) -> list[TextObject]:
    return [
        # Slack fills in a time by the reader's clock in marked-up text alone; all else is plain.
        MarkdownTextObject(text=f"{label}: {value}")
        if label == _VERIFIED
        else PlainTextObject(
            text=shortened(f"{label}: {one_line(value)}", _LONGEST_FIELD), emoji=False
        )
        for label, value in _rows(facts)
        if value
    ]


def _sections(fields: list[TextObject]) -> list[SectionBlock]:
    return [
        SectionBlock(fields=fields[start : start + _MOST_FIELDS])
        for start in range(0, len(fields), _MOST_FIELDS)
    ]


def _rows(facts: DeskFacts) -> Iterator[tuple[str, str | None]]:
    hand_off, case, customer = facts.hand_off, facts.case, facts.customer
    yield "Request", hand_off.number
    yield _VERIFIED, _verified(facts)
    if customer is None:
        yield "Answer to", hand_off.contact_email
    else:
        yield "E-mail", customer.email
        yield "Account", f"{customer.account.name} ({customer.account.jurisdiction})"
        yield "Account manager", customer.account.account_manager_name
        yield "Plan", facts.plans
        yield "Value", facts.monthly_value
        yield "Customer since", facts.since
    if case is not None:
        yield "Reason", _reason(facts)
        opened = f", opened on {facts.case_opened_on}" if facts.case_opened_on else ""
        yield "Case", f"{case.number}, {case.state.value}{opened}"
    if case is not None or facts.offer is not None or facts.offers_barred is not None:
        yield "Offer", _offer(facts)


def _verified(facts: DeskFacts) -> str:
    if facts.verified_until is None:
        return "no: say nothing about the account"
    now = f"yes, until {time_by_the_readers_clock(facts.verified_until)}"
    if facts.sure_at_most_until is None:
        return f"{now}, and longer if they write"
    latest = time_by_the_readers_clock(facts.sure_at_most_until)
    return f"{now}; if they write, until {latest} at the latest"


def _reason(facts: DeskFacts) -> str:
    case = facts.case
    if case is None or case.reason is None:
        return "not given"
    words = f': "{case.reason_words}"' if case.reason_words else ""
    return case.reason.value.replace("_", " ") + words


def _offer(facts: DeskFacts) -> str:
    """What was offered and what became of it; without that, why nothing may be."""
    if facts.offer is not None:
        return facts.offer
    return "none made" if facts.offers_barred is None else f"none made. {facts.offers_barred}"


def _note(facts: DeskFacts) -> SectionBlock:
    text = shortened(f"Noted: {one_line(facts.hand_off.note)}", 3000)
    return SectionBlock(text=PlainTextObject(text=text, emoji=False))


def _standing(facts: DeskFacts) -> str:
    hand_off = facts.hand_off
    agent = hand_off.agent.full_name if hand_off.agent is not None else "somebody"
    match hand_off.state:
        case HandOffState.CLAIMED:
            time = duration(waited(hand_off))
            return f"{agent} is talking with them. They waited {time}."
        case HandOffState.HANDED_BACK:
            return f"{agent} handed back to the assistant."
        case HandOffState.RESOLVED if hand_off.agent is None:
            return "They do not need a person any more."
        case HandOffState.RESOLVED:
            return f"{agent} resolved it."
        case HandOffState.WAITING:
            return _waiting(facts)


def _waiting(facts: DeskFacts) -> str:
    hand_off = facts.hand_off
    if hand_off.unanswered_at is not None:
        return "They know that nobody could come yet; it was mailed. Claim it to talk."
    if hand_off.claim_due_at is None:
        return "They know that nobody is there now; it was mailed. Claim it to talk."
    return "Waiting. Nothing you write here reaches them before you claim it."


def _buttons(facts: DeskFacts) -> list[Block]:
    hand_off = facts.hand_off
    history = _button("Full history", Action.HISTORY, hand_off.id)
    if not hand_off.open:
        return [ActionsBlock(elements=[history])]
    if hand_off.state is HandOffState.WAITING:
        claim = _button("Claim", Action.CLAIM, hand_off.id, style="primary")
        return [ActionsBlock(elements=[claim, history])]
    return [
        ActionsBlock(
            elements=[
                _button("Hand back", Action.HAND_BACK, hand_off.id),
                _button("Resolve", Action.RESOLVE, hand_off.id, style="primary"),
                *_for_the_customer(facts),
                _button("Help me answer", Action.ASK, hand_off.id),
                history,
                OverflowMenuElement(
                    action_id=Action.MORE,
                    options=[Option(text="Release to the team", value=f"release:{hand_off.id}")],
                    confirm=ConfirmObject(
                        title="Release it?",
                        text="The customer is told, and the team is asked again.",
                        confirm="Release",
                        deny="Keep it",
                    ),
                ),
            ]
        )
    ]


def _for_the_customer(facts: DeskFacts) -> Iterator[ButtonElement]:
    """What can be done for them, where it is sure who they are."""
    if not facts.verified or not facts.renews:
        return
    if facts.offers_barred is None:
        yield _button("Make an offer", Action.OFFER, facts.hand_off.id)
    yield _button("Cancel for the customer", Action.CANCEL, facts.hand_off.id)


def _has_to_be_verified(facts: DeskFacts) -> bool:
    return facts.hand_off.state is HandOffState.CLAIMED and not facts.verified


def _button(
    title: str, action: Action, hand_off_id: str, style: str | None = None
) -> ButtonElement:
    return ButtonElement(text=title, action_id=action, value=hand_off_id, style=style)
