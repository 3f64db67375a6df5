"""The pages as a browser without JavaScript sees them: it follows links and sends forms."""

from collections.abc import Callable

import sqlalchemy as sa
from fastapi import FastAPI
from starlette.testclient import TestClient

from channels.pages.routes import router
from offboarding.billing.ledger import LedgerBilling
from offboarding.database import Database
from offboarding.encryption.lookup import is_value
from offboarding.identity.model import CodeChallenge
from offboarding.identity.service import code_for
from offboarding.policies.store import Policies
from offboarding.settings import Settings
from tests.channels.page import Page


class Browser:
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

    def ask_for_code(self, email: str) -> Page:
        return self.send(self.open("/cancel?other=yes"), "/cancel", email=email)

    def code(self, email: str) -> str:
        """The code that was mailed last to an address."""
        with self._database.read() as session:
            challenge = session.scalars(
                sa.select(CodeChallenge)
                .where(is_value(session, CodeChallenge.email, email))
                .order_by(CodeChallenge.created_at.desc())
            ).first()
        assert challenge is not None
        return code_for(challenge.id, self._settings)

    def sign_in(self, email: str) -> Page:
        return self.send(self.ask_for_code(email), "/cancel/code", code=self.code(email))


def browsers(settings: Settings, database: Database, policies: Policies) -> Callable[[], Browser]:
    """Opens browsers, each with cookies of its own, on one site."""
    site = FastAPI()
    site.include_router(router(settings, database, policies, LedgerBilling))
    return lambda: Browser(TestClient(site, raise_server_exceptions=False), settings, database)
