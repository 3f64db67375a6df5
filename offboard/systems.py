"""Which systems are told that access ends: the company's own, or the sandbox's."""

from offboarding.access.endpoints import ConfiguredEndpoints
from offboarding.access.port import Endpoints
from offboarding.policies.store import Policies
from offboarding.settings import Settings
from sandbox.systems.connection import SandboxEndpoints


def endpoints_of(settings: Settings, policies: Policies) -> Endpoints:
    """The endpoints. Raises ConfigurationError where the secrets can't be read."""
    if settings.systems_in_sandbox:
        return SandboxEndpoints(settings, lambda: policies.systems)
    return ConfiguredEndpoints(settings, lambda: policies.systems)
