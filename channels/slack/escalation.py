"""Nobody of a team came in time: those to whom policy/routing.yml escalates are told as well."""

from sqlalchemy.orm import Session

from channels.desk.attendance import has_answered
from channels.slack.card import CAUSES
from channels.slack.queue import announce, thread_of
from channels.slack.words import escaped
from offboarding.handoffs.claiming import was_claimed
from offboarding.handoffs.model import HandOff
from offboarding.handoffs.teams import escalation_channel, team_of
from offboarding.policies.routing import RoutingPolicy


def escalate(session: Session, hand_off: HandOff, policy: RoutingPolicy) -> None:
    """Tell them, once for each hand-off; a team that escalates to nobody changes nothing."""
    team = team_of(policy, hand_off.team)
    channel = escalation_channel(policy, team)
    if channel is None or channel == team.channel:
        return
    thread = thread_of(session, hand_off.id)
    where = f"<#{thread.channel_id}>" if thread is not None and thread.channel_id else team.channel
    text = (
        f"<!here> {_what_happened(session, hand_off)} request {hand_off.number} in {where}: "
        f"the customer {escaped(CAUSES[hand_off.cause])}. They have been told so, and still wait. "
        f"Whoever can, press *Claim* on its card."
    )
    announce(session, hand_off.id, channel, text, f"escalation:{hand_off.id}")


def _what_happened(session: Session, hand_off: HandOff) -> str:
    """Who came before counts as well: leads look for another mend than where nobody ever came."""
    if not was_claimed(session, hand_off):
        return "Nobody has come in time to"
    if has_answered(session, hand_off):
        return "Who had come has left, and nobody else has come in time to"
    return "Somebody has come and not answered, and nobody else has come in time to"
