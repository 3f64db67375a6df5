"""The application: what it refuses to be built on, and what it does by itself while it runs."""

import asyncio
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from httpx import ASGITransport, AsyncClient
from pydantic import SecretStr

from offboard import tables
from offboard.application import create_application
from offboarding import clock
from offboarding.audit import service as audit
from offboarding.audit.verification import Verification, verify
from offboarding.billing.stripe.connection import EVENTS_PATH
from offboarding.database import open_database
from offboarding.errors import ConfigurationError
from offboarding.receipts.keys import receipt_keys
from offboarding.settings import REPOSITORY, BillingKind, Settings
from sandbox.time_travel import TimeTravel
from tests.commands.checkout import until
from tests.offboard.ready import ready
from tests.offboarding.exports.making import policies_with


@pytest.mark.parametrize("missing", ["secret", "identity_secret"])
def test_without_one_of_its_secrets_it_does_not_start(tmp_path: Path, missing: str) -> None:
    settings = ready(tmp_path / "data", **{missing: None})
    with pytest.raises(ConfigurationError, match=f"set OFFBOARD_{missing.upper()} "):
        create_application(settings)
    assert not (tmp_path / "data").exists()


async def test_while_it_runs_the_audit_log_is_sealed_and_nothing_is_left_at_its_end(
    tmp_path: Path,
) -> None:
    settings = ready(tmp_path)
    database = open_database(settings)
    tables.metadata.create_all(database.engine)
    receipt_keys(settings).make_first()

    def record() -> None:
        with database.write() as session:
            audit.record(session, "decided", "case")

    def looked_at() -> Verification:
        with database.read() as session:
            return verify(session)

    application = create_application(settings)
    async with application.router.lifespan_context(application):
        record()
        await asyncio.to_thread(until, lambda: looked_at().sealed == 1)
        record()
    found = looked_at()
    database.close()
    assert (found.sealed, found.unsealed, found.finding) == (2, 0, None)


_LOADED = """
import sys
from pathlib import Path
from offboard.application import create_application
from tests.offboard.ready import ready
create_application(ready(Path(sys.argv[1])))
print("time_machine" in sys.modules)
"""


async def test_outside_the_sandbox_no_time_is_moved(tmp_path: Path) -> None:
    receipt_keys(ready(tmp_path)).make_first()
    (tmp_path / "sandbox-time").write_text("86400.0\n")  # of a sandbox that was here before
    before = clock.now()
    application = create_application(ready(tmp_path))
    assert clock.now() - before < timedelta(hours=1)
    transport = ASGITransport(application)
    headers = {"Origin": "https://bye.northwind.test"}
    async with AsyncClient(
        transport=transport, base_url="https://bye.northwind.test", headers=headers
    ) as client:
        answer = await client.post("/sandbox/time", data={"to": "day"})
    assert answer.status_code == 404
    with pytest.raises(ConfigurationError):
        TimeTravel(ready(tmp_path))


def test_outside_the_sandbox_what_moves_time_is_not_even_loaded(tmp_path: Path) -> None:
    receipt_keys(ready(tmp_path)).make_first()
    loaded = subprocess.run(
        [sys.executable, "-c", _LOADED, str(tmp_path)],
        cwd=REPOSITORY,
        check=True,
        capture_output=True,
        text=True,
    )
    assert loaded.stdout.strip() == "False"


def test_a_sandbox_whose_time_is_not_to_be_read_says_which_file_is_in_the_way(
    tmp_path: Path,
) -> None:
    (tmp_path / "sandbox-time").write_text("tomorrow")
    with pytest.raises(ConfigurationError, match="sandbox-time does not say"):
        create_application(Settings(_env_file=None, data_directory=tmp_path))


def test_without_a_key_to_sign_receipts_with_it_does_not_start(tmp_path: Path) -> None:
    settings = ready(tmp_path / "data")
    with pytest.raises(ConfigurationError, match="`offboard receipt new-key` makes one"):
        create_application(settings)
    assert not (tmp_path / "data").exists()


def test_without_a_connection_that_the_exports_need_it_does_not_start(tmp_path: Path) -> None:
    source = "  - {name: crm, kind: http, connection: crm, secret: crm_key, about: Your calls.}\n"
    policies_with(tmp_path, source)
    settings = Settings(_env_file=None, data_directory=tmp_path, policy_directory=tmp_path)
    with pytest.raises(ConfigurationError, match="OFFBOARD_EXPORT_CONNECTIONS__CRM="):
        create_application(settings)


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


@pytest.mark.parametrize(
    ("secrets", "said"),
    [
        (None, "add notes=whsec_…, sync=whsec_…"),
        ("notes=whsec_" + "a2tr" * 8, "add sync=whsec_…"),
        ("notes=hush-hush", "The secret notes"),
    ],
)
def test_outside_the_sandbox_it_does_not_start_while_a_system_could_not_be_told(
    tmp_path: Path, secrets: str | None, said: str
) -> None:
    settings = ready(tmp_path / "data", webhook_secrets=SecretStr(secrets) if secrets else None)
    receipt_keys(settings).make_first()
    with pytest.raises(ConfigurationError) as refused:
        create_application(settings)
    assert said in refused.value.sentence
    assert "hush" not in refused.value.sentence
