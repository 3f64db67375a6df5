"""What an agent may offer on a subscription, and up to what: `agent_offers` of routing.yml."""

from collections.abc import Mapping
from dataclasses import dataclass

from offboarding.accounts.model import Subscription, SubscriptionState
from offboarding.offers.errors import OfferBoundsError
from offboarding.offers.model import OfferKind
from offboarding.offers.service import impossibilities
from offboarding.policies.routing import AgentOffers

_BOUNDS: Mapping[OfferKind, Mapping[str, str]] = {
    OfferKind.PAUSE: {"months": "pause_months"},
    OfferKind.DISCOUNT: {"percent": "percent", "months": "months"},
    OfferKind.TRIAL_EXTENSION: {"days": "trial_days"},
    OfferKind.SMALLER_PLAN: {},
}
"""What each kind needs, and the name under which policy bounds it."""


@dataclass(frozen=True)
class Choice:
    """A kind that can be offered. By the name of each field the most, and the limit."""

    kind: OfferKind
    most: Mapping[str, int]
    approval_above: Mapping[str, int]
    """Above these a second person has to agree."""

    def check(self, **given: int | None) -> bool:
        """Whether these need a second person. Raises OfferBoundsError."""
        for field, most in self.most.items():
            value = given[field]
            if value is None or not 1 <= value <= most:
                raise OfferBoundsError(f"Write a whole number from 1 to {most}.", field)
        return any((given[field] or 0) > limit for field, limit in self.approval_above.items())


def choices(subscription: Subscription, bounds: AgentOffers) -> list[Choice]:
    """The kinds that can be offered now; none on a free plan, a paused one, or one that ends."""
    if not subscription.renews:
        return []
    return [
        _choice(kind, bounds)
        for kind in _BOUNDS
        if _fits_state(kind, subscription)
        and not list(impossibilities(kind, subscription))
        and all(_most(bounds, name) for name in _BOUNDS[kind].values())
    ]


def _fits_state(kind: OfferKind, subscription: Subscription) -> bool:
    if kind is OfferKind.TRIAL_EXTENSION:
        return subscription.state is SubscriptionState.TRIALING
    return subscription.state in {SubscriptionState.ACTIVE, SubscriptionState.TRIALING}


def _choice(kind: OfferKind, bounds: AgentOffers) -> Choice:
    names = _BOUNDS[kind]
    limits = {field: getattr(bounds.approval_above, name) for field, name in names.items()}
    return Choice(
        kind,
        most={field: _most(bounds, name) for field, name in names.items()},
        approval_above={field: limit for field, limit in limits.items() if limit is not None},
    )


def _most(bounds: AgentOffers, name: str) -> int:
    return int(getattr(bounds, f"most_{name}"))
