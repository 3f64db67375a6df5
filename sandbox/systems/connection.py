"""The application's connection to the made-up company's systems, as an operator would set it up."""

import base64
import hashlib
import hmac
from collections.abc import Callable

from offboarding.access.port import Endpoint
from offboarding.access.signing import Secrets
from offboarding.errors import ConfigurationError
from offboarding.policies.systems import SystemsPolicy
from offboarding.settings import Settings
from sandbox.slack.credentials import local_url

PATH = "/sandbox/systems/{system}/webhooks"


class SandboxEndpoints:
    """Endpoints: every system of policy/systems.yml is served by the sandbox itself."""

    def __init__(
        self, settings: Settings, policy: Callable[[], SystemsPolicy], url: str | None = None
    ) -> None:
        self._settings = settings
        self._policy = policy
        self._url = url or local_url(settings)

    def of(self, system: str) -> Endpoint:
        """See Endpoints."""
        if system not in self._policy().systems:
            raise ConfigurationError(f"policy/systems.yml has no system {system} any more.")
        return Endpoint(self._url + PATH.format(system=system), secrets(self._settings, system))


def secrets(settings: Settings, system: str) -> Secrets:
    """The same at every start: made from the random secret that the data directory keeps."""
    key = settings.signing_secret.encode()
    made = hmac.digest(key, f"sandbox system: {system}".encode(), hashlib.sha256)
    return Secrets(("whsec_" + base64.b64encode(made).decode(),))
