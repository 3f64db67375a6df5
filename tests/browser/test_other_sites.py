"""The widget on a company's own website: where it may be, and where it may not."""

from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from playwright.sync_api import expect

from channels.conversations.model import Conversation
from sandbox import company
from tests.browser.axe import judge
from tests.browser.conftest import NewCustomer
from tests.browser.customer import Customer
from tests.browser.records import subscription_of
from tests.browser.site import Site, serve_site
from tests.house import House, open_house

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def listed_site() -> Iterator[Site]:
    """A website that the house knows."""
    with serve_site() as site:
        yield site


@pytest.fixture(scope="module")
def embedding_house(tmp_path_factory: pytest.TempPathFactory, listed_site: Site) -> Iterator[House]:
    """A house whose operator has listed that website."""
    folder = tmp_path_factory.mktemp("house")
    with open_house(folder, OFFBOARD_ALLOWED_ORIGINS=listed_site.address) as house:
        yield house


@pytest.fixture
def guest(new_customer: NewCustomer, embedding_house: House, listed_site: Site) -> Customer:
    """Somebody who will go to the listed website, with nobody signed in there yet."""
    company.reset(embedding_house.database, embedding_house.settings)
    listed_site.widget_origin = embedding_house.address
    listed_site.identity_token = None
    someone = new_customer(embedding_house)
    someone.watch.other_origins.add(listed_site.address)
    return someone


def test_a_listed_site_has_the_whole_talk_under_its_own_strict_policy(
    guest: Customer, listed_site: Site
) -> None:
    listed_site.identity_token = guest.house.identity_token("maya-okafor")
    guest.page.goto(listed_site.address)
    guest.open_chat()
    expect(guest.panel).to_contain_text("Fjord Bicycles")
    guest.cancel_by_chat()
    with guest.page.expect_popup() as opened:
        guest.card("Receipt ").get_by_role("link", name="Open the receipt").click()
    expect(opened.value.get_by_role("main")).to_contain_text("Receipt for Maya Okafor")
    kept = subscription_of(guest.house, "maya-okafor")
    assert kept.cancel_at == kept.period_end
    assert judge(guest.page, "another site") == []


def test_cancel_now_works_from_a_listed_site(guest: Customer, listed_site: Site) -> None:
    listed_site.identity_token = guest.house.identity_token("maya-okafor")
    guest.page.goto(listed_site.address)
    guest.open_chat()
    with guest.page.expect_popup() as opened:
        guest.cancel_now.click()
    expect(opened.value.get_by_role("heading", level=1)).to_have_text("Cancel Pro")


def test_a_sign_in_that_is_too_old_makes_a_visitor_and_breaks_nothing(
    guest: Customer, listed_site: Site
) -> None:
    listed_site.identity_token = guest.house.identity_token("maya-okafor", minutes=-5)
    guest.watch.excuse("status of 401|identity token was refused")
    guest.page.goto(listed_site.address)
    guest.open_chat()
    guest.say("cancel my plan")
    guest.heard("Which e-mail address")


def test_a_site_that_is_not_listed_is_refused_and_its_page_goes_on_working(
    guest: Customer,
) -> None:
    with serve_site() as stranger:
        stranger.widget_origin = guest.house.address
        stranger.identity_token = guest.house.identity_token("maya-okafor")
        guest.watch.other_origins.add(stranger.address)
        guest.watch.excuse("blocked by CORS policy|net::ERR_FAILED")
        guest.page.goto(stranger.address)
        guest.launcher.click()
        expect(guest.status).to_contain_text("Connection lost")
        expect(guest.log).not_to_contain_text("automated assistant of")
        guest.page.get_by_role("button", name="Ring").click()
        expect(guest.page.locator("#rung")).to_have_text("Ding")
        with guest.page.expect_popup() as opened:
            guest.cancel_now.click()
        expect(opened.value.get_by_role("heading", level=1)).to_have_text("Cancel a plan")
        guest.page.close()
    with guest.house.database.read() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(Conversation)) == 0
