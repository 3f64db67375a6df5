"""The customer's answer to what an agent offered: a button, carried out without the assistant."""

from collections.abc import Callable, Mapping

from sqlalchemy.orm import Session

from channels.conversations.model import Conversation
from channels.conversations.outgoing import Intent, Outgoing
from channels.desk.offering import ACCEPT, DECLINE
from channels.texts import Texts
from offboarding.accounts.model import Customer
from offboarding.background.service import schedule
from offboarding.billing.port import BillingPort
from offboarding.cases import service as cases
from offboarding.database import new_identifier
from offboarding.errors import OffboardingError
from offboarding.identity.service import identified_customer
from offboarding.offers import by_agent
from offboarding.offers import service as offers
from offboarding.offers.model import AgentOffer, Offer, OfferAnswer
from offboarding.offers.terms import offer_values

DECLINED = "utter_agent_offer_declined"
ANSWERED = "utter_agent_offer_answered"
GONE = "utter_agent_offer_gone"
UNVERIFIED = "utter_agent_offer_unverified"

RESPONSES: Mapping[str, tuple[str, ...]] = {DECLINED: (), ANSWERED: (), GONE: (), UNVERIFIED: ()}
"""What is said to an answer, beside the `utter_accepted_…` of the assistant."""

_Said = tuple[str, Mapping[str, str]]


class OfferAnswers:
    """A hook of the gateway: `channels.conversations.inbox.DeskReplies`.

    Only for the customer of the conversation in which the offer was made, while that is sure. An
    answer counts once; whatever stands no more says so, and changes nothing.
    """

    def __init__(self, texts: Texts, billing: Callable[[Session], BillingPort]) -> None:
        self._texts = texts
        self._billing = billing

    def __call__(self, session: Session, conversation_id: str, intent: Intent) -> Outgoing | None:
        """What is said to the button; None when it is not one of these."""
        if intent.name not in {ACCEPT, DECLINE}:
            return None
        offer_id = str(intent.entities.get("offer"))
        proposal = by_agent.made_in(session, conversation_id, offer_id)
        response, values = self._answer(session, conversation_id, proposal, intent.name)
        if proposal is not None:
            key = f"desk.update:{proposal.id}:{new_identifier()}"
            schedule(session, "desk.update", proposal.hand_off_id, key=key)
        channel = session.get_one(Conversation, conversation_id).channel
        return self._texts.say(response, values, channel)

    def _answer(
        self, session: Session, conversation_id: str, proposal: AgentOffer | None, answer: str
    ) -> _Said:
        customer = identified_customer(session, conversation_id)
        if customer is None:
            return UNVERIFIED, {}
        if proposal is None or proposal.offer is None:
            return GONE, {}
        if proposal.offer.account_id != customer.account_id:
            return GONE, {}
        cases.lock(session, proposal.case)
        session.refresh(proposal.offer)
        if proposal.offer.answer is not None:
            withdrawn = proposal.offer.answer is OfferAnswer.WITHDRAWN
            return (GONE if withdrawn else ANSWERED), {}
        if answer == DECLINE:
            offers.decline(session, proposal.offer)
            return DECLINED, {}
        return self._accept(session, proposal, proposal.offer, customer)

    def _accept(
        self, session: Session, proposal: AgentOffer, offer: Offer, customer: Customer
    ) -> _Said:
        case = proposal.case
        try:
            with session.begin_nested():
                offers.accept(session, case, offer, self._billing(session))
        except OffboardingError:  # it was cancelled meanwhile, on the page or by a person
            return GONE, {}
        values = {**offer_values(offer, customer), "case_number": case.number}
        return f"utter_accepted_{offer.kind.value}", {**values, "email": customer.email}
