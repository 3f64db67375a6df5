"""What an agent may offer: within policy, above a limit with another's yes, never against a no."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.orm import Session

from offboarding.accounts.model import Customer, Subscription, SubscriptionState
from offboarding.audit import service as audit
from offboarding.billing.ledger import LedgerBilling
from offboarding.cases import service as cases
from offboarding.cases.model import Case
from offboarding.cases.reasons import ChurnReason
from offboarding.database import Database
from offboarding.errors import TransitionError
from offboarding.handoffs import claiming
from offboarding.handoffs import service as handoffs
from offboarding.handoffs.agents import remember_agent
from offboarding.handoffs.causes import HandOffCause
from offboarding.handoffs.errors import NotClaimedByYouError
from offboarding.handoffs.model import Agent, HandOff
from offboarding.offers import by_agent
from offboarding.offers import service as offers
from offboarding.offers.allowed import HARD_MOMENTS, Wish, barred
from offboarding.offers.bounds import choices
from offboarding.offers.errors import (
    OfferBoundsError,
    OfferDecidedError,
    OfferNotAllowedError,
    OwnOfferError,
)
from offboarding.offers.model import AgentOffer, Offer, OfferAnswer, OfferKind, ProposalState
from offboarding.policies.store import Policies
from offboarding.settings import REPOSITORY
from tests.factories import make_account, make_customer, make_plan, make_subscription
from tests.offboarding.at_once import at_once

TALK = "1" * 32
PAUSE = Wish(OfferKind.PAUSE, None, 1, None, customer_asked=False, key="window-1")
DISCOUNT = Wish(OfferKind.DISCOUNT, 20, 3, None, customer_asked=False, key="window-1")
ABOVE = replace(DISCOUNT, percent=26)
"""One percent above what policy/routing.yml lets an agent offer alone."""


def subscribe(session: Session, **account: Any) -> Subscription:
    smaller = make_plan(session, "Basic", price="9.00")
    customer = make_customer(session, account=make_account(session, **account))
    return make_subscription(session, customer, make_plan(session, "Pro", smaller_plan=smaller))


def claimed(
    session: Session,
    subscription: Subscription,
    policies: Policies,
    cause: HandOffCause = HandOffCause.CUSTOMER_ASKED,
) -> tuple[HandOff, Case, Agent]:
    """A case of the subscription, in a conversation that Sam has claimed."""
    customer = (
        session.query(Customer).filter_by(account_id=subscription.account_id).order_by("id").first()
    )
    assert customer is not None
    case = cases.open_case(session, customer, subscription, TALK)
    hand_off = handoffs.request(session, TALK, cause=cause, desk=policies.routing)
    sam = remember_agent(session, "T1:U1", "Sam Okoro")
    claiming.claim(session, hand_off, sam)
    return hand_off, case, sam


def propose(
    session: Session, policies: Policies, wish: Wish, at: tuple[HandOff, Case, Agent]
) -> AgentOffer:
    hand_off, case, sam = at
    return by_agent.propose(session, hand_off, case, wish, agent=sam, policies=policies)


def written(tmp_path: Path, old: str, new: str, name: str = "offers.yml") -> Policies:
    """The policies as shipped, with one thing written otherwise."""
    for file in (
        "offers.yml",
        "retention.yml",
        "routing.yml",
        "exports.yml",
        "systems.yml",
        "refunds.yml",
    ):
        (tmp_path / file).write_text((REPOSITORY / "policy" / file).read_text())
    text = (tmp_path / name).read_text()
    assert old in text
    (tmp_path / name).write_text(text.replace(old, new))
    return Policies(tmp_path)


def test_what_can_be_offered_has_the_bounds_of_policy(
    database: Database, policies: Policies
) -> None:
    with database.write() as session:
        found = choices(subscribe(session), policies.routing.agent_offers)
    assert {choice.kind: dict(choice.most) for choice in found} == {
        OfferKind.PAUSE: {"months": 3},
        OfferKind.DISCOUNT: {"percent": 40, "months": 6},
        OfferKind.SMALLER_PLAN: {},
    }


def test_a_trial_can_be_made_longer_and_a_plan_without_a_smaller_one_cannot_become_smaller(
    database: Database, policies: Policies
) -> None:
    with database.write() as session:
        subscription = subscribe(session)
        subscription.state = SubscriptionState.TRIALING
        subscription.plan = make_plan(session, "Basic")
        kinds = [each.kind for each in choices(subscription, policies.routing.agent_offers)]
    assert kinds == [OfferKind.PAUSE, OfferKind.DISCOUNT, OfferKind.TRIAL_EXTENSION]


@pytest.mark.parametrize("what", ["free", "cancelled", "ended", "paused", "moving"])
def test_nothing_can_be_offered_on_a_plan_that(
    database: Database, policies: Policies, what: str
) -> None:
    with database.write() as session:
        subscription = subscribe(session)
        if what == "free":
            subscription.plan = make_plan(session, "Free", price="0")
            subscription.period_end = None
        elif what == "cancelled":
            subscription.cancel_at = subscription.period_end
        elif what == "ended":
            subscription.state = SubscriptionState.ENDED
        elif what == "paused":
            subscription.state = SubscriptionState.PAUSED
        else:
            subscription.next_plan = make_plan(session, "Basic")
        assert choices(subscription, policies.routing.agent_offers) == []


def test_a_most_of_nothing_takes_the_kind_away(database: Database, tmp_path: Path) -> None:
    strict = written(
        tmp_path,
        "most_pause_months: 3\n  most_trial_days: 30\n  approval_above:\n"
        "    percent: 25\n    months: 3\n    pause_months: 2\n",
        "most_pause_months: 0\n  most_trial_days: 30\n  approval_above:\n"
        "    percent: 25\n    months: 3\n",
        "routing.yml",
    )
    with database.write() as session:
        found = choices(subscribe(session), strict.routing.agent_offers)
    assert [each.kind for each in found] == [OfferKind.DISCOUNT, OfferKind.SMALLER_PLAN]


def test_an_offer_below_the_limit_is_the_offer_of_the_case_with_the_terms_of_the_assistants(
    database: Database, policies: Policies
) -> None:
    with database.write() as session:
        at = claimed(session, subscribe(session), policies)
        proposal = propose(session, policies, replace(DISCOUNT, percent=25), at)
        offer = offers.offer_of(session, at[1])
        assert offer is not None
        assert offer is proposal.offer
        assert (offer.agent_id, offer.answer, proposal.state) == (
            at[2].id,
            None,
            ProposalState.PRESENTED,
        )
        assert (offer.terms["price_minor"], offer.terms["offer_price_minor"]) == (2900, 2175)
        recorded = audit.entries(session, at[1].id)
    proposed = next(each for each in recorded if each.event == "agent_offer_proposed")
    assert proposed.policy_version == policies.routing.version.isoformat()
    assert proposed.details["needs_approval"] is False
    assert proposed.details["customer_asked"] is False


def test_accepting_it_does_what_accepting_the_assistants_does(
    database: Database, policies: Policies
) -> None:
    with database.write() as session:
        subscription = subscribe(session)
        at = claimed(session, subscription, policies)
        offer = propose(session, policies, DISCOUNT, at).offer
        assert offer is not None
        offers.accept(session, at[1], offer, LedgerBilling(session))
        assert (subscription.discount_percent, offer.answer) == (20, OfferAnswer.ACCEPTED)


@pytest.mark.parametrize(
    ("wish", "field"),
    [
        (replace(DISCOUNT, percent=41), "percent"),
        (replace(DISCOUNT, percent=0), "percent"),
        (replace(DISCOUNT, percent=None), "percent"),
        (replace(DISCOUNT, months=7), "months"),
        (replace(PAUSE, months=4), "months"),
        (replace(PAUSE, kind=OfferKind.TRIAL_EXTENSION, days=5), "kind"),
        (replace(PAUSE, kind=OfferKind.CALL), "kind"),
    ],
)
def test_more_than_policy_has_is_refused_at_its_field(
    database: Database, policies: Policies, wish: Wish, field: str
) -> None:
    with database.write() as session:
        at = claimed(session, subscribe(session), policies)
        with pytest.raises(OfferBoundsError) as refused:
            propose(session, policies, wish, at)
        assert refused.value.field == field
        assert offers.offer_of(session, at[1]) is None


@pytest.mark.parametrize(
    "wish",
    [
        replace(DISCOUNT, percent=26),
        replace(DISCOUNT, months=4),
        replace(PAUSE, months=3),
    ],
)
def test_above_a_limit_the_customer_sees_nothing_before_another_agent_agrees(
    database: Database, policies: Policies, wish: Wish
) -> None:
    with database.write() as session:
        at = claimed(session, subscribe(session), policies)
        proposal = propose(session, policies, wish, at)
        assert (proposal.state, offers.offer_of(session, at[1])) == (ProposalState.WAITING, None)
        with pytest.raises(OwnOfferError):
            by_agent.approve(session, proposal, at[2], policies)
        noor = remember_agent(session, "T1:U2", "Noor Haddad")
        offer = by_agent.approve(session, proposal, noor, policies)
        assert offers.offer_of(session, at[1]) is offer
        assert (proposal.decided_by, offer.agent_id) == (noor, at[2].id)


def test_a_refused_offer_reaches_nobody_and_stays_refused(
    database: Database, policies: Policies
) -> None:
    with database.write() as session:
        at = claimed(session, subscribe(session), policies)
        proposal = propose(session, policies, ABOVE, at)
        noor = remember_agent(session, "T1:U2", "Noor Haddad")
        by_agent.refuse(session, proposal, noor)
        with pytest.raises(OfferDecidedError, match="Noor Haddad has refused it already"):
            by_agent.approve(session, proposal, noor, policies)
        assert offers.offer_of(session, at[1]) is None


def test_of_two_who_decide_at_once_one_does(database: Database, policies: Policies) -> None:
    with database.write() as session:
        at = claimed(session, subscribe(session), policies)
        proposal_id = propose(session, policies, ABOVE, at).id
        for number in (2, 3):
            remember_agent(session, f"T1:U{number}", f"Agent {number}")

    def decide(number: int) -> str:
        with database.write() as session:
            proposal = session.get_one(AgentOffer, proposal_id)
            agent = remember_agent(session, f"T1:U{number + 2}", f"Agent {number + 2}")
            if number:
                by_agent.refuse(session, proposal, agent)
                return "refused"
            by_agent.approve(session, proposal, agent, policies)
            return "approved"

    results = at_once(2, decide)
    assert sum(isinstance(each, str) for each in results) == 1
    assert sum(isinstance(each, OfferDecidedError) for each in results) == 1
    with database.read() as session:
        made = session.query(Offer).count()
    assert made == (1 if "approved" in results else 0)


def test_the_same_window_sent_twice_makes_one_offer(database: Database, policies: Policies) -> None:
    with database.write() as session:
        at = claimed(session, subscribe(session), policies)
        first = propose(session, policies, DISCOUNT, at)
        assert propose(session, policies, DISCOUNT, at) is first
        assert session.query(Offer).count() == 1


def test_a_second_offer_waits_for_the_answer_to_the_first_unless_they_ask(
    database: Database, policies: Policies
) -> None:
    with database.write() as session:
        at = claimed(session, subscribe(session), policies)
        first = propose(session, policies, DISCOUNT, at).offer
        with pytest.raises(OfferNotAllowedError) as refused:
            propose(session, policies, replace(PAUSE, key="window-2"), at)
        assert refused.value.field == "asked"
        asked = replace(PAUSE, key="window-2", customer_asked=True)
        second = propose(session, policies, asked, at).offer
        assert first is not None
        assert (first.answer, second) == (OfferAnswer.WITHDRAWN, offers.offer_of(session, at[1]))


def test_while_one_waits_for_approval_there_is_no_other(
    database: Database, policies: Policies
) -> None:
    with database.write() as session:
        at = claimed(session, subscribe(session), policies)
        propose(session, policies, ABOVE, at)
        with pytest.raises(OfferNotAllowedError, match="waits for approval"):
            propose(session, policies, replace(PAUSE, key="window-2"), at)


def test_after_a_no_an_offer_is_made_only_if_they_ask_and_that_is_recorded(
    database: Database, policies: Policies
) -> None:
    with database.write() as session:
        at = claimed(session, subscribe(session), policies)
        first = propose(session, policies, DISCOUNT, at).offer
        assert first is not None
        offers.decline(session, first)
        with pytest.raises(OfferNotAllowedError) as refused:
            propose(session, policies, replace(PAUSE, key="window-2"), at)
        assert refused.value.field == "asked"
        propose(session, policies, replace(PAUSE, key="window-2", customer_asked=True), at)
        proposed = [
            each.details["customer_asked"]
            for each in audit.entries(session, at[1].id)
            if each.event == "agent_offer_proposed"
        ]
    assert proposed == [False, True]


def test_an_offer_of_the_assistant_that_was_not_answered_gives_way(
    database: Database, policies: Policies
) -> None:
    with database.write() as session:
        at = claimed(session, subscribe(session), policies)
        cases.record_reason(session, at[1], ChurnReason.TOO_EXPENSIVE)
        theirs = offers.offer_for(session, at[1], policies)
        assert theirs is not None
        ours = propose(session, policies, DISCOUNT, at).offer
        assert (theirs.answer, offers.offer_of(session, at[1])) == (OfferAnswer.WITHDRAWN, ours)
        assert ours is not theirs


def test_the_cooldown_of_an_earlier_offer_holds_for_agents_too(
    database: Database, policies: Policies
) -> None:
    with database.write() as session:
        subscription = subscribe(session)
        at = claimed(session, subscription, policies)
        first = propose(session, policies, PAUSE, at).offer
        assert first is not None
        offers.decline(session, first)
        cases.keep(session, at[1])
        later = cases.open_case(session, at[1].customer, subscription, TALK)
        again = (at[0], later, at[2])
        with pytest.raises(OfferNotAllowedError, match="in the last 180 days"):
            propose(session, policies, replace(PAUSE, key="window-2"), again)


@pytest.mark.parametrize("cause", sorted(HARD_MOMENTS))
def test_nobody_offers_anything_in_a_hard_moment(
    database: Database, policies: Policies, cause: HandOffCause
) -> None:
    with database.write() as session:
        at = claimed(session, subscribe(session), policies, cause)
        with pytest.raises(OfferNotAllowedError, match="no moment for an offer"):
            propose(session, policies, replace(PAUSE, customer_asked=True), at)
        claiming.hand_back(session, at[0], at[2])
        session.flush()
        at = claimed(session, at[1].subscription, policies)  # they ask for a person once more
        assert barred(session, at[0], at[1].subscription, policies) is not None


@pytest.mark.parametrize(("country", "region"), [("DE", None), ("US", "MN")])
def test_nobody_offers_anything_where_the_law_forbids_it(
    database: Database, policies: Policies, country: str, region: str | None
) -> None:
    with database.write() as session:
        at = claimed(session, subscribe(session, country=country, region=region), policies)
        with pytest.raises(OfferNotAllowedError, match="no offers are made in"):
            propose(session, policies, replace(PAUSE, customer_asked=True), at)


def test_nobody_offers_anything_while_offers_are_switched_off(
    database: Database, tmp_path: Path
) -> None:
    off = written(tmp_path, "offers_enabled: true", "offers_enabled: false")
    with database.write() as session:
        at = claimed(session, subscribe(session), off)
        with pytest.raises(OfferNotAllowedError, match="switched off"):
            propose(session, off, PAUSE, at)


def test_only_who_talks_with_the_customer_offers_something(
    database: Database, policies: Policies
) -> None:
    with database.write() as session:
        hand_off, case, _ = claimed(session, subscribe(session), policies)
        noor = remember_agent(session, "T1:U2", "Noor Haddad")
        with pytest.raises(NotClaimedByYouError):
            propose(session, policies, PAUSE, (hand_off, case, noor))


def test_what_is_decided_gets_no_offer(database: Database, policies: Policies) -> None:
    with database.write() as session:
        at = claimed(session, subscribe(session), policies)
        cases.keep(session, at[1])
        with pytest.raises(OfferNotAllowedError, match="decided already"):
            propose(session, policies, PAUSE, at)


def test_when_the_person_leaves_what_they_offered_stands_no_more(
    database: Database, policies: Policies
) -> None:
    with database.write() as session:
        at = claimed(session, subscribe(session), policies)
        offer = propose(session, policies, PAUSE, at).offer
        above = replace(ABOVE, key="window-2", customer_asked=True)
        waiting = propose(session, policies, above, at)
        by_agent.withdraw_all(session, at[0])
        noor = remember_agent(session, "T1:U2", "Noor Haddad")
        assert offer is not None
        with pytest.raises(OfferDecidedError, match="nothing was offered"):
            by_agent.approve(session, waiting, noor, policies)
        with pytest.raises(TransitionError):
            offers.accept(session, at[1], offer, LedgerBilling(session))
        assert offer.answer is OfferAnswer.WITHDRAWN


def test_the_assistant_offers_nothing_after_a_person_did_and_reopens_nothing_of_theirs(
    database: Database, policies: Policies
) -> None:
    with database.write() as session:
        at = claimed(session, subscribe(session), policies)
        offer = propose(session, policies, replace(PAUSE, months=2), at).offer
        assert offer is not None
        by_agent.withdraw_all(session, at[0])
        cases.record_reason(session, at[1], ChurnReason.TOO_EXPENSIVE)
        assert offers.offer_for(session, at[1], policies) is None
        assert offers.offer_on_request(session, at[1], OfferKind.PAUSE, policies) is None
