"""The simulated customer: what they write back, by rules alone, so that a talk can be repeated."""

from collections.abc import Iterator
from dataclasses import dataclass

from offboarding.practice.hearing import Heard, hear
from offboarding.practice.model import PracticeState
from offboarding.practice.noticing import notices
from offboarding.practice.progress import Notice, Progress
from offboarding.practice.reading import Scenarios
from offboarding.practice.rules import Lines, Occasion, Rule
from offboarding.practice.scenario import Beat, Scenario, Wanted

_FORGIVEN = frozenset({Occasion.OFFER, Occasion.LONG, Occasion.SILENCE})
"""What costs no patience."""


@dataclass(frozen=True)
class Turn:
    """What follows from one reply of the agent."""

    lines: list[str]
    progress: Progress
    noticed: list[Notice]
    state: PracticeState


def take_turn(scenarios: Scenarios, scenario: Scenario, before: Progress, text: str) -> Turn:
    """The customer's answer to a reply. The same talk gets the same answer each time."""
    heard = hear(scenario, scenarios.rules, text, _awaited(scenario, before))
    progress = before.model_copy(deep=True)
    noticed = notices(scenario, scenarios.rules, before, heard)
    _remember(progress, heard)
    noticed += _go_on(scenario, progress, heard)
    talk = _Talk(scenarios, scenario, progress)
    occasion = _strongest(noticed, heard)
    lines = list(talk.replies(occasion, heard, advanced=progress.beat > before.beat))
    state = PracticeState.GOING
    if progress.beat == len(scenario.beats):
        state = PracticeState.ENDED_WELL
    elif _has_enough(scenario, progress):
        state, lines = PracticeState.ENDED_BADLY, list(scenario.ends.badly)
    return Turn(lines, progress, noticed, state)


def break_silence(scenarios: Scenarios, scenario: Scenario, before: Progress) -> Turn:
    """What they write when nobody answers them; nothing, once they have asked often enough."""
    progress = before.model_copy(deep=True)
    talk = _Talk(scenarios, scenario, progress)
    left = progress.silences < len(talk.reactions_to(Occasion.SILENCE))
    progress.silences += 1
    lines = [talk.reaction(Occasion.SILENCE)] if left else []
    return Turn(lines, progress, [], PracticeState.GOING)


@dataclass(frozen=True)
class _Talk:
    """Chooses lines, and counts those that were used."""

    scenarios: Scenarios
    scenario: Scenario
    progress: Progress

    def replies(self, occasion: Occasion | None, heard: Heard, *, advanced: bool) -> Iterator[str]:
        """A reaction, answers to what was asked, then the course of the talk."""
        answers = list(self._answers(heard))
        if occasion is not None:
            yield self.reaction(occasion)
        yield from answers
        missed = not advanced and occasion is None and not answers
        if missed or (occasion is not None and occasion not in _FORGIVEN):
            self.progress.slips += 1
        number = self.progress.beat
        if number == len(self.scenario.beats):
            yield from self.scenario.ends.well
        elif advanced or missed:
            beat = self.scenario.beats[number]
            says = beat.says if advanced else None
            yield from says or (self._next(f"beat {number}", beat.otherwise),)

    def reaction(self, occasion: Occasion) -> str:
        """Their own words for it, else those of practice/reactions.yml."""
        return self._next(occasion.value, self.reactions_to(occasion))

    def reactions_to(self, occasion: Occasion) -> Lines:
        """All that can be written on an occasion."""
        own = self.scenario.reactions.get(occasion)
        return own or self.scenarios.reactions.reactions[occasion]

    def _answers(self, heard: Heard) -> Iterator[str]:
        for answer, _quote in heard.asked_for:
            number = self.scenario.answers.index(answer)
            if answer.says is not None and number not in self.progress.answered:
                self.progress.answered.add(number)
                yield answer.says

    def _next(self, kind: str, lines: Lines) -> str:
        used = self.progress.used.get(kind, 0)
        self.progress.used[kind] = used + 1
        return lines[min(used, len(lines) - 1)]


def _awaited(scenario: Scenario, progress: Progress) -> str | None:
    beat = scenario.beats[progress.beat]
    return beat.deed if beat.wants in {Wanted.ASK_YES, Wanted.DONE} else None


def _remember(progress: Progress, heard: Heard) -> None:
    progress.replies += 1
    progress.silences = 0
    progress.acknowledged = progress.acknowledged or heard.reason is not None
    progress.told = {**heard.told, **progress.told}
    progress.yes_asked |= heard.yes_asked.keys()
    progress.done |= heard.claimed.keys()
    progress.offers += heard.offer is not None
    progress.door_open = progress.door_open or heard.door_open is not None


def _go_on(scenario: Scenario, progress: Progress, heard: Heard) -> Iterator[Notice]:
    """Pass each step that the talk has come through, in their order."""
    while progress.beat < len(scenario.beats):
        beat = scenario.beats[progress.beat]
        if not _is_given(beat, progress, heard):
            break
        if beat.wants is Wanted.ASK_YES:
            _agree(scenario, progress, beat.deed)
        if beat.wants is Wanted.GOODBYE:
            yield _farewell(progress, heard)
        progress.beat += 1
    if heard.leaving and any(
        beat.wants is not Wanted.GOODBYE for beat in scenario.beats[progress.beat :]
    ):
        yield Notice(
            rule=Rule.FAREWELL,
            met=False,
            because="You said goodbye while they were still waiting for something.",
            quote=heard.leaving,
            occasion=Occasion.FAREWELL,
        )


def _agree(scenario: Scenario, progress: Progress, deed: str) -> None:
    """The latest yes holds: who agrees to a pause has taken back what they agreed to before."""
    others = {beat.deed for beat in scenario.beats if beat.wants is Wanted.ASK_YES} - {deed}
    progress.agreed = (progress.agreed | {deed}) - others
    progress.done -= others
    progress.yes_asked.clear()


def _is_given(beat: Beat, progress: Progress, heard: Heard) -> bool:
    match beat.wants:
        case Wanted.ACKNOWLEDGEMENT:
            return progress.acknowledged
        case Wanted.ANSWER:
            return progress.told.keys() >= set(beat.facts)
        case Wanted.ASK_YES:
            return beat.deed in progress.yes_asked | progress.done
        case Wanted.DONE:
            return beat.deed in progress.done
        case Wanted.GOODBYE:
            return heard.warm is not None


def _farewell(progress: Progress, heard: Heard) -> Notice:
    because = "You closed warmly and left the door open."
    if not progress.door_open:
        because = "It was friendly, and did not say how they could come back or reach you."
    return Notice(rule=Rule.FAREWELL, met=progress.door_open, because=because, quote=heard.warm)


def _strongest(noticed: list[Notice], heard: Heard) -> Occasion | None:
    if not heard.words:
        return Occasion.EMPTY
    seen = {notice.occasion for notice in noticed}
    return next((occasion for occasion in Occasion if occasion in seen), None)


def _has_enough(scenario: Scenario, progress: Progress) -> bool:
    return progress.slips >= scenario.patience or progress.replies >= scenario.replies_at_most
