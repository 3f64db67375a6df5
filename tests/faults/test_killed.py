"""kill -9 in the middle of a talk: nothing said is lost, nothing is said or done twice."""

import threading
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
import sqlalchemy as sa

from offboarding.billing.model import EntryKind, LedgerEntry
from offboarding.receipts.model import Receipt
from tests.conversations.talk import Talk
from tests.house import House, open_house, wait_for

pytestmark = pytest.mark.faults


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    """A house of one's own, to be killed."""
    with open_house(tmp_path / "house") as running:
        yield running


def cancellations(house: House) -> int:
    """How often something was cancelled in the ledger since the demo company began."""
    with house.database.read() as session:
        return len(
            session.scalars(
                sa.select(LedgerEntry).where(LedgerEntry.kind == EntryKind.CANCELLATION)
            ).all()
        )


def ready(house: House) -> bool:
    return httpx.get(f"{house.address}/readyz", trust_env=False).status_code == httpx.codes.OK


def test_with_rasa_killed_the_customer_gets_an_honest_sentence_and_the_talk_goes_on_later(
    house: House,
) -> None:
    talk = Talk(house, "jonas-whitfield")
    talk.say("cancel my subscription")
    terms = talk.press("Skip")
    house.kill_rasa()

    reply = talk.say("yes")
    assert "can't think right now" in reply.text
    link = reply.messages[-1]["card"]["links"][0]["url"]
    page = httpx.get(link, trust_env=False, follow_redirects=True)
    assert "Pro yearly" in page.text, "Cancel now works without Rasa, two steps away"
    assert "request is" in talk.ask_for_person().text, "and so does a person"

    wait_for(lambda: ready(house), "Rasa to be back", seconds=90)
    before = cancellations(house)
    assert "is cancelled and ends on" in talk.say("yes, cancel it").text
    assert cancellations(house) == before + 1
    assert "What will happen" in terms.text


def test_the_application_killed_in_a_turn_loses_nothing_and_does_nothing_twice(
    house: House,
) -> None:
    talk = Talk(house, "jonas-whitfield")
    talk.say("cancel my subscription")
    talk.press("Skip")
    before = cancellations(house)
    said = len(talk.history())
    killed = threading.Event()

    def kill_when_done() -> None:
        """As soon as the ledger has it, which is before the answer can have been written."""
        wait_for(lambda: cancellations(house) > before, "the cancellation")
        house.kill()
        killed.set()

    killer = threading.Thread(target=kill_when_done)
    killer.start()
    assert talk.post({"text": "yes, cancel it"}, key="the-one-yes").status_code == 202
    assert killed.wait(60)
    killer.join()
    house.start()

    again = talk.post({"text": "yes, cancel it"}, key="the-one-yes")
    assert again.status_code == 202, "the widget sends again what it got no answer to"
    talk.wait_for_message("is cancelled and ends on")
    talk.new_messages()
    history = talk.history()
    texts = [message["text"] for message in history]
    assert texts.count("yes, cancel it") == 1
    assert sum("is cancelled and ends on" in text for text in texts) == 1
    assert [message["sequence"] for message in history] == list(range(1, len(history) + 1))
    assert len(history) >= said + 2
    assert cancellations(house) == before + 1
    with house.database.read() as session:
        receipts = session.scalars(sa.select(Receipt)).all()
    assert len({receipt.case_id for receipt in receipts}) == len(receipts)
    mails = wait_for(lambda: house.mails("jonas.whitfield@example.com"), "the receipt by mail")
    assert len(mails) == 1


def test_messages_posted_before_a_kill_are_answered_after_it(house: House) -> None:
    talk = Talk(house, "maya-okafor")
    assert talk.post({"text": "are you a bot?"}).status_code == 202
    house.kill()
    house.start()
    talk.wait_for_message("a person whenever you like")
    assert sum("a person whenever you like" in message["text"] for message in talk.history()) == 1
