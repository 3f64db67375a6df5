"""Goes through every talk up to a length, each situation once, the shortest way first."""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, replace

from offboard.proof.model import Dialogue, History, Move, Situation, Standing, Turn

SECOND_LOOKS = 400
"""How many turns at most are taken again from another talk that led to the same situation."""


@dataclass(frozen=True)
class State:
    """A situation, with what the checks remember of the way there."""

    situation: Situation
    history: History


@dataclass(frozen=True)
class Edge:
    """One turn of a walk."""

    before: State
    move: Move
    turn: Turn
    after: State | None
    """None when the turn failed."""


@dataclass(frozen=True)
class Visit:
    """How a state was reached first."""

    standing: Standing
    depth: int
    customer: str
    through: Edge | None
    """None at a beginning."""


class Walk:
    """All talks of a dialogue of at most `depth` turns that carry at most `carried` things along.

    A turn is taken when it is first wanted, and remembered; so a check may look further than the
    walk went.
    """

    def __init__(self, dialogue: Dialogue, depth: int, carried: int = 99) -> None:
        self.dialogue = dialogue
        self.depth = depth
        self.carried = carried
        self.visits: dict[State, Visit] = {}
        self._edges: dict[tuple[State, str], Edge] = {}
        self._new: deque[State] = deque()
        self._again: list[tuple[State, Standing]] = []
        self._met_again = 0

    def run(self) -> None:
        """Visit everything."""
        for customer, standing in self.dialogue.beginnings():
            self._visit(State(standing.situation, History()), Visit(standing, 0, customer, None))
        while self._new:
            state = self._new.popleft()
            if self._goes_on(state):
                for move in self.dialogue.moves(state.situation):
                    self.take(state, move)

    def take(self, state: State, move: Move) -> Edge:
        """The turn that follows on a move in a state."""
        edge = self._edges.get((state, move.name))
        if edge is None:
            visit = self.visits[state]
            edge, after = self._turn(state, visit.standing, move)
            self._edges[state, move.name] = edge
            if edge.after is not None and after is not None:
                self._visit(edge.after, Visit(after, visit.depth + 1, visit.customer, edge))
        return edge

    @property
    def edges(self) -> Iterator[Edge]:
        """Every turn that was taken, in the order of the walk."""
        return iter(self._edges.values())

    @property
    def states(self) -> list[State]:
        """The states that the walk reached, without those that only a check looked at."""
        return [state for state, visit in self.visits.items() if visit.depth <= self.depth]

    @property
    def closed(self) -> bool:
        """Whether nothing new is left: then what was seen holds for talks of every length."""
        return all(self._goes_on(state) for state in self.states)

    def way_to(self, state: State) -> list[Edge]:
        """The shortest talk that leads to a state."""
        way: list[Edge] = []
        edge = self.visits[state].through
        while edge is not None:
            way.append(edge)
            edge = self.visits[edge.before].through
        return way[::-1]

    def second_looks(self) -> Iterator[tuple[Edge, Edge]]:
        """Turns from two talks that led to the same situation: they have to agree.

        If they do not, a situation leaves out something that makes a difference.
        """
        for number, (state, standing) in enumerate(self._again):
            moves = self.dialogue.moves(state.situation)
            move = moves[number % len(moves)]
            yield self.take(state, move), self._turn(state, standing, move)[0]

    def _goes_on(self, state: State) -> bool:
        return self.visits[state].depth < self.depth and state.situation.carried <= self.carried

    def _turn(self, state: State, standing: Standing, move: Move) -> tuple[Edge, Standing | None]:
        turn = self.dialogue.take(standing, move)
        if turn.after is None:
            return Edge(state, move, turn, None), None
        situation = turn.after.situation
        history = state.history.after(state.situation, move, turn.answer, situation)
        # Only a visit keeps what it takes to go on from there.
        kept = replace(turn, after=Standing(situation))
        return Edge(state, move, kept, State(situation, history)), turn.after

    def _visit(self, state: State, visit: Visit) -> None:
        if state not in self.visits:
            self.visits[state] = visit
            self._new.append(state)
        elif visit.depth < self.depth:
            self._met_again += 1
            # Few at first, then ever more seldom: spread over the whole walk, the same each time.
            if self._met_again % (1 + 2 * len(self._again)) == 0 and (
                len(self._again) < SECOND_LOOKS
            ):
                self._again.append((state, visit.standing))
