"""The keys that a company sets: how they are read, what they wrap, and how a look-up is marked."""

import base64
from pathlib import Path

import pytest
from pydantic import SecretStr

from offboarding.encryption.keys import DataKeys, first_keys
from offboarding.errors import ConfigurationError
from offboarding.settings import Settings
from tests.keys import another_key

PLACE = "OFFBOARD_DATA_KEYS"
OLD, NEW, INDEX, OTHER = map(another_key, ("old", "new", "index", "other"))
SHORT = base64.urlsafe_b64encode(b"sixteen bytes ok").decode()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "has no key named index"),
        (f"a={OLD}", "has no key named index"),
        (f"index={INDEX}", "has no key that wraps"),
        (f"a={OLD},a={NEW},index={INDEX}", "two keys named a"),
        (f"a={SHORT},index={INDEX}", "the key a has 16 bytes and needs 32"),
        (f"a=not base64,index={INDEX}", "the key a is no base64url"),
        (f"a={OLD},index=", "the key index has 0 bytes and needs 32"),
        (f"{OLD},index={INDEX}", "an entry that is no name=key"),
    ],
)
def test_keys_that_cannot_be_used_are_told_in_a_sentence_with_the_mend(
    text: str, said: str
) -> None:
    with pytest.raises(ConfigurationError) as told:
        DataKeys.read(text, PLACE)
    assert told.value.sentence.startswith(PLACE)
    assert said in told.value.sentence
    assert "offboard keys new" in told.value.sentence or "rename" in told.value.sentence
    for key in (OLD, NEW, INDEX, SHORT):
        assert key not in told.value.sentence


def test_the_first_wraps_and_all_unwrap() -> None:
    before = DataKeys.read(f"old={OLD},index={INDEX}", PLACE)
    wrapped = before.wrap("amara", b"k" * 32)
    after = DataKeys.read(f"new={NEW}, old={OLD},\nindex={INDEX}", PLACE)
    assert (after.first, after.names) == ("new", ("new", "old"))
    assert after.unwrap("amara", wrapped, "old") == b"k" * 32


def test_a_wrapped_key_is_its_owner_s_alone() -> None:
    keys = DataKeys.read(f"old={OLD},index={INDEX}", PLACE)
    wrapped = keys.wrap("amara", b"k" * 32)
    with pytest.raises(ConfigurationError, match="is not the one"):
        keys.unwrap("ben", wrapped, "old")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (f"new={NEW},index={INDEX}", "lacks the key old"),
        (f"old={OTHER},index={INDEX}", "The key old of OFFBOARD_DATA_KEYS is not the one"),
    ],
)
def test_without_the_right_wrapping_key_nothing_opens_and_it_is_named(text: str, said: str) -> None:
    wrapped = DataKeys.read(f"old={OLD},index={INDEX}", PLACE).wrap("amara", b"k" * 32)
    with pytest.raises(ConfigurationError, match=said):
        DataKeys.read(text, PLACE).unwrap("amara", wrapped, "old")


def test_a_mark_is_the_same_for_the_same_value_in_a_column_however_keys_rotate() -> None:
    before = DataKeys.read(f"old={OLD},index={INDEX}", PLACE)
    after = DataKeys.read(f"new={NEW},index={INDEX}", PLACE)
    mark = before.mark("customer.email", "amara@example.org")
    assert after.mark("customer.email", " Amara@Example.org") == mark
    assert after.mark("hand_off.contact_email", "amara@example.org") != mark
    assert after.mark("customer.email", "ben@example.org") != mark
    other = DataKeys.read(f"old={OLD},index={OTHER}", PLACE)
    assert other.mark("customer.email", "amara@example.org") != mark


def test_what_is_printed_for_a_new_company_can_be_read() -> None:
    assert DataKeys.read(first_keys(), PLACE).names == ("first",)


def settings_without_keys(folder: Path, *, sandbox: bool, given: str = "") -> Settings:
    return Settings(
        _env_file=None, data_directory=folder, sandbox=sandbox, data_keys=SecretStr(given)
    )


def test_in_the_sandbox_they_are_made_once_for_the_owner_of_the_folder_only(
    tmp_path: Path,
) -> None:
    first = settings_without_keys(tmp_path, sandbox=True).personal_data_keys
    again = settings_without_keys(tmp_path, sandbox=True).personal_data_keys
    assert first.mark("a.b", "c") == again.mark("a.b", "c")
    assert (tmp_path / "data-keys").stat().st_mode & 0o777 == 0o600


def test_in_production_they_have_to_be_set(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="OFFBOARD_DATA_KEYS is not set"):
        _ = settings_without_keys(tmp_path, sandbox=False).personal_data_keys
    assert list(tmp_path.iterdir()) == []


def test_they_are_not_shown(tmp_path: Path) -> None:
    settings = settings_without_keys(tmp_path, sandbox=False, given=f"old={OLD},index={INDEX}")
    shown = repr(settings) + repr(settings.personal_data_keys) + repr(vars(settings))
    assert OLD not in shown
    assert INDEX not in shown
