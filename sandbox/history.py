"""A year of made-up departures, so that there is something to learn from in the sandbox.

Who left is made up too, and has no name. The rows are written as the application would have left
them: decided long ago, with nothing left to do.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from offboarding import clock
from offboarding.accounts.model import (
    Account,
    AccountKind,
    Customer,
    Interval,
    Plan,
    Subscription,
    SubscriptionState,
)
from offboarding.audit import service as audit
from offboarding.billing.port import Payment
from offboarding.cases.model import Case
from offboarding.cases.reasons import ChurnReason
from offboarding.cases.states import CaseState
from offboarding.cases.terms import Terms
from offboarding.database import new_identifier
from offboarding.encryption.columns import in_clear
from offboarding.offers.model import Offer, OfferAnswer, OfferKind
from offboarding.settings import Settings
from offboarding.survey.model import SurveyAnswer, SurveyQuestion
from sandbox.company import require_sandbox

WISHES = 320
DAYS = 364
POLICY = "2026-11-29"
_MARK = "past-"
"""How what the company calls these customers begins."""
_NOBODY = "made.up.invalid"

_REASONS: Sequence[tuple[ChurnReason | None, int]] = (
    (ChurnReason.TOO_EXPENSIVE, 28),
    (ChurnReason.UNUSED, 24),
    (ChurnReason.MISSING_FEATURES, 12),
    (ChurnReason.SWITCHED_SERVICE, 10),
    (ChurnReason.LOW_QUALITY, 5),
    (ChurnReason.TOO_COMPLEX, 5),
    (ChurnReason.CUSTOMER_SERVICE, 3),
    (ChurnReason.OTHER, 4),
    (None, 9),
)
_PLANS = (("pro", 50), ("basic", 30), ("pro-yearly", 14), ("team", 6))
_COUNTRIES = (("IE", 25), ("GB", 30), ("DE", 20), ("FR", 10), ("NL", 8), ("US", 7))
_OFFERS = {
    ChurnReason.TOO_EXPENSIVE: ("smaller-plan", OfferKind.SMALLER_PLAN),
    ChurnReason.UNUSED: ("pause-for-a-while", OfferKind.PAUSE),
    ChurnReason.SWITCHED_SERVICE: ("less-for-a-while", OfferKind.DISCOUNT),
}
_NO_OFFERS_IN = "DE"
_HELD_OUT = 0.15
_WORDS = {
    ChurnReason.TOO_EXPENSIVE: (
        "29 a month is a lot for a notebook",
        "we had to cut what we don't need",
        "the price went up and nothing else did",
    ),
    ChurnReason.UNUSED: (
        "haven't opened it since June",
        "I went back to paper",
        "new job, different tools",
    ),
    ChurnReason.MISSING_FEATURES: (
        "no way to work offline on the train",
        "I need tables",
        "can't share a notebook with my class",
    ),
    ChurnReason.SWITCHED_SERVICE: ("my team is on something else now",),
    ChurnReason.LOW_QUALITY: ("sync lost two of my notes", "the app is slow on my old phone"),
    ChurnReason.TOO_COMPLEX: ("never found my way around the folders",),
    ChurnReason.CUSTOMER_SERVICE: ("waited four days for an answer",),
    ChurnReason.OTHER: ("moving abroad for a year",),
}
_IMPROVE = ("work offline", "a cheaper plan for students", "faster search", "keep it simple")
_RETURN = ("if it works offline", "maybe next year", "a plan for two", "no, but thank you")


def fill(session: Session, settings: Settings) -> int:
    """Write a year of departures, once; how many. Raises ConfigurationError outside the sandbox."""
    require_sandbox(settings)
    known = sa.select(Customer.id).where(Customer.external_id.startswith(_MARK)).limit(1)
    if session.scalar(known) is not None:
        return 0
    chance = Random(20261129)  # noqa: S311 (the same year for everybody)
    for number in range(WISHES):
        _Past(session, chance, number).write()
    return WISHES


@dataclass
class _Past:
    """One wish to leave."""

    session: Session
    chance: Random
    number: int

    def write(self) -> None:
        opened_at = clock.now() - timedelta(days=DAYS) * (1 - (self.number + 0.5) / WISHES)
        subscription, customer = self._subscriber(opened_at)
        reason = self._one_of(_REASONS)
        case = Case(
            subscription=subscription,
            customer=customer,
            conversation_id=new_identifier(),
            state=CaseState.OPEN,
            reason=reason,
            reason_skipped=reason is None,
            opened_at=opened_at,
        )
        if reason is not None and self._happens(0.4):
            case.reason_words = self.chance.choice(_WORDS[reason])
        self.session.add(case)
        self.session.flush()
        if not self._offered(case):
            self._decided(case)

    def _subscriber(self, opened_at: datetime) -> tuple[Subscription, Customer]:
        plan = self.session.get_one(Plan, self._one_of(_PLANS))
        started_at = opened_at - timedelta(days=1 + self.chance.expovariate(1 / 400))
        kind = AccountKind.BUSINESS if plan.id == "team" else AccountKind.CONSUMER
        account = Account(
            name=in_clear("(made up)"),
            kind=kind,
            country=self._one_of(_COUNTRIES),
            time_zone="Europe/Dublin",
            created_at=started_at,
        )
        external_id = f"{_MARK}{self.number:04}"
        customer = Customer(
            account=account,
            external_id=external_id,
            email=in_clear(f"{external_id}@{_NOBODY}"),
            full_name=in_clear(""),
            created_at=started_at,
        )
        period = timedelta(days=365 if plan.interval is Interval.YEAR else 30)
        subscription = Subscription(
            account=account,
            plan=plan,
            state=SubscriptionState.ACTIVE,
            started_at=started_at,
            period_end=opened_at + period * self.chance.random(),
        )
        self.session.add_all([account, customer, subscription])
        self.session.flush()
        return subscription, customer

    def _offered(self, case: Case) -> bool:
        """Whether an offer ended the wish."""
        offer = _OFFERS.get(case.reason) if case.reason is not None else None
        if offer is None or case.subscription.account.country == _NO_OFFERS_IN:
            return False
        case.offer_considered_at = case.opened_at
        held_out: dict[str, Any] = {"held_out": True} if self._happens(_HELD_OUT) else {}
        audit.record(
            self.session,
            "offer_decided",
            case.id,
            policy_version=POLICY,
            offer=offer[0],
            because="made up",
            **held_out,
        )
        if held_out:
            return False
        accepted = self._happens(0.28)
        answer = OfferAnswer.ACCEPTED if accepted else OfferAnswer.DECLINED
        self.session.add(
            Offer(
                case_id=case.id,
                account_id=case.subscription.account_id,
                name=offer[0],
                kind=offer[1],
                terms={"plan_name": case.subscription.plan.name, "currency": "EUR"},
                policy_version=POLICY,
                presented_at=case.opened_at,
                answer=answer,
                answered_at=case.opened_at + timedelta(seconds=20),
            )
        )
        if accepted:
            self._kept(case)
        return accepted

    def _kept(self, case: Case) -> None:
        case.state = CaseState.KEPT
        case.closed_at = case.opened_at + timedelta(seconds=30)
        if self._happens(0.45):  # whoever takes an offer often leaves later
            self._leaves_later(case, timedelta(days=self.chance.uniform(15, 120)))

    def _leaves_later(self, earlier: Case, after: timedelta) -> None:
        opened_at = earlier.opened_at + after
        if opened_at > clock.now():
            return
        case = Case(
            subscription=earlier.subscription,
            customer=earlier.customer,
            conversation_id=new_identifier(),
            state=CaseState.OPEN,
            reason=earlier.reason,
            opened_at=opened_at,
        )
        self.session.add(case)
        self.session.flush()
        self._leaves(case)

    def _decided(self, case: Case) -> None:
        fate = self.chance.random()
        if fate < 0.08:
            return  # went without a word
        if fate < 0.14:
            case.state, case.closed_at = CaseState.KEPT, case.opened_at + timedelta(minutes=1)
            return
        self._leaves(case)
        if fate < 0.18:
            case.state, case.closed_at = CaseState.UNDONE, case.confirmed_at
            case.subscription.state = SubscriptionState.ACTIVE
            case.subscription.cancel_at = None

    def _leaves(self, case: Case) -> None:
        plan, seconds = case.subscription.plan, 15 + self.chance.expovariate(1 / 40)
        case.confirmed_at = case.opened_at + timedelta(seconds=seconds)
        ends_at = case.confirmed_at + timedelta(days=self.chance.uniform(1, 29))
        case.ends_at = min(ends_at, clock.now())
        case.shown = _terms(plan, case.ends_at).as_json()
        case.completed_at = case.confirmed_at  # so that nothing of it is looked for any more
        case.state, case.closed_at = CaseState.ENDED, case.ends_at
        case.subscription.state = SubscriptionState.ENDED
        case.subscription.cancel_at = case.ends_at
        page = case.reason is None and self._happens(0.7)
        source = "page" if page else "agent:past" if self._happens(0.1) else "chat"
        audit.record(self.session, "confirmed", case.id, source=source)
        if source == "chat":
            self._answers(case)

    def _answers(self, case: Case) -> None:
        for question, words in (
            (SurveyQuestion.IMPROVE, _IMPROVE),
            (SurveyQuestion.RETURN, _RETURN),
        ):
            answer = self.chance.choice(words) if self._happens(0.45) else None
            self.session.add(
                SurveyAnswer(
                    case_id=case.id,
                    question=question,
                    answer=answer,
                    skipped=answer is None,
                    answered_at=case.confirmed_at,
                )
            )
        self.session.flush()

    def _happens(self, likelihood: float) -> bool:
        return self.chance.random() < likelihood

    def _one_of(self, weighted: Sequence[tuple[Any, int]]) -> Any:
        values, weights = zip(*weighted, strict=True)
        [chosen] = self.chance.choices(values, weights)
        return chosen


def _terms(plan: Plan, ends_at: datetime) -> Terms:
    """What they were shown, as far as anybody looks at it again."""
    return Terms(
        plan_name=plan.name,
        ends_at=ends_at,
        spared=Payment(plan.price_minor, plan.currency, ends_at),
        refund=None,
        at_once_on=None,
        currency=plan.currency,
        content_until=ends_at + timedelta(days=30),
        invoices_until_year=ends_at.year + 6,
        invoices_because="tax law says so",
        policy_version=POLICY,
    )
