"""A cancellation and a receipt in words, the same in a mail and on a page.

Dates and amounts come from `offboarding.cases.terms.terms_values` and `offboarding.wording`, as
those of the chat do. A receipt keeps what was agreed; what is read here is also true when it is
read: a cancellation that was taken back since says so, and promises nothing any more.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from offboarding import clock
from offboarding.accounts.model import Customer, Subscription, SubscriptionState
from offboarding.cases.model import Case
from offboarding.cases.states import CaseState
from offboarding.cases.terms import Terms, TermsKind, terms_from_json, terms_values
from offboarding.erasure.kept import has_invoices
from offboarding.erasure.outlook import terms_as_things_are
from offboarding.offers.model import OfferKind
from offboarding.receipts import service as receipts
from offboarding.receipts.model import Declaration, Receipt, ReceiptKind
from offboarding.steps import service as steps
from offboarding.steps.model import StepState
from offboarding.steps.plan import StepKind
from offboarding.wording import (
    DEFAULT_LOCALE,
    date_text,
    moment_text,
    money_text,
    until_text,
)


@dataclass(frozen=True)
class Row:
    """One fact with its label."""

    label: str
    value: str


NO_INVOICES = "None, as nothing was charged"

_DECLARATIONS = {
    Declaration.ORDINARY: "Ordinary cancellation",
    Declaration.FOR_CAUSE: "Cancellation for cause",
    Declaration.WITHDRAWAL: "Withdrawal from the contract",
}


@dataclass(frozen=True)
class ReceiptFacts:
    """What a receipt says now. `undo_until` is an instant in words; None without an undo.

    `plan_goes_on` is whether there still is something that could be cancelled, `content_kept`
    whether who has cancelled finds their content still.
    """

    customer_name: str
    case_number: str
    heading: str
    sentences: Sequence[str]
    rows: Sequence[Row]
    undo_until: str | None
    plan_goes_on: bool
    content_kept: bool = False


def terms_sentence(values: dict[str, str], *, free: bool = False) -> str:
    """What a cancellation will mean, in one breath. `values` are those of `terms_values`."""
    if "refund_because" in values:
        return f"{values['plan']} ends at once, on {values['ends_on']}. {_refund_sentence(values)}"
    if "spared_amount" in values:
        money = (
            f"The payment of {values['spared_amount']} on {values['spared_on']} will not be taken."
        )
    elif free:
        money = "The plan is free, so nothing was going to be charged."
    else:
        return f"{values['plan']} ends on {values['ends_on']}. {values['nothing_more']}."
    if "goes_on" in values:
        money = f"{money} {values['goes_on']}."
    return f"{values['plan']} ends on {values['ends_on']}. {money}"


def _refund_sentence(values: dict[str, str], paid_back_on: str | None = None) -> str:
    back = (
        f"was paid back on {paid_back_on}"
        if paid_back_on is not None
        else f"is paid back {values['refund_when']}"
    )
    return (
        f"{values['refund']} {back}, because {values['refund_because']}. {values['nothing_more']}."
    )


def terms_rows(
    terms: Terms,
    customer: Customer,
    *,
    invoices: bool | None = None,
    paid_back_on: str | None = None,
) -> list[Row]:
    """What a cancellation means, fact by fact.

    `invoices` is whether there are any, if known; `paid_back_on` the day on which money was.
    """
    values = terms_values(terms, customer)
    spared = (
        f"{values['spared_amount']} on {values['spared_on']} will not be taken"
        if terms.spared is not None
        else "None"
    )
    when = f"on {paid_back_on}" if paid_back_on is not None else values.get("refund_when", "")
    rows = [Row("Plan", values["plan"])]
    if terms.refund is not None:
        rows += [
            Row("Ends on", f"{values['ends_on']}, at once"),
            Row("Next payment", spared),
            Row("Paid back", f"{values['refund']}, because {values['refund_because']}"),
            Row("When", _capital(when)),
        ]
    else:
        rows += [Row("Ends on", values["ends_on"]), Row("Next payment", spared)]
        if terms.spared is not None:
            rows.append(Row("Paid back", "Nothing, as nothing is paid beyond that day"))
    if "goes_on" in values:
        rows.append(Row("Your other plans", values["goes_on"]))
    return [
        *rows,
        Row("Your content", _capital(values["content"])),
        Row("Invoices", _invoices(terms, values, there_are=invoices)),
    ]


def _invoices(terms: Terms, values: dict[str, str], *, there_are: bool | None) -> str:
    if there_are is False:
        return NO_INVOICES
    because = values["invoices_because"]
    kept = f"kept until the end of {values['invoices_until_year']}, because {because}"
    if there_are is None and terms.kind is TermsKind.FREE:
        return f"If there are any, they are {kept}"
    return _capital(kept)


def signed_rows(document: dict[str, Any]) -> list[Row]:
    """What a signed receipt says, whatever has happened since: from the document alone."""
    read_in = document.get("read_in", {})  # those issued before have none
    # Never stored: whom the dates and amounts are written for.
    reader = Customer(
        locale=read_in.get("locale", DEFAULT_LOCALE), time_zone=read_in.get("time_zone", "UTC")
    )
    rows = [Row("Case", document["case_number"])]
    match ReceiptKind(document["kind"]):
        case ReceiptKind.CANCELLATION:
            rows += _declared_rows(document, reader)
            rows += terms_rows(terms_from_json(document), reader)
            rows += _withdrawal_rows(document, reader)
        case ReceiptKind.UNDO:
            rows += _undo_rows(document, reader)
        case ReceiptKind.OFFER:
            rows += _offer_words(document, reader).rows
    conversation = document["conversation"]
    if conversation is not None:
        size = conversation["messages"]
        count = "1 message" if size == 1 else f"{size} messages"
        rows.append(Row("Conversation", f"{count}, SHA-256 {conversation['sha256']}"))
    return rows


def receipt_facts(session: Session, receipt: Receipt) -> ReceiptFacts:
    """What a receipt says now, in words."""
    case = session.get_one(Case, receipt.case_id)
    customer = session.get_one(Customer, receipt.customer_id)
    match receipt.kind:
        case ReceiptKind.CANCELLATION:
            return _cancellation(session, case, customer, receipt)
        case ReceiptKind.UNDO:
            return _undo(case, customer, receipt)
        case ReceiptKind.OFFER:
            undone = receipts.receipt_of(session, case, ReceiptKind.UNDO)
            return _offer(case, customer, receipt, undone)


def _cancellation(
    session: Session, case: Case, customer: Customer, receipt: Receipt
) -> ReceiptFacts:
    agreed = terms_from_json(receipt.document)
    terms = terms_as_things_are(session, case, agreed)
    values = terms_values(terms, customer)
    declared = _declared_rows(receipt.document, customer)
    if case.state is CaseState.UNDONE:
        undone_on = date_text(case.closed_at or clock.now(), customer)
        return _facts(
            case,
            customer,
            "This cancellation was undone",
            [
                f"You cancelled {terms.plan_name}, and took it back on {undone_on}.",
                _standing(case.subscription, customer),
            ],
            [Row("Plan", terms.plan_name), declared[0], Row("Undone on", undone_on)],
        )
    paid_back_on = _paid_back_on(session, case, customer)
    over = case.state is CaseState.ENDED or terms.ends_at <= clock.now()
    if over:
        heading = f"{terms.plan_name} has ended"
        sentence = f"{terms.plan_name} ended on {values['ends_on']}, as you asked."
        if terms.refund is not None:
            sentence = f"{sentence} {_refund_sentence(values, paid_back_on)}"
    else:
        heading = f"{terms.plan_name} is cancelled"
        sentence = terms_sentence(values)
    rows = terms_rows(
        terms,
        customer,
        invoices=has_invoices(session, case.subscription, terms),
        paid_back_on=paid_back_on,
    )
    withdrawal = [] if over else _withdrawal_rows(receipt.document, customer)
    return _facts(
        case,
        customer,
        heading,
        [sentence],
        [*declared, *rows, *withdrawal],
        undo_until=None if over else values["undo_until"],
        content_kept=bool(terms.other_plans) or terms.content_until >= clock.now(),
    )


def _paid_back_on(session: Session, case: Case, customer: Customer) -> str | None:
    """The day on which the money was sent; None before, and where none is."""
    step = steps.step_of(session, case.id, StepKind.REFUND)
    if step is None or step.state is not StepState.DONE or step.over_at is None:
        return None
    return date_text(step.over_at, customer)


def _declared_rows(document: dict[str, Any], customer: Customer) -> list[Row]:
    """When the notice came in, and what it said (§ 312k (4) BGB)."""
    received = Row("Received on", _moment(document["received_at"], customer))
    declaration = document.get("declaration")
    if declaration is None:  # issued before receipts said so
        return [received]
    since = _date(declaration["contract_since"], customer)
    notice = Row("Notice", f"{_DECLARATIONS[declaration['kind']]}, to {declaration['to']}")
    if "by" not in declaration:  # whom it named was erased
        return [received, notice, Row("Contract", f"{document['plan_name']}, since {since}")]
    return [
        received,
        notice,
        Row("Given by", f"{declaration['by']} ({declaration['confirmed_to']})"),
        Row("Contract", f"{document['plan_name']} of {declaration['account']}, since {since}"),
    ]


def _withdrawal_rows(document: dict[str, Any], customer: Customer) -> list[Row]:
    """The right of who let it run to have the money back after all, or nothing.

    It is not given up by that (Directive 2011/83/EU, Art. 9 and 25).
    """
    right = document.get("may_withdraw")
    if right is None:
        return []
    until = datetime.fromisoformat(right["until"])
    if until < clock.now():
        return [Row("Money back", f"Could be had until {date_text(until, customer)}")]
    amount = money_text(right["amount_minor"], right["currency"], customer.locale)
    open_until = until_text(until, customer)
    return [
        Row(
            "Money back",
            f"You chose to let {document['plan_name']} run. Until {open_until} you can still "
            f"have {amount} back, and it ends at once: a person can do that, or undo this and "
            "choose anew",
        )
    ]


def _undo(case: Case, customer: Customer, receipt: Receipt) -> ReceiptFacts:
    plan = str(receipt.document["plan_name"])
    rows = _undo_rows(receipt.document, customer)
    return _facts(
        case,
        customer,
        _undone(receipt.document, plan),
        [_standing(case.subscription, customer)],
        rows if case.subscription.renews else rows[:-1],
    )


def _undone(document: dict[str, Any], plan: str) -> str:
    """What was taken back: a cancellation, or what was agreed in place of one."""
    match document.get("offer"):
        case OfferKind.PAUSE.value:
            return f"The pause of {plan} was taken back"
        case OfferKind.SMALLER_PLAN.value:
            return f"You stay on {plan}"
        case _:
            return f"Your cancellation of {plan} was undone"


def _undo_rows(document: dict[str, Any], customer: Customer) -> list[Row]:
    """What an undoing meant when it was done; the last row is the payment that was to follow."""
    upcoming = "None"
    if document["next_payment_minor"] is not None:
        amount = _money(document, "next_payment_minor", customer)
        upcoming = f"{amount} on {_date(document['next_payment_at'], customer)}"
    return [
        Row("Plan", document["plan_name"]),
        Row("Undone on", _moment(document["received_at"], customer)),
        Row("Next payment", upcoming),
    ]


@dataclass(frozen=True)
class _OfferWords:
    """An accepted offer in words."""

    heading: str
    agreed: str
    rows: Sequence[Row]


def _offer(
    case: Case, customer: Customer, receipt: Receipt, undone: Receipt | None
) -> ReceiptFacts:
    words = _offer_words(receipt.document, customer)
    sentence = words.agreed
    if undone is not None:
        undone_on = date_text(undone.issued_at, customer)
        sentence = (
            f"That was agreed, and taken back on {undone_on}. "
            f"{_standing(case.subscription, customer)}"
        )
    elif not case.subscription.renews:
        sentence = f"That was agreed. {_standing(case.subscription, customer)}"
    return _facts(case, customer, words.heading, [sentence], words.rows)


def _offer_words(document: dict[str, Any], customer: Customer) -> _OfferWords:
    plan = str(document["plan_name"])
    starts_on = _date(document["starts_at"], customer)
    rows = [Row("Plan", plan)]
    match OfferKind(document["offer"]):
        case OfferKind.PAUSE:
            ends_on = _date(document["ends_at"], customer)
            heading = f"{plan} pauses from {starts_on}"
            rows += [Row("Paused from", starts_on), Row("Goes on", ends_on)]
            agreed = f"No payment is taken from {starts_on} to {ends_on}. Then {plan} goes on."
        case OfferKind.DISCOUNT:
            ends_on = _date(document["ends_at"], customer)
            price = _money(document, "offer_price_minor", customer)
            usual = _money(document, "price_minor", customer)
            heading = f"{plan} costs {price} from {starts_on}"
            rows += [
                Row("Reduced by", f"{document['percent']} %"),
                Row("Reduced price", f"{price}, from {starts_on} until {ends_on}"),
                Row("Usual price", f"{usual}, from {ends_on}"),
            ]
            agreed = (
                f"You pay {price} for {plan} from {starts_on} until {ends_on}, "
                f"and {usual} again after that."
            )
        case OfferKind.TRIAL_EXTENSION:
            ends_on = _date(document["ends_at"], customer)
            heading = f"Your trial of {plan} lasts until {ends_on}"
            rows += [Row("Trial ends on", ends_on)]
            agreed = f"Nothing is charged before {ends_on}."
        case OfferKind.SMALLER_PLAN:
            smaller = str(document["offer_plan_name"])
            price = _money(document, "offer_price_minor", customer)
            heading = f"You move to {smaller} on {starts_on}"
            rows += [
                Row("New plan", smaller),
                Row("Moves on", starts_on),
                Row("New price", f"{price} a {document['interval']}"),
            ]
            agreed = (
                f"{smaller} costs {price} a {document['interval']}. Until then you keep {plan}."
            )
        case OfferKind.CALL:
            raise ValueError("a call is asked for by mail and has no receipt")
    rows.append(Row("Agreed on", _moment(document["received_at"], customer)))
    return _OfferWords(heading, agreed, rows)


def _facts(
    case: Case,
    customer: Customer,
    heading: str,
    sentences: Sequence[str],
    rows: Sequence[Row],
    *,
    undo_until: str | None = None,
    content_kept: bool = False,
) -> ReceiptFacts:
    return ReceiptFacts(
        customer_name=customer.full_name,
        case_number=case.number,
        heading=heading,
        sentences=sentences,
        rows=[Row("Case", case.number), *rows],
        undo_until=undo_until,
        plan_goes_on=case.subscription.renews,
        content_kept=content_kept,
    )


def _standing(subscription: Subscription, customer: Customer) -> str:
    """Whether a plan goes on, as things are now."""
    plan = subscription.plan.name
    if subscription.state is SubscriptionState.ENDED:
        return f"Since then {plan} has ended."
    if subscription.cancel_at is not None:
        return (
            f"Since then {plan} was cancelled: "
            f"it ends on {date_text(subscription.cancel_at, customer)}."
        )
    return f"{plan} goes on as before."


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]


def _date(moment: str, customer: Customer) -> str:
    return date_text(datetime.fromisoformat(moment), customer)


def _moment(moment: str, customer: Customer) -> str:
    return moment_text(datetime.fromisoformat(moment), customer)


def _money(document: dict[str, Any], name: str, customer: Customer) -> str:
    return money_text(document[name], document["currency"], customer.locale)
