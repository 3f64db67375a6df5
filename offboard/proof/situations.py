"""Reads where a talk stands from Rasa's slots and the database: what makes a difference, no more.

Whatever a slot holds makes a difference, unless it is named here as one that does not; so a new
slot is heeded from its first day. Left out is only what nothing that happens next depends on: which
of the reasons that lead to the same offer was given and in which words, whether it was said back
already, what exactly was arranged once something was, cases that are over, receipts, exports and
answers to the survey. Every walk looks whether that is so (`Walk.second_looks`).
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from offboard.proof.model import Button, Situation, Terms
from offboarding import clock
from offboarding.accounts import service as accounts
from offboarding.accounts.model import Customer, Subscription, SubscriptionState
from offboarding.billing.ledger import LedgerBilling
from offboarding.cases import service as cases
from offboarding.cases.model import Case
from offboarding.cases.reasons import ChurnReason
from offboarding.cases.states import CaseState
from offboarding.cases.terms import agreed, terms_from_json, terms_values
from offboarding.handoffs import service as handoffs
from offboarding.handoffs.model import HandOff
from offboarding.identity import service as identity
from offboarding.identity.model import CodeChallenge, VerifiedIdentity
from offboarding.offers import service as offers
from offboarding.offers.model import Offer
from offboarding.policies.store import Policies
from offboarding.refunds.withdrawal import local_day

ABOUT = "case_in_talk"
"""The slot that names the case that the talk turned to last."""
REASON = "heard_reason"
"""The slot that keeps a reason until there is a case for it."""
NO_DIFFERENCE = frozenset(
    {"open_question", REASON, "heard_reason_words", "acknowledged", "wish_words"}
)
"""Slots that are read here in another way, or that change a sentence beside the way and no more.

Words of a wish matter where they name a plan, and no words of a move do.
"""
ON_THE_WAY = frozenset(
    {
        ABOUT,
        "cancelled_in_talk",
        "choices",
        "offered_for",
        "plans_to_go",
        "purpose",
        "question_before_contact",
        "question_before_lapse",
        "whose_account",
    }
)
"""Slots that belong to the way itself. All others carry along what came up beside it; so do a
reason without a case, and that a person was asked for."""
UNDECIDED = frozenset({CaseState.OPEN, CaseState.SHOWN})


class Reader:
    """Reads situations of one conversation."""

    def __init__(self, conversation_id: str, policies: Policies) -> None:
        self._conversation_id = conversation_id
        self._policies = policies

    def read(
        self, session: Session, slots: Mapping[str, Any], buttons: Sequence[Button]
    ) -> Situation:
        """Where the talk stands."""
        customer, identified = self._customer(session)
        held = accounts.subscriptions(session, customer.account_id) if customer else []
        leavable = [each for each in held if each.renews]
        about = self._about(session, slots, customer)
        shown = _shown(about, customer) if about and customer else None
        hand_off = handoffs.hand_off_of(session, self._conversation_id)
        kept = {name: _named(session, slots[name]) for name in slots if _matters(slots, name)}
        heard = self._heard(session, slots, about, leavable)
        codes = {} if identified else self._codes(session)
        rest = {
            "customer": customer.external_id if customer else "",
            "about": about.subscription.plan.name if about and about.active else "",
            "had an offer": _had_an_offer(session, customer) if customer else "",
            "arranged": ", ".join(each.plan.name for each in leavable if _is_arranged(each)),
            "person": _answers_to(hand_off) if hand_off else "",
            "reason": heard,
            **kept,
            **codes,
            **dict(self._cases(session, held)),
        }
        return Situation(
            question=slots.get("open_question"),
            buttons=tuple(buttons),
            identified=identified,
            locked="0" in codes.values(),
            leavable=tuple(each.plan.name for each in leavable),
            cancelled=tuple(_cancelled(session, customer)) if customer else (),
            person=hand_off is not None,
            shown=shown,
            outdated=shown is not None and about is not None and self._outdated(session, about),
            carried=_carried(slots, kept) + bool(heard) + bool(hand_off),
            rest=tuple(sorted((name, str(value)) for name, value in rest.items() if value)),
        )

    def _customer(self, session: Session) -> tuple[Customer | None, bool]:
        """Who this is, or was before a long silence; and whether that is sure now."""
        known = session.get(VerifiedIdentity, self._conversation_id)
        if known is None:
            return None, False
        sure = identity.valid_identity(session, self._conversation_id) is not None
        return accounts.customer(session, known.customer_id), sure

    def _about(
        self, session: Session, slots: Mapping[str, Any], customer: Customer | None
    ) -> Case | None:
        """The case that the talk is about."""
        if customer is None:
            return None
        turned_to = session.get(Case, slots.get(ABOUT) or "")
        if turned_to is not None and turned_to.conversation_id == self._conversation_id:
            return turned_to
        return cases.case_in_conversation(session, self._conversation_id, customer)

    def _codes(self, session: Session) -> dict[str, str]:
        """What was sent to find out who this is, and how many tries are left."""
        sent = session.scalars(
            sa.select(CodeChallenge)
            .where(
                CodeChallenge.conversation_id == self._conversation_id,
                CodeChallenge.created_at > clock.now() - timedelta(hours=1),
            )
            .order_by(CodeChallenge.created_at)
        ).all()
        if not sent:
            return {}
        wrong = sum(each.wrong_attempts for each in sent)
        return {
            "address": "known" if sent[-1].customer_id else "unknown",
            "code used": "yes" if sent[-1].used_at else "",
            "codes left": str(identity.CODES_AN_HOUR - len(sent)),
            "tries left": str(identity.WRONG_CODES - wrong),
        }

    def _heard(
        self,
        session: Session,
        slots: Mapping[str, Any],
        about: Case | None,
        leavable: Sequence[Subscription],
    ) -> str:
        """The reason that waits for a case, as the offers that it would lead to."""
        reason = slots.get(REASON)
        if not reason or (about is not None and about.state in UNDECIDED and about.reason):
            return ""
        offered = [self._offer(session, each, ChurnReason(reason)) for each in leavable]
        return "for " + (", ".join(offered) or "no plan")

    def _cases(self, session: Session, held: Sequence[Subscription]) -> Iterator[tuple[str, str]]:
        """The case of each plan, as far as it goes on."""
        for subscription in held:
            case = cases.active_case(session, subscription)
            if case is None:
                continue
            here = "" if case.conversation_id == self._conversation_id else ", of another talk"
            yield f"case of {subscription.plan.name}", f"{case.state.value}{here}"
            if case.state in UNDECIDED:
                yield f"why {subscription.plan.name}", self._why(session, case)
                offer = offers.offer_of(session, case)
                if offer is not None:
                    answer = offer.answer.value if offer.answer else "open"
                    yield f"offer for {subscription.plan.name}", f"{offer.kind.value}, {answer}"

    def _why(self, session: Session, case: Case) -> str:
        if case.reason is None:
            return "skipped" if case.reason_skipped else "not asked"
        if case.offer_considered_at is not None:
            return "given"
        return "given for " + self._offer(session, case.subscription, case.reason)

    def _offer(self, session: Session, subscription: Subscription, reason: ChurnReason) -> str:
        judged = offers.verdicts(session, self._policies.offers, subscription, reason)
        return next((verdict.rule for verdict in judged if verdict.fits), "no offer")

    def _outdated(self, session: Session, case: Case) -> bool:
        now = cases.terms_of_case(case, LedgerBilling(session), self._policies)
        return case.shown is not None and agreed(case.shown) != agreed(now.as_json())


def _matters(slots: Mapping[str, Any], name: str) -> bool:
    return name not in NO_DIFFERENCE and bool(slots[name])


def _named(session: Session, value: Any) -> str:
    """A slot's value; identifiers, which differ from talk to talk, as what they stand for."""
    if isinstance(value, list):
        return json.dumps([_named(session, each) for each in value])
    if not isinstance(value, str):
        return json.dumps(value, sort_keys=True)
    case, subscription = session.get(Case, value), session.get(Subscription, value)
    if case is not None:
        return f"the case of {case.subscription.plan.name}"
    return f"the plan {subscription.plan.name}" if subscription is not None else value


def _carried(slots: Mapping[str, Any], kept: Mapping[str, str]) -> int:
    beside = [slots[name] for name in kept if name not in ON_THE_WAY]
    return sum(len(value) if isinstance(value, list) else 1 for value in beside)


def _answers_to(hand_off: HandOff) -> str:
    return "can answer" if hand_off.contact_email or hand_off.customer_id else "cannot answer"


def _had_an_offer(session: Session, customer: Customer) -> bool:
    """Whether an offer was made lately, so that none is for a while."""
    made = sa.select(Offer.id).where(Offer.account_id == customer.account_id)
    return session.scalar(made.limit(1)) is not None


def _cancelled(session: Session, customer: Customer) -> Iterator[tuple[str, str]]:
    """Every plan of theirs that is cancelled or over, and when it ends."""
    of_account = sa.select(Subscription).where(
        Subscription.account_id == customer.account_id, Subscription.cancel_at.is_not(None)
    )
    for each in session.scalars(of_account.order_by(Subscription.started_at, Subscription.id)):
        if each.cancel_at is not None:
            ended = each.state is SubscriptionState.ENDED
            day = local_day(each.cancel_at, each.account)
            yield each.plan.name, _at_once(day) if ended else each.cancel_at.isoformat()


def _at_once(day: date) -> str:
    """An end at once is at the instant of the yes, of which no more than the day is shown."""
    return f"at once, on {day.isoformat()}"


def _is_arranged(subscription: Subscription) -> bool:
    return subscription.next_plan_id is not None or subscription.paused_until is not None


def _shown(case: Case, customer: Customer) -> Terms | None:
    if case.state is not CaseState.SHOWN or case.shown is None:
        return None
    terms = terms_from_json(case.shown)
    values = terms_values(terms, customer)
    said = ["plan", "ends_on", "nothing_more", "content"]
    if terms.refund is not None:
        said += ["refund", "refund_because", "refund_when", "invoices_until_year"]
    elif terms.spared is not None:
        said += ["spared_amount", "spared_on", "invoices_until_year"]
    return Terms(
        plan=terms.plan_name,
        ends_at=_at_once(terms.at_once_on) if terms.at_once_on else terms.ends_at.isoformat(),
        all=str(sorted(agreed(case.shown).items())),
        words=tuple(values[name] for name in said),
    )
