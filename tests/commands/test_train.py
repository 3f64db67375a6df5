"""`offboard train`: mistakes are told in seconds, before they are learnt."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.commands.checkout import SOURCE, Checkout

READ = (
    "bot/nlu",
    "data/rules",
    "data/stories",
    "channels/mail/templates",
    "channels/pages/templates",
    "channels/web/widget/source",
)


@pytest.fixture
def taught(checkout: Checkout) -> Checkout:
    """With all that is checked, and few examples."""
    for name in READ:
        shutil.copytree(SOURCE / name, checkout.folder / name)
    for name in ("domain.yml", "config.yml"):
        shutil.copy(SOURCE / name, checkout.folder)
    (checkout.folder / "data" / "nlu").mkdir()
    shutil.copy(SOURCE / "data" / "nlu" / "buttons.yml", checkout.folder / "data" / "nlu")
    exceptions = checkout.folder / "offboard" / "examples" / "exceptions.yml"
    exceptions.write_text("exceptions: []\n")
    return checkout


def replaced(name: str, old: str, new: str) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        text = (folder / name).read_text(encoding="utf-8")
        assert old in text
        (folder / name).write_text(text.replace(old, new, 1), encoding="utf-8")

    return change


def test_what_is_right_is_trained_once(taught: Checkout) -> None:
    first, again = taught.offboard("train"), taught.offboard("train")
    assert (first.returncode, again.returncode) == (0, 0), first.stdout + first.stderr
    assert "Trained: models/trained.tar.gz" in first.stderr
    assert "The model fits the data: models/trained.tar.gz" in again.stderr


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (replaced("domain.yml", "{company_name}", "{compny_name}"), "values: utter_welcome"),
        (replaced("domain.yml", "/affirm", "/afirm"), "was /affirm meant?"),
        (
            replaced("data/rules/leaving.yml", "- intent: affirm", "- intent: afirm"),
            "names the intent afirm, which domain.yml does not list",
        ),
        (
            replaced("data/rules/leaving.yml", "- action: action_", "- action: actoin_"),
            "data/rules/leaving.yml:",
        ),
        (
            replaced("data/nlu/buttons.yml", "    - /accept_offer{}", "- /accept_offer{}"),
            "the line belongs to no intent",
        ),
        (replaced("config.yml", "pipeline:", "pipeline: ["), "config.yml:"),
        (replaced("domain.yml", "intents:", "intents: ["), "domain.yml:"),
        (replaced("data/rules/leaving.yml", "rules:", "rules: ["), "data/rules/leaving.yml:"),
    ],
)
def test_a_mistake_is_told_and_nothing_is_trained(
    taught: Checkout, change: Callable[[Path], None], said: str
) -> None:
    change(taught.folder)
    ended = taught.offboard("train")
    assert ended.returncode == 1
    assert said in " ".join((ended.stdout + ended.stderr).split())
    assert "Traceback" not in ended.stderr
    assert "http" not in ended.stdout + ended.stderr
    assert not (taught.folder / "models").exists()
