"""The secrets among the settings: none that could be guessed, and none lost."""

from pathlib import Path

import pytest
from pydantic import SecretStr

from offboarding.errors import ConfigurationError
from offboarding.settings import Settings
from tests.offboarding.at_once import at_once

NAMES = ["signing_secret", "identity_signing_secret"]


@pytest.mark.parametrize("name", NAMES)
def test_outside_the_sandbox_a_secret_has_to_be_set(tmp_path: Path, name: str) -> None:
    settings = Settings(_env_file=None, sandbox=False, data_directory=tmp_path)
    with pytest.raises(ConfigurationError, match=r"OFFBOARD_\w*SECRET is not set"):
        getattr(settings, name)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("sandbox", [True, False])
@pytest.mark.parametrize("length", [1, 31])
def test_a_secret_that_is_too_short_is_refused_everywhere(length: int, sandbox: bool) -> None:
    settings = Settings(_env_file=None, sandbox=sandbox, secret=SecretStr("s" * length))
    with pytest.raises(ConfigurationError, match="OFFBOARD_SECRET is too short"):
        _ = settings.signing_secret


def test_an_empty_secret_is_none(tmp_path: Path) -> None:
    settings = Settings(
        _env_file=None, sandbox=False, data_directory=tmp_path, secret=SecretStr("")
    )
    with pytest.raises(ConfigurationError, match="OFFBOARD_SECRET is not set"):
        _ = settings.signing_secret


def test_a_secret_is_in_no_error_and_no_print(tmp_path: Path) -> None:
    settings = Settings(_env_file=None, secret=SecretStr("hush-hush-hush"))
    with pytest.raises(ConfigurationError) as refused:
        _ = settings.signing_secret
    assert "hush" not in str(refused.value) + repr(settings)


def test_in_the_sandbox_a_secret_is_made_kept_and_for_its_owner_only(tmp_path: Path) -> None:
    settings = Settings(_env_file=None, data_directory=tmp_path)
    made = settings.signing_secret
    assert len(made) >= 32
    assert Settings(_env_file=None, data_directory=tmp_path).signing_secret == made
    assert (tmp_path / "secret.key").stat().st_mode & 0o777 == 0o600


def test_each_secret_is_a_different_one(tmp_path: Path) -> None:
    settings = Settings(_env_file=None, data_directory=tmp_path)
    assert settings.signing_secret != settings.identity_signing_secret


def test_many_that_start_at_once_share_one_secret(tmp_path: Path) -> None:
    made = at_once(
        16, lambda _: Settings(_env_file=None, data_directory=tmp_path / "new").signing_secret
    )
    assert len(set(made)) == 1
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["secret.key"]


@pytest.mark.parametrize("half", ["", "\n", "abc"])
def test_half_a_kept_secret_is_refused_with_the_mend(tmp_path: Path, half: str) -> None:
    (tmp_path / "secret.key").write_text(half)
    with pytest.raises(ConfigurationError, match=r"secret\.key holds no whole secret: delete it"):
        _ = Settings(_env_file=None, data_directory=tmp_path).signing_secret


def test_the_environment_lists_origins_with_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OFFBOARD_ALLOWED_ORIGINS", "https://a.example/, https://b.example,,")
    assert Settings(_env_file=None).origins == ["https://a.example", "https://b.example"]


def test_links_begin_with_the_public_address_without_a_second_slash() -> None:
    assert Settings(_env_file=None, public_url="https://a.example/").base_url == "https://a.example"


def test_without_a_public_address_links_lead_to_this_machine() -> None:
    assert Settings(_env_file=None, port=8123).base_url == "http://127.0.0.1:8123"
