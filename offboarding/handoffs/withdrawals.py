"""The moment at which a withdrawal came in that is carried out later: that moment counts."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session, object_session

from offboarding import clock
from offboarding.accounts.model import Customer, Subscription
from offboarding.cases.model import Case
from offboarding.cases.states import PROMISED, CaseState
from offboarding.encryption.keyring import Keyring
from offboarding.encryption.lookup import is_among
from offboarding.handoffs.causes import HandOffCause
from offboarding.handoffs.declared import declared_contract, is_not_taken_back
from offboarding.handoffs.model import HandOff
from offboarding.offers.model import Offer, OfferAnswer, OfferKind
from offboarding.refunds.model import refund_from_json

SEEN_TO_WITHIN = timedelta(days=14)
"""The law has the money paid back so soon after a withdrawal came in (Directive 2011/83/EU, Art.
13 (1)): of an older one a person has seen to all that follows, and nothing follows by itself."""

ANEW_WITHIN = timedelta(days=1)
"""So long after they kept a plan, or took its cancellation back, they may be about to choose anew,
as the assistant offers it; and a plan that is spoken of so soon after is what they declared."""


def withdrawal_received(subscription: Subscription) -> datetime | None:
    """When somebody of its account first declared that they withdraw from it, of late, if anybody.

    On the page without signing in, where the address on file was given, or to a person in a
    conversation. What is typed there proves nothing: it moves the day that counts, for whoever has
    shown who they are and says yes. Sent before the period is over it is in time (Art. 11 (2)).
    What came in before this contract began is not about it. It counts for one contract, and no
    longer than until they choose to keep that, or staff note that it was taken back. It has to be
    in a session.
    """
    session = object_session(subscription)
    if session is None:
        raise ValueError("a subscription that is in no session says nothing of withdrawals")
    declared = _declared(session, subscription)
    if not declared:
        return None
    since = _Since.of(session, subscription)
    return next((each.requested_at for each in declared if since.leaves_it(each)), None)


def is_withdrawal() -> sa.ColumnElement[bool]:
    """The condition on a hand-off that a customer withdrew, and no refund waits for a person."""
    return sa.and_(HandOff.cause == HandOffCause.WITHDRAWAL, HandOff.requested_by == "customer")


def may_count() -> sa.ColumnElement[bool]:
    """The condition on a hand-off that it is a withdrawal of late, which nobody took back."""
    now = clock.now()
    return sa.and_(
        is_withdrawal(),
        HandOff.requested_at >= now - SEEN_TO_WITHIN,
        HandOff.requested_at <= now,
        is_not_taken_back(),
    )


def _declared(session: Session, subscription: Subscription) -> Sequence[HandOff]:
    """What was declared of late by the account, or with an address of it; the oldest first."""
    customers = session.scalars(
        sa.select(Customer).where(Customer.account_id == subscription.account_id)
    ).all()
    theirs = HandOff.customer_id.in_([customer.id for customer in customers])
    to_their_address = is_among(
        session, HandOff.contact_email, [customer.email for customer in customers]
    )
    found = sa.select(HandOff).where(
        sa.or_(theirs, to_their_address),
        may_count(),
        HandOff.requested_at >= subscription.started_at,
    )
    owners = session.scalars(found.with_only_columns(HandOff.conversation_id)).all()
    if not owners:
        return []
    Keyring.of(session.get_bind().dialect).fetch(set(owners))
    return session.scalars(found.order_by(HandOff.requested_at)).all()


@dataclass(frozen=True)
class _Since:
    """What the account has, and what it did about it, for whether a declaration still counts."""

    subscription: Subscription
    held: Sequence[Subscription]
    cases: Sequence[Case]
    called: frozenset[str]
    """Cases that are closed as kept because they want to be called: that decides nothing."""

    @classmethod
    def of(cls, session: Session, subscription: Subscription) -> "_Since":
        account_id = subscription.account_id
        of_account = Subscription.account_id == account_id
        call = sa.select(Offer.case_id).where(
            Offer.account_id == account_id,
            Offer.kind == OfferKind.CALL,
            Offer.answer == OfferAnswer.ACCEPTED,
        )
        return cls(
            subscription,
            session.scalars(sa.select(Subscription).where(of_account)).all(),
            session.scalars(
                sa.select(Case)
                .join(Subscription, Case.subscription_id == Subscription.id)
                .where(of_account)
            ).all(),
            frozenset(session.scalars(call)),
        )

    def leaves_it(self, declared: HandOff) -> bool:
        """Whether it is about this contract, and was neither let go nor carried out since."""
        about = self._about(declared)
        return (
            (not about or self.subscription.id in about)
            and not any(self._lets_go(case, declared.requested_at) for case in self.cases)
            and not any(self._carries_out(case, declared, about) for case in self.cases)
        )

    def _about(self, declared: HandOff) -> set[str]:
        """The contracts that it can be about, as far as that is known; empty where it is not.

        In a talk those that it was about then, or soon after; in writing those that it names.
        """
        at = declared.requested_at
        in_talk = {
            case.subscription_id
            for case in self.cases
            if case.conversation_id == declared.conversation_id
            and case.opened_at <= at + ANEW_WITHIN
            and at <= (case.confirmed_at or case.closed_at or at)
        }
        contract = declared_contract(declared)
        named = {
            each.id
            for each in self.held
            if each.started_at <= at <= (each.cancel_at or at) and _names(contract, each.plan.name)
        }
        return in_talk or named

    def _lets_go(self, case: Case, declared_at: datetime) -> bool:
        """Whether they chose to keep the contract since, and did not soon choose anew."""
        if case.subscription_id != self.subscription.id or case.id in self.called:
            return False
        kept_at = case.closed_at
        if case.state not in {CaseState.KEPT, CaseState.UNDONE} or kept_at is None:
            return False
        anew_until = kept_at + ANEW_WITHIN
        chose_anew = any(
            kept_at <= other.opened_at <= anew_until
            for other in self.cases
            if other.subscription_id == case.subscription_id and other is not case
        )
        return kept_at > declared_at and clock.now() > anew_until and not chose_anew

    def _carries_out(self, case: Case, declared: HandOff, about: set[str]) -> bool:
        """Whether another contract that it can be about was withdrawn from since."""
        other, confirmed_at = case.subscription, case.confirmed_at
        if other.id == self.subscription.id or case.state not in PROMISED:
            return False
        could_be_meant = other.id in about if about else other.started_at <= declared.requested_at
        refund = (case.shown or {}).get("refund")
        return (
            could_be_meant
            and confirmed_at is not None
            and confirmed_at >= declared.requested_at
            and refund is not None
            and refund_from_json(refund).is_withdrawal
        )


def _names(contract: str, plan: str) -> bool:
    """Whether somebody who says which contract it is names this plan; not in an address."""
    name = re.escape(plan.casefold())
    return re.search(rf"(?<![\w.@-]){name}(?![\w@-]|\.\w)", contract.casefold()) is not None
