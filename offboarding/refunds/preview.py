"""What would be paid back if a customer left now: the one owner of that amount.

The chat, the pages, the desk, the case, its step `refund`, the receipt and `offboard policy
explain` all have it from here, so that what is shown is what is promised and what is paid.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from babel.dates import format_date
from dateutil.relativedelta import relativedelta

from offboarding import clock
from offboarding.accounts.model import AccountKind, Interval, Subscription
from offboarding.billing.port import BillingPort, TakenPayment
from offboarding.cases.reasons import ChurnReason
from offboarding.days import last_second
from offboarding.handoffs.withdrawals import SEEN_TO_WITHIN, withdrawal_received
from offboarding.policies.refunds import (
    WITHDRAWAL,
    GoodwillAmount,
    GoodwillRule,
    RefundPolicy,
    WithdrawalAmount,
    WithdrawalRule,
)
from offboarding.refunds.model import PartOfPayment, Refund
from offboarding.refunds.withdrawal import last_day, local_day
from offboarding.wording import DEFAULT_LOCALE, locale_of, zone_of

_MONTHS = {Interval.MONTH: 1, Interval.YEAR: 12}
_A_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Verdict:
    """Whether one rule of the policy fits, why, and what it would pay back."""

    rule: str
    because: str
    """A sentence for colleagues, without a full stop."""
    refund: Refund | None = None
    """None where it does not fit."""
    as_declared: bool = False
    """Whether it fits today for no other reason than what was declared before."""

    @property
    def fits(self) -> bool:
        """Whether it would be applied, were it the first."""
        return self.refund is not None


def refund_preview(
    subscription: Subscription,
    billing: BillingPort,
    policy: RefundPolicy,
    reason: ChurnReason | None = None,
) -> Refund | None:
    """What is paid back to who leaves now, by the first rule that fits; None where nothing is.

    Where that is a withdrawal only as it was declared, another rule is applied if it pays more:
    anybody can declare anything, and nobody shall have less by it than without it.
    """
    judged = verdicts(subscription, billing, policy, reason)
    fitting = [(verdict, verdict.refund) for verdict in judged if verdict.refund is not None]
    refunds = [refund for _, refund in fitting]
    if fitting and fitting[0][0].as_declared:
        return max(refunds[:2], key=lambda refund: refund.amount_minor)  # of equal ones the first
    return next(iter(refunds), None)


def verdicts(
    subscription: Subscription,
    billing: BillingPort,
    policy: RefundPolicy,
    reason: ChurnReason | None = None,
) -> list[Verdict]:
    """Every rule in the order in which they are looked through, and why it fits or does not."""
    facts = _facts(subscription, billing.payments(subscription), reason)
    return [
        _judged(WITHDRAWAL, _withdrawal(policy.withdrawal, facts), facts, policy),
        *(_judged(rule.name, _goodwill(rule, facts), facts, policy) for rule in policy.goodwill),
    ]


@dataclass(frozen=True)
class _Facts:
    """What is known of who leaves. Payments are the oldest first, in the currency of the last."""

    subscription: Subscription
    payments: Sequence[TakenPayment]
    in_other_currencies: bool
    """Whether there are payments beside those: what is owed of them is for a person to see."""
    reason: ChurnReason | None

    @property
    def today(self) -> date:
        return local_day(clock.now(), self.subscription.account)

    @property
    def last(self) -> TakenPayment | None:
        """The payment of the period that runs; None where that one was not paid."""
        last = self.payments[-1] if self.payments else None
        starts_on = self._period_start
        if last is None or starts_on is None:
            return None
        paid_on = local_day(last.payment.at, self.subscription.account)
        # A day's grace, for the hour of a payment and that of a period's end are not the same.
        return last if paid_on + _A_DAY >= starts_on else None

    @property
    def _period_start(self) -> date | None:
        end = self.subscription.period_end
        if end is None:
            return None
        months = _MONTHS[self.subscription.plan.interval]
        return local_day(end, self.subscription.account) - relativedelta(months=months)


def _facts(
    subscription: Subscription, payments: Sequence[TakenPayment], reason: ChurnReason | None
) -> _Facts:
    alike = [each for each in payments if each.payment.currency == payments[-1].payment.currency]
    return _Facts(subscription, alike, len(alike) < len(payments), reason)


@dataclass(frozen=True)
class _Fit:
    """A rule that fits: why, what the customer reads, and how much of which payments."""

    because: str
    for_customer: str
    amount_minor: int
    payments: Sequence[TakenPayment]
    as_declared: bool = False


def _judged(rule: str, judged: _Fit | str, facts: _Facts, policy: RefundPolicy) -> Verdict:
    if isinstance(judged, str):
        return Verdict(rule, judged)
    parts = tuple(_parts(judged.amount_minor, judged.payments))
    if not parts:
        return Verdict(rule, "nothing is left that could be paid back")
    currency = judged.payments[-1].payment.currency
    amount_minor = sum(part.amount_minor for part in parts)
    refund = Refund(
        rule=rule,
        because=judged.for_customer,
        currency=currency,
        parts=parts,
        by_a_person=facts.in_other_currencies or policy.asks_a_person(amount_minor, currency),
        policy_version=policy.version.isoformat(),
    )
    return Verdict(rule, judged.because, refund, judged.as_declared)


def _parts(amount_minor: int, payments: Sequence[TakenPayment]) -> Iterator[PartOfPayment]:
    """So much of the payments, the newest first, and of none more than is left of it."""
    for taken in reversed(payments):
        part = min(amount_minor, taken.left_minor)
        if part > 0:
            yield PartOfPayment(taken.payment.reference, part)
            amount_minor -= part


def may_withdraw_until(subscription: Subscription, policy: RefundPolicy) -> datetime:
    """The last second in which a consumer may withdraw from this contract, without saying why."""
    account = subscription.account
    day = last_day(subscription.started_at, policy.withdrawal.days, account)
    return last_second(day, zone_of(account.time_zone))


def _withdrawal(rule: WithdrawalRule, facts: _Facts) -> _Fit | str:
    account = facts.subscription.account
    if account.kind is not AccountKind.CONSUMER:
        return f"not for a {account.kind} account"
    if account.country not in rule.countries:
        return f"not for accounts in {account.country}"
    until = last_day(facts.subscription.started_at, rule.days, account)
    declared_on = _declared_on(facts, until)
    if (declared_on or facts.today) > until:
        return f"the contract began more than {rule.days} days ago: the last day was {_day(until)}"
    if not facts.payments:
        return "nothing was paid"
    amount_minor, how = _of_withdrawal(rule, facts, declared_on or facts.today)
    declared = f", declared on {_day(declared_on)}" if declared_on is not None else ""
    return _Fit(
        f"a consumer, within {rule.days} days (until {_day(until)}){declared}: {how}",
        rule.because if facts.today <= until else rule.because_declared,
        amount_minor,
        facts.payments,
        as_declared=facts.today > until,
    )


def _declared_on(facts: _Facts, until: date) -> date | None:
    """The day on which they declared that they withdraw, where that was before today."""
    if facts.today - SEEN_TO_WITHIN > until:
        return None  # so that nothing is looked up for who has been here for long
    received = withdrawal_received(facts.subscription)
    if received is None:
        return None
    day = local_day(received, facts.subscription.account)
    return day if day < facts.today else None


def _of_withdrawal(rule: WithdrawalRule, facts: _Facts, day: date) -> tuple[int, str]:
    """What comes back to who withdraws on a day, and in which way.

    Paid for what was given is only by who asked for it before the period was over, and the day
    that has begun is not counted (Directive 2011/83/EU, Art. 14 (3) and (4)).
    """
    left_minor = sum(taken.left_minor for taken in facts.payments)
    subscription, end = facts.subscription, facts.subscription.period_end
    if rule.pays_back is WithdrawalAmount.EVERYTHING:
        return left_minor, "all that was paid"
    if subscription.begun_on_request_at is None or end is None:
        return left_minor, "all that was paid, as it did not begin at their request"
    began = max(subscription.started_at, subscription.begun_on_request_at)
    first = local_day(began, subscription.account)
    all_days = max((local_day(end, subscription.account) - first).days, 1)
    given = min(max((day - first).days, 0), all_days)
    paid_minor = sum(taken.payment.amount_minor for taken in facts.payments)
    kept_minor = paid_minor * given // all_days
    return left_minor - kept_minor, f"less for {given} of {all_days} days, begun at their request"


def _goodwill(rule: GoodwillRule, facts: _Facts) -> _Fit | str:
    misfit = next((why for check in _CHECKS if (why := check(rule, facts)) is not None), None)
    if misfit is not None:
        return misfit
    last = facts.last
    if last is None:
        return "the period that runs was not paid"
    paid_on = local_day(last.payment.at, facts.subscription.account)
    if (facts.today - paid_on).days > rule.within_days_of_payment:
        return f"paid more than {rule.within_days_of_payment} days ago, on {_day(paid_on)}"
    if rule.pays_back is GoodwillAmount.LAST_PAYMENT:
        return _Fit("the last payment", rule.because, last.left_minor, [last])
    months, unused = _unused_months(facts)
    kept_minor = last.payment.amount_minor * (months - unused) // months
    amount_minor = last.left_minor - kept_minor
    return _Fit(f"{unused} of {months} months unused", rule.because, amount_minor, [last])


def _unused_months(facts: _Facts) -> tuple[int, int]:
    """Months of the period, and how many of them have not begun, or begin today.

    Counted back from the period's end, so that the months of a period are as long as those of the
    calendar: one that ends on 31 May has its months begin on 30 April, 31 March, 28 February.
    """
    months = _MONTHS[facts.subscription.plan.interval]
    end = facts.subscription.period_end
    if end is None:
        return months, 0
    ends_on = local_day(end, facts.subscription.account)
    begin = (ends_on - relativedelta(months=back) for back in range(1, months + 1))
    return months, sum(1 for first in begin if first >= facts.today)


_Check = Callable[[GoodwillRule, _Facts], str | None]


def _unfit_plan(rule: GoodwillRule, facts: _Facts) -> str | None:
    plan = facts.subscription.plan
    if plan.interval not in rule.intervals:
        return f"not for a plan paid by the {plan.interval}"
    if rule.plans != "all" and plan.id not in rule.plans:
        return f"not for the plan {plan.id}"
    return None


def _unfit_account(rule: GoodwillRule, facts: _Facts) -> str | None:
    account = facts.subscription.account
    if account.kind not in rule.account_kinds:
        return f"not for a {account.kind} account"
    if rule.countries != "all" and rule.countries.isdisjoint(
        {account.country, account.jurisdiction}
    ):
        return f"not for accounts in {account.jurisdiction}"
    return None


def _unfit_reason(rule: GoodwillRule, facts: _Facts) -> str | None:
    if rule.reasons == "any" or facts.reason in rule.reasons:
        return None
    return f"does not fit the reason ({facts.reason or 'none given'})"


_CHECKS: Sequence[_Check] = (_unfit_account, _unfit_plan, _unfit_reason)


def _day(day: date) -> str:
    return format_date(day, format="long", locale=locale_of(DEFAULT_LOCALE))
