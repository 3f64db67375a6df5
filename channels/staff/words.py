"""The words of the staff pages for states, steps, offers and what happened."""

from collections.abc import Mapping

from offboarding.cases.states import CaseState
from offboarding.handoffs.causes import HandOffCause
from offboarding.offers.model import OfferKind
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
KINDS: Mapping[OfferKind, str] = {
    OfferKind.PAUSE: "A pause",
    OfferKind.DISCOUNT: "A discount",
    OfferKind.SMALLER_PLAN: "A smaller plan",
    OfferKind.TRIAL_EXTENSION: "A longer trial",
    OfferKind.CALL: "A call",
}
CAUSES: Mapping[HandOffCause, str] = {
    HandOffCause.CUSTOMER_ASKED: "They asked for one",
    HandOffCause.NOT_UNDERSTOOD: "Not understood twice",
    HandOffCause.ANGER: "Anger",
    HandOffCause.DANGER: "Somebody is not safe",
    HandOffCause.BEREAVEMENT: "A death",
    HandOffCause.HARDSHIP: "Illness or want of money",
    HandOffCause.FRAUD: "Fear of fraud",
    HandOffCause.DISPUTED_CHARGE: "A disputed charge",
    HandOffCause.LEGAL_THREAT: "Talk of the law",
    HandOffCause.WITHDRAWAL: "A withdrawal from the contract",
    HandOffCause.BEYOND_POLICY: "More wanted than policy has",
    HandOffCause.VALUABLE_ACCOUNT: "A large account",
    HandOffCause.ACCOUNT_MANAGER: "An account manager of their own",
    HandOffCause.FAILED_STEP: "A step that failed",
    HandOffCause.TEXTS_BLOCKED: "No way left to write to them",
}


def plain(word: str) -> str:
    """A word of the log as it is read: `step_tried_again` is Step tried again."""
    return word.replace("_", " ").capitalize()
