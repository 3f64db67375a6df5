"""What is sent from a window is about what the window showed, whatever its menus say by then."""

from offboarding.cases.model import Case
from offboarding.offers.model import Offer
from sandbox.slack.blocks import text_of
from tests.channels.slack.desk_house import DeskHouse
from tests.channels.slack.leaving import leaving

CANCEL, OFFER = "Cancel for the customer", "Make an offer"


async def test_a_plan_whose_terms_were_not_shown_is_shown_before_it_is_cancelled(
    house: DeskHouse,
) -> None:
    """Chosen in the menu and sent at once, before Slack had the window of the other plan."""
    customer = await leaving(house, plans=("Pro", "Team"))
    await customer.window("desk_cancel", CANCEL)
    team = customer.subscription_ids[1]
    sent = await house.slack.driver.submit(
        "Sam", values={"desk_cancel_plan": team, "asked": "asked"}
    )
    assert sent.view is not None
    assert "Plan: Team" in text_of(sent.view.blocks)
    assert "Nothing was cancelled" in text_of(sent.view.blocks)
    assert [customer.subscription(each).cancel_at for each in (0, 1)] == [None, None]
    again = await house.slack.driver.submit("Sam", values={"asked": "asked"})
    assert (again.errors, again.view) == ({}, None)
    assert customer.subscription(0).cancel_at is None
    assert customer.subscription(1).cancel_at is not None


async def test_the_box_of_one_plan_is_no_yes_to_another(house: DeskHouse) -> None:
    customer = await leaving(house, plans=("Pro", "Team"))
    await customer.window("desk_cancel", CANCEL)
    values = {"desk_cancel_plan": customer.subscription_ids[1], "asked": "asked"}
    await house.slack.driver.submit("Sam", values=values)
    sent = await house.slack.driver.submit("Sam")
    assert list(sent.errors) != []
    assert customer.count(Case) == 0


async def test_a_kind_whose_fields_were_not_shown_is_shown_before_it_is_offered(
    house: DeskHouse,
) -> None:
    customer = await leaving(house)
    await customer.window("desk_offer", OFFER)
    sent = await house.slack.driver.submit(
        "Sam", values={"desk_offer_kind": "smaller_plan", "months": "1"}
    )
    assert sent.view is not None
    assert "Nothing was offered yet" in text_of(sent.view.blocks)
    assert customer.count(Offer) == 0
    again = await house.slack.driver.submit("Sam")
    assert (again.errors, again.view) == ({}, None)
    await customer.said("I can also move it to Basic")


async def test_an_offer_is_made_on_the_plan_that_was_chosen(house: DeskHouse) -> None:
    customer = await leaving(house, plans=("Pro", "Team"))
    await customer.window("desk_offer", OFFER)
    values = {"desk_offer_plan": customer.subscription_ids[1], "months": "1"}
    sent = await house.slack.driver.submit("Sam", values=values)
    assert sent.view is not None
    assert "Nothing was offered yet" in text_of(sent.view.blocks)
    assert customer.count(Offer) == 0
    await house.slack.driver.submit("Sam", values={"months": "1"})
    await customer.said("Team")
    assert customer.case(0) is None
