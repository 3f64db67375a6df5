"""What an agent can see of the desk, for the home tab and the commands."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from channels.in_thread import in_thread
from channels.slack.acting import Who
from channels.slack.card import one_line
from channels.slack.links import Links, Place, places
from channels.slack.people import People
from channels.slack.rows import Approval, Row, approvals, rows
from offboarding.database import Database
from offboarding.handoffs import overview
from offboarding.handoffs.agents import known_agent
from offboarding.handoffs.model import HandOff
from offboarding.handoffs.overview import Numbers
from offboarding.offers import by_agent
from offboarding.policies.store import Policies

MOST_SHOWN = 20
"""Of each kind: with two blocks each at most, fewer than the hundred that a home tab may have."""


@dataclass(frozen=True)
class Listed:
    """Hand-offs, and the links to their threads by hand-off."""

    rows: Sequence[Row]
    links: Mapping[str, str]
    zone: ZoneInfo
    """Where the clocks of whoever looks are."""


@dataclass(frozen=True)
class ListedApprovals:
    """What waits for the yes of whoever looks; the links and the zone as of hand-offs."""

    rows: Sequence[Approval]
    links: Mapping[str, str]
    zone: ZoneInfo


@dataclass(frozen=True)
class Sight:
    """What there is to be seen by one agent, as it is now."""

    waiting: Listed
    mine: Listed
    approvals: ListedApprovals
    talking: int
    """How many customers an agent talks with now, whoever it is."""
    numbers: Numbers


@dataclass(frozen=True)
class _Seen:
    """What the database says, before the links are known."""

    waiting: Sequence[Row]
    mine: Sequence[Row]
    approvals: Sequence[Approval]
    talking: int
    numbers: Numbers


class Looking:
    """Reads the desk."""

    def __init__(
        self, database: Database, policies: Policies, people: People, links: Links
    ) -> None:
        self._database = database
        self._policies = policies
        self._people = people
        self._links = links

    async def sight(self, who: Who) -> Sight:
        """Everything, for this agent."""
        zone = await self._people.time_zone(who.user)
        seen, threads = await in_thread(self._sight, who.outer_id, zone)
        links = await self._links.of(threads)
        return Sight(
            Listed(seen.waiting, links, zone),
            Listed(seen.mine, links, zone),
            ListedApprovals(seen.approvals, links, zone),
            seen.talking,
            seen.numbers,
        )

    async def find(self, who: Who, words: str) -> Listed:
        """What is found by a number or an address, the newest first."""
        zone = await self._people.time_zone(who.user)
        found, threads = await in_thread(self._find, words)
        return Listed(found, await self._links.of(threads), zone)

    async def case(self, words: str) -> str | None:
        """What is known of the case with this number, in a sentence; None where there is none."""
        return await in_thread(self._case, words)

    def _case(self, words: str) -> str | None:
        with self._database.read() as session:
            case = overview.case_of_number(session, words)
            if case is None:
                return None
            name, plan = one_line(case.customer.full_name), case.subscription.plan.name
            return f"Case {case.number}, {case.state.value}: {name}, {plan}."

    def _sight(self, outer_id: str, zone: ZoneInfo) -> tuple[_Seen, dict[str, Place]]:
        with self._database.read() as session:
            agent = known_agent(session, outer_id)
            waiting, claimed = overview.waiting(session), overview.claimed(session)
            mine = [each for each in claimed if agent is not None and each.agent_id == agent.id]
            proposals = by_agent.waiting_for(session, agent)
            asked = [each.hand_off for each in proposals[:MOST_SHOWN]]
            seen = _Seen(
                self._rows(session, waiting),
                self._rows(session, mine),
                approvals(session, proposals),
                len(claimed),
                overview.numbers(session, zone),
            )
            shown = [*waiting[:MOST_SHOWN], *mine[:MOST_SHOWN], *asked]
            return seen, places(session, shown)

    def _find(self, words: str) -> tuple[list[Row], dict[str, Place]]:
        with self._database.read() as session:
            found = overview.find(session, words)
            return self._rows(session, found), places(session, found)

    def _rows(self, session: Session, hand_offs: Sequence[HandOff]) -> list[Row]:
        return rows(session, hand_offs, self._policies.routing)
