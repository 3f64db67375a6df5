"""People who say that they want to leave, by the real way: cases, offers, yes, undo, survey."""

from datetime import datetime

import sqlalchemy as sa
import time_machine
from sqlalchemy.orm import Session

from offboarding import clock
from offboarding.accounts.model import Customer, Subscription
from offboarding.billing.ledger import LedgerBilling
from offboarding.cases import service as cases
from offboarding.cases import workflow
from offboarding.cases.model import Case
from offboarding.cases.reasons import ChurnReason
from offboarding.database import new_identifier
from offboarding.offers import service as offers
from offboarding.offers.model import Offer
from offboarding.policies.store import Policies
from offboarding.survey.model import SurveyQuestion
from offboarding.survey.service import record_answer
from tests.factories import make_account, make_customer, make_plan, make_subscription


class Leavers:
    """Makes subscribers, and lets them go as far as a test says."""

    def __init__(self, session: Session, policies: Policies) -> None:
        self.session, self.policies, self.billing = session, policies, LedgerBilling(session)

    def subscriber(
        self, *, country: str = "GB", plan: str = "Pro", price: str = "29.00", **how: datetime
    ) -> Subscription:
        account = make_account(self.session, country=country)
        email = f"{new_identifier()}@example.org"
        customer = make_customer(self.session, email, account=account)
        return make_subscription(
            self.session, customer, make_plan(self.session, plan, price=price), **how
        )

    def wishes(
        self, reason: ChurnReason | None = None, words: str | None = None, **who: str
    ) -> Case:
        """A new subscriber's, now."""
        return self.wish_of(self.subscriber(**who), reason, words)

    def wish_of(
        self,
        subscription: Subscription,
        reason: ChurnReason | None = None,
        words: str | None = None,
    ) -> Case:
        of_account = sa.select(Customer).where(Customer.account_id == subscription.account_id)
        customer = self.session.scalars(of_account).one()
        case = cases.open_case(self.session, customer, subscription, new_identifier())
        if reason is not None:
            cases.record_reason(self.session, case, reason, words)
        return case

    def offered(self, case: Case) -> Offer | None:
        return offers.offer_for(self.session, case, self.policies)

    def accepts(self, case: Case) -> None:
        offer = self.offered(case)
        assert offer is not None
        offers.accept(self.session, case, offer, self.billing)

    def declines(self, case: Case) -> None:
        offer = self.offered(case)
        assert offer is not None
        offers.decline(self.session, offer)

    def leaves(self, case: Case, source: str = "chat") -> None:
        cases.show_terms(self.session, case, self.billing, self.policies)
        workflow.confirm(
            self.session,
            case,
            case.customer,
            billing=self.billing,
            policies=self.policies,
            source=source,
        )

    def stays(self, case: Case) -> None:
        cases.keep(self.session, case)

    def comes_back(self, case: Case) -> None:
        self.leaves(case)
        workflow.undo(self.session, case, case.customer, billing=self.billing)

    def answers(self, case: Case, improve: str | None, back: str | None = None) -> None:
        record_answer(self.session, case, SurveyQuestion.IMPROVE, improve)
        record_answer(self.session, case, SurveyQuestion.RETURN, back)

    def ends(self, case: Case, traveller: time_machine.Traveller) -> None:
        """Time passes over the end of what is paid."""
        assert case.ends_at is not None
        traveller.move_to(case.ends_at)
        workflow.end(self.session, case, billing=self.billing)
        assert clock.now() >= case.ends_at
