"""An export that is revoked or erased while it is being made."""

import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from pydantic import SecretStr
from sqlalchemy.orm import Session

from offboard.off_boarding import KEPT
from offboarding.accounts.model import Customer
from offboarding.database import Database
from offboarding.exports import service as exports
from offboarding.exports.model import Export, ExportState
from offboarding.settings import Settings
from tests.offboarding.exports.making import ask, files, policies_with, stored
from tests.offboarding.exports.system import System, serving

BY_HTTP = "  - {name: f, kind: http, connection: s, secret: k, proof: bearer, about: Your files.}\n"


def revoke(session: Session, export: Export) -> None:
    exports.revoke(session, session.get_one(Export, export.id))


def erase(session: Session, export: Export) -> None:
    exports.erase(session, session.get_one(Customer, export.customer_id))


@pytest.mark.parametrize(
    ("end", "state"), [(revoke, ExportState.REVOKED), (erase, ExportState.ERASED)]
)
def test_it_is_given_up_without_a_file_and_without_a_word(
    database: Database,
    settings: Settings,
    tmp_path: Path,
    end: Callable[[Session, Export], None],
    state: ExportState,
) -> None:
    policies = policies_with(tmp_path, BY_HTTP)
    export = ask(database)
    raised: list[Exception] = []
    with serving(System(pages=[['{"n": 1}'], ['{"n": 2}']], waits_at_page=1)) as system:
        connections = {"s": SecretStr(system.address), "k": SecretStr("key")}
        connected = settings.model_copy(update={"export_connections": connections})

        def work() -> None:
            try:
                exports.build(database, export.id, connected, policies, KEPT)
            except Exception as error:  # noqa: BLE001 (the test looks at it)
                raised.append(error)

        worker = threading.Thread(target=work)
        worker.start()
        assert system.arrived.wait(60)
        with database.write() as session:
            end(session, export)
        system.go_on.set()
        worker.join()
    assert raised == []
    left = stored(database, export)
    assert (left.state, left.problem, left.sha256) == (state, None, None)
    assert files(settings) == []
