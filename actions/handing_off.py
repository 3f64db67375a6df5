"""A person, please."""

from actions.anger import is_abuse
from actions.awaiting import mail_values, say_how_it_stands
from actions.base import ConversationAction
from actions.calling_in import OF_HARD_MOMENTS
from actions.disputed_charges import disputes_charge
from actions.offering import accept, takes_the_call
from actions.questions import ask_again
from actions.sending_for import send_for
from actions.turn import Turn
from offboarding.handoffs import service as handoffs
from offboarding.handoffs.causes import HandOffCause
from offboarding.hearing.hard_moments import HardMoment, declares_withdrawal, hard_moment
from offboarding.identity.service import EmailInvalidError


class RequestPerson(ConversationAction):
    """They want a person: recorded, support is mailed, and they are told what happens next."""

    action_name = "action_request_person"

    def act(self, turn: Turn) -> None:
        """See the class."""
        turn.answered.add("human")
        if takes_the_call(turn):
            return accept(turn)
        return request_person(turn)


def request_person(turn: Turn, note: str = "") -> None:
    """Record the hand-off, say truthfully what happens now, and go on."""
    if turn.slot("open_question") in {"wish", "meaning"}:
        turn.nothing_open()  # a person was their wish
    if add_person(turn, note):
        return ask_again(turn)
    if turn.slot("open_question") != "contact_email":
        turn.set("question_before_contact", turn.slot("open_question"))
    return turn.ask("contact_email", "utter_ask_contact_email")


def add_person(turn: Turn, note: str = "", *, by: str = "customer") -> bool:
    """Record the hand-off and say so; whether the person can answer, here or at an address.

    `note` is what the person has to know before they answer; `by` as in `send_for`.
    """
    turn.answered.add("human")
    known = handoffs.open_hand_off(turn.session, turn.conversation_id)
    sent_for = known is not None and known.team is not None
    hand_off = send_for(turn, _cause(turn), by=by)
    turn.set("person_offered", hand_off.cause.value)  # "when?" is about them now
    for each in (note, _note_of_disputed_charge(turn), _note_of_another_account(turn)):
        if each:
            handoffs.add_note(turn.session, hand_off, each)
    customer = turn.customer
    contact = customer.email if customer else hand_off.contact_email
    if turn.desk is not None:
        return say_how_it_stands(turn, turn.desk, hand_off, contact, again=sent_for)
    if contact is None:
        turn.say("utter_person_requested", {"number": hand_off.number})
        return False
    values = mail_values(turn, hand_off, contact)
    turn.say("utter_person_already_requested" if known else "utter_person_will_mail", values)
    return True


def _note_of_disputed_charge(turn: Turn) -> str:
    disputed = not turn.heard.pressed and disputes_charge(turn.heard.text)
    return f"Disputes a charge: {turn.heard.text}" if disputed else ""


def _note_of_another_account(turn: Turn) -> str:
    address = turn.slot("another_account") or ""
    return f"The account that is meant is under {address}" if "@" in address else ""


def _cause(turn: Turn) -> HandOffCause:
    """What makes a person needed, as far as the talk tells; a team is chosen by it."""
    moment = _moment(turn)
    if moment is not None:
        return OF_HARD_MOMENTS[moment]
    if disputes_charge(turn.heard.text):
        return HandOffCause.DISPUTED_CHARGE
    if is_abuse(turn.heard.text):
        return HandOffCause.ANGER
    if turn.desk is not None and "refund" in turn.heard.intents:  # policy has none, a person may
        return HandOffCause.BEYOND_POLICY
    if turn.offered_because is not None:
        return turn.offered_because
    return HandOffCause.CUSTOMER_ASKED


def _moment(turn: Turn) -> HardMoment | None:
    """The hard moment they are in. A withdrawal counts from its day, so only danger goes first."""
    moment = turn.slot("hard_moment") or hard_moment(turn.heard.text)
    if moment != HardMoment.DANGER and declares_withdrawal(turn.heard.text):
        return HardMoment.WITHDRAWAL
    return HardMoment(moment) if moment else None


class TakeContact(ConversationAction):
    """Where can the person answer?"""

    action_name = "action_take_contact"

    def act(self, turn: Turn) -> None:
        """See the class."""
        email = turn.heard.entity("email") or ""
        hand_off = send_for(turn)
        try:
            handoffs.add_contact(turn.session, hand_off, email)
        except EmailInvalidError:
            turn.say("utter_email_not_understood")
            return turn.ask("contact_email", "utter_ask_contact_email")
        turn.say("utter_person_will_mail", mail_values(turn, hand_off, email))
        return _back(turn)


class SkipContact(ConversationAction):
    """They would rather not say where."""

    action_name = "action_skip_contact"

    def act(self, turn: Turn) -> None:
        """See the class."""
        turn.say("utter_no_contact")
        _back(turn)


def _back(turn: Turn) -> None:
    turn.set("open_question", turn.slot("question_before_contact"))
    turn.set("question_before_contact", None)
    ask_again(turn)
