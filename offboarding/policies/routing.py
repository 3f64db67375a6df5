"""Who a hand-off goes to, and what agents may do: the shape of policy/routing.yml."""

from datetime import date
from enum import StrEnum
from typing import Annotated, Any, Self, TypeVar

from pydantic import BeforeValidator, Field, StringConstraints, model_validator

from offboarding.accounts.model import AccountKind
from offboarding.cases.reasons import ChurnReason
from offboarding.handoffs.causes import HandOffCause
from offboarding.policies.reading import PolicyModel
from offboarding.policies.rules import Jurisdiction
from offboarding.policies.teams import Team, TeamKey, is_channel, mistake_at

Item = TypeVar("Item")
Some = Annotated[frozenset[Item], Field(min_length=1)]

Currency = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]
Language = Annotated[str, StringConstraints(pattern=r"^[a-z]{2,3}(-[A-Z]{2})?$")]
Values = Annotated[dict[Currency, Annotated[int, Field(ge=1)]], Field(min_length=1)]
"""By currency, in its minor units: {EUR: 20000} is EUR 200.00."""

_SAID_OTHERWISE = {
    HandOffCause.CUSTOMER_ASKED: "who asks for a person always gets one; remove it here",
    HandOffCause.VALUABLE_ACCOUNT: "write `value_at_least` instead",
    HandOffCause.ACCOUNT_MANAGER: "write `account_manager: true` instead",
}


class ShownName(StrEnum):
    """What customers read of who answers them."""

    FIRST_NAME = "first_name"
    FULL_NAME = "full_name"
    TEAM = "team"


class Route(PolicyModel):
    """A team, and which hand-offs go to it: those that meet every condition it has."""

    team: str
    causes: Some[HandOffCause] | None = None
    reasons: Some[ChurnReason] | None = None
    plans: Some[str] | None = None
    """Ids of plans, as the billing system has them."""
    account_kinds: Some[AccountKind] | None = None
    account_manager: bool | None = None
    value_at_least: Values | None = None
    """What the account pays a month, at least."""
    countries: Some[Jurisdiction] | None = None
    languages: Some[Language] | None = None
    """`de` is every German, `de-AT` the Austrian one."""

    @property
    def conditions(self) -> list[str]:
        """The names of the conditions it has."""
        return [name for name, value in self if name != "team" and value is not None]


class CallIn(PolicyModel):
    """When the assistant fetches a person by itself, and goes on until somebody takes over."""

    causes: frozenset[HandOffCause] = frozenset()
    value_at_least: Values | None = None
    account_manager: bool = False

    @model_validator(mode="after")
    def _says_each_thing_in_its_place(self) -> Self:
        for cause, mend in _SAID_OTHERWISE.items():
            if cause in self.causes:
                raise mistake_at(("causes",), f"{cause} has no place here: {mend}")
        return self


class ApprovalLimits(PolicyModel):
    """Above these a second person has to agree; without a limit nobody is asked."""

    percent: Annotated[int, Field(ge=0, le=90)] | None = None
    months: Annotated[int, Field(ge=0, le=12)] | None = None
    pause_months: Annotated[int, Field(ge=0, le=12)] | None = None
    trial_days: Annotated[int, Field(ge=0, le=90)] | None = None


class AgentOffers(PolicyModel):
    """What an agent may offer; 0 is nothing of the kind."""

    most_percent: Annotated[int, Field(ge=0, le=90)]
    most_months: Annotated[int, Field(ge=0, le=12)]
    """For how long a discount may run."""
    most_pause_months: Annotated[int, Field(ge=0, le=12)]
    most_trial_days: Annotated[int, Field(ge=0, le=90)]
    approval_above: ApprovalLimits = ApprovalLimits()

    @model_validator(mode="after")
    def _asks_below_what_is_allowed(self) -> Self:
        for name, limit in self.approval_above:
            most: int = getattr(self, f"most_{name}")
            if limit is not None and limit > most:
                raise mistake_at(
                    ("approval_above", name),
                    f"nobody may offer more than {most} (most_{name}), so nobody would ever be "
                    f"asked. Write {most} or less",
                )
        return self


def _told_their_keys(teams: Any) -> Any:
    """Each team with the name under which it is listed."""
    if not isinstance(teams, dict):
        return teams
    return {
        key: {**team, "key": key} if isinstance(team, dict) else team for key, team in teams.items()
    }


class RoutingPolicy(PolicyModel):
    """policy/routing.yml."""

    version: date
    reviewed_by: str
    customer_sees: ShownName
    guests_answer: bool = False
    """Whether guests of the workspace, such as an agency's people, may talk with customers."""
    teams: Annotated[dict[TeamKey, Team], BeforeValidator(_told_their_keys), Field(min_length=1)]
    routes: tuple[Route, ...]
    """Looked through from the top; the first that fits names the team. The last one fits always."""
    call_in: CallIn
    agent_offers: AgentOffers

    @model_validator(mode="after")
    def _names_teams_that_there_are(self) -> Self:
        there_are = f"The teams are: {', '.join(self.teams)}"
        for number, route in enumerate(self.routes):
            if route.team not in self.teams:
                raise mistake_at(
                    ("routes", number, "team"), f"there is no team {route.team}. {there_are}"
                )
        for key, team in self.teams.items():
            place, named = ("teams", key, "escalate_to"), team.escalate_to
            if named is None:
                continue
            if named not in self.teams and not is_channel(named):
                raise mistake_at(place, f"{named} is neither a team nor a channel. {there_are}")
            channel = self.teams[named].channel if named in self.teams else named
            if channel == team.channel:
                raise mistake_at(place, "this leads back to the same channel. Name another one")
        return self

    @model_validator(mode="after")
    def _leaves_nobody_without_a_team(self) -> Self:
        always = [number for number, route in enumerate(self.routes) if not route.conditions]
        if not always:
            raise mistake_at(
                ("routes", len(self.routes) - 1) if self.routes else ("routes",),
                "the last route must have no condition, so that every hand-off has a team. "
                f"Add this at the end: - team: {next(iter(self.teams))}",
            )
        if always[0] + 1 < len(self.routes):
            raise mistake_at(
                ("routes", always[0] + 1),
                "this route is never reached, for the one above it has no condition. "
                "Move the one without conditions to the end",
            )
        return self
