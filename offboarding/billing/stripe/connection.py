"""What is needed to talk to Stripe, and Stripe's own client."""

import re
from dataclasses import dataclass, field

from stripe import RequestsClient, StripeClient

from offboarding.errors import ConfigurationError
from offboarding.settings import BillingKind, Settings

TIMEOUT_SECONDS = 20.0
"""After which it is not known whether a write took effect; the same key asks again."""
EVENTS_PATH = "/stripe/events"

_SECRET_KEY = re.compile(r"(sk|rk)_(test|live)_\w+")


@dataclass(frozen=True)
class StripeConnection:
    """Where Stripe is, and what proves to each who the other is."""

    secret_key: str = field(repr=False)
    webhook_secret: str = field(repr=False)
    api_url: str
    public_url: str
    """Where Stripe calls us, without a slash at the end."""
    timeout_seconds: float = TIMEOUT_SECONDS

    @property
    def live(self) -> bool:
        """Whether the key moves real money."""
        return "_live_" in self.secret_key

    def client(self) -> StripeClient:
        """Stripe's API. It may be used by several threads.

        Retries are the background engine's, so that none is lost with this process.
        """
        return StripeClient(
            self.secret_key,
            base_addresses={"api": self.api_url},
            http_client=RequestsClient(timeout=self.timeout_seconds),
            max_network_retries=0,
        )


def connection_of(settings: Settings) -> StripeConnection | None:
    """The connection that the settings name; None while the ledger is the billing.

    Raises ConfigurationError where something of it is missing or no such thing.
    """
    if settings.billing is not BillingKind.STRIPE:
        return None
    if settings.stripe_secret_key is None:
        raise ConfigurationError(
            "OFFBOARD_STRIPE_SECRET_KEY is not set. Stripe's dashboard has it under Developers, "
            "API keys (sk_… or, better, a restricted key rk_…)."
        )
    key = settings.stripe_secret_key.get_secret_value().strip()
    if _SECRET_KEY.fullmatch(key) is None:
        raise ConfigurationError(
            "OFFBOARD_STRIPE_SECRET_KEY is no secret key: those begin with sk_test_, sk_live_, "
            "rk_test_ or rk_live_. A publishable key (pk_…) can't write."
        )
    if settings.stripe_webhook_secret is None:
        raise ConfigurationError(
            "OFFBOARD_STRIPE_WEBHOOK_SECRET is not set, so nothing that Stripe sends could be "
            "believed. The dashboard shows it (whsec_…) at the webhook endpoint."
        )
    return StripeConnection(
        secret_key=key,
        webhook_secret=settings.stripe_webhook_secret.get_secret_value().strip(),
        api_url=settings.stripe_api_url.rstrip("/"),
        public_url=settings.base_url,
    )
