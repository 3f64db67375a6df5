"""Small dialogues made by hand: one that keeps every promise, and what changes it."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from offboard.proof.model import Button, Message, Move, Situation, Standing, Terms, Turn
from offboard.proof.moves import CANCEL, PERSON, presses, writes

TERMS = Terms("Pro", "2026-12-14", all="Pro, 14 December, 29 euros", words=("Pro", "14 December"))
YES = Button("Yes, cancel it", "/affirm", "confirm")
NO = Button("No, keep it", "/deny")
CALL_A_PERSON = Button("Talk to a person", "/human")
CANCEL_IT = Button("Cancel it", "/decline_offer")
TAKE_IT = Button("Pause it", "/accept_offer")
SAYS_YES = writes("yes", "affirm", plain_yes=True)
SAYS_PERHAPS = writes("yes, but not yet", "affirm")
SAYS_NO = writes("no", "deny")
GIVES_REASON = writes("I hardly open it", "reason_not_using")
ASKS = writes("when would it end?", "timeline_or_status")
ADDRESS = writes("it is me@example.com")

Places = dict[str, Situation]
Answers = dict[tuple[str, str], tuple[str, tuple[Message, ...]]]


@dataclass
class Handmade:
    """Places by their names, and what is answered there to which move, and where that leads.

    A move that has no answer of its own is answered by what the place says again.
    """

    places: Places
    answers: Answers
    again: dict[str, tuple[Message, ...]]
    start: str = "start"
    failing: set[tuple[str, str]] = field(default_factory=set)
    asks_to_cancel: Move = CANCEL
    asks_for_person: Move = PERSON
    words: Sequence[Move] = (CANCEL, PERSON, SAYS_YES, SAYS_PERHAPS, SAYS_NO, GIVES_REASON, ASKS)

    def beginnings(self) -> Sequence[tuple[str, Standing]]:
        """See Dialogue."""
        return [("by hand", Standing(self.places[self.start], self.start))]

    def moves(self, situation: Situation) -> Sequence[Move]:
        """See Dialogue."""
        return [*self.words, *(presses(button) for button in situation.buttons)]

    def says_who_or_which(self, situation: Situation) -> Move | None:
        """See Dialogue."""
        if situation.question == "email":
            return ADDRESS
        return presses(situation.buttons[0]) if situation.question == "subscription" else None

    def take(self, standing: Standing, move: Move) -> Turn:
        """See Dialogue."""
        place = standing.memory
        if (place, move.name) in self.failing:
            return Turn(failure="The action action_start_leaving failed.")
        to, answer = self.answers.get((place, move.name), (place, self.again[place]))
        return Turn(answer, Standing(self.places[to], to))


REASON = Message("What made you decide?", "utter_ask_reason", (Button("Skip", "/skip"),))
OFFER = Message("Cancel, or pause it?", "utter_offer_pause", (CANCEL_IT, TAKE_IT))
CARD = Message(
    "Shall I cancel it?",
    "utter_ask_confirm_paid",
    (YES, NO),
    card="Pro ends on 14 December",
    card_kind="terms",
)
AGAIN = Message("Shall I cancel Pro? A plain yes is enough.", "utter_ask_confirm_again", (YES, NO))
DONE = Message("Done. Pro is cancelled.", "utter_cancelled_paid")
SAID = Message("Pro is cancelled already.", "utter_already_cancelled")
WISH = Message("What would you like to do?", "utter_ask_wish", (CALL_A_PERSON,))
PERSON_COMES = Message("A person has your request.", "utter_person_will_mail")
CANCELLED = (("Pro", "2026-12-14"),)


def good() -> Handmade:
    """A dialogue that keeps every promise."""
    places = {
        "start": Situation(),
        "reason": Situation("reason", REASON.buttons),
        "offer": Situation("offer", OFFER.buttons),
        "confirm": Situation("confirm", CARD.buttons, shown=TERMS),
        "kept": Situation(rest=(("case", "over"),)),
        "done": Situation(leavable=(), cancelled=CANCELLED),
    }
    again = {
        "start": (WISH,),
        "reason": (REASON,),
        "offer": (OFFER,),
        "confirm": (AGAIN,),
        "kept": (WISH,),
        "done": (SAID,),
    }
    answers: Answers = {
        ("start", CANCEL.name): ("reason", (REASON,)),
        ("reason", CANCEL.name): ("confirm", (CARD,)),
        ("reason", GIVES_REASON.name): ("offer", (OFFER,)),
        ("offer", CANCEL.name): ("confirm", (CARD,)),
        ("offer", SAYS_NO.name): ("confirm", (CARD,)),
        ("offer", presses(CANCEL_IT).name): ("confirm", (CARD,)),
        ("offer", presses(TAKE_IT).name): ("kept", (WISH,)),
        ("confirm", CANCEL.name): ("done", (DONE,)),
        ("confirm", SAYS_YES.name): ("done", (DONE,)),
        ("confirm", presses(YES).name): ("done", (DONE,)),
        ("confirm", SAYS_NO.name): ("kept", (WISH,)),
        ("confirm", presses(NO).name): ("kept", (WISH,)),
        ("kept", CANCEL.name): ("confirm", (CARD,)),
    }
    for name, place in list(places.items()):
        with_person = f"{name}, a person asked"
        places[with_person] = replace(place, person=True)
        again[with_person] = again[name]
        for (at, move), (to, answer) in list(answers.items()):
            if at == name:
                answers[with_person, move] = (f"{to}, a person asked", answer)
    for name in places:
        to = name if name.endswith("asked") else f"{name}, a person asked"
        answers[name, PERSON.name] = (to, (PERSON_COMES, *again[name]))
    return Handmade(places, answers, again)
