"""The teams by the keys under which policy/routing.yml lists them."""

from offboarding.policies.routing import RoutingPolicy
from offboarding.policies.teams import Team


def team_of(policy: RoutingPolicy, key: str | None) -> Team:
    """The team of a key; for one that policy has no more, the team that takes everything else."""
    if key is not None and key in policy.teams:
        return policy.teams[key]
    return policy.teams[policy.routes[-1].team]


def escalation_channel(policy: RoutingPolicy, team: Team) -> str | None:
    """The channel that is told as well when nobody of a team comes, if there is one."""
    target = team.escalate_to
    if target is None:
        return None
    return policy.teams[target].channel if target in policy.teams else target
