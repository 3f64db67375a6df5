"""Signing and checking webhooks by the Standard Webhooks specification (standardwebhooks.com)."""

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from pydantic import SecretStr
from standardwebhooks import Webhook, WebhookVerificationError

from offboarding.errors import ConfigurationError

MOST_SECRETS: Final = 3
"""Of one name: the one in use, its successor, and no heap of old ones."""
_LEAST_BYTES, _MOST_BYTES = 24, 64
"""What the specification asks of a secret."""
_PREFIX = "whsec_"
_NAME = re.compile(r"[a-z][a-z0-9_-]{0,31}")


@dataclass(frozen=True)
class Secrets:
    """The secrets that we share with one system; several while one replaces another."""

    values: tuple[str, ...] = field(repr=False)

    def headers(self, webhook_id: str, moment: datetime, body: bytes) -> dict[str, str]:
        """The headers that sign this body, now: one signature for each secret."""
        signatures = (
            Webhook(secret).sign(webhook_id, moment, body.decode()) for secret in self.values
        )
        return {
            "webhook-id": webhook_id,
            "webhook-timestamp": str(int(moment.timestamp())),
            "webhook-signature": " ".join(signatures),
        }

    def signed(self, headers: Mapping[str, str], body: bytes) -> bool:
        """Whether whoever sent this knows one of the secrets, and signed within five minutes."""
        return any(_is_genuine(secret, headers, body) for secret in self.values)


def secrets_by_name(given: SecretStr | None) -> Mapping[str, Secrets]:
    """What OFFBOARD_WEBHOOK_SECRETS holds, by name.

    Raises ConfigurationError, which names the entry and says nothing of the secret.
    """
    found: dict[str, list[str]] = {}
    text = given.get_secret_value() if given is not None else ""
    for number, entry in enumerate(filter(None, (each.strip() for each in text.split(","))), 1):
        name, _, secret = entry.partition("=")
        if _NAME.fullmatch(name) is None:
            raise ConfigurationError(
                f"Entry {number} of OFFBOARD_WEBHOOK_SECRETS has no name that can be used. Write "
                "it like notes=whsec_…, and a comma between two entries."
            )
        if not _usable(secret):
            raise ConfigurationError(
                f"The secret {name} in OFFBOARD_WEBHOOK_SECRETS (entry {number}) can't be used: it "
                f"has to be {_PREFIX} and, in base64, {_LEAST_BYTES} to {_MOST_BYTES} random "
                'bytes. Make one by: python3 -c "import base64, os; '
                f"print('{_PREFIX}' + base64.b64encode(os.urandom(32)).decode())\""
            )
        found.setdefault(name, []).append(secret)
        if len(found[name]) > MOST_SECRETS:
            raise ConfigurationError(
                f"OFFBOARD_WEBHOOK_SECRETS has more than {MOST_SECRETS} secrets named {name}. Take "
                "out those that the system does not use any more."
            )
    return {name: Secrets(tuple(values)) for name, values in found.items()}


def _usable(secret: str) -> bool:
    if not secret.startswith(_PREFIX):
        return False
    written = secret.removeprefix(_PREFIX).rstrip("=")  # some write no padding
    try:
        held = base64.b64decode(written + "=" * (-len(written) % 4), validate=True)
    except binascii.Error:
        return False
    return _LEAST_BYTES <= len(held) <= _MOST_BYTES


def _is_genuine(secret: str, headers: Mapping[str, str], body: bytes) -> bool:
    try:
        Webhook(secret).verify(body, dict(headers), json_parse=False)
    except (WebhookVerificationError, ValueError):  # a header of a wrong form is a ValueError
        return False
    return True
