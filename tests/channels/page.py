"""A page as it is read: its words, its forms, its choices."""

import re
from dataclasses import dataclass
from html import unescape
from html.parser import HTMLParser

import httpx


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
