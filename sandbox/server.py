"""The sandbox as one part of the application: its company, its mail server, its pages."""

from fastapi import APIRouter

from offboarding.database import Database
from offboarding.settings import Settings
from sandbox import company
from sandbox.mailbox import MailServer, MailStore
from sandbox.pages import router


class Sandbox:
    """Starts and ends what stands in for a real company.

    Raises ConfigurationError when the sandbox is off.
    """

    def __init__(self, settings: Settings, database: Database) -> None:
        company.require_sandbox(settings)
        self._settings = settings
        self._database = database
        self._mails = MailStore(settings.data_directory)
        self._mail_server = MailServer(settings, self._mails)

    def start(self) -> None:
        """Fill an empty database with the demo company, and take mail."""
        with self._database.write() as session:
            company.seed(session, self._settings)
        self._mail_server.start()

    def stop(self) -> None:
        """Take no more mail."""
        self._mail_server.stop()

    def router(self) -> APIRouter:
        """The sandbox's pages."""
        return router(self._settings, self._database, self._mails, lambda: None)
