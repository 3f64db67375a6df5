"""Hand-offs and approvals in lists, as the home tab and the commands show them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from slack_sdk.models.blocks import ButtonElement, PlainTextObject, SectionBlock
from sqlalchemy.orm import Session

from channels.desk.offers_made import described
from channels.slack.actions import Action
from channels.slack.card import CAUSES, duration, one_line
from channels.slack.words import shortened
from offboarding import clock
from offboarding.accounts.model import Customer
from offboarding.handoffs.model import HandOff
from offboarding.handoffs.overview import Numbers, waited
from offboarding.handoffs.states import HandOffState
from offboarding.handoffs.teams import team_of
from offboarding.offers.model import AgentOffer
from offboarding.policies.routing import RoutingPolicy

_LONGEST_NAME = 120


@dataclass(frozen=True)
class Row:
    """One hand-off, with what a line of a list says of it."""

    hand_off: HandOff
    who: str
    team: str

    def words(self, zone: ZoneInfo) -> str:
        """Two lines: who and why, then how long, since when, whose, and its number."""
        hand_off = self.hand_off
        asked = moment_words(hand_off.requested_at, zone)
        facts = (_standing(hand_off), f"asked at {asked}", self.team, hand_off.number)
        return f"{self.who} {CAUSES[hand_off.cause]}\n{' · '.join(facts)}"


@dataclass(frozen=True)
class Approval:
    """An offer that waits for a second agent's yes, with what a line of a list says of it."""

    proposal: AgentOffer
    who: str

    @property
    def hand_off(self) -> HandOff:
        """In whose thread it is approved or refused."""
        return self.proposal.hand_off

    def words(self, zone: ZoneInfo) -> str:
        """Two lines: what for whom, then who asks, since when, and the request's number."""
        moment = moment_words(self.proposal.proposed_at, zone)
        asked = f"asked by {self.proposal.agent.full_name} at {moment}"
        return f"{self.who}: {described(self.proposal)}\n{asked} · {self.hand_off.number}"


def approvals(session: Session, proposals: Iterable[AgentOffer]) -> list[Approval]:
    """The proposals as rows, in the same order."""
    return [
        Approval(each, shortened(_who(session, each.hand_off), _LONGEST_NAME)) for each in proposals
    ]


def rows(session: Session, hand_offs: Iterable[HandOff], policy: RoutingPolicy) -> list[Row]:
    """The hand-offs as rows, in the same order."""
    return [
        Row(
            hand_off=each,
            who=shortened(_who(session, each), _LONGEST_NAME),
            team=team_of(policy, each.team).name,
        )
        for each in hand_offs
    ]


def section(row: Row | Approval, zone: ZoneInfo, link: str | None = None) -> SectionBlock:
    """A row, with the way to its thread where that is known."""
    return SectionBlock(
        text=PlainTextObject(text=row.words(zone), emoji=False),
        accessory=thread_button(link) if link else None,
    )


def thread_button(link: str) -> ButtonElement:
    """The way to a thread."""
    return ButtonElement(text="Open the thread", action_id=Action.OPEN_THREAD, url=link)


def moment_words(moment: datetime, zone: ZoneInfo) -> str:
    """The time on the agent's own clock, which is named; with the day when it is not today."""
    local, today = moment.astimezone(zone), clock.now().astimezone(zone).date()
    day = "" if local.date() == today else f"{local.day} {local:%b, }"
    return f"{day}{local:%H:%M} {_zone_name(local)}"


def _zone_name(local: datetime) -> str:
    """CET, BST; of a zone without letters its distance from UTC: UTC-03:00."""
    name = local.tzname() or ""
    distance = f"{local:%z}"
    return name if name.isalpha() else f"UTC{distance[:3]}:{distance[3:5]}"


def number_lines(numbers: Numbers) -> list[str]:
    """Today in numbers, a line each."""
    wait = numbers.median_wait
    half = duration(wait) if wait is not None else "nobody was claimed yet"
    kept = f"{numbers.kept} of {numbers.promised}" if numbers.promised else "none were due"
    return [
        f"Asked for a person: {numbers.asked_for}",
        f"Claimed within the promised time: {kept}",
        f"Half waited no longer than: {half}",
        f"Handed back: {numbers.handed_back}",
        f"Resolved: {numbers.resolved}",
        f"Told that nobody could come: {numbers.nobody_came}",
    ]


def longest_wait(waiting: Iterable[HandOff]) -> timedelta:
    """How long the one waits who has waited longest; nothing where nobody waits."""
    return max((waited(each) for each in waiting), default=timedelta())


def _who(session: Session, hand_off: HandOff) -> str:
    customer = session.get(Customer, hand_off.customer_id) if hand_off.customer_id else None
    if customer is not None:
        return one_line(customer.full_name)
    if hand_off.contact_email:  # given by a stranger: no proof of who it is
        return f"Somebody who gave {one_line(hand_off.contact_email)}"
    return "Somebody unknown"


def _standing(hand_off: HandOff) -> str:
    agent = hand_off.agent.full_name if hand_off.agent is not None else "somebody"
    match hand_off.state:
        case HandOffState.WAITING:
            return f"waiting for {duration(waited(hand_off))}{_told(hand_off)}"
        case HandOffState.CLAIMED:
            return f"with {agent}, waited {duration(waited(hand_off))}"
        case HandOffState.HANDED_BACK:
            return f"handed back by {agent}"
        case HandOffState.RESOLVED:
            return f"resolved by {agent}" if hand_off.agent is not None else "settled by itself"


def _told(hand_off: HandOff) -> str:
    """What they know of it; who came while the team was away was promised nobody."""
    if hand_off.unanswered_at is not None:
        return ", was told that nobody could come"
    if hand_off.claim_due_at is None:
        return ", was told that nobody is there now"
    return ""
