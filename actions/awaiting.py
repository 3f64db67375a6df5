"""Whether a person is on the way into the chat, and what is said of them truthfully."""

from actions.turn import Turn
from actions.values import minutes_text, waited_text
from offboarding.clock import now
from offboarding.handoffs import service as handoffs
from offboarding.handoffs import waiting
from offboarding.handoffs.model import HandOff
from offboarding.handoffs.states import HandOffState
from offboarding.handoffs.teams import team_of
from offboarding.policies.routing import RoutingPolicy
from offboarding.policies.teams import Team
from offboarding.wording import moment_text, moment_text_in


def somebody_comes(turn: Turn) -> bool:
    """Whether it was promised that a person joins this chat, and the time is not over."""
    if turn.desk is None:
        return False
    hand_off = handoffs.open_hand_off(turn.session, turn.conversation_id)
    return hand_off is not None and _is_promised(hand_off)


def say_how_it_stands(
    turn: Turn, desk: RoutingPolicy, hand_off: HandOff, contact: str | None, *, again: bool
) -> bool:
    """Who comes, or when somebody is there; whether it is known where the person can answer.

    In a chat where somebody is on the way that place is the chat. `contact` is an address.
    """
    team = team_of(desk, hand_off.team)
    if hand_off.state is HandOffState.CLAIMED:
        turn.say("utter_person_is_here")
        return True
    if _is_promised(hand_off):
        _say_who_comes(turn, hand_off, team, again=again)
        return True
    values = {"number": hand_off.number, "email": contact or ""}
    if hand_off.claim_due_at is not None:
        turn.say(
            "utter_person_late" if contact else "utter_person_late_no_address",
            {**values, "waited": waited_text(now() - hand_off.requested_at)},
        )
    elif hand_off.opens_at is not None:
        values |= {"team": team.name, "opens_at": _opens_at(turn, hand_off, team)}
        known = "utter_person_still_away" if again else "utter_person_away"
        turn.say(known if contact else "utter_person_away_no_address", values)
    elif contact:
        turn.say("utter_person_already_requested" if again else "utter_person_will_mail", values)
    else:
        turn.say("utter_person_requested", values)
    return contact is not None


def within(hand_off: HandOff) -> str:
    """The time in which somebody comes, as it was promised."""
    due = hand_off.claim_due_at
    return minutes_text(due - hand_off.requested_at) if due is not None else ""


def _is_promised(hand_off: HandOff) -> bool:
    due = hand_off.claim_due_at
    return hand_off.state is HandOffState.WAITING and due is not None and due > now()


def _say_who_comes(turn: Turn, hand_off: HandOff, team: Team, *, again: bool) -> None:
    values = {"team": team.name, "minutes": within(hand_off)}
    if again:
        waited = waited_text(now() - hand_off.requested_at)
        return turn.say("utter_person_still_coming", {**values, "waited": waited})
    before = waiting.position(turn.session, hand_off) - 1
    if before == 0:
        return turn.say("utter_person_comes", values)
    if before == 1:
        return turn.say("utter_person_comes_second", values)
    return turn.say("utter_person_comes_later", {**values, "before": str(before)})


def _opens_at(turn: Turn, hand_off: HandOff, team: Team) -> str:
    """When the team is there again: by the customer's clock, or by the team's own."""
    opens_at, customer = hand_off.opens_at, turn.customer
    if opens_at is None:
        return ""
    if customer is None:
        return moment_text_in(opens_at, team.time_zone)
    return moment_text(opens_at, customer)
