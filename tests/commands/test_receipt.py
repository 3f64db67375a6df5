"""`offboard receipt`: a verdict in a sentence and in the exit code; keys made and revoked."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import time_machine
from typer.testing import CliRunner, Result

from offboard.commands.receipt import application
from offboarding import clock
from offboarding.errors import NotFoundError
from offboarding.receipts.keys import KeyDirectory
from offboarding.receipts.signed_file import file_of, sign
from offboarding.receipts.transcript import Said, digest, transcript
from tests.commands.checkout import Checkout

SAID = [Said(1, datetime(2026, 11, 23, 9, 30, tzinfo=UTC), "customer", "cancel it")]


@pytest.fixture
def keys(tmp_path: Path) -> KeyDirectory:
    return KeyDirectory(tmp_path / "receipt-keys")


@pytest.fixture
def receipt(keys: KeyDirectory, tmp_path: Path) -> Path:
    """A receipt's file that this installation signed."""
    keys.add()
    moment = clock.now()
    known = digest(SAID)
    assert known is not None
    document = {
        "case_number": "7F3K-22A",
        "refund_minor": 0,
        "signed_at": moment.isoformat(),
        "issuer": {"company": "Larkspur Notes"},
        "conversation": {"messages": known.messages, "sha256": known.sha256},
    }
    path = tmp_path / "receipt.json"
    path.write_text(file_of(sign(document, *keys.signer(moment))), encoding="utf-8")
    return path


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("OFFBOARD_DATA_DIRECTORY", str(tmp_path))
    monkeypatch.setenv("OFFBOARD_SANDBOX", "false")


def offboard(*words: str, said: str = "") -> Result:
    return CliRunner().invoke(application, list(words), input=said)


def test_a_genuine_receipt_ends_with_nought(receipt: Path) -> None:
    ended = offboard("verify", str(receipt))
    assert ended.exit_code == 0
    assert ended.stdout.startswith("This is genuine: Larkspur Notes signed it on ")
    assert ended.stdout.count("\n") == 1
    assert offboard("verify", "-", said=receipt.read_text("utf-8")).exit_code == 0


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        (
            '"refund_minor": 0',
            '"refund_minor": 1',
            "changed after it was signed, in `refund_minor`",
        ),
        ('"signature": "e', '"signature": "f', "never published"),
        ("}\n", "", "cut short"),
        ("{", "", "begins with `{`"),
    ],
)
def test_one_that_is_not_genuine_ends_with_one(
    receipt: Path, old: str, new: str, sentence: str
) -> None:
    text = receipt.read_text("utf-8")
    start, _, end = text.rpartition(old) if old == "}\n" else text.partition(old)
    receipt.write_text(start + new + end, encoding="utf-8")
    ended = offboard("verify", str(receipt))
    assert ended.exit_code == 1
    assert sentence in ended.stdout


def test_a_megabyte_of_json_ends_with_one(receipt: Path) -> None:
    receipt.write_text(json.dumps({"a": "x" * 1_000_000}), encoding="utf-8")
    ended = offboard("verify", str(receipt))
    assert ended.exit_code == 1
    assert "larger than 64 KiB" in ended.stdout


@pytest.mark.parametrize("name", ["no-such-file.json", "."])
def test_a_file_that_cannot_be_read_ends_with_two(receipt: Path, name: str) -> None:
    ended = offboard("verify", name)
    assert ended.exit_code == 2
    assert f"{name} can't be read: " in ended.stderr


def test_others_check_with_the_keys_that_were_published(
    receipt: Path, keys: KeyDirectory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    saved = tmp_path / "saved.json"
    saved.write_text(keys.ring().as_json(), encoding="utf-8")
    monkeypatch.setenv("OFFBOARD_DATA_DIRECTORY", str(tmp_path / "elsewhere"))
    without = offboard("verify", str(receipt))
    assert without.exit_code == 2
    assert "There are no keys in" in without.stderr
    assert "--keys" in without.stderr
    assert not (tmp_path / "elsewhere").exists()
    assert offboard("verify", str(receipt), "--keys", str(saved)).exit_code == 0
    assert offboard("verify", str(receipt), "--keys", "gone.json").exit_code == 2


def test_the_conversation_is_checked_word_for_word(receipt: Path, tmp_path: Path) -> None:
    talk = tmp_path / "conversation.jsonl"
    talk.write_bytes(transcript(SAID))
    ended = offboard("verify", str(receipt), "--conversation", str(talk))
    assert ended.exit_code == 0
    assert "word for word" in ended.stdout
    talk.write_bytes(transcript(SAID).replace(b"cancel", b"pause"))
    ended = offboard("verify", str(receipt), "--conversation", str(talk))
    assert ended.exit_code == 1
    assert "or was changed" in ended.stdout


def test_a_key_is_made_shown_rotated_and_revoked(keys: KeyDirectory) -> None:
    assert "There is no key" in offboard("keys").stdout
    with time_machine.travel(datetime(2026, 11, 23, 9, 30, tzinfo=UTC), tick=False) as now:
        made = offboard("new-key")
        assert made.exit_code == 0
        first = keys.ring().keys[0].kid
        assert f"Key {first} signs receipts from 2026-11-23 09:30 UTC on." in made.stdout
        assert str(keys.private_path(first)) in made.stdout
        assert "PRIVATE" not in made.stdout
        now.shift(timedelta(minutes=1))
        assert offboard("new-key", "--from", "2026-12-01T00:00").exit_code == 0
        second = keys.ring().keys[1].kid
        assert _states(first, second) == ["signs", "not yet in use"]
        now.move_to(datetime(2026, 12, 1, tzinfo=UTC))
        assert _states(first, second) == ["retired", "signs"]
        revoked = offboard("revoke-key", second)
        assert f"Nothing that key {second} signed counts any more." in revoked.stdout
        assert "No key signs receipts now" in revoked.stderr
        assert _states(first, second) == ["retired", "revoked on 2026-12-01 00:00"]


def _states(*key_ids: str) -> list[str]:
    lines = offboard("keys").stdout.splitlines()
    shown = dict(line.split(": ", 1) for line in lines if not line.startswith(" "))
    return [shown[key_id] for key_id in key_ids]


def test_a_name_that_begins_with_a_hyphen_is_no_option() -> None:
    ended = offboard("revoke-key", "-kid")
    assert isinstance(ended.exception, NotFoundError)
    assert "There is no key -kid" in ended.exception.sentence


def test_mistakes_are_told_in_a_sentence_without_a_trace(checkout: Checkout) -> None:
    ended = checkout.offboard("receipt", "revoke-key", "other")
    assert ended.returncode == 1
    assert ended.stderr == "There is no key other; `offboard receipt keys` lists all.\n"
    (checkout.folder / "saved.json").write_text("[]")
    ended = checkout.offboard("receipt", "verify", "saved.json", "--keys", "saved.json")
    assert ended.returncode == 1
    assert ended.stderr.startswith("saved.json is not the list of receipt keys")
    assert ended.stderr.count("\n") == 1
