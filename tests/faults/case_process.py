"""A process that carries cases to their end, for tests to kill: DATABASE-URL FOLDER.

It has the real engine and the real works. What lies outside (mail, access) is a line in FOLDER/log,
written before the process can know that it was: like an effect whose answer is lost. With
FOLDER/slow, each step waits between its effect and its commit, so that a kill meets it there.
"""

import os
import sys
import time
from datetime import timedelta
from pathlib import Path

from pydantic import SecretStr

from offboard.off_boarding import ERASERS
from offboarding.background.dbos_engine import DbosEngine
from offboarding.background.port import FAILED
from offboarding.billing.provider import LedgerProvider
from offboarding.database import Database
from offboarding.policies.store import Policies
from offboarding.settings import REPOSITORY, Settings
from offboarding.steps import service as steps
from offboarding.steps.plan import StepKind
from offboarding.steps.reconciler import Reconciler
from offboarding.steps.runner import Later, Outcome, StepRunner, Work
from offboarding.steps.works import REMINDER, STATEMENT, Works
from tests.factories import NO_SYSTEMS
from tests.keys import KEYS

SLOW_SECONDS = 0.3


def main(url: str, folder: Path) -> None:
    log = os.open(folder / "log", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    slow = (folder / "slow").exists()

    def note(what: str, subject_id: str) -> None:
        os.write(log, f"{what} {subject_id}\n".encode())

    def noted(kind: StepKind, work: Work) -> Work:
        def carry_out(case_id: str) -> Outcome | Later:
            outcome = work(case_id)
            note(kind.value, case_id)
            if slow:
                time.sleep(SLOW_SECONDS)
            return outcome

        return carry_out

    def revoke(case_id: str) -> Outcome:
        note("revoked", case_id)
        return Outcome.DONE

    database = Database(url, KEYS)
    settings = Settings(
        _env_file=None,
        database_url=url,
        data_directory=folder,
        secret=SecretStr("the signing secret of the tests, long enough"),
    )
    engine = DbosEngine(settings, database, overdue=timedelta(seconds=5))
    policies = Policies(REPOSITORY / "policy")
    works = {
        **Works(database, engine, LedgerProvider(database), ERASERS, lambda: NO_SYSTEMS).by_kind(),
        StepKind.REVOKE_ACCESS: revoke,
    }
    runner = StepRunner(database, engine, {kind: noted(kind, work) for kind, work in works.items()})
    engine.start(
        {
            steps.TASK: runner.carry_out,
            REMINDER: lambda subject_id: note(REMINDER, subject_id),
            STATEMENT: lambda subject_id: note(STATEMENT, subject_id),
            "mail.receipt": lambda subject_id: note("mail.receipt", subject_id),
            FAILED: lambda subject_id: note(FAILED, subject_id),
        },
        [Reconciler(database, engine, lambda: policies.retention).look],
    )
    note("started", str(os.getpid()))
    sys.stdin.read()
    engine.stop()
    database.close()


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
