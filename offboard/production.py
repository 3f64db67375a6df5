"""What is still to be set before real customers are served: told all at once, at the start."""

from collections.abc import Iterator
from email.utils import parseaddr
from urllib.parse import urlsplit

from offboarding import clock
from offboarding.access.signing import secrets_by_name
from offboarding.errors import ConfigurationError
from offboarding.policies.reading import read_policy
from offboarding.policies.systems import SystemsPolicy
from offboarding.receipts.keys import receipt_keys
from offboarding.settings import Settings

SHOWN_TO_CUSTOMERS = ("company_name", "support_email", "mail_from")
_ADDRESSES = frozenset({"support_email", "mail_from"})
_FEWEST_DIFFERENT = 8
"""Characters of a secret; one that was drawn by chance has more."""


def check_ready(settings: Settings) -> None:
    """Outside the sandbox, that nothing of the least is missing. Raises ConfigurationError.

    What is set, but wrong, is told where it is read, by a sentence of its own.
    """
    if settings.sandbox:
        return
    missing = [*_settings(settings), *_receipt_key(settings), *_systems(settings)]
    if missing:
        raise ConfigurationError(
            "Customers can't be served yet (OFFBOARD_SANDBOX=false): "
            f"{'; '.join(missing)}. docs/operate.md says what each is for."
        )


def _settings(settings: Settings) -> Iterator[str]:
    for name in SHOWN_TO_CUSTOMERS:
        value, demo = getattr(settings, name).strip(), str(Settings.model_fields[name].default)
        if not value or _compared(name, value) == _compared(name, demo):
            yield f"set OFFBOARD_{name.upper()}, which is the demo's or empty"
        elif name in _ADDRESSES and "@" not in parseaddr(value)[1]:
            yield f"give OFFBOARD_{name.upper()} an e-mail address"
    yield from _addresses(settings)
    yield from _secrets(settings)


def _compared(name: str, value: str) -> str:
    """A setting as it is held against the demo's: an address without who it is written as."""
    words = parseaddr(value)[1] if name in _ADDRESSES else " ".join(value.split())
    return words.casefold()


def _secrets(settings: Settings) -> Iterator[str]:
    known = set()
    for name in ("secret", "identity_secret"):
        secret = getattr(settings, name)
        if secret is None or len(set(secret.get_secret_value())) < _FEWEST_DIFFERENT:
            yield f"set OFFBOARD_{name.upper()} to 32 random characters or more"
        elif secret.get_secret_value() in known:
            yield f"give OFFBOARD_{name.upper()} a value of its own"
        else:
            known.add(secret.get_secret_value())
    if settings.data_keys is None:
        yield "set OFFBOARD_DATA_KEYS to what `offboard keys new` prints"


def _addresses(settings: Settings) -> Iterator[str]:
    if not settings.public_url.strip():
        yield "set OFFBOARD_PUBLIC_URL to the https address in customers' links"
    elif not (settings.encrypted or settings.on_loopback):
        yield "give OFFBOARD_PUBLIC_URL an https:// address, for talks would go in the clear"
    elif not _is_a_place(settings.public_url):
        yield "give OFFBOARD_PUBLIC_URL a host, and no user, password, question mark or #"
    # Where nothing but the sandbox's own mailbox ever listens.
    nowhere = tuple(Settings.model_fields[name].default for name in ("smtp_host", "smtp_port"))
    if not settings.smtp_host.strip() or (settings.smtp_host, settings.smtp_port) == nowhere:
        yield "set OFFBOARD_SMTP_HOST and OFFBOARD_SMTP_PORT to your mail server"


def _is_a_place(address: str) -> bool:
    """Whether paths can be put behind it, to make links that lead somewhere."""
    parts = urlsplit(address)
    more = parts.username, parts.password, parts.query, parts.fragment
    return bool(parts.hostname) and not any(more)


def _receipt_key(settings: Settings) -> Iterator[str]:
    keys = receipt_keys(settings)
    if keys.ring().signing(clock.now()) is None:
        yield f"make a key for receipts in {keys.folder}: `offboard receipt new-key` makes one"


def _systems(settings: Settings) -> Iterator[str]:
    path = settings.policy_directory / "systems.yml"
    known = secrets_by_name(settings.webhook_secrets)
    named = {system.secret for system in read_policy(path, SystemsPolicy).systems.values()}
    lacking = ", ".join(f"{secret}=whsec_…" for secret in sorted(named - known.keys()))
    if lacking:
        yield (
            f"add {lacking} to OFFBOARD_WEBHOOK_SECRETS for the systems in policy/{path.name}, or "
            "write `systems: {}` there when no system is connected"
        )
