"""The house rules that a practice is held against: the shape of practice/review.yml."""

from enum import StrEnum
from typing import Annotated, Self

from pydantic import BeforeValidator, Field, StringConstraints, model_validator

from offboarding.policies.reading import PolicyModel
from offboarding.practice.phrases import Phrase, Phrases

Name = Annotated[str, StringConstraints(pattern=r"^[a-z0-9_-]{1,64}$")]
Line = Annotated[str, StringConstraints(min_length=1, max_length=600, strip_whitespace=True)]
"""One message of the simulated customer."""


def _listed(lines: object) -> object:
    """One line needs no list around it."""
    return (lines,) if isinstance(lines, str) else lines


Lines = Annotated[tuple[Line, ...], Field(min_length=1, max_length=6), BeforeValidator(_listed)]
"""Messages of the simulated customer; a single one is written without dashes."""


class Rule(StrEnum):
    """What a review looks at, in the order in which it says so."""

    REASON = "reason"
    PRESSURE = "pressure"
    OFFER = "offer"
    ANSWER = "answer"
    NEXT_STEP = "next_step"
    YES = "yes"
    TRUTH = "truth"
    REPEAT = "repeat"
    ONE_QUESTION = "one_question"
    PLAIN = "plain"
    FAREWELL = "farewell"


class Occasion(StrEnum):
    """What a simulated customer reacts to beside the course of the talk, strongest first."""

    TOO_EARLY = "too_early"
    """Something was said to be done before they had said yes."""
    PRESSURE = "pressure"
    OFFER_BARRED = "offer_barred"
    OFFER_AGAIN = "offer_again"
    OFFER = "offer"
    REPEAT = "repeat"
    """They are asked for what they have said."""
    QUESTIONS = "questions"
    """Several at once."""
    FAREWELL = "farewell"
    """The agent says goodbye while something is open."""
    LONG = "long"
    EMPTY = "empty"
    """A message without words."""
    SILENCE = "silence"
    """The agent has not written for a while."""


class Habit(Phrases):
    """Phrases to be avoided, and what the review says of one."""

    name: Name
    because: Line


class Deed(Phrases):
    """Something that is done for a customer: `phrases` claim that it is done."""

    name: Name
    needs_yes: bool = False
    """Whether the customer has to agree first."""
    spoken_of: tuple[Phrase, ...] = ()
    """Words of it in a question that asks for the yes: cancel, end, close."""


class Asking(PolicyModel):
    """How questions are told."""

    for_yes: Phrases
    """Asks for the yes: shall I, do you want me to."""
    for_something: Phrases
    """Asks without a question mark: please send, I need your."""
    several: tuple[Phrase, ...]
    """Two questions behind one question mark: and when, and why."""


class Farewell(PolicyModel):
    """How a goodbye is told."""

    leaving: Phrases
    """Ends the talk: goodbye, take care."""
    warm: Phrases
    door_open: Phrases


class ReviewRules(PolicyModel):
    """practice/review.yml."""

    titles: dict[Rule, Line]
    words_at_most: Annotated[int, Field(ge=20, le=500)]
    """Of one reply."""
    reason_within: Annotated[int, Field(ge=1, le=10)]
    """Replies within which the reason is said back."""
    stock: Phrases
    """What fits every customer, and therefore says nothing back."""
    pressure: tuple[Habit, ...]
    offer: Phrases
    plain: tuple[Habit, ...]
    done: Phrases
    """Says of whatever the customer waits for that it is done."""
    deeds: tuple[Deed, ...]
    asking: Asking
    farewell: Farewell

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        lacking = [rule for rule in Rule if rule not in self.titles]
        if lacking:
            raise ValueError(f"titles needs a `{lacking[0]}` entry")
        names = [deed.name for deed in self.deeds]
        twice = [name for name in names if names.count(name) > 1]
        if twice:
            raise ValueError(f"there are two deeds named {twice[0]}; give each its own name")
        return self


class Reactions(PolicyModel):
    """practice/reactions.yml: what a customer writes where a scenario has no words of its own."""

    reactions: dict[Occasion, Lines]

    @model_validator(mode="after")
    def _has_all(self) -> Self:
        lacking = [occasion for occasion in Occasion if occasion not in self.reactions]
        if lacking:
            raise ValueError(f"reactions needs a `{lacking[0]}` entry")
        return self
