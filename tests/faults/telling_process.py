"""A process that tells customers that the end is near, for tests to kill: DATABASE-URL FOLDER.

It has the real engine, and the real notices over the real gateway. What it has done is a line in
FOLDER/log. It waits after each message that it has written and not yet committed, and after each
commit of which the engine does not know yet, so that kills meet it in both places.
"""

import os
import sys
import time
from collections.abc import Mapping
from pathlib import Path

from pydantic import SecretStr
from sqlalchemy.orm import Session

import offboard.tables  # noqa: F401 (every table is known, as in the application)
from channels.conversations.model import Author
from channels.gateway import Gateway
from channels.notices import notice_handlers
from channels.rasa import RasaClient
from channels.texts import Texts
from offboarding.background.dbos_engine import DbosEngine
from offboarding.background.port import FAILED
from offboarding.database import Database
from offboarding.identity.service import valid_identity
from offboarding.settings import REPOSITORY, Settings
from offboarding.steps.works import REMINDER_NOTICE
from tests.keys import KEYS

SLOW_SECONDS = 0.1


def main(url: str, folder: Path) -> None:
    log = os.open(folder / "log", os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    def note(what: str, subject_id: str) -> None:
        os.write(log, f"{what} {subject_id}\n".encode())

    database = Database(url, KEYS)
    settings = Settings(
        _env_file=None,
        database_url=url,
        data_directory=folder,
        secret=SecretStr("the signing secret of the tests, long enough"),
    )
    engine = DbosEngine(settings, database)
    texts = Texts(
        REPOSITORY / "domain.yml",
        {"company_name": "Larkspur Notes", "support_email": "s@l.example"},
    )
    gateway = Gateway(
        settings,
        database,
        RasaClient("http://127.0.0.1:9", "nobody is asked", 1.0),
        texts,
        engine,
        identify=lambda _session, _conversation, _token: None,
        is_identified=lambda session, talk: valid_identity(session, talk) is not None,
        request_handoff=lambda _session, _talk: "",
        cancel_page_link=lambda _talk: "",
    )

    def post(
        session: Session,
        conversation_id: str,
        response_name: str,
        values: Mapping[str, str],
        dedupe_key: str,
        *,
        author: Author = Author.BOT,
    ) -> int:
        number = gateway.post_notice(
            session, conversation_id, response_name, values, dedupe_key, author=author
        )
        note("written", dedupe_key)
        time.sleep(SLOW_SECONDS)
        return number

    handlers = notice_handlers(settings, database, post, gateway.change_state, texts)

    def access_ends(case_id: str) -> None:
        handlers[REMINDER_NOTICE](case_id)
        note("told", case_id)
        time.sleep(SLOW_SECONDS)

    engine.start(
        {
            REMINDER_NOTICE: access_ends,
            "mail.receipt": lambda _receipt_id: None,
            FAILED: lambda subject_id: note(FAILED, subject_id),
        }
    )
    note("started", str(os.getpid()))
    sys.stdin.read()
    engine.stop()
    database.close()


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
