"""Which systems of the company are told that access ends: the shape of policy/systems.yml."""

from datetime import date
from typing import Annotated, Any, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints, model_validator

from offboarding.access.model import AccessEventKind
from offboarding.policies.reading import PolicyModel
from offboarding.policies.teams import mistake_at

SystemKey = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_-]{0,31}$")]
Line = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=120, pattern=r"^[^\n]*$")
]

_TOGETHER = (AccessEventKind.REVOKED, AccessEventKind.RESTORED)


def _url(value: str) -> str:
    try:
        parts = urlsplit(value)
        usable = bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:  # no such port, or half of an IPv6 address
        usable = False
    if not usable or parts.scheme not in {"https", "http"} or not value.isprintable():
        raise ValueError("this is no web address. Write it like https://notes.example.com/webhooks")
    if " " in value or parts.fragment:
        raise ValueError("leave out spaces and what follows a #")
    if parts.username is not None or parts.password is not None:
        raise ValueError(
            "leave out the user and password before the @: the signature proves who sends"
        )
    return value


class System(PolicyModel):
    """One system, where it is, and what it wants to hear."""

    key: SystemKey
    """What it is called in policy/systems.yml; taken from the list there."""
    name: Line
    """As staff call it."""
    customers_lose: Line
    """What customers lose there, in their words: "your notes in the app"."""
    url: Annotated[str, AfterValidator(_url)]
    events: Annotated[frozenset[AccessEventKind], Field(min_length=1)]
    secret: SystemKey
    """The name of its secret in OFFBOARD_WEBHOOK_SECRETS."""

    @model_validator(mode="after")
    def _hears_of_a_return_too(self) -> Self:
        missing = [kind for kind in _TOGETHER if kind not in self.events]
        if len(missing) == 1:
            raise mistake_at(
                ("events",),
                f"add {missing[0]}: who hears that access ends has to hear that a customer is back",
            )
        return self


def _told_their_keys(systems: Any) -> Any:
    """Each system with the name under which it is listed; nothing written is none."""
    if systems is None:
        return {}
    if not isinstance(systems, dict):
        return systems
    return {
        key: {**system, "key": key} if isinstance(system, dict) else system
        for key, system in systems.items()
    }


class SystemsPolicy(PolicyModel):
    """policy/systems.yml."""

    version: date
    reviewed_by: str
    systems: Annotated[dict[SystemKey, System], BeforeValidator(_told_their_keys)]

    @model_validator(mode="after")
    def _has_each_address_once(self) -> Self:
        known: dict[str, str] = {}
        for key, system in self.systems.items():
            if system.url in known:
                raise mistake_at(
                    ("systems", key, "url"),
                    f"{known[system.url]} has this address already, so one of the two would never "
                    "be told. Give each its own",
                )
            known[system.url] = key
        return self
