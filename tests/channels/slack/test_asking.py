"""Help for an agent who asks for it, which nobody else sees and nothing sends."""

from pathlib import Path

import pytest

from channels.desk.helping import ONLY_YOU_MAY, YOU_MAY
from channels.slack.asking import NOT_SENT
from offboarding.cases import service as cases
from offboarding.cases.model import Case
from offboarding.cases.reasons import ChurnReason
from offboarding.errors import PolicyError
from offboarding.handoffs import service as handoffs
from offboarding.handoffs.causes import HandOffCause
from offboarding.handoffs.model import HandOff
from offboarding.handoffs.suggestions import (
    ALWAYS_KNOWN,
    OF_THE_ACCOUNT,
    SuggestionPolicy,
    suggested,
)
from offboarding.identity.service import identified_customer
from offboarding.offers import service as offers
from offboarding.offers.model import Offer, OfferKind
from offboarding.policies.reading import read_policy
from offboarding.settings import REPOSITORY
from sandbox.slack.blocks import text_of
from sandbox.slack.model import Message
from tests.channels.slack.desk_house import DeskHouse
from tests.channels.talk import Talk
from tests.factories import make_subscription

FILE = REPOSITORY / "policy" / "suggestions.yml"


async def helped(house: DeskHouse, card: Message) -> str:
    """What Sam alone sees after asking for help."""
    sam = house.slack.workspace.user("Sam").id
    await house.slack.driver.until(
        lambda: "Help me answer" in text_of(house.slack.workspace.message(card.ts).blocks)
    )
    await house.slack.driver.press("Sam", card.ts, "desk_ask")

    def look() -> str | None:
        for each in house.slack.workspace.thread(card.ts, seen_by=sam):
            if each.only_for == sam:
                return text_of(each.blocks) or each.text
        return None

    found = await house.slack.driver.until(look)
    assert found is not None
    return found


def leaves_for_the_price(house: DeskHouse, talk: Talk) -> None:
    with house.database.write() as session:
        customer = identified_customer(session, talk.id)
        assert customer is not None
        subscription = make_subscription(session, customer)
        case = cases.open_case(session, customer, subscription, talk.id)
        case.reason = ChurnReason.TOO_EXPENSIVE


async def test_a_suggestion_has_the_accounts_own_dates_and_is_not_sent(house: DeskHouse) -> None:
    talk, card = await house.claimed()
    leaves_for_the_price(house, talk)
    before = len(await talk.until(1))
    shown = await helped(house, card)
    assert NOT_SENT in shown
    assert "Amara, I see that Pro costs more" in shown
    assert "€29.00" in shown
    assert "The assistant can offer a discount: " in shown
    assert "The assistant can't offer a pause: " in shown
    assert YOU_MAY in shown
    assert "less-for-a-while" not in shown
    assert "Pro: paid until" in shown
    assert "because UK tax law says so" in shown
    assert len(await talk.until(1)) == before


async def test_after_an_offer_of_late_it_is_the_agent_who_may_make_one(house: DeskHouse) -> None:
    talk, card = await house.claimed()
    leaves_for_the_price(house, talk)
    with house.database.write() as session:
        case = session.query(Case).one()
        offer = Offer(name="x", kind=OfferKind.PAUSE, terms={}, policy_version="1")
        offers.decline(session, offers.present(session, case, offer))
    shown = await helped(house, card)
    assert "The assistant can't offer anything: an offer was made in the last 180 days." in shown
    assert ONLY_YOU_MAY in shown
    assert "cooldown_days" not in shown
    assert "Nothing can be offered" not in shown
    await house.until_pressable(card, "desk_offer")


async def test_of_a_stranger_nothing_is_said_of_an_account(house: DeskHouse) -> None:
    _, card = await house.claimed(known=False)
    shown = await helped(house, card)
    assert "It is not sure who writes here" in shown
    assert "Offers" not in shown


async def test_in_a_hard_moment_no_offer_is_named(house: DeskHouse) -> None:
    talk = await house.customer()
    with house.database.write() as session:
        customer = identified_customer(session, talk.id)
        assert customer is not None
        make_subscription(session, customer)
        hand_off = handoffs.request(
            session, talk.id, cause=HandOffCause.BEREAVEMENT, desk=house.policies.routing
        )
        number = hand_off.number
    card = await house.until_shown(f"Request: {number}")
    await house.slack.driver.press("Sam", card.ts, "desk_claim")
    shown = await helped(house, card)
    assert "I'm very sorry for your loss" in shown
    assert "no moment for an offer" in shown
    assert "can offer" not in shown
    assert "You may offer" not in shown


async def test_who_asks_about_an_ended_conversation_is_told(house: DeskHouse) -> None:
    talk, card = await house.claimed()
    await house.slack.driver.until(
        lambda: "Help me answer" in text_of(house.slack.workspace.message(card.ts).blocks)
    )
    with house.database.write() as session:
        hand_off = session.get_one(HandOff, house.hand_off(talk).id)
        hand_off.state, hand_off.ended_at = "resolved", hand_off.requested_at
    assert "handed back or resolved already" in await helped(house, card)


@pytest.mark.parametrize("cause", list(HandOffCause))
@pytest.mark.parametrize("reason", [None, *ChurnReason])
def test_there_is_a_suggestion_for_everybody(
    cause: HandOffCause, reason: ChurnReason | None
) -> None:
    policy = read_policy(FILE, SuggestionPolicy)
    assert suggested(policy, cause, None, dict.fromkeys(ALWAYS_KNOWN, "7F3K-22A"))
    known = dict.fromkeys(ALWAYS_KNOWN | OF_THE_ACCOUNT, "x")
    assert "{" not in suggested(policy, cause, reason, known)


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ("{plan} could end", "{pla} could end", "{pla} is not known"),
        ("{plan} could end", "{plan could end", "is not"),
        ("{number}. What would", "{plan}. What would", "for everybody"),
        ("causes: [fraud]", "causes: [frod]", "suggestions.4.causes.0"),
    ],
)
def test_a_mistake_in_the_file_is_named(tmp_path: Path, before: str, after: str, told: str) -> None:
    text = FILE.read_text("utf-8")
    assert before in text
    wrong = tmp_path / "suggestions.yml"
    wrong.write_text(text.replace(before, after), "utf-8")
    with pytest.raises(PolicyError) as raised:
        read_policy(wrong, SuggestionPolicy)
    assert str(wrong) in raised.value.sentence
    assert told in raised.value.sentence
