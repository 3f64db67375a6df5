"""Reads where a talk stands from Rasa's slots and the database: what makes a difference, no more.

Left out, because nothing that happens next depends on it: which of the reasons that lead to the
same offer was given and whether it was said back already, what exactly was arranged once something
was, cases that are over, receipts, exports, answers to the survey. Every walk looks whether that is
so (`Walk.second_looks`).
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from offboard.proof.model import Button, Situation, Terms
from offboarding import clock
from offboarding.accounts import service as accounts
from offboarding.accounts.model import Customer, Subscription
from offboarding.cases import service as cases
from offboarding.cases.model import Case
from offboarding.cases.reasons import ChurnReason
from offboarding.cases.states import CaseState
from offboarding.cases.terms import terms_from_json, terms_values
from offboarding.handoffs import service as handoffs
from offboarding.handoffs.model import HandOff
from offboarding.identity import service as identity
from offboarding.identity.model import CodeChallenge
from offboarding.offers import service as offers
from offboarding.offers.model import Offer
from offboarding.policies.store import Policies

BESIDE_THE_WAY = ("misunderstood", "wants_export", "wants_refund", "hard_moment")
"""Slots that carry along what came up beside the way. A reason without a case counts, too, and that
a person was asked for."""


class Reader:
    """Reads situations of one conversation."""

    def __init__(self, conversation_id: str, policies: Policies) -> None:
        self._conversation_id = conversation_id
        self._policies = policies

    def read(
        self, session: Session, slots: Mapping[str, Any], buttons: Sequence[Button]
    ) -> Situation:
        """Where the talk stands."""
        customer = identity.identified_customer(session, self._conversation_id)
        hand_off = handoffs.hand_off_of(session, self._conversation_id)
        if customer is None:
            return self._stranger(session, slots, buttons, hand_off)
        held = accounts.subscriptions(session, customer.account_id)
        leavable = [each for each in held if each.renews]
        case = cases.case_in_conversation(session, self._conversation_id, customer)
        beside = {
            **_beside(slots, hand_off),
            "heard": self._heard(session, slots, case, leavable),
        }
        rest = {
            "customer": customer.external_id,
            **beside,
            # Only a choice among several plans goes on with what was wanted before it.
            "purpose": slots.get("purpose") if len(leavable) > 1 else None,
            **self._case(session, case),
            "had an offer": _had_an_offer(session, customer),
            "arranged": ", ".join(each.plan.name for each in leavable if _is_arranged(each)),
        }
        return Situation(
            question=slots.get("open_question"),
            buttons=tuple(buttons),
            leavable=tuple(each.plan.name for each in leavable),
            cancelled=tuple(
                (each.plan.name, each.cancel_at.isoformat()) for each in held if each.cancel_at
            ),
            person=hand_off is not None,
            shown=_shown(case, customer) if case else None,
            carried=_count(beside),
            rest=_rest(rest),
        )

    def _stranger(
        self,
        session: Session,
        slots: Mapping[str, Any],
        buttons: Sequence[Button],
        hand_off: HandOff | None,
    ) -> Situation:
        """Where a talk stands with somebody of whom nothing is sure."""
        codes = self._codes(session)
        beside = {**_beside(slots, hand_off), "heard": slots.get("heard_reason")}
        rest = {
            **beside,
            **codes,
            "purpose": slots.get("purpose"),
            "question before": slots.get("question_before_contact"),
            "answers to": hand_off is not None and hand_off.contact_email is not None,
        }
        return Situation(
            question=slots.get("open_question"),
            buttons=tuple(buttons),
            identified=False,
            locked="0" in codes.values(),
            leavable=(),
            person=hand_off is not None,
            carried=_count(beside),
            rest=_rest(rest),
        )

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
            "codes left": str(identity.CODES_AN_HOUR - len(sent)),
            "tries left": str(identity.WRONG_CODES - wrong),
        }

    def _heard(
        self,
        session: Session,
        slots: Mapping[str, Any],
        case: Case | None,
        leavable: Sequence[Subscription],
    ) -> str:
        """The reason that waits for a case, as the offers that it would lead to."""
        reason = slots.get("heard_reason")
        undecided = case is not None and case.state in {CaseState.OPEN, CaseState.SHOWN}
        if not reason or (undecided and case is not None and case.reason is not None):
            return ""
        offered = [self._offer(session, each, ChurnReason(reason)) for each in leavable]
        return "a reason for " + (", ".join(offered) or "nothing")

    def _case(self, session: Session, case: Case | None) -> dict[str, str]:
        if case is None or not case.active:
            return {}
        found = {"case": f"{case.state.value}, {case.subscription.plan.name}"}
        if case.state not in {CaseState.OPEN, CaseState.SHOWN}:
            return found
        found["why"] = self._why(session, case)
        offer = offers.offer_of(session, case)
        if offer is not None:
            found["offer"] = f"{offer.kind.value}, {offer.answer.value if offer.answer else 'open'}"
        return found

    def _why(self, session: Session, case: Case) -> str:
        if case.reason is None:
            return "skipped" if case.reason_skipped else "not asked"
        if case.offer_considered_at is not None:
            return "given"
        return "given for " + self._offer(session, case.subscription, case.reason)

    def _offer(self, session: Session, subscription: Subscription, reason: ChurnReason) -> str:
        judged = offers.verdicts(session, self._policies.offers, subscription, reason)
        return next((verdict.rule for verdict in judged if verdict.fits), "no offer")


def _beside(slots: Mapping[str, Any], hand_off: HandOff | None) -> dict[str, Any]:
    return {**{name: slots.get(name) for name in BESIDE_THE_WAY}, "person": hand_off is not None}


def _count(beside: Mapping[str, Any]) -> int:
    return sum(bool(each) for each in beside.values())


def _rest(rest: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    return tuple(sorted((name, str(value)) for name, value in rest.items() if value))


def _had_an_offer(session: Session, customer: Customer) -> bool:
    """Whether an offer was made lately, so that none is for a while."""
    made = sa.select(Offer.id).where(Offer.account_id == customer.account_id)
    return session.scalar(made.limit(1)) is not None


def _is_arranged(subscription: Subscription) -> bool:
    return subscription.next_plan_id is not None or subscription.paused_until is not None


def _shown(case: Case, customer: Customer) -> Terms | None:
    if case.state is not CaseState.SHOWN or case.shown is None:
        return None
    terms = terms_from_json(case.shown)
    values = terms_values(terms, customer)
    said = ["plan", "ends_on", "content_until"]
    if terms.spared is not None:
        said += ["spared_amount", "spared_on", "invoices_until_year"]
    return Terms(
        plan=terms.plan_name,
        ends_at=terms.ends_at.isoformat(),
        all=str(sorted(case.shown.items())),
        words=tuple(values[name] for name in said),
    )
