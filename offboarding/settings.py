"""Every setting of the application, its meaning and its default."""

import os
import secrets
import tempfile
from collections.abc import Callable
from contextlib import suppress
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from email_validator import EmailNotValidError, validate_email
from pydantic import AliasChoices, Field, HttpUrl, SecretStr, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from offboarding.encryption.keys import DataKeys, first_keys
from offboarding.errors import ConfigurationError

REPOSITORY = Path(__file__).resolve().parent.parent
SANDBOX_STAFF = "robin.ellery@larkspur.example"
"""Who of the made-up company looks after cases, while nobody else is named."""
_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


class LogTarget(StrEnum):
    """Where log lines go."""

    FILE = "file"
    TERMINAL = "terminal"


class SlackTransport(StrEnum):
    """How Slack reaches the application."""

    SOCKET = "socket"
    HTTP = "http"


class BillingKind(StrEnum):
    """Who knows what is paid, and takes the payments."""

    LEDGER = "ledger"
    STRIPE = "stripe"


SECRETS = (
    "secret",
    "identity_secret",
    "data_keys",
    "smtp_password",
    "rasa_token",
    "action_token",
    "slack_bot_token",
    "slack_app_token",
    "slack_signing_secret",
    "twilio_auth_token",
    "stripe_secret_key",
    "stripe_webhook_secret",
    "webhook_secrets",
)
"""The settings whose values are secrets."""


class Settings(BaseSettings):
    """Read from the environment (`OFFBOARD_…`) and from `.env`; see `offboard settings`."""

    model_config = SettingsConfigDict(
        env_prefix="OFFBOARD_",
        env_file=".env",
        extra="ignore",
        populate_by_name=True,
        env_nested_delimiter="__",
    )

    host: str = Field("127.0.0.1", description="Address the application listens on.")
    port: int = Field(
        8000,
        validation_alias=AliasChoices("OFFBOARD_PORT", "PORT"),
        description="Port the application listens on.",
    )
    public_url: str = Field(
        "",
        description="Address customers reach the application at, without a slash at the end; "
        "used in every link. Default: http://127.0.0.1:<port>.",
    )
    database_url: str = Field(
        "",
        validation_alias=AliasChoices("OFFBOARD_DATABASE_URL", "DATABASE_URL"),
        description="Where the business is kept. Default: SQLite in <data directory>; "
        "postgresql://… for PostgreSQL.",
    )
    data_directory: Path = Field(
        Path("var"), description="Folder for the SQLite files, exports and generated secrets."
    )
    policy_directory: Path = Field(
        REPOSITORY / "policy", description="Folder of the policies (offers.yml, …)."
    )
    domain_file: Path = Field(
        REPOSITORY / "domain.yml", description="Rasa's domain, which holds every text."
    )
    secret: SecretStr | None = Field(
        None,
        description="Signs session tokens, links and one-time codes (at least 32 characters). "
        "In the sandbox one is made and kept in the data directory.",
    )
    identity_secret: SecretStr | None = Field(
        None,
        description="Shared with the company's website: signs the identity tokens (HS256) that "
        "its pages hand to the widget. In the sandbox one is made.",
    )
    data_keys: SecretStr | None = Field(
        None,
        description="Encrypt what is kept of customers (docs/operate.md): `name=key,index=key`; "
        "the first wraps, the others still open. `offboard keys new` prints them. In the sandbox "
        "they are made and kept in the data directory.",
    )
    keys_database_url: str = Field(
        "",
        description="Where the keys of customers are kept, each wrapped. Default: a file beside "
        "the SQLite database; in the database with PostgreSQL.",
    )
    receipt_key_directory: str = Field(
        "",
        description="Folder of the keys that sign receipts (docs/receipts.md). Default: "
        "receipt-keys in the data directory; in the sandbox a key is made there.",
    )
    allowed_origins: Annotated[list[str], NoDecode] = Field(
        default_factory=list,
        description="Websites that may embed the widget, comma-separated "
        "(https://www.example.com). The application's own address always may.",
    )
    company_name: str = Field("Larkspur Notes", description="The company, as customers know it.")
    support_email: str = Field(
        "support@larkspur.example", description="Where hand-offs and failed steps are mailed."
    )
    sign_up_url: HttpUrl | None = Field(
        None,
        description="Where a plan is started, such as https://www.example.com/plans: shown to "
        "customers whose last plan is over. Without it a person helps them.",
    )
    content_url: HttpUrl | None = Field(
        None,
        description="Where customers download what they made with your product, such as "
        "https://www.example.com/export: named beside the copy of their data and in receipts. "
        "Without it a person helps them.",
    )
    company_time_zone: str = Field(
        "UTC",
        description="The company's time zone (Europe/Berlin), in which its staff read times.",
    )
    staff_addresses: Annotated[list[str], NoDecode] = Field(
        default_factory=list,
        description="E-mail addresses of the staff who may look after cases at <public URL>/staff, "
        "comma-separated (docs/off-boarding.md). Without one there are no such pages; the "
        "sandbox has a made-up person.",
    )
    insights_addresses: Annotated[list[str], NoDecode] = Field(
        default_factory=list,
        description="E-mail addresses of those who read at <public URL>/staff/insights why "
        "customers leave, and see no case, comma-separated (docs/insights.md). Staff may, too.",
    )
    mail_from: str = Field(
        "Larkspur Notes <goodbye@larkspur.example>", description="Sender of every mail."
    )
    smtp_host: str = Field("127.0.0.1", description="SMTP server that mails are handed to.")
    smtp_port: int = Field(8025, description="Port of the SMTP server.")
    smtp_user: str = Field("", description="SMTP user; empty for no sign-in.")
    smtp_password: SecretStr | None = Field(None, description="SMTP password.")
    smtp_starttls: bool = Field(
        default=False, description="Whether the SMTP connection is encrypted."
    )
    rasa_url: str = Field(
        "",
        description="Where Rasa's gateway channel answers. Default: `offboard run` starts Rasa "
        "on 127.0.0.1:<rasa_port> itself.",
    )
    rasa_port: int = Field(
        5005, description="Loopback port for the Rasa that is started here; 0 takes a free one."
    )
    rasa_token: SecretStr | None = Field(
        None, description="Token between application and Rasa. Default: made at every start."
    )
    action_token: SecretStr | None = Field(
        None,
        description="Token with which Rasa calls the application's actions. "
        "Default: made at every start.",
    )
    rasa_timeout_seconds: float = Field(
        10.0, description="How long one turn may take before the customer gets an honest answer."
    )
    identity_minutes: int = Field(
        60, description="Minutes without a message after which a customer must identify again."
    )
    slack_bot_token: SecretStr | None = Field(
        None,
        description="Bot token (xoxb-…) of the Slack app; with it agents answer in Slack. Without "
        "one, and without the sandbox's desk, wishes for a person are mailed.",
    )
    slack_transport: SlackTransport = Field(
        SlackTransport.SOCKET,
        description="How Slack reaches the application: `socket` (Socket Mode: no public address "
        "is needed) or `http` (Slack calls <public URL>/slack/events).",
    )
    slack_app_token: SecretStr | None = Field(
        None, description="App-level token (xapp-…) with connections:write; for `socket`."
    )
    slack_signing_secret: SecretStr | None = Field(
        None, description="The Slack app's signing secret; for `http`."
    )
    slack_api_url: str = Field(
        "https://slack.com/api/", description="Slack's Web API, with a slash at the end."
    )
    twilio_account_sid: str = Field(
        "",
        description="Twilio's account (AC…); with it customers can write by SMS. Twilio calls "
        "<public URL>/sms/inbound.",
    )
    twilio_auth_token: SecretStr | None = Field(
        None,
        description="The Twilio account's auth token; it signs what Twilio sends here, too.",
    )
    sms_sender: str = Field(
        "",
        description="Whom texts are sent from: a number (+12025550100), a short code, or a "
        "Messaging Service (MG…).",
    )
    sms_segments_per_second: float = Field(
        1.0,
        gt=0,
        description="How fast one sender may send, in SMS segments a second: about 1 for a long "
        "code, 3 for a toll-free number, 100 for a short code.",
    )
    sms_new_numbers_per_minute: int = Field(
        30,
        ge=1,
        description="How many numbers that never wrote before, and are no customer's on file, are "
        "answered in a minute; the others are heard and answered later.",
    )
    twilio_api_url: str = Field(
        "https://api.twilio.com", description="Twilio's REST API, without a slash at the end."
    )
    export_connections: dict[str, SecretStr] = Field(
        default_factory=dict,
        description="Databases, addresses and keys that policy/exports.yml names, as JSON or one "
        "by one: OFFBOARD_EXPORT_CONNECTIONS__<NAME>=postgresql://…",
    )
    billing: BillingKind = Field(
        BillingKind.LEDGER,
        description="Who bills: `ledger` (our own database) or `stripe`. Stripe calls "
        "<public URL>/stripe/events.",
    )
    stripe_secret_key: SecretStr | None = Field(
        None,
        description="Stripe's secret key (sk_…) or, better, a restricted one (rk_…); for `stripe`.",
    )
    stripe_webhook_secret: SecretStr | None = Field(
        None,
        description="Signing secret (whsec_…) of the webhook endpoint in Stripe's dashboard; it "
        "proves what Stripe sends.",
    )
    stripe_api_url: str = Field(
        "https://api.stripe.com", description="Stripe's API, without a slash at the end."
    )
    webhook_secrets: SecretStr | None = Field(
        None,
        description="Sign what the systems of policy/systems.yml are told: `name=whsec_…`, "
        "comma-separated; a name that stands twice has two secrets, while one is being changed. "
        "In the sandbox, while none is set, the sandbox stands in for these systems.",
    )
    log_to: LogTarget = Field(
        LogTarget.FILE,
        description="Where log lines go: `file` (application.log in the data directory) or "
        "`terminal`.",
    )
    sandbox: bool = Field(
        default=True,
        description="Whether the demo company, its mailbox and its customers are served. "
        "Set to false in production.",
    )

    sandbox_desk: bool = Field(
        default=True,
        description="Whether the sandbox has a desk: a stand-in for Slack at /sandbox/desk, used "
        "while no Slack app is connected.",
    )

    sandbox_phone: bool = Field(
        default=True,
        description="Whether the sandbox has a phone: a stand-in for Twilio at /sandbox/phone, "
        "used while no Twilio account is connected.",
    )

    @field_validator("allowed_origins", mode="before")
    @classmethod
    def _origins_between_commas(cls, given: object) -> object:
        """NoDecode hands over the raw text of the environment."""
        if isinstance(given, str):
            return [origin.strip() for origin in given.split(",") if origin.strip()]
        return given

    @field_validator("staff_addresses", "insights_addresses", mode="before")
    @classmethod
    def _addresses_between_commas(cls, given: object) -> object:
        """As they are compared: in lower case. Raises ValueError for what is no address."""
        if isinstance(given, str):
            given = [address.strip() for address in given.split(",") if address.strip()]
        return [_address(each) for each in given] if isinstance(given, list) else given

    @field_validator("company_time_zone")
    @classmethod
    def _known_time_zone(cls, given: str) -> str:
        try:
            return ZoneInfo(given).key
        except (ValueError, OSError, ZoneInfoNotFoundError) as error:
            raise ValueError(
                "no such time zone; write one of the IANA's, such as Europe/Berlin"
            ) from error

    @field_validator(*SECRETS, mode="before")
    @classmethod
    def _empty_is_not_set(cls, given: object) -> object:
        """`OFFBOARD_SECRET=` is how many a file says that there is none; it never is a secret."""
        value = given.get_secret_value() if isinstance(given, SecretStr) else given
        return None if isinstance(value, str) and not value.strip() else given

    @property
    def base_url(self) -> str:
        """The address in links, without a slash at the end."""
        return self.public_url.rstrip("/") or f"http://127.0.0.1:{self.port}"

    @property
    def content_place(self) -> str | None:
        """Where content is downloaded; in the sandbox on the made-up company's website."""
        if self.content_url is not None:
            return str(self.content_url)
        return f"{self.base_url}/#your-notes" if self.sandbox else None

    @property
    def on_loopback(self) -> bool:
        """Whether links lead to this very machine, so that nothing goes over a network."""
        return urlsplit(self.base_url).hostname in _LOOPBACK

    @property
    def staff(self) -> frozenset[str]:
        """The addresses that may sign in to the staff pages; without one there are no such pages.

        Raises ConfigurationError where the sign-in would go over a network in the clear.
        """
        if not self.staff_addresses:
            made_up = self.sandbox and (self.on_loopback or self.encrypted)
            return frozenset({SANDBOX_STAFF} if made_up else ())
        if not (self.on_loopback or self.encrypted):
            raise ConfigurationError(
                "OFFBOARD_STAFF_ADDRESSES needs an https:// address in OFFBOARD_PUBLIC_URL, for "
                f"staff would sign in over {self.base_url} in the clear."
            )
        return frozenset(self.staff_addresses)

    @property
    def may_sign_in(self) -> frozenset[str]:
        """The staff, and those who read the insights alone.

        Raises ConfigurationError where the sign-in would go over a network in the clear.
        """
        readers = frozenset(self.insights_addresses)
        if readers and not (self.on_loopback or self.encrypted):
            raise ConfigurationError(
                "OFFBOARD_INSIGHTS_ADDRESSES needs an https:// address in OFFBOARD_PUBLIC_URL, for "
                f"people would sign in over {self.base_url} in the clear."
            )
        return self.staff | readers

    @property
    def encrypted(self) -> bool:
        """Whether links lead to an https address."""
        return self.base_url.startswith("https://")

    @property
    def desk_connected(self) -> bool:
        """Whether agents can be reached in Slack, or in what stands in for it."""
        return self.slack_bot_token is not None or self.desk_in_sandbox

    @property
    def desk_in_sandbox(self) -> bool:
        """Whether the sandbox stands in for Slack."""
        return self.sandbox and self.sandbox_desk and self.slack_bot_token is None

    @property
    def sms_in_sandbox(self) -> bool:
        """Whether the sandbox stands in for Twilio."""
        return self.sandbox and self.sandbox_phone and not self.twilio_account_sid

    @property
    def systems_in_sandbox(self) -> bool:
        """Whether the sandbox stands in for the company's systems."""
        return self.sandbox and self.webhook_secrets is None

    @property
    def database(self) -> str:
        """The SQLAlchemy address of the business database."""
        return self.database_url or f"sqlite:///{self.data_directory / 'offboarding.db'}"

    @property
    def receipt_keys(self) -> Path:
        """The folder of the keys that sign receipts."""
        return Path(self.receipt_key_directory or self.data_directory / "receipt-keys")

    @property
    def origins(self) -> list[str]:
        """The origins whose pages may call the web API."""
        return [origin.rstrip("/") for origin in self.allowed_origins]

    @cached_property
    def signing_secret(self) -> str:
        """Key for session tokens, links and codes.

        Raises ConfigurationError outside the sandbox when none, or too short a one, is set.
        """
        return self._secret_or_made(self.secret, "OFFBOARD_SECRET", "secret.key")

    @cached_property
    def identity_signing_secret(self) -> str:
        """Key that the company's website signs identity tokens with."""
        return self._secret_or_made(
            self.identity_secret, "OFFBOARD_IDENTITY_SECRET", "identity-secret.key"
        )

    @cached_property
    def personal_data_keys(self) -> DataKeys:
        """The keys under which customers' data are encrypted. Raises ConfigurationError."""
        if self.data_keys is not None:
            return DataKeys.read(self.data_keys.get_secret_value(), "OFFBOARD_DATA_KEYS")
        if not self.sandbox:
            raise ConfigurationError(
                "OFFBOARD_DATA_KEYS is not set: it encrypts what is kept of customers. "
                "`offboard keys new` prints what to set it to; keep a copy where the database is "
                "not, for without it the data can't be read."
            )
        path = self.data_directory / "data-keys"
        return DataKeys.read(_kept_secret(path, first_keys), str(path))

    def _secret_or_made(self, given: SecretStr | None, name: str, file_name: str) -> str:
        if given is not None:
            value = given.get_secret_value()
            if len(value) < 32:
                raise ConfigurationError(f"{name} is too short: use at least 32 characters.")
            return value
        if not self.sandbox:
            raise ConfigurationError(
                f"{name} is not set. Set it to a random text of at least 32 characters, "
                f'for example by: python3 -c "import secrets; print(secrets.token_urlsafe(48))"'
            )
        return _kept_secret(self.data_directory / file_name)


def _address(given: object) -> str:
    """An e-mail address in lower case. Raises ValueError."""
    try:
        return validate_email(str(given).strip(), check_deliverability=False).normalized.lower()
    except EmailNotValidError as error:
        raise ValueError(f"{given!r} is no e-mail address") from error


def _random_secret() -> str:
    return secrets.token_urlsafe(48)


def _kept_secret(path: Path, make: Callable[[], str] = _random_secret) -> str:
    """The secret in a file, made now if there is none; never half of one, whoever else reads it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        descriptor, made = tempfile.mkstemp(prefix=path.name, dir=path.parent)  # for its owner only
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(make())
        with suppress(FileExistsError):  # another process was faster: its secret counts
            os.link(made, path)
        Path(made).unlink()
    value = path.read_text(encoding="ascii").strip()
    if len(value) < 32:
        raise ConfigurationError(f"{path} holds no whole secret: delete it, and one is made anew.")
    return value
