"""The application refuses to be built on settings that would fail its customers later."""

from pathlib import Path

import pytest
from httpx import ASGITransport, AsyncClient
from pydantic import SecretStr

from offboard.application import create_application
from offboarding.billing.stripe.connection import EVENTS_PATH
from offboarding.errors import ConfigurationError
from offboarding.settings import BillingKind, Settings


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


def test_with_stripe_and_without_its_key_it_does_not_start(tmp_path: Path) -> None:
    settings = Settings(_env_file=None, data_directory=tmp_path, billing=BillingKind.STRIPE)
    with pytest.raises(ConfigurationError, match="OFFBOARD_STRIPE_SECRET_KEY is not set"):
        create_application(settings)


@pytest.mark.parametrize("billing", list(BillingKind))
async def test_stripe_is_heard_where_it_is_the_billing(
    tmp_path: Path, billing: BillingKind
) -> None:
    settings = Settings(
        _env_file=None,
        data_directory=tmp_path,
        billing=billing,
        stripe_secret_key=SecretStr("sk_test_1"),
        stripe_webhook_secret=SecretStr("whsec_1"),
    )
    transport = ASGITransport(app=create_application(settings))
    async with AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
        answer = await client.post(EVENTS_PATH, content="{}")
    assert answer.status_code == (400 if billing is BillingKind.STRIPE else 404)
