"""A process with the real engine that tells a system: DATABASE-URL FOLDER SYSTEM-URL SECRET.

It ends in order when its input ends.
"""

import sys
from datetime import UTC, datetime
from pathlib import Path

from pydantic import SecretStr

import offboard.tables  # noqa: F401 (foreign keys lead to tables of other packages)
from offboarding.access.endpoints import ConfiguredEndpoints
from offboarding.access.http import HttpWebhooks
from offboarding.access.model import AccessEventKind
from offboarding.access.sending import Sender
from offboarding.background.dbos_engine import DbosEngine
from offboarding.database import Database
from offboarding.policies.systems import System, SystemsPolicy
from offboarding.settings import Settings
from tests.keys import KEYS


def policy_of(url: str) -> SystemsPolicy:
    system = System(
        key="notes",
        name="Notes",
        customers_lose="your notes",
        url=url,
        events=frozenset(AccessEventKind),
        secret="notes",
    )
    today = datetime(2026, 11, 28, tzinfo=UTC).date()
    return SystemsPolicy(version=today, reviewed_by="the tests", systems={"notes": system})  # type: ignore[arg-type]


def main(url: str, folder: Path, system: str, secret: str) -> None:
    settings = Settings(
        _env_file=None,
        database_url=url,
        data_directory=folder,
        secret=SecretStr("the signing secret of the tests, long enough"),
        webhook_secrets=SecretStr(f"notes={secret}"),
    )
    database, policy = Database(url, KEYS), policy_of(system)
    engine = DbosEngine(settings, database)
    endpoints = ConfiguredEndpoints(settings, lambda: policy)
    engine.start(Sender(database, endpoints, HttpWebhooks()).handlers())
    sys.stdin.read()
    engine.stop()
    database.close()


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), sys.argv[3], sys.argv[4])
