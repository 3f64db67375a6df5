"""The pages as a browser without JavaScript sees them: it follows links and sends forms."""

import re
from dataclasses import dataclass
from html import unescape
from html.parser import HTMLParser

import httpx
import sqlalchemy as sa
from starlette.testclient import TestClient

from offboarding.database import Database
from offboarding.identity.model import CodeChallenge
from offboarding.identity.service import code_for
from offboarding.settings import Settings


class _Forms(HTMLParser):
    """The forms of a page: address and hidden or filled fields of each."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        if tag == "form":
            self.found.append((values["action"] or "", {}))
        if tag == "input" and values.get("type") == "hidden":
            self.found[-1][1][values["name"] or ""] = values.get("value") or ""


@dataclass
class Page:
    """An answer, as it is read."""

    response: httpx.Response

    @property
    def status(self) -> int:
        return self.response.status_code

    @property
    def path(self) -> str:
        return self.response.url.path

    @property
    def html(self) -> str:
        return self.response.text

    @property
    def text(self) -> str:
        body = re.sub(r"(?s).*<body>", "", self.html)
        return " ".join(unescape(re.sub(r"<[^>]+>", " ", body)).split())

    @property
    def title(self) -> str:
        found = re.search(r"<title>(.*?)</title>", self.html)
        return unescape(found[1]) if found else ""

    @property
    def choices(self) -> list[str]:
        return re.findall(r'name="choice" value="([^"]+)"', self.html)

    def form(self, action: str) -> dict[str, str]:
        forms = _Forms()
        forms.feed(self.html)
        [fields] = [fields for path, fields in forms.found if path == action]
        return fields


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
                .where(CodeChallenge.email == email)
                .order_by(CodeChallenge.created_at.desc())
            ).first()
        assert challenge is not None
        return code_for(challenge.id, self._settings)

    def sign_in(self, email: str) -> Page:
        return self.send(self.ask_for_code(email), "/cancel/code", code=self.code(email))
