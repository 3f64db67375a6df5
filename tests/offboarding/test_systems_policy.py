"""policy/systems.yml: what is shipped can be used; a mistake names file, line and mend."""

from pathlib import Path

import pytest

from offboarding.access.model import AccessEventKind
from offboarding.errors import PolicyError
from offboarding.policies.reading import read_policy
from offboarding.policies.systems import SystemsPolicy
from offboarding.settings import REPOSITORY

SHIPPED = REPOSITORY / "policy" / "systems.yml"
NOTES_URL = "https://notes.larkspur.example/webhooks/offboarding"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    copied = tmp_path / "systems.yml"
    copied.write_bytes(SHIPPED.read_bytes())
    return copied


def test_what_is_shipped_names_two_systems() -> None:
    notes, sync = read_policy(SHIPPED, SystemsPolicy).systems.values()
    assert (notes.key, notes.secret, notes.events) == ("notes", "notes", set(AccessEventKind))
    assert notes.customers_lose == "your notes in the app and on the web"
    assert AccessEventKind.ERASED not in sync.events


@pytest.mark.parametrize("nothing", ["systems: {}", "systems:"])
def test_no_system_has_to_be_told(file: Path, nothing: str) -> None:
    text = file.read_text()
    file.write_text(text[: text.index("systems:\n")] + nothing + "\n")
    assert read_policy(file, SystemsPolicy).systems == {}


@pytest.mark.parametrize(
    ("old", "new", "mend"),
    [
        (f"url: {NOTES_URL}", "url: notes.larkspur.example", "Write it like https://"),
        (f"url: {NOTES_URL}", "url: ftp://notes.larkspur.example", "Write it like https://"),
        (f"url: {NOTES_URL}", "url: https://", "Write it like https://"),
        (f"url: {NOTES_URL}", "url: https://a.example:99999/", "Write it like https://"),
        (f"url: {NOTES_URL}", "url: https://[::1", "Write it like https://"),
        (f"url: {NOTES_URL}", 'url: "https://a.example/\\n"', "Write it like https://"),
        (f"url: {NOTES_URL}", "url: https://a.example/a b", "leave out spaces"),
        (f"url: {NOTES_URL}", "url: https://a.example/#part", "leave out spaces"),
        (f"url: {NOTES_URL}", "url: https://me:pass@a.example/", "the signature proves who sends"),
        (f"url: {NOTES_URL}", "url: 12", "valid string"),
        ("events: [access.revoked, access.restored, data.erased]", "events: []", "at least 1"),
        (
            "events: [access.revoked, access.restored, data.erased]",
            "events: [access.revoked]",
            "add access.restored",
        ),
        (
            "events: [access.revoked, access.restored, data.erased]",
            "events: [access.ended]",
            "'access.revoked'",
        ),
        ("secret: notes", "secret: whsec_bm90ZXM=", "String should match"),
        ("secret: notes", "", "Add this field"),
        ("    name: Larkspur", "    nam: Larkspur", "Add this field"),
        ("    customers_lose: your notes", "    customers_loose: your notes", "Add this field"),
        (f"url: {NOTES_URL}", f"url: {NOTES_URL}\n    uri: x", "correct its name"),
        ("  notes:\n", "  The Notes:\n", "String should match"),
    ],
)
def test_a_mistake_is_named_with_file_line_and_mend(
    file: Path, old: str, new: str, mend: str
) -> None:
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new, 1))
    with pytest.raises(PolicyError) as refused:
        read_policy(file, SystemsPolicy)
    sentence = refused.value.sentence
    assert f"{file}, line " in sentence
    assert mend in sentence


def test_the_line_of_a_mistake_is_the_right_one(file: Path) -> None:
    text = file.read_text()
    copied = text.replace("https://sync.larkspur.example/webhooks/offboarding", NOTES_URL)
    file.write_text(copied)
    line = 1 + copied[: copied.rindex("url:")].count("\n")
    with pytest.raises(PolicyError, match=f"line {line}: systems.sync.url: notes has this address"):
        read_policy(file, SystemsPolicy)
