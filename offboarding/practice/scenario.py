"""A scenario as a team lead writes it: the shape of the files in practice/scenarios/."""

import datetime as dt
from enum import StrEnum
from typing import Annotated, Self

from pydantic import AfterValidator, Field, StringConstraints, ValidationInfo, model_validator

from offboarding.policies.reading import PolicyModel
from offboarding.practice.facts import Fact
from offboarding.practice.phrases import Phrase
from offboarding.practice.rules import Line, Lines, Name, Occasion, Rule


class Person(PolicyModel):
    """Who is playing the customer."""

    name: Annotated[str, Field(min_length=1, max_length=60)]
    plan: Annotated[str, Field(min_length=1, max_length=80)]
    tenure: Annotated[str, Field(min_length=1, max_length=80)]
    country: Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")]
    mood: Annotated[str, Field(min_length=1, max_length=160)]


class Reason(PolicyModel):
    """Why they leave."""

    in_short: Line
    """As the review names it: "29 euros for two lists a month"."""
    heard_in: Annotated[tuple[Phrase, ...], Field(min_length=1)]
    """One of these in a reply shows that it was heard."""


class OfferRules(PolicyModel):
    """Whether something may be offered to them."""

    barred: Line | None = None
    """Why not, as the review says it; none: one offer is allowed."""
    asked_for: tuple[Phrase, ...] = ()
    """What they ask for themselves; to speak of that is no offer."""


class Answer(PolicyModel):
    """What they say when asked for something."""

    asked: Annotated[tuple[Phrase, ...], Field(min_length=1)]
    says: Line | None = None
    """None: they have said it already, and do not like to be asked again."""
    what: Annotated[str, Field(min_length=1, max_length=80)]
    """As the review names it: "the e-mail address"."""


class Untrue(PolicyModel):
    """Something that is not so in this scenario, and that an agent is tempted to say."""

    phrases: Annotated[tuple[Phrase, ...], Field(min_length=1)]
    but_not: tuple[Phrase, ...] = ()
    because: Line


class Wanted(StrEnum):
    """What a customer waits for."""

    ACKNOWLEDGEMENT = "acknowledgement"
    """That the reason is said back."""
    ANSWER = "answer"
    """The facts named."""
    ASK_YES = "ask_yes"
    """That they are asked for the yes, before `deed` is done."""
    DONE = "done"
    """That `deed` is said to be done."""
    GOODBYE = "goodbye"


class Beat(PolicyModel):
    """One step of the talk: what the customer waits for, and what they write meanwhile."""

    wants: Wanted
    facts: tuple[Name, ...] = ()
    """Rows of the account sheet that make the answer; all are needed."""
    deed: Name = "cancel"
    says: Lines | None = None
    """Written when the talk comes to this step; none: the first of `otherwise`."""
    otherwise: Lines
    """Written each time a reply did not give it, one after the other."""

    @model_validator(mode="after")
    def _has_facts_where_needed(self) -> Self:
        if (self.wants is Wanted.ANSWER) != bool(self.facts):
            raise ValueError("`facts` names rows of `account` where `wants` is `answer`, else none")
        return self


def _rows(names: tuple[str, ...], info: ValidationInfo) -> None:
    rows = info.data.get("account")
    for name in names:
        if rows is not None and name not in rows:
            raise ValueError(f"`account` has no row `{name}`; it has {', '.join(sorted(rows))}")


def _known_beat(beat: Beat, info: ValidationInfo) -> Beat:
    _rows(beat.facts, info)
    return beat


def _known_row(name: str, info: ValidationInfo) -> str:
    _rows((name,), info)
    return name


class Ends(PolicyModel):
    """The last words of the customer."""

    well: Lines
    badly: Lines


class Scenario(PolicyModel):
    """One customer who leaves."""

    title: Annotated[str, Field(min_length=1, max_length=75)]
    teaches: Line
    today: dt.date
    """The day on which it plays, so that "tomorrow" means something."""
    other_days: tuple[dt.date, ...] = ()
    """Days that may be spoken of though the account sheet has them not: what the customer named."""
    customer: Person
    account: Annotated[dict[Name, Fact], Field(min_length=1)]
    reason: Reason
    offers: OfferRules = OfferRules()
    may: frozenset[Name]
    """Deeds that an agent can do in this scenario; to claim any other is not true."""
    opening: Lines
    beats: Annotated[
        tuple[Annotated[Beat, AfterValidator(_known_beat)], ...], Field(min_length=1, max_length=12)
    ]
    next_steps: tuple[Annotated[Name, AfterValidator(_known_row)], ...] = ()
    """Rows that say what happens next and when; all are told before the end."""
    answers: tuple[Answer, ...] = ()
    untrue: tuple[Untrue, ...] = ()
    reactions: dict[Occasion, Lines] = Field(default_factory=dict)
    """In their own voice; what lacks is taken from practice/reactions.yml."""
    ends: Ends
    patience: Annotated[int, Field(ge=1, le=10)] = 4
    """Slips after which they leave."""
    replies_at_most: Annotated[int, Field(ge=3, le=24)] = 14
    not_reviewed: frozenset[Rule] = frozenset()

    @property
    def sheet(self) -> list[tuple[str, str]]:
        """What the agent sees of the account: label and value of each row, the day first."""
        today = Fact(label="Today", date=self.today)
        person = self.customer
        return [
            (today.label, today.value),
            ("Customer", f"{person.name}, {person.country}"),
            ("Plan", person.plan),
            ("With us", person.tenure),
            *((fact.label, fact.value) for fact in self.account.values()),
        ]
