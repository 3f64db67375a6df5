"""What an agent's home tab shows."""

from collections.abc import Iterator

from slack_sdk.models.blocks import (
    ActionsBlock,
    Block,
    ButtonElement,
    DividerBlock,
    HeaderBlock,
    PlainTextObject,
    SectionBlock,
)
from slack_sdk.models.views import View

from channels.slack.actions import Action
from channels.slack.looking import MOST_SHOWN, Listed, ListedApprovals, Sight
from channels.slack.rows import moment_words, number_lines, section, thread_button
from channels.slack.words import plain_context
from offboarding import clock
from offboarding.wording import zone_text

NOBODY_WAITS = "Nobody is waiting. When somebody asks for a person, they appear here."
NONE_OF_MINE = "You are talking with nobody. Claim somebody who waits, and the thread is yours."
PRACTICE = (
    "New here, or a while since the last difficult one? A made-up customer writes to you, you "
    "answer, and see afterwards what went well. Nobody else is told."
)


def home_view(sight: Sight, notice: str | None = None) -> View:
    """The tab, with a notice on top of it where there is something to tell."""
    blocks: list[Block] = []
    if notice:
        blocks += [SectionBlock(text=_plain(notice)), DividerBlock()]
    zone, now = sight.waiting.zone, clock.now()
    blocks += [
        *_waiting(sight.waiting),
        *_approvals(sight.approvals),
        *_mine(sight.mine),
        HeaderBlock(text=_plain("Today")),
        SectionBlock(fields=[_plain(line) for line in number_lines(sight.numbers)]),
        HeaderBlock(text=_plain("Practice")),
        SectionBlock(
            text=_plain(PRACTICE),
            accessory=ButtonElement(text="Practise", action_id=Action.PRACTICE),
        ),
        plain_context(
            f"As of {moment_words(now, zone)}, by your clock ({zone_text(zone, now)}). Come back "
            "to this tab, or write /offboarding status, for what is new."
        ),
    ]
    return View(type="home", blocks=blocks)


def _waiting(waiting: Listed) -> Iterator[Block]:
    yield HeaderBlock(text=_plain(f"Waiting: {len(waiting.rows)}"))
    if not waiting.rows:
        yield SectionBlock(text=_plain(NOBODY_WAITS))
    for row in waiting.rows[:MOST_SHOWN]:
        claim = ButtonElement(
            text="Claim", action_id=Action.HOME_CLAIM, value=row.hand_off.id, style="primary"
        )
        link = waiting.links.get(row.hand_off.id)
        yield section(row, waiting.zone)
        yield ActionsBlock(elements=[claim, *([thread_button(link)] if link else [])])
    yield from _left_out(len(waiting.rows) - MOST_SHOWN)


def _approvals(asked: ListedApprovals) -> Iterator[Block]:
    """Nothing where nothing waits: most days know of none."""
    if not asked.rows:
        return
    yield HeaderBlock(text=_plain(f"Waiting for your approval: {len(asked.rows)}"))
    for row in asked.rows[:MOST_SHOWN]:
        yield section(row, asked.zone, asked.links.get(row.hand_off.id))
    yield from _left_out(len(asked.rows) - MOST_SHOWN)


def _mine(mine: Listed) -> Iterator[Block]:
    yield HeaderBlock(text=_plain(f"Yours: {len(mine.rows)}"))
    if not mine.rows:
        yield SectionBlock(text=_plain(NONE_OF_MINE))
    for row in mine.rows[:MOST_SHOWN]:
        yield section(row, mine.zone, mine.links.get(row.hand_off.id))
    yield from _left_out(len(mine.rows) - MOST_SHOWN)


def _left_out(number: int) -> Iterator[Block]:
    if number > 0:
        yield plain_context(f"and {number} more")


def _plain(text: str) -> PlainTextObject:
    return PlainTextObject(text=text, emoji=False)
