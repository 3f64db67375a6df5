"""Where the company's systems are, by policy/systems.yml and OFFBOARD_WEBHOOK_SECRETS."""

from collections.abc import Callable
from urllib.parse import urlsplit

from offboarding.access.port import Endpoint
from offboarding.access.signing import secrets_by_name
from offboarding.errors import ConfigurationError
from offboarding.policies.systems import SystemsPolicy
from offboarding.settings import Settings


class ConfiguredEndpoints:
    """Endpoints as the operator has set them up. An address comes from nowhere but the policy.

    Raises ConfigurationError where the secrets can't be read.
    """

    def __init__(self, settings: Settings, policy: Callable[[], SystemsPolicy]) -> None:
        self._secrets = secrets_by_name(settings.webhook_secrets)
        self._in_the_clear = settings.sandbox
        self._policy = policy

    def of(self, system: str) -> Endpoint:
        """See Endpoints."""
        described = self._policy().systems.get(system)
        if described is None:
            raise ConfigurationError(
                f"policy/systems.yml has no system {system} any more. Put it back, or tell it by "
                "hand."
            )
        if urlsplit(described.url).scheme != "https" and not self._in_the_clear:
            raise ConfigurationError(
                f"The url of {system} in policy/systems.yml is no https address. Outside the "
                "sandbox nothing is sent in the clear: give it an https address."
            )
        secrets = self._secrets.get(described.secret)
        if secrets is None:
            raise ConfigurationError(
                f"{system} in policy/systems.yml names the secret {described.secret}, and "
                f"OFFBOARD_WEBHOOK_SECRETS has none of that name. Add {described.secret}=whsec_…, "
                "or take the system out."
            )
        return Endpoint(described.url, secrets)
