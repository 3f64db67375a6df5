"""What is needed to talk to Slack, and Slack's client."""

from dataclasses import dataclass, field

from slack_sdk.web.async_client import AsyncWebClient

from offboarding.errors import ConfigurationError
from offboarding.settings import Settings, SlackTransport

TIMEOUT_SECONDS = 10


@dataclass(frozen=True)
class SlackConnection:
    """Where Slack is, and what proves to it who we are, and to us who calls."""

    api_url: str
    transport: SlackTransport
    bot_token: str = field(repr=False)
    app_token: str = field(repr=False)
    signing_secret: str = field(repr=False)

    def __post_init__(self) -> None:
        """Raises ConfigurationError where requests could not be told from forged ones."""
        if self.transport is SlackTransport.HTTP and not self.signing_secret.strip():
            raise ConfigurationError(_not_set("OFFBOARD_SLACK_SIGNING_SECRET", self.transport))

    def client(self) -> AsyncWebClient:
        """Slack's Web API. Retries are the outbox's, so that none is lost with this process."""
        return AsyncWebClient(
            token=self.bot_token,
            base_url=self.api_url,
            timeout=TIMEOUT_SECONDS,
            retry_handlers=[],
            trust_env_in_session=True,
        )


def connection_of(settings: Settings) -> SlackConnection:
    """The connection that the settings name.

    Raises ConfigurationError when what its transport needs is missing.
    """
    if settings.slack_bot_token is None:
        raise ConfigurationError(
            "OFFBOARD_SLACK_BOT_TOKEN is not set. It is the Slack app's bot token (xoxb-…), under "
            "OAuth & Permissions."
        )
    needed = {
        SlackTransport.SOCKET: ("OFFBOARD_SLACK_APP_TOKEN", settings.slack_app_token),
        SlackTransport.HTTP: ("OFFBOARD_SLACK_SIGNING_SECRET", settings.slack_signing_secret),
    }
    name, given = needed[settings.slack_transport]
    if given is None:
        raise ConfigurationError(_not_set(name, settings.slack_transport))
    return SlackConnection(
        api_url=settings.slack_api_url,
        transport=settings.slack_transport,
        bot_token=settings.slack_bot_token.get_secret_value(),
        app_token=settings.slack_app_token.get_secret_value() if settings.slack_app_token else "",
        signing_secret=(
            settings.slack_signing_secret.get_secret_value()
            if settings.slack_signing_secret
            else ""
        ),
    )


def _not_set(name: str, transport: SlackTransport) -> str:
    return (
        f"{name} is not set, but OFFBOARD_SLACK_TRANSPORT={transport.value} needs it. The Slack "
        "app's Basic Information page has it."
    )
