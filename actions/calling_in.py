"""Fetching a person unasked, where policy/routing.yml says so; the assistant goes on meanwhile.

Once in a conversation, and never against a no.
"""

import re

from actions.anger import is_abuse
from actions.awaiting import mail_values, within
from actions.base import ConversationAction
from actions.questions import ask_again, ask_wish
from actions.sending_for import send_for
from actions.turn import Turn
from actions.values import opening_text
from offboarding.handoffs import service as handoffs
from offboarding.handoffs import waiting
from offboarding.handoffs.causes import FOR_THE_ACCOUNT, HandOffCause
from offboarding.handoffs.facts import facts_about
from offboarding.handoffs.model import HandOff
from offboarding.handoffs.routing import calls_in
from offboarding.handoffs.teams import team_of
from offboarding.hearing.hard_moments import HardMoment
from offboarding.hearing.spelling import plain_text
from offboarding.policies.teams import Team

OF_HARD_MOMENTS = {
    HardMoment.DANGER: HandOffCause.DANGER,
    HardMoment.BEREAVEMENT: HandOffCause.BEREAVEMENT,
    HardMoment.ILLNESS: HandOffCause.HARDSHIP,
    HardMoment.HARDSHIP: HandOffCause.HARDSHIP,
    HardMoment.FRAUD: HandOffCause.FRAUD,
    HardMoment.LEGAL: HandOffCause.LEGAL_THREAT,
    HardMoment.WITHDRAWAL: HandOffCause.WITHDRAWAL,
}
_LONGEST = 500
_PERSON = r"(?:person|persons|people|human|humans|human being|agent|somebody|anybody|anyone)"
_NO_NEED = (
    r"(?:no(?: (?:more )?need (?:for|of))?|without|(?:i )?(?:really )?(?:don'?t|do not|no longer) "
    r"(?:really )?(?:want|need|get me)|(?:i )?need no|not)"
)
_COMES = (
    rf"(?:is|are|will) (?:the|a|that|your|an?y) {_PERSON} (?:still |really )?(?:be )?"
    r"(?:coming|joining|come|join|on (?:the|their|his|her) way)(?: still)?\W+"
)
_NO_PERSON = re.compile(
    r"(?:(?:no|nah|ok|okay|oh|please|thanks|sorry|actually|well|forget it|never ?mind|"
    r"it'?s (?:ok|okay|fine|all right|alright))\W+)*"
    rf"(?:{_NO_NEED}(?: (?:a|any|the|another|that))? {_PERSON}"
    rf"|{_COMES}{_NO_NEED} (?:one|them|him|her|it|anyone|anybody|somebody))"
    r"(?:\W+(?:please|thanks|thank you|needed|necessary|here|any ?more|now|after all|then|either))*"
    r"\W*",
    re.IGNORECASE,
)
_NEVER_MIND = re.compile(
    r"(?:(?:oh|no|ok|okay)\W+)*never ?mind(?: (?:it|that|them))?\W*", re.IGNORECASE
)


def call_in(turn: Turn) -> None:
    """Fetch a person for what this message made known, if anything."""
    moment = turn.changed.get("hard_moment")
    case = turn.changed.get("case_in_talk")
    if turn.ended:
        return
    if moment and moment != turn.slots.get("hard_moment"):
        fetch(turn, OF_HARD_MOMENTS[HardMoment(moment)])
    elif not turn.heard.pressed and is_abuse(turn.heard.text):
        fetch(turn, HandOffCause.ANGER)
    elif case and case != turn.slots.get("case_in_talk"):
        fetch(turn, None)


def fetch(turn: Turn, cause: HandOffCause | None, first: str | None = None) -> bool:
    """Fetch a person and say so, if policy does for this cause or this account; whether it did.

    `first` is a response that is said before.
    """
    desk = turn.desk
    if desk is None or turn.slot("called_in") or _asked_for(turn):
        return False
    facts = facts_about(turn.session, turn.conversation_id, turn.customer, cause, turn.billing)
    because = calls_in(desk, facts)
    if because is None:
        return False
    hand_off = send_for(turn, because, by="assistant")
    if because in FOR_THE_ACCOUNT and not turn.heard.pressed:
        handoffs.add_note(turn.session, hand_off, f"Wrote: “{turn.heard.text[:_LONGEST]}”")
    turn.set("called_in", because.value)
    if first is not None:
        turn.say_besides(first)
    _say_fetched(turn, hand_off, team_of(desk, hand_off.team))
    return True


def _say_fetched(turn: Turn, hand_off: HandOff, team: Team) -> None:
    """Who comes; of a closed team the day it is back, and what support has by mail till then."""
    if hand_off.claim_due_at is not None:
        values = {"team": team.name, "minutes": within(hand_off)}
        return turn.say_besides("utter_person_called_in", values)
    if hand_off.opens_at is None:
        return turn.say_besides("utter_person_told", {"team": team.name})
    contact = turn.customer.email if turn.customer else hand_off.contact_email
    if hand_off.cause in FOR_THE_ACCOUNT and contact:  # they asked for nobody, and need nothing
        return turn.say_besides("utter_account_told", mail_values(turn, hand_off, contact))
    values = {
        **mail_values(turn, hand_off, contact or ""),
        "team": team.name,
        "opens_at": opening_text(hand_off.opens_at, team.time_zone, turn.customer),
        "meanwhile": turn.phrase("utter_label_meanwhile_cancelled"),
    }
    away = "utter_person_away" if contact else "utter_person_away_no_address"
    return turn.say_besides(away, values)


def insists(turn: Turn, wish: str) -> None:
    """Note a wish that policy does not have; heard once more, it is a matter for a person."""
    if turn.desk is None:
        return
    if turn.slots.get("beyond_policy") == wish and wish in turn.heard.intents:
        fetch(turn, HandOffCause.BEYOND_POLICY)
    turn.set("beyond_policy", wish)
    turn.set("person_offered", HandOffCause.BEYOND_POLICY.value)


def meet_no_to_person(turn: Turn, _action: ConversationAction) -> bool:
    """Take a no to the person who was asked for; whether that was the message."""
    if turn.heard.pressed or not _says_no(turn):
        return False
    return _withdraw(turn)


class GoOnWithoutPerson(ConversationAction):
    """They would rather not wait for a person."""

    action_name = "action_go_on_without_person"

    def act(self, turn: Turn) -> None:
        """See the class."""
        if not _withdraw(turn):
            _back(turn)


def _withdraw(turn: Turn) -> bool:
    hand_off = handoffs.open_hand_off(turn.session, turn.conversation_id)
    if hand_off is None or not waiting.withdraw(turn.session, hand_off):
        return False
    turn.set("called_in", turn.slot("called_in") or "declined")
    turn.say("utter_no_person")
    _back(turn)
    return True


def _back(turn: Turn) -> None:
    if turn.slot("open_question") == "contact_email":
        turn.set("open_question", turn.slot("question_before_contact"))
        turn.set("question_before_contact", None)
    if turn.slot("open_question") is None:
        return ask_wish(turn)
    return ask_again(turn)


def _says_no(turn: Turn) -> bool:
    said = plain_text(turn.heard.text).strip()
    nothing_else_asked = turn.slot("open_question") in {None, "wish", "meaning", "contact_email"}
    if nothing_else_asked and _NEVER_MIND.fullmatch(said):
        return True
    return _NO_PERSON.fullmatch(said) is not None


def _asked_for(turn: Turn) -> bool:
    """Whether a person is wanted already, or is asked for in this message."""
    if "human" in turn.answered or "human" in turn.heard.intents:
        return True
    return handoffs.open_hand_off(turn.session, turn.conversation_id) is not None
