"""Meeting a disputed charge: heard, passed on, and no cancellation is held up by it."""

from actions.disputed_charges import disputes_charge
from actions.handing_off import add_person
from actions.turn import Turn
from offboarding.cases.reasons import ChurnReason
from offboarding.hearing.hard_moments import HardMoment, declares_withdrawal, hard_moment


def meet_disputed_charge(turn: Turn) -> None:
    """Say that it is heard and pass it on, before what else is wanted is done."""
    if turn.heard.pressed or not disputes_charge(turn.heard.text):
        return
    if not turn.slot("charge_disputed"):
        turn.say("utter_charge_disputed")
        turn.set("charge_disputed", "yes")
        turn.set("acknowledged", ChurnReason.OTHER.value)  # said back by this
    turn.answered.add("refund")  # as far as it is wished beside something else
    asks_for_one = turn.heard.sure and "human" in turn.heard.intents
    if asks_for_one or _goes_to_a_person_anyway(turn.heard.text):
        return
    add_person(turn)


def _goes_to_a_person_anyway(text: str) -> bool:
    return declares_withdrawal(text) or hard_moment(text) is HardMoment.DANGER
