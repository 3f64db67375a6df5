"""The keys of receipts: one signs, all are published, and none is mistaken for another."""

import json
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from pydantic import SecretStr

from offboarding import clock
from offboarding.errors import ConfigurationError, NotFoundError
from offboarding.receipts.keys import PUBLISHED, KeyDirectory, key_ring, receipt_keys
from offboarding.settings import Settings
from tests.offboarding.at_once import at_once

RFC_8037_KEY = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"
RFC_8037_THUMBPRINT = "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"


@pytest.fixture
def keys(tmp_path: Path) -> KeyDirectory:
    return KeyDirectory(tmp_path / "keys")


def published(**changes: Any) -> str:
    key = {
        "kid": RFC_8037_THUMBPRINT,
        "x": RFC_8037_KEY,
        "signs_from": "2026-11-23T09:30:00Z",
        **changes,
    }
    return json.dumps({"keys": [key]})


def test_a_key_is_named_by_its_thumbprint_as_in_the_standard() -> None:
    """The example of RFC 8037, appendix A.3."""
    assert key_ring(published(), "keys.json").find(RFC_8037_THUMBPRINT) is not None


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "file"),
        ("{", "file"),
        ("[]", "file"),
        (published(kid="a" * 43), "kid is not the thumbprint"),
        (published(x=RFC_8037_KEY[:-3] + "AAA"), "kid is not the thumbprint"),
        (published(x="!"), "base64url"),
        (published(x="é"), "base64url"),
        (published(x="AAAA"), "kid is not the thumbprint"),
        (published(d="nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A"), "keys.0.d"),
        (published(crv="Ed448"), "keys.0.crv"),
        (published(signs_from="2026-11-23T09:30:00"), "keys.0.signs_from"),
    ],
)
def test_a_list_of_keys_that_is_not_ours_is_refused(text: str, told: str) -> None:
    with pytest.raises(ConfigurationError, match="was published") as refused:
        key_ring(text, "keys.json")
    assert refused.value.sentence.startswith("keys.json is not")
    assert told in refused.value.sentence
    assert "nWGxne" not in refused.value.sentence


def test_the_first_key_signs_at_once_and_only_its_owner_can_read_it(keys: KeyDirectory) -> None:
    made = keys.add()
    key_id, private = keys.signer(clock.now())
    assert key_id == made.kid
    signature = private.sign(b"words")
    made.public.verify(signature, b"words")
    assert stat.S_IMODE(keys.private_path(made.kid).stat().st_mode) == 0o600
    assert stat.S_IMODE(keys.folder.stat().st_mode) == 0o700
    assert "PRIVATE" not in (keys.folder / PUBLISHED).read_text("utf-8")


def test_a_new_key_retires_the_one_before(keys: KeyDirectory, now: time_machine.Traveller) -> None:
    first = keys.add()
    now.shift(timedelta(days=90))
    second = keys.add()
    assert keys.signer(clock.now())[0] == second.kid
    old = keys.ring().find(first.kid)
    assert old is not None
    assert old.signs_until == clock.now()
    assert old.signs_at(clock.now() - timedelta(seconds=1))
    assert not old.signs_at(clock.now())


def test_a_new_key_can_be_published_before_it_signs(
    keys: KeyDirectory, now: time_machine.Traveller
) -> None:
    first = keys.add()
    later = clock.now() + timedelta(days=1)
    now.shift(timedelta(seconds=1))
    second = keys.add(later)
    assert keys.ring().find(second.kid) is not None
    assert keys.signer(clock.now())[0] == first.kid
    now.move_to(later)
    assert keys.signer(clock.now())[0] == second.kid


def test_once_retired_a_key_needs_its_private_half_no_more(
    keys: KeyDirectory, now: time_machine.Traveller
) -> None:
    first = keys.add()
    now.shift(timedelta(days=1))
    second = keys.add()
    keys.private_path(first.kid).unlink()
    assert keys.signer(clock.now())[0] == second.kid
    assert keys.ring().find(first.kid) is not None


def test_a_key_cannot_start_in_the_past_or_before_another(
    keys: KeyDirectory, now: time_machine.Traveller
) -> None:
    with pytest.raises(ConfigurationError, match="before now"):
        keys.add(clock.now() - timedelta(seconds=1))
    keys.add(clock.now() + timedelta(days=2))
    with pytest.raises(ConfigurationError, match="Another key"):
        keys.add(clock.now() + timedelta(days=1))
    assert len(keys.ring().keys) == 1


def test_a_revoked_key_signs_no_more(keys: KeyDirectory, now: time_machine.Traveller) -> None:
    made = keys.add()
    revoked = keys.revoke(made.kid)
    now.shift(timedelta(days=1))
    assert keys.revoke(made.kid) == revoked
    with pytest.raises(ConfigurationError, match="offboard receipt new-key"):
        keys.signer(clock.now())
    with pytest.raises(NotFoundError, match="no key other"):
        keys.revoke("other")


def test_eight_who_need_the_first_key_at_once_make_one(keys: KeyDirectory) -> None:
    at_once(8, lambda _number: keys.make_first())
    assert len(keys.ring().keys) == 1
    assert len(list(keys.folder.glob("*.pem"))) == 1


def test_in_the_sandbox_a_key_is_made_by_itself(tmp_path: Path) -> None:
    settings = Settings(_env_file=None, data_directory=tmp_path)
    key_id, _ = receipt_keys(settings).signer(clock.now())
    assert receipt_keys(settings).signer(clock.now())[0] == key_id
    assert settings.receipt_keys == tmp_path / "receipt-keys"


def test_outside_the_sandbox_none_is_made_and_the_command_is_named(tmp_path: Path) -> None:
    settings = Settings(
        _env_file=None,
        sandbox=False,
        data_directory=tmp_path,
        receipt_key_directory=str(tmp_path / "elsewhere"),
        secret=SecretStr("s" * 40),
    )
    with pytest.raises(ConfigurationError, match="elsewhere: `offboard receipt new-key` makes one"):
        receipt_keys(settings).signer(clock.now())
    assert not (tmp_path / "elsewhere").exists()


@pytest.mark.parametrize("harm", ["gone", "cut short", "another key", "another kind", "a folder"])
def test_a_private_half_that_cannot_be_used_is_named_with_the_mend(
    keys: KeyDirectory, harm: str
) -> None:
    made = keys.add()
    path = keys.private_path(made.kid)
    content = path.read_bytes()
    path.unlink()
    if harm == "cut short":
        path.write_bytes(content[:40])
    elif harm == "another key":
        path.write_bytes(_pem(Ed25519PrivateKey.generate()))
    elif harm == "another kind":
        path.write_text("hello")
    elif harm == "a folder":
        path.mkdir()
    with pytest.raises(ConfigurationError, match="back") as refused:
        keys.signer(clock.now())
    assert str(path) in refused.value.sentence


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ConfigurationError, match="can't be changed"):
        KeyDirectory(tmp_path / "file" / "keys").add()


def test_the_list_is_published_as_a_jwk_set(keys: KeyDirectory) -> None:
    with time_machine.travel(datetime(2026, 11, 23, 9, 30, tzinfo=UTC), tick=False):
        made = keys.add()
    [key] = json.loads(keys.ring().as_json())["keys"]
    assert key == {
        "kid": made.kid,
        "x": made.x,
        "kty": "OKP",
        "crv": "Ed25519",
        "alg": "EdDSA",
        "use": "sig",
        "signs_from": "2026-11-23T09:30:00Z",
    }


def _pem(key: Ed25519PrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
