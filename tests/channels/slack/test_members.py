"""Only the company's own people act; its guests where policy lets them, others never."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from channels.slack.members import GUEST, OUTSIDER
from offboarding.handoffs.states import HandOffState
from offboarding.policies.store import Policies
from offboarding.settings import SlackTransport
from sandbox.slack.faults import Faults
from sandbox.slack.people import TEAM_ID
from tests.channels.slack.desk_house import SUPPORT, DeskHouse
from tests.channels.slack.desk_policies import policies_in

NOT_OURS = pytest.mark.parametrize(
    ("make", "sentence"),
    [(Faults.make_guest, GUEST), (Faults.from_elsewhere, OUTSIDER)],
    ids=["a guest", "somebody of another workspace"],
)
BOTH_TRANSPORTS = pytest.mark.parametrize("transport", list(SlackTransport))


@pytest.fixture
def desk_policies(tmp_path: Path) -> Policies:
    """Some that can be changed."""
    return policies_in(tmp_path / "policy")


def seen_by(house: DeskHouse, agent: str) -> list[str]:
    """What only this agent was told in the team's channel."""
    user = house.slack.workspace.user(agent).id
    channel = house.slack.workspace.channel(SUPPORT).id
    shown = house.slack.workspace.in_channel(channel, seen_by=user)
    return [each.text for each in shown if each.only_for == user]


@BOTH_TRANSPORTS
@NOT_OURS
async def test_who_is_not_ours_claims_nothing_and_is_told_why(
    house: DeskHouse, make: Callable[[Faults, str], None], sentence: str
) -> None:
    make(house.slack.faults, "Sam")
    talk = await house.customer()
    card = await house.ask_for_person(talk)
    await house.press("Sam", card, "desk_claim")
    await house.slack.driver.until(lambda: sentence in seen_by(house, "Sam"))
    assert house.hand_off(talk).state is HandOffState.WAITING
    await house.press("Noor", card, "desk_claim")
    await house.until_pressable(card, "desk_hand_back")
    assert house.hand_off(talk).state is HandOffState.CLAIMED


@NOT_OURS
async def test_who_is_not_ours_learns_nothing_by_a_command(
    house: DeskHouse, make: Callable[[Faults, str], None], sentence: str
) -> None:
    await house.claimed("Noor", email="amara@example.org")
    make(house.slack.faults, "Sam")
    await house.slack.driver.slash("Sam", "/offboarding", "find amara@example.org", SUPPORT)
    assert seen_by(house, "Sam") == [sentence]


@NOT_OURS
async def test_who_is_not_ours_sees_no_home_tab(
    house: DeskHouse, make: Callable[[Faults, str], None], sentence: str
) -> None:
    make(house.slack.faults, "Sam")
    await house.slack.driver.open_home("Sam")
    await house.slack.driver.open_home("Noor")
    await house.slack.driver.until(lambda: house.slack.driver.home("Noor"))
    assert house.slack.driver.home("Sam") is None
    assert sentence


async def test_policy_may_let_guests_answer(house: DeskHouse, tmp_path: Path) -> None:
    file = tmp_path / "policy" / "routing.yml"
    file.write_text(
        re.sub("(?m)^customer_sees:.*$", r"\g<0>\nguests_answer: true", file.read_text())
    )
    house.slack.faults.make_guest("Sam")
    talk, card = await house.claimed()
    await house.slack.driver.post("Sam", SUPPORT, "Hello", thread_ts=card.ts)
    assert (await talk.until(3))[-1]["text"] == "Hello"


async def test_somebody_of_our_organisation_is_ours(house: DeskHouse) -> None:
    sam = house.slack.workspace.user("Sam")
    sam.team_id, sam.organisation = "T0SISTER", (TEAM_ID,)
    talk, _ = await house.claimed()
    assert house.hand_off(talk).state is HandOffState.CLAIMED


async def test_while_slack_does_not_describe_anybody_our_people_act(house: DeskHouse) -> None:
    house.slack.faults.fail(5, method="users.info", status=503)
    talk, card = await house.claimed()
    await house.slack.driver.post("Sam", SUPPORT, "Hello", thread_ts=card.ts)
    assert (await talk.until(3))[-1]["text"] == "Hello"
