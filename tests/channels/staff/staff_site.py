"""The staff pages as a browser without JavaScript sees them: it follows links and sends forms."""

from urllib.parse import urlsplit

import sqlalchemy as sa
from starlette.testclient import TestClient

from offboarding.background.model import Task
from offboarding.database import Database
from offboarding.settings import Settings
from offboarding.staff import links
from tests.channels.page import Page

ROBIN = "robin@larkspur.example"
SAM = "sam@larkspur.example"


class StaffBrowser:
    """One browser with its own cookies."""

    def __init__(self, client: TestClient, settings: Settings, database: Database) -> None:
        self.client = client
        self._settings = settings
        self._database = database

    def open(self, path: str) -> Page:
        return Page(self.client.get(path))

    def send(self, page: Page, action: str, **fields: str) -> Page:
        """Send the form of `page` that leads to `action`, with its hidden fields and these."""
        return Page(self.client.post(action, data={**page.form(action), **fields}))

    def ask(self, email: str) -> Page:
        return self.send(self.open("/staff/sign-in"), "/staff/sign-in", email=email)

    def mailed(self) -> list[tuple[str, str]]:
        """Address and link of each mail that the tasks would send now, the oldest first."""
        with self._database.read() as session:
            tasks = session.scalars(
                sa.select(Task).where(Task.kind == links.MAIL).order_by(Task.created_at)
            ).all()
            found = [links.to_mail(session, task.subject_id, self._settings) for task in tasks]
        return [each for each in found if each is not None]

    def link(self, email: str) -> str:
        """The path of the link that was mailed last to an address."""
        return urlsplit([link for address, link in self.mailed() if address == email][-1]).path

    def follow(self, link: str) -> Page:
        """Open the link, and press its button."""
        return self.send(self.open(link), link)

    def sign_in(self, email: str = ROBIN) -> Page:
        self.ask(email)
        return self.follow(self.link(email))
