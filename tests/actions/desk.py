"""The desk as a talk without a model meets it: what an agent does, between two messages."""

from sqlalchemy.orm import Session

from offboarding.accounts import service as accounts
from offboarding.accounts.model import Customer
from offboarding.billing.ledger import LedgerBilling
from offboarding.cases import service as cases
from offboarding.cases import workflow
from offboarding.cases.model import Case
from offboarding.handoffs import claiming
from offboarding.handoffs import service as handoffs
from offboarding.handoffs.agents import remember_agent
from offboarding.handoffs.model import HandOff
from tests.actions.conftest import Hearing


def hand_off_in(hearing: Hearing) -> HandOff | None:
    """The newest hand-off of the conversation, as the database has it."""
    with hearing.database.read() as session:
        return handoffs.hand_off_of(session, hearing.id)


def claim(hearing: Hearing) -> None:
    """Sam takes the conversation."""
    with hearing.database.write() as session:
        hand_off = handoffs.open_hand_off(session, hearing.id)
        assert hand_off is not None, "nobody asked for a person"
        claiming.claim(session, hand_off, remember_agent(session, "T1:U1", "Sam Weber"))


def hand_back(hearing: Hearing) -> list[str]:
    """Sam hands back; what the assistant says then."""
    with hearing.database.write() as session:
        hand_off = handoffs.open_hand_off(session, hearing.id)
        assert hand_off is not None, "nobody has it"
        claiming.hand_back(session, hand_off, remember_agent(session, "T1:U1", "Sam Weber"))
    return hearing.hear("action_person_handed_back", "person_handed_back", pressed=True)


def resolve(hearing: Hearing) -> list[str]:
    """Sam has settled it; what the assistant says then."""
    with hearing.database.write() as session:
        hand_off = handoffs.open_hand_off(session, hearing.id)
        assert hand_off is not None, "nobody has it"
        claiming.resolve(session, hand_off, remember_agent(session, "T1:U1", "Sam Weber"))
    return hearing.hear("action_person_resolved", "person_resolved", pressed=True)


def cancel_for_them(hearing: Hearing) -> None:
    """The customer's plan is cancelled, but not by the assistant."""
    with hearing.database.write() as session:
        case = _case(hearing, session)
        billing = LedgerBilling(session)
        cases.show_terms(session, case, billing, hearing.policies)
        workflow.confirm(
            session,
            case,
            case.customer,
            billing=billing,
            policies=hearing.policies,
            source="chat",
        )


def keep_for_them(hearing: Hearing) -> None:
    """The customer told the person that they stay."""
    with hearing.database.write() as session:
        cases.keep(session, _case(hearing, session))


def open_case_for_them(hearing: Hearing) -> None:
    """Sam begins a case, as for an offer."""
    with hearing.database.write() as session:
        _case(hearing, session)


def _case(hearing: Hearing, session: Session) -> Case:
    case = session.query(Case).filter(Case.conversation_id == hearing.id).one_or_none()
    if case is None:
        customer = session.query(Customer).one()
        subscription = accounts.subscriptions(session, customer.account_id)[0]
        case = cases.open_case(session, customer, subscription, hearing.id)
    return case
