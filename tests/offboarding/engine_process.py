"""A process with the real engine, for the tests to watch and to kill: DATABASE-URL FOLDER.

It ends in order when its input ends. Each handler notes in FOLDER/log what it does.
"""

import sys
from datetime import timedelta
from pathlib import Path
from threading import Event

from pydantic import SecretStr

from offboarding.background.dbos_engine import DbosEngine
from offboarding.background.port import FAILED
from offboarding.database import Database
from offboarding.settings import Settings
from tests.keys import KEYS


def main(url: str, folder: Path) -> None:
    log = folder / "log"

    def note(subject_id: str) -> int:
        """Write it down; how many times it was written before."""
        before = log.read_text().splitlines().count(subject_id) if log.exists() else 0
        with log.open("a") as file:
            file.write(f"{subject_id}\n")
        return before

    def fail_twice(subject_id: str) -> None:
        if note(subject_id) < 2:
            raise ConnectionError("the mail server is down")

    def fail(subject_id: str) -> None:
        note(subject_id)
        raise ConnectionError("the mail server is gone")

    def hang_once(subject_id: str) -> None:
        if note(subject_id) == 0:
            Event().wait()

    database = Database(url, KEYS)
    settings = Settings(
        _env_file=None,
        database_url=url,
        data_directory=folder,
        secret=SecretStr("the signing secret of the tests, long enough"),
    )
    # Two hundred times as fast: eight tries would take eight minutes.
    engine = DbosEngine(settings, database, first_pause=timedelta(milliseconds=20))
    engine.start(
        {
            "note": note,
            "fail_twice": fail_twice,
            "fail": fail,
            "hang_once": hang_once,
            FAILED: note,
        }
    )
    sys.stdin.read()
    engine.stop()
    database.close()


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
