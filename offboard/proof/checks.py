"""The five promises, each a check of a walk that names the talks that break it."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from offboard.proof.model import CONFIRM, OFFER, YES, Move, makes_offer
from offboard.proof.walk import Edge, State, Walk

MOST_TURNS = 2
"""Turns until a way out is reached."""
MOST_WHO = 2
"""Turns that say who they are: the address, the code. Counted by themselves."""
MOST_WHICH = 1
"""Turns that say which of several plans. Counted by themselves."""

TELL_OF_A_CANCELLATION = frozenset(
    {
        "utter_already_cancelled",
        "utter_already_cancelled_at_once",
        "utter_ask_undo_free",
        "utter_ask_undo_paid",
        "utter_cancelled_free",
        "utter_cancelled_other_way",
        "utter_cancelled_paid",
        "utter_cancelled_refund",
        "utter_farewell",
        "utter_farewell_at_once",
        "utter_farewell_hard_moment",
        "utter_farewell_years",
        "utter_nothing_to_cancel",
        "utter_stays_cancelled",
        "utter_timeline_cancelled",
    }
)
"""Responses that say that a plan is cancelled, or that there is none to cancel."""
TELL_OF_A_PERSON = frozenset(
    {
        "utter_person_already_requested",
        "utter_person_requested",
        "utter_person_will_mail",
    }
)
"""Responses that say that a person was asked for."""
TELL_OF_A_LOCK = frozenset({"utter_code_locked", "utter_too_many_codes"})
"""Responses that say that nobody can be identified for now."""
PERSON = "/human"
LEAD_OUT = frozenset({PERSON, "/cancel", "/decline_offer", "/deny", "/keep_subscription", "/skip"})
"""What a button has to mean to be a way out of a question."""

_HOLE = re.compile(r"\{\w*\}")


@dataclass(frozen=True)
class Finding:
    """A promise that a talk breaks."""

    promise: str
    sentence: str
    way: tuple[Edge, ...]
    """The shortest talk that shows it."""


@dataclass(frozen=True)
class Distance:
    """How many turns it takes from a state to a way out."""

    turns: int
    who: int = 0
    which: int = 0
    by_person: bool = False
    """Whether codes are locked, so that the way out is the person that is offered instead."""

    @property
    def too_far(self) -> bool:
        """Whether the promise is broken."""
        return self.turns > MOST_TURNS or self.who > MOST_WHO or self.which > MOST_WHICH


@dataclass(frozen=True)
class Promise:
    """A letter, what is promised, and who looks whether it is kept."""

    letter: str
    sentence: str
    check: Callable[[Walk], Iterator[Finding]]


def cancel_in_reach(walk: Walk) -> Iterator[Finding]:
    """From each state, whoever says nothing but "cancel my plan" gets there in two turns.

    There is: what will happen stands on a card before them with the yes button under it; or the
    plan is cancelled; or no plan of theirs is left to cancel and the answer says so.

    Two answers are not counted among the two turns, for without them nobody could cancel the right
    thing: who they are (an address and its code, two turns at most) and which of several plans they
    mean (one turn at most). They are given when they are asked for, and reported by themselves.

    Where codes are locked after five wrong ones or too many sent, nobody can be identified. Then
    the way out is the person that the same answer offers with a button.
    """
    for state, distance, way in distances(walk):
        if distance.too_far:
            yield Finding("a", _far(state, "Cancel", distance), way)


def person_in_reach(walk: Walk) -> Iterator[Finding]:
    """From each state, who asks for a person has one asked for, and is told so, in two turns."""
    for state in walk.states:
        distance, way = to_a_person(walk, state)
        if distance.too_far:
            yield Finding("a", _far(state, "a person", distance), (*walk.way_to(state), *way))


def distances(walk: Walk) -> Iterator[tuple[State, Distance, tuple[Edge, ...]]]:
    """How far Cancel is from each state, with a talk that leads there and on to Cancel."""
    for state in walk.states:
        distance, way = to_the_terms(walk, state)
        yield state, distance, (*walk.way_to(state), *way)


def to_the_terms(walk: Walk, state: State) -> tuple[Distance, Sequence[Edge]]:
    """How far Cancel is, by asking for it in plain words and answering who and which."""
    turns = who = which = 0
    way: list[Edge] = []
    while not _terms_on_screen(state):
        known = not state.situation.identified
        answer = walk.dialogue.says_who_or_which(state.situation) if turns else None
        edge = walk.take(state, answer or walk.dialogue.asks_to_cancel)
        way.append(edge)
        turns, who, which = (
            (turns + 1, who, which) if answer is None else (turns, who + known, which + (not known))
        )
        distance = Distance(turns, who, which)
        if edge.after is None or distance.too_far:
            return Distance(MOST_TURNS + 1, who, which), way
        if edge.turn.says(TELL_OF_A_LOCK) and _offers_person(edge):
            return Distance(turns, who, which, by_person=True), way
        if _is_out(edge):
            return distance, way
        state = edge.after
    return Distance(turns, who, which), way


def to_a_person(walk: Walk, state: State) -> tuple[Distance, Sequence[Edge]]:
    """How far a person is, by asking for one in plain words."""
    way: list[Edge] = []
    for turns in range(1, MOST_TURNS + 1):
        edge = walk.take(state, walk.dialogue.asks_for_person)
        way.append(edge)
        if edge.after is None:
            break
        state = edge.after
        if state.situation.person and edge.turn.says(TELL_OF_A_PERSON):
            return Distance(turns), way
    return Distance(MOST_TURNS + 1), way


def one_offer(walk: Walk) -> Iterator[Finding]:
    """At most one offer is made in a talk that nobody asked for, and none after a no.

    An offer is made when it is put on the table; saying it again while its question is open, after
    something came between, is the same offer. What a customer asks for by themselves is none.
    """
    for edge in walk.edges:
        if edge.after is None or not makes_offer(edge.turn.answer, edge.after.situation):
            continue
        if edge.after.history.refused:
            yield _finding("b", "an offer stands there after a no", walk, edge)
        elif edge.before.situation.question != OFFER and edge.before.history.offers:
            yield _finding("b", "a second offer is made", walk, edge)


def progress(walk: Walk) -> Iterator[Finding]:
    """The same question in the same words a third time, turn after turn, has a way out under it.

    A way out is a button that leads to a person, cancels, skips, or says no; or that the answer
    asked for a person by itself.
    """
    asking: dict[tuple[State, str], list[Edge]] = {}
    for edge in walk.edges:
        if edge.turn.asked is not None:
            asking.setdefault((edge.before, edge.turn.asked), []).append(edge)
    for (_, words), edges in asking.items():
        for first in edges:
            for second in _followed_by(asking, first, words):
                for third in _followed_by(asking, second, words):
                    if not _leads_out(third):
                        said = f'"{words}" is asked a third time with no way out'
                        way = (*walk.way_to(first.before), first, second, third)
                        yield Finding("c", said, way)
                        break


def confirmed(walk: Walk) -> Iterator[Finding]:
    """Nothing is cancelled but what stood on the card before, by a plain yes or its button.

    The card named the plan and every date and amount of the terms that the case holds, the question
    for the yes is open, the move is the yes button of that question or words that can mean nothing
    but yes, and what is cancelled is that one plan at that one date.
    """
    for edge in walk.edges:
        for plan, until in _newly_cancelled(edge):
            wrong = _what_is_missing(edge, plan, until)
            if wrong:
                yield _finding("d", f"{plan} is cancelled though {wrong}", walk, edge)


def answered(walk: Walk) -> Iterator[Finding]:
    """Every turn is answered with something that can be delivered and read, and no action fails."""
    for edge in walk.edges:
        if edge.turn.failure:
            yield _finding("e", edge.turn.failure, walk, edge)
        elif not edge.turn.answer and not edge.move.outside:
            yield _finding("e", "nothing is answered", walk, edge)
        for message in edge.turn.answer:
            hole = _HOLE.search(message.text + message.card)
            fault = message.fault or (f"{hole.group()} is filled by nobody" if hole else "")
            if fault:
                yield _finding("e", f"{message.response}: {fault}", walk, edge)


def sound(walk: Walk) -> Iterator[Finding]:
    """Two talks in the same situation go on alike: looked at in a sample of the turns."""
    for first, second in walk.second_looks():
        alike = (first.after, first.turn.asked) == (second.after, second.turn.asked)
        if not alike:
            said = (
                f"two talks in the same situation go on differently ({_difference(first, second)})"
            )
            yield _finding("walk", said, walk, first)


PROMISES = (
    Promise("a", "Cancel is at most two turns away", cancel_in_reach),
    Promise("a", "a person is at most two turns away", person_in_reach),
    Promise("b", "one offer at most, and none after a no", one_offer),
    Promise("c", "no question a third time without a way out", progress),
    Promise("d", "nothing is cancelled but what was shown, by a plain yes", confirmed),
    Promise("e", "every turn is answered, and no action fails", answered),
    Promise("walk", "talks in the same situation go on alike", sound),
)


def _finding(promise: str, sentence: str, walk: Walk, edge: Edge) -> Finding:
    return Finding(promise, sentence, (*walk.way_to(edge.before), edge))


def _far(state: State, what: str, distance: Distance) -> str:
    asked = (
        f"the question {state.situation.question}" if state.situation.question else "no question"
    )
    if distance.which > MOST_WHICH or distance.who > MOST_WHO:
        return f"at {asked}, {what} asks who or which more than once"
    return f"at {asked}, {what} is more than {MOST_TURNS} turns away"


def _terms_on_screen(state: State) -> bool:
    situation = state.situation
    return (
        state.history.seen
        and situation.question == CONFIRM
        and any(_is_the_yes(button) for button in situation.buttons)
    )


def _is_the_yes(button: object) -> bool:
    return getattr(button, "payload", "") == YES and getattr(button, "question", "") == CONFIRM


def _is_out(edge: Edge) -> bool:
    if edge.after is None:
        return False
    nothing_left = not edge.after.situation.leavable and edge.turn.says(TELL_OF_A_CANCELLATION)
    return nothing_left or bool(_newly_cancelled(edge))


def _offers_person(edge: Edge) -> bool:
    return any(
        button.payload == PERSON for message in edge.turn.answer for button in message.buttons
    )


def _leads_out(edge: Edge) -> bool:
    payloads = {button.payload for message in edge.turn.answer for button in message.buttons}
    return not payloads.isdisjoint(LEAD_OUT) or edge.turn.says(TELL_OF_A_PERSON)


def _followed_by(
    asking: dict[tuple[State, str], list[Edge]], edge: Edge, words: str
) -> Sequence[Edge]:
    return asking.get((edge.after, words), ()) if edge.after is not None else ()


def _newly_cancelled(edge: Edge) -> list[tuple[str, str]]:
    """What the talk itself cancelled in this turn."""
    if edge.after is None or edge.move.outside:
        return []
    before = edge.before.situation.cancelled
    return [each for each in edge.after.situation.cancelled if each not in before]


def _what_is_missing(edge: Edge, plan: str, until: str) -> str:
    situation, shown = edge.before.situation, edge.before.situation.shown
    if situation.question != CONFIRM:
        return f"the open question was {situation.question}"
    if shown is None or not edge.before.history.seen:
        return "what will happen was not on a card as it is now"
    if (shown.plan, shown.ends_at) != (plan, until):
        return f"what was shown is {shown.plan} until {shown.ends_at}"
    if len(_newly_cancelled(edge)) > 1:
        return "it is not the only one"
    return "" if _is_plain(edge.move) else f"{edge.move.name} is no plain yes"


def _is_plain(move: Move) -> bool:
    return _is_the_yes(move.button) if move.button is not None else move.plain_yes


def _difference(first: Edge, second: Edge) -> str:
    if first.after is None or second.after is None:
        return "one of them fails"
    for name, value in vars(first.after.situation).items():
        other = getattr(second.after.situation, name)
        if value != other:
            return f"{name}: {value!r} and {other!r}"
    return f"{first.turn.asked!r} and {second.turn.asked!r}"
