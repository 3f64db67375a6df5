"""What the application itself keeps of a customer.

What the business keeps is described here. What channels keep is described by them, in the same
shape, and comes in from whoever builds the application.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from offboarding.accounts.model import Customer, Subscription
from offboarding.billing.model import LedgerEntry
from offboarding.cases.model import Case
from offboarding.database import Database
from offboarding.exports.sources.port import Column, Description, OpenSource, Row, Subject
from offboarding.offers.model import Offer
from offboarding.policies.exports import OwnData
from offboarding.receipts.model import Receipt
from offboarding.survey.model import SurveyAnswer

ROWS_AT_ONCE = 100
"""How many rows are held in memory."""


@dataclass(frozen=True)
class KeptData:
    """One kind of data: what its columns are, which rows a customer has, and what is in one."""

    columns: tuple[tuple[str, str], ...]
    """Each with what it is, in the customer's words."""
    select: Callable[[Subject], sa.Select[*tuple[Any, ...]]]
    """In an order that is the same each time the data are the same."""
    row: Callable[..., Row]
    """Given what the select finds for one row."""
    money: Mapping[str, str]
    """See Description."""


Kept = Mapping[OwnData, KeptData]
"""Kinds of data, by the names that policy/exports.yml has for them."""


class OwnDataSource:
    """A Source: one kind of data of our own tables."""

    def __init__(self, name: str, about: str, data: KeptData, database: Database) -> None:
        self._data = data
        self._database = database
        self.description = Description(name, about, "tables", money=self._data.money)

    @contextmanager
    def open(self, subject: Subject) -> Iterator[OpenSource]:
        """See Source. Count and rows are of one moment."""
        data = self._data
        with self._database.read() as session:
            if session.get_bind().dialect.name == "postgresql":
                session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
            select = data.select(subject)
            counted = session.scalar(sa.select(sa.func.count()).select_from(select.subquery()))
            found = session.execute(select, execution_options={"yield_per": ROWS_AT_ONCE})
            yield OpenSource(
                columns=[Column(name, about) for name, about in data.columns],
                counted=counted,
                rows=(data.row(*each) for each in found),
            )


def _of_account(subject: Subject) -> sa.Select[str]:
    return sa.select(Subscription.id).where(Subscription.account_id == subject.account_id)


OF_BUSINESS: Kept = {
    OwnData.PROFILE: KeptData(
        columns=(
            ("name", "Your name."),
            ("email", "Your e-mail address."),
            ("phone", "Your phone number, in E.164."),
            ("known_to_the_company_as", "What our website calls you."),
            ("account", "The account you act for."),
            ("account_kind", "Whether it is a person's or a business's."),
            ("country", "Country of its billing address (ISO 3166-1)."),
            ("region", "Part of that country (ISO 3166-2)."),
            ("account_manager", "Who looks after the account."),
            ("locale", "Your language and its spelling (BCP 47)."),
            ("time_zone", "Your time zone."),
            ("customer_since", "Since when we know you."),
        ),
        select=lambda subject: sa.select(Customer).where(Customer.id == subject.customer_id),
        row=lambda customer: (
            customer.full_name,
            customer.email,
            customer.phone,
            customer.external_id,
            customer.account.name,
            customer.account.kind,
            customer.account.country,
            customer.account.region,
            customer.account.account_manager_name,
            customer.locale,
            customer.time_zone,
            customer.created_at,
        ),
        money={},
    ),
    OwnData.SUBSCRIPTIONS: KeptData(
        columns=(
            ("plan", "What you subscribe to."),
            ("state", "What it gives now."),
            ("price_minor", "Price of one interval, in minor units of the currency."),
            ("currency", "Currency (ISO 4217)."),
            ("interval", "How often it is paid."),
            ("started_at", "When it began."),
            ("begun_on_request_at", "When you asked that it begin while you could withdraw."),
            ("period_end", "End of the period that is paid for."),
            ("cancel_at", "When it ends because it was cancelled."),
            ("paused_from", "From when it is paused."),
            ("paused_until", "When the pause ends."),
            ("discount_percent", "A discount that was agreed."),
            ("discount_until", "When the discount ends."),
            ("next_plan", "The plan it moves to at the end of the period."),
        ),
        select=lambda subject: (
            sa.select(Subscription)
            .where(Subscription.account_id == subject.account_id)
            .order_by(Subscription.started_at, Subscription.id)
        ),
        row=lambda subscription: (
            subscription.plan.name,
            subscription.state,
            subscription.plan.price_minor,
            subscription.plan.currency,
            subscription.plan.interval,
            subscription.started_at,
            subscription.begun_on_request_at,
            subscription.period_end,
            subscription.cancel_at,
            subscription.paused_from,
            subscription.paused_until,
            subscription.discount_percent,
            subscription.discount_until,
            subscription.next_plan.name if subscription.next_plan else None,
        ),
        money={"price_minor": "currency"},
    ),
    OwnData.LEDGER: KeptData(
        columns=(
            ("at", "When it happened."),
            ("kind", "What happened."),
            ("amount_minor", "What you paid, in minor units; a refund is negative."),
            ("currency", "Currency (ISO 4217)."),
        ),
        select=lambda subject: (
            sa.select(LedgerEntry)
            .where(LedgerEntry.subscription_id.in_(_of_account(subject)))
            .order_by(LedgerEntry.occurred_at, LedgerEntry.id)
        ),
        row=lambda entry: (entry.occurred_at, entry.kind, entry.amount_minor, entry.currency),
        money={"amount_minor": "currency"},
    ),
    OwnData.CANCELLATIONS: KeptData(
        columns=(
            ("number", "Number of the case."),
            ("plan", "The plan it is about."),
            ("state", "How far it is."),
            ("reason", "The reason you gave."),
            ("reason_words", "The reason in your own words."),
            ("opened_at", "When you first said so."),
            ("confirmed_at", "When you confirmed it."),
            ("ends_at", "When the plan ends."),
            ("closed_at", "When the case was closed."),
        ),
        select=lambda subject: (
            sa.select(Case)
            .where(Case.customer_id == subject.customer_id)
            .order_by(Case.opened_at, Case.id)
        ),
        row=lambda case: (
            case.number,
            case.subscription.plan.name,
            case.state,
            case.reason,
            case.reason_words,
            case.opened_at,
            case.confirmed_at,
            case.ends_at,
            case.closed_at,
        ),
        money={},
    ),
    OwnData.OFFERS: KeptData(
        columns=(
            ("presented_at", "When it was made."),
            ("kind", "What was offered."),
            ("terms", "Its terms: amounts in minor units, instants in UTC."),
            ("answer", "What became of it."),
            ("answered_at", "When you answered."),
        ),
        select=lambda subject: (
            sa.select(Offer)
            .where(Offer.account_id == subject.account_id)
            .order_by(Offer.presented_at, Offer.id)
        ),
        row=lambda offer: (
            offer.presented_at,
            offer.kind,
            offer.terms,
            offer.answer,
            offer.answered_at,
        ),
        money={},
    ),
    OwnData.SURVEY: KeptData(
        columns=(
            ("answered_at", "When you answered."),
            ("question", "What was asked."),
            ("answer", "Your answer; nothing when you passed."),
        ),
        select=lambda subject: (
            sa.select(SurveyAnswer)
            .join(Case, Case.id == SurveyAnswer.case_id)
            .where(Case.customer_id == subject.customer_id)
            .order_by(SurveyAnswer.answered_at, SurveyAnswer.id)
        ),
        row=lambda answer: (answer.answered_at, answer.question, answer.answer),
        money={},
    ),
    OwnData.RECEIPTS: KeptData(
        columns=(
            ("issued_at", "When it was issued."),
            ("kind", "What it is for."),
            ("document", "What it says: amounts in minor units, instants in UTC."),
        ),
        select=lambda subject: (
            sa.select(Receipt)
            .where(Receipt.customer_id == subject.customer_id)
            .order_by(Receipt.issued_at, Receipt.id)
        ),
        row=lambda receipt: (receipt.issued_at, receipt.kind, receipt.document),
        money={},
    ),
}
