"""What a file of talks may say. docs/conversation-tests.md explains it to those who write them."""

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

from pydantic import AfterValidator, BeforeValidator, Field, model_validator
from ruamel.yaml.comments import CommentedMap

from offboarding.cases.reasons import ChurnReason
from offboarding.cases.states import CaseState
from offboarding.offers.model import OfferAnswer, OfferKind
from offboarding.policies.reading import PolicyModel, read_policy
from offboarding.survey.model import SurveyQuestion
from sandbox.customers import BY_EXTERNAL_ID, PLANS
from tests.conversations.responses import responses

FOLDER = Path(__file__).parent / "talks"
WANTED = FOLDER / "wanted.yml"
"""Talks as they should be and are not yet."""

NONE = ("none", "nothing")
STRANGER = "a stranger"
NOT_SIGNED_IN = "not signed in"
CODE = "{code}"
WORDING = "{wording}"

Mail = Literal[
    "code",
    "no account here",
    "receipt",
    "receipt of the undo",
    "receipt of the offer",
    "copy of the data",
    "request for a person",
    "no person is wanted any more",
    "call for the account manager",
    "promise of a call",
    "reminder of the end",
    "what is erased",
]
Person = Literal["not asked for", "asked for by the customer", "asked for by the assistant"]
With = Literal["the assistant", "waiting for a person", "a person"]
Copy = Literal["not asked for", "ready"]

_UNITS = {"minute": 60, "hour": 3_600, "day": 86_400, "week": 604_800}
_TIME = re.compile(rf"(\d+) ({'|'.join(_UNITS)})s?")
_PLAN_NAMES = "|".join(re.escape(plan.name) for plan in PLANS)
_SUBSCRIPTION = {
    "unchanged": "unchanged",
    "cancelled at period end": "cancelled at period end",
    "cancelled at the end of today": "cancelled at the end of today",
    "renews again": "renews again",
    "ended": "ended",
    "moves to Basic": rf"moves to (?:{_PLAN_NAMES})",
    "paused for 2 months": r"paused for \d+ months?",
    "25 percent less for 3 months": r"\d+ percent less for \d+ months?",
    "trial 14 days longer": r"trial \d+ days longer",
}
"""Examples of what can be said of a subscription, and how it is written."""


def _words(written: Any) -> str:
    if not isinstance(written, str) or not written.strip():
        raise ValueError('write words here, in double quotes: "like this"')
    return written


def _several(written: Any) -> Any:
    """None, one, or several with + between them; or a list."""
    if written in NONE:
        return []
    return re.split(r"\s\+\s", written) if isinstance(written, str) else written


def _list(written: Any) -> Any:
    return written if isinstance(written, list) else [written]


def _duration(written: Any) -> timedelta:
    found = _TIME.fullmatch(str(written))
    if found is None:
        raise ValueError("write a number and a unit, such as: 20 minutes, 3 hours, 2 days, 1 week")
    return timedelta(seconds=int(found[1]) * _UNITS[found[2]])


def _moment(written: Any) -> datetime:
    try:
        return datetime.strptime(str(written), "%Y-%m-%d %H:%M")  # noqa: DTZ007 (where they live)
    except ValueError:
        raise ValueError('write day and time, such as "2027-01-31 23:50"') from None


def _who(written: str) -> str:
    name, _, rest = written.partition(", ")
    if written == STRANGER or (name in BY_EXTERNAL_ID and rest in {"", NOT_SIGNED_IN}):
        return written
    known = ", ".join(sorted(BY_EXTERNAL_ID))
    raise ValueError(
        f"write one of {known}, followed by `, {NOT_SIGNED_IN}` if so; or `{STRANGER}`"
    )


def _subscription(written: str) -> str:
    for part in written.split(" and "):
        if not any(re.fullmatch(pattern, part) for pattern in _SUBSCRIPTION.values()):
            raise ValueError(f"write it as one of: {'; '.join(_SUBSCRIPTION)}")
    return written


def _one_of(choices: Iterable[str]) -> AfterValidator:
    allowed = list(choices)

    def check(written: str) -> str:
        if written not in allowed:
            raise ValueError(f"write one of: {', '.join(allowed)}")
        return written

    return AfterValidator(check)


_OFFERS = [f"{kind} {answer}" for kind in OfferKind for answer in (*OfferAnswer, "open")]

Words = Annotated[str, BeforeValidator(_words)]
AnyWords = Annotated[tuple[Words, ...], BeforeValidator(_list)]
Response = Annotated[Words, AfterValidator(lambda name: responses().check(name))]
Names = Annotated[tuple[Response, ...], BeforeValidator(_several)]
SubscriptionFact = Annotated[Words, AfterValidator(_subscription)]
Offers = Annotated[tuple[Annotated[Words, _one_of(_OFFERS)], ...], BeforeValidator(_several)]
Mails = Annotated[tuple[Annotated[Words, _one_of(get_args(Mail))], ...], BeforeValidator(_several)]
Cases = Annotated[tuple[Annotated[Words, _one_of([*CaseState])], ...], BeforeValidator(_several)]
Events = Annotated[tuple[Words, ...], BeforeValidator(_several)]


class _Placed(PolicyModel):
    """A part of a file that knows its line."""

    line: int = 0

    @model_validator(mode="before")
    @classmethod
    def _take_line(cls, content: Any) -> Any:
        if isinstance(content, CommentedMap):
            return {**content, "line": content.lc.line + 1}
        raise ValueError("expected `name: value` lines here")


class Facts(_Placed):
    """What has happened since the talk began. In `afterwards`, what is not named has not."""

    subscription: SubscriptionFact | None = None
    subscriptions: (
        dict[Annotated[str, _one_of(plan.name for plan in PLANS)], SubscriptionFact] | None
    ) = None
    offers: Offers | None = None
    data: Annotated[Words, _one_of(get_args(Copy))] | None = Field(None, alias="copy of the data")
    person: Annotated[Words, _one_of(get_args(Person))] | None = None
    survey: dict[Annotated[str, _one_of([*SurveyQuestion])], Words] | None = None
    mails: Mails | None = None
    # These are compared only where they are written.
    cases: Cases | None = Field(None, alias="case")
    reason: Annotated[Words, _one_of([*ChurnReason, "not given", "not known"])] | None = None
    reason_words: Words | None = Field(None, alias="reason in their words")
    answer_to: Words | None = Field(None, alias="person answers to")
    talk_is_with: Annotated[Words, _one_of(get_args(With))] | None = Field(
        None, alias="talk is with"
    )
    audit: Events = ()
    """Events of the audit log that came in this order; others may have come between."""


def _code(written: str) -> str:
    if written in {"right", "wrong"} or CODE in written:
        return written
    raise ValueError(f'write right, or wrong, or words with the code, such as "it is {CODE}"')


Code = Annotated[Words, AfterValidator(_code)]
Desk = Annotated[Words, _one_of(["takes over", "hands back"])]
Page = Annotated[
    Words, _one_of(f"{act} {plan.name}" for act in ("cancels", "keeps") for plan in PLANS)
]


class Step(_Placed):
    """One thing that happens, and what has to come of it."""

    customer: AnyWords | None = None
    presses: Words | None = None
    presses_old: Words | None = Field(None, alias="presses an old button")
    control: Annotated[Words, _one_of(["Talk to a person"])] | None = Field(
        None, alias="uses the control"
    )
    code: Code | None = Field(None, alias="types the code")
    page: Page | None = Field(None, alias="on the page")
    later: Annotated[timedelta, BeforeValidator(_duration)] | None = None
    arrives: Response | None = None
    desk: Desk | None = None
    new_talk: Annotated[Words, _one_of(["signed in", NOT_SIGNED_IN])] | None = Field(
        None, alias="new talk"
    )

    assistant: Names | None = None
    includes: Names = Field((), alias="assistant includes")
    never: Names = ()
    says: AnyWords = ()
    never_says: AnyWords = Field((), alias="never says")
    buttons: AnyWords | None = None
    so_far: Facts | None = Field(None, alias="so far")

    @model_validator(mode="after")
    def _one_act(self) -> "Step":
        if len(list(self._acts())) != 1:
            raise ValueError(f"a step needs just one of these: {', '.join(_ACTS.values())}")
        return self

    @property
    def act(self) -> str:
        """The name of the field that says what happens."""
        return next(self._acts())

    @property
    def doing(self) -> str:
        """What happens, as it is written in the file."""
        done = getattr(self, self.act)
        return f"{_ACTS[self.act]}: {' / '.join(done) if isinstance(done, tuple) else done}"

    def _acts(self) -> Iterator[str]:
        return (name for name in _ACTS if getattr(self, name) is not None)


_ACTS = {
    name: Step.model_fields[name].alias or name
    for name in (
        "customer",
        "presses",
        "presses_old",
        "control",
        "code",
        "page",
        "later",
        "arrives",
        "desk",
        "new_talk",
    )
}


class Talk(_Placed):
    """A whole talk, and what has come of it in the end."""

    talk: Words
    why: Words
    who: Annotated[Words, AfterValidator(_who)]
    now: Annotated[datetime, BeforeValidator(_moment)] = datetime(2027, 3, 9, 10, 0)  # noqa: DTZ001
    """Where the customer lives."""
    wordings: AnyWords = ()
    steps: Annotated[list[Step], Field(min_length=1)]
    afterwards: Facts

    @property
    def customer_id(self) -> str | None:
        """Whose account it is about, if it is about one."""
        name = self.who.partition(", ")[0]
        return name if name in BY_EXTERNAL_ID else None

    @property
    def signed_in(self) -> bool:
        """Whether the company's page says who they are."""
        return self.customer_id is not None and NOT_SIGNED_IN not in self.who

    @model_validator(mode="after")
    def _wordings_are_used(self) -> "Talk":
        used = any(WORDING in words for step in self.steps for words in step.customer or ())
        if bool(self.wordings) != used:
            raise ValueError(f"`wordings:` and {WORDING} in a customer's words need each other")
        return self

    @model_validator(mode="after")
    def _says_which_plan(self) -> "Talk":
        described = BY_EXTERNAL_ID.get(self.customer_id or "")
        count = len(described.subscriptions) if described else 0
        for facts in [self.afterwards, *(step.so_far for step in self.steps if step.so_far)]:
            if facts.subscription is not None and count != 1:
                raise ValueError("name the plans, `subscriptions: {Pro: ..., Basic: ...}`, here")
        return self

    def in_each_wording(self) -> Iterator[tuple[str, "Talk"]]:
        """The talk once, or once for each of its wordings with that put in; with its name."""
        if not self.wordings:
            yield self.talk, self
        for wording in self.wordings:
            steps = [_reworded(step, wording) for step in self.steps]
            yield f"{self.talk} [{wording}]", self.model_copy(update={"steps": steps})


class TalkFile(PolicyModel):
    """A file of talks about one topic."""

    about: Words
    talks: Annotated[list[Talk], Field(min_length=1)]


def read_talks(path: Path) -> Sequence[Talk]:
    """The talks of a file. Raises PolicyError whose sentence names file, line and mend."""
    return read_policy(path, TalkFile).talks


def files(*, wanted: bool) -> list[Path]:
    """Every file of talks; or the one of those that are wanted."""
    return [WANTED] if wanted else sorted({*FOLDER.glob("*.yml")} - {WANTED})


def _reworded(step: Step, wording: str) -> Step:
    said = tuple(words.replace(WORDING, wording) for words in step.customer or ())
    return step.model_copy(update={"customer": said}) if step.customer else step
