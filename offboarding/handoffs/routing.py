"""Which team a hand-off goes to, and whether a person is fetched at all, by policy/routing.yml."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from offboarding.accounts.model import AccountKind
from offboarding.cases.reasons import ChurnReason
from offboarding.handoffs.causes import HandOffCause
from offboarding.policies.routing import Route, RoutingPolicy, ShownName
from offboarding.policies.teams import Team


@dataclass(frozen=True)
class RoutingFacts:
    """What is known of a hand-off; None is unknown, as most is of a stranger."""

    cause: HandOffCause | None = None
    reason: ChurnReason | None = None
    plan_id: str | None = None
    account_kind: AccountKind | None = None
    account_manager: bool = False
    """Whether the account has an account manager."""
    monthly_value_minor: int | None = None
    """What the account pays a month, in minor units of `currency`."""
    currency: str | None = None
    jurisdiction: str | None = None
    """Country, or country and region: `DE`, `US-MN`."""
    language: str | None = None
    """`de`, or a locale such as `de-AT`."""


@dataclass(frozen=True)
class RouteVerdict:
    """Whether a route of policy/routing.yml fits, and why."""

    rule: str
    """Its place in the list and its team: `1: privacy`."""
    fits: bool
    because: str


def route(policy: RoutingPolicy, facts: RoutingFacts) -> Team:
    """The team of the first route that fits; the last one fits always."""
    fitting = next(one for one in policy.routes if not list(_misfits(one, facts)))
    return policy.teams[fitting.team]


def why(policy: RoutingPolicy, facts: RoutingFacts) -> list[RouteVerdict]:
    """Each route, in order, with why it fits or not; the first that fits names the team."""
    return [
        _verdict(f"{number}: {one.team}", one, facts)
        for number, one in enumerate(policy.routes, start=1)
    ]


def calls_in(policy: RoutingPolicy, facts: RoutingFacts) -> HandOffCause | None:
    """Why the assistant fetches a person by itself while it goes on, or None: it does not."""
    rule = policy.call_in
    if facts.cause in rule.causes:
        return facts.cause
    if rule.account_manager and facts.account_manager:
        return HandOffCause.ACCOUNT_MANAGER
    if rule.value_at_least is not None and not list(_too_small(rule.value_at_least, facts)):
        return HandOffCause.VALUABLE_ACCOUNT
    return None


def shown_name(policy: RoutingPolicy, full_name: str, team: Team) -> str:
    """What customers read of an agent; who has no name is the team."""
    names = full_name.split()
    if not names or policy.customer_sees is ShownName.TEAM:
        return team.name
    return names[0] if policy.customer_sees is ShownName.FIRST_NAME else " ".join(names)


def _verdict(rule: str, one: Route, facts: RoutingFacts) -> RouteVerdict:
    for because in _misfits(one, facts):
        return RouteVerdict(rule, fits=False, because=because)
    met = ", ".join(one.conditions)
    return RouteVerdict(rule, fits=True, because=f"{met} fit" if met else "it has no condition")


def _misfits(one: Route, facts: RoutingFacts) -> Iterator[str]:
    if one.causes is not None and facts.cause not in one.causes:
        yield f"not for the cause ({facts.cause or 'none known'})"
    if one.reasons is not None and facts.reason not in one.reasons:
        yield f"not for the reason ({facts.reason or 'none given'})"
    if one.plans is not None and facts.plan_id not in one.plans:
        yield f"not for the plan ({facts.plan_id or 'none known'})"
    yield from _unfit_accounts(one, facts)
    if one.languages is not None and not _languages(facts.language) & one.languages:
        yield f"not for the language ({facts.language or 'none known'})"


def _unfit_accounts(one: Route, facts: RoutingFacts) -> Iterator[str]:
    if one.account_kinds is not None and facts.account_kind not in one.account_kinds:
        yield f"not for this kind of account ({facts.account_kind or 'none known'})"
    if one.account_manager is not None and facts.account_manager is not one.account_manager:
        yield f"the account has {'an' if facts.account_manager else 'no'} account manager"
    if one.value_at_least is not None:
        yield from _too_small(one.value_at_least, facts)
    if one.countries is not None and not _places(facts.jurisdiction) & one.countries:
        yield f"not for the country ({facts.jurisdiction or 'none known'})"


def _too_small(least: Mapping[str, int], facts: RoutingFacts) -> Iterator[str]:
    value, currency = facts.monthly_value_minor, facts.currency
    if value is None or currency is None:
        yield "what the account pays is not known"
    elif currency not in least:
        yield f"value_at_least names no amount in {currency}"
    elif value < least[currency]:
        yield f"the account pays less than value_at_least ({value} of {least[currency]})"


def _places(jurisdiction: str | None) -> set[str]:
    """The place, and the country it is in."""
    return {jurisdiction, jurisdiction.partition("-")[0]} if jurisdiction else set()


def _languages(locale: str | None) -> set[str]:
    """The locale, and the language it is of."""
    written = (locale or "").replace("_", "-")
    return {written, written.partition("-")[0]} - {""}
