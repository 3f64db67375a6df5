"""More is said than Slack takes: what is said goes together, and waits for nothing less urgent."""

from datetime import timedelta

import pytest

from channels.slack.model import PostState, SlackPost
from channels.slack.pending import Pending
from channels.slack.replies import DELIVERED
from channels.slack.words import MOST_BLOCKS, plain_context, plain_sections, together
from offboarding import clock
from offboarding.billing.ledger import LedgerBilling
from offboarding.database import Database
from offboarding.policies.store import Policies
from sandbox.slack.blocks import text_of
from sandbox.slack.model import Message
from tests.channels.slack.desk_house import SUPPORT, DeskHouse

WORDS = [f"My words {number}" for number in range(6)]


def with_words(house: DeskHouse, card: Message) -> list[Message]:
    """The thread's messages in which the customer says something."""
    thread = house.slack.workspace.thread(card.ts)
    return [each for each in thread if "My words" in text_of(each.blocks)]


async def test_what_is_said_while_slack_makes_us_wait_goes_in_one_message(house: DeskHouse) -> None:
    talk, card = await house.claimed()
    await house.until_done()
    house.slack.faults.limit(method="chat.postMessage", retry_after=1)
    for words in WORDS:
        await talk.say(words)
    await house.until_in_thread(card, WORDS[-1])
    shown = with_words(house, card)
    assert len(shown) < len(WORDS)
    said = "\n".join(text_of(each.blocks) for each in shown)
    assert [line for line in said.splitlines() if line in WORDS] == WORDS
    assert said.count("Customer") == len(WORDS), "each says who wrote it"


async def test_what_is_said_does_not_wait_for_marks(house: DeskHouse) -> None:
    talk, card = await house.claimed()
    await house.until_done()
    house.slack.faults.limit(method="reactions.add", retry_after=3)
    reply = await house.slack.driver.post("Sam", SUPPORT, "Hello", thread_ts=card.ts)
    await talk.until(3)
    await talk.say(WORDS[0])
    await house.until_in_thread(card, WORDS[0])
    assert DELIVERED not in house.slack.workspace.message(reply.ts).reactions
    await house.until_marked(reply, DELIVERED)


@pytest.mark.parametrize(("others_get_through", "told"), [(False, 1), (True, 0)])
async def test_a_rush_is_no_outage(
    house: DeskHouse,
    desk_policies: Policies,
    database: Database,
    others_get_through: bool,
    told: int,
) -> None:
    talk, _ = await house.claimed()
    await house.until_done()
    await house.desk.stop()
    since = clock.now()
    with database.write() as session:
        for state in [PostState.PENDING, *([PostState.SENT] if others_get_through else [])]:
            session.add(
                SlackPost(
                    key=f"of a rush, {state}",
                    channel=SUPPORT,
                    hand_off_id=house.hand_off(talk).id,
                    kind="message",
                    arguments={},
                    state=state,
                    created_at=since - timedelta(seconds=1),
                    due_at=since,
                    sent_at=since + timedelta(seconds=1) if state is PostState.SENT else None,
                )
            )
    pending = Pending(database, timedelta(0), desk_policies, LedgerBilling)
    assert len(pending.left_waiting(SUPPORT, since)) == told


def test_no_more_goes_together_than_slack_takes() -> None:
    def message(words: str, blocks: int) -> dict[str, object]:
        return {"text": words, "blocks": [plain_context(words).to_dict()] * blocks}

    half = MOST_BLOCKS // 2
    assert together(message("a", half), message("b", half)) is not None
    assert together(message("a", half), message("b", half + 1)) is None
    long = {"text": "b", "blocks": [each.to_dict() for each in plain_sections("b" * 7_000)]}
    assert together(message("a", 1), long) is not None
    assert together(long, long) is None
