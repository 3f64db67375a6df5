"""The words of the staff pages for states, steps and what happened."""

from collections.abc import Mapping

from offboarding.cases.states import CaseState
from offboarding.steps.model import StepState
from offboarding.steps.plan import StepKind

STATES: Mapping[CaseState, str] = {
    CaseState.OPEN: "Open",
    CaseState.SHOWN: "Shown, no yes yet",
    CaseState.CONFIRMED: "Confirmed",
    CaseState.SCHEDULED: "Cancelled, still runs",
    CaseState.ENDED: "Ended",
    CaseState.KEPT: "Kept",
    CaseState.UNDONE: "Undone",
}
STEPS: Mapping[StepKind, str] = {
    StepKind.CANCEL: "Cancel with whoever bills",
    StepKind.REFUND: "Refund",
    StepKind.EXPORT: "Copy of their data",
    StepKind.REMIND: "Reminder by mail",
    StepKind.END: "End the subscription",
    StepKind.REVOKE_ACCESS: "Revoke access",
    StepKind.DETACH_PAYMENT_METHOD: "Detach the payment method",
    StepKind.ERASE: "Erase their data",
    StepKind.CLOSE: "Close the case",
}
STEP_STATES: Mapping[StepState, str] = {
    StepState.WAITING: "Waiting",
    StepState.STUCK: "Stuck",
    StepState.DONE: "Done",
    StepState.NOT_NEEDED: "Not needed",
    StepState.CALLED_OFF: "Called off",
}


def plain(word: str) -> str:
    """A word of the log as it is read: `step_tried_again` is Step tried again."""
    return word.replace("_", " ").capitalize()
