"""The application refuses to be built on settings that would fail its customers later."""

from pathlib import Path

import pytest
from pydantic import SecretStr

from offboard.application import create_application
from offboarding.errors import ConfigurationError
from offboarding.settings import Settings
from tests.offboarding.exports.making import policies_with


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


def test_without_a_connection_that_the_exports_need_it_does_not_start(tmp_path: Path) -> None:
    source = "  - {name: crm, kind: http, connection: crm, secret: crm_key, about: Your calls.}\n"
    policies_with(tmp_path, source)
    settings = Settings(_env_file=None, data_directory=tmp_path, policy_directory=tmp_path)
    with pytest.raises(ConfigurationError, match="OFFBOARD_EXPORT_CONNECTIONS__CRM="):
        create_application(settings)
