"""Who answers from here, said to those who come into a conversation in which a person is wanted."""

from collections.abc import Mapping

from sqlalchemy.orm import Session

from channels.conversations.model import Author
from channels.desk.service import JOINED
from channels.gateway import Gateway
from offboarding import clock
from offboarding.handoffs import service as handoffs
from offboarding.handoffs.model import HandOff
from offboarding.handoffs.routing import shown_name
from offboarding.handoffs.teams import team_of
from offboarding.policies.routing import RoutingPolicy
from offboarding.policies.store import Policies
from offboarding.wording import minutes_text, waited_text

STILL_COMING = "utter_person_still_coming"
RESPONSES: Mapping[str, tuple[str, ...]] = {
    STILL_COMING: ("team", "waited", "minutes", "meanwhile"),
}
"""What is said beside `channels.desk.service.JOINED`, and the values it is given."""


def tell_who_answers(
    gateway: Gateway, policies: Policies, session: Session, conversation_id: str, occasion: str
) -> None:
    """Say that a person answers here, or is on the way, once for the occasion.

    For who comes in from elsewhere and was not told when the person was. Where the assistant
    answers and nobody was promised, nothing is said.
    """
    hand_off = handoffs.open_hand_off(session, conversation_id)
    said = _said(hand_off, policies.routing) if hand_off is not None else None
    if hand_off is None or said is None:
        return
    response, values = said
    gateway.post_notice(
        session,
        conversation_id,
        response,
        values,
        f"{response}:{hand_off.id}:{occasion}",
        author=Author.SYSTEM,
    )


def _said(hand_off: HandOff, policy: RoutingPolicy) -> tuple[str, Mapping[str, str]] | None:
    team = team_of(policy, hand_off.team)
    if hand_off.agent is not None:
        return JOINED, {"agent": shown_name(policy, hand_off.agent.full_name, team)}
    moment, due = clock.now(), hand_off.claim_due_at
    if due is None or due <= moment:
        return None
    return STILL_COMING, {
        "team": team.name,
        "waited": waited_text(moment - hand_off.requested_at),
        "minutes": minutes_text(due - hand_off.requested_at),
        "meanwhile": "",
    }
