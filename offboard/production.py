"""What is still to be set before real customers are served: told all at once, at the start."""

import unicodedata
from collections.abc import Iterator
from email.utils import getaddresses, parseaddr
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
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
"""Categories of characters that nobody sees: line ends, overrides of direction, spaces of no width.
In a name they end a header of a mail, or make it look like another one."""
_JOINERS = frozenset({"\u200c", "\u200d"})
"""Of these the two that names are rightly written with, as in Persian."""
_MOST_PORT = 65535


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
        value, demo = getattr(settings, name), str(Settings.model_fields[name].default)
        if not _seen(value) or _compared(name, value) == _compared(name, demo):
            yield f"set OFFBOARD_{name.upper()}, which is the demo's or empty"
        elif any(_is_unseen(character) for character in value):
            yield (
                f"write OFFBOARD_{name.upper()} in one line and without characters that can't be "
                "seen"
            )
        elif name in _ADDRESSES and "@" not in parseaddr(value)[1]:
            yield f"give OFFBOARD_{name.upper()} an e-mail address"
        elif name in _ADDRESSES and len(getaddresses([value])) != 1:
            yield f"give OFFBOARD_{name.upper()} one e-mail address and no more"
    yield from _addresses(settings)
    yield from _secrets(settings)


def _compared(name: str, value: str) -> str:
    """A setting as it is held against the demo's: an address without who it is written as."""
    seen = _seen(value)
    return (parseaddr(seen)[1] if name in _ADDRESSES else seen).casefold()


def _seen(value: str) -> str:
    """What a reader sees of it, in one line."""
    shown = "".join(each for each in value if each.isspace() or not _is_hidden(each))
    return " ".join(shown.split())


def _is_hidden(character: str) -> bool:
    return unicodedata.category(character) in _UNSEEN


def _is_unseen(character: str) -> bool:
    return _is_hidden(character) and character not in _JOINERS


def _secrets(settings: Settings) -> Iterator[str]:
    known = set()
    for name in ("secret", "identity_secret"):
        secret = getattr(settings, name)
        random = secret.get_secret_value().strip() if secret is not None else ""
        if len(set(random)) < _FEWEST_DIFFERENT:
            yield f"set OFFBOARD_{name.upper()} to 32 random characters or more"
        elif random in known:
            yield f"give OFFBOARD_{name.upper()} a value of its own"
        else:
            known.add(random)
    if settings.data_keys is None:
        yield "set OFFBOARD_DATA_KEYS to what `offboard keys new` prints"


def _addresses(settings: Settings) -> Iterator[str]:
    if not settings.public_url.strip():
        yield "set OFFBOARD_PUBLIC_URL to the https address in customers' links"
    elif not _is_an_address(settings.public_url):
        yield (
            "write OFFBOARD_PUBLIC_URL without spaces and line ends, and its port, if it has one, "
            f"as a number from 1 to {_MOST_PORT}"
        )
    elif not (settings.encrypted or settings.on_loopback):
        yield "give OFFBOARD_PUBLIC_URL an https:// address, for talks would go in the clear"
    elif not _is_a_place(settings.public_url):
        yield "give OFFBOARD_PUBLIC_URL a host, and no user, password, question mark or #"
    # Where nothing but the sandbox's own mailbox ever listens.
    nowhere = tuple(Settings.model_fields[name].default for name in ("smtp_host", "smtp_port"))
    if not settings.smtp_host.strip() or (settings.smtp_host, settings.smtp_port) == nowhere:
        yield "set OFFBOARD_SMTP_HOST and OFFBOARD_SMTP_PORT to your mail server"
    elif not 0 < settings.smtp_port <= _MOST_PORT:
        yield f"give OFFBOARD_SMTP_PORT a number from 1 to {_MOST_PORT}"


def _is_an_address(address: str) -> bool:
    """Whether it can be read as one at all, by every program alike.

    Some leave out what others end an address at: line ends, spaces, what can't be seen.
    """
    if any(character.isspace() or _is_hidden(character) for character in address):
        return False
    try:
        return urlsplit(address).port != 0
    except ValueError:
        return False


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
