"""Deciding on the one offer of a case, and keeping what it promises."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from dateutil.relativedelta import relativedelta
from sqlalchemy.orm import Session

from offboarding import clock
from offboarding.accounts.model import Plan, Subscription
from offboarding.audit import service as audit
from offboarding.background.service import schedule
from offboarding.billing.port import BillingPort
from offboarding.cases import service as cases
from offboarding.cases.model import Case
from offboarding.cases.reasons import ChurnReason
from offboarding.cases.states import CaseState
from offboarding.errors import TransitionError
from offboarding.offers.model import Offer, OfferAnswer, OfferKind
from offboarding.policies.rules import OfferPolicy, OfferRule
from offboarding.policies.store import Policies
from offboarding.receipts import service as receipts
from offboarding.receipts.model import ReceiptKind

_UNDECIDED = frozenset({CaseState.OPEN, CaseState.SHOWN})
"""Offers have their place before the yes; after it, none is made."""


@dataclass(frozen=True)
class Verdict:
    """Whether a rule of policy/offers.yml fits, and why."""

    rule: str
    fits: bool
    because: str


def verdicts(
    session: Session, policy: OfferPolicy, subscription: Subscription, reason: ChurnReason | None
) -> list[Verdict]:
    """Each rule, in order, with why it fits or not; the first that fits would be offered."""
    barred = _barred(session, policy, subscription)
    if barred:
        return [Verdict("all", fits=False, because=barred)]
    return [_verdict(rule, subscription, reason) for rule in policy.offers]


def offer_for(session: Session, case: Case, policies: Policies) -> Offer | None:
    """The offer to make in this case now, or None: at most one, never after an answer (R4)."""
    known = offer_of(session, case)
    if known is not None:
        return known if known.answer is None else None
    if case.offer_considered_at is not None or case.state not in _UNDECIDED:
        return None
    policy = policies.offers
    case.offer_considered_at = clock.now()
    judged = verdicts(session, policy, case.subscription, case.reason)
    chosen = next((verdict for verdict in judged if verdict.fits), None)
    audit.record(
        session,
        "offer_decided",
        case.id,
        policy_version=policy.version.isoformat(),
        offer=chosen.rule if chosen else None,
        because=(chosen or judged[-1]).because if judged else "there are no offers",
    )
    if chosen is None:
        return None
    rule = next(rule for rule in policy.offers if rule.name == chosen.rule)
    return _made(session, case, rule, policy)


def offer_on_request(
    session: Session, case: Case, kind: OfferKind, policies: Policies
) -> Offer | None:
    """What the customer asked for by themselves, if policy has it for their plan.

    A wish is no sales talk, so reason and place do not count; the cooldown does, and a case still
    holds one offer. One that was declined may be asked for after all.
    """
    if case.state not in _UNDECIDED:
        return None
    known = offer_of(session, case)
    if known is not None:
        return _asked_for_again(session, known, kind)
    policy = policies.offers
    if not policy.offers_enabled or _in_cooldown(session, policy, case.subscription):
        return None
    for rule in policy.offers:
        if rule.kind is kind and not list(_unfit_plans(rule, case.subscription)):
            case.offer_considered_at = clock.now()
            version = policy.version.isoformat()
            audit.record(
                session, "offer_requested", case.id, policy_version=version, offer=rule.name
            )
            return _made(session, case, rule, policy)
    return None


def _asked_for_again(session: Session, offer: Offer, kind: OfferKind) -> Offer | None:
    if offer.kind is not kind or offer.answer is OfferAnswer.ACCEPTED:
        return None
    if offer.answer is not None:
        offer.answer, offer.answered_at = None, None
        audit.record(session, "offer_asked_for_again", offer.case_id, offer=offer.name)
    return offer


def offer_of(session: Session, case: Case) -> Offer | None:
    """The offer that was made in this case, whatever became of it."""
    return session.scalar(sa.select(Offer).where(Offer.case_id == case.id))


def decline(session: Session, offer: Offer) -> None:
    """Note a no. It is final for the case."""
    _answer(session, offer, OfferAnswer.DECLINED)


def accept(session: Session, case: Case, offer: Offer, billing: BillingPort) -> None:
    """Do what was offered, just as it was said, and close the case as kept.

    Raises TransitionError, and changes nothing, when it was answered or something was cancelled.
    """
    cases.lock(session, case)
    session.refresh(offer)
    _check_unanswered(offer)
    cases.keep(session, case)
    _answer(session, offer, OfferAnswer.ACCEPTED)
    _carry_out(session, case, offer, billing)
    if offer.kind is OfferKind.CALL:
        schedule(session, "mail.call_request", case.id)
    else:
        receipts.issue(session, case, ReceiptKind.OFFER, {"offer": offer.kind.value, **offer.terms})


def _answer(session: Session, offer: Offer, answer: OfferAnswer) -> None:
    _check_unanswered(offer)
    offer.answer, offer.answered_at = answer, clock.now()
    audit.record(session, f"offer_{answer.value}", offer.case_id, offer=offer.name)


def _check_unanswered(offer: Offer) -> None:
    if offer.answer is not None:
        raise TransitionError("That offer was answered already.")


def _barred(session: Session, policy: OfferPolicy, subscription: Subscription) -> str | None:
    account = subscription.account
    if not policy.offers_enabled:
        return "offers are switched off in policy/offers.yml"
    if {account.country, account.jurisdiction} & policy.never_in:
        return f"no offers are made in {account.jurisdiction} (never_in)"
    if _in_cooldown(session, policy, subscription):
        return f"an offer was made in the last {policy.cooldown_days} days (cooldown_days)"
    return None


def _in_cooldown(session: Session, policy: OfferPolicy, subscription: Subscription) -> bool:
    since = clock.now() - timedelta(days=policy.cooldown_days)
    recent = sa.select(Offer.id).where(
        Offer.account_id == subscription.account_id, Offer.presented_at > since
    )
    return session.scalar(recent.limit(1)) is not None


def _verdict(rule: OfferRule, subscription: Subscription, reason: ChurnReason | None) -> Verdict:
    for because in _misfits(rule, subscription, reason):
        return Verdict(rule.name, fits=False, because=because)
    return Verdict(rule.name, fits=True, because="reason, plan and account fit")


def _misfits(
    rule: OfferRule, subscription: Subscription, reason: ChurnReason | None
) -> Iterator[str]:
    if reason not in rule.reasons:
        yield f"does not fit the reason ({reason or 'none given'})"
    yield from _unfit_plans(rule, subscription)


def _unfit_plans(rule: OfferRule, subscription: Subscription) -> Iterator[str]:
    if subscription.account.kind not in rule.account_kinds:
        yield f"not for a {subscription.account.kind} account"
    if subscription.state not in rule.states:
        yield f"not for a subscription that is {subscription.state}"
    if subscription.plan.interval not in rule.intervals:
        yield f"not for a plan paid by the {subscription.plan.interval}"
    yield from _impossibilities(rule.kind, subscription)


def _impossibilities(kind: OfferKind, subscription: Subscription) -> Iterator[str]:
    if kind is OfferKind.CALL:
        if subscription.account.account_manager_name is None:
            yield "the account has no account manager"
    elif subscription.plan.free or subscription.period_end is None:
        yield "not for a free plan"
    elif subscription.next_plan is not None:
        yield "it changes to another plan already"
    elif kind is OfferKind.SMALLER_PLAN and subscription.plan.smaller_plan is None:
        yield "there is no smaller plan"
    elif kind is OfferKind.DISCOUNT and _runs_on(subscription, subscription.discount_until):
        yield "it has a discount already"
    elif kind is OfferKind.PAUSE and _runs_on(subscription, subscription.paused_until):
        yield "a pause is agreed already"


def _runs_on(subscription: Subscription, until: datetime | None) -> bool:
    """Whether what was agreed until then outlasts the period."""
    end = subscription.period_end
    return until is not None and end is not None and until > end


def _made(session: Session, case: Case, rule: OfferRule, policy: OfferPolicy) -> Offer:
    offer = Offer(
        case_id=case.id,
        account_id=case.subscription.account_id,
        name=rule.name,
        kind=rule.kind,
        terms=_terms(rule, case.subscription),
        policy_version=policy.version.isoformat(),
        presented_at=clock.now(),
    )
    session.add(offer)
    session.flush()
    return offer


def _terms(rule: OfferRule, subscription: Subscription) -> dict[str, Any]:
    """What is promised: amounts in minor units of `currency`, instants in ISO-8601 UTC."""
    plan, starts_at = subscription.plan, subscription.period_end
    terms: dict[str, Any] = {"plan_name": plan.name, "currency": plan.currency}
    if rule.kind is OfferKind.CALL or starts_at is None:
        return {**terms, "account_manager": subscription.account.account_manager_name}
    terms["starts_at"] = starts_at.isoformat()
    match rule.kind:
        case OfferKind.PAUSE:
            terms["ends_at"] = _months_after(starts_at, rule.months).isoformat()
        case OfferKind.DISCOUNT:
            percent = rule.percent or 0
            terms["percent"] = percent
            terms["price_minor"] = plan.price_minor
            terms["offer_price_minor"] = plan.price_minor - plan.price_minor * percent // 100
            terms["ends_at"] = _months_after(starts_at, rule.months).isoformat()
        case OfferKind.TRIAL_EXTENSION:
            terms["ends_at"] = (starts_at + timedelta(days=rule.days or 0)).isoformat()
        case OfferKind.SMALLER_PLAN:
            smaller = _smaller(plan)
            terms |= {
                "price_minor": plan.price_minor,
                "offer_plan_id": smaller.id,
                "offer_plan_name": smaller.name,
                "offer_price_minor": smaller.price_minor,
                "interval": smaller.interval.value,
            }
    return terms


def _carry_out(session: Session, case: Case, offer: Offer, billing: BillingPort) -> None:
    subscription, terms, key = case.subscription, offer.terms, f"{offer.id}:accepted"
    match offer.kind:
        case OfferKind.PAUSE:
            billing.pause(
                subscription, starts_at=_at(terms, "starts_at"), ends_at=_at(terms, "ends_at"),
                key=key,
            )  # fmt: skip
        case OfferKind.DISCOUNT:
            billing.discount(
                subscription, percent=terms["percent"], until=_at(terms, "ends_at"), key=key
            )
        case OfferKind.TRIAL_EXTENSION:
            billing.extend_trial(subscription, until=_at(terms, "ends_at"), key=key)
        case OfferKind.SMALLER_PLAN:
            plan = session.get_one(Plan, terms["offer_plan_id"])
            billing.change_plan(subscription, plan, at=_at(terms, "starts_at"), key=key)
        case OfferKind.CALL:
            pass  # a person does it; the mail to the account manager is scheduled by `accept`


def _at(terms: dict[str, Any], name: str) -> datetime:
    return datetime.fromisoformat(terms[name])


def _months_after(moment: datetime, months: int | None) -> datetime:
    return moment + relativedelta(months=months or 0)


def _smaller(plan: Plan) -> Plan:
    if plan.smaller_plan is None:
        raise TransitionError(f"There is no plan smaller than {plan.name}.")
    return plan.smaller_plan
