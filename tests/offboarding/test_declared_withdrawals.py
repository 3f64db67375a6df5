"""A withdrawal that came in in time counts later: for one contract, until they let it go."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
import time_machine
from sqlalchemy.orm import Session

from offboarding import clock
from offboarding.accounts.model import Subscription
from offboarding.billing.ledger import LedgerBilling
from offboarding.cases import service as cases
from offboarding.cases import workflow
from offboarding.cases.model import Case
from offboarding.database import Database, new_identifier
from offboarding.handoffs.causes import HandOffCause
from offboarding.handoffs.declaring import WrittenDeclaration, declare
from offboarding.handoffs.service import request
from offboarding.handoffs.withdrawals import withdrawal_received
from offboarding.identity.model import IdentityMethod, VerifiedIdentity
from offboarding.offers import service as offers
from offboarding.offers.model import Offer, OfferKind
from offboarding.policies.store import Policies
from offboarding.receipts.model import Declaration
from tests.factories import (
    cancel,
    make_account,
    make_customer,
    make_payment,
    make_plan,
    make_subscription,
)
from tests.offboarding.conftest import NOW

TALK = "1" * 32


class House:
    """A customer in Germany whose contracts began at NOW and were paid then."""

    def __init__(self, session: Session, policies: Policies, *plans: str) -> None:
        self.session = session
        self.policies = policies
        account = make_account(session, country="DE", time_zone="Europe/Berlin")
        self.customer = make_customer(session, account=account)
        self.plans = [self._begin(name) for name in plans]

    def _begin(self, name: str) -> Subscription:
        end = NOW + timedelta(days=31)
        plan = make_plan(self.session, name)
        begun = make_subscription(self.session, self.customer, plan, started_at=NOW, period_end=end)
        make_payment(self.session, begun)
        return begun

    def writes(self, contract: str) -> datetime:
        """They withdraw in writing; when."""
        email = self.customer.email
        written = WrittenDeclaration(Declaration.WITHDRAWAL, "Amara", contract, email)
        return declare(self.session, written, new_identifier()).requested_at

    def says(self, conversation_id: str = TALK) -> datetime:
        """They withdraw in a talk in which they have shown who they are; when."""
        self.session.add(
            VerifiedIdentity(
                conversation_id=conversation_id,
                customer_id=self.customer.id,
                method=IdentityMethod.TOKEN,
                verified_at=clock.now(),
                lapses_at=clock.now() + timedelta(hours=1),
            )
        )
        self.session.flush()
        asked = request(self.session, conversation_id, cause=HandOffCause.WITHDRAWAL)
        return asked.requested_at

    def opens(self, subscription: Subscription, conversation_id: str = TALK) -> Case:
        return cases.open_case(self.session, self.customer, subscription, conversation_id)

    def cancels(self, subscription: Subscription, *, runs_out: bool = False) -> Case:
        case = self.opens(subscription)
        cases.choose_way(self.session, case, runs_out=runs_out)
        done, _ = cancel(self.session, self.customer, subscription, self.policies)
        return done

    def paid_back(self, subscription: Subscription) -> int:
        """What they would be paid back now."""
        billing = LedgerBilling(self.session)
        return cases.terms_now(self.session, subscription, billing, self.policies).refund_minor


def kept(house: House, pro: Subscription) -> None:
    cases.keep(house.session, house.opens(pro))


def undone(house: House, pro: Subscription) -> None:
    case = house.cancels(pro, runs_out=True)
    workflow.undo(house.session, case, house.customer, billing=LedgerBilling(house.session))


@pytest.mark.parametrize("stays", [kept, undone])
def test_who_chose_to_stay_after_it_is_not_paid_back_by_it(
    database: Database,
    policies: Policies,
    now: time_machine.Traveller,
    stays: Callable[[House, Subscription], None],
) -> None:
    with database.write() as session:
        house = House(session, policies, "Pro")
        [pro] = house.plans
        now.move_to(NOW + timedelta(days=13))
        house.writes("Pro")
        now.shift(timedelta(hours=1))
        stays(house, pro)
        now.move_to(NOW + timedelta(days=26))
        assert withdrawal_received(pro) is None
        assert house.paid_back(pro) == 0


@pytest.mark.parametrize("stays", [kept, undone])
def test_who_stays_and_withdraws_once_more_is_paid_back_by_that(
    database: Database,
    policies: Policies,
    now: time_machine.Traveller,
    stays: Callable[[House, Subscription], None],
) -> None:
    with database.write() as session:
        house = House(session, policies, "Pro")
        [pro] = house.plans
        now.move_to(NOW + timedelta(days=12))
        house.writes("Pro")
        now.shift(timedelta(hours=1))
        stays(house, pro)
        now.shift(timedelta(hours=1))
        again = house.writes("Pro, for good")
        now.move_to(NOW + timedelta(days=20))
        assert withdrawal_received(pro) == again
        assert house.paid_back(pro) == 2900


@pytest.mark.parametrize("takes_back", [kept, undone])
def test_who_takes_it_back_to_choose_anew_loses_nothing(
    database: Database,
    policies: Policies,
    now: time_machine.Traveller,
    takes_back: Callable[[House, Subscription], None],
) -> None:
    """As the assistant says they can, where they let it run and ask for the money after all."""
    with database.write() as session:
        house = House(session, policies, "Pro")
        [pro] = house.plans
        now.move_to(NOW + timedelta(days=13))
        house.writes("Pro")
        now.move_to(NOW + timedelta(days=17))
        takes_back(house, pro)
        now.shift(timedelta(minutes=5))
        assert house.paid_back(pro) == 2900
        house.opens(pro)
        now.shift(timedelta(days=3))
        assert house.paid_back(pro) == 2900


def test_who_asked_to_be_called_has_not_chosen_to_stay(
    database: Database, policies: Policies, now: time_machine.Traveller
) -> None:
    with database.write() as session:
        house = House(session, policies, "Pro")
        [pro] = house.plans
        now.move_to(NOW + timedelta(days=13))
        house.writes("Pro")
        now.shift(timedelta(hours=1))
        case = house.opens(pro)
        call = Offer(
            case_id=case.id,
            account_id=pro.account_id,
            name="call",
            kind=OfferKind.CALL,
            terms={},
            policy_version="2026-11-29",
            presented_at=clock.now(),
        )
        session.add(call)
        session.flush()
        offers.accept(session, case, call, LedgerBilling(session))
        now.move_to(NOW + timedelta(days=17))
        assert house.paid_back(pro) == 2900


# --- several contracts


@pytest.mark.parametrize("contract", ["My contract with you", "The Pro plan", "PRO."])
def test_a_withdrawal_that_was_carried_out_is_none_from_another_contract(
    database: Database, policies: Policies, now: time_machine.Traveller, contract: str
) -> None:
    with database.write() as session:
        house = House(session, policies, "Pro", "Team")
        pro, team = house.plans
        now.move_to(NOW + timedelta(days=6))
        house.writes(contract)
        now.move_to(NOW + timedelta(days=17))
        case = house.cancels(pro)
        assert (case.shown or {})["refund_minor"] == 2900
        now.move_to(NOW + timedelta(days=18))
        assert house.paid_back(team) == 0


def test_one_that_names_its_contract_is_about_no_other_and_is_not_used_up_by_it(
    database: Database, policies: Policies, now: time_machine.Traveller
) -> None:
    with database.write() as session:
        house = House(session, policies, "Pro", "Team")
        pro, team = house.plans
        now.move_to(NOW + timedelta(days=6))
        house.writes("the team plan, amara@pro.example")
        house.cancels(pro)  # in time by itself
        now.move_to(NOW + timedelta(days=18))
        assert house.paid_back(team) == 2900


def test_one_that_names_none_is_about_whichever_leaves_first(
    database: Database, policies: Policies, now: time_machine.Traveller
) -> None:
    with database.write() as session:
        house = House(session, policies, "Pro", "Team")
        now.move_to(NOW + timedelta(days=13))
        house.writes("My contract with you")
        now.move_to(NOW + timedelta(days=18))
        assert [house.paid_back(each) for each in house.plans] == [2900, 2900]
        house.cancels(house.plans[1])
        assert house.paid_back(house.plans[0]) == 0


def test_another_contract_that_only_runs_out_uses_nothing_up(
    database: Database, policies: Policies, now: time_machine.Traveller
) -> None:
    with database.write() as session:
        house = House(session, policies, "Pro", "Team")
        pro, team = house.plans
        now.move_to(NOW + timedelta(days=13))
        house.writes("My contract with you")
        now.move_to(NOW + timedelta(days=18))
        house.cancels(pro, runs_out=True)
        assert house.paid_back(team) == 2900


def test_one_that_was_said_of_a_contract_is_about_no_other(
    database: Database, policies: Policies, now: time_machine.Traveller
) -> None:
    with database.write() as session:
        house = House(session, policies, "Pro", "Team")
        pro, team = house.plans
        now.move_to(NOW + timedelta(days=13))
        house.says()
        house.opens(pro)
        now.move_to(NOW + timedelta(days=17))
        house.opens(team, "2" * 32)
        assert [house.paid_back(each) for each in (pro, team)] == [2900, 0]


def test_said_before_they_corrected_which_contract_it_is_it_is_about_that_one(
    database: Database, policies: Policies, now: time_machine.Traveller
) -> None:
    with database.write() as session:
        house = House(session, policies, "Pro", "Team")
        pro, team = house.plans
        now.move_to(NOW + timedelta(days=13))
        house.opens(pro)
        house.says()
        now.shift(timedelta(minutes=1))
        kept(house, pro)
        house.opens(team)
        now.move_to(NOW + timedelta(days=17))
        assert [house.paid_back(each) for each in (pro, team)] == [0, 2900]
