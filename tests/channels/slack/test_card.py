"""What the card says is so, and nobody but us writes its rows."""

import re
from datetime import timedelta
from typing import Any

from offboarding import clock
from offboarding.accounts.model import Customer, Subscription
from offboarding.cases import service as cases
from offboarding.cases.model import Case
from offboarding.cases.reasons import ChurnReason
from offboarding.handoffs.causes import HandOffCause
from offboarding.handoffs.model import HandOff
from offboarding.identity.model import IdentityMethod, VerifiedIdentity, WritesFrom
from offboarding.identity.service import PHONE_SURE_FOR
from offboarding.offers import service as offers
from offboarding.offers.model import Offer, OfferKind
from sandbox.slack.blocks import text_of
from sandbox.slack.model import Message
from tests.channels.slack.desk_house import DeskHouse
from tests.channels.slack.leaving import leaving, pressable

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
    (note,) = [text_of([block]) for block in blocks if "Noted: " in text_of([block])]
    assert note == f"Noted: {' '.join(FORGED.split())}"


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


async def test_the_card_says_until_when_it_is_sure_who_writes_and_when_it_is_not_any_more(
    house: DeskHouse,
) -> None:
    customer = await leaving(house)
    rows = await until_row(house, customer.card, "Verified: yes, until")
    assert "desk_cancel" in pressable(house.slack.workspace.message(customer.card.ts))
    (row,) = [each for each in rows if each.startswith("Verified:")]
    assert re.fullmatch(
        r"Verified: yes, until <!date\^\d+\^\{time\}\|\d\d:\d\d UTC>, and longer if they write", row
    ), "each agent reads it by their own clock"
    with house.database.write() as session:
        identity = session.get_one(VerifiedIdentity, customer.talk.id)
        identity.lapses_at = clock.now() - timedelta(seconds=1)
    await until_row(house, customer.card, "Verified: no")
    shown = house.slack.workspace.message(customer.card.ts)
    assert "It is not sure who writes here" in text_of(shown.blocks)
    assert "desk_cancel" not in pressable(shown)


async def test_of_who_writes_by_text_the_card_says_that_writing_makes_it_sure_no_longer(
    house: DeskHouse,
) -> None:
    customer = await leaving(house, known=False)
    await until_row(house, customer.card, "Verified: no")
    with house.database.write() as session:
        verified_at = clock.now() - timedelta(minutes=50)
        session.add(WritesFrom(conversation_id=customer.talk.id, number="+447700900123"))
        session.add(
            VerifiedIdentity(
                conversation_id=customer.talk.id,
                customer_id=session.query(Customer).one().id,
                method=IdentityMethod.CODE,
                verified_at=verified_at,
                lapses_at=clock.now() + timedelta(minutes=40),
            )
        )
    rows = await until_row(house, customer.card, "Verified: yes, until")
    latest = verified_at + PHONE_SURE_FOR
    (row,) = [each for each in rows if each.startswith("Verified:")]
    by_clock = f"<!date^{int(latest.timestamp())}^{{time}}|{latest:%H:%M} UTC>"
    assert row.endswith(f"UTC>; if they write, until {by_clock} at the latest")


async def test_who_signs_in_is_shown_as_verified(house: DeskHouse) -> None:
    customer = await leaving(house, known=False)
    await until_row(house, customer.card, "Verified: no")
    with house.database.write() as session:
        session.add(
            VerifiedIdentity(
                conversation_id=customer.talk.id,
                customer_id=session.query(Customer).one().id,
                method=IdentityMethod.CODE,
                verified_at=clock.now(),
                lapses_at=clock.now() + timedelta(hours=1),
            )
        )
    await until_row(house, customer.card, "Verified: yes, until")


async def test_what_becomes_of_the_case_meanwhile_is_shown(house: DeskHouse) -> None:
    customer = await leaving(house)
    with house.database.write() as session:
        person = session.query(Customer).one()
        subscription = session.get_one(Subscription, customer.subscription_ids[0])
        case = cases.open_case(session, person, subscription, customer.talk.id)
    await until_row(house, customer.card, f"Case: {case.number}, open")
    with house.database.write() as session:
        cases.keep(session, session.get_one(Case, case.id))
    await until_row(house, customer.card, f"Case: {case.number}, kept")


async def test_an_offer_of_an_earlier_case_of_this_talk_is_shown(house: DeskHouse) -> None:
    customer = await leaving(house, plans=("Pro", "Team"))
    with house.database.write() as session:
        person = session.query(Customer).one()
        first, second = (session.get_one(Subscription, each) for each in customer.subscription_ids)
        case = cases.open_case(session, person, first, customer.talk.id)
        offer = Offer(name="x", kind=OfferKind.PAUSE, terms={}, policy_version="1")
        offers.decline(session, offers.present(session, case, offer))
        case.opened_at -= timedelta(minutes=1)
        cases.open_case(session, person, second, customer.talk.id)
    await until_row(house, customer.card, "Offer: pause, declined")


async def test_after_a_hard_moment_no_later_hand_off_of_the_talk_has_the_button(
    house: DeskHouse,
) -> None:
    customer = await leaving(house)
    await house.press("Sam", customer.card, "desk_hand_back")
    await house.until(lambda: not house.hand_off(customer.talk).open)
    with house.database.write() as session:
        session.get_one(HandOff, house.hand_off(customer.talk).id).cause = HandOffCause.BEREAVEMENT
    again = await house.ask_for_person(customer.talk)
    await house.press("Sam", again, "desk_claim")
    await house.until_pressable(again, "desk_hand_back")
    shown = pressable(house.slack.workspace.message(again.ts))
    assert ("desk_offer" in shown, "desk_cancel" in shown) == (False, True)
