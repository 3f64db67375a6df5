"""An agent's account was deactivated: whom they talked with goes back to the team."""

from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy.orm import Session

from channels.desk.service import Desk, hand_off_in_charge
from channels.slack.queue import thread_of, update_card
from channels.slack.replies import outer_id
from offboarding.handoffs.agents import claimed_by, deactivate


class Departures:
    """Deals with user_change events; its other news of a user are of no interest."""

    def __init__(self, desk: Desk, team_id: str) -> None:
        self._desk = desk
        self._team_id = team_id

    def deal_with(self, session: Session, event: Mapping[str, Any]) -> None:
        """Release what the agent had claimed, in the caller's transaction."""
        user = event.get("user") or {}
        if not user.get("deleted"):
            return
        agent = deactivate(session, outer_id(self._team_id, str(user.get("id"))))
        if agent is None:
            return
        for hand_off_id in claimed_by(session, agent):
            hand_off = hand_off_in_charge(session, hand_off_id)
            if hand_off.agent_id != agent.id or not hand_off.open:
                continue
            self._desk.release(session, hand_off)
            thread = thread_of(session, hand_off.id)
            if thread is not None:
                update_card(session, thread)


def by_kind(
    deal_with: Mapping[str, Callable[[Session, Mapping[str, Any]], None]],
) -> Callable[[Session, Mapping[str, Any]], None]:
    """Whoever deals with events of a kind gets them; of other kinds nobody does."""

    def given(session: Session, event: Mapping[str, Any]) -> None:
        work = deal_with.get(str(event.get("type")))
        if work is not None:
            work(session, event)

    return given
