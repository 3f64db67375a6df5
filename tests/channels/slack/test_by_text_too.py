"""An agent's customer goes on by text: the thread says so before what was texted."""

from datetime import timedelta

from channels.conversations.messages import record
from channels.conversations.model import Author
from channels.conversations.service import Preferences, hold, open_conversation
from channels.sms.joining import join
from channels.sms.model import SmsLine
from offboarding import clock
from offboarding.identity.model import IdentityMethod, VerifiedIdentity
from sandbox.slack.blocks import text_of
from sandbox.slack.model import Message
from tests.channels.slack.desk_house import DeskHouse
from tests.channels.talk import Talk

NOTE = "now writes by text too"


def texted(house: DeskHouse, talk: Talk, *words: str) -> None:
    """They have proven by text who they are, and both talks become one."""
    with house.database.write() as session:
        customer_id = session.get_one(VerifiedIdentity, talk.id).customer_id
        by_text = open_conversation(session, "sms", Preferences())
        for each in words:
            record(session, hold(session, by_text.id), author=Author.CUSTOMER, text=each)
        session.add(
            VerifiedIdentity(
                conversation_id=by_text.id,
                customer_id=customer_id,
                method=IdentityMethod.CODE,
                verified_at=clock.now(),
                lapses_at=clock.now() + timedelta(hours=1),
            )
        )
        line = SmsLine(
            number="+447700900123",
            sender="+447700900000",
            created_at=clock.now(),
            conversation_id=by_text.id,
            sent_through=len(words),
        )
        session.add(line)
        session.flush()
        assert join(session, line, house.settings)
        house.gateway.wake_after_commit(session, talk.id)


def in_thread(house: DeskHouse, card: Message) -> list[str]:
    return [text_of(each.blocks) or each.text for each in house.slack.workspace.thread(card.ts)]


async def test_the_agent_is_told_once_before_what_was_texted(house: DeskHouse) -> None:
    talk, card = await house.claimed(full_name="Amara Okafor")
    texted(house, talk, "I want to leave", "are you there")
    await house.until_in_thread(card, "are you there")
    await house.until_done()
    shown = in_thread(house, card)
    (note,) = [number for number, words in enumerate(shown) if NOTE in words]
    assert shown[note].startswith("Amara Okafor now writes by text too.")
    assert "I want to leave" in shown[note + 1]
    await talk.say("and at the desk again")
    await house.until_in_thread(card, "and at the desk again")
    assert sum(NOTE in words for words in in_thread(house, card)) == 1
