"""The application refuses to be built on settings that would fail its customers later."""

from pathlib import Path

import pytest
from pydantic import SecretStr

from offboard.application import create_application
from offboarding.errors import ConfigurationError
from offboarding.settings import Settings


@pytest.mark.parametrize("missing", ["secret", "identity_secret"])
def test_without_one_of_its_secrets_it_does_not_start(tmp_path: Path, missing: str) -> None:
    whole = Settings(
        _env_file=None,
        sandbox=False,
        data_directory=tmp_path / "data",
        secret=SecretStr("s" * 40),
        identity_secret=SecretStr("i" * 40),
    )
    settings = whole.model_copy(update={missing: None})
    with pytest.raises(ConfigurationError, match=f"OFFBOARD_{missing.upper()} is not set"):
        create_application(settings)
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize(
    ("secrets", "said"),
    [
        (None, "Add notes=whsec_"),
        ("notes=whsec_" + "a2tr" * 8, "Add sync=whsec_"),
        ("notes=hush-hush", "The secret notes"),
    ],
)
def test_outside_the_sandbox_it_does_not_start_while_a_system_could_not_be_told(
    tmp_path: Path, secrets: str | None, said: str
) -> None:
    settings = Settings(
        _env_file=None,
        sandbox=False,
        data_directory=tmp_path / "data",
        secret=SecretStr("s" * 40),
        identity_secret=SecretStr("i" * 40),
        webhook_secrets=SecretStr(secrets) if secrets else None,
    )
    with pytest.raises(ConfigurationError) as refused:
        create_application(settings)
    assert said in refused.value.sentence
    assert "hush" not in refused.value.sentence
