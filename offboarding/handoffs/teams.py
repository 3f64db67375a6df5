"""The teams by the keys under which policy/routing.yml lists them."""

from offboarding.handoffs.routing import RoutingFacts, route
from offboarding.policies.routing import RoutingPolicy
from offboarding.policies.teams import Team


def routed(policy: RoutingPolicy, facts: RoutingFacts) -> str:
    """The key of the team that takes it."""
    chosen = route(policy, facts)
    return next(key for key, team in policy.teams.items() if team is chosen)


def team_of(policy: RoutingPolicy, key: str | None) -> Team:
    """The team of a key; for one that policy has no more, the team that takes everything else."""
    if key is not None and key in policy.teams:
        return policy.teams[key]
    return policy.teams[policy.routes[-1].team]
