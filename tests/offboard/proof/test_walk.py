"""The walk goes everywhere once, the shortest way first, and notices when it merges too much."""

from dataclasses import dataclass, replace

from offboard.proof.checks import sound
from offboard.proof.model import Message, Move, Standing, Turn
from offboard.proof.moves import CANCEL
from offboard.proof.walk import Walk
from tests.offboard.proof.handmade import ASKS, GIVES_REASON, Handmade, good


@dataclass
class Counting(Handmade):
    taken: int = 0

    def take(self, standing: Standing, move: Move) -> Turn:
        self.taken += 1
        return super().take(standing, move)


def walked(dialogue: Handmade, depth: int, carried: int = 99) -> Walk:
    walk = Walk(dialogue, depth, carried)
    walk.run()
    return walk


def test_it_goes_no_further_than_it_was_told() -> None:
    walk = walked(good(), 1)
    assert {state.situation.question for state in walk.states} == {None, "reason"}
    assert not walk.closed


def test_it_closes_when_nothing_new_is_left() -> None:
    walk = walked(good(), 20)
    assert walk.closed
    assert walked(good(), 21).states == walk.states


def test_each_turn_is_taken_once() -> None:
    dialogue = Counting(**vars(good()))
    walk = walked(dialogue, 20)
    assert dialogue.taken == len(list(walk.edges))


def test_the_way_to_a_state_is_the_shortest() -> None:
    walk = walked(good(), 20)
    confirm = next(state for state in walk.states if state.situation.question == "confirm")
    assert [edge.move.name for edge in walk.way_to(confirm)] == [CANCEL.name, CANCEL.name]


def test_what_carries_too_much_along_is_reached_and_not_gone_on_from() -> None:
    dialogue = good()
    for place in ("reason", "reason, a person asked"):
        dialogue.places[place] = replace(dialogue.places[place], carried=1)
    walk = walked(dialogue, 20, carried=0)
    assert "reason" in {state.situation.question for state in walk.states}
    assert "confirm" not in {state.situation.question for state in walk.states}
    assert not walk.closed


def test_two_talks_that_only_seem_to_stand_alike_are_noticed() -> None:
    dialogue = good()
    dialogue.places["twin"] = dialogue.places["reason"]
    dialogue.again["twin"] = (Message("Something else entirely?"),)
    dialogue.answers["start", ASKS.name] = ("twin", dialogue.again["reason"])
    dialogue.words = (CANCEL, ASKS)
    found = list(sound(walked(dialogue, 6)))
    assert "go on differently" in found[0].sentence


def test_it_remembers_offers_and_a_no() -> None:
    walk = walked(good(), 20)
    histories = {state.history for state in walk.states}
    assert any(history.offers == 1 and history.refused for history in histories)
    assert not any(history.offers > 1 for history in histories)


def test_a_failed_turn_leads_nowhere() -> None:
    dialogue = good()
    dialogue.failing = {("reason", GIVES_REASON.name)}
    walk = walked(dialogue, 20)
    failed = [edge for edge in walk.edges if edge.turn.failure]
    assert [edge.after for edge in failed] == [None]
