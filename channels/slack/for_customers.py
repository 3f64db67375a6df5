"""What an agent can do for the customer whom they talk with, put together."""

from collections.abc import Callable

from sqlalchemy.orm import Session

from channels.desk.cancelling import AgentCancelling
from channels.desk.offering import AgentOffering
from channels.desk.service import Desk
from channels.gateway import Gateway
from channels.slack.acting import Acting
from channels.slack.app import Listening
from channels.slack.cancelling import Cancelling
from channels.slack.offers import Offers
from offboarding.background.port import BackgroundEngine
from offboarding.billing.port import BillingPort
from offboarding.database import Database
from offboarding.policies.store import Policies


def for_customers(
    acting: Acting,
    desk: Desk,
    gateway: Gateway,
    *,
    database: Database,
    background: BackgroundEngine,
    policies: Policies,
    billing: Callable[[Session], BillingPort],
) -> list[Listening]:
    """The listeners of offers and of cancelling."""
    texts = gateway.texts
    offering = AgentOffering(gateway, texts, policies, desk.name, billing)
    cancelling = AgentCancelling(gateway, texts, policies, gateway.settings, billing)
    return [
        Offers(acting, database, background, offering),
        Cancelling(acting, database, background, cancelling),
    ]
