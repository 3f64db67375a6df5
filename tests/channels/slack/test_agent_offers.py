"""An agent offers something: bounded in the window, approved by another, answered in the chat."""

import asyncio
from typing import Any

import pytest

from offboarding.accounts.model import Subscription
from offboarding.audit import service as audit
from offboarding.billing.ledger import LedgerBilling
from offboarding.billing.model import EntryKind, LedgerEntry
from offboarding.cases import service as cases
from offboarding.cases import workflow
from offboarding.cases.model import Case
from offboarding.cases.reasons import ChurnReason
from offboarding.cases.states import CaseState
from offboarding.handoffs import claiming
from offboarding.handoffs.causes import HandOffCause
from offboarding.handoffs.model import HandOff
from offboarding.identity.model import VerifiedIdentity
from offboarding.offers.allowed import NO_MOMENT
from offboarding.offers.model import AgentOffer, Offer, OfferAnswer, ProposalState
from offboarding.receipts.model import Receipt
from offboarding.settings import SlackTransport
from sandbox.slack.blocks import text_of
from sandbox.slack.driver import Submitted
from sandbox.slack.model import Message
from tests.channels.slack.desk_house import DeskHouse
from tests.channels.slack.leaving import Leaving, leaving, pressable
from tests.channels.slack.signed import block_action, press
from tests.channels.slack.test_home import links_in, opened
from tests.channels.stand_in import StandInRasa

TITLE = "Make an offer"
SAM, NOOR = "U0SAMOKAFOR", "U0NOORHADDAD"
both_transports = pytest.mark.parametrize("transport", list(SlackTransport))


async def offer(customer: Leaving, kind: str, **values: Any) -> Submitted:
    """Sam opens the window, chooses what, fills it in, and sends it."""
    driver = customer.house.slack.driver
    view = await customer.window("desk_offer", TITLE)
    await driver.press("Sam", view, "desk_offer_kind", choose=kind)
    await customer.until_window("Sam", TITLE, _LABELS[kind])
    return await driver.submit("Sam", values=values)


_LABELS = {"discount": "Percent off", "pause": "Months", "smaller_plan": "Nobody else"}


async def presented(customer: Leaving, kind: str = "discount", **values: Any) -> dict[str, Any]:
    """An offer that the customer has; the message."""
    amounts = {"percent": "20", "months": "3"} if kind == "discount" else {"months": "2"}
    sent = await offer(customer, kind, **{**amounts, **values})
    assert (sent.errors, sent.view) == ({}, None)
    return await customer.said("You can cancel")


async def asked_to_approve(customer: Leaving) -> Message:
    """Sam proposes more than they may offer alone; the message that asks for approval."""
    sent = await offer(customer, "discount", percent="30", months="3")
    assert sent.errors == {}
    return await customer.house.until_in_thread(customer.card, "somebody else has to approve it")


def made(customer: Leaving) -> Offer | None:
    with customer.house.database.read() as session:
        return session.query(Offer).order_by(Offer.presented_at.desc()).first()


def proposal(customer: Leaving) -> AgentOffer:
    with customer.house.database.read() as session:
        return session.query(AgentOffer).one()


@both_transports
async def test_what_is_offered_is_taken_in_the_chat_while_the_assistant_is_silent(
    house: DeskHouse, rasa: StandInRasa
) -> None:
    customer = await leaving(house)
    said = await presented(customer)
    assert (said["author"], said["author_name"]) == ("agent", "Sam")
    assert "€23.20 in place of €29.00" in said["text"]
    assert [each["title"] for each in said["quick_replies"]] == ["No, thank you", "Yes, please do"]
    await customer.answer(said, "Yes, please do")
    done = await customer.said("Done. Pro costs €23.20")
    assert done["author"] == "system"
    subscription = customer.subscription()
    assert subscription.discount_percent == 20
    found = made(customer)
    assert found is not None
    assert found.answer is OfferAnswer.ACCEPTED
    assert customer.count(Receipt) == 1
    await house.until(lambda: len(house.mailed) == 1)
    await house.until_in_thread(customer.card, "Done. Pro costs €23.20")
    await house.slack.driver.until(
        lambda: (
            "Offer: 20% less for 3 months, accepted"
            in text_of(house.slack.workspace.message(customer.card.ts).blocks)
        )
    )
    assert rasa.requests == []
    assert (await customer.talk.status())["state"] == "human"


async def test_a_no_changes_nothing_and_is_shown_on_the_card(house: DeskHouse) -> None:
    customer = await leaving(house)
    said = await presented(customer, "pause")
    await customer.answer(said, "No, thank you")
    await customer.said("Nothing was changed")
    assert customer.subscription().paused_until is None
    await house.slack.driver.until(
        lambda: (
            "Offer: a pause of 2 months, declined"
            in text_of(house.slack.workspace.message(customer.card.ts).blocks)
        )
    )


async def test_what_waits_for_approval_is_in_the_home_tab_of_those_who_can_approve_it(
    house: DeskHouse,
) -> None:
    customer = await leaving(house)
    asking = await asked_to_approve(customer)
    for approver in ("Noor", "Priya"):  # neither has ever acted here
        home = await opened(house, approver)
        shown = text_of(home.blocks)
        assert "Waiting for your approval: 1" in shown
        assert "Amara Okafor: 30% less for 3 months" in shown
        assert "asked by Sam Adeyemi" in shown
        link = f"/archives/{customer.card.channel}/p{customer.card.ts.replace('.', '')}"
        assert any(each.endswith(link) for each in links_in(home))
    assert "approval" not in text_of((await opened(house, "Sam")).blocks)

    await house.slack.driver.press("Noor", asking.ts, "desk_offer_approve")
    await customer.said("It could also cost")
    await until_home_says_no_more(house, "approval", "Noor")


async def until_home_says_no_more(house: DeskHouse, words: str, agent: str) -> None:
    def gone() -> bool:
        view = house.slack.driver.home(agent)
        return view is not None and words not in text_of(view.blocks)

    await house.slack.driver.until(gone)


async def test_what_nobody_can_approve_any_more_waits_for_nobody(house: DeskHouse) -> None:
    customer = await leaving(house)
    await asked_to_approve(customer)
    with house.database.write() as session:  # Sam did not answer; the team is asked again
        hand_off = session.get_one(HandOff, house.hand_off(customer.talk).id)
        claiming.release(session, hand_off, house.policies.routing)
    assert proposal(customer).state is ProposalState.WAITING
    assert "approval" not in text_of((await opened(house, "Noor")).blocks)


async def test_the_smaller_plan_needs_no_numbers(house: DeskHouse) -> None:
    customer = await leaving(house)
    await offer(customer, "smaller_plan")
    said = await customer.said("I can also move it to Basic: €9.00 a month")
    await customer.answer(said, "Yes, move it")
    await customer.said("then")
    await house.until(lambda: customer.subscription().next_plan_id == "basic")


async def test_pressed_twice_an_offer_is_taken_once(house: DeskHouse) -> None:
    customer = await leaving(house)
    said = await presented(customer)
    yes = said["quick_replies"][1]["id"]
    await asyncio.gather(
        customer.talk.press(yes),
        customer.talk.press(yes),
        customer.talk.send("the-same-key", quick_reply=yes),
        customer.talk.send("the-same-key", quick_reply=yes),
    )
    await customer.said("has your answer already")
    texts = [each["text"] for each in await customer.messages()]
    assert sum(text.startswith("Done.") for text in texts) == 1
    assert sum("has your answer already" in text for text in texts) == 2
    with house.database.read() as session:
        entries = session.query(LedgerEntry).filter_by(kind=EntryKind.DISCOUNT).count()
    assert (entries, customer.count(Receipt)) == (1, 1)


async def test_a_no_after_a_yes_takes_nothing_back(house: DeskHouse) -> None:
    customer = await leaving(house)
    said = await presented(customer)
    await customer.answer(said, "Yes, please do")
    await customer.answer(said, "No, thank you")
    await customer.said("has your answer already")
    assert customer.subscription().discount_percent == 20


async def test_typed_words_never_take_an_offer(house: DeskHouse) -> None:
    customer = await leaving(house)
    await presented(customer)
    found = made(customer)
    assert found is not None
    await customer.talk.say(f'/agent_offer_accept{{"offer": "{found.id}"}}')
    await house.until_in_thread(customer.card, "/agent_offer_accept")
    assert customer.subscription().discount_percent is None


async def test_a_button_of_one_conversation_is_worth_nothing_in_another(house: DeskHouse) -> None:
    customer, other = await leaving(house), await leaving(house)
    said = await presented(customer)
    yes = said["quick_replies"][1]["id"]
    answer = await other.talk.send(quick_reply=yes)
    assert (answer.status_code, answer.json()["type"]) == (404, "unknown_quick_reply")
    assert customer.subscription().discount_percent is None


async def test_once_it_is_not_sure_any_more_who_it_is_nothing_is_done(house: DeskHouse) -> None:
    customer = await leaving(house)
    said = await presented(customer)
    with house.database.write() as session:
        session.delete(session.get_one(VerifiedIdentity, customer.talk.id))
    await customer.answer(said, "Yes, please do")
    await customer.said("make sure again that it's you")
    assert customer.subscription().discount_percent is None


async def test_what_was_cancelled_meanwhile_on_the_page_cannot_be_taken(house: DeskHouse) -> None:
    customer = await leaving(house)
    said = await presented(customer)
    with house.database.write() as session:
        case = session.query(Case).one()
        billing = LedgerBilling(session)
        cases.show_terms(session, case, billing, house.policies)
        workflow.confirm(
            session, case, case.customer, billing=billing, policies=house.policies, source="page"
        )
    await customer.answer(said, "Yes, please do")
    await customer.said("That offer no longer stands")
    subscription = customer.subscription()
    assert (subscription.discount_percent, subscription.cancel_at is None) == (None, False)
    found = made(customer)
    assert found is not None
    assert found.answer is None


async def test_after_hand_back_an_offer_stands_no_more_and_the_button_says_so(
    house: DeskHouse, rasa: StandInRasa
) -> None:
    customer = await leaving(house)
    said = await presented(customer)
    await house.press("Sam", customer.card, "desk_hand_back")
    await house.until(lambda: made(customer).answer is OfferAnswer.WITHDRAWN)  # type: ignore[union-attr]
    await rasa.asked(1)
    await customer.answer(said, "Yes, please do")
    await customer.said("That offer no longer stands")
    assert customer.subscription().discount_percent is None
    assert [each["intent"]["name"] for each in rasa.requests] == ["person_handed_back"]


async def test_when_the_agent_has_to_leave_their_offer_goes_with_them(house: DeskHouse) -> None:
    customer = await leaving(house)
    said = await presented(customer)
    await house.slack.driver.press(
        "Sam", customer.card.ts, "desk_more", choose="Release to the team"
    )
    await customer.said("had to leave this chat")
    await customer.answer(said, "Yes, please do")
    await customer.said("That offer no longer stands")
    assert customer.subscription().discount_percent is None


async def test_the_window_names_the_bounds_and_a_client_that_ignores_them_is_refused(
    house: DeskHouse,
) -> None:
    customer = await leaving(house)
    view = await customer.window("desk_offer", TITLE)
    await house.slack.driver.press("Sam", view, "desk_offer_kind", choose="discount")
    view = await customer.until_window("Sam", TITLE, "Percent off")
    assert "From 1 to 40. Above 25 another agent has to approve it." in text_of(view.blocks)
    sent = await house.slack.driver.submit("Sam", view, {"percent": "41", "months": "3"})
    assert sent.errors == {"percent:discount": "Please enter 40 or less."}
    field = next(each for each in view.blocks if each["block_id"] == "percent:discount")
    field["element"]["max_value"] = "1000"
    sent = await house.slack.driver.submit("Sam", view, {"percent": "41", "months": "3"})
    assert sent.errors == {"percent:discount": "Write a whole number from 1 to 40."}
    assert made(customer) is None
    assert customer.count(Case) == 0


async def test_a_window_sent_twice_makes_one_offer(house: DeskHouse) -> None:
    customer = await leaving(house)
    view = await customer.window("desk_offer", TITLE)
    values = {"months": "1"}
    await asyncio.gather(*(house.slack.driver.submit("Sam", view, values) for _ in range(3)))
    await customer.said("I can also pause it")
    said = [each for each in await customer.messages() if "I can also pause it" in each["text"]]
    assert (len(said), customer.count(Offer)) == (1, 1)


async def test_after_a_no_the_box_must_be_ticked_and_it_is_recorded(house: DeskHouse) -> None:
    customer = await leaving(house)
    await customer.answer(await presented(customer), "No, thank you")
    await customer.said("Nothing was changed")
    view = await customer.window("desk_offer", TITLE)
    assert "They said no to an offer" in text_of(view.blocks)
    box = next(each for each in view.blocks if each["block_id"] == "asked")
    box["optional"] = True  # as a client that does not insist would send it
    sent = await house.slack.driver.submit("Sam", view, {"months": "1"})
    assert list(sent.errors) == ["asked"]
    sent = await house.slack.driver.submit("Sam", view, {"months": "1", "asked": "asked"})
    assert sent.errors == {}
    await customer.said("I can also pause it")
    with house.database.read() as session:
        case = session.query(Case).one()
        asked = [
            each.details["customer_asked"]
            for each in audit.entries(session, case.id)
            if each.event == "agent_offer_proposed"
        ]
    assert asked == [False, True]


async def test_above_the_limit_another_agent_approves_and_only_then_the_customer_sees_it(
    house: DeskHouse,
) -> None:
    customer = await leaving(house)
    asking = await asked_to_approve(customer)
    assert "Sam Adeyemi would offer 30% less for 3 months" in text_of(asking.blocks)
    assert made(customer) is None
    await house.slack.driver.press("Sam", asking.ts, "desk_offer_approve")
    assert customer.whispers(SAM) == [
        "You proposed this offer, so somebody else has to approve it."
    ]
    await house.slack.driver.press("Noor", asking.ts, "desk_offer_approve")
    said = await customer.said("It could also cost €20.30")
    assert said["author_name"] == "Sam"
    await house.until_in_thread(customer.card, "Noor Haddad approved 30% less for 3 months")
    await house.slack.driver.until(
        lambda: pressable(house.slack.workspace.message(asking.ts)) == []
    )
    await customer.answer(said, "Yes, please do")
    await customer.said("Done. Pro costs €20.30")
    assert customer.subscription().discount_percent == 30


async def test_a_refused_offer_is_never_seen_by_the_customer(house: DeskHouse) -> None:
    customer = await leaving(house)
    asking = await asked_to_approve(customer)
    before = (await customer.talk.status())["last_sequence"]
    await house.slack.driver.press("Noor", asking.ts, "desk_offer_refuse")
    await house.until_in_thread(customer.card, "Noor Haddad refused 30% less for 3 months")
    assert (await customer.talk.status())["last_sequence"] == before
    assert proposal(customer).state is ProposalState.REFUSED


async def test_of_two_who_decide_in_the_same_instant_one_does_and_the_other_reads_who(
    house: DeskHouse,
) -> None:
    customer = await leaving(house)
    asking = await asked_to_approve(customer)
    value = proposal(customer).id
    answers = await asyncio.gather(
        *(
            press(
                house,
                block_action(action, value, user=user, channel=asking.channel, ts=asking.ts),
            )
            for action, user in (
                ("desk_offer_approve", NOOR),
                ("desk_offer_refuse", "U0PRIYARAMAN"),
                ("desk_offer_approve", "U0JONASWEBER"),
            )
        )
    )
    assert {each.status_code for each in answers} == {200}
    decided = proposal(customer)
    told = [
        sentence
        for user in (NOOR, "U0PRIYARAMAN", "U0JONASWEBER")
        for sentence in customer.whispers(user)
    ]
    assert len(told) == 2
    assert all(sentence.endswith("it already.") for sentence in told)
    shown = 1 if decided.state is ProposalState.PRESENTED else 0
    assert customer.count(Offer) == shown


async def test_an_approval_after_the_conversation_ended_offers_nothing_and_says_why(
    house: DeskHouse,
) -> None:
    customer = await leaving(house)
    asking = await asked_to_approve(customer)
    await house.press("Sam", customer.card, "desk_resolve")
    await house.until(lambda: proposal(customer).state is ProposalState.WITHDRAWN)
    await house.slack.driver.press("Noor", asking.ts, "desk_offer_approve")
    assert customer.whispers(NOOR) == [
        "The conversation was handed back, released or resolved, so nothing was offered."
    ]
    assert made(customer) is None


async def test_nothing_is_approved_for_somebody_of_whom_it_is_not_sure_any_more(
    house: DeskHouse,
) -> None:
    customer = await leaving(house)
    asking = await asked_to_approve(customer)
    with house.database.write() as session:
        session.delete(session.get_one(VerifiedIdentity, customer.talk.id))
    await house.slack.driver.press("Noor", asking.ts, "desk_offer_approve")
    assert "It is not sure who writes here" in customer.whispers(NOOR)[0]
    assert (proposal(customer).state, made(customer)) == (ProposalState.WAITING, None)


async def test_the_card_of_an_account_with_a_manager_shows_the_offer_too(house: DeskHouse) -> None:
    customer = await leaving(house, manager=("Henrik Dahl", "henrik@larkspur.example"))
    await presented(customer, "pause")
    shown = house.slack.workspace.message(customer.card.ts)
    await house.slack.driver.until(
        lambda: "Offer: a pause of 2 months, not answered" in text_of(shown.blocks)
    )


async def shows(customer: Leaving, words: str, card: Message | None = None) -> None:
    """Wait until the card says so."""
    workspace, ts = customer.house.slack.workspace, (card or customer.card).ts
    await customer.house.slack.driver.until(lambda: words in text_of(workspace.message(ts).blocks))


async def test_what_waits_for_approval_and_what_is_not_approved_are_on_the_card(
    house: DeskHouse,
) -> None:
    customer = await leaving(house)
    asking = await asked_to_approve(customer)
    await shows(customer, "Offer: 30% less for 3 months, waits for somebody else to approve it")
    await house.slack.driver.press("Noor", asking.ts, "desk_offer_refuse")
    await shows(customer, "Offer: 30% less for 3 months, not approved")


async def test_a_later_card_has_what_became_of_the_offer_and_the_case(house: DeskHouse) -> None:
    customer = await leaving(house)
    said = await presented(customer)
    await shows(customer, "Offer: 20% less for 3 months, not answered")
    await customer.answer(said, "Yes, please do")
    await shows(customer, "Offer: 20% less for 3 months, accepted")
    await house.press("Sam", customer.card, "desk_hand_back")
    await house.until(lambda: not house.hand_off(customer.talk).open)
    again = await house.ask_for_person(customer.talk)
    for row in ("Reason: not given", ", kept", "Offer: 20% less for 3 months, accepted"):
        await shows(customer, row, again)


async def test_a_new_conversation_has_the_offer_and_the_case_of_the_one_before_with_their_days(
    house: DeskHouse,
) -> None:
    customer = await leaving(house)
    said = await presented(customer)
    await customer.answer(said, "Yes, please do")
    await shows(customer, "Offer: 20% less for 3 months, accepted")
    later = await house.same_customer(customer.talk)
    card = await house.ask_for_person(later)
    for words in (", kept, opened on ", "Offer: 20% less for 3 months, accepted on "):
        await shows(customer, words, card)


async def test_a_case_that_goes_on_elsewhere_stays_on_the_card(house: DeskHouse) -> None:
    customer = await leaving(house)
    said = await presented(customer, "pause")
    await customer.answer(said, "No, thank you")
    await shows(customer, "Offer: a pause of 2 months, declined")
    with house.database.write() as session:
        case = session.query(Case).one()
        cases.open_case(session, case.customer, case.subscription, "a-visit-to-the-cancel-page")
        cases.record_reason(session, case, ChurnReason.TOO_EXPENSIVE)
    await shows(customer, "Reason: too expensive")
    await shows(customer, "Offer: a pause of 2 months, declined")


async def test_a_forged_press_approves_nothing(house: DeskHouse) -> None:
    customer = await leaving(house)
    asking = await asked_to_approve(customer)
    payload = block_action(
        "desk_offer_approve", proposal(customer).id, user=NOOR, channel=asking.channel, ts=asking.ts
    )
    answer = await press(house, payload, secret="not the secret of this workspace")
    assert answer.status_code == 401
    assert proposal(customer).state is ProposalState.WAITING


@pytest.mark.parametrize(
    ("how", "sentence"),
    [
        ({"country": "DE"}, "no offers are made in DE"),
        ({"plans": ("Free",)}, "Policy has nothing to offer for Free."),
    ],
)
async def test_where_nothing_may_be_offered_the_card_says_why_and_has_no_such_button(
    house: DeskHouse, how: dict[str, Any], sentence: str
) -> None:
    customer = await leaving(house, **how)
    card = house.slack.workspace.message(customer.card.ts)
    assert "desk_offer" not in pressable(card)
    assert sentence in text_of(card.blocks)


async def test_where_nothing_may_be_offered_any_more_the_window_says_why(
    house: DeskHouse,
) -> None:
    """The card is older than what forbids it."""
    customer = await leaving(house)
    with house.database.write() as session:
        session.get_one(HandOff, house.hand_off(customer.talk).id).cause = HandOffCause.HARDSHIP
    view = await customer.window("desk_offer", TITLE)
    assert NO_MOMENT in text_of(view.blocks)
    assert view.content.get("submit") is None


async def test_in_a_hard_moment_the_card_has_no_offer_but_a_way_to_cancel(
    house: DeskHouse,
) -> None:
    customer = await leaving(house, cause=HandOffCause.BEREAVEMENT)
    buttons = pressable(house.slack.workspace.message(customer.card.ts))
    assert "desk_offer" not in buttons
    assert "desk_cancel" in buttons


async def test_only_who_claimed_it_can_offer(house: DeskHouse) -> None:
    customer = await leaving(house)
    view = await customer.window("desk_offer", TITLE, agent="Noor")
    assert "Sam Adeyemi is talking with this customer" in text_of(view.blocks)


async def test_of_several_plans_the_chosen_one_is_offered_on(house: DeskHouse) -> None:
    customer = await leaving(house, plans=("Pro", "Free"))
    view = await customer.window("desk_offer", TITLE)
    await house.slack.driver.press("Sam", view, "desk_offer_plan", choose="Free")
    view = await customer.until_window("Sam", TITLE, "Policy has nothing to offer for Free.")
    sent = await house.slack.driver.submit("Sam", view)
    assert list(sent.errors) == ["plan"]
    await house.slack.driver.press("Sam", view, "desk_offer_plan", choose="Pro")
    await customer.until_window("Sam", TITLE, "Months")
    await house.slack.driver.submit("Sam", values={"months": "1"})
    await customer.said("You can cancel Pro")


async def test_when_the_plan_is_cancelled_for_them_the_offer_stands_no_more(
    house: DeskHouse,
) -> None:
    customer = await leaving(house)
    said = await presented(customer)
    await customer.window("desk_cancel", "Cancel for the customer")
    await house.slack.driver.submit("Sam", values={"asked": "asked"})
    await customer.answer(said, "Yes, please do")
    await customer.said("That offer no longer stands")
    with house.database.read() as session:
        case = session.query(Case).one()
        subscription = session.get_one(Subscription, customer.subscription_ids[0])
        assert (case.state, subscription.discount_percent) == (CaseState.SCHEDULED, None)
