"""Deciding on the one offer of a case, and keeping what it promises."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
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
from offboarding.offers.terms import offer_terms
from offboarding.policies.rules import OfferPolicy, OfferRule
from offboarding.policies.store import Policies
from offboarding.receipts import service as receipts
from offboarding.receipts.model import ReceiptKind

UNDECIDED = frozenset({CaseState.OPEN, CaseState.SHOWN})
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
    if case.offer_considered_at is not None or case.state not in UNDECIDED:
        return None
    policy = policies.offers
    case.offer_considered_at = clock.now()
    judged = verdicts(session, policy, case.subscription, case.reason)
    chosen = next((verdict for verdict in judged if verdict.fits), None)
    left_out = chosen is not None and held_out(policy, case.subscription.account_id)
    audit.record(
        session,
        "offer_decided",
        case.id,
        policy_version=policy.version.isoformat(),
        offer=chosen.rule if chosen else None,
        because=(chosen or judged[-1]).because if judged else "there are no offers",
        **({"held_out": True} if left_out else {}),
    )
    if chosen is None or left_out:
        return None
    rule = next(rule for rule in policy.offers if rule.name == chosen.rule)
    return _made(session, case, rule, policy)


def leave_out(session: Session, case: Case, policies: Policies) -> None:
    """Decide on no offer in this case, because they want to hear of none; one made is declined."""
    known = offer_of(session, case)
    if known is not None and known.answer is None:
        return decline(session, known)
    if case.offer_considered_at is not None or case.state not in UNDECIDED:
        return None
    case.offer_considered_at = clock.now()
    return audit.record(
        session,
        "offer_decided",
        case.id,
        policy_version=policies.offers.version.isoformat(),
        offer=None,
        because="they asked for no offers",
    )


def held_out(policy: OfferPolicy, account_id: str) -> bool:
    """Whether an offer that fits is left out with this account, to see what offers change.

    Chance decides it once for an account, so that nobody gets another answer by asking again. What
    a customer asks for by themselves is never left out, nor what an agent offers.
    """
    digest = hashlib.sha256(f"holdout:{account_id}".encode()).digest()
    return int.from_bytes(digest[:8], "big") % 100 < policy.holdout_percent


def offer_on_request(
    session: Session, case: Case, kind: OfferKind, policies: Policies
) -> Offer | None:
    """What the customer asked for by themselves, if policy has it for their plan.

    A wish is no sales talk, so reason and place do not count; the cooldown does, for what we
    offered in other cases, and not for what they asked for in them. One that was declined may be
    asked for after all, and another thing in its place; while an offer waits for its answer, a case
    holds no other.
    """
    if case.state not in UNDECIDED:
        return None
    known = offer_of(session, case)
    if known is not None and not (_said_no_to(known) and known.kind is not kind):
        return _asked_for_again(session, known, kind)
    policy = policies.offers
    if not policy.offers_enabled or _in_cooldown(session, policy, case.subscription, but=case):
        return None
    for rule in policy.offers:
        if rule.kind is kind and not list(_unfit_plans(rule, case.subscription)):
            case.offer_considered_at = clock.now()
            version = policy.version.isoformat()
            audit.record(
                session, "offer_requested", case.id, policy_version=version, offer=rule.name
            )
            return _made(session, case, rule, policy, on_request=True)
    return None


def _said_no_to(offer: Offer) -> bool:
    """Whether it was ours, not a person's, and they declined it."""
    return offer.agent_id is None and offer.answer is OfferAnswer.DECLINED


def _asked_for_again(session: Session, offer: Offer, kind: OfferKind) -> Offer | None:
    if offer.kind is not kind or offer.answer is OfferAnswer.ACCEPTED:
        return None
    if offer.agent_id is not None and offer.answer is not None:
        return None  # what a person offered is theirs to offer again
    if offer.answer is not None:
        offer.answer, offer.answered_at = None, None
        audit.record(session, "offer_asked_for_again", offer.case_id, offer=offer.name)
    return offer


def offer_of(session: Session, case: Case) -> Offer | None:
    """The newest offer that was made in this case, whatever became of it."""
    return session.scalar(
        sa.select(Offer)
        .where(Offer.case_id == case.id)
        .order_by(Offer.answer.is_(None).desc(), Offer.presented_at.desc())
        .limit(1)
    )


def present(session: Session, case: Case, offer: Offer) -> Offer:
    """Make an offer in a case, from now on. Those who call it have seen to it that it may be."""
    offer.case_id, offer.account_id = case.id, case.subscription.account_id
    offer.presented_at = clock.now()
    session.add(offer)
    session.flush()
    return offer


def decline(session: Session, offer: Offer) -> None:
    """Note a no. It is final for the case."""
    _answer(session, offer, OfferAnswer.DECLINED)


def withdraw(session: Session, offer: Offer) -> None:
    """Take an offer back that was not answered."""
    _answer(session, offer, OfferAnswer.WITHDRAWN)


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


def barred_by_law(policy: OfferPolicy, subscription: Subscription) -> str | None:
    """Why nothing at all is offered to this account, whoever would; None where it may be."""
    account = subscription.account
    if not policy.offers_enabled:
        return "offers are switched off"
    if {account.country, account.jurisdiction} & policy.never_in:
        return f"no offers are made in {account.jurisdiction}"
    return None


def _barred(session: Session, policy: OfferPolicy, subscription: Subscription) -> str | None:
    barred = barred_by_law(policy, subscription)
    if barred is not None:
        return barred
    if _in_cooldown(session, policy, subscription):
        return f"an offer was made in the last {policy.cooldown_days} days"
    return None


def _in_cooldown(
    session: Session, policy: OfferPolicy, subscription: Subscription, but: Case | None = None
) -> bool:
    """Whether we made the account an offer of late, in another case than this one."""
    recent = recent_offers(policy, subscription)
    if but is not None:
        recent = recent.where(Offer.case_id != but.id)
    return session.scalar(recent.limit(1)) is not None


def recent_offers(policy: OfferPolicy, subscription: Subscription) -> sa.Select[str]:
    """The offers made to this account within the cooldown, by their identifiers.

    What a customer asked for by themselves is none: it counts neither against what they ask for
    later nor against the offer that we may make.
    """
    since = clock.now() - timedelta(days=policy.cooldown_days)
    return sa.select(Offer.id).where(
        Offer.account_id == subscription.account_id,
        Offer.presented_at > since,
        Offer.on_request.is_(False),
    )


def _verdict(rule: OfferRule, subscription: Subscription, reason: ChurnReason | None) -> Verdict:
    for because in _misfits(rule, subscription, reason):
        return Verdict(rule.name, fits=False, because=because)
    return Verdict(rule.name, fits=True, because="reason, plan and account fit")


def _misfits(
    rule: OfferRule, subscription: Subscription, reason: ChurnReason | None
) -> Iterator[str]:
    if reason not in rule.reasons:
        given = reason.value.replace("_", " ") if reason is not None else "none given"
        yield f"does not fit the reason ({given})"
    yield from _unfit_plans(rule, subscription)


def _unfit_plans(rule: OfferRule, subscription: Subscription) -> Iterator[str]:
    if subscription.account.kind not in rule.account_kinds:
        yield f"not for a {subscription.account.kind} account"
    if subscription.state not in rule.states:
        yield f"not for a subscription that is {subscription.state}"
    if subscription.plan.interval not in rule.intervals:
        yield f"not for a plan paid by the {subscription.plan.interval}"
    yield from impossibilities(rule.kind, subscription)


def impossibilities(kind: OfferKind, subscription: Subscription) -> Iterator[str]:
    """Why something can't be offered on this subscription, whatever policy has."""
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


def _made(
    session: Session, case: Case, rule: OfferRule, policy: OfferPolicy, *, on_request: bool = False
) -> Offer:
    return present(
        session,
        case,
        Offer(
            name=rule.name,
            kind=rule.kind,
            terms=offer_terms(
                case.subscription,
                rule.kind,
                percent=rule.percent,
                months=rule.months,
                days=rule.days,
            ),
            policy_version=policy.version.isoformat(),
            on_request=on_request,
        ),
    )


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
