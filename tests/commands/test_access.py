"""`offboard access`: who has not heard, telling them again, and whether they answer."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from pydantic import SecretStr
from typer.testing import CliRunner, Result

import offboard.tables  # noqa: F401 (so that `database` knows every table)
from offboard.commands.access import application
from offboarding.access.model import NotificationState
from offboarding.database import Database
from offboarding.settings import REPOSITORY, Settings
from tests.offboarding.access.systems_house import (
    NOTES_SECRET,
    OLD_NOTES_SECRET,
    SYNC_SECRET,
    SystemsHouse,
    open_systems,
)

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


@pytest.fixture
async def house(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[SystemsHouse]:
    settings = Settings(_env_file=None, secret=SecretStr("s" * 40), data_directory=tmp_path)
    async with open_systems(database, settings) as opened:
        policy = tmp_path / "policy"
        policy.mkdir()
        for file in (REPOSITORY / "policy").iterdir():
            text = file.read_text("utf-8")
            for system in ("notes", "sync"):
                real = f"https://{system}.larkspur.example/webhooks/offboarding"
                text = text.replace(real, f"{opened.address}/{system}")
            (policy / file.name).write_text(text, "utf-8")
        secrets = f"notes={OLD_NOTES_SECRET},notes={NOTES_SECRET},sync={SYNC_SECRET}"
        for name, value in {
            "OFFBOARD_DATA_DIRECTORY": str(tmp_path),
            "OFFBOARD_POLICY_DIRECTORY": str(policy),
            "OFFBOARD_DATABASE_URL": database.engine.url.render_as_string(hide_password=False),
            "OFFBOARD_WEBHOOK_SECRETS": secrets,
        }.items():
            monkeypatch.setenv(name, value)
        yield opened


async def run(*words: str) -> Result:
    """The command beside the systems, which need this loop."""
    return await asyncio.to_thread(CliRunner().invoke, application, list(words))


# --- check


async def test_each_system_is_asked_whether_it_answers_and_whether_it_believes_everybody(
    house: SystemsHouse,
) -> None:
    house.notes.answers, house.sync.answers = [204, 401], [202, 403]
    done = await run("check")
    assert done.exit_code == 0, done.output
    assert "ok      Larkspur Notes, the app: good; it answered 204" in done.output
    assert "ok      Sync service: good; it answered 202" in done.output
    ours, forged = house.notes.heard
    assert ours.verified(NOTES_SECRET)["type"] == "ping"
    assert ours.verified(OLD_NOTES_SECRET)["data"] == {}
    assert forged.headers["webhook-signature"] != ours.headers["webhook-signature"]
    assert ours.webhook_id != forged.webhook_id


@pytest.mark.parametrize(
    ("answers", "mend"),
    [
        ([204, 204], "It believes everybody"),
        ([401], "give it the same secret"),
        ([404], "Nothing is at that path"),
        ([405], "It takes no POST there"),
        ([302], "redirects are not followed"),
        ([410], "it is gone"),
        ([500], "It has to answer a ping with 204"),
    ],
)
async def test_what_is_wrong_is_said_with_its_mend(
    house: SystemsHouse, answers: list[int], mend: str
) -> None:
    house.notes.answers, house.sync.answers = list(answers), [204, 401]
    done = await run("check")
    assert done.exit_code == 1
    assert "MISSING Larkspur Notes, the app: " in done.output
    assert mend in done.output
    assert "ok      Sync service" in done.output, "one look's trouble is not the other's"


async def test_a_system_that_does_not_answer_or_has_no_secret_is_said_so(
    house: SystemsHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OFFBOARD_WEBHOOK_SECRETS", f"notes={NOTES_SECRET}")
    _edit_policy(house, f"{house.address}/notes", "http://127.0.0.1:1/")
    done = await run("check")
    assert done.exit_code == 1
    assert "It does not answer (ConnectError)" in done.output
    assert "Add sync=whsec_" in done.output


async def test_no_secret_is_ever_printed(house: SystemsHouse) -> None:
    house.notes.answers = [500]
    printed = (await run("check")).output + (await run("list")).output
    for secret in (NOTES_SECRET, OLD_NOTES_SECRET, SYNC_SECRET):
        assert secret not in printed


async def test_in_the_sandbox_it_says_that_nothing_has_to_be_connected(
    house: SystemsHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OFFBOARD_WEBHOOK_SECRETS")
    monkeypatch.setenv("OFFBOARD_PORT", "1")
    done = await run("check")
    assert "The sandbox stands in for your systems" in done.output
    assert "It does not answer (ConnectError)" in done.output, "nobody serves it here"


# --- list and send


async def test_what_nobody_has_acknowledged_is_listed_with_the_reason(
    house: SystemsHouse,
) -> None:
    assert "Every system has acknowledged everything." in (await run("list")).output
    house.notes.answers = [410]
    house.revoke()
    await house.carry_out_due()
    listed = (await run("list")).output
    notes = house.of("notes")
    for part in (notes.notification_id, "notes", "access.revoked", "failed", "it is gone"):
        assert part in listed
    assert house.of("sync").notification_id not in listed
    everything = (await run("list", "--case", _number(house).lower())).output
    assert house.of("sync").notification_id in everything
    assert "acknowledged" in everything


async def test_the_oldest_comes_first(house: SystemsHouse) -> None:
    house.notes.answers = [410, 410]
    house.revoke()
    await house.carry_out_due()
    house.erase()
    await house.carry_out_due()
    listed = (await run("list")).output
    assert listed.index("access.revoked") < listed.index("data.erased")


async def test_it_is_told_again_on_demand(house: SystemsHouse) -> None:
    house.notes.answers = [410]
    house.revoke()
    await house.carry_out_due()
    done = await run("send", house.of("notes").notification_id)
    assert "notes is told again: access.revoked." in done.output
    await house.carry_out_due()
    assert house.of("notes").state is NotificationState.ACKNOWLEDGED


@pytest.mark.parametrize(
    ("words", "said"),
    [(("send", "f" * 32), "offboard access list"), (("list", "--case", "X"), "There is no case X")],
)
async def test_what_is_not_there_is_said_so(
    house: SystemsHouse, words: tuple[str, ...], said: str
) -> None:
    done = await run(*words)
    assert said in str(done.exception)


def _edit_policy(house: SystemsHouse, old: str, new: str) -> None:
    file = house.settings.data_directory / "policy" / "systems.yml"
    file.write_text(file.read_text("utf-8").replace(old, new), "utf-8")


def _number(house: SystemsHouse) -> str:
    with house.database.read() as session:
        return session.get_one(type(house.case), house.case.id).number
