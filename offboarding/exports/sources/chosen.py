"""The sources that policy/exports.yml names, each with the connection that the settings have."""

from collections.abc import Sequence
from zoneinfo import ZoneInfo

from sqlalchemy.exc import ArgumentError

from offboarding.database import Database, driver_url
from offboarding.errors import ConfigurationError
from offboarding.exports.places import export_folder
from offboarding.exports.sources.http import HttpConnection, HttpSource
from offboarding.exports.sources.own_data import OF_BUSINESS, Kept, OwnDataSource
from offboarding.exports.sources.port import Description, Source
from offboarding.exports.sources.sql import SqlQuerySource
from offboarding.policies import exports as policies
from offboarding.policies.exports import CountKind, ExportPolicy
from offboarding.settings import Settings

_DRIVERS = ("postgresql", "sqlite")


def sources_of(
    policy: ExportPolicy, settings: Settings, database: Database, kept: Kept
) -> Sequence[Source]:
    """Every source, in the order of the policy; `kept` is what others than the business keep.

    Raises ConfigurationError that names the connection which is not set, or cannot be used.
    """
    return [_source(each, settings, database, {**OF_BUSINESS, **kept}) for each in policy.sources]


def check_connections(policy: ExportPolicy, settings: Settings) -> None:
    """Look, without calling anybody, whether every source has what it needs.

    Raises ConfigurationError that names the connection which is not set, or cannot be used.
    """
    for named in policy.sources:
        match named:
            case policies.SqlSource():
                _database_url(named, settings)
            case policies.HttpSource():
                _connection(named, settings)


def _source(
    named: policies.SourcePolicy, settings: Settings, database: Database, kept: Kept
) -> Source:
    match named:
        case policies.OwnSource():
            return OwnDataSource(named.name, named.about, kept[named.data], database)
        case policies.SqlSource():
            return SqlQuerySource(
                _description(named), _database_url(named, settings), named.query, named.columns
            )
        case policies.HttpSource():
            # Customers' data lie in no folder that is not ours.
            return HttpSource(
                _description(named),
                _connection(named, settings),
                named.columns,
                export_folder(settings),
            )


def _description(named: policies.SqlSource | policies.HttpSource) -> Description:
    return Description(
        name=named.name,
        about=named.about,
        kind=named.kind,
        estimated=named.count is CountKind.ESTIMATE,
        money=named.money,
        time_zone=ZoneInfo(named.time_zone) if named.time_zone else None,
    )


def _database_url(named: policies.SqlSource, settings: Settings) -> str:
    url = _set(named.connection, named.name, settings)
    try:
        backend = driver_url(url).get_backend_name()
    except ArgumentError:
        backend = ""
    if backend not in _DRIVERS:
        raise ConfigurationError(
            f"The entry {named.connection} of OFFBOARD_EXPORT_CONNECTIONS is no address of a "
            "database that can be read; postgresql://user@host/name is one."
        ) from None
    return url


def _connection(named: policies.HttpSource, settings: Settings) -> HttpConnection:
    return HttpConnection(
        url=_set(named.connection, named.name, settings),
        proof=named.proof,
        secret=_set(named.secret, named.name, settings),
        most_bytes=named.most_megabytes * 1_000_000,
        most_seconds=named.most_seconds,
        unencrypted=settings.sandbox,
    )


def _set(entry: str, source: str, settings: Settings) -> str:
    secret = settings.export_connections.get(entry)
    value = secret.get_secret_value().strip() if secret is not None else ""
    if not value:
        raise ConfigurationError(
            f"The source {source} of policy/exports.yml needs the entry {entry} in "
            f"OFFBOARD_EXPORT_CONNECTIONS (OFFBOARD_EXPORT_CONNECTIONS__{entry.upper()}=…)."
        )
    return value
