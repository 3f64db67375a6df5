"""Sending for a person, who is told why the customer leaves, as far as it was said."""

from actions.leaving import take_reason_heard
from actions.turn import Turn
from offboarding.cases.reasons import ChurnReason
from offboarding.handoffs import service as handoffs
from offboarding.handoffs.causes import HandOffCause
from offboarding.handoffs.model import HandOff


def send_for(
    turn: Turn, cause: HandOffCause = HandOffCause.CUSTOMER_ASKED, *, by: str = "customer"
) -> HandOff:
    """Request the hand-off: a team is chosen by the reason too, and the person can read it.

    The case has the reason where there is one; before that, the hand-off's note has it. `by` is
    `customer` or `assistant`.
    """
    case = turn.undecided_case
    if case is not None:
        take_reason_heard(turn, case)
    reason = _reason_without_case(turn)
    hand_off = handoffs.request(
        turn.session,
        turn.conversation_id,
        by,
        cause=cause,
        desk=turn.desk,
        billing=turn.billing,
        reason=reason,
    )
    if reason is not None:
        handoffs.add_note(turn.session, hand_off, _note(reason, turn.slot("heard_reason_words")))
    return hand_off


def _reason_without_case(turn: Turn) -> ChurnReason | None:
    """The reason heard in this talk, while no case has one."""
    heard, case = turn.slot("heard_reason"), turn.case
    if not heard or (case is not None and case.reason is not None):
        return None
    return ChurnReason(heard)


def _note(reason: ChurnReason, words: str | None) -> str:
    name = f"Reason: {reason.value.replace('_', ' ')}"
    return f"{name}: “{words}”" if words else name
