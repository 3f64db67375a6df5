"""Whether a person is on the way into the chat, and what is said of them truthfully."""

from actions.turn import Turn
from actions.values import opening_text
from offboarding.accounts import service as accounts
from offboarding.clock import now
from offboarding.handoffs import service as handoffs
from offboarding.handoffs import waiting
from offboarding.handoffs.model import HandOff
from offboarding.handoffs.states import HandOffState
from offboarding.handoffs.teams import team_of
from offboarding.policies.routing import RoutingPolicy
from offboarding.policies.teams import Team
from offboarding.wording import minutes_text, waited_text


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
    values = mail_values(turn, hand_off, contact or "")
    if hand_off.claim_due_at is not None:
        turn.say(
            "utter_person_late" if contact else "utter_person_late_no_address",
            {**values, "waited": waited_text(now() - hand_off.requested_at)},
        )
    elif hand_off.opens_at is not None:
        back = opening_text(hand_off.opens_at, team.time_zone, turn.customer)
        values |= {"team": team.name, "opens_at": back}
        known = "utter_person_still_away" if again else "utter_person_away"
        turn.say(known if contact else "utter_person_away_no_address", values)
    elif contact:
        turn.say("utter_person_already_requested" if again else "utter_person_will_mail", values)
    else:
        turn.say("utter_person_requested", values)
    return contact is not None


def mail_values(turn: Turn, hand_off: HandOff, email: str) -> dict[str, str]:
    """What is said of a request that is mailed: who reads it, and where they answer."""
    return {
        "number": hand_off.number,
        "email": email,
        "mail_reader": _mail_reader(turn, hand_off),
        "meanwhile": _meanwhile(turn),
    }


def within(hand_off: HandOff) -> str:
    """The time in which somebody comes, as it was promised."""
    due = hand_off.claim_due_at
    return minutes_text(due - hand_off.requested_at) if due is not None else ""


def _is_promised(hand_off: HandOff) -> bool:
    due = hand_off.claim_due_at
    return hand_off.state is HandOffState.WAITING and due is not None and due > now()


def _say_who_comes(turn: Turn, hand_off: HandOff, team: Team, *, again: bool) -> None:
    values = {"team": team.name, "minutes": within(hand_off), "meanwhile": _meanwhile(turn)}
    if again:
        waited = waited_text(now() - hand_off.requested_at)
        return turn.say("utter_person_still_coming", {**values, "waited": waited})
    before = waiting.position(turn.session, hand_off) - 1
    if before == 0:
        return turn.say("utter_person_comes", values)
    if before == 1:
        return turn.say("utter_person_comes_second", values)
    return turn.say("utter_person_comes_later", {**values, "before": str(before)})


def _meanwhile(turn: Turn) -> str:
    """What they can do while they wait; to cancel is not among it once all is cancelled."""
    if turn.about_another_account:
        return turn.phrase("utter_label_meanwhile_another")
    customer = turn.customer
    if customer is None and (turn.slot("another_account") or turn.slot("charge_disputed")):
        return turn.phrase("utter_label_meanwhile_cancelled")
    done = customer is not None and not any(
        each.renews for each in accounts.subscriptions(turn.session, customer.account_id)
    )
    return turn.phrase("utter_label_meanwhile_cancelled" if done else "utter_label_meanwhile")


def _mail_reader(turn: Turn, hand_off: HandOff) -> str:
    """Who is mailed about it: the account manager, if the customer has one, else support."""
    customer = turn.customer
    if customer is None or hand_off.customer_id != customer.id:
        return turn.phrase("utter_label_support")
    account = customer.account
    if account.account_manager_email is None or account.account_manager_name is None:
        return turn.phrase("utter_label_support")
    return f"{account.account_manager_name}, {turn.phrase('utter_label_account_manager')},"
