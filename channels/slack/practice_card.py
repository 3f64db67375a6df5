"""What is shown of a practice: the account sheet, the choice of scenarios, and the review."""

from collections.abc import Iterator, Sequence
from typing import Any

from slack_sdk.models.blocks import (
    ActionsBlock,
    Block,
    ButtonElement,
    DividerBlock,
    HeaderBlock,
    InputBlock,
    PlainTextObject,
    SectionBlock,
    StaticSelectElement,
)
from slack_sdk.models.blocks.basic_components import Option
from slack_sdk.models.views import View

from channels.slack.actions import Action
from channels.slack.words import escaped, notification, plain_context, plain_sections, shortened
from offboarding.practice.model import PracticeRun, PracticeState
from offboarding.practice.reading import Scenarios
from offboarding.practice.review import Review, ReviewPoint
from offboarding.practice.scenario import Scenario
from offboarding.practice.service import scenario_of

SCENARIO_BLOCK = "scenario"
MOST_SCENARIOS = 100
"""As many as one menu of Slack can have."""
NOT_REAL = "Practice. This customer is made up, and nothing you write reaches anybody."
LOADING = "Just a moment …"
WHAT_HAPPENS = (
    "A simulated customer writes to you in a thread. You answer, and see afterwards what went "
    "well. It is no test, and nothing is counted."
)
IN_CHANNEL = (
    "The talk and its review stand in this channel, where everybody in it can read them. "
    "Practise in the home tab of this app is for you alone."
)
FOR_YOU_ALONE = "The talk and its review come in a direct message that you alone see."
_MOST_FIELDS = 10
_LONGEST_OPTION = 75
_MOST_PROBLEMS = 5


def practice_card(run: PracticeRun) -> dict[str, Any]:
    """The first message of a practice, as it is now: the arguments of the call."""
    scenario = scenario_of(run)
    title = f"Practice: {scenario.title}"
    blocks: list[Block] = [
        HeaderBlock(text=PlainTextObject(text=shortened(title, 150), emoji=False)),
        plain_context(NOT_REAL),
        *_sheet(scenario),
        plain_context(_how_to(run)),
    ]
    if run.state is PracticeState.GOING:
        show = ButtonElement(
            text="Show how it went", action_id=Action.PRACTICE_REVIEW, value=run.id
        )
        blocks.append(ActionsBlock(elements=[show]))
    return {"text": escaped(title), "blocks": [block.to_dict() for block in blocks]}


def choice(scenarios: Scenarios, channel: str) -> View:
    """The window in which a scenario is chosen; it remembers the channel it was asked for in."""
    blocks: list[Block] = [
        plain_context(f"{WHAT_HAPPENS} {IN_CHANNEL if channel else FOR_YOU_ALONE}")
    ]
    named = list(scenarios.by_id.items())[:MOST_SCENARIOS]
    if named:
        options = [_option(name, scenario) for name, scenario in named]
        blocks.append(
            InputBlock(
                block_id=SCENARIO_BLOCK,
                label="Who do you want to talk with?",
                element=StaticSelectElement(
                    action_id=Action.PRACTICE_SCENARIO,
                    placeholder="Choose a customer",
                    options=options,
                ),
            )
        )
    blocks += [plain_context(f"Left out: {each}") for each in scenarios.problems[:_MOST_PROBLEMS]]
    return View(
        type="modal",
        callback_id=Action.PRACTICE_START,
        private_metadata=channel,
        title="Practice",
        submit="Begin" if named else None,
        close="Not now",
        blocks=blocks,
    )


def notice_view(sentence: str) -> View:
    """The window while there is nothing to choose from: why."""
    return View(type="modal", title="Practice", close="Close", blocks=[plain_context(sentence)])


def said_by_customer(scenario: Scenario, text: str) -> dict[str, Any]:
    """What the simulated customer writes, for the thread."""
    who = f"{scenario.customer.name} (made up)"
    blocks: list[Block] = [plain_context(who), *plain_sections(text)]
    return {"text": notification(who, text), "blocks": [block.to_dict() for block in blocks]}


def review_message(review: Review) -> dict[str, Any]:
    """How it went, for the thread."""
    blocks: list[Block] = [
        HeaderBlock(text=PlainTextObject(text="How it went", emoji=False)),
        *plain_sections(review.summary),
    ]
    for point in review.points:
        blocks += [DividerBlock(), *plain_sections(_point(point))]
    return {
        "text": notification("How it went", review.summary),
        "blocks": [block.to_dict() for block in blocks],
    }


def _sheet(scenario: Scenario) -> Iterator[SectionBlock]:
    rows: Sequence[tuple[str, str]] = scenario.sheet
    for start in range(0, len(rows), _MOST_FIELDS):
        yield SectionBlock(
            fields=[
                PlainTextObject(text=f"{label}: {value}", emoji=False)
                for label, value in rows[start : start + _MOST_FIELDS]
            ]
        )


def _how_to(run: PracticeRun) -> str:
    if run.state is PracticeState.GOING:
        return "Answer in this thread, as you would answer a customer. They write back at once."
    return "This practice is over. Another one: /offboarding practice"


def _option(name: str, scenario: Scenario) -> Option:
    who = f"{scenario.customer.name}, {scenario.customer.plan}"
    length = f" · about {len(scenario.beats) + 1} replies"
    return Option(
        value=name,
        text=PlainTextObject(text=shortened(scenario.title, _LONGEST_OPTION), emoji=False),
        description=PlainTextObject(
            text=shortened(who, _LONGEST_OPTION - len(length)) + length, emoji=False
        ),
    )


def _point(point: ReviewPoint) -> str:
    mark = "Went well" if point.met else "To look at"
    quoted = f"\nYou wrote: “{point.quote}”" if point.quote else ""
    return f"{mark}: {point.title}\n{point.because}{quoted}"
