"""The receipt once more: the one of the case, and no answer about payments."""

import re
from collections.abc import Iterator

from actions.base import ConversationAction
from actions.questions import ask_again
from actions.turn import Turn
from offboarding.accounts import service as accounts
from offboarding.accounts.model import Customer
from offboarding.cases import service as cases
from offboarding.cases.model import Case
from offboarding.hearing.spelling import plain_text
from offboarding.receipts.model import Receipt
from offboarding.receipts.service import newest_receipt, receipt_link

_WANTS_RECEIPT = re.compile(
    r"\b(?:get|have|see|send|resend|re-send|show|give|mail|e-?mail|need|want|find|lost|where(?:'s)?"
    r"|deleted|didn't get|never got)\b[^.!?]{0,30}\breceipt\b"
    r"|\breceipt (?:again|please|once more)\b",
    re.IGNORECASE,
)
_OF_A_PAYMENT = re.compile(
    r"\b(?:invoices?|vat|tax\w*|pa(?:y|id|yments?)|charged?|bill\w*|bought|purchases?|accountant)\b"
    r"|\breceipts\b",
    re.IGNORECASE,
)
"""What they want then is for their books."""


def give_receipt_again(turn: Turn, action: ConversationAction) -> bool:
    """Give who wants it the receipt of their case; whether they do and there is one."""
    customer, said = turn.customer, plain_text(turn.heard.text)
    if turn.heard.pressed or customer is None or (action.takes_all_words and "?" not in said):
        return False
    if _WANTS_RECEIPT.search(said) is None or _OF_A_PAYMENT.search(said) is not None:
        return False
    found = next(_receipts(turn, customer), None)
    if found is None:
        return False
    case, receipt = found
    turn.set("misunderstood", None)
    turn.answered |= {"billing_question", "data_export", "timeline_or_status"}
    values = {
        "case_number": case.number,
        "plan": case.subscription.plan.name,
        "email": customer.email,
        "receipt_url": receipt_link(receipt.id, turn.settings),
    }
    turn.say("utter_receipt_again", values)
    ask_again(turn)
    return True


def _receipts(turn: Turn, customer: Customer) -> Iterator[tuple[Case, Receipt]]:
    """Their cases that have one: of this talk first, then what is cancelled, then what is over."""
    ended = accounts.ended_last(turn.session, customer.account_id)
    of_end = cases.case_of_end(turn.session, ended) if ended is not None else None
    for case in (turn.case, *cases.scheduled_cases(turn.session, customer), of_end):
        receipt = newest_receipt(turn.session, case) if case is not None else None
        if case is not None and receipt is not None:
            yield case, receipt
