"""An agent cancels for the customer: they see what will happen, and it is done once."""

import asyncio
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest

from offboarding import clock
from offboarding.accounts.model import Customer, Subscription, SubscriptionState
from offboarding.audit import service as audit
from offboarding.billing.ledger import LedgerBilling
from offboarding.billing.model import EntryKind, LedgerEntry
from offboarding.cases import service as cases
from offboarding.cases import workflow
from offboarding.cases.model import Case
from offboarding.cases.states import CaseState
from offboarding.identity.model import VerifiedIdentity
from offboarding.receipts.model import Receipt
from sandbox.slack.blocks import elements_of, text_of
from sandbox.slack.model import View
from tests.channels.slack.desk_house import DeskHouse
from tests.channels.slack.leaving import Leaving, leaving, pressable
from tests.channels.stand_in import StandInRasa
from tests.factories import begin_lately

TITLE = "Cancel for the customer"
ASKED = {"asked": "asked"}


async def cancelled(customer: Leaving) -> None:
    """Sam opens the window, ticks the box, and sends it."""
    await customer.window("desk_cancel", TITLE)
    sent = await customer.house.slack.driver.submit("Sam", values=ASKED)
    assert (sent.errors, sent.view) == ({}, None)


async def test_the_window_shows_just_what_the_assistant_would_show_and_looking_changes_nothing(
    house: DeskHouse,
) -> None:
    customer = await leaving(house)
    view = await customer.window("desk_cancel", TITLE)
    text = text_of(view.blocks)
    for row in (
        "Plan: Pro",
        "Access: It ends on",
        "Money: The payment of",
        "will not be taken. Nothing more is charged.",
        "Their content: It can be downloaded",
        "Invoices: Kept until",
        "Undo: Until",
    ):
        assert row in text
    assert choice(view) is None, "there is one way"
    assert customer.count(Case) == 0


async def test_what_was_confirmed_is_done_and_the_customer_has_the_receipt(
    house: DeskHouse, rasa: StandInRasa
) -> None:
    customer = await leaving(house)
    await cancelled(customer)
    subscription, case = customer.subscription(), customer.case()
    assert subscription.cancel_at == subscription.period_end
    assert case is not None
    assert case.state is CaseState.SCHEDULED
    said = await customer.said("is cancelled and ends on")
    assert (said["author"], said["card"]["kind"]) == ("system", "receipt")
    assert said["card"]["links"][0]["url"].startswith("http")
    await house.until(lambda: len(house.mailed) == 1)
    with house.database.read() as session:
        recorded = {each.event: each.details for each in audit.entries(session, case.id)}
    agent = house.hand_off(customer.talk).agent
    assert agent is not None
    assert recorded["confirmed"]["source"] == f"agent:{agent.id}"
    assert recorded["cancelled_by_agent"] == {"agent": agent.id, "asked": True}
    await house.until_in_thread(customer.card, f"[Receipt {case.number}]")
    await house.slack.driver.until(
        lambda: "ends " in text_of(house.slack.workspace.message(customer.card.ts).blocks)
    )
    assert rasa.requests == []


async def test_without_the_box_nothing_is_cancelled(house: DeskHouse) -> None:
    customer = await leaving(house)
    view = await customer.window("desk_cancel", TITLE)
    block = next(each for each in view.blocks if each["type"] == "input")
    sent = await house.slack.driver.submit("Sam")
    assert list(sent.errors) == [block["block_id"]]
    block["optional"] = True  # as a client that does not insist would send it
    sent = await house.slack.driver.submit("Sam")
    assert "without that nothing is cancelled" in sent.errors[block["block_id"]].lower()
    assert customer.subscription().cancel_at is None


async def test_sent_twice_it_is_done_once(house: DeskHouse) -> None:
    customer = await leaving(house)
    view = await customer.window("desk_cancel", TITLE)
    driver = house.slack.driver
    await asyncio.gather(*(driver.submit("Sam", view, ASKED) for _ in range(3)))
    await driver.submit("Sam", view, ASKED)
    await customer.said("is cancelled and ends on")
    said = [each for each in await customer.messages() if "is cancelled" in each["text"]]
    assert (len(said), customer.count(Receipt), customer.count(LedgerEntry)) == (1, 1, 1)


async def test_what_the_customer_took_back_is_not_cancelled_again_by_an_old_window(
    house: DeskHouse,
) -> None:
    customer = await leaving(house)
    view = await customer.window("desk_cancel", TITLE)
    await house.slack.driver.submit("Sam", view, ASKED)
    with house.database.write() as session:
        case = session.query(Case).one()
        workflow.undo(session, case, case.customer, billing=LedgerBilling(session))
    await house.slack.driver.submit("Sam", view, ASKED)
    assert customer.subscription().cancel_at is None


async def test_when_something_else_would_happen_by_now_that_is_shown_first(
    house: DeskHouse,
) -> None:
    customer = await leaving(house)
    await customer.window("desk_cancel", TITLE)
    with house.database.write() as session:
        subscription = session.get_one(Subscription, customer.subscription_ids[0])
        subscription.period_end = clock.now() + timedelta(days=90)
    sent = await house.slack.driver.submit("Sam", values=ASKED)
    assert sent.view is not None
    assert "nothing was cancelled" in text_of(sent.view.blocks)
    assert customer.subscription().cancel_at is None
    again = await house.slack.driver.submit("Sam", values=ASKED)
    assert again.view is None
    assert customer.subscription().cancel_at == customer.subscription().period_end


async def test_of_several_plans_the_chosen_one_is_cancelled(house: DeskHouse) -> None:
    customer = await leaving(house, plans=("Pro", "Team"))
    view = await customer.window("desk_cancel", TITLE)
    assert "Plan: Pro" in text_of(view.blocks)
    await house.slack.driver.press("Sam", view, "desk_cancel_plan", choose="Team")
    await customer.until_window("Sam", TITLE, "Plan: Team")
    await house.slack.driver.submit("Sam", values=ASKED)
    assert customer.subscription(0).cancel_at is None
    assert customer.subscription(1).cancel_at is not None


async def test_a_free_plan_ends_without_money_being_spoken_of(house: DeskHouse) -> None:
    customer = await leaving(house, plans=("Free",))
    view = await customer.window("desk_cancel", TITLE)
    assert "Nothing is charged." in text_of(view.blocks)
    await house.slack.driver.submit("Sam", values=ASKED)
    said = await customer.said("is cancelled and ends on")
    assert {"label": "Money", "value": "Nothing is charged"} in said["card"]["rows"]


async def newcomer(house: DeskHouse) -> Leaving:
    """Somebody who would be paid back: there are two ways to leave."""
    customer = await leaving(house)
    with house.database.write() as session:
        begin_lately(session, session.get_one(Subscription, customer.subscription_ids[0]))
    return customer


@dataclass(frozen=True)
class Choice:
    """The choice between two ways, as the window has it."""

    block_id: str
    labels: list[str]
    undo: list[str]
    made: str | None


def choice(view: View) -> Choice | None:
    """None where there is one way."""
    for block in view.blocks:
        for element in elements_of(block):
            if element["type"] == "radio_buttons":
                made = element.get("initial_option")
                return Choice(
                    block["block_id"],
                    [each["text"]["text"] for each in element["options"]],
                    [each["description"]["text"] for each in element["options"]],
                    made["text"]["text"] if made else None,
                )
    return None


def both(view: View) -> Choice:
    found = choice(view)
    assert found is not None
    return found


def of_case(customer: Leaving, event: str) -> list[Any]:
    with customer.house.database.read() as session:
        case = session.query(Case).one()
        return [each.details for each in audit.entries(session, case.id) if each.event == event]


def paid_back(customer: Leaving) -> list[int]:
    with customer.house.database.read() as session:
        refunds = session.query(LedgerEntry).filter(LedgerEntry.kind == EntryKind.REFUND)
        return [-each.amount_minor for each in refunds]


async def test_both_ways_to_leave_are_shown_alike_and_none_is_chosen_for_who_said_nothing(
    house: DeskHouse,
) -> None:
    customer = await newcomer(house)
    view = await customer.window("desk_cancel", TITLE)
    shown = both(view)
    assert shown.labels[0] == "At once, with €29.00 paid back"
    assert shown.labels[1].endswith(", with nothing paid back")
    assert shown.undo[0] == "It can't be undone"
    assert shown.undo[1].startswith("It can be undone until ")
    assert shown.made is None
    text = text_of(view.blocks)
    for row in (
        "Access: It ends at once",
        "Paid back: €29.00, because they are within the 14 days",
        "Undo: Not possible.",
        "will not be taken. Nothing more is charged. Nothing is paid back.",
        "Undo: Until",
    ):
        assert row in text
    assert "The customer has said" not in text
    assert customer.count(Case) == 0


async def test_the_agent_lets_it_run_out_and_the_old_window_changes_nothing(
    house: DeskHouse,
) -> None:
    customer = await newcomer(house)
    view = await customer.window("desk_cancel", TITLE)
    now, later = both(view).labels
    sent = await house.slack.driver.submit("Sam", view, {**ASKED, "way": later})
    assert (sent.errors, sent.view) == ({}, None)
    await customer.said("is cancelled and ends on")
    await house.slack.driver.submit("Sam", view, {**ASKED, "way": now})
    subscription, case = customer.subscription(), customer.case()
    assert (subscription.state, subscription.cancel_at) == (
        SubscriptionState.ACTIVE,
        subscription.period_end,
    )
    assert case is not None
    assert case.state is CaseState.SCHEDULED
    assert (customer.count(Receipt), paid_back(customer)) == (1, [])
    agent = house.hand_off(customer.talk).agent
    assert agent is not None
    assert of_case(customer, "way_chosen") == [{"runs_out": True, "by": f"agent:{agent.id}"}]
    assert [each["amount_minor"] for each in of_case(customer, "refund_let_go")] == [2900]


async def test_the_agent_ends_it_at_once_with_the_money_back(house: DeskHouse) -> None:
    customer = await newcomer(house)
    view = await customer.window("desk_cancel", TITLE)
    await house.slack.driver.submit("Sam", view, {**ASKED, "way": both(view).labels[0]})
    said = await customer.said("Pro has ended")
    assert any("€29.00" in row["value"] for row in said["card"]["rows"])
    assert customer.subscription().state is SubscriptionState.ENDED
    assert [each["amount_minor"] for each in of_case(customer, "refund_agreed")] == [2900]


def let_it_run(customer: Leaving) -> None:
    """The customer says so to the assistant."""
    with customer.house.database.write() as session:
        plan = session.get_one(Subscription, customer.subscription_ids[0])
        known = session.get_one(VerifiedIdentity, customer.talk.id)
        person = session.get_one(Customer, known.customer_id)
        case = cases.open_case(session, person, plan, customer.talk.id)
        cases.choose_way(session, case, runs_out=True)


def leave(customer: Leaving, *, runs_out: bool) -> None:
    """The customer says yes to the assistant, or on the page."""
    policies = customer.house.policies
    with customer.house.database.write() as session:
        plan = session.get_one(Subscription, customer.subscription_ids[0])
        known = session.get_one(VerifiedIdentity, customer.talk.id)
        person = session.get_one(Customer, known.customer_id)
        case = cases.open_case(session, person, plan, customer.talk.id)
        billing = LedgerBilling(session)
        cases.choose_way(session, case, runs_out=runs_out)
        cases.show_terms(session, case, billing, policies)
        workflow.confirm(session, case, person, billing=billing, policies=policies, source="page")


@pytest.mark.parametrize(
    ("runs_out", "how"),
    [
        (True, "Pro ends on"),
        (False, "€29.00 is paid back at once, the way they paid, because they are within"),
    ],
)
async def test_who_chooses_what_the_customer_did_not_agree_to_meanwhile_reads_how_it_was_cancelled(
    house: DeskHouse, runs_out: bool, how: str
) -> None:
    customer = await newcomer(house)
    view = await customer.window("desk_cancel", TITLE)
    now, later = both(view).labels
    leave(customer, runs_out=runs_out)
    chosen = {**ASKED, "way": now if runs_out else later}
    sent = await house.slack.driver.submit("Sam", view, chosen)
    assert sent.view is not None
    told = text_of(sent.view.blocks)
    assert "It was cancelled already, so nothing was changed. This is how: Pro end" in told
    assert how in told
    assert customer.count(Receipt) == 1
    assert len(of_case(customer, "refund_agreed")) == (0 if runs_out else 1)
    assert not [each for each in await customer.messages() if each["card"] is not None]


@pytest.mark.parametrize("runs_out", [True, False])
async def test_who_chooses_just_what_the_customer_agreed_to_meanwhile_has_it_done(
    house: DeskHouse, runs_out: bool
) -> None:
    customer = await newcomer(house)
    view = await customer.window("desk_cancel", TITLE)
    now, later = both(view).labels
    leave(customer, runs_out=runs_out)
    chosen = {**ASKED, "way": later if runs_out else now}
    sent = await house.slack.driver.submit("Sam", view, chosen)
    assert (sent.errors, sent.view) == ({}, None)
    assert customer.count(Receipt) == 1


async def test_what_the_customer_says_meanwhile_is_shown_before_the_agent_chooses(
    house: DeskHouse,
) -> None:
    customer = await newcomer(house)
    view = await customer.window("desk_cancel", TITLE)
    let_it_run(customer)
    now, later = both(view).labels
    sent = await house.slack.driver.submit("Sam", view, {**ASKED, "way": now})
    assert sent.view is not None
    assert "nothing was cancelled" in text_of(sent.view.blocks)
    assert (both(sent.view).labels, both(sent.view).made) == ([later, now], later)
    assert customer.subscription().renews


async def test_what_the_customer_chose_stands_first_and_is_chosen(house: DeskHouse) -> None:
    customer = await newcomer(house)
    let_it_run(customer)
    view = await customer.window("desk_cancel", TITLE)
    shown = both(view)
    assert shown.labels[1].startswith("At once")
    assert shown.made == shown.labels[0]
    assert "The customer has said that they want it to run out." in text_of(view.blocks)
    await house.slack.driver.submit("Sam", view, ASKED)
    assert customer.subscription().cancel_at == customer.subscription().period_end
    assert paid_back(customer) == []


async def test_without_one_of_the_ways_nothing_is_cancelled(house: DeskHouse) -> None:
    customer = await newcomer(house)
    view = await customer.window("desk_cancel", TITLE)
    place = both(view).block_id
    sent = await house.slack.driver.submit("Sam", view, ASKED)
    assert list(sent.errors) == [place]
    for block in view.blocks:
        block["optional"] = True  # as a client that does not insist would send it
    sent = await house.slack.driver.submit("Sam", view, ASKED)
    assert sent.errors == {
        place: "Choose how it shall end, as they want it. Without that nothing is cancelled."
    }
    assert customer.subscription().cancel_at is None


async def test_a_way_that_is_gone_since_it_was_shown_is_not_taken_and_the_one_left_is_shown(
    house: DeskHouse,
) -> None:
    customer = await newcomer(house)
    view = await customer.window("desk_cancel", TITLE)
    with house.database.write() as session:
        plan = session.get_one(Subscription, customer.subscription_ids[0])
        plan.started_at -= timedelta(days=30)
    chosen = {**ASKED, "way": both(view).labels[0]}
    sent = await house.slack.driver.submit("Sam", view, chosen)
    assert sent.view is not None
    assert "nothing was cancelled" in text_of(sent.view.blocks)
    assert choice(sent.view) is None
    assert customer.subscription().cancel_at is None
    again = await house.slack.driver.submit("Sam", values=ASKED)
    assert (again.errors, again.view) == ({}, None)
    assert customer.subscription().cancel_at == customer.subscription().period_end
    assert paid_back(customer) == []


async def test_for_somebody_unknown_the_card_has_no_button_and_says_how_to_make_sure(
    house: DeskHouse,
) -> None:
    customer = await leaving(house, known=False)
    shown = house.slack.workspace.message(customer.card.ts)
    await house.slack.driver.until(
        lambda: "It is not sure who writes here" in text_of(shown.blocks)
    )
    assert "desk_cancel" not in pressable(shown)
    assert "desk_offer" not in pressable(shown)


async def test_once_it_is_not_sure_any_more_who_it_is_nothing_is_cancelled(
    house: DeskHouse,
) -> None:
    customer = await leaving(house)
    view = await customer.window("desk_cancel", TITLE)
    with house.database.write() as session:
        identity = session.get_one(VerifiedIdentity, customer.talk.id)
        identity.lapses_at = clock.now() - timedelta(seconds=1)
    sent = await house.slack.driver.submit("Sam", view, ASKED)
    assert sent.view is not None
    assert "It is not sure who writes here" in text_of(sent.view.blocks)
    assert customer.subscription().cancel_at is None


async def test_who_writes_to_a_person_stays_known_however_long_they_talk(house: DeskHouse) -> None:
    customer = await leaving(house)
    with house.database.write() as session:
        identity = session.get_one(VerifiedIdentity, customer.talk.id)
        identity.lapses_at = clock.now() + timedelta(minutes=1)
    await customer.talk.say("Please cancel it")
    with house.database.read() as session:
        lapses_at = session.get_one(VerifiedIdentity, customer.talk.id).lapses_at
    assert lapses_at > clock.now() + timedelta(minutes=5)


async def test_somebody_who_has_not_claimed_it_reads_who_has(house: DeskHouse) -> None:
    customer = await leaving(house)
    view = await customer.window("desk_cancel", TITLE, agent="Noor")
    assert "Sam Adeyemi is talking with this customer" in text_of(view.blocks)
    assert view.content.get("submit") is None


async def test_after_hand_back_an_open_window_cancels_nothing(house: DeskHouse) -> None:
    customer = await leaving(house)
    view = await customer.window("desk_cancel", TITLE)
    await house.press("Sam", customer.card, "desk_hand_back")
    sent = await house.slack.driver.submit("Sam", view, ASKED)
    assert sent.view is not None
    assert "handed back or resolved already" in text_of(sent.view.blocks)
    assert customer.subscription().cancel_at is None


async def test_another_customers_plan_cannot_be_named(house: DeskHouse) -> None:
    customer, other = await leaving(house), await leaving(house)
    view = await customer.window("desk_cancel", TITLE)
    view.content["private_metadata"] = view.content["private_metadata"].replace(
        customer.subscription_ids[0], other.subscription_ids[0]
    )
    sent = await house.slack.driver.submit("Sam", view, ASKED)
    assert sent.view is not None
    assert "They have no such plan" in text_of(sent.view.blocks)
    assert other.subscription().cancel_at is None
