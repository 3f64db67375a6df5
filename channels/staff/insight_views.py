"""From counts to the sentences and rows that the page of the insights shows."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_timedelta
from babel.numbers import format_decimal, format_percent

from channels.staff.words import CAUSES, KINDS, plain
from offboarding.insights.departures import Way
from offboarding.insights.intervals import Difference, Share
from offboarding.insights.offers import HoldoutLine, OfferLine
from offboarding.insights.people import Answered, People
from offboarding.insights.period import Period
from offboarding.insights.service import NOT_GIVEN, Insights
from offboarding.insights.tallies import Line, Money, Speed, Tally
from offboarding.insights.words import Said
from offboarding.survey.model import SurveyQuestion
from offboarding.wording import DEFAULT_LOCALE, locale_of, money_text, number_text, waited_text

_LOCALE = locale_of(DEFAULT_LOCALE)
WAYS = {
    Way.CHAT: "With the assistant",
    Way.PAGE: "On the Cancel now page",
    Way.PERSON: "With a person",
}
QUESTIONS = {
    SurveyQuestion.IMPROVE: "What could be better",
    SurveyQuestion.RETURN: "What would bring them back",
}
WHY = "Why they leave"
TOO_FEW = 30
"""Below so many a share says little, and the page says so."""


@dataclass(frozen=True)
class OutcomeRow:
    """What became of wishes: how many, their part of all, and how many before."""

    name: str
    about: str
    count: int
    share: float
    percent: str
    before: int


@dataclass(frozen=True)
class LineRow:
    """Wishes with something in common."""

    name: str
    count: int
    share: float
    percent: str
    before: str
    left: int
    stayed: int
    leaving: str
    words_reason: str
    """The reason whose words can be read; empty where there are none to read."""


@dataclass(frozen=True)
class CourseRow:
    """A week or a month."""

    day: str
    tally: Tally
    bar: float
    """Its wishes beside those of the week or month with the most."""


@dataclass(frozen=True)
class OfferRow:
    """An offer: what was answered, and who of those who took it is still there."""

    name: str
    made: int
    accepted: str
    declined: int
    unanswered: int
    still_here: Sequence[str]


@dataclass(frozen=True)
class HoldoutRow:
    """An offer with some it was made to and some it was left out with, after so many days."""

    name: str
    days: int
    made: str
    held_out: str
    difference: str


@dataclass(frozen=True)
class SaidRow:
    """Something that was said. The day alone, for a minute would tell whose case it is of."""

    day: str
    about: str
    reason: str
    plan: str
    words: str


@dataclass(frozen=True)
class InsightView:
    """All that the page shows."""

    wishes: int
    before: int
    lead: Sequence[str]
    outcomes: Sequence[OutcomeRow]
    reasons: Sequence[LineRow]
    plans: Sequence[LineRow]
    stays: Sequence[LineRow]
    countries: Sequence[LineRow]
    course: Sequence[CourseRow]
    by_month: bool
    offers: Sequence[OfferRow]
    holdouts: Sequence[HoldoutRow]
    ways: Sequence[tuple[str, int, str]]
    people: Sequence[str]
    causes: Sequence[tuple[str, int]]
    survey: Sequence[tuple[str, str]]
    few: bool


def insight_view(found: Insights) -> InsightView:
    """The page of a period."""
    left = found.all.left
    most = max((tally.wishes for _, tally in found.course), default=0)
    return InsightView(
        wishes=found.all.wishes,
        before=found.before.wishes,
        lead=list(_lead(found)),
        outcomes=_outcomes(found.all, found.before),
        reasons=[_line(each, reason_name(each.name), each.name) for each in found.reasons],
        plans=[_line(each, each.name) for each in found.plans],
        stays=[_line(each, each.name) for each in found.stays],
        countries=[_line(each, _country(each.name)) for each in found.countries],
        course=[
            CourseRow(_day(day), tally, tally.wishes / max(most, 1)) for day, tally in found.course
        ],
        by_month=len(found.course) > 1 and (found.course[1][0] - found.course[0][0]).days != 7,
        offers=[_offer(each) for each in found.offers],
        holdouts=[row for each in found.holdouts for row in _holdouts(each)],
        ways=[
            (WAYS[way], count, _percent(count / left if left else 0)) for way, count in found.ways
        ],
        people=list(_people(found.people)),
        causes=[(CAUSES[cause], count) for cause, count in found.people.by_cause],
        survey=[_answered(each) for each in found.survey],
        few=0 < found.all.wishes < TOO_FEW,
    )


def period_text(period: Period) -> str:
    """Its days, in words."""
    return f"{_day(period.first)} to {_day(period.last)}"


def reason_name(reason: str) -> str:
    """A churn reason as colleagues read it."""
    return plain(reason)


def said_row(said: Said, zone: ZoneInfo) -> SaidRow:
    """Something that was said, with what it was said about."""
    return SaidRow(
        day=_day(said.at.astimezone(zone).date()),
        about=QUESTIONS[said.asked] if said.asked is not None else WHY,
        reason=reason_name(said.reason) if said.reason is not None else "",
        plan=said.plan,
        words=said.words,
    )


def left_out_text(left_out: int) -> str:
    """How many words are not shown, and why; empty where all are."""
    if not left_out:
        return ""
    told = "an illness, a death, a danger, a lost job or the like"
    if left_out == 1:
        return f"Left out: 1, because it tells of a hard moment, {told}."
    return f"Left out: {number_text(left_out)}, because they tell of a hard moment, {told}."


def _lead(found: Insights) -> Iterable[str]:
    tally, before = found.all, found.before
    one, many = "wish to leave was said", "wishes to leave were said"
    wishes = f"{number_text(tally.wishes)} {one if tally.wishes == 1 else many}"
    days = found.period.days
    earlier = f"in the {days} days before: {number_text(before.wishes)}"
    if days == 1:
        earlier = f"on the day before: {number_text(before.wishes)}"
    yield f"{wishes} ({earlier})."
    if tally.leaving:
        who = "the one" if tally.left == 1 else "those"
        yield f"{_money(tally.leaving)} a month was paid by {who} who left."
    if tally.paid_back:
        yield f"{_money(tally.paid_back)} of it all was promised back."
    yield from _pace(found.speed)
    if tally.left_later:
        those = tally.stayed + tally.came_back
        have = "has" if tally.left_later == 1 else "have"
        yield f"Of the {those} who stayed or came back, {tally.left_later} {have} left since."
    if tally.returned:
        began = "has" if tally.returned == 1 else "have"
        yield f"Of the {tally.left} who left, {tally.returned} {began} begun another plan since."


def _pace(speed: Speed) -> Iterable[str]:
    if speed.median is not None and speed.nine_of_ten is not None:
        yield (
            f"From the wish to the yes it took {_duration(speed.median)} for half of those who "
            f"left, and at most {_duration(speed.nine_of_ten)} for nine of ten."
        )


def _outcomes(tally: Tally, before: Tally) -> list[OutcomeRow]:
    named = (
        ("Left", "said yes, and did not take it back", tally.left, before.left),
        ("Stayed", "said so, or took an offer", tally.stayed, before.stayed),
        ("Came back", "cancelled, and undid it before the end", tally.came_back, before.came_back),
        (
            "Not decided",
            "went without a yes or a no; nobody counts them as having stayed",
            tally.undecided,
            before.undecided,
        ),
    )
    rows = []
    for name, about, count, earlier in named:
        share = count / tally.wishes if tally.wishes else 0.0
        rows.append(OutcomeRow(name, about, count, share, _percent(share), earlier))
    return rows


def _line(line: Line, name: str, reason: str = "") -> LineRow:
    return LineRow(
        name=name,
        count=line.tally.wishes,
        share=line.share,
        percent=_percent(line.share),
        before="" if line.before is None else number_text(line.before),
        left=line.tally.left,
        stayed=line.tally.stayed + line.tally.came_back - line.tally.left_later,
        leaving=_money(line.tally.leaving),
        words_reason="" if reason == NOT_GIVEN else reason,
    )


def _offer(line: OfferLine) -> OfferRow:
    return OfferRow(
        name=f"{KINDS[line.kind]}, by a person" if line.by_agents else line.name,
        made=line.made,
        accepted=_of(Share(line.accepted, line.made)),
        declined=line.declined,
        unanswered=line.unanswered,
        still_here=[_of(each.share) for each in line.still_here],
    )


def _holdouts(line: HoldoutLine) -> Iterable[HoldoutRow]:
    for made, held_out, change in zip(line.made, line.held_out, line.differences, strict=True):
        yield HoldoutRow(
            line.name, made.days, _of(made.share), _of(held_out.share), _change(change)
        )


def _change(change: Difference | None) -> str:
    if change is None:
        return "too early to tell"
    points = f"{_points(change.value)} points ({_points(change.low)} to {_points(change.high)})"
    return points if change.sure else f"{points}: may be chance"


def _points(value: float) -> str:
    return format_decimal(value * 100, format="+0;-0", locale=_LOCALE)


def _of(share: Share) -> str:
    """A share with what it was counted on."""
    return f"{_percent(share.value)} of {number_text(share.of)}" if share.of else "too early"


def _people(people: People) -> Iterable[str]:
    times = "once" if people.asked_for == 1 else f"{number_text(people.asked_for)} times"
    yield f"A person was asked for {times}."
    if people.median_wait is not None:
        yield f"Half of those who got one waited {waited_text(people.median_wait)} or less."
    if people.promised:
        kept = Share(people.kept, people.promised)
        yield f"Of the times that were promised, {_of(kept)} were kept."
    if people.nobody_came:
        yield f"{people.nobody_came} had to be told that nobody could come."


def _answered(answered: Answered) -> tuple[str, str]:
    share = Share(answered.answered, answered.asked)
    return QUESTIONS[answered.question], f"{_of(share)} answered"


def _money(amounts: Iterable[Money]) -> str:
    return " and ".join(money_text(each.minor, each.currency) for each in amounts)


def _duration(seconds: float) -> str:
    text: str = format_timedelta(timedelta(seconds=seconds), threshold=1.5, locale=_LOCALE)
    return text


def _percent(share: float) -> str:
    text: str = format_percent(share, locale=_LOCALE)
    return text


def _country(code: str) -> str:
    name: str = _LOCALE.territories.get(code, code)
    return name


def _day(day: date) -> str:
    return format_date(day, format="d MMM y", locale=_LOCALE)
