"""An agent's offer in the conversation: how the customer is shown it, and what they can answer."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from sqlalchemy.orm import Session

from channels.conversations import service as conversations
from channels.conversations.model import Author
from channels.conversations.outgoing import Button
from channels.desk.verified import chosen, leavable, verified_customer
from channels.gateway import Gateway
from channels.texts import Texts
from offboarding.accounts.model import Customer, Subscription
from offboarding.billing.port import BillingPort
from offboarding.cases import service as cases
from offboarding.cases.terms import terms_values
from offboarding.handoffs.claiming import check_claimed_by
from offboarding.handoffs.model import Agent, HandOff
from offboarding.offers import by_agent
from offboarding.offers.allowed import Wish, barred, only_if_asked
from offboarding.offers.bounds import Choice, choices
from offboarding.offers.model import AgentOffer, Offer
from offboarding.offers.terms import offer_values
from offboarding.policies.store import Policies

ACCEPT = "agent_offer_accept"
DECLINE = "agent_offer_decline"
_MEANING = {"/affirm": ACCEPT, "/deny": DECLINE}
"""What yes and no, as domain.yml has them, stand for beneath an agent's offer."""

_TERMS = ("plan", "ends_on", "starts_on")
RESPONSES: Mapping[str, tuple[str, ...]] = {
    "utter_agent_offer_pause": (*_TERMS, "offer_ends_on"),
    "utter_agent_offer_discount": (*_TERMS, "offer_ends_on", "price", "offer_price"),
    "utter_agent_offer_trial_extension": (*_TERMS, "offer_ends_on"),
    "utter_agent_offer_smaller_plan": (*_TERMS, "offer_plan_name", "offer_price", "interval"),
}
"""How each kind is offered, each a response of domain.yml, and the values each is given."""


@dataclass(frozen=True)
class OfferForm:
    """What an agent can choose from."""

    plans: Sequence[Subscription]
    plan: Subscription
    """The one it is about."""
    choices: Sequence[Choice]
    barred: str | None
    """Why nothing may be offered on this plan, in a sentence."""
    only_if_asked: str | None
    """Why the customer must have asked for it, in a sentence."""


class AgentOffering:
    """Carries an agent's offer into the conversation. Whoever calls it holds the hand-off, commits.

    `name_of(hand_off, agent)` is how customers know the agent.
    """

    def __init__(
        self,
        gateway: Gateway,
        texts: Texts,
        policies: Policies,
        name_of: Callable[[HandOff, Agent], str],
        billing: Callable[[Session], BillingPort],
    ) -> None:
        self._gateway = gateway
        self._texts = texts
        self._policies = policies
        self._name_of = name_of
        self._billing = billing

    def form(
        self, session: Session, hand_off: HandOff, agent: Agent, subscription_id: str | None
    ) -> OfferForm:
        """What this agent could offer now.

        Raises NotClaimedByYouError, HandOffEndedError, NotVerifiedError or NotFoundError.
        """
        check_claimed_by(hand_off, agent)
        customer = verified_customer(session, hand_off)
        plan = chosen(session, hand_off, customer, subscription_id)
        case = cases.active_case(session, plan)
        return OfferForm(
            plans=leavable(session, customer),
            plan=plan,
            choices=choices(plan, self._policies.routing.agent_offers),
            barred=barred(session, hand_off, plan, self._policies),
            only_if_asked=only_if_asked(session, case, plan, self._policies),
        )

    def propose(
        self, session: Session, hand_off: HandOff, agent: Agent, subscription_id: str, wish: Wish
    ) -> AgentOffer:
        """Make it, or have it wait for another agent. Raises as `form` and `by_agent.propose`."""
        check_claimed_by(hand_off, agent)
        customer = verified_customer(session, hand_off)
        conversations.hold(session, hand_off.conversation_id)
        plan = chosen(session, hand_off, customer, subscription_id)
        case = cases.open_case(session, customer, plan, hand_off.conversation_id)
        proposal = by_agent.propose(
            session, hand_off, case, wish, agent=agent, policies=self._policies
        )
        if proposal.offer is not None:
            self._show(session, proposal, proposal.offer, customer)
        return proposal

    def approve(self, session: Session, proposal: AgentOffer, agent: Agent) -> None:
        """The customer gets it. Raises NotVerifiedError, or as `by_agent.approve`."""
        hand_off = proposal.hand_off
        conversations.hold(session, hand_off.conversation_id)
        offer = by_agent.approve(session, proposal, agent, self._policies)
        self._show(session, proposal, offer, verified_customer(session, hand_off))

    def _show(
        self, session: Session, proposal: AgentOffer, offer: Offer, customer: Customer
    ) -> None:
        hand_off, subscription = proposal.hand_off, proposal.case.subscription
        leaving = cases.terms_now(session, subscription, self._billing(session), self._policies)
        outgoing = self._texts.say(
            f"utter_agent_offer_{offer.kind.value}",
            {**terms_values(leaving, customer), **offer_values(offer, customer)},
            conversations.hold(session, hand_off.conversation_id).channel,
        )
        self._gateway.say_prepared(
            session,
            hand_off.conversation_id,
            replace(outgoing, buttons=_answering(outgoing.buttons, offer)),
            f"agent_offer:{offer.id}",
            author=Author.AGENT,
            author_name=self._name_of(hand_off, proposal.agent),
        )


def _answering(buttons: Sequence[Button], offer: Offer) -> tuple[Button, ...]:
    entities = json.dumps({"offer": offer.id})
    return tuple(
        replace(button, payload=f"/{_MEANING[button.payload]}{entities}") for button in buttons
    )
