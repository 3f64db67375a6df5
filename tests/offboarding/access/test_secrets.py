"""OFFBOARD_WEBHOOK_SECRETS: a mistake is named, and no secret is in what is said of it."""

import base64

import pytest
from pydantic import SecretStr

from offboarding.access.signing import MOST_SECRETS, secrets_by_name
from offboarding.errors import ConfigurationError
from offboarding.settings import Settings
from tests.offboarding.access.systems_house import NOTES_SECRET, OLD_NOTES_SECRET, SYNC_SECRET


def secret_of_bytes(count: int) -> str:
    return "whsec_" + base64.b64encode(b"k" * count).decode()


def test_each_name_has_its_secrets_in_the_order_they_stand_in() -> None:
    text = f" notes={OLD_NOTES_SECRET},\nsync={SYNC_SECRET} , notes={NOTES_SECRET},,"
    found = secrets_by_name(SecretStr(text))
    assert found["notes"].values == (OLD_NOTES_SECRET, NOTES_SECRET)
    assert found["sync"].values == (SYNC_SECRET,)
    assert secrets_by_name(None) == {}


@pytest.mark.parametrize("count", [24, 64])
def test_a_secret_as_the_specification_wants_it_can_be_used(count: int) -> None:
    padded = secret_of_bytes(count)
    for secret in (padded, padded.rstrip("=")):
        assert secrets_by_name(SecretStr(f"a={secret}"))["a"].values == (secret,)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (NOTES_SECRET, "Entry 1 of OFFBOARD_WEBHOOK_SECRETS has no name"),
        (f"Notes={NOTES_SECRET}", "Entry 1 of"),
        (f"a={NOTES_SECRET}, ={NOTES_SECRET}", "Entry 2 of"),
        ("notes=", "The secret notes"),
        ("notes=hush-hush", "(entry 1)"),
        (f"notes={NOTES_SECRET.removeprefix('whsec_')}", "whsec_"),
        (f"notes={secret_of_bytes(23)}", "24 to 64"),
        (f"notes={secret_of_bytes(65)}", "24 to 64"),
        (f"notes={NOTES_SECRET}!", "base64"),
        (f"notes={NOTES_SECRET} sync={SYNC_SECRET}", "The secret notes"),
        (",".join([f"notes={NOTES_SECRET}"] * (MOST_SECRETS + 1)), "more than 3 secrets named"),
    ],
)
def test_what_can_t_be_used_is_named_without_the_secret(text: str, said: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        secrets_by_name(SecretStr(text))
    assert said in refused.value.sentence
    assert "hush" not in refused.value.sentence
    assert NOTES_SECRET.removeprefix("whsec_")[:12] not in refused.value.sentence


def test_secrets_are_in_no_print() -> None:
    secrets = secrets_by_name(SecretStr(f"notes={NOTES_SECRET}"))
    assert NOTES_SECRET not in repr(secrets)


@pytest.mark.parametrize("given", [None, "", "  "])
def test_without_secrets_the_sandbox_stands_in_for_the_systems(given: str | None) -> None:
    value = SecretStr(given) if given is not None else None
    assert Settings(_env_file=None, webhook_secrets=value).systems_in_sandbox
    assert not Settings(_env_file=None, sandbox=False, webhook_secrets=value).systems_in_sandbox
    connected = Settings(_env_file=None, webhook_secrets=SecretStr(f"notes={NOTES_SECRET}"))
    assert not connected.systems_in_sandbox
