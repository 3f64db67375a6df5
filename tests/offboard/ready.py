"""Settings of a company that serves real customers: all of the least that it takes."""

from pathlib import Path

from pydantic import SecretStr

from offboarding.settings import Settings
from tests.keys import TEXT

KEY = "whsec_" + "a2tr" * 8


def ready(folder: Path, **changes: object) -> Settings:
    """Outside the sandbox, with nothing missing but a key for receipts; changed as given."""
    whole = Settings(
        _env_file=None,
        sandbox=False,
        data_directory=folder,
        data_keys=SecretStr(TEXT),
        company_name="Northwind",
        support_email="help@northwind.test",
        mail_from="Northwind <bye@northwind.test>",
        public_url="https://bye.northwind.test",
        smtp_host="mail.northwind.test",
        smtp_port=587,
        secret=SecretStr("secret of" * 5),
        identity_secret=SecretStr("who signed in. " * 3),
        webhook_secrets=SecretStr(f"notes={KEY},sync={KEY}"),
    )
    return whole.model_copy(update=changes)
