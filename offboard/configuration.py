"""Reads the settings so that a wrong one is a sentence and not a trace."""

from pathlib import Path
from typing import get_args

from pydantic import AliasChoices, SecretStr, ValidationError
from pydantic.fields import FieldInfo
from pydantic_settings import SettingsError

from offboarding.errors import ConfigurationError
from offboarding.settings import Settings


def load_settings() -> Settings:
    """The settings of this process; raises ConfigurationError naming the one to mend."""
    try:
        return Settings()
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        name = str(first["loc"][0]) if first["loc"] else "settings"
        variable = name if name.isupper() else variables(name)[0]
        field = Settings.model_fields.get(name)
        given = "(hidden)" if field is not None and is_secret(field) else repr(first["input"])
        raise ConfigurationError(
            f"{variable}={given} cannot be used: {first['msg'].lower()}; "
            f"`offboard settings` says what it means."
        ) from None
    except SettingsError:
        # The only setting that is read as JSON. What it holds is secret, and not repeated.
        raise ConfigurationError(
            "OFFBOARD_EXPORT_CONNECTIONS is no JSON object, such as "
            '{"billing": "postgresql://…"}; OFFBOARD_EXPORT_CONNECTIONS__BILLING=… sets one entry. '
            "Leave it out where there is none."
        ) from None


def remember_port(settings: Settings) -> None:
    """Keep the port of the application that starts, for commands beside it."""
    settings.data_directory.mkdir(parents=True, exist_ok=True)  # nothing may lie there yet
    _port_file(settings).write_text(f"{settings.port}\n", encoding="ascii")


def settings_beside_it() -> Settings:
    """Those of this process; on the port of the last application started, where none is set."""
    settings = load_settings()
    if "port" in settings.model_fields_set:
        return settings
    try:
        port = int(_port_file(settings).read_text(encoding="ascii"))
    except (OSError, ValueError):  # none was ever started
        return settings
    return settings.model_copy(update={"port": port})


def _port_file(settings: Settings) -> Path:
    return settings.data_directory / "port"


def variables(name: str) -> list[str]:
    """The environment variables that set a field, the one to recommend first."""
    alias = Settings.model_fields[name].validation_alias
    if isinstance(alias, AliasChoices):
        return [str(choice) for choice in alias.choices]
    return [str(alias or f"OFFBOARD_{name.upper()}")]


def is_secret(field: FieldInfo) -> bool:
    """Whether a field's value must never be shown."""
    return SecretStr in (field.annotation, *get_args(field.annotation))


def local_address(settings: Settings) -> str:
    """Where this machine reaches the application."""
    everywhere = {"": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 (no binding)
    host = everywhere.get(settings.host, settings.host)
    return f"http://[{host}]:{settings.port}" if ":" in host else f"http://{host}:{settings.port}"
