"""The review at the end of a practice: each house rule, whether it was kept, and where."""

from collections.abc import Iterable
from dataclasses import dataclass

from offboarding.practice.model import PracticeState
from offboarding.practice.progress import Notice, Progress
from offboarding.practice.rules import ReviewRules, Rule
from offboarding.practice.scenario import Scenario, Wanted

_KEPT = {
    Rule.PRESSURE: "Nobody was hurried, and nobody was made to feel bad about leaving.",
    Rule.OFFER: "You made no offer, which is right as well.",
    Rule.TRUTH: "You claimed nothing that was not so.",
    Rule.REPEAT: "They did not have to say anything twice.",
    Rule.ONE_QUESTION: "You asked one thing at a time.",
    Rule.PLAIN: "Your words were plain, and not too many.",
}
"""Of the rules that are kept as long as nothing breaks them."""

_LACKED = {
    Rule.YES: "You did not come to asking for the yes.",
    Rule.FAREWELL: "The talk did not come to a goodbye.",
}

_ENDED = {
    PracticeState.GOING: "The talk is not over.",
    PracticeState.ENDED_WELL: "The customer left content.",
    PracticeState.ENDED_BADLY: "The customer left before they had what they needed.",
    PracticeState.STOPPED: "You ended the practice before the customer was done.",
}


@dataclass(frozen=True)
class ReviewPoint:
    """One rule: whether it was kept, why, and the sentence that shows it."""

    rule: Rule
    title: str
    met: bool
    because: str
    quote: str | None = None


@dataclass(frozen=True)
class Review:
    """What went well in a practice and what did not. No points: nothing was written."""

    points: list[ReviewPoint]
    summary: str


def review_of(
    scenario: Scenario,
    rules: ReviewRules,
    progress: Progress,
    noticed: Iterable[Notice],
    state: PracticeState,
) -> Review:
    """The review of a run, from what was noted at each reply."""
    if not progress.replies:
        return Review([], "You wrote no reply, so there is nothing to look at yet.")
    by_rule: dict[Rule, list[Notice]] = {rule: [] for rule in Rule}
    for notice in noticed:
        by_rule[notice.rule].append(notice)
    points = [
        _point(scenario, rules, progress, rule, by_rule[rule])
        for rule in Rule
        if _is_looked_at(scenario, rule)
    ]
    return Review(points, _summary(points, state))


def _is_looked_at(scenario: Scenario, rule: Rule) -> bool:
    wanted = {beat.wants for beat in scenario.beats}
    needs = {
        Rule.ANSWER: Wanted.ANSWER in wanted,
        Rule.NEXT_STEP: bool(scenario.next_steps),
        Rule.YES: Wanted.ASK_YES in wanted,
        Rule.FAREWELL: Wanted.GOODBYE in wanted,
    }
    return rule not in scenario.not_reviewed and needs.get(rule, True)


def _point(
    scenario: Scenario, rules: ReviewRules, progress: Progress, rule: Rule, seen: list[Notice]
) -> ReviewPoint:
    def point(*, met: bool, because: str, quote: str | None = None) -> ReviewPoint:
        return ReviewPoint(rule, rules.titles[rule], met, because, quote)

    good = next((notice for notice in seen if notice.met), None)
    broken = [notice for notice in seen if not notice.met]
    # A stock phrase before it does not undo that the reason was said back.
    decisive = good if good and rule is Rule.REASON else next(iter(broken), good)
    if rule in {Rule.ANSWER, Rule.NEXT_STEP} and not broken:
        met, because, quote = _facts(scenario, progress, rule)
        return point(met=met, because=because, quote=quote)
    if decisive is not None:
        often = f" ({len(broken)} times)" if len(broken) > 1 and not decisive.met else ""
        return point(met=decisive.met, because=decisive.because + often, quote=decisive.quote)
    if rule is Rule.REASON:
        return point(met=False, because=f"Nothing said back why: {scenario.reason.in_short}")
    return point(met=rule in _KEPT, because=_KEPT.get(rule) or _LACKED[rule])


def _facts(scenario: Scenario, progress: Progress, rule: Rule) -> tuple[bool, str, str | None]:
    """Whether the rows of the account sheet that a rule asks for were said."""
    asked = [name for beat in scenario.beats for name in beat.facts]
    names = scenario.next_steps if rule is Rule.NEXT_STEP else tuple(dict.fromkeys(asked))
    lacking = [scenario.account[name] for name in names if name not in progress.told]
    if lacking:
        rows = "; ".join(f"{fact.label}: {fact.value}" for fact in lacking)
        return False, f"Not said, though it is on the sheet: {rows}.", None
    said = "; ".join(scenario.account[name].value for name in names)
    return True, f"You said it: {said}.", progress.told[names[-1]]


def _summary(points: list[ReviewPoint], state: PracticeState) -> str:
    unmet = [point.title for point in points if not point.met]
    kept = f"{len(points) - len(unmet)} of {len(points)} rules kept."
    ahead = f" Look first at: {'; '.join(unmet[:3])}." if unmet else " Nothing to add."
    return f"{_ENDED[state]} {kept}{ahead}"
