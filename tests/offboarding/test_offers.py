"""The one offer of a case: who gets which under the policies as shipped, and that it is kept."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
import time_machine
from dateutil.relativedelta import relativedelta
from sqlalchemy.orm import Session

from offboarding import clock
from offboarding.accounts.model import (
    AccountKind,
    Customer,
    Interval,
    Subscription,
    SubscriptionState,
)
from offboarding.audit import service as audit
from offboarding.background.model import Task
from offboarding.billing.ledger import LedgerBilling
from offboarding.billing.model import LedgerEntry
from offboarding.billing.port import Payment
from offboarding.cases import service as cases
from offboarding.cases.model import Case
from offboarding.cases.reasons import ChurnReason
from offboarding.cases.states import CaseState
from offboarding.database import Database
from offboarding.errors import TransitionError
from offboarding.offers import service as offers
from offboarding.offers.model import Offer, OfferAnswer, OfferKind
from offboarding.policies.store import Policies
from offboarding.receipts.model import Receipt
from tests.factories import cancel, make_account, make_customer, make_plan, make_subscription
from tests.offboarding.at_once import at_once

TALK = "1" * 32
WHOSE = [
    "monthly", "monthly without smaller plan", "yearly", "trial", "paused", "free",
    "business with manager", "business without manager", "German", "Minnesotan", "Texan",
]  # fmt: skip


def subscribe(session: Session, whose: str = "monthly") -> Subscription:
    """A subscription like one of the demo company's."""
    place = {"German": ("DE", None), "Minnesotan": ("US", "MN"), "Texan": ("US", "TX")}
    country, region = place.get(whose, ("GB", None))
    business = "business" in whose
    account = make_account(
        session,
        country=country,
        region=region,
        kind=AccountKind.BUSINESS if business else AccountKind.CONSUMER,
        manager=("Noor", "noor@larkspur.example") if whose == "business with manager" else None,
    )
    basic = make_plan(session, "Basic", price="9.00")
    plan = {
        "yearly": lambda: make_plan(
            session, "Pro yearly", price="290.00", interval=Interval.YEAR, smaller_plan=basic
        ),
        "monthly without smaller plan": lambda: basic,
        "free": lambda: make_plan(session, "Free", price="0"),
    }.get(whose, lambda: make_plan(session, "Pro", smaller_plan=basic))()
    state = {"trial": SubscriptionState.TRIALING, "paused": SubscriptionState.PAUSED}
    return make_subscription(
        session,
        make_customer(session, account=account),
        plan,
        state=state.get(whose, SubscriptionState.ACTIVE),
    )


def leave(session: Session, subscription: Subscription, reason: ChurnReason | None = None) -> Case:
    customer = session.scalars(
        sa.select(Customer).where(Customer.account_id == subscription.account_id)
    ).first()
    assert customer is not None
    case = cases.open_case(session, customer, subscription, TALK)
    cases.record_reason(session, case, reason)
    session.flush()
    return case


R, K = ChurnReason, OfferKind
EXPECTED: dict[str, dict[ChurnReason, OfferKind]] = {
    "monthly": {
        R.TOO_EXPENSIVE: K.SMALLER_PLAN,
        R.UNUSED: K.SMALLER_PLAN,
        R.OTHER: K.PAUSE,
        R.SWITCHED_SERVICE: K.DISCOUNT,
    },
    "monthly without smaller plan": {
        R.TOO_EXPENSIVE: K.DISCOUNT,
        R.UNUSED: K.PAUSE,
        R.OTHER: K.PAUSE,
        R.SWITCHED_SERVICE: K.DISCOUNT,
    },
    "yearly": {
        R.TOO_EXPENSIVE: K.SMALLER_PLAN,
        R.UNUSED: K.SMALLER_PLAN,
        R.SWITCHED_SERVICE: K.DISCOUNT,
    },
    "trial": {
        R.TOO_COMPLEX: K.TRIAL_EXTENSION,
        R.UNUSED: K.TRIAL_EXTENSION,
        R.MISSING_FEATURES: K.TRIAL_EXTENSION,
    },
    "business with manager": {
        reason: K.CALL for reason in ChurnReason if reason is not ChurnReason.UNUSED
    },
}
EXPECTED["Texan"] = EXPECTED["monthly"]


@pytest.mark.parametrize("whose", WHOSE)
@pytest.mark.parametrize("reason", [*ChurnReason, None])
def test_each_reason_gets_the_offer_that_policy_has_for_it(
    database: Database, policies: Policies, whose: str, reason: ChurnReason | None
) -> None:
    with database.write() as session:
        offer = offers.offer_for(
            session, leave(session, subscribe(session, whose), reason), policies
        )
        expected = EXPECTED.get(whose, {}).get(reason) if reason else None
        assert (offer.kind if offer else None) is expected


@pytest.mark.parametrize("whose", ["German", "Minnesotan"])
def test_where_the_law_bars_offers_the_log_says_so(
    database: Database, policies: Policies, whose: str
) -> None:
    with database.write() as session:
        case = leave(session, subscribe(session, whose), R.TOO_EXPENSIVE)
        assert offers.offer_for(session, case, policies) is None
        [entry] = [e for e in audit.entries(session, case.id) if e.event == "offer_decided"]
        assert "no offers are made in" in entry.details["because"]
        assert entry.policy_version == policies.offers.version.isoformat()


def test_why_and_under_which_policy_an_offer_was_made_is_in_the_log(
    database: Database, policies: Policies
) -> None:
    """R13."""
    with database.write() as session:
        case = leave(session, subscribe(session), R.TOO_EXPENSIVE)
        offer = offers.offer_for(session, case, policies)
        assert offer is not None
        [entry] = [e for e in audit.entries(session, case.id) if e.event == "offer_decided"]
        assert entry.details == {"offer": "smaller-plan", "because": "reason, plan and account fit"}
        assert entry.policy_version == offer.policy_version


def test_every_rule_says_why_it_does_not_fit(database: Database, policies: Policies) -> None:
    with database.write() as session:
        verdicts = offers.verdicts(session, policies.offers, subscribe(session), R.LOW_QUALITY)
        assert [verdict.fits for verdict in verdicts] == [False] * len(policies.offers.offers)
        assert all(verdict.because for verdict in verdicts)


# --- at most one


def test_asked_again_it_is_the_same_offer(database: Database, policies: Policies) -> None:
    with database.write() as session:
        case = leave(session, subscribe(session), R.TOO_EXPENSIVE)
        first = offers.offer_for(session, case, policies)
        assert offers.offer_for(session, case, policies) is first


def test_after_a_no_there_is_no_offer_whatever_the_reason_becomes(
    database: Database, policies: Policies
) -> None:
    """R4."""
    with database.write() as session:
        case = leave(session, subscribe(session), R.TOO_EXPENSIVE)
        offer = offers.offer_for(session, case, policies)
        assert offer is not None
        offers.decline(session, offer)
        for reason in ChurnReason:
            cases.record_reason(session, case, reason)
            assert offers.offer_for(session, case, policies) is None


def test_where_none_fitted_a_reason_given_later_brings_none(
    database: Database, policies: Policies
) -> None:
    with database.write() as session:
        case = leave(session, subscribe(session), R.LOW_QUALITY)
        assert offers.offer_for(session, case, policies) is None
        cases.record_reason(session, case, R.TOO_EXPENSIVE)
        assert offers.offer_for(session, case, policies) is None


def test_an_answer_cannot_be_changed(database: Database, policies: Policies) -> None:
    with database.write() as session:
        case = leave(session, subscribe(session), R.TOO_EXPENSIVE)
        offer = offers.offer_for(session, case, policies)
        assert offer is not None
        offers.decline(session, offer)
        with pytest.raises(TransitionError):
            offers.decline(session, offer)
        with pytest.raises(TransitionError):
            offers.accept(session, case, offer, LedgerBilling(session))
        assert case.state is CaseState.OPEN


def test_after_the_yes_no_offer_is_made(database: Database, policies: Policies) -> None:
    with database.write() as session:
        customer = make_customer(session)
        case, _ = cancel(session, customer, make_subscription(session, customer), policies)
        case.reason = R.TOO_EXPENSIVE
        assert offers.offer_for(session, case, policies) is None
        assert offers.offer_on_request(session, case, K.PAUSE, policies) is None


def test_an_offer_taken_after_the_yes_changes_nothing(
    database: Database, policies: Policies
) -> None:
    with database.write() as session:
        subscription = subscribe(session)
        case = leave(session, subscription, R.SWITCHED_SERVICE)
        offer = offers.offer_for(session, case, policies)
        assert offer is not None
        case.state = CaseState.SCHEDULED
        session.flush()
        with pytest.raises(TransitionError):
            offers.accept(session, case, offer, LedgerBilling(session))
        assert offer.answer is None
        assert subscription.discount_percent is None
        assert session.scalars(sa.select(LedgerEntry)).all() == []


# --- the cooldown


@pytest.mark.parametrize(("days", "made"), [(1, False), (179, False), (180, True)])
def test_an_account_gets_no_second_offer_within_the_cooldown(
    database: Database, policies: Policies, now: time_machine.Traveller, days: int, made: bool
) -> None:
    with database.write() as session:
        subscription = subscribe(session, "monthly without smaller plan")
        case = leave(session, subscription, R.OTHER)
        assert offers.offer_for(session, case, policies) is not None
        cases.keep(session, case)
        now.shift(timedelta(days=days))
        again = offers.offer_for(session, leave(session, subscription, R.OTHER), policies)
        assert (again is not None) == made


def test_the_cooldown_counts_for_another_subscription_of_the_account_too(
    database: Database, policies: Policies
) -> None:
    with database.write() as session:
        subscription = subscribe(session)
        case = leave(session, subscription, R.OTHER)
        assert offers.offer_for(session, case, policies) is not None
        second = make_subscription(session, case.customer)
        assert offers.offer_for(session, leave(session, second, R.OTHER), policies) is None


def test_a_new_case_within_the_cooldown_gets_nothing_on_request_either(
    database: Database, policies: Policies
) -> None:
    with database.write() as session:
        subscription = subscribe(session)
        case = leave(session, subscription, R.OTHER)
        offers.offer_for(session, case, policies)
        cases.keep(session, case)
        again = leave(session, subscription)
        assert offers.offer_on_request(session, again, K.PAUSE, policies) is None


@pytest.mark.parametrize("declined", [True, False])
def test_what_they_asked_for_counts_against_nothing(
    database: Database, policies: Policies, declined: bool
) -> None:
    """ "I can't do that" would be untrue of what could be done a minute before."""
    with database.write() as session:
        subscription = subscribe(session)
        case = leave(session, subscription)
        asked = offers.offer_on_request(session, case, K.SMALLER_PLAN, policies)
        assert asked is not None
        if declined:
            offers.decline(session, asked)
        cases.keep(session, case)
        later = leave(session, subscription)
        again = offers.offer_on_request(session, later, K.SMALLER_PLAN, policies)
        assert again not in {None, asked}
        cases.keep(session, later)
        last = leave(session, subscription, R.SWITCHED_SERVICE)
        ours = offers.offer_for(session, last, policies)
        assert ours is not None
        assert ours.kind is K.DISCOUNT


# --- what is agreed already


def test_a_discount_is_never_offered_to_someone_who_has_one(
    database: Database, policies: Policies
) -> None:
    """25 % for someone who has 50 % would be a rise of the price, sold as a gift."""
    with database.write() as session:
        subscription = subscribe(session)
        subscription.discount_percent = 50
        subscription.discount_until = clock.now() + timedelta(days=90)
        case = leave(session, subscription, R.SWITCHED_SERVICE)
        assert offers.offer_for(session, case, policies) is None


def test_someone_who_moves_to_another_plan_already_is_not_told_of_the_old_ones_price(
    database: Database, policies: Policies
) -> None:
    with database.write() as session:
        subscription = subscribe(session)
        subscription.next_plan = subscription.plan.smaller_plan
        case = leave(session, subscription, R.TOO_EXPENSIVE)
        assert offers.offer_for(session, case, policies) is None


def test_a_pause_is_not_offered_upon_a_pause(database: Database, policies: Policies) -> None:
    with database.write() as session:
        subscription = subscribe(session)
        subscription.paused_until = clock.now() + timedelta(days=90)
        case = leave(session, subscription, R.OTHER)
        assert offers.offer_for(session, case, policies) is None


# --- on request


@pytest.mark.parametrize("whose", ["monthly", "German", "Minnesotan"])
def test_who_asks_for_a_pause_gets_it_wherever_they_live(
    database: Database, policies: Policies, whose: str
) -> None:
    with database.write() as session:
        case = leave(session, subscribe(session, whose))
        offer = offers.offer_on_request(session, case, K.PAUSE, policies)
        assert offer is not None
        assert offer.kind is K.PAUSE


@pytest.mark.parametrize(
    ("whose", "kind"),
    [
        ("yearly", K.PAUSE),
        ("free", K.PAUSE),
        ("business without manager", K.PAUSE),
        ("monthly without smaller plan", K.SMALLER_PLAN),
    ],
)
def test_what_policy_has_not_for_a_plan_is_not_made_on_request_either(
    database: Database, policies: Policies, whose: str, kind: OfferKind
) -> None:
    with database.write() as session:
        case = leave(session, subscribe(session, whose))
        assert offers.offer_on_request(session, case, kind, policies) is None
        assert offers.offer_of(session, case) is None


def test_who_said_no_may_ask_for_it_after_all_and_the_log_says_so(
    database: Database, policies: Policies
) -> None:
    with database.write() as session:
        case = leave(session, subscribe(session), R.OTHER)
        offer = offers.offer_for(session, case, policies)
        assert offer is not None
        offers.decline(session, offer)
        again = offers.offer_on_request(session, case, K.PAUSE, policies)
        assert again is offer
        assert offer.answer is None
        events = [entry.event for entry in audit.entries(session, case.id)]
        assert events[-2:] == ["offer_declined", "offer_asked_for_again"]


def test_who_said_no_may_ask_for_another_thing(database: Database, policies: Policies) -> None:
    with database.write() as session:
        case = leave(session, subscribe(session), R.TOO_EXPENSIVE)
        offer = offers.offer_for(session, case, policies)
        assert offer is not None
        offers.decline(session, offer)
        pause = offers.offer_on_request(session, case, K.PAUSE, policies)
        assert pause is not None
        assert (pause.kind, pause.answer) == (K.PAUSE, None)
        assert offer.answer is OfferAnswer.DECLINED


def test_who_wants_no_offers_gets_none_and_the_log_says_why(
    database: Database, policies: Policies
) -> None:
    with database.write() as session:
        case = leave(session, subscribe(session), R.TOO_EXPENSIVE)
        offers.leave_out(session, case, policies)
        assert offers.offer_for(session, case, policies) is None
        entry = audit.entries(session, case.id)[-1]
        assert (entry.event, entry.details["because"]) == (
            "offer_decided",
            "they asked for no offers",
        )


def test_while_one_offer_waits_there_is_no_other_on_request(
    database: Database, policies: Policies
) -> None:
    with database.write() as session:
        case = leave(session, subscribe(session), R.TOO_EXPENSIVE)
        offers.offer_for(session, case, policies)
        assert offers.offer_on_request(session, case, K.PAUSE, policies) is None


def test_switched_off_there_is_nothing_at_all(
    database: Database, policies: Policies, tmp_path: Path
) -> None:
    for name in (
        "offers.yml",
        "retention.yml",
        "routing.yml",
        "exports.yml",
        "systems.yml",
        "refunds.yml",
    ):
        text = (Path("policy") / name).read_text(encoding="utf-8")
        text = text.replace("offers_enabled: true", "offers_enabled: false")
        (tmp_path / name).write_text(text, encoding="utf-8")
    off = Policies(tmp_path)
    with database.write() as session:
        case = leave(session, subscribe(session), R.TOO_EXPENSIVE)
        assert offers.offer_for(session, case, off) is None
        assert offers.offer_on_request(session, case, K.PAUSE, off) is None


# --- doing just what was said


def accepted(
    session: Session, whose: str, reason: ChurnReason, policies: Policies
) -> tuple[Subscription, Offer, Case]:
    subscription = subscribe(session, whose)
    case = leave(session, subscription, reason)
    offer = offers.offer_for(session, case, policies)
    assert offer is not None
    offers.accept(session, case, offer, LedgerBilling(session))
    assert offer.answer is OfferAnswer.ACCEPTED
    assert case.state is CaseState.KEPT
    assert subscription.cancel_at is None
    return subscription, offer, case


def at(terms: dict[str, str], name: str) -> datetime:
    return datetime.fromisoformat(terms[name])


def test_a_yearly_discount_is_said_for_the_year_that_the_reduced_payment_pays_for(
    database: Database, policies: Policies
) -> None:
    with database.write() as session:
        subscription, offer, _ = accepted(session, "yearly", R.SWITCHED_SERVICE, policies)
        period_end = subscription.period_end
        assert period_end is not None
        assert at(offer.terms, "starts_at") == period_end
        assert at(offer.terms, "ends_at") == period_end + relativedelta(years=1)
        billing = LedgerBilling(session)
        for paid, price in ((period_end, 21750), (at(offer.terms, "ends_at"), 29000)):
            subscription.period_end = paid
            assert billing.next_payment(subscription) == Payment(price, "EUR", paid)


def test_a_discount_is_the_price_that_was_said_until_the_day_that_was_said(
    database: Database, policies: Policies
) -> None:
    with database.write() as session:
        subscription, offer, _ = accepted(session, "monthly", R.SWITCHED_SERVICE, policies)
        upcoming = LedgerBilling(session).next_payment(subscription)
        assert upcoming is not None
        assert upcoming.amount_minor == offer.terms["offer_price_minor"] == 2175
        assert subscription.discount_until == at(offer.terms, "ends_at")


def test_a_pause_lasts_from_and_until_what_was_said(database: Database, policies: Policies) -> None:
    with database.write() as session:
        subscription, offer, _ = accepted(session, "monthly", R.OTHER, policies)
        upcoming = LedgerBilling(session).next_payment(subscription)
        assert upcoming is not None
        assert subscription.paused_from == at(offer.terms, "starts_at") == subscription.period_end
        assert upcoming.at == subscription.paused_until == at(offer.terms, "ends_at")


def test_a_smaller_plan_costs_what_was_said_from_the_next_period_on(
    database: Database, policies: Policies
) -> None:
    with database.write() as session:
        subscription, offer, _ = accepted(session, "monthly", R.TOO_EXPENSIVE, policies)
        upcoming = LedgerBilling(session).next_payment(subscription)
        assert upcoming is not None
        assert upcoming.amount_minor == offer.terms["offer_price_minor"] == 900
        assert subscription.plan.name == "Pro"


def test_a_longer_trial_ends_when_it_was_said(database: Database, policies: Policies) -> None:
    with database.write() as session:
        subscription, offer, _ = accepted(session, "trial", R.TOO_COMPLEX, policies)
        assert subscription.period_end == at(offer.terms, "ends_at")
        assert at(offer.terms, "ends_at") - at(offer.terms, "starts_at") == timedelta(days=14)


def test_a_call_is_asked_for_by_mail_and_has_no_receipt(
    database: Database, policies: Policies
) -> None:
    with database.write() as session:
        _, _, case = accepted(session, "business with manager", R.LOW_QUALITY, policies)
        tasks = session.scalars(sa.select(Task)).all()
        assert [(task.kind, task.subject_id) for task in tasks] == [("mail.call_request", case.id)]
        assert session.scalars(sa.select(Receipt)).all() == []


def test_the_receipt_of_an_offer_says_what_the_offer_said(
    database: Database, policies: Policies
) -> None:
    with database.write() as session:
        _, offer, _ = accepted(session, "monthly", R.OTHER, policies)
        receipt = session.scalars(sa.select(Receipt)).one()
        assert offer.terms.items() <= receipt.document.items()
        assert receipt.document["offer"] == "pause"


@pytest.mark.parametrize(
    ("period_end", "pause_ends", "discount_ends"),
    [
        ("2026-12-31", "2027-02-28", "2027-03-31"),
        ("2027-12-31", "2028-02-29", "2028-03-31"),
        ("2026-11-30", "2027-01-30", "2027-02-28"),
        ("2026-12-14", "2027-02-14", "2027-03-14"),
    ],
)
def test_months_end_on_the_same_day_or_the_months_last(
    database: Database, policies: Policies, period_end: str, pause_ends: str, discount_ends: str
) -> None:
    with database.write() as session:
        end = datetime.fromisoformat(period_end).replace(hour=12, tzinfo=UTC)
        subscription = subscribe(session)
        subscription.period_end = end
        case = leave(session, subscription, R.OTHER)
        pause = offers.offer_for(session, case, policies)
        assert pause is not None
        assert at(pause.terms, "ends_at").date().isoformat() == pause_ends
        session.delete(pause)
        cases.keep(session, case)
        session.flush()
        case = leave(session, subscription, R.SWITCHED_SERVICE)
        discount = offers.offer_for(session, case, policies)
        assert discount is not None
        assert at(discount.terms, "ends_at").date().isoformat() == discount_ends


def test_taken_eight_times_at_once_it_is_done_once(database: Database, policies: Policies) -> None:
    with database.write() as session:
        case = leave(session, subscribe(session), R.OTHER)
        offer = offers.offer_for(session, case, policies)
        assert offer is not None

    def take(_number: int) -> None:
        with database.write() as session:
            mine = session.get_one(Case, case.id)
            offers.accept(session, mine, session.get_one(Offer, offer.id), LedgerBilling(session))

    results = at_once(8, take)
    assert results.count(None) == 1
    assert all(isinstance(result, TransitionError) for result in results if result is not None)
    with database.read() as session:
        assert len(session.scalars(sa.select(LedgerEntry)).all()) == 1
        assert len(session.scalars(sa.select(Receipt)).all()) == 1
