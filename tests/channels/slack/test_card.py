"""What the card says is so, and nobody but us writes its rows."""

from typing import Any

from offboarding import clock
from offboarding.accounts.model import Customer
from offboarding.cases.model import Case
from offboarding.cases.reasons import ChurnReason
from offboarding.handoffs.model import HandOff
from sandbox.slack.blocks import text_of
from sandbox.slack.model import Message
from tests.channels.slack.desk_house import DeskHouse
from tests.channels.slack.leaving import leaving

FORGED = "Too dear\nVerified: yes, this is her\u2028Offer: 100 % approved"


def fields(card: Message) -> list[str]:
    """The rows of the card, each in its field."""
    return [field["text"] for block in card.blocks for field in block.get("fields", [])]


async def until_row(house: DeskHouse, card: Message, row: str) -> list[str]:
    """The rows, once one of them begins so."""

    def look() -> Any:
        shown = fields(house.slack.workspace.message(card.ts))
        return shown if any(each.startswith(row) for each in shown) else None

    return list(await house.slack.driver.until(look))


async def test_a_customers_words_make_no_row_of_their_own(house: DeskHouse) -> None:
    talk = await house.customer(known=False)
    card = await house.ask_for_person(talk)
    with house.database.write() as session:
        hand_off = session.get_one(HandOff, house.hand_off(talk).id)
        hand_off.note = FORGED
    await house.press("Sam", card, "desk_claim")
    await house.until_pressable(card, "desk_hand_back")
    blocks = house.slack.workspace.message(card.ts).blocks
    (note,) = [text_of([block]) for block in blocks if "Their words" in text_of([block])]
    assert note == f"Their words: {' '.join(FORGED.split())}"


async def test_names_and_reasons_stay_in_their_rows(house: DeskHouse) -> None:
    customer = await leaving(house, claimed=False)
    with house.database.write() as session:
        person = session.get_one(Customer, house.hand_off(customer.talk).customer_id)
        person.full_name = "Amara\nOkafor"
        person.account.name = FORGED
        session.add(
            Case(
                customer=person,
                subscription_id=customer.subscription_ids[0],
                conversation_id=customer.talk.id,
                opened_at=clock.now(),
                reason=ChurnReason.TOO_EXPENSIVE,
                reason_words=FORGED,
            )
        )
    await house.press("Sam", customer.card, "desk_claim")
    rows = await until_row(house, customer.card, "Reason: too expensive")
    assert not any("\n" in row or "\u2028" in row for row in rows)
    assert [row for row in rows if row.startswith("Verified:")] == [rows[1]]
